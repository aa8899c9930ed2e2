//! How much memory a training will take, said before anything is loaded.
//!
//! A formula over the shape, counted from what a layer keeps and what is computed at a time; it leans to the high side
//! (`improve/examples/step.rs` prints it beside the measured peak, docs/LOG.md has both). What the rest of the process
//! takes is not part of it.

use crate::loss::CHUNK;
use crate::{Lora, Shape, Target};

const F32: u64 = 4;

/// Bytes of one training, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The weights as floats.
    pub weights: u64,
    /// What is kept of all layers for the way back, and the layer that is being computed.
    pub layers: u64,
    /// Logits of one chunk.
    pub logits: u64,
    /// What is trained beside the weights: factors; their gradients or those of the weights, and the optimiser's means.
    pub trained: u64,
}

impl Memory {
    /// The memory of training an adapter on batches of so many sequences of `longest` tokens.
    pub fn of(shape: &Shape, lora: &Lora, rows: (usize, usize), recompute: bool) -> Self {
        let table = table(shape);
        Self {
            weights: F32 * (matrices(shape) + table) + table,
            layers: layers(shape, rows, recompute),
            logits: logits(shape, rows),
            trained: F32 * 6 * lora.elements(shape),
        }
    }

    /// The memory of training every weight; `tied` if table of tokens and head are one.
    pub fn of_all(shape: &Shape, tied: bool, rows: (usize, usize), recompute: bool) -> Self {
        let tables = if tied { 1 } else { 2 };
        let weights = matrices(shape) + tables * table(shape);
        Self {
            weights: F32 * weights,
            layers: layers(shape, rows, recompute),
            logits: logits(shape, rows),
            // Gradients of a batch, their sum, and the two means.
            trained: F32 * 4 * weights,
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights + self.layers + self.logits + self.trained
    }
}

/// Elements of the table of tokens, and of the output matrix.
pub(crate) fn table(shape: &Shape) -> u64 {
    (shape.vocabulary * shape.width) as u64
}

/// Elements of the matrices of all layers.
pub(crate) fn matrices(shape: &Shape) -> u64 {
    let matrix = |target: Target| target.sides(shape).iter().product::<usize>() as u64;
    shape.layers as u64 * Target::ALL.into_iter().map(matrix).sum::<u64>()
}

fn logits(shape: &Shape, (batch, longest): (usize, usize)) -> u64 {
    let rows = (CHUNK as u64).min((batch * longest) as u64);
    F32 * 2 * rows * shape.vocabulary as u64
}

fn layers(shape: &Shape, (batch, longest): (usize, usize), recompute: bool) -> u64 {
    let rows = (batch * longest) as u64;
    // What `layer::Kept` holds of a token, and the rows that are alive while one layer is computed.
    let (queries, keys) = (shape.heads * shape.head, shape.kv_heads * shape.head);
    let kept = (2 * shape.width + 2 * queries + 2 * keys + 2 * shape.inner) as u64 * rows;
    let alive = (6 * shape.width + 4 * queries + 4 * keys + 4 * shape.inner) as u64 * rows;
    let layers = shape.layers as u64;
    let inputs = layers * rows * shape.width as u64;
    let stack = if recompute {
        kept + inputs
    } else {
        layers * kept
    };
    let attention = 2 * shape.heads as u64 * (longest * longest) as u64;
    F32 * (stack + alive + attention)
}
