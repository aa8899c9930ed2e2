//! The corpus of the fuzzers, replayed in every test run, and changes of it that proptest makes up.
//!
//! A fuzzer needs a toolchain that not everybody has; what it found stays in `fuzz/corpus/` and is tried
//! here for ever.

#![allow(clippy::unwrap_used, reason = "tests")]

mod changes;

use changes::{change, corpus, replay, seeds};
use proptest::prelude::*;
use sandbox::fuzzing::{DOORS, Door};

fn door(wanted: &str) -> Door {
    DOORS.iter().find(|(name, _)| *name == wanted).unwrap().1
}

#[test]
fn every_door_has_a_corpus_and_opens_to_all_of_it() {
    for (name, door) in DOORS {
        replay(name, door);
    }
}

#[test]
fn every_door_is_a_target_and_every_target_a_door() {
    let folder = corpus().join("../fuzz_targets");
    let mut targets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    targets.sort();
    let ours = DOORS.map(|(name, _)| format!("{name}.rs"));
    assert!(
        ours.iter().all(|name| targets.contains(name)),
        "{targets:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_change_of_the_corpus_breaks_a_door(
        which in 0..DOORS.len(),
        seed: usize,
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let name = DOORS[which].0;
        let seeds = seeds(name);
        let bytes = seeds[seed % seeds.len()].clone();
        let bytes = changes.iter().fold(bytes, |bytes, change| change.apply(bytes, &seeds));
        door(name)(&bytes);
    }
}
