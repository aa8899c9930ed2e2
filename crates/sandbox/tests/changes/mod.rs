//! Seeds of the fuzzers and changes of them, for the tests of every crate that has doors.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

/// Where the seeds lie.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// The seeds of a door.
pub(crate) fn seeds(name: &str) -> Vec<Vec<u8>> {
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

/// Opens a door to all its seeds and to their beginnings. It has to be a target of the fuzzer, and to have three seeds.
pub(crate) fn replay(name: &str, door: fn(&[u8])) {
    let target = corpus().join(format!("../fuzz_targets/{name}.rs"));
    assert!(target.is_file(), "{}", target.display());
    let seeds = seeds(name);
    assert!(seeds.len() >= 3, "{name}");
    for seed in seeds {
        door(&seed);
        (0..seed.len().min(600)).for_each(|end| door(&seed[..end]));
    }
}

/// One change of some bytes.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Flip(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    Splice(usize, usize, usize),
    Number(usize, u64),
}

impl Change {
    /// The bytes after it.
    pub(crate) fn apply(&self, mut bytes: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
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

/// Any change.
pub(crate) fn change() -> impl Strategy<Value = Change> {
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
