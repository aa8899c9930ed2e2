//! How much memory a training will take, said before anything is loaded.
//!
//! A formula over the shape, counted from the operations of a layer and meant to lean to the high side; it has
//! not been held against measured peaks yet (`improve/examples/step.rs` prints both). What the rest of the
//! process takes is not part of it.

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
        // Rows as wide as the hidden state, the heads and the inner block that a layer's graph keeps.
        let (queries, keys) = (shape.heads * shape.head, shape.kv_heads * shape.head);
        let kept = 14 * shape.width + 9 * queries + 12 * keys + 8 * shape.inner;
        let kept = (kept + 5 * shape.heads * longest) as u64 * rows;
        let layers = shape.layers as u64;
        let graphs = if recompute { 2 } else { layers + 1 };
        let sides = |target: &crate::Target| target.sides(shape).iter().sum::<usize>() as u64;
        let factors: u64 = lora.targets.iter().map(sides).sum();
        Self {
            weights: f32s * (layers * per_layer + table) + table,
            layers: f32s * (graphs * kept + layers * rows * shape.width as u64),
            logits: f32s * 5 * (128.min(rows) * shape.vocabulary as u64),
            adapter: f32s * 6 * factors * lora.rank as u64 * layers,
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights + self.layers + self.logits + self.adapter
    }
}
