//! AdamW: steps along the mean gradient, divided by the root of the mean square; weights shrink apart from it.
//!
//! As `torch.optim.AdamW` computes it, numbers included (`tests/golden/adamw.py`).

use decoder::Matrix;
use rayon::prelude::*;

use crate::Recipe;

/// Keeps a division by a vanishing gradient finite.
const EPSILON: f64 = 1e-8;
/// Elements that a thread takes at a time, at least.
const CHUNK: usize = 1 << 14;

/// The means of all parameters' gradients and of their squares.
#[derive(Debug, Clone)]
pub struct AdamW {
    pub(crate) means: Vec<Matrix>,
    pub(crate) squares: Vec<Matrix>,
    /// Whether each parameter shrinks.
    shrinks: Vec<bool>,
    /// Steps that were taken.
    pub(crate) steps: usize,
}

impl AdamW {
    /// Means of zero for parameters of these shapes.
    pub fn new<'a>(parameters: impl Iterator<Item = &'a Matrix>) -> Self {
        let means: Vec<Matrix> = parameters.map(|one| Matrix::zeros(one.dims())).collect();
        Self {
            squares: means.clone(),
            shrinks: vec![true; means.len()],
            means,
            steps: 0,
        }
    }

    /// Leaves those parameters alone when weights shrink for which it says false.
    pub(crate) fn spare(&mut self, shrinks: &[bool]) {
        self.shrinks.copy_from_slice(shrinks);
    }

    /// Moves the parameters by one step. Their order and that of the gradients are the same every time.
    pub fn step<'a>(
        &mut self,
        parameters: impl Iterator<Item = &'a mut Matrix>,
        gradients: &[Matrix],
        (rate, recipe): (f64, &Recipe),
    ) {
        self.steps += 1;
        let rule = Rule::of(self.steps, rate, recipe);
        let moments = self.means.iter_mut().zip(&mut self.squares);
        let pairs = parameters.zip(gradients).zip(moments);
        for (((own, gradient), (mean, square)), shrinks) in pairs.zip(&self.shrinks) {
            let rule = if *shrinks { rule } else { rule.sparing() };
            let own = own.values_mut().par_iter_mut().zip(gradient.values());
            let moments = mean.values_mut().par_iter_mut().zip(square.values_mut());
            own.zip(moments)
                .with_min_len(CHUNK)
                .for_each(|((own, gradient), moments)| rule.apply((own, *gradient), moments));
        }
    }
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Rule {
    of_mean: f32,
    of_square: f32,
    /// Means start at zero, so the first ones are too small by these shares.
    mean_share: f32,
    square_share: f32,
    rate: f32,
    shrink: f32,
}

impl Rule {
    fn of(steps: usize, rate: f64, recipe: &Recipe) -> Self {
        let share = |memory: f64| (1.0 - memory.powf(steps as f64)) as f32;
        Self {
            of_mean: recipe.beta_mean as f32,
            of_square: recipe.beta_square as f32,
            mean_share: share(recipe.beta_mean),
            square_share: share(recipe.beta_square),
            rate: rate as f32,
            shrink: (1.0 - rate * recipe.weight_decay) as f32,
        }
    }

    /// The same without shrinking.
    fn sparing(self) -> Self {
        Self {
            shrink: 1.0,
            ..self
        }
    }

    fn apply(&self, (own, gradient): (&mut f32, f32), (mean, square): (&mut f32, &mut f32)) {
        *mean = *mean * self.of_mean + gradient * (1.0 - self.of_mean);
        *square = *square * self.of_square + gradient * gradient * (1.0 - self.of_square);
        let root = (*square / self.square_share).sqrt() + EPSILON as f32;
        *own = *own * self.shrink - *mean / self.mean_share / root * self.rate;
    }
}

/// Shortens gradients whose common length is more than `most`; returns the length they had.
pub(crate) fn clip(gradients: &mut [Matrix], most: f64) -> f64 {
    let values = gradients.iter().flat_map(|gradient| gradient.values());
    let squares: f64 = values.map(|&value| f64::from(value).powi(2)).sum();
    let length = squares.sqrt();
    if length > most {
        let shrink = (most / length) as f32;
        let values = gradients.iter_mut().flat_map(Matrix::values_mut);
        values.for_each(|value| *value *= shrink);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f32]) -> Matrix {
        Matrix::new([1, values.len()], values.to_vec())
    }

    /// Numbers of PyTorch 2.15.0, made by `tests/golden/adamw.py`.
    #[test]
    fn five_steps_are_those_of_pytorch() {
        const EXPECTED: [f32; 3] = [0.525_760_7, -1.044_910_2, 2.007_206_4];
        let recipe = Recipe {
            weight_decay: 0.1,
            ..Recipe::default()
        };
        let mut own = row(&[0.5, -1.0, 2.0]);
        let mut adamw = AdamW::new(std::iter::once(&own));
        for step in 0..5 {
            let s = step as f32;
            let gradient = row(&[0.1 * s - 0.2, 1.0, -3.0 + s * s]);
            adamw.step(std::iter::once(&mut own), &[gradient], (0.01, &recipe));
        }
        for (found, expected) in own.values().iter().zip(EXPECTED) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_gradient_is_shortened_to_the_limit_and_a_short_one_is_left() {
        let mut long = vec![row(&[3.0]), row(&[0.0, 4.0])];
        assert_eq!(clip(&mut long, 1.0), 5.0);
        assert!((long[0].values()[0] - 0.6).abs() < 1e-6);
        assert!((long[1].values()[1] - 0.8).abs() < 1e-6);
        let mut short = vec![row(&[0.3])];
        clip(&mut short, 1.0);
        assert_eq!(short[0].values(), [0.3]);
        assert!(clip(&mut [row(&[f32::NAN])], 1.0).is_nan());
    }
}
