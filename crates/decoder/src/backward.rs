//! The gradient of a batch's loss with respect to an adapter, layer by layer from the last to the first.
//!
//! Going up, a layer keeps what its way back needs, or only its input, from which the rest is computed again when
//! its turn comes. The first layer is spared the gradient of the frozen table of tokens. Gradients are written out
//! by hand instead of recorded by a library: what is frozen costs nothing, and what is kept is known.
//! Finite differences and PyTorch confirm them (`tests/toy/gradients.rs`, `tests/pytorch.rs`).

use crate::adapter::Adapter;
use crate::layer::Kept;
use crate::linear::OfFactors;
use crate::matrix::Matrix;
use crate::places::{Batch, Places};
use crate::{Error, Transformer, loss};

/// Whether what happens inside a layer is kept for the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recompute {
    /// It is kept: the fastest way.
    #[default]
    Nothing,
    /// Only the inputs of layers are kept: a third more work, a small part of the memory.
    Layers,
}

/// A loss with its gradients.
#[derive(Debug)]
pub struct Slope {
    /// The surprise at the goals in nats, summed.
    pub nats: f64,
    /// The gradient of `nats · weight` for each of the adapter's parameters, in their order.
    pub gradients: Vec<Matrix>,
}

/// Computes loss and gradients; `weight` is usually one over the number of goals of a whole step.
///
/// # Errors
/// [`Error::Batch`] for a batch that the model cannot take.
pub fn slope(
    model: &Transformer,
    adapter: &Adapter,
    batch: &Batch,
    weight: f64,
    recompute: Recompute,
) -> Result<Slope, Error> {
    if batch.goals.is_empty() {
        return Err(Error::Batch("none of them is to be predicted".into()));
    }
    let (mut rows, places) = model.enter(batch)?;
    let mut stack = Vec::with_capacity(model.layers.len());
    for index in 0..model.layers.len() {
        let (output, kept) = up(model, adapter, &places, (index, rows));
        rows = output;
        stack.push(match recompute {
            Recompute::Nothing => Memory::Whole(Box::new(kept)),
            Recompute::Layers => Memory::Input(kept.into_input()),
        });
    }
    let (nats, mut gradient) = through_head(model, &rows, batch, weight);
    drop(rows);
    let mut by_layer = Vec::with_capacity(stack.len());
    while let Some(memory) = stack.pop() {
        let index = stack.len();
        let kept = match memory {
            Memory::Whole(kept) => *kept,
            Memory::Input(input) => up(model, adapter, &places, (index, input)).1,
        };
        let around = (&places, &adapter.layers[index]);
        let (of_input, of_factors) = model.layers[index].back(kept, gradient, around, index > 0);
        by_layer.push(of_factors);
        let Some(next) = of_input else { break };
        gradient = next;
    }
    let pairs = by_layer.into_iter().rev().flatten().flatten();
    let gradients = pairs.flat_map(|OfFactors { a, b }| [a, b]).collect();
    Ok(Slope { nats, gradients })
}

/// What is kept of a layer on the way up.
enum Memory {
    Whole(Box<Kept>),
    Input(Matrix),
}

fn up(
    model: &Transformer,
    adapter: &Adapter,
    places: &Places,
    (index, input): (usize, Matrix),
) -> (Matrix, Kept) {
    model.layers[index].forward(input, places, &adapter.layers[index])
}

/// The loss, and its gradient with respect to the last layer's output.
fn through_head(model: &Transformer, rows: &Matrix, batch: &Batch, weight: f64) -> (f64, Matrix) {
    let predicting = loss::rows(rows, batch);
    let normed = model.last_norm.forward(&predicting);
    let (nats, gradient) = loss::nats_and_gradient(&normed, &model.head, batch, weight);
    let of_predicting = model.last_norm.back(&predicting, gradient);
    (nats, loss::rows_back(&of_predicting, batch, rows.rows()))
}
