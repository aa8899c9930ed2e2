//! RAFT, reward-ranked fine-tuning: sample, judge, keep, train, measure again.
//!
//! Why it exists: a small model's own right answers, kept by a judge that ran them, are what it can learn from
//! without anybody writing examples. A cycle samples from the adapter of the one before it, keeps what reaches the
//! bar, and trains an adapter anew from the base on everything that all cycles have kept. After each cycle prompts
//! that are never trained on are asked; the best adapter by their strict pass@1 is the result, if it is better than
//! the base, and cycles that gain nothing on them end the run. Of several suites of such prompts the first one chooses, and
//! the others tell what the choice is worth. Within a cycle the answers to some problems are held back, and its training
//! ends when it does not learn those any better.
//!
//! What it deliberately does not do: it has no engine, no sandbox and no clock. Whoever has them is a [`Workshop`]:
//! sampling and judging are the code benchmark there, and training is [`crate::sft`]. Every phase is on the disk
//! before the next one begins; a run that was killed at any moment walks the phases again, takes what is complete as
//! it is, and ends with the same adapter.
//!
//! Sources: Dong et al. 2023, "RAFT" (arXiv 2304.06767); Zelikman et al. 2022, "STaR" (restarting from the base);
//! the names of parameters and files are those of halo-forge.

mod copied;
mod costs;
mod curriculum;
mod guard;
mod held_back;
mod learnt;
#[cfg(test)]
mod made_up;
mod measures;
mod phase;
mod plan;
mod repair;
mod reward;
mod run;
mod sample;
mod select;
mod shaping;
mod statistics;
mod tokens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Recipe};

pub use costs::{Kind, Total, totals};
pub use curriculum::{Curriculum, History, complexity};
pub use guard::{Leak, Look, leaks};
pub use measures::{Change, Measures};
pub use phase::RaftFolder;
pub use plan::{Asking, Filter, PRESETS, RaftPlan, Shape};
pub use repair::Repairs;
pub use reward::Ladder;
pub use run::run;
pub use sample::{Prompt, Sample};
pub use select::{Kept, Selection, select};
pub use shaping::{Bar, Shaping};
pub use statistics::Names;

/// What a run is about.
#[derive(Debug, Clone)]
pub struct Material {
    /// Who is trained.
    pub names: Names,
    /// Prompts to train on.
    pub prompts: Vec<Prompt>,
    /// Prompts that are only ever measured.
    pub held_out: Vec<Prompt>,
    /// How often prompts passed in earlier runs.
    pub history: History,
    /// What has to be said of the run from the start.
    pub said: Vec<String>,
}

/// An order to sample prompts and to judge what comes.
#[derive(Debug, Clone)]
pub struct Sampling<'a> {
    /// The name of the phase, for people.
    pub phase: &'a str,
    /// What is asked.
    pub prompts: Vec<&'a Prompt>,
    /// How.
    pub asking: Asking,
    /// Where the phase's randomness comes from.
    pub seed: u64,
    /// The adapter that is laid over the model; `None` for the base.
    pub adapter: Option<PathBuf>,
}

/// An order to train an adapter.
#[derive(Debug, Clone)]
pub struct Lesson<'a> {
    /// The name of the phase, for people.
    pub phase: &'a str,
    /// Everything that is learnt.
    pub rows: &'a [Kept],
    /// Rows of other problems, which tell when nothing more is learnt; none where they are too few.
    pub held_back: &'a [Kept],
    /// How.
    pub recipe: Recipe,
    /// Where an unfinished training lies.
    pub training: PathBuf,
    /// Where the adapter goes: `adapter.gguf`, and PEFT's two files.
    pub checkpoint: PathBuf,
}

/// Time that something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// By the wall.
    pub seconds: f64,
    /// Of processors, this program's and that of what it started; `None` where the kernel does not tell.
    pub cpu_seconds: Option<f64>,
}

