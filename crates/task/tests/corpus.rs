//! The corpus of the fuzzers for what judges read, as `sandbox`'s own test of that name replays its own.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../sandbox/tests/changes/mod.rs"]
mod changes;

use changes::{change, replay, seeds};
use proptest::prelude::*;
use sandbox::toolchain::{self, Language};
use sandbox::{Cell, File, Limits, Mode, Sandbox};
use task::fuzzing::DOORS;

#[test]
fn every_door_is_a_target_and_opens_to_its_corpus() {
    for (name, door) in DOORS {
        replay(name, door);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_change_of_the_corpus_breaks_a_door(
        which in 0..DOORS.len(),
        seed: usize,
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let (name, door) = DOORS[which];
        let seeds = seeds(name);
        let bytes = seeds[seed % seeds.len()].clone();
        let bytes = changes.iter().fold(bytes, |bytes, change| change.apply(bytes, &seeds));
        door(&bytes);
    }
}

/// What solver and checker say to each other is read by Python: its fuzzer runs in a box, on the corpus and
/// on changes of it.
#[test]
fn whatever_a_solver_sends_the_checker_comes_to_a_word() {
    let python = toolchain::find(Language::Python).unwrap();
    let file = |name: &str, bytes: Vec<u8>| File {
        name: name.to_owned(),
        bytes,
        mode: Mode::Plain,
    };
    let fuzzer = include_bytes!("../../../fuzz/rpc.py");
    let mut program = python.run(file("main.py", fuzzer.to_vec()));
    for (name, text) in [
        (
            "whet_wire.py",
            include_str!("../src/judge/python/whet_wire.py"),
        ),
        (
            "whet_link.py",
            include_str!("../src/judge/python/whet_link.py"),
        ),
        (
            "whet_solver.py",
            include_str!("../src/judge/python/whet_solver.py"),
        ),
    ] {
        program.files.push(file(name, text.as_bytes().to_vec()));
    }
    let seeds = seeds("rpc");
    assert!(seeds.len() >= 3);
    for (n, seed) in seeds.into_iter().enumerate() {
        program.files.push(file(&format!("seed-{n}"), seed));
    }
    let limits = Limits {
        cpu: std::time::Duration::from_secs(60),
        wall: std::time::Duration::from_secs(200),
        ..Limits::run()
    };
    let cell = Cell::with_readable(&python.readable).unwrap();
    let outcome = cell.execute(&program, &limits).unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout.bytes).into_owned();
    assert!(
        outcome.ending.is_clean() && said.ends_with("held\n"),
        "{said} {}",
        String::from_utf8_lossy(&outcome.stderr.bytes)
    );
}
