//! JavaScript by Node.
//!
//! The check parses and runs nothing. The run has one helper thread for the garbage collector; how large
//! the heap grows is the sandbox's limit and not a flag, so that an end by memory is named as one.
//! There are no packages: the folder holds the program alone.

use std::path::Path;

use super::recipe::{Found, Recipe, Step, Steps};
use super::{Language, search};
use crate::limits::Limits;

const SOURCE: &str = "main.js";
const CHECK: [&str; 2] = ["--check", SOURCE];
const RUN: [&str; 3] = ["--no-addons", "--v8-pool-size=1", SOURCE];

pub(super) const NODE: Recipe = Recipe {
    name: "node",
    language: Language::JavaScript,
    what: "a JavaScript interpreter (node)",
    packages: ["nodejs", "nodejs", "nodejs"],
    accept,
};

fn accept(candidate: &Path) -> Option<Found> {
    // What is found may be a version manager's shim; the interpreter knows its own path.
    let path = search::ask(candidate, &["-p", "process.execPath"])?;
    let path = Path::new(path.trim()).canonicalize().ok()?;
    let version = search::ask(&path, &["--version"])?;
    Some(Found {
        version: format!("Node {}", version.trim()),
        readable: search::beside(&path, None),
        steps: Steps::interpreted(
            Step::new(&path, &CHECK, SOURCE, Limits::compile_managed()),
            Step::new(&path, &RUN, SOURCE, Limits::run_managed()),
        ),
        path,
    })
}
