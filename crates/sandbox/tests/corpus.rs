//! The corpus of the fuzzers, replayed in every test run, and changes of it that proptest makes up.
//!
//! A fuzzer needs a toolchain that not everybody has; what it found stays in `fuzz/corpus/` and is tried
//! here for ever.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sandbox::fuzzing::{DOORS, Door};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = corpus().join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// One change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    Splice(usize, usize, usize),
    Number(usize, u64),
}

impl Change {
    fn apply(&self, mut bytes: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
        let at = |at: usize, bytes: &[u8]| at % (bytes.len() + 1);
        match *self {
            Self::Flip(place, mask) => {
                let place = at(place, &bytes);
                bytes
                    .iter_mut()
                    .skip(place)
                    .take(1)
                    .for_each(|byte| *byte ^= mask);
            }
            Self::Cut(place) => bytes.truncate(at(place, &bytes)),
            Self::Drop(place, length) => {
                let start = at(place, &bytes);
                let end = (start + length).min(bytes.len());
                bytes.drain(start..end);
            }
            Self::Repeat(place, length) => {
                let start = at(place, &bytes);
                let end = (start + length).min(bytes.len());
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            Self::Splice(other, from, place) => {
                let other = &seeds[other % seeds.len()];
                let from = at(from, other);
                let place = at(place, &bytes);
                bytes.splice(place.., other[from..].iter().copied());
            }
            Self::Number(place, value) => {
                let start = at(place, &bytes) / 8 * 8;
                let field = bytes.iter_mut().skip(start).zip(value.to_le_bytes());
                field.for_each(|(byte, new)| *byte = new);
            }
        }
        bytes
    }
}

fn change() -> impl Strategy<Value = Change> {
    let number = prop_oneof![
        0..80_u64,
        Just(u64::MAX),
        Just(1 << 63),
        Just(u64::from(u32::MAX)),
        any::<u64>()
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, mask)| Change::Flip(at, mask)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 1..80_usize).prop_map(|(at, length)| Change::Drop(at, length)),
        (any::<usize>(), 1..80_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (any::<usize>(), any::<usize>(), any::<usize>())
            .prop_map(|(other, from, at)| Change::Splice(other, from, at)),
        (any::<usize>(), number).prop_map(|(at, value)| Change::Number(at, value)),
    ]
}

fn door(wanted: &str) -> Door {
    DOORS.iter().find(|(name, _)| *name == wanted).unwrap().1
}

#[test]
fn every_door_has_a_corpus_and_opens_to_all_of_it() {
    for (name, door) in DOORS {
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name}");
        for seed in seeds {
            door(&seed);
            (0..seed.len().min(600)).for_each(|end| door(&seed[..end]));
        }
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
