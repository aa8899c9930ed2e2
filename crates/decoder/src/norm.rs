//! Root mean square normalisation: each row divided by its length, then weighed.

use burn_tensor::Tensor;

/// One normalisation of the file.
#[derive(Debug)]
pub(crate) struct Norm {
    /// Shape (width).
    pub(crate) weight: Tensor<1>,
    pub(crate) epsilon: f64,
}

impl Norm {
    /// Rows in, rows of the same shape out.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let mean_square = x.clone().square().mean_dim(1);
        let length = mean_square.add_scalar(self.epsilon).sqrt();
        x / length * self.weight.clone().unsqueeze()
    }
}
