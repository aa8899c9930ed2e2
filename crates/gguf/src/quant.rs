//! Encoding and decoding of a few tensor types: f32, f16, bf16, q8_0, q4_0.
//!
//! The block formats and the rounding are those of `quantize_row_*_ref` in `ggml/src/ggml-quants.c`
//! and are checked bit by bit against the Python package gguf 0.19.0. No importance matrices, no
//! k-quants: a model that is to be served small is quantised by llama.cpp's own tool.

use half::{bf16, f16};

use crate::TensorType;

const BLOCK: usize = 32;

/// Why values cannot be encoded: the first one without a counterpart in the type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unrepresentable {
    /// The value's place.
    pub index: usize,
    /// The value: not finite, or too large for a half float.
    pub value: f32,
}

/// Encodes `values` as `kind`. `None` when the type has no encoder here or `values` do not fill whole
/// blocks; an inner error when a value cannot be represented. f32 takes every value as it is.
pub fn encode(kind: TensorType, values: &[f32]) -> Option<Result<Vec<u8>, Unrepresentable>> {
    if !(values.len() as u64).is_multiple_of(kind.block_len()) {
        return None;
    }
    let largest = match kind {
        TensorType::F32 => return Some(Ok(values.iter().flat_map(|v| v.to_le_bytes()).collect())),
        TensorType::F16 => f16::MAX.to_f32(),
        // The scale is a half float, so a block reaches as far as its scale times its largest integer.
        TensorType::Q8_0 => f16::MAX.to_f32() * 127.0,
        TensorType::Q4_0 => f16::MAX.to_f32() * 8.0,
        _ => return None,
    };
    // NaN is in no range, so it is found too.
    let bad = values
        .iter()
        .position(|v| !(-largest..=largest).contains(v));
    if let Some(index) = bad {
        return Some(Err(Unrepresentable {
            index,
            value: values[index],
        }));
    }
    let (blocks, _) = values.as_chunks::<BLOCK>();
    Some(Ok(match kind {
        TensorType::Q8_0 => blocks.iter().flat_map(encode_q8_0).collect(),
        TensorType::Q4_0 => blocks.iter().flat_map(encode_q4_0).collect(),
        _ => values
            .iter()
            .flat_map(|&v| f16::from_f32(v).to_le_bytes())
            .collect(),
    }))
}

/// Decodes stored bytes. `None` when the type has no decoder here or `bytes` end inside a block.
pub fn decode(kind: TensorType, bytes: &[u8]) -> Option<Vec<f32>> {
    if !(bytes.len() as u64).is_multiple_of(kind.block_bytes()) {
        return None;
    }
    Some(match kind {
        TensorType::F32 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&b| f32::from_le_bytes(b))
            .collect(),
        TensorType::F16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&b| f16::from_le_bytes(b).to_f32())
            .collect(),
        TensorType::BF16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&b| bf16::from_le_bytes(b).to_f32())
            .collect(),
        TensorType::Q8_0 => bytes.as_chunks().0.iter().flat_map(decode_q8_0).collect(),
        TensorType::Q4_0 => bytes.as_chunks().0.iter().flat_map(decode_q4_0).collect(),
        _ => return None,
    })
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// A half-float scale, then 32 signed bytes.
fn encode_q8_0(values: &[f32; BLOCK]) -> [u8; 34] {
    let largest = values.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
    let scale = largest / 127.0;
    let per_scale = inverse(scale);
    let mut block = [0; 34];
    block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    for (byte, value) in block[2..].iter_mut().zip(values) {
        // `as` saturates: with a scale below the smallest normal float the product may be infinite.
        *byte = ((value * per_scale).round() as i8).cast_unsigned();
    }
    block
}

/// A half-float scale, then 16 bytes: element `i` in the low and `i + 16` in the high half of byte `i`.
/// The value of largest magnitude, sign included, becomes -8; so the scale may be negative.
fn encode_q4_0(values: &[f32; BLOCK]) -> [u8; 18] {
    let peak = values.iter().fold(
        0.0_f32,
        |peak, &v| if v.abs() > peak.abs() { v } else { peak },
    );
    let scale = peak / -8.0;
    let per_scale = inverse(scale);
    let nibble = |value: f32| ((value * per_scale + 8.5) as u8).min(15);
    let mut block = [0; 18];
    block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    let (low, high) = values.split_at(BLOCK / 2);
    for (byte, (&low, &high)) in block[2..].iter_mut().zip(low.iter().zip(high)) {
        *byte = nibble(low) | nibble(high) << 4;
    }
    block
}

fn decode_q8_0(block: &[u8; 34]) -> [f32; BLOCK] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| f32::from(block[2 + i].cast_signed()) * scale)
}

fn decode_q4_0(block: &[u8; 18]) -> [f32; BLOCK] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| {
        let byte = block[2 + i % 16];
        let nibble = if i < 16 { byte & 15 } else { byte >> 4 };
        (f32::from(nibble) - 8.0) * scale
    })
}
