//! The gradient of a batch's loss with respect to an adapter, layer by layer from the last to the first.
//!
//! Every layer is a graph of its own whose leaves are its input and its factors. Going up, a layer's output
//! is handed on without its graph; going down, the gradient of the output becomes the gradient of the
//! input, and the graph is dropped. That bounds what is alive, makes recomputing (only the inputs are
//! kept, and each graph is built again when its turn comes) a matter of one line, and spares the
//! first layer the gradient of the frozen table of tokens.

use burn_tensor::Tensor;

use crate::adapter::{Adapter, LayerFactors};
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
    pub gradients: Vec<Tensor<2>>,
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
        let input = rows;
        let graph = Graph::build(model, adapter, &places, (index, input.clone()));
        rows = graph.output.clone().inner();
        stack.push(match recompute {
            Recompute::Nothing => Kept::Graph(Box::new(graph)),
            Recompute::Layers => Kept::Input(input),
        });
    }
    let (nats, mut gradient) = through_head(model, rows, batch, weight);
    let mut by_layer = Vec::with_capacity(stack.len());
    while let Some(kept) = stack.pop() {
        let graph = match kept {
            Kept::Graph(graph) => *graph,
            Kept::Input(input) => Graph::build(model, adapter, &places, (stack.len(), input)),
        };
        let (of_input, of_factors) = graph.back(gradient);
        by_layer.push(of_factors);
        let Some(next) = of_input else { break };
        gradient = next;
    }
    let gradients = by_layer.into_iter().rev().flatten().collect();
    Ok(Slope { nats, gradients })
}

/// What is kept of a layer on the way up.
enum Kept {
    Graph(Box<Graph>),
    Input(Tensor<2>),
}

/// One layer's computation with its leaves.
struct Graph {
    /// `None` for the first layer.
    input: Option<Tensor<2>>,
    factors: LayerFactors,
    output: Tensor<2>,
}

impl Graph {
    fn build(
        model: &Transformer,
        adapter: &Adapter,
        places: &Places,
        (index, input): (usize, Tensor<2>),
    ) -> Self {
        let leaf = (index > 0).then(|| input.clone().autodiff().require_grad());
        let factors = adapter.layers[index].tracked();
        let rows = leaf.clone().unwrap_or(input);
        Self {
            output: model.layers[index].forward(rows, places, &factors),
            input: leaf,
            factors,
        }
    }

    /// The gradients of the input and of the factors, given that of the output.
    fn back(self, gradient: Tensor<2>) -> (Option<Tensor<2>>, Vec<Tensor<2>>) {
        // The sum of output times a constant has that constant as its gradient.
        let mut gradients = (self.output * gradient).sum().backward();
        let mut of = |leaf: &Tensor<2>| {
            leaf.grad_remove(&mut gradients)
                .expect("every leaf takes part in the output")
        };
        let of_factors = self.factors.parameters().map(&mut of).collect();
        (self.input.as_ref().map(of), of_factors)
    }
}

/// The loss, and its gradient with respect to the last layer's output.
fn through_head(
    model: &Transformer,
    rows: Tensor<2>,
    batch: &Batch,
    weight: f64,
) -> (f64, Tensor<2>) {
    let leaf = rows.autodiff().require_grad();
    let normed = model.last_norm.forward(loss::rows(leaf.clone(), batch));
    let plain = normed.clone().inner();
    let (nats, gradient) = loss::nats_and_gradient(&plain, &model.head, batch, weight);
    let mut gradients = (normed * gradient).sum().backward();
    let of_rows = leaf
        .grad_remove(&mut gradients)
        .expect("the rows take part in the loss");
    (nats, of_rows)
}
