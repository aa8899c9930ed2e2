//! The surprise at the goals of a batch, and its gradient with respect to the rows that predict them.
//!
//! A row of logits of a vocabulary of 152,000 tokens takes 0.6 MB, so no more than [`CHUNK`] rows of them
//! are alive at once: each chunk's gradient is taken in closed form (the probabilities times the head,
//! minus the goal's row of the head) and its logits are dropped. Only rows with a goal are computed at
//! all, so a prompt costs nothing here.

use burn_tensor::{Int, Tensor, TensorData};

use crate::places::{Batch, Goal};

/// Rows of logits that are in memory together.
const CHUNK: usize = 128;

/// The rows that predict the goals, in their order.
pub(crate) fn rows(hidden: Tensor<2>, batch: &Batch) -> Tensor<2> {
    let rows: Vec<i64> = batch.goals.iter().map(|goal| goal.row as i64).collect();
    let indices =
        Tensor::<1, Int>::from_data(TensorData::new(rows, [batch.goals.len()]), &hidden.device());
    hidden.select(0, indices)
}

/// The surprise in nats, summed; `rows` are normalised and have shape (goals, width).
pub(crate) fn nats(rows: &Tensor<2>, head: &Tensor<2>, batch: &Batch) -> f64 {
    chunks(rows, batch)
        .map(|(rows, goals)| Chunk::of(rows, head, goals).nats())
        .sum()
}

/// The same, with the gradient of `nats · weight` with respect to `rows`.
pub(crate) fn nats_and_gradient(
    rows: &Tensor<2>,
    head: &Tensor<2>,
    batch: &Batch,
    weight: f64,
) -> (f64, Tensor<2>) {
    let mut sum = 0.0;
    let mut gradients = Vec::new();
    for (rows, goals) in chunks(rows, batch) {
        let chunk = Chunk::of(rows, head, goals);
        sum += chunk.nats();
        gradients.push(chunk.gradient(head).mul_scalar(weight));
    }
    (sum, Tensor::cat(gradients, 0))
}

fn chunks<'a>(
    rows: &'a Tensor<2>,
    batch: &'a Batch,
) -> impl Iterator<Item = (Tensor<2>, &'a [Goal])> {
    let [_, width] = rows.dims();
    batch
        .goals
        .chunks(CHUNK)
        .enumerate()
        .map(move |(i, goals)| {
            let start = i * CHUNK;
            let part = rows.clone().slice([start..start + goals.len(), 0..width]);
            (part, goals)
        })
}

/// What is known of one chunk of logits; the logits themselves are gone.
struct Chunk {
    /// exp(logit − greatest), shape (goals, vocabulary).
    powers: Tensor<2>,
    /// Their sums, shape (goals, 1).
    sums: Tensor<2>,
    /// The goal's logit minus the greatest, shape (goals, 1).
    own: Tensor<2>,
    goals: Tensor<1, Int>,
}

impl Chunk {
    fn of(rows: Tensor<2>, head: &Tensor<2>, goals: &[Goal]) -> Self {
        let tokens: Vec<i64> = goals.iter().map(|goal| i64::from(goal.token)).collect();
        let n = tokens.len();
        let goals = Tensor::<1, Int>::from_data(TensorData::new(tokens, [n]), &rows.device());
        let logits = rows.matmul(head.clone().transpose());
        let greatest = logits.clone().max_dim(1);
        let below = logits - greatest;
        let own = below.clone().gather(1, goals.clone().reshape([n, 1]));
        let powers = below.exp();
        Self {
            sums: powers.clone().sum_dim(1),
            powers,
            own,
            goals,
        }
    }

    fn nats(&self) -> f64 {
        let nats = self.sums.clone().log() - self.own.clone();
        let each = nats.into_data().try_into_vec::<f32>();
        let each = each.expect("a float tensor on this device holds f32");
        each.into_iter().map(f64::from).sum()
    }

    fn gradient(self, head: &Tensor<2>) -> Tensor<2> {
        let expected = self.powers.matmul(head.clone()) / self.sums;
        expected - head.clone().select(0, self.goals)
    }
}
