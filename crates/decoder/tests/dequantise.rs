//! Every stored type, bit by bit, against another implementation (`golden/dequantise.py`).

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its numbers has failed"
)]

use decoder::dequantise::decode;
use gguf::TensorType;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    r#type: String,
    bytes: String,
    floats: String,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/dequantise.json")).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn kind(name: &str) -> TensorType {
    let found = TensorType::ALL.iter().find(|kind| kind.name() == name);
    *found.unwrap()
}

#[test]
fn every_type_decodes_to_the_bits_of_the_other_implementation() {
    let all = golden();
    assert_eq!(all.len(), 11);
    for one in all {
        let expected = from_hex(&one.floats);
        let found = decode(kind(&one.r#type), &from_hex(&one.bytes)).unwrap();
        assert_eq!(found.len() * 4, expected.len(), "{}", one.r#type);
        for (i, (found, expected)) in found.iter().zip(expected.as_chunks::<4>().0).enumerate() {
            let expected = f32::from_le_bytes(*expected);
            // Zeros may differ in sign: −0 and 0 are the same weight.
            assert_eq!(*found, expected, "{} element {i}", one.r#type);
        }
    }
}

#[test]
fn bytes_that_end_inside_a_block_are_refused() {
    for one in golden() {
        let bytes = from_hex(&one.bytes);
        assert!(decode(kind(&one.r#type), &bytes[..bytes.len() - 1]).is_none());
    }
}

#[test]
fn a_type_without_a_decoder_is_refused_and_not_guessed() {
    for kind in [TensorType::Q2_K, TensorType::Q3_K, TensorType::IQ4_XS] {
        let bytes = vec![0; kind.block_bytes() as usize];
        assert!(decode(kind, &bytes).is_none(), "{kind}");
    }
}
