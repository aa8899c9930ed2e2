//! How much memory a training will take, said before anything is loaded.
//!
//! A formula over the shape, counted from what a layer keeps and what is computed at a time; it leans to the high side
//! (`improve/examples/step.rs` prints it beside the measured peak, docs/LOG.md has both). What the rest of the process
//! takes is not part of it.

use crate::loss::CHUNK;
use crate::{Lora, Shape};

/// Bytes of one training, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The weights as floats.
    pub weights: u64,
    /// What is kept of all layers for the way back, and the layer that is being computed.
    pub layers: u64,
    /// Logits of one chunk.
    pub logits: u64,
    /// Factors, their gradients and the means of the optimiser.
    pub adapter: u64,
}

impl Memory {
    /// The memory of batches of so many sequences of `longest` tokens.
    pub fn of(
        shape: &Shape,
        lora: &Lora,
        (batch, longest): (usize, usize),
        recompute: bool,
    ) -> Self {
        let (rows, f32s) = ((batch * longest) as u64, 4);
        let matrix = |target: crate::Target| target.sides(shape).iter().product::<usize>() as u64;
        let per_layer: u64 = crate::Target::ALL.into_iter().map(matrix).sum();
        let table = (shape.vocabulary * shape.width) as u64;
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
        let sides = |target: &crate::Target| target.sides(shape).iter().sum::<usize>() as u64;
        let factors: u64 = lora.targets.iter().map(sides).sum();
        Self {
            weights: f32s * (layers * per_layer + table) + table,
            layers: f32s * (stack + alive + attention),
            logits: f32s * 2 * ((CHUNK as u64).min(rows) * shape.vocabulary as u64),
            adapter: f32s * 6 * factors * lora.rank as u64 * layers,
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights + self.layers + self.logits + self.adapter
    }
}
