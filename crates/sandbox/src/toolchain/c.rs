//! C by gcc.
//!
//! As C++: warnings on, optimisation on, one call that compiles and links. The mathematics library is
//! linked because a C program that computes a root would not link without it, and people add it.

use std::path::Path;

use super::recipe::{BINARY, Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.c";
#[rustfmt::skip]
const WORDS: [&str; 8] = [
    "-std=c17", "-Wall", "-O2", "-fdiagnostics-color=never", "-o", BINARY, SOURCE, "-lm",
];

pub(super) const GCC: Recipe = Recipe {
    name: "gcc",
    language: Language::C,
    what: "a C compiler (gcc)",
    packages: ["gcc", "gcc", "gcc"],
    accept,
};

fn accept(candidate: &Path) -> Option<Found> {
    let path = candidate.canonicalize().ok()?;
    Some(Found {
        version: search::version(&path)?,
        readable: search::beside_compiler(&path),
        steps: Steps::native(
            Step::new(&path, &WORDS, SOURCE, Limits::compile()),
            Limits::run(),
        ),
        path,
    })
}
