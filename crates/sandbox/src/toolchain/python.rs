//! Python by CPython.
//!
//! What stands on the search path may be a shim of a version manager, a script that picks one of many
//! interpreters. The interpreter itself is asked for its own path and prefix, outside of a virtual
//! environment; only the programs and libraries of that prefix are shown to the box, never the folder around
//! it, nor the packages that are installed there.
//!
//! The syntax check runs isolated (`-I`). The run does not: isolation would make the interpreter ignore
//! `PYTHONHASHSEED`, and the order of sets would change from run to run. The environment is our own list
//! anyhow, and the folder holds nothing but the program. Both leave out site packages (`-S`).

use std::path::{Path, PathBuf};

use super::recipe::{Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.py";
const RUN: [&str; 4] = ["-s", "-S", "-B", SOURCE];

/// Compiles and throws the result away; the text is read as bytes so that its own coding line counts.
const CHECK: [&str; 4] = [
    "-I",
    "-S",
    "-c",
    "compile(open('main.py','rb').read(),'main.py','exec')",
];

/// Path, prefix and version, one per line.
const WHO: &str = "import sys; print(getattr(sys, '_base_executable', None) or sys.executable); \
                   print(sys.base_prefix); print('Python', sys.version.split()[0])";

pub(super) const CPYTHON: Recipe = Recipe {
    name: "python3",
    language: Language::Python,
    what: "a Python 3 interpreter (python3)",
    packages: ["python3", "python3", "python"],
    accept,
};

fn accept(candidate: &Path) -> Option<Found> {
    let answer = search::ask(candidate, &["-I", "-S", "-c", WHO])?;
    let mut lines = answer.lines();
    let path = PathBuf::from(lines.next()?).canonicalize().ok()?;
    let prefix = PathBuf::from(lines.next()?).canonicalize().ok()?;
    let version = lines.next()?.to_owned();
    let mut readable = search::parts(&prefix, &[]);
    let apart = search::beyond_system(&path);
    let is_shown = |path: &PathBuf| readable.iter().any(|part| path.starts_with(part));
    let apart: Vec<PathBuf> = apart.into_iter().filter(|path| !is_shown(path)).collect();
    readable.extend(apart);
    Some(Found {
        version,
        readable,
        steps: Steps::interpreted(
            Step::new(&path, &CHECK, SOURCE, Limits::compile()),
            Step::new(&path, &RUN, SOURCE, Limits::run()),
        ),
        path,
    })
}
