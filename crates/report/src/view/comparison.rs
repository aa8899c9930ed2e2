//! One model against another: a difference or a ratio, and what may be concluded from it.

use measure::compare::{Design, FEWEST_RUNS, can_find, smallest_difference_of_rates};
use measure::{Better, Interval, Unit};
use serde::Serialize;

use super::Row;

/// One model against the run's first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The model.
    pub model: String,
    /// The model it is held against.
    pub against: String,
    /// Whether `value` is a difference or a ratio.
    pub kind: Kind,
    /// `model − against` in the row's unit, or `model / against`; `None` if not comparable.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Two-sided p-value, where a paired test exists.
    pub p: Option<f64>,
    /// The smallest true change that such a comparison finds in four of five runs: a difference in the row's unit, or
    /// a ratio above 1 that stands for its reciprocal as well.
    pub smallest_detectable: Option<f64>,
    /// Number of pairs, or of values of the smaller side where nothing is paired.
    pub n: usize,
    /// Whether both models have the very same number at every pair, of numbers that agree to the last bit only where the
    /// same was computed (nats of a text). Such a comparison has no interval, and needs none.
    #[serde(skip_serializing_if = "is_false")]
    pub identical: bool,
    /// How it was made.
    pub method: String,
    /// Why there is no value.
    pub reason: Option<String>,
    /// Why nothing follows from it, whatever its interval says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<Caution>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Why nothing follows from a comparison of speeds, times, memory or energy: its interval knows only what varied inside of a
/// run, and something else lies between the two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// They are of separate runs, of which one side has fewer than an interval over runs needs.
    Apart {
        /// Runs of the model that the other is held against.
        base: usize,
        /// Runs of the other.
        later: usize,
    },
    /// Their runs were carried out on unlike machines or with unlike engines.
    Unlike {
        /// `machine`, `engine`, or both.
        what: Vec<String>,
    },
    /// The machine changed while they were measured.
    Drift,
}

/// How a comparison is expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The later model's value minus the first one's; 0 is no change.
    Difference,
    /// The later model's value divided by the first one's; 1 is no change.
    Ratio,
}

/// What a comparison shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The whole interval is on the good side.
    Better,
    /// The whole interval is on the bad side.
    Worse,
    /// The interval lies wholly on one side and neither side is good.
    Different,
    /// Both computed the very same.
    Same,
    /// The interval holds "no change", or the paired test does not find one.
    Inconclusive,
    /// There is no interval to judge by.
    Unknown,
}

impl Finding {
    /// The word for it, the same in every view; empty if nothing can be said.
    pub fn word(self) -> &'static str {
        match self {
            Finding::Better => "better",
            Finding::Worse => "worse",
            Finding::Different => "differs",
            Finding::Same => "same",
            Finding::Inconclusive => "unclear",
            Finding::Unknown => "",
        }
    }
}

impl Comparison {
    /// The value of "no change".
    pub(crate) fn neutral(&self) -> f64 {
        match self.kind {
            Kind::Ratio => 1.0,
            Kind::Difference => 0.0,
        }
    }

    /// Whether there is a paired test and it finds no change.
    pub(crate) fn is_within_chance(&self) -> bool {
        self.p.is_some_and(|p| p >= Design::USUAL.alpha)
    }

    /// The interval to judge by. Where the paired test finds no change it reaches that far: a bootstrap of few
    /// pairs is narrower than their test allows.
    pub(crate) fn tested(&self) -> Option<Interval> {
        let (interval, neutral) = (self.interval?, self.neutral());
        Some(match self.is_within_chance() {
            false => interval,
            true => Interval {
                lo: interval.lo.min(neutral),
                hi: interval.hi.max(neutral),
                ..interval
            },
        })
    }

    /// Whether its test could not have found a change of any size with so few pairs.
    pub(crate) fn sees_nothing(&self, row: &Row) -> bool {
        let can_see = match (row.unit, self.kind) {
            (Unit::Ratio, Kind::Difference) => {
                smallest_difference_of_rates(self.n, (None, 0.0), Design::USUAL).is_some()
            }
            _ => can_find(self.n, Design::USUAL),
        };
        self.p.is_some() && self.smallest_detectable.is_none() && !can_see
    }

    /// What a claim is held against: the interval, or the number itself where nothing is left to chance.
    pub(crate) fn held_against(&self) -> Option<Interval> {
        let point = |value| Interval {
            lo: value,
            hi: value,
            level: measure::LEVEL,
        };
        match self.identical {
            true => self.value.map(point),
            false => self.tested(),
        }
    }

    /// What the comparison shows, given which way is good.
    pub fn finding(&self, better: Better) -> Finding {
        match self.by_interval(better) {
            Finding::Better | Finding::Worse | Finding::Different if self.caution.is_some() => {
                Finding::Inconclusive
            }
            found => found,
        }
    }

    /// What the interval alone says.
    pub(crate) fn by_interval(&self, better: Better) -> Finding {
        if self.identical {
            return Finding::Same;
        }
        let neutral = self.neutral();
        match self.tested() {
            None if self.is_within_chance() => Finding::Inconclusive,
            None => Finding::Unknown,
            Some(interval) if interval.lo <= neutral && neutral <= interval.hi => {
                Finding::Inconclusive
            }
            Some(interval) => match (better, interval.lo > neutral) {
                (Better::Neither, _) => Finding::Different,
                (Better::Higher, true) | (Better::Lower, false) => Finding::Better,
                _ => Finding::Worse,
            },
        }
    }
}

impl Caution {
    /// Cause and remedy in a sentence.
    pub fn why(&self) -> String {
        match self {
            Caution::Apart { base, later } => format!(
                "speeds, times and sizes of separate runs ({base} and {later}) also differ by what the machine did in between; measure both in one run, or give {FEWEST_RUNS} runs or more of each side"
            ),
            Caution::Unlike { what } => {
                let what = what.join(" and ");
                format!("the two sides had another {what}; measure both on one machine with one build")
            }
            Caution::Drift => "the machine changed while they were measured; let it come to a steady temperature and load, and measure again".to_owned(),
        }
    }

    /// The cause in a few words.
    pub(crate) fn in_short(&self) -> &'static str {
        match self {
            Caution::Apart { .. } => "of separate runs, from which nothing follows",
            Caution::Unlike { .. } => "on unlike ground, from which nothing follows",
            Caution::Drift => "on a machine that changed meanwhile, from which nothing follows",
        }
    }
}
