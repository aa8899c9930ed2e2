//! The problem families with the real compiler in the real box: what the generator computed is what a
//! program of another hand prints, and not what a program for other constants prints.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::path::{Path, PathBuf};

use ledger::record::Stage;
use sandbox::Cell;
use task::family::{self, Instance, Quoting};
use task::judge::Judge;
use task::{Language, acceptance};

/// Instances of each family.
const EACH: usize = 2;

/// A folder for what makes compilers fast; a box may show it, so it is none for temporary files.
fn showable() -> tempfile::TempDir {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = match sandbox::check_readable(&own) {
        Ok(_) => own,
        Err(_) => PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"),
    };
    tempfile::tempdir_in(folder).unwrap()
}

/// A reference program with these constants, as a model would answer.
fn answer(made: &Instance) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/solutions/families");
    let file = folder.join(format!("{}.cpp", made.family.name));
    let template =
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {file:?}"));
    format!(
        "```cpp\n{}```\n",
        made.values.fill(&template, Quoting::Code)
    )
}

#[test]
fn reference_programs_print_what_the_generator_computed() {
    let mut made = Vec::new();
    for family in family::all() {
        made.extend(family::instances(&[family], Language::Cpp, EACH, 1));
    }
    let problems = made.iter().map(|one| one.problem.clone()).collect();
    let suite = family::suite("families", Language::Cpp, problems);
    let cache = showable();
    let judge = Judge::for_suite(&suite).unwrap();
    let judge = judge.with_fast_ways(cache.path()).unwrap();
    let cell = Cell::with(judge.fittings()).unwrap();
    let mut answers: Vec<_> = made.iter().map(|one| (&one.problem, answer(one))).collect();
    // One program answers a problem with other constants.
    let lists = family::instances(&family::named(&["array_sum"]).unwrap(), Language::Cpp, 2, 7);
    let wrong = suite
        .problems
        .iter()
        .find(|one| one.tags[1] == "bubble_sort");
    answers.push((wrong.unwrap(), answer(&lists[0])));
    let verdicts = acceptance::run(&suite, &judge, ("reference", &answers), 2, &cell);
    let (last, right) = verdicts.split_last().unwrap();
    assert_eq!(right.len(), EACH * family::all().count());
    for verdict in right {
        let told = format!("{}: {}", verdict.key.problem, verdict.evidence);
        assert_eq!(verdict.stage, Some(Stage::Right), "{told}");
        assert!(!verdict.evidence.contains("warning"), "{told}");
    }
    assert_eq!(last.stage, Some(Stage::Runs), "{}", last.evidence);
}