/// What a phase cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Wall time of all its parts, as far as it is known.
    pub seconds: f64,
    /// Of which generating.
    pub generate_seconds: Option<f64>,
    /// Of which judging.
    pub judge_seconds: Option<f64>,
    /// Real tokens per second, all lanes together.
    pub tokens_per_s: Option<f64>,
    /// Time by what was done, as the monitor saw it: `generate`, `judge`, `train`, `evaluate` …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: BTreeMap<String, Cost>,
    /// Whether it went on after an interruption: of earlier parts only what they wrote down is in the times.
    pub went_on: bool,
    /// What the hardware did, or why that is not known.
    pub hardware: Value,
}

/// What a phase of sampling brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Every sample with its verdict.
    pub samples: Vec<Sample>,
    /// What it cost.
    pub effort: Effort,
}

/// What a training brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Steps of the optimiser.
    pub steps: usize,
    /// Steps that it would have had at most.
    #[serde(default)]
    pub most_steps: usize,
    /// Why it ended.
    #[serde(default)]
    pub end: crate::sft::End,
    /// What the rows told that were held back; `None` where there were none.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
    /// Rows that were trained on.
    pub rows: usize,
    /// Rows that were left out because they are too long.
    pub too_long: usize,
    /// The loss of the first step.
    pub first_loss: Option<f64>,
    /// The loss of the last step.
    pub last_loss: Option<f64>,
    /// Tokens that were read.
    pub tokens: usize,
    /// What it cost.
    pub effort: Effort,
}

/// What rows told that were not trained on, in nats per token over all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldBack {
    /// How many rows.
    pub rows: usize,
    /// How many tokens of them are learnt elsewhere.
    pub tokens: usize,
    /// Before the first step.
    pub before: f64,
    /// At the best look after it, whose weights are the cycle's.
    pub best: f64,
    /// After so many steps.
    pub best_step: usize,
}

/// Who samples, judges and trains.
pub trait Workshop {
    /// What can go wrong there.
    type Error: From<Error>;

    /// Samples and judges; goes on with what an interrupted call left in `folder`. `None` if it was told to stop.
    ///
    /// # Errors
    /// Its own.
    fn sample(
        &mut self,
        order: &Sampling<'_>,
        folder: &Path,
    ) -> Result<Option<Sampled>, Self::Error>;

    /// Trains, or goes on with a training. `None` if it was told to stop.
    ///
    /// # Errors
    /// Its own.
    fn train(&mut self, lesson: &Lesson<'_>) -> Result<Option<Trained>, Self::Error>;

    /// Is told how far the run is.
    fn say(&mut self, text: &str);
}

/// What was measured of a set of prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// All of them; `None` if nothing could be judged.
    pub measures: Option<Measures>,
    /// Suite by suite.
    pub suites: BTreeMap<String, Measures>,
    /// What it cost.
    pub effort: Effort,
}

/// The prompts that are trained on, and those that are not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looks {
    /// Trained on.
    pub prompts: Measured,
    /// Never trained on.
    pub held_out: Option<Measured>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cycle {
    /// Counted from 1.
    pub cycle: u32,
    /// Samples that were drawn.
    pub n_samples: usize,
    /// What they say, and what they cost.
    pub sampled: Measured,
    /// Samples by their worth.
    pub distribution: Value,
    /// What a sample had to reach.
    pub bar: Bar,
    /// What the plan asks of it.
    pub asked_threshold: f64,
    /// Repairs of failed answers that are right.
    pub repaired: usize,
    /// What asking for repairs cost; `None` where none were asked for.
    pub repairing: Option<Effort>,
    /// How many reached it.
    pub above_threshold: usize,
    /// How many were kept.
    pub kept: usize,
    /// What those are worth on average.
    pub avg_kept_reward: Option<f64>,
    /// Left out: the program was there already.
    pub duplicates: usize,
    /// Left out: their prompt had enough.
    pub over_cap: usize,
    /// Rows of all cycles, as often as they count.
    pub rows: usize,
    /// The temperature of its samples.
    pub temperature: f32,
    /// The greatest learning rate.
    pub learning_rate: f64,
    /// The training; `None` if nothing was kept.
    pub trained: Option<Trained>,
    /// The held-out prompts after it.
    pub held_out: Option<Measured>,
    /// What they say of it.
    pub look: Option<Look>,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All cycles were done.
    Complete,
    /// A cycle kept nothing that could be trained on.
    NothingKept,
    /// Cycles gained nothing on the held-out prompts, as many as the plan lets pass.
    NoGain,
    /// It was told to stop; it can go on.
    Stopped,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// The base.
    pub baseline: Looks,
    /// The cycles that were done.
    pub cycles: Vec<Cycle>,
    /// The cycle of the best adapter; `None` if none is better than the base.
    pub best: Option<u32>,
    /// The held-out suite that chose it, where others had no part in that; `None` if all held-out prompts did.
    pub chooser: Option<String>,
    /// The best adapter, asked anew; the baseline itself where there is none.
    pub last: Looks,
    /// What has to be said.
    pub said: Vec<String>,
    seed: u64,
}

