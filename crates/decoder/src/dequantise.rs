//! Stored blocks become floats: every type that the catalogue's files use.
//!
//! f32, f16, bf16, q8_0 and q4_0 are decoded by `gguf`; the other formats of 32 elements are here, the
//! formats of 256 in `k_quants`. Formats and the order of the roundings follow `dequantize_row_*` of
//! `ggml/src/ggml-quants.c`; values are checked bit by bit against the Python package gguf
//! (`tests/golden/dequantise.py`). Not decoded: q2_K, q3_K and the families IQ, TQ and MX, which no
//! model of the catalogue uses; a file with one of them is refused by its name.

mod k_quants;

use gguf::TensorType;
use half::f16;

/// Decodes stored bytes. `None` when the type has no decoder here or `bytes` end inside a block.
pub fn decode(kind: TensorType, bytes: &[u8]) -> Option<Vec<f32>> {
    if !(bytes.len() as u64).is_multiple_of(kind.block_bytes()) {
        return None;
    }
    Some(match kind {
        TensorType::Q4_1 => blocks(bytes, q4_1),
        TensorType::Q5_0 => blocks(bytes, q5_0),
        TensorType::Q5_1 => blocks(bytes, q5_1),
        TensorType::Q4_K => blocks(bytes, k_quants::q4),
        TensorType::Q5_K => blocks(bytes, k_quants::q5),
        TensorType::Q6_K => blocks(bytes, k_quants::q6),
        other => return gguf::quant::decode(other, bytes),
    })
}

fn blocks<const BYTES: usize, const LEN: usize>(
    bytes: &[u8],
    decode: fn(&[u8; BYTES]) -> [f32; LEN],
) -> Vec<f32> {
    bytes.as_chunks().0.iter().flat_map(decode).collect()
}

/// The half float at this byte.
fn half_at<const BYTES: usize>(block: &[u8; BYTES], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// Element `i` of 32: the low halves of 16 bytes, then their high halves.
fn nibble(packed: &[u8], i: usize) -> u8 {
    let byte = packed[i % 16];
    if i < 16 { byte & 15 } else { byte >> 4 }
}

/// A scale, a minimum, 32 × 4 bits.
fn q4_1(block: &[u8; 20]) -> [f32; 32] {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    std::array::from_fn(|i| f32::from(nibble(&block[4..], i)) * scale + least)
}

/// The fifth bit of element `i`, from 32 bits in a row, in its place.
fn fifth_bit(bits: &[u8], i: usize) -> u8 {
    (bits[i / 8] >> (i % 8) & 1) << 4
}

/// A scale, 32 fifth bits, 32 × 4 bits; 16 is zero.
fn q5_0(block: &[u8; 22]) -> [f32; 32] {
    let scale = half_at(block, 0);
    std::array::from_fn(|i| {
        let five = nibble(&block[6..], i) | fifth_bit(&block[2..6], i);
        (f32::from(five) - 16.0) * scale
    })
}

/// A scale, a minimum, 32 fifth bits, 32 × 4 bits.
fn q5_1(block: &[u8; 24]) -> [f32; 32] {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    std::array::from_fn(|i| {
        let five = nibble(&block[8..], i) | fifth_bit(&block[4..8], i);
        f32::from(five) * scale + least
    })
}
