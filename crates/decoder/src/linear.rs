//! A matrix with an optional bias, and with an optional pair of low-rank factors beside it: x·W + b + s·(x·A)·B.
//!
//! The product A·B is never formed, and where W is frozen its gradient, which would be as large as itself, is never
//! computed: only the gradient of x passes through it. That is two products with W for each token instead of three.

use crate::adapter::Factors;
use crate::matrix::Matrix;
use crate::product::{add_product, product, scaled_product};
use crate::trained::{Dropout, Moving, seen};

/// One matrix of the file.
#[derive(Debug)]
pub(crate) struct Linear {
    /// Shape (out, in), as the file has it.
    pub(crate) weight: Matrix,
    /// One row.
    pub(crate) bias: Option<Matrix>,
}

impl Linear {
    /// Rows of `x`, shape (tokens, in), become rows of shape (tokens, out).
    pub(crate) fn forward(&self, x: &Matrix, moving: Moving<'_>) -> Matrix {
        let mut y = product(x.view(), self.weight.transposed());
        if let Some(bias) = &self.bias {
            for row in y.values_mut().chunks_mut(bias.columns()) {
                let pairs = row.iter_mut().zip(bias.values());
                pairs.for_each(|(y, bias)| *y += bias);
            }
        }
        if let Moving::Factors(Factors { a, b, scale }, dropout) = moving {
            let narrow = product(seen(x, dropout).view(), a.transposed());
            add_product(&mut y, narrow.view(), b.transposed(), *scale);
        }
        y
    }

    /// Given the input and the gradient of the output: adds the gradient of the input to `to`, if anybody asks for it,
    /// and returns those of what is trained: A and B, or matrix and bias.
    pub(crate) fn back(
        &self,
        x: &Matrix,
        moving: Moving<'_>,
        gradient: &Matrix,
        mut to: Option<&mut Matrix>,
    ) -> Vec<Matrix> {
        if let Some(to) = &mut to {
            add_product(to, gradient.view(), self.weight.view(), 1.0);
        }
        match moving {
            Moving::Nothing => Vec::new(),
            Moving::Factors(factors, dropout) => of_factors((factors, dropout), x, gradient, to),
            Moving::Weights => {
                let bias = self.bias.iter().map(|_| gradient.sum_of_rows());
                std::iter::once(product(gradient.transposed(), x.view()))
                    .chain(bias)
                    .collect()
            }
        }
    }
}

/// The gradients of A and B; that of what they read is added to `to`.
fn of_factors(
    (factors, dropout): (&Factors, Option<Dropout>),
    x: &Matrix,
    gradient: &Matrix,
    to: Option<&mut Matrix>,
) -> Vec<Matrix> {
    let Factors { a, b, scale } = factors;
    let x = seen(x, dropout);
    let narrow = product(x.view(), a.transposed());
    let of_narrow = scaled_product(gradient.view(), b.view(), *scale);
    match (to, dropout) {
        (Some(to), None) => add_product(to, of_narrow.view(), a.view(), 1.0),
        (Some(to), dropout) => {
            let of_seen = product(of_narrow.view(), a.view());
            to.add(&seen(&of_seen, dropout));
        }
        (None, _) => {}
    }
    vec![
        product(of_narrow.transposed(), x.view()),
        scaled_product(gradient.transposed(), narrow.view(), *scale),
    ]
}