impl Measured {
    fn of(sampled: Sampled, seed: u64) -> Measured {
        Measured {
            measures: Measures::of(&sampled.samples, seed),
            suites: Measures::by_suite(&sampled.samples, seed),
            effort: sampled.effort,
        }
    }

    /// What one suite says, or all together.
    fn of_suite(&self, suite: Option<&str>) -> Option<&Measures> {
        match suite {
            Some(suite) => self.suites.get(suite),
            None => self.measures.as_ref(),
        }
    }
}

impl Looks {
    fn seconds(&self) -> f64 {
        let held_out = self.held_out.as_ref();
        self.prompts.effort.seconds + held_out.map_or(0.0, |one| one.effort.seconds)
    }
}

impl Trained {
    /// Why it ended, in words.
    pub fn why(&self) -> String {
        let (steps, most) = (self.steps, self.most_steps);
        match (self.end, &self.held_back) {
            (crate::sft::End::NoGain, _) => {
                format!("no further gain on rows held back; {steps} of {most} steps")
            }
            (_, Some(_)) => format!("all {steps} steps"),
            (_, None) => format!("all {steps} steps, with no rows held back"),
        }
    }
}

impl Cycle {
    /// Its wall time, as far as it is known.
    pub fn seconds(&self) -> f64 {
        let trained = self.trained.as_ref().map_or(0.0, |one| one.effort.seconds);
        let held_out = self.held_out.as_ref().map_or(0.0, |one| one.effort.seconds);
        let repairing = self.repairing.as_ref().map_or(0.0, |one| one.seconds);
        self.sampled.effort.seconds + repairing + trained + held_out
    }
}

impl Outcome {
    /// The wall time of all phases, as far as it is known.
    pub fn seconds(&self) -> f64 {
        let cycles: f64 = self.cycles.iter().map(Cycle::seconds).sum();
        // Without an adapter the baseline stands in for the end, and was paid for once.
        let last = self.best.map_or(0.0, |_| self.last.seconds());
        self.baseline.seconds() + cycles + last
    }

    /// How the best adapter differs from the baseline, over one set of prompts; `None` without such an adapter.
    pub fn change(&self, of: impl Fn(&Looks) -> Option<&Measured>) -> Option<Change> {
        self.difference(|looks| of(looks)?.of_suite(None))
    }

    /// The same over one held-out suite.
    pub fn change_of(&self, suite: &str) -> Option<Change> {
        self.difference(|looks| looks.held_out.as_ref()?.of_suite(Some(suite)))
    }

    fn difference(&self, of: impl Fn(&Looks) -> Option<&Measures>) -> Option<Change> {
        self.best?;
        of(&self.last)?.change_from(of(&self.baseline)?, self.seed)
    }

    /// Adapters among which, and the base, held-out prompts chose.
    pub fn candidates(&self) -> usize {
        let looked = self.cycles.iter().filter(|cycle| cycle.look.is_some());
        looked.count()
    }
}
