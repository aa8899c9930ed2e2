//! Sequences one after another without padding, and where each token stands in its own.
//!
//! Every matrix sees one long list of rows; only attention looks at sequences one by one. So short
//! examples cost what they are long, and no mask for padding can be forgotten.

use std::ops::Range;

use crate::Error;
use crate::matrix::Matrix;
use crate::shape::Shape;

/// Sequences to read, and the tokens that are to be predicted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    pub(crate) tokens: Vec<u32>,
    pub(crate) spans: Vec<Range<usize>>,
    pub(crate) goals: Vec<Goal>,
}

/// A token that is to be predicted from the row of its predecessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Goal {
    pub(crate) row: usize,
    pub(crate) token: u32,
}

impl Batch {
    /// Appends a sequence of which the tokens from `counted_from` on are to be predicted. The last one is
    /// predicted and not read, so a sequence costs one row less than it has tokens.
    ///
    /// # Errors
    /// [`Error::Batch`] when nothing would be predicted, or the first token, which has no predecessor.
    pub fn push(&mut self, tokens: &[u32], counted_from: usize) -> Result<(), Error> {
        if counted_from == 0 || counted_from >= tokens.len() {
            return Err(Error::Batch(format!(
                "of {} tokens those from place {counted_from} on cannot be predicted",
                tokens.len()
            )));
        }
        let start = self.tokens.len();
        let read = &tokens[..tokens.len() - 1];
        let goals = (counted_from..tokens.len()).map(|place| Goal {
            row: start + place - 1,
            token: tokens[place],
        });
        self.goals.extend(goals);
        self.tokens.extend_from_slice(read);
        self.spans.push(start..start + read.len());
        Ok(())
    }

    /// Tokens that are read.
    pub fn rows(&self) -> usize {
        self.tokens.len()
    }

    /// Tokens that are predicted.
    pub fn goals(&self) -> usize {
        self.goals.len()
    }

    /// A sequence that is read whole and predicts nothing.
    pub(crate) fn reading(tokens: &[u32]) -> Self {
        Self {
            tokens: tokens.to_vec(),
            spans: std::iter::once(0..tokens.len()).collect(),
            goals: Vec::new(),
        }
    }
}

/// What attention has to know of a batch: angles, and which tokens belong together.
pub(crate) struct Places {
    /// Shape (tokens, head / 2).
    cos: Matrix,
    sin: Matrix,
    pub(crate) spans: Vec<Range<usize>>,
}

impl Places {
    pub(crate) fn new(batch: &Batch, frequencies: &[f64]) -> Self {
        let table = |of: fn(f64) -> f64| {
            let places = batch.spans.iter().flat_map(|span| 0..span.len());
            let angles = places.flat_map(|p| frequencies.iter().map(move |f| p as f64 * f));
            let values = angles.map(|angle| of(angle) as f32).collect();
            Matrix::new([batch.rows(), frequencies.len()], values)
        };
        Self {
            cos: table(f64::cos),
            sin: table(f64::sin),
            spans: batch.spans.clone(),
        }
    }

    /// Rotates pairs (i, i + head / 2) of every head; `x` has shape (tokens, heads × head).
    pub(crate) fn rotate(&self, x: &mut Matrix) {
        self.turn(x, 1.0);
    }

    /// The other way round, which is how gradients pass a rotation.
    pub(crate) fn rotate_back(&self, x: &mut Matrix) {
        self.turn(x, -1.0);
    }

    fn turn(&self, x: &mut Matrix, direction: f32) {
        let half = self.cos.columns();
        for token in 0..x.rows() {
            let (cos, sin) = (self.cos.row(token), self.sin.row(token));
            for head in x.row_mut(token).chunks_mut(2 * half) {
                let (near, far) = head.split_at_mut(half);
                for i in 0..half {
                    let (n, f, sin) = (near[i], far[i], direction * sin[i]);
                    near[i] = n * cos[i] - f * sin;
                    far[i] = f * cos[i] + n * sin;
                }
            }
        }
    }
}

/// The angle per place of each pair of elements.
pub(crate) fn frequencies(shape: &Shape, divisors: Option<&[f32]>) -> Vec<f64> {
    let pairs = shape.head / 2;
    (0..pairs)
        .map(|pair| {
            let own = divisors.map_or(1.0, |all| f64::from(all[pair]));
            shape.rope_base.powf(-(pair as f64) / pairs as f64) / own / shape.rope_stretch
        })
        .collect()
}
