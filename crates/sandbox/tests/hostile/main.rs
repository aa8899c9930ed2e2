//! One hostile program per promise of the sandbox, each compiled and run inside it.
//!
//! The same tests run a second time as an ordinary user when the suite is started as root.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests of the crate that starts programs"
)]

mod compile;
mod doctor;
mod host;
mod run;
mod unprivileged;

use std::sync::OnceLock;
use std::time::Duration;

use sandbox::toolchain::{self, Language, Toolchain};
use sandbox::{Cell, Ending, File, Limits, Outcome, Program, Sandbox};

/// The cell of all tests: with Python's prefix readable if it lies outside of the system's folders.
fn cell() -> &'static Cell {
    static CELL: OnceLock<Cell> = OnceLock::new();
    CELL.get_or_init(|| Cell::with_readable(&python().readable).unwrap())
}

fn gpp() -> &'static Toolchain {
    static GPP: OnceLock<Toolchain> = OnceLock::new();
    GPP.get_or_init(|| toolchain::find(Language::Cpp).unwrap())
}

fn python() -> &'static Toolchain {
    static PYTHON: OnceLock<Toolchain> = OnceLock::new();
    PYTHON.get_or_init(|| toolchain::find(Language::Python).unwrap())
}

/// The compiled collection of hostile programs.
fn collection() -> &'static File {
    static BINARY: OnceLock<File> = OnceLock::new();
    BINARY.get_or_init(|| {
        let step = gpp().compile(include_str!("programs.cpp"));
        let outcome = cell().execute(&step, &Limits::compile()).unwrap();
        assert!(
            outcome.ending.is_clean(),
            "{}",
            String::from_utf8_lossy(&outcome.stderr.bytes)
        );
        outcome.collected.into_iter().next().unwrap()
    })
}

/// A hostile program by name.
fn program(words: &[&str]) -> Program {
    let mut program = gpp().run(collection().clone());
    program
        .argv
        .extend(words.iter().map(|&word| word.to_owned()));
    program
}

/// Limits that make a test short: what is promised does not depend on the size.
fn tight() -> Limits {
    Limits {
        cpu: Duration::from_millis(200),
        wall: Duration::from_secs(15),
        memory_bytes: 64 << 20,
        ..Limits::run()
    }
}

fn run(words: &[&str]) -> Outcome {
    cell().execute(&program(words), &tight()).unwrap()
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.stdout.bytes.clone()).unwrap()
}

/// What an attack printed, when it came to its end.
fn told(words: &[&str]) -> String {
    let outcome = run(words);
    assert_eq!(outcome.ending, Ending::Exited(0), "{words:?}: {outcome:?}");
    text(&outcome)
}
