//! Draws from a whole vocabulary without writing its weights down.
//!
//! A vocabulary of 150,000 entries is a megabyte of candidates a token. Here weights, relative to the likeliest token,
//! are added up by blocks; a draw finds its block and then its token, and only that block is weighed twice. Sums are in
//! double precision and in a fixed order, so that a draw depends on nothing but logits and the random number.

use crate::Token;
use crate::score::exp_nonpositive;

/// Tokens whose weights make one sum.
const BLOCK: usize = 1024;
/// Sums side by side, so that they vectorise.
const LANES: usize = 16;

/// What the logits are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// The largest logit; finite.
    pub(super) top: f32,
    /// More than 0.
    pub(super) temperature: f32,
}

impl Scale {
    /// The weight of a logit, in 0..=1; next to nothing (e^-87) for NaN.
    #[inline]
    pub(super) fn weight(self, score: f32) -> f32 {
        exp_nonpositive((score - self.top) / self.temperature)
    }

    /// The weight of all of them.
    pub(super) fn total(self, scores: &[f32]) -> f64 {
        scores.chunks(BLOCK).map(|block| self.sum(block)).sum()
    }

    fn sum(self, block: &[f32]) -> f64 {
        let mut lanes = [0f64; LANES];
        let (whole, rest) = block.as_chunks::<LANES>();
        for part in whole {
            for (lane, score) in lanes.iter_mut().zip(part) {
                *lane += f64::from(self.weight(*score));
            }
        }
        for (lane, score) in lanes.iter_mut().zip(rest) {
            *lane += f64::from(self.weight(*score));
        }
        lanes.iter().sum()
    }

    /// The token at a place of the distribution, 0 ≤ u < 1. `sums` is room to work in.
    pub(super) fn at(self, u: f64, scores: &[f32], sums: &mut Vec<f64>) -> Token {
        sums.clear();
        sums.extend(scores.chunks(BLOCK).map(|block| self.sum(block)));
        let mut left = u * sums.iter().sum::<f64>();
        for (block_idx, (block, sum)) in scores.chunks(BLOCK).zip(sums.iter()).enumerate() {
            if left >= *sum {
                left -= sum;
                continue;
            }
            let first = block_idx * BLOCK;
            for (i, score) in block.iter().enumerate() {
                left -= f64::from(self.weight(*score));
                if left < 0.0 {
                    return (first + i) as Token;
                }
            }
        }
        // Only rounding leads here.
        super::greedy(scores)
    }
}
