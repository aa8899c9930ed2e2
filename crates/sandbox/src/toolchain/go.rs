//! Go by its own tool.
//!
//! `go build` on one file outside of any module: only the standard library can be imported, without C.
//! The cache of built packages begins empty in each box, so that no program can leave anything in it for
//! the next. Where the distribution ships the standard library compiled, that costs nothing; where it
//! does not (Go 1.20 and later), each build compiles what it imports.

use std::path::{Path, PathBuf};

use super::recipe::{BINARY, ENV, Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.go";

/// No configuration, no other version, no module from anywhere, no C, and one core.
#[rustfmt::skip]
const SETTINGS: [&str; 7] = [
    "GOENV=off", "GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=-mod=mod", "GOTELEMETRY=off",
    "CGO_ENABLED=0", "GOMAXPROCS=1",
];
const WORDS: [&str; 5] = ["build", "-p=1", "-o", BINARY, SOURCE];

pub(super) const GO: Recipe = Recipe {
    name: "go",
    language: Language::Go,
    what: "the Go tool (go)",
    packages: ["golang-go", "golang", "go"],
    accept,
};

fn accept(candidate: &Path) -> Option<Found> {
    let root = search::ask(candidate, &["env", "GOROOT"])?;
    let root = PathBuf::from(root.trim()).canonicalize().ok()?;
    let path = root.join("bin/go").canonicalize().ok()?;
    let tool = path.to_str()?;
    let words = [&SETTINGS[..], &[tool], &WORDS].concat();
    Some(Found {
        version: search::ask(&path, &["version"])?.trim().to_owned(),
        readable: search::beyond_system(&root),
        steps: Steps::native(
            Step::new(Path::new(ENV), &words, SOURCE, Limits::compile_large()),
            Limits::run_managed(),
        ),
        path,
    })
}
