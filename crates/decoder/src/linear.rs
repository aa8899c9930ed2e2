//! A frozen matrix with an optional pair of low-rank factors beside it: x·W + b + s·(x·A)·B.
//!
//! The product A·B is never formed. W takes no part in the graph of gradients, so its gradient, which
//! would be as large as itself, is never computed; only the gradient of x passes through it.

use burn_tensor::Tensor;

use crate::adapter::Factors;

/// One matrix of the file.
#[derive(Debug)]
pub(crate) struct Linear {
    /// Shape (out, in), as the file has it.
    pub(crate) weight: Tensor<2>,
    pub(crate) bias: Option<Tensor<1>>,
}

impl Linear {
    /// Rows of `x`, shape (tokens, in), become rows of shape (tokens, out).
    pub(crate) fn forward(&self, x: Tensor<2>, factors: Option<&Factors>) -> Tensor<2> {
        let mut y = x.clone().matmul(self.weight.clone().transpose());
        if let Some(bias) = &self.bias {
            y = y + bias.clone().unsqueeze();
        }
        match factors {
            Some(factors) => y + factors.forward(x),
            None => y,
        }
    }
}
