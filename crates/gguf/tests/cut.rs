//! Cut and damaged copies of a sound file: every one gives a sentence, none a panic.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gguf::{CacheType, Error, Gguf, ModelFacts, toy};
use proptest::prelude::*;
use tempfile::TempDir;

fn toy_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    toy::write(&path, 1).unwrap();
    (folder, path)
}

fn assert_cut(path: &Path, len: u64) {
    match Gguf::open(path).map(|_| ()) {
        Err(Error::Cut {
            end, len: found, ..
        }) => assert!(found == len && end > len, "at {len}"),
        other => panic!("a file cut at {len} gave {other:?}"),
    }
}

#[test]
fn a_cut_file_is_refused_at_every_byte() {
    let (_folder, path) = toy_file();
    let whole = Gguf::open(&path).unwrap();
    let last = whole.tensors().last().unwrap();
    let end = whole.data_start() + last.offset() + last.bytes();
    assert_eq!(
        end,
        whole.file_bytes(),
        "the toy ends with its last tensor, so that every cut hurts"
    );
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // In the tensor data a prime step meets every place of a block; the header is cut at every byte.
    let data = (whole.data_start()..end).rev().step_by(97);
    for len in data.chain((0..whole.data_start()).rev()) {
        file.set_len(len).unwrap();
        assert_cut(&path, len);
    }
}

#[test]
fn a_cut_tensor_is_named_with_both_positions_and_the_remedy() {
    let (_folder, path) = toy_file();
    let whole = Gguf::open(&path).unwrap();
    let tensor = whole.tensor("blk.1.ffn_up.weight").unwrap();
    let end = whole.data_start() + tensor.offset() + tensor.bytes();
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(end - 1)
        .unwrap();
    let message = Gguf::open(&path).unwrap_err().to_string();
    let expected = format!(
        "toy.gguf is cut: tensor blk.1.ffn_up.weight ends at byte {end} but the file has {}; \
         download it again (whet models pull NAME)",
        end - 1
    );
    assert!(message.ends_with(&expected), "{message}");
}

#[test]
fn a_file_that_shrinks_after_opening_is_cut_and_not_read_short() {
    let (_folder, path) = toy_file();
    let whole = Gguf::open(&path).unwrap();
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(whole.file_bytes() - 1)
        .unwrap();
    assert!(matches!(
        whole.tensor_bytes("output_norm.weight"),
        Err(Error::Cut { .. })
    ));
    assert!(whole.tensor_bytes("output.weight").is_ok());
    assert!(matches!(
        whole.tensor_bytes("nothing"),
        Err(Error::NoSuchTensor { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_damage_gives_an_error_or_a_model_inside_the_file(
        damage in proptest::collection::vec((place(), any::<u8>()), 1..4),
        wide in proptest::option::of((place(), any::<u64>())),
    ) {
        let mut bytes = toy_bytes()[..header_len()].to_vec();
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        if let Some((at, word)) = wide {
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.gguf");
        std::fs::write(&path, &bytes).unwrap();
        // The tensor data plays no part; a hole of the same length stands for it.
        let len = toy_bytes().len() as u64;
        OpenOptions::new().write(true).open(&path).unwrap().set_len(len).unwrap();
        if let Ok(file) = Gguf::open(&path) {
            for tensor in file.tensors() {
                prop_assert!(file.data_start() + tensor.offset() + tensor.bytes() <= len);
            }
            // Facts may be refused, but must not panic.
            let _ = ModelFacts::of(&file).map(|facts| facts.kv_bytes(u64::MAX, CacheType::F16, CacheType::Q4_0));
        }
    }
}

fn toy_bytes() -> &'static Vec<u8> {
    static TOY: OnceLock<Vec<u8>> = OnceLock::new();
    TOY.get_or_init(|| {
        let (_folder, path) = toy_file();
        std::fs::read(path).unwrap()
    })
}

fn header_len() -> usize {
    static LEN: OnceLock<usize> = OnceLock::new();
    *LEN.get_or_init(|| {
        let (_folder, path) = toy_file();
        Gguf::open(path).unwrap().data_start() as usize
    })
}

/// A byte of the toy's header, mostly among the counts, the short entries and the tensor infos and
/// seldom in the long token list.
fn place() -> impl Strategy<Value = usize> {
    let header = header_len();
    prop_oneof![
        0..24_usize,
        24..1000_usize,
        24..header - 8,
        header - 1500..header - 8
    ]
}
