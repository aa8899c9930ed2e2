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
mod drift;
mod guard;
mod held_back;
mod learnt;
#[cfg(test)]
mod made_up;
mod measures;
mod outcome;
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
pub use drift::Drift;
pub use guard::{Leak, Look, leaks};
pub use measures::{Change, Measures};
pub use outcome::{Counted, Cycle, End, Looks, Measured, Outcome};
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
    /// Whether the adapter is held against the base as well, on some of the answers.
    pub against_base: bool,
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
    /// How far the adapter is from the base, where that was asked for and could be told.
    pub drift: Option<Drift>,
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
    /// The loss over all steps, each weighed with the tokens that it learnt; older runs have none.
    #[serde(default)]
    pub mean_loss: Option<f64>,
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

/// A training that has no adapter, because a number of it was not finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    /// Which number, and where.
    pub why: String,
    /// What it cost.
    pub effort: Effort,
}

/// What came of a lesson.
#[derive(Debug, Clone, PartialEq)]
pub enum Taught {
    /// An adapter.
    Trained(Box<Trained>),
    /// None.
    Broken(Box<Broken>),
    /// None yet: it was told to stop.
    Stopped,
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

    /// Trains, or goes on with a training.
    ///
    /// # Errors
    /// Its own. A number that is not finite is none: it is [`Taught::Broken`].
    fn train(&mut self, lesson: &Lesson<'_>) -> Result<Taught, Self::Error>;

    /// Is told how far the run is.
    fn say(&mut self, text: &str);
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
