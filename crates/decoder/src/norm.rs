//! Root mean square normalisation: each row divided by its length, then weighed.

use rayon::prelude::*;

use crate::matrix::Matrix;

/// One normalisation of the file.
#[derive(Debug)]
pub(crate) struct Norm {
    /// One row: a weight for each column.
    pub(crate) weight: Matrix,
    pub(crate) epsilon: f64,
}

impl Norm {
    /// Rows in, rows of the same shape out.
    pub(crate) fn forward(&self, x: &Matrix) -> Matrix {
        let mut y = x.clone();
        y.values_mut()
            .par_chunks_mut(self.weight.columns())
            .for_each(|row| {
                let shrink = self.shrink(row);
                let weighed = row.iter_mut().zip(self.weight.values());
                weighed.for_each(|(value, weight)| *value = *value * shrink * weight);
            });
        y
    }

    /// The gradient of the input, given the input and the gradient of the output.
    pub(crate) fn back(&self, x: &Matrix, mut gradient: Matrix) -> Matrix {
        let width = self.weight.columns();
        let rows = gradient.values_mut().par_chunks_mut(width);
        rows.zip(x.values().par_chunks(width)).for_each(|(g, x)| {
            let shrink = self.shrink(x);
            let weighed = g.iter_mut().zip(self.weight.values());
            weighed.for_each(|(g, w)| *g *= w);
            let along: f32 = g.iter().zip(x).map(|(g, x)| g * x).sum();
            let along = along * shrink * shrink * shrink / width as f32;
            g.iter_mut()
                .zip(x)
                .for_each(|(g, x)| *g = *g * shrink - x * along);
        });
        gradient
    }

    /// The gradient of the weights, given the input and the gradient of the output. Rows are added one after another,
    /// so the sum does not depend on threads.
    pub(crate) fn of_weight(&self, x: &Matrix, gradient: &Matrix) -> Matrix {
        let mut sum = Matrix::zeros(self.weight.dims());
        for row in 0..x.rows() {
            let (x, g) = (x.row(row), gradient.row(row));
            let shrink = self.shrink(x);
            let sums = sum.values_mut().iter_mut().zip(x.iter().zip(g));
            sums.for_each(|(sum, (x, g))| *sum += g * x * shrink);
        }
        sum
    }

    /// What a row is multiplied with to have the length one.
    fn shrink(&self, row: &[f32]) -> f32 {
        let squares: f32 = row.iter().map(|v| v * v).sum();
        let mean = f64::from(squares) / row.len() as f64;
        (1.0 / (mean + self.epsilon).sqrt()) as f32
    }
}
