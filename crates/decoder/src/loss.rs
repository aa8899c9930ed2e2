//! The surprise at the goals of a batch, and its gradient with respect to the rows that predict them.
//!
//! A row of logits of a vocabulary of 152,000 tokens takes 0.6 MB, so no more than [`CHUNK`] rows of them
//! are alive at once: each chunk's gradient is taken in closed form (the probabilities times the head,
//! minus the goal's row of the head) and its logits are dropped. Only rows with a goal are computed at
//! all, so a prompt costs nothing here.

use rayon::prelude::*;

use crate::exponential::exp;
use crate::matrix::Matrix;
use crate::places::{Batch, Goal};
use crate::product::{add_product, product};

/// Rows of logits that are in memory together.
pub(crate) const CHUNK: usize = 128;

/// The rows that predict the goals, in their order.
pub(crate) fn rows(hidden: &Matrix, batch: &Batch) -> Matrix {
    let rows = batch.goals.iter().flat_map(|goal| hidden.row(goal.row));
    let values = rows.copied().collect();
    Matrix::new([batch.goals.len(), hidden.columns()], values)
}

/// The gradient of hidden rows, given that of the rows that predict the goals.
pub(crate) fn rows_back(of_rows: &Matrix, batch: &Batch, tokens: usize) -> Matrix {
    let mut of_hidden = Matrix::zeros([tokens, of_rows.columns()]);
    for (i, goal) in batch.goals.iter().enumerate() {
        let to = of_hidden.row_mut(goal.row).iter_mut();
        to.zip(of_rows.row(i)).for_each(|(to, g)| *to += g);
    }
    of_hidden
}

/// The surprise in nats, summed; `rows` are normalised and have shape (goals, width).
pub(crate) fn nats(rows: &Matrix, head: &Matrix, batch: &Batch) -> f64 {
    let chunks = chunks(rows, batch);
    chunks
        .map(|(rows, goals)| probabilities(&rows, head, goals).1)
        .sum()
}

/// The same, with the gradient of `nats · weight` with respect to `rows`; that of the head is added to `of_head`, if
/// anybody asks for it.
pub(crate) fn nats_and_gradient(
    rows: &Matrix,
    (head, mut of_head): (&Matrix, Option<&mut Matrix>),
    batch: &Batch,
    weight: f64,
) -> (f64, Matrix) {
    let mut sum = 0.0;
    let mut gradient = Vec::with_capacity(rows.values().len());
    for (rows, goals) in chunks(rows, batch) {
        let (mut shares, nats) = probabilities(&rows, head, goals);
        sum += nats;
        for (i, goal) in goals.iter().enumerate() {
            shares.row_mut(i)[goal.token as usize] -= 1.0;
        }
        let mut own = Matrix::zeros(rows.dims());
        add_product(&mut own, shares.view(), head.view(), weight as f32);
        if let Some(of_head) = &mut of_head {
            add_product(of_head, shares.transposed(), rows.view(), weight as f32);
        }
        gradient.extend_from_slice(own.values());
    }
    (sum, Matrix::new(rows.dims(), gradient))
}

fn chunks<'a>(rows: &'a Matrix, batch: &'a Batch) -> impl Iterator<Item = (Matrix, &'a [Goal])> {
    let width = rows.columns();
    let parts = rows.values().chunks(CHUNK * width);
    parts
        .zip(batch.goals.chunks(CHUNK))
        .map(move |(part, goals)| (Matrix::new([goals.len(), width], part.to_vec()), goals))
}

/// The probability of every token after each row, and the goals' surprise.
fn probabilities(rows: &Matrix, head: &Matrix, goals: &[Goal]) -> (Matrix, f64) {
    let mut logits = product(rows.view(), head.transposed());
    let vocabulary = logits.columns();
    let each = logits.values_mut().par_chunks_mut(vocabulary).zip(goals);
    let nats: Vec<f64> = each
        .map(|(row, goal)| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let own = row[goal.token as usize] - most;
            row.iter_mut().for_each(|logit| *logit = exp(*logit - most));
            let sum: f64 = row
                .chunks(1024)
                .map(|part| f64::from(part.iter().sum::<f32>()))
                .sum();
            let share = (1.0 / sum) as f32;
            row.iter_mut().for_each(|power| *power *= share);
            sum.ln() - f64::from(own)
        })
        .collect();
    (logits, nats.iter().sum())
}
