//! What is trained: low-rank factors beside frozen matrices, or the matrices themselves.
//!
//! Dropout belongs here because it is part of training alone: a share of what a pair of factors reads is set to zero, and
//! the rest grows to make up for it. Which elements follows from a seed and their place, so that the way back, a
//! recomputed layer and a training that goes on all drop the same ones, and nothing has to be kept.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::adapter::{Factors, LayerFactors, Target};
use crate::matrix::Matrix;

/// What is trained of a layer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trained<'a> {
    /// Factors, where there are some.
    Factors(&'a LayerFactors, Option<Dropout>),
    /// Every weight.
    Weights,
}

/// What is trained of one matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moving<'a> {
    /// Nothing: gradients pass through it.
    Nothing,
    /// The factors beside it.
    Factors(&'a Factors, Option<Dropout>),
    /// The matrix and its bias.
    Weights,
}

impl<'a> Trained<'a> {
    pub(crate) fn of(self, target: Target) -> Moving<'a> {
        match self {
            Trained::Weights => Moving::Weights,
            Trained::Factors(layer, dropout) => match layer.of(target) {
                Some(factors) => Moving::Factors(factors, dropout.map(|d| d.at(target as u64))),
                None => Moving::Nothing,
            },
        }
    }

    pub(crate) fn is_weights(self) -> bool {
        matches!(self, Trained::Weights)
    }
}

/// Elements that threads take at a time.
const CHUNK: usize = 1 << 14;
/// Steps of the share: a number of 16 bits decides on an element.
const STEPS: f64 = 65_536.0;

/// Which elements are dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    share: f64,
    seed: u64,
}

impl Dropout {
    /// A share of at least 0 and less than 1; `None` if nothing is to be dropped.
    pub fn new(share: f64, seed: u64) -> Option<Self> {
        (share > 0.0 && share < 1.0).then_some(Self { share, seed })
    }

    /// Other elements for each number: a step, a batch, a layer, a matrix.
    #[must_use]
    pub fn at(self, number: u64) -> Self {
        Self {
            seed: mixed(self.seed ^ mixed(number)),
            ..self
        }
    }

    /// The matrix with a share of its elements at zero.
    fn dropped(self, x: &Matrix) -> Matrix {
        let below = (self.share * STEPS) as u16;
        let grown = (STEPS / (STEPS - f64::from(below))) as f32;
        let mut y = x.clone();
        let chunks = y.values_mut().par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, values)| {
            for (i, four) in values.chunks_mut(4).enumerate() {
                let bits = mixed(self.seed.wrapping_add((chunk * CHUNK / 4 + i) as u64));
                for (lane, value) in four.iter_mut().enumerate() {
                    let drawn = (bits >> (16 * lane)) as u16;
                    *value = if drawn < below { 0.0 } else { *value * grown };
                }
            }
        });
        y
    }
}

/// What a pair of factors sees of what its matrix sees.
pub(crate) fn seen(x: &Matrix, dropout: Option<Dropout>) -> Cow<'_, Matrix> {
    match dropout {
        Some(dropout) => Cow::Owned(dropout.dropped(x)),
        None => Cow::Borrowed(x),
    }
}

/// The mixing function of SplitMix64 (Steele, Lea and Flood 2014).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_dropped_and_the_rest_makes_up_for_it() {
        let n = 100_000;
        let ones = Matrix::new([1, n], vec![1.0; n]);
        let dropout = Dropout::new(0.3, 7).unwrap();
        let found = dropout.dropped(&ones);
        let zeros = found.values().iter().filter(|v| **v == 0.0).count() as f64 / n as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
        let mean = found.values().iter().sum::<f32>() / n as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert_eq!(found, dropout.dropped(&ones));
        assert_ne!(found, dropout.at(1).dropped(&ones));
        assert_eq!(Dropout::new(0.0, 7), None);
    }
}
