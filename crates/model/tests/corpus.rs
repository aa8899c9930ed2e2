//! The corpus of the fuzzers for what a checkpoint holds, as `sandbox`'s own test of that name replays its own.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../sandbox/tests/changes/mod.rs"]
mod changes;

use changes::{change, replay, seeds};
use model::fuzzing::DOORS;
use proptest::prelude::*;

#[test]
fn every_door_is_a_target_and_opens_to_its_corpus() {
    for (name, door) in DOORS {
        replay(name, door);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

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
