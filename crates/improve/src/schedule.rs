//! The learning rate of each step: up in a few equal steps, then down along half a cosine to a share of the
//! greatest, and never 0, so that even a training of one step moves the weights.

use crate::Recipe;

/// The learning rates of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    greatest: f64,
    last_share: f64,
    warmup: usize,
    steps: usize,
}

impl Schedule {
    /// The schedule of so many steps. Warming up never takes more than a quarter of them.
    pub fn new(recipe: &Recipe, steps: usize) -> Self {
        Self {
            greatest: recipe.learning_rate,
            last_share: recipe.last_share,
            warmup: recipe.warmup.min(steps / 4),
            steps,
        }
    }

    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.greatest * (step + 1) as f64 / (self.warmup + 1) as f64;
        }
        let last = self.steps.saturating_sub(1).max(self.warmup + 1);
        let way = (step - self.warmup) as f64 / (last - self.warmup) as f64;
        let cosine = (1.0 + (std::f64::consts::PI * way.min(1.0)).cos()) / 2.0;
        self.greatest * (self.last_share + (1.0 - self.last_share) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(steps: usize) -> Vec<f64> {
        let recipe = Recipe {
            learning_rate: 1.0,
            ..Recipe::default()
        };
        let schedule = Schedule::new(&recipe, steps);
        (0..steps).map(|step| schedule.rate(step)).collect()
    }

    #[test]
    fn no_step_of_any_training_has_a_rate_of_zero_and_the_last_has_a_tenth() {
        for steps in 1..200 {
            let rates = rates(steps);
            assert!(
                rates.iter().all(|&rate| rate > 0.0 && rate <= 1.0),
                "{steps}"
            );
            if steps > 1 {
                assert!((rates[steps - 1] - 0.1).abs() < 1e-12, "{steps}: {rates:?}");
            }
        }
        assert_eq!(rates(1), [1.0]);
    }

    #[test]
    fn it_rises_in_equal_steps_and_then_falls() {
        let rates = rates(40);
        assert_eq!(rates[..4], [0.25, 0.5, 0.75, 1.0]);
        assert!(rates[3..].windows(2).all(|pair| pair[1] < pair[0]));
    }
}
