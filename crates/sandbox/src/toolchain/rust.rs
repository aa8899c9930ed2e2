//! Rust by rustc, one file and no cargo.
//!
//! What stands on the search path is mostly rustup's shim, which needs a home; the compiler is the one
//! in the folder that it names as its own, and only programs and libraries of that folder are shown. There it is told
//! where its libraries are, because the loader would look into `/proc` to find its place. It links with
//! the system's `cc`. Procedural macros would run code in the compiler; there is none that could be loaded,
//! and it would run in the box.

use std::path::{Path, PathBuf};

use super::recipe::{BINARY, ENV, Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.rs";

/// Kind and name are given because a program could choose others for itself; the linker because the one
/// that comes with the compiler looks for itself in `/proc`.
#[rustfmt::skip]
const WORDS: [&str; 12] = [
    "--edition=2021", "-O", "--crate-type=bin", "--crate-name=main", "--color=never",
    "-C", "linker=cc", "-C", "link-arg=-fuse-ld=bfd", "-o", BINARY, SOURCE,
];

pub(super) const RUSTC: Recipe = Recipe {
    name: "rustc",
    language: Language::Rust,
    what: "a Rust compiler (rustc) with a linker (cc)",
    packages: ["rustc", "rust", "rust"],
    accept,
};

fn accept(candidate: &Path) -> Option<Found> {
    search::on_path("cc").first()?;
    let root = search::ask(candidate, &["--print", "sysroot"])?;
    let root = PathBuf::from(root.trim()).canonicalize().ok()?;
    let path = root.join("bin/rustc").canonicalize().ok()?;
    let libraries = format!("LD_LIBRARY_PATH={}", root.join("lib").display());
    let sysroot = format!("--sysroot={}", root.display());
    let words = [&[&libraries, path.to_str()?, &sysroot], &WORDS[..]].concat();
    Some(Found {
        version: search::version(&path)?,
        readable: search::parts(&root, &[]),
        steps: Steps::native(
            Step::new(Path::new(ENV), &words, SOURCE, Limits::compile_large()),
            Limits::run(),
        ),
        path,
    })
}
