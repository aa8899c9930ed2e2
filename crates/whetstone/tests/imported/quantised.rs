//! The engine's quantiser: sound files, the types that were asked for, and no second rounding by accident.

use std::path::Path;

use gguf::{Gguf, TensorType};
use llama::{Mixture, Quantise, quantise};
use model::Precision;

use super::{expected, gap, imported, load};

fn how(to: Mixture, again: bool) -> Quantise {
    Quantise {
        to,
        threads: 1,
        again,
    }
}

fn matrix_kind(path: &Path) -> TensorType {
    let file = Gguf::open(path).unwrap();
    file.tensor("blk.0.ffn_gate.weight").unwrap().kind()
}

#[test]
fn a_copy_has_the_type_that_was_asked_for_and_still_speaks_like_the_original() {
    let (folder, original) = imported("qwen2", Precision::F32);
    for (to, kind, bound) in [
        (Mixture::F16, TensorType::F16, 0.02),
        (Mixture::Q8_0, TensorType::Q8_0, 0.15),
        (Mixture::Q4_0, TensorType::Q4_0, 3.0),
        // Rows of 32 fill no blocks of 256, so llama.cpp falls back to blocks of 32.
        (Mixture::Q4KM, TensorType::Q5_0, 3.0),
    ] {
        let path = folder.path().join(to.name());
        let mut seen = Vec::new();
        let facts = quantise(&original, &path, how(to, false), &mut |done, total| {
            seen.push((done, total));
        });
        let tensors = Gguf::open(&path).unwrap().tensors().len() as u64;
        assert_eq!(
            seen.last(),
            Some(&(tensors, tensors)),
            "every tensor is told"
        );
        assert!(seen.is_sorted());
        assert_eq!(facts.unwrap().architecture, "qwen2");
        assert_eq!(matrix_kind(&path), kind, "{}", to.name());
        let gap = gap(&load(&path), &expected("qwen2"));
        assert!(gap < bound, "{}: {gap}", to.name());
    }
}

#[test]
fn our_blocks_are_those_of_the_engine() {
    let (folder, original) = imported("qwen2", Precision::F32);
    for (precision, to) in [
        (Precision::Q8_0, Mixture::Q8_0),
        (Precision::Q4_0, Mixture::Q4_0),
    ] {
        let (_kept, ours) = imported("qwen2", precision);
        let theirs = folder.path().join("theirs.gguf");
        quantise(&original, &theirs, how(to, false), &mut |_, _| {}).unwrap();
        let (ours, theirs) = (Gguf::open(&ours).unwrap(), Gguf::open(&theirs).unwrap());
        let mut compared = 0;
        for tensor in ours.tensors() {
            let name = tensor.name();
            if theirs.tensor(name).unwrap().kind() == tensor.kind() {
                let bytes = (ours.tensor_bytes(name), theirs.tensor_bytes(name));
                assert_eq!(
                    bytes.0.unwrap(),
                    bytes.1.unwrap(),
                    "{name} as {}",
                    to.name()
                );
                compared += 1;
            }
        }
        assert!(compared > 8, "{compared} tensors have the same type");
    }
}

#[test]
fn a_quantised_file_is_not_rounded_again_unless_that_is_asked_for() {
    let (folder, original) = imported("qwen2", Precision::Q8_0);
    let path = folder.path().join("again.gguf");
    let said = quantise(&original, &path, how(Mixture::Q4_0, false), &mut |_, _| {})
        .unwrap_err()
        .to_string();
    for word in ["quantised already", "q8_0", "--allow-requantize"] {
        assert!(said.contains(word), "{said}");
    }
    assert!(!path.exists());
    quantise(&original, &path, how(Mixture::Q4_0, true), &mut |_, _| {}).unwrap();
    assert_eq!(matrix_kind(&path), TensorType::Q4_0);
}

#[test]
fn a_broken_source_or_place_leaves_what_was_there_and_nothing_else() {
    let (folder, original) = imported("qwen2", Precision::F16);
    let whole = std::fs::read(&original).unwrap();
    let cut = folder.path().join("cut.gguf");
    let place = folder.path().join("result.gguf");
    std::fs::write(&place, b"before").unwrap();
    let mut nan = whole.clone();
    let weights = Gguf::open(&original).unwrap();
    let at = weights.data_start() + weights.tensor("blk.0.ffn_up.weight").unwrap().offset();
    nan[at as usize..at as usize + 2].copy_from_slice(&[0xff, 0xff]);
    for (bytes, word) in [
        (&whole[..whole.len() / 2], "cut"),
        (&b"GGUF"[..], "cut"),
        (&b"nothing"[..], "not a GGUF"),
        (&nan[..], "quantised"),
    ] {
        std::fs::write(&cut, bytes).unwrap();
        let ended = quantise(&cut, &place, how(Mixture::Q8_0, false), &mut |_, _| {});
        let said = ended.unwrap_err().to_string();
        assert!(said.contains(word) && said.contains("cut.gguf"), "{said}");
    }
    let nowhere = folder.path().join("none/result.gguf");
    quantise(
        &original,
        &nowhere,
        how(Mixture::Q8_0, false),
        &mut |_, _| {},
    )
    .unwrap_err();
    assert_eq!(std::fs::read(&place).unwrap(), b"before");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "the source, its damaged copy, and what was there");
}
