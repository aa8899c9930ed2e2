//! What came of a run: what was measured at its ends, what each cycle did, and which adapter is the best.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bar, Broken, Change, Drift, Effort, Look, Measures, Sampled, Trained};

/// What was measured of a set of prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// All of them; `None` if nothing could be judged.
    pub measures: Option<Measures>,
    /// Suite by suite.
    pub suites: BTreeMap<String, Measures>,
    /// How far the adapter is from the base; only of the held-out prompts of a cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// What it cost.
    pub effort: Effort,
}

/// The prompts that are trained on, and those that are not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looks {
    /// Trained on; `None` where the plan does not measure them.
    pub prompts: Option<Measured>,
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
    /// How many of the drawn samples reached it.
    pub above_threshold: usize,
    /// How many were kept, repairs included.
    pub kept: usize,
    /// How many of those are repairs.
    pub kept_repairs: usize,
    /// What those are worth on average.
    pub avg_kept_reward: Option<f64>,
    /// Left out, repairs included: the program was there already.
    pub duplicates: usize,
    /// Left out: their prompt had enough.
    pub over_cap: usize,
    /// Rows of all cycles, as often as they count.
    pub rows: usize,
    /// The temperature of its samples.
    pub temperature: f32,
    /// The greatest learning rate.
    pub learning_rate: f64,
    /// The training; `None` if nothing was kept, or if it broke off.
    pub trained: Option<Trained>,
    /// The training that broke off.
    pub broken: Option<Broken>,
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
    /// A number of a cycle's training was not finite.
    NotFinite,
    /// It was told to stop; it can go on.
    Stopped,
}

/// How many of the prompts that are trained on are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// All of them.
    pub all: usize,
    /// Measured.
    pub measured: usize,
}

impl Counted {
    /// Why some or all of them were not measured; `None` where all were.
    pub fn unmeasured(&self) -> Option<String> {
        let Counted { all, measured } = self;
        match measured {
            0 => Some(
                "the prompts that are trained on are not measured, because measure_prompts is 0"
                    .into(),
            ),
            n if n < all => Some(format!(
                "of the {all} prompts that are trained on {n} are measured, chosen by the seed, because measure_prompts is {n}"
            )),
            _ => None,
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// The prompts that are trained on, and those of them that were measured at both ends.
    pub prompts: Counted,
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
    pub(super) seed: u64,
}

impl Measured {
    pub(super) fn of(sampled: Sampled, seed: u64) -> Measured {
        Measured {
            measures: Measures::of(&sampled.samples, seed),
            suites: Measures::by_suite(&sampled.samples, seed),
            drift: sampled.drift,
            effort: sampled.effort,
        }
    }

    /// What one suite says, or all together.
    pub(super) fn of_suite(&self, suite: Option<&str>) -> Option<&Measures> {
        match suite {
            Some(suite) => self.suites.get(suite),
            None => self.measures.as_ref(),
        }
    }
}

impl Looks {
    pub(super) fn seconds(&self) -> f64 {
        self.efforts().map(|effort| effort.seconds).sum()
    }

    /// What looking at each set of prompts cost that was looked at.
    pub fn efforts(&self) -> impl Iterator<Item = &Effort> {
        let all = [self.prompts.as_ref(), self.held_out.as_ref()];
        all.into_iter().flatten().map(|measured| &measured.effort)
    }
}

impl Cycle {
    /// What its training cost, also where it broke off.
    pub fn training(&self) -> Option<&Effort> {
        let trained = self.trained.as_ref().map(|one| &one.effort);
        trained.or_else(|| Some(&self.broken.as_ref()?.effort))
    }

    /// Its wall time, as far as it is known.
    pub fn seconds(&self) -> f64 {
        let trained = self.training().map_or(0.0, |effort| effort.seconds);
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
