//! The gradient of a batch's loss with respect to an adapter or to all weights, layer by layer from the last to the
//! first.
//!
//! Going up, a layer keeps what its way back needs, or only its input, from which the rest is computed again when
//! its turn comes. The first layer is spared the gradient of a frozen table of tokens. Gradients are written out
//! by hand instead of recorded by a library: what is frozen costs nothing, and what is kept is known.
//! Finite differences and PyTorch confirm them (`tests/toy/gradients.rs`, `tests/toy/weights.rs`, `tests/pytorch.rs`).

use crate::adapter::Adapter;
use crate::embedding::{Embedding, add_rows};
use crate::layer::Kept;
use crate::matrix::Matrix;
use crate::places::{Batch, Places};
pub use crate::trained::Dropout;
use crate::trained::Trained;
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

/// How a batch goes up and down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// What the loss is multiplied with, usually one over the number of goals of a whole step.
    pub weight: f64,
    /// What is computed twice.
    pub recompute: Recompute,
    /// What factors do not see.
    pub dropout: Option<Dropout>,
}

/// A loss with its gradients.
#[derive(Debug)]
pub struct Slope {
    /// The surprise at the goals in nats, summed.
    pub nats: f64,
    /// The gradient of `nats · weight` for each parameter, in their order.
    pub gradients: Vec<Matrix>,
}

/// What is trained of a model.
#[derive(Clone, Copy)]
enum What<'a> {
    Adapter(&'a Adapter, Option<Dropout>),
    Weights,
}

impl<'a> What<'a> {
    fn of_layer(self, index: usize) -> Trained<'a> {
        match self {
            What::Weights => Trained::Weights,
            What::Adapter(adapter, dropout) => {
                let dropout = dropout.map(|dropout| dropout.at(index as u64));
                Trained::Factors(&adapter.layers[index], dropout)
            }
        }
    }

    fn is_weights(self) -> bool {
        matches!(self, What::Weights)
    }
}

/// Computes loss and gradients of an adapter, without dropout.
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
    let pass = Pass {
        weight,
        recompute,
        dropout: None,
    };
    of_adapter(model, adapter, batch, &pass)
}

/// Computes loss and gradients of an adapter.
///
/// # Errors
/// As [`slope`].
pub fn of_adapter(
    model: &Transformer,
    adapter: &Adapter,
    batch: &Batch,
    pass: &Pass,
) -> Result<Slope, Error> {
    through(model, What::Adapter(adapter, pass.dropout), batch, pass)
}

/// Computes loss and gradients of every weight that [`Transformer::weights`] names. A model that was loaded by
/// [`Transformer::trainable`] names all of them.
///
/// # Errors
/// As [`slope`].
pub fn of_weights(model: &Transformer, batch: &Batch, pass: &Pass) -> Result<Slope, Error> {
    through(model, What::Weights, batch, pass)
}

fn through(
    model: &Transformer,
    what: What<'_>,
    batch: &Batch,
    pass: &Pass,
) -> Result<Slope, Error> {
    if batch.goals.is_empty() {
        return Err(Error::Batch("none of them is to be predicted".into()));
    }
    let (mut rows, places) = model.enter(batch)?;
    let mut stack = Vec::with_capacity(model.layers.len());
    for index in 0..model.layers.len() {
        let (output, kept) = model.layers[index].forward(rows, &places, what.of_layer(index));
        rows = output;
        stack.push(match pass.recompute {
            Recompute::Nothing => Memory::Whole(Box::new(kept)),
            Recompute::Layers => Memory::Input(kept.into_input()),
        });
    }
    let top = through_head(model, &rows, batch, (pass.weight, what.is_weights()));
    drop(rows);
    let mut down = Down {
        model,
        what,
        places,
        gradient: top.gradient,
    };
    let mut by_layer = Vec::with_capacity(stack.len());
    while let Some(memory) = stack.pop() {
        by_layer.push(down.layer(stack.len(), memory));
    }
    let of_layers = by_layer.into_iter().rev().flatten().collect();
    Ok(Slope {
        nats: top.nats,
        gradients: match top.of_weights {
            None => of_layers,
            Some(ends) => around(model, of_layers, ends, (&down.gradient, batch)),
        },
    })
}

/// What is kept of a layer on the way up.
enum Memory {
    Whole(Box<Kept>),
    Input(Matrix),
}

/// The way down.
struct Down<'a> {
    model: &'a Transformer,
    what: What<'a>,
    places: Places,
    /// Of the output of the layer whose turn it is, and in the end of the table's rows, if the table is trained.
    gradient: Matrix,
}

impl Down<'_> {
    /// The gradients of what is trained of a layer.
    fn layer(&mut self, index: usize, memory: Memory) -> Vec<Matrix> {
        let (layer, trained) = (&self.model.layers[index], self.what.of_layer(index));
        let kept = match memory {
            Memory::Whole(kept) => *kept,
            Memory::Input(input) => layer.forward(input, &self.places, trained).1,
        };
        let gradient = std::mem::replace(&mut self.gradient, Matrix::zeros([0, 0]));
        let wants_input = index > 0 || self.what.is_weights();
        let (of_input, found) = layer.back(kept, gradient, (&self.places, trained), wants_input);
        if let Some(of_input) = of_input {
            self.gradient = of_input;
        }
        found
    }
}

/// What comes back from the head.
struct Top {
    nats: f64,
    /// Of the last layer's output.
    gradient: Matrix,
    /// Of the last norm and of the head.
    of_weights: Option<[Matrix; 2]>,
}

/// The loss, its gradient with respect to the last layer's output and, if they are trained, to norm and head.
fn through_head(
    model: &Transformer,
    rows: &Matrix,
    batch: &Batch,
    (weight, trained): (f64, bool),
) -> Top {
    let predicting = loss::rows(rows, batch);
    let normed = model.last_norm.forward(&predicting);
    let mut of_head = trained.then(|| Matrix::zeros(model.head.dims()));
    let head = (&model.head, of_head.as_mut());
    let (nats, gradient) = loss::nats_and_gradient(&normed, head, batch, weight);
    let of_norm = trained.then(|| model.last_norm.of_weight(&predicting, &gradient));
    let of_predicting = model.last_norm.back(&predicting, gradient);
    Top {
        nats,
        gradient: loss::rows_back(&of_predicting, batch, rows.rows()),
        of_weights: of_norm.zip(of_head).map(|(norm, head)| [norm, head]),
    }
}

/// The gradients of all weights in their order: table, layers, last norm, head.
fn around(
    model: &Transformer,
    of_layers: Vec<Matrix>,
    [of_norm, mut of_head]: [Matrix; 2],
    (of_rows, batch): (&Matrix, &Batch),
) -> Vec<Matrix> {
    let mut all = Vec::with_capacity(of_layers.len() + 3);
    match &model.embedding {
        Embedding::Stored(_) => {}
        Embedding::Head => add_rows(&mut of_head, of_rows, batch),
        Embedding::Floats(table) => {
            let mut of_table = Matrix::zeros(table.dims());
            add_rows(&mut of_table, of_rows, batch);
            all.push(of_table);
        }
    }
    all.extend(of_layers);
    all.extend([of_norm, of_head]);
    all
}
