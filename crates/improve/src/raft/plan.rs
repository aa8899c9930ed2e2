//! Every decision of a RAFT run, by the names that halo-forge gave them where it has the same one.

mod presets;

use engine::seed;
use serde::{Deserialize, Serialize};

use super::{Curriculum, Ladder, Prompt, Repairs, Shaping};
use crate::split::some;
use crate::{Error, Recipe};

/// How tokens are chosen, and how often a prompt is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    /// Completions of each prompt.
    pub samples_per_prompt: u32,
    /// Sampling temperature; 0 is greedy.
    pub temperature: f32,
    /// Keeps the k most likely tokens; 0 is off.
    pub top_k: usize,
    /// Nucleus share; 1 is off.
    pub top_p: f32,
}

/// Which samples are trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// What stages are worth.
    pub ladder: Ladder,
    /// The least worth of a sample that is kept.
    pub reward_threshold: f64,
    /// Of those the best share.
    pub keep_top_percent: f64,
    /// With fewer samples above the threshold so many of the best are taken, whatever they are worth.
    pub min_samples: Option<usize>,
    /// At most so many of one prompt and cycle; `None` for all.
    pub per_prompt: Option<usize>,
    /// Programs of one prompt with at least this share of common trigrams are one; `None` keeps both.
    pub same_from: Option<f64>,
    /// Whether an answer is learnt up to the end of the code that was judged, without the words behind it.
    #[serde(default)]
    pub only_code: bool,
    /// How often a row of a prompt counts that fewer than half of its samples got right.
    pub hard_times: u32,
}

/// A low-rank adapter by its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Columns of the factors.
    pub rank: usize,
    /// The adapter is multiplied with alpha / rank.
    pub alpha: f64,
    /// Which matrices get factors, by PEFT's names; empty for all.
    pub targets: Vec<String>,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaftPlan {
    /// The name it came from.
    pub preset: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Turns of sampling, judging and training.
    pub cycles: u32,
    /// How prompts are sampled to train on.
    pub sampling: Asking,
    /// The temperature of the last cycle, if it is not that of the first; those between lie on a line.
    pub temperature_end: Option<f32>,
    /// How prompts are asked to measure.
    pub measuring: Asking,
    /// So many of the prompts that are trained on are measured at both ends, chosen by the seed; `None` for all.
    #[serde(default)]
    pub measure_prompts: Option<usize>,
    /// At most so many tokens of a completion; `None` for what the suite allows.
    pub max_new_tokens: Option<u32>,
    /// Completions generated side by side.
    pub batch: usize,
    /// Which samples are kept.
    pub filter: Filter,
    /// How failed answers are repaired; `None` for not at all.
    #[serde(default)]
    pub repairs: Option<Repairs>,
    /// Which prompts a cycle samples.
    pub curriculum: Curriculum,
    /// How threshold and share change from cycle to cycle.
    pub reward_shaping: Shaping,
    /// How an adapter is trained; the learning rate is that of the first cycle.
    pub recipe: Recipe,
    /// With few rows so many steps are made all the same, by further epochs.
    #[serde(default)]
    pub least_steps: usize,
    /// So many steps are enough for a cycle, if they are one epoch at least; 0 for all epochs.
    #[serde(default)]
    pub enough_steps: usize,
    /// Cycles without gain on held-out prompts after which the run ends; 0 for never.
    #[serde(default)]
    pub cycle_patience: u32,
    /// Each cycle's learning rate is that of the one before times this.
    pub lr_decay_per_cycle: f64,
    /// The adapter.
    pub adapter: Shape,
    /// Rows with more tokens are left out.
    pub longest: usize,
}

/// No decay goes below it, unless the first rate is below it already.
const LEAST_RATE: f64 = 1e-6;

/// No row is seen more often for the sake of [`RaftPlan::least_steps`].
const MOST_EPOCHS: usize = 8;

/// Names of plans.
pub const PRESETS: [&str; 4] = ["strict", "conservative", "aggressive", "production"];

impl RaftPlan {
    /// The plan of that name.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the names that there are.
    pub fn preset(name: &str) -> Result<Self, Error> {
        let plan = match name {
            "strict" => Self::strict(),
            "conservative" => Self::conservative(),
            "aggressive" => Self::aggressive(),
            "production" => Self::production(),
            _ => {
                let names = PRESETS.join(", ");
                let what = format!("no preset is called {name}; there are {names}");
                return Err(Error::Recipe(what));
            }
        };
        Ok(Self {
            preset: name.into(),
            ..plan
        })
    }

