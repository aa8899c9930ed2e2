//! A frozen matrix with an optional pair of low-rank factors beside it: x·W + b + s·(x·A)·B.
//!
//! The product A·B is never formed, and the gradient of W, which would be as large as itself, is never computed: only
//! the gradient of x passes through it. That is two products with W for each token instead of three.

use crate::adapter::Factors;
use crate::matrix::Matrix;
use crate::product::{add_product, product, scaled_product};

/// One matrix of the file.
#[derive(Debug)]
pub(crate) struct Linear {
    /// Shape (out, in), as the file has it.
    pub(crate) weight: Matrix,
    pub(crate) bias: Option<Vec<f32>>,
}

/// The gradients of a pair of factors.
#[derive(Debug)]
pub(crate) struct OfFactors {
    pub(crate) a: Matrix,
    pub(crate) b: Matrix,
}

impl Linear {
    /// Rows of `x`, shape (tokens, in), become rows of shape (tokens, out).
    pub(crate) fn forward(&self, x: &Matrix, factors: Option<&Factors>) -> Matrix {
        let mut y = product(x.view(), self.weight.transposed());
        if let Some(bias) = &self.bias {
            for row in y.values_mut().chunks_mut(bias.len()) {
                row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
            }
        }
        if let Some(Factors { a, b, scale }) = factors {
            let narrow = product(x.view(), a.transposed());
            add_product(&mut y, narrow.view(), b.transposed(), *scale);
        }
        y
    }

    /// Given the input and the gradient of the output: adds the gradient of the input to `to`, if anybody asks for it,
    /// and returns those of the factors.
    pub(crate) fn back(
        &self,
        x: &Matrix,
        factors: Option<&Factors>,
        gradient: &Matrix,
        mut to: Option<&mut Matrix>,
    ) -> Option<OfFactors> {
        if let Some(to) = &mut to {
            add_product(to, gradient.view(), self.weight.view(), 1.0);
        }
        let Factors { a, b, scale } = factors?;
        let narrow = product(x.view(), a.transposed());
        let of_narrow = scaled_product(gradient.view(), b.view(), *scale);
        if let Some(to) = to {
            add_product(to, of_narrow.view(), a.view(), 1.0);
        }
        Some(OfFactors {
            a: product(of_narrow.transposed(), x.view()),
            b: scaled_product(gradient.transposed(), narrow.view(), *scale),
        })
    }
}
