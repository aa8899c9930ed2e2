//! Blocks of 256 elements with scales of their own for every 32 or 16 of them.
//!
//! The products are taken in ggml's order, so that the floats are the same to the last bit.

use super::half_at;

/// Bits of a scale and of a minimum, eight pairs in twelve bytes: six bits each, the upper two of the
/// last four pairs in the upper two bits of the first eight bytes.
fn scale_and_least(packed: &[u8], pair: usize) -> (f32, f32) {
    let (scale, least) = if pair < 4 {
        (packed[pair] & 63, packed[pair + 4] & 63)
    } else {
        (
            packed[pair + 4] & 15 | (packed[pair - 4] >> 6) << 4,
            packed[pair + 4] >> 4 | (packed[pair] >> 6) << 4,
        )
    };
    (f32::from(scale), f32::from(least))
}

/// Element `i` of 256: each 32 bytes hold 32 elements in their low halves and the next 32 in their high.
fn nibble(packed: &[u8], i: usize) -> u8 {
    let byte = packed[i / 64 * 32 + i % 32];
    if i % 64 < 32 { byte & 15 } else { byte >> 4 }
}

/// A scale of scales, a scale of minima, eight pairs, 256 × 4 bits.
pub(super) fn q4(block: &[u8; 144]) -> [f32; 256] {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    std::array::from_fn(|i| {
        let (by, minus) = scale_and_least(&block[4..16], i / 32);
        scale * by * f32::from(nibble(&block[16..], i)) - least * minus
    })
}

/// As [`q4`], with a fifth bit: bit `g` of byte `j` belongs to element `32 g + j`.
pub(super) fn q5(block: &[u8; 176]) -> [f32; 256] {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    std::array::from_fn(|i| {
        let (by, minus) = scale_and_least(&block[4..16], i / 32);
        let fifth = (block[16 + i % 32] >> (i / 32) & 1) << 4;
        let five = nibble(&block[48..], i) | fifth;
        scale * by * f32::from(five) - least * minus
    })
}

/// 256 × 4 low bits, 256 × 2 high bits, sixteen signed scales, their scale; 32 is zero.
pub(super) fn q6(block: &[u8; 210]) -> [f32; 256] {
    let scale = half_at(block, 208);
    std::array::from_fn(|i| {
        // Two halves of 128; in each, four runs of 32 share 64 bytes of low and 32 of high bits.
        let (half, run, place) = (i / 128, i % 128 / 32, i % 32);
        let low = block[half * 64 + run % 2 * 32 + place];
        let low = if run < 2 { low & 15 } else { low >> 4 };
        let high = block[128 + half * 32 + place] >> (2 * run) & 3;
        let by = f32::from(block[192 + i / 16].cast_signed());
        scale * by * (f32::from(low | high << 4) - 32.0)
    })
}