    /// Checks every rule that needs no model.
    ///
    /// # Errors
    /// [`Error::Recipe`] for the first one that is broken.
    pub fn check(&self) -> Result<(), Error> {
        self.recipe.check()?;
        let filter = &self.filter;
        let counts = [
            ("cycles", self.cycles as usize),
            (
                "samples_per_prompt",
                self.sampling.samples_per_prompt as usize,
            ),
            (
                "the samples to measure with",
                self.measuring.samples_per_prompt as usize,
            ),
            ("batch", self.batch),
            ("rank", self.adapter.rank),
            ("longest", self.longest),
            ("per_prompt", filter.per_prompt.unwrap_or(1)),
            ("hard_times", filter.hard_times as usize),
            ("max_new_tokens", self.max_new_tokens.unwrap_or(1) as usize),
            (
                "repairs",
                self.repairs.as_ref().map_or(1, |one| one.samples as usize),
            ),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(Error::Recipe(format!("{name} must be at least 1")));
        }
        let shares = [
            ("reward_threshold", filter.reward_threshold),
            ("keep_top_percent", filter.keep_top_percent),
            (
                "the share from which programs are the same",
                filter.same_from.unwrap_or(1.0),
            ),
            ("lr_decay_per_cycle", self.lr_decay_per_cycle),
        ];
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        match shares.iter().find(|(_, share)| !is_share(*share)) {
            Some((name, share)) => Err(Error::Recipe(format!(
                "{name} is {share}; it must be more than 0 and at most 1"
            ))),
            None => self.check_temperatures().and_then(|()| self.check_engine()),
        }
    }

    /// What engine and adapter would refuse when they get to it, hours later.
    fn check_engine(&self) -> Result<(), Error> {
        for asking in [&self.sampling, &self.measuring] {
            let sampling = engine::Sampling {
                top_k: asking.top_k,
                top_p: asking.top_p,
                ..engine::Sampling::with_temperature(asking.temperature)
            };
            sampling.check().map_err(Error::Recipe)?;
        }
        match self.adapter.alpha {
            alpha if alpha.is_finite() && alpha > 0.0 => Ok(()),
            alpha => Err(Error::Recipe(format!(
                "alpha is {alpha}; it must be more than 0"
            ))),
        }
    }

    fn check_temperatures(&self) -> Result<(), Error> {
        let all = [
            Some(self.sampling.temperature),
            self.temperature_end,
            Some(self.measuring.temperature),
        ];
        let is_wrong = |temperature: &f32| !(0.0..=10.0).contains(temperature);
        match all.into_iter().flatten().find(is_wrong) {
            Some(wrong) => Err(Error::Recipe(format!(
                "the temperature {wrong} is not between 0 and 10"
            ))),
            None => Ok(()),
        }
    }

