//! C++ by g++ or by clang++.
//!
//! Warnings are on and do not fail the step: reports count them. Optimisation is on because time
//! limits are set for optimised programs. The driver compiles and links in one call; the linker must be
//! asked too, since a program that does not link has not compiled.

use std::path::Path;

use super::recipe::{BINARY, Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.cpp";
#[rustfmt::skip]
const WORDS: [&str; 7] = [
    "-std=c++17", "-Wall", "-O2", "-fdiagnostics-color=never", "-o", BINARY, SOURCE,
];

pub(super) const GPP: Recipe = Recipe {
    name: "g++",
    language: Language::Cpp,
    what: "a C++ compiler (g++)",
    packages: ["g++", "gcc-c++", "gcc"],
    accept: |candidate| accept(candidate, &[]),
};

/// Behind its links the program is called `clang`, and takes its trade from its name.
pub(super) const CLANGPP: Recipe = Recipe {
    name: "clang++",
    language: Language::Cpp,
    what: "the C++ compiler of LLVM (clang++)",
    packages: ["clang", "clang", "clang"],
    accept: |candidate| accept(candidate, &["--driver-mode=g++"]),
};

fn accept(candidate: &Path, trade: &[&str]) -> Option<Found> {
    let path = candidate.canonicalize().ok()?;
    let words = [trade, &WORDS].concat();
    Some(Found {
        version: search::version(&path)?,
        readable: search::beside_compiler(&path),
        steps: Steps::native(
            Step::new(&path, &words, SOURCE, Limits::compile()),
            Limits::run(),
        ),
        path,
    })
}
