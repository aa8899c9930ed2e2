//! Every decision of a training, with its checks.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The numbers of a training; the adapter's own are in `decoder::Lora`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How often every example is seen.
    pub epochs: usize,
    /// Steps after which the training ends, whatever is left of the examples; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub most_steps: usize,
    /// Examples that are computed together.
    pub batch: usize,
    /// Batches whose gradients are added before the weights move.
    pub accumulate: usize,
    /// The greatest learning rate.
    pub learning_rate: f64,
    /// Steps on which the learning rate rises to it; the first step never has 0.
    pub warmup: usize,
    /// The share of it that the last step has.
    pub last_share: f64,
    /// Memory of the mean of gradients.
    pub beta_mean: f64,
    /// Memory of the mean of their squares.
    pub beta_square: f64,
    /// The share by which weights shrink per unit of learning rate.
    pub weight_decay: f64,
    /// The share of what factors read that is set to zero at each step.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub dropout: f64,
    /// The greatest length of a gradient; a longer one is shortened.
    pub clip: f64,
    /// The share of examples that is held out and never trained on.
    pub held_out: f64,
    /// Steps between two looks at the held-out examples; 0 for one after each epoch.
    pub evaluate_every: usize,
    /// Looks without gain after which the training ends; 0 for never.
    pub patience: usize,
    /// Nats per token by which a look must be better than the last one that counted as a gain, to count as one.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub least_gain: f64,
    /// Steps between two checkpoints.
    pub checkpoint_every: usize,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Whether layers are computed again on the way back, which saves memory.
    pub recompute: bool,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            epochs: 3,
            most_steps: 0,
            batch: 2,
            accumulate: 4,
            learning_rate: 2e-4,
            warmup: 3,
            last_share: 0.1,
            beta_mean: 0.9,
            beta_square: 0.95,
            weight_decay: 0.0,
            dropout: 0.0,
            clip: 1.0,
            held_out: 0.05,
            evaluate_every: 0,
            patience: 3,
            least_gain: 0.0,
            checkpoint_every: 10,
            seed: 42,
            recompute: false,
        }
    }
}

impl Recipe {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`Error::Recipe`] for the first one that is broken.
    pub fn check(&self) -> Result<(), Error> {
        let counts = [
            ("epochs", self.epochs),
            ("batch", self.batch),
            ("accumulate", self.accumulate),
            ("checkpoint_every", self.checkpoint_every),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(Error::Recipe(format!("{name} must be at least 1")));
        }
        let positive = [
            ("learning_rate", self.learning_rate),
            ("last_share", self.last_share),
            ("clip", self.clip),
        ];
        let is_positive = |number: f64| number > 0.0 && number.is_finite();
        if let Some((name, number)) = positive.iter().find(|(_, number)| !is_positive(*number)) {
            return Err(Error::Recipe(format!("{name} is {number}, not positive")));
        }
        let shares = [
            ("last_share", self.last_share, 1.0 + f64::EPSILON),
            ("beta_mean", self.beta_mean, 1.0),
            ("beta_square", self.beta_square, 1.0),
            ("held_out", self.held_out, 0.9),
            ("weight_decay", self.weight_decay, 1.0),
            ("dropout", self.dropout, 0.9),
            ("least_gain", self.least_gain, 10.0),
        ];
        let is_wrong = |(_, share, below): &&(&str, f64, f64)| !(0.0..*below).contains(share);
        match shares.iter().find(is_wrong) {
            Some((name, share, below)) => Err(Error::Recipe(format!(
                "{name} is {share}; it must be at least 0 and less than {below}"
            ))),
            None => Ok(()),
        }
    }

    /// Examples of one step.
    pub fn step_size(&self) -> usize {
        self.batch * self.accumulate
    }
}
