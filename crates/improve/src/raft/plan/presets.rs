//! Plans with a name: ours, and halo-forge's by its numbers.

use super::super::{Asking, Curriculum, Filter, Ladder, RaftPlan, Shape, Shaping};
use crate::Recipe;

impl RaftPlan {
    /// Ours: exact answers alone, dozens of steps from each cycle.
    pub(super) fn strict() -> Self {
        Self {
            preset: String::new(),
            seed: 42,
            cycles: 2,
            sampling: Asking {
                samples_per_prompt: 16,
                temperature: 1.0,
                top_k: 0,
                top_p: 1.0,
            },
            temperature_end: None,
            measuring: Asking {
                samples_per_prompt: 8,
                temperature: 0.7,
                top_k: 50,
                top_p: 0.9,
            },
            measure_prompts: None,
            max_new_tokens: None,
            batch: 16,
            filter: Filter {
                ladder: Ladder::Strict,
                reward_threshold: 1.0,
                keep_top_percent: 1.0,
                min_samples: None,
                per_prompt: Some(4),
                same_from: Some(0.9),
                only_code: true,
                hard_times: 2,
            },
            repairs: None,
            curriculum: Curriculum::None,
            reward_shaping: Shaping::Fixed,
            recipe: Recipe {
                epochs: 3,
                batch: 2,
                // Few rows and small batches: the steps are what a cycle has little of.
                accumulate: 1,
                learning_rate: 2e-4,
                warmup: 3,
                // The loss of the few rows that a cycle could hold back stops it too early (docs/LOG.md, 2026-11-27); the rest
                // is for whoever holds some back.
                held_out: 0.0,
                evaluate_every: 10,
                patience: 2,
                least_gain: 0.005,
                ..Recipe::default()
            },
            least_steps: 40,
            enough_steps: 40,
            cycle_patience: 1,
            lr_decay_per_cycle: 1.0,
            adapter: Shape {
                rank: 16,
                alpha: 32.0,
                targets: Vec::new(),
            },
            longest: 1024,
        }
    }

    /// halo-forge's defaults, where a preset of it says nothing else.
    fn halo_forge() -> Self {
        let strict = Self::strict();
        Self {
            cycles: 3,
            sampling: Asking {
                samples_per_prompt: 8,
                temperature: 0.7,
                ..strict.sampling
            },
            max_new_tokens: Some(1024),
            filter: Filter {
                ladder: Ladder::HaloForge,
                reward_threshold: 0.5,
                keep_top_percent: 0.5,
                min_samples: None,
                per_prompt: None,
                same_from: None,
                only_code: false,
                hard_times: 1,
            },
            recipe: Recipe {
                epochs: 1,
                accumulate: 16,
                learning_rate: 5e-5,
                warmup: 10,
                evaluate_every: 0,
                patience: 0,
                least_gain: 0.0,
                ..strict.recipe
            },
            least_steps: 0,
            enough_steps: 0,
            cycle_patience: 0,
            lr_decay_per_cycle: 0.85,
            longest: 2048,
            ..strict
        }
    }

    /// Many rows, small changes.
    pub(super) fn conservative() -> Self {
        let mut plan = Self::halo_forge();
        plan.cycles = 5;
        plan.filter.keep_top_percent = 0.8;
        plan.filter.min_samples = Some(200);
        plan.lr_decay_per_cycle = 0.9;
        plan
    }

    /// Few good rows of many samples.
    pub(super) fn aggressive() -> Self {
        let mut plan = Self::halo_forge();
        plan.cycles = 6;
        plan.sampling.samples_per_prompt = 16;
        plan.sampling.temperature = 0.8;
        plan.filter.reward_threshold = 0.7;
        plan.filter.keep_top_percent = 0.3;
        plan.filter.min_samples = Some(100);
        plan
    }

    /// Six turns over many prompts.
    pub(super) fn production() -> Self {
        let mut plan = Self::halo_forge();
        plan.cycles = 6;
        plan.sampling.top_p = 0.95;
        plan.recipe.batch = 8;
        plan.recipe.accumulate = 4;
        plan
    }
}
