//! AdamW: steps along the mean gradient, divided by the root of the mean square; weights shrink apart from it.
//!
//! As `torch.optim.AdamW` computes it, numbers included (`tests/golden/adamw.py`).

use burn_tensor::Tensor;

use crate::Recipe;

/// Keeps a division by a vanishing gradient finite.
const EPSILON: f64 = 1e-8;

/// The means of all parameters' gradients and of their squares.
#[derive(Debug, Clone)]
pub struct AdamW {
    pub(crate) means: Vec<Tensor<2>>,
    pub(crate) squares: Vec<Tensor<2>>,
    /// Steps that were taken.
    pub(crate) steps: usize,
}

impl AdamW {
    /// Means of zero for parameters of these shapes.
    pub fn new(parameters: &[Tensor<2>]) -> Self {
        let zeros = || parameters.iter().map(Tensor::zeros_like).collect();
        Self {
            means: zeros(),
            squares: zeros(),
            steps: 0,
        }
    }

    /// The parameters after one step. The order of parameters and gradients is the same every time.
    pub fn step(
        &mut self,
        parameters: Vec<Tensor<2>>,
        gradients: Vec<Tensor<2>>,
        (rate, recipe): (f64, &Recipe),
    ) -> Vec<Tensor<2>> {
        self.steps += 1;
        let (of_mean, of_square) = (recipe.beta_mean, recipe.beta_square);
        // Means start at zero, so the first ones are too small by these shares.
        let steps = self.steps as f64;
        let (mean_share, square_share) = (1.0 - of_mean.powf(steps), 1.0 - of_square.powf(steps));
        let pairs = parameters.into_iter().zip(gradients);
        let moments = self.means.iter_mut().zip(&mut self.squares);
        let stepped = pairs.zip(moments).map(|((own, gradient), (mean, square))| {
            let new_mean = mean.clone() * of_mean + gradient.clone() * (1.0 - of_mean);
            let new_square = square.clone() * of_square + gradient.square() * (1.0 - of_square);
            let root = (new_square.clone() / square_share).sqrt() + EPSILON;
            let way = new_mean.clone() / mean_share / root;
            *mean = new_mean;
            *square = new_square;
            own * (1.0 - rate * recipe.weight_decay) - way * rate
        });
        stepped.collect()
    }
}

/// Shortens gradients whose common length is more than `most`; returns the length they had.
pub(crate) fn clip(gradients: &mut [Tensor<2>], most: f64) -> f64 {
    let squares = gradients.iter().map(|gradient| {
        let values = gradient.to_data().try_into_vec::<f32>();
        let values = values.expect("a float tensor on this device holds f32");
        values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>()
    });
    let length = squares.sum::<f64>().sqrt();
    if length > most {
        for gradient in gradients {
            *gradient = gradient.clone() * (most / length);
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_tensor::{Device, TensorData};

    fn tensor(values: &[f32]) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [1, values.len()]);
        Tensor::from_data(data, &Device::default())
    }

    fn values(tensor: &Tensor<2>) -> Vec<f32> {
        tensor.to_data().try_to_vec().unwrap()
    }

    /// Numbers of PyTorch 2.15.0, made by `tests/golden/adamw.py`.
    #[test]
    fn five_steps_are_those_of_pytorch() {
        const EXPECTED: [f32; 3] = [0.5257607102394104, -1.044910192489624, 2.007206439971924];
        let recipe = Recipe {
            weight_decay: 0.1,
            ..Recipe::default()
        };
        let mut own = vec![tensor(&[0.5, -1.0, 2.0])];
        let mut adamw = AdamW::new(&own);
        for step in 0..5 {
            let s = step as f32;
            let gradient = tensor(&[0.1 * s - 0.2, 1.0, -3.0 + s * s]);
            own = adamw.step(own, vec![gradient], (0.01, &recipe));
        }
        for (found, expected) in values(&own[0]).iter().zip(EXPECTED) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_gradient_is_shortened_to_the_limit_and_a_short_one_is_left() {
        let mut long = vec![tensor(&[3.0]), tensor(&[0.0, 4.0])];
        assert_eq!(clip(&mut long, 1.0), 5.0);
        assert!((values(&long[0])[0] - 0.6).abs() < 1e-6);
        assert!((values(&long[1])[1] - 0.8).abs() < 1e-6);
        let mut short = vec![tensor(&[0.3])];
        clip(&mut short, 1.0);
        assert_eq!(values(&short[0]), [0.3]);
        assert!(clip(&mut [tensor(&[f32::NAN])], 1.0).is_nan());
    }
}