    /// Those of the prompts that are trained on which are measured at both ends.
    pub fn measured<'p>(&self, prompts: &'p [Prompt]) -> Vec<&'p Prompt> {
        let most = self.measure_prompts.unwrap_or(usize::MAX);
        let places = some(prompts.len(), most, self.seed);
        places.into_iter().map(|place| &prompts[place]).collect()
    }

    /// Checks that something will be measured, with or without held-out prompts.
    ///
    /// # Errors
    /// [`Error::Recipe`].
    pub fn check_measures(&self, has_held_out: bool) -> Result<(), Error> {
        match (self.measure_prompts, has_held_out) {
            (Some(0), false) => Err(Error::Recipe(
                "measure_prompts is 0 and nothing is held out, so nothing would be measured; hold a suite out (--held-out), or measure some of the prompts".into(),
            )),
            _ => Ok(()),
        }
    }

    /// How prompts are sampled in a cycle, counted from 1.
    pub fn asking(&self, cycle: u32) -> Asking {
        let mut asking = self.sampling.clone();
        if let (Some(end), true) = (self.temperature_end, self.cycles > 1) {
            let way = (cycle - 1) as f32 / (self.cycles - 1) as f32;
            asking.temperature += (end - asking.temperature) * way;
        }
        asking
    }

    /// How a cycle trains on so many rows. `factor` is what guards have left of the learning rate.
    pub fn recipe(&self, cycle: u32, (rows, factor): (usize, f64)) -> Recipe {
        let per_epoch = rows.div_ceil(self.recipe.step_size()).max(1);
        let more = self.least_steps.div_ceil(per_epoch).min(MOST_EPOCHS);
        let decay = self.lr_decay_per_cycle.powi(cycle as i32 - 1);
        Recipe {
            epochs: self.recipe.epochs.max(more),
            most_steps: match (self.recipe.most_steps, self.enough_steps) {
                (0, 0) => 0,
                (0, enough) => enough.max(per_epoch),
                (most, _) => most,
            },
            learning_rate: (self.recipe.learning_rate * decay * factor)
                .max(LEAST_RATE.min(self.recipe.learning_rate)),
            seed: match cycle {
                0 | 1 => self.recipe.seed,
                // Not the next number: that is the seed of somebody's next run.
                later => seed::derive(self.recipe.seed, &["cycle"], u64::from(later)),
            },
            ..self.recipe.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_sound_and_says_its_name() {
        for name in PRESETS {
            let plan = RaftPlan::preset(name).unwrap();
            plan.check().unwrap();
            assert_eq!(plan.preset, name);
            let text = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<RaftPlan>(&text).unwrap(), plan);
        }
        let said = RaftPlan::preset("bold").unwrap_err().to_string();
        assert!(said.contains("strict, conservative"), "{said}");
    }

    #[test]
    fn temperature_and_learning_rate_follow_the_cycles() {
        let mut plan = RaftPlan::preset("aggressive").unwrap();
        plan.temperature_end = Some(1.3);
        let heat: Vec<f32> = (1..=6).map(|n| plan.asking(n).temperature).collect();
        assert!((heat[0] - 0.8).abs() < 1e-6 && (heat[5] - 1.3).abs() < 1e-6 && heat.is_sorted());
        let rate = |cycle, factor| plan.recipe(cycle, (100, factor)).learning_rate;
        assert_eq!(rate(1, 1.0), 5e-5);
        assert!((rate(3, 0.5) - 5e-5 * 0.85 * 0.85 * 0.5).abs() < 1e-12);
        assert_eq!(rate(400, 1.0), LEAST_RATE);
    }

    #[test]
    fn a_rate_below_the_least_is_taken_as_it_was_asked_for() {
        let mut plan = RaftPlan::preset("strict").unwrap();
        plan.recipe.learning_rate = 5e-7;
        assert_eq!(plan.recipe(1, (100, 1.0)).learning_rate, 5e-7);
    }

    #[test]
    fn no_cycle_has_the_seed_of_another_run() {
        let seeds = |seed| {
            let mut plan = RaftPlan::preset("strict").unwrap();
            plan.recipe.seed = seed;
            [1, 2, 3].map(|cycle| plan.recipe(cycle, (100, 1.0)).seed)
        };
        let (one, other) = (seeds(42), seeds(43));
        assert_eq!(one[0], 42);
        assert!(one.iter().all(|seed| !other.contains(seed)));
        assert!(one[1] != one[2] && one == seeds(42));
    }

    #[test]
    fn few_rows_are_seen_more_often_but_not_for_ever() {
        let plan = RaftPlan::preset("strict").unwrap();
        let epochs = |rows| plan.recipe(1, (rows, 1.0)).epochs;
        assert_eq!([1, 20, 32, 60, 64, 500].map(epochs), [8, 4, 3, 3, 3, 3]);
        let theirs = RaftPlan::preset("production").unwrap();
        assert_eq!(theirs.recipe(1, (20, 1.0)).epochs, 1);
    }

    #[test]
    fn enough_steps_are_an_epoch_at_least_and_a_most_is_a_most() {
        let mut plan = RaftPlan::preset("strict").unwrap();
        let most = |plan: &RaftPlan, rows| plan.recipe(1, (rows, 1.0)).most_steps;
        assert_eq!([10, 60, 500].map(|rows| most(&plan, rows)), [40, 40, 250]);
        plan.recipe.most_steps = 7;
        assert_eq!([10, 500].map(|rows| most(&plan, rows)), [7, 7]);
        let theirs = RaftPlan::preset("production").unwrap();
        assert_eq!(most(&theirs, 500), 0);
    }

    #[test]
    fn a_plan_that_cannot_be_is_refused_by_the_name_of_its_fault() {
        type Break = fn(&mut RaftPlan);
        let broken: [(Break, &str); 9] = [
            (|plan| plan.sampling.top_p = 5.0, "top-p is 5"),
            (|plan| plan.measuring.top_p = 0.0, "top-p is 0"),
            (|plan| plan.adapter.alpha = -1.0, "alpha is -1"),
            (|plan| plan.cycles = 0, "cycles must be at least 1"),
            (
                |plan| plan.filter.reward_threshold = 0.0,
                "reward_threshold is 0",
            ),
            (
                |plan| plan.filter.keep_top_percent = 1.5,
                "keep_top_percent is 1.5",
            ),
            (|plan| plan.temperature_end = Some(-1.0), "temperature -1"),
            (
                |plan| plan.recipe.learning_rate = f64::NAN,
                "learning_rate is NaN",
            ),
            (|plan| plan.filter.per_prompt = Some(0), "per_prompt"),
        ];
        for (change, said) in broken {
            let mut plan = RaftPlan::preset("strict").unwrap();
            change(&mut plan);
            let found = plan.check().unwrap_err().to_string();
            assert!(found.contains(said), "{found}");
        }
    }
}
