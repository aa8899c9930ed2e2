//! The corpus of the fuzzers, replayed in every test run, and changes of it that proptest makes up.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use model::fuzzing::DOORS;
use proptest::prelude::*;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(fuzz().join("corpus").join(name)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

#[test]
fn every_door_is_a_target_has_a_corpus_and_opens_to_all_of_it() {
    for (name, door) in DOORS {
        assert!(
            fuzz()
                .join("fuzz_targets")
                .join(format!("{name}.rs"))
                .exists()
        );
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name}");
        for seed in seeds {
            door(&seed);
            (0..seed.len().min(600)).for_each(|end| door(&seed[..end]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A piece of one seed, with some bytes of it changed, in the middle of another.
    #[test]
    fn no_change_of_the_corpus_breaks_a_door(
        (one, other) in (any::<usize>(), any::<usize>()),
        (place, from, length) in (any::<usize>(), any::<usize>(), 0..200_usize),
        flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..4),
    ) {
        for (name, door) in DOORS {
            let seeds = seeds(name);
            let mut bytes = seeds[one % seeds.len()].clone();
            let other = &seeds[other % seeds.len()];
            let from = from % other.len();
            let piece = other[from..other.len().min(from + length)].to_vec();
            let place = place % bytes.len();
            bytes.splice(place..place, piece);
            for (at, mask) in &flips {
                let at = at % bytes.len();
                bytes[at] ^= mask;
            }
            door(&bytes);
        }
    }
}
