//! How attempts ended, counted by the judge's own word.
//!
//! Counts are facts and carry no interval. An attempt without a verdict is counted as `not judged`:
//! nothing vanishes from the sum. What was stopped by a limit and what this machine failed to judge are
//! lines of their own, so that neither is taken for a wrong answer.

use std::collections::BTreeMap;

use ledger::record::{Stage, Verdict};
use serde::Serialize;

use super::code::Judged;

/// The score of answers that do all that is expected of them.
pub(super) const BEHAVIOUR: &str = "behaviour_rate";
/// The score of answers whose verdict was brought in, which know no stage.
const BROUGHT_IN: &str = "pass_at_1";

/// Whether an answer passed its tests; `None` where nothing says so. A verdict that was brought in may know that
/// and not how far a failed answer got.
pub(crate) fn passed(verdict: &Verdict) -> Option<bool> {
    let told = || verdict.scores.get(BROUGHT_IN).map(|score| *score == 1.0);
    let reached = verdict.stage.map(|stage| stage == Stage::Right);
    reached.or_else(told)
}

/// The word for attempts that have no verdict yet.
const NOT_JUDGED: &str = "not judged";

/// How many attempts ended in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The judge's word, `pass`, `compile_error` …
    pub cause: String,
    /// What kind of end that is.
    pub outcome: Outcome,
    /// Attempts per model, in the run's order.
    pub counts: Vec<usize>,
}

/// A kind of end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that the suite checks is right.
    Right,
    /// It has scores and no stage.
    Graded,
    /// It ended by itself and is not right.
    Wrong,
    /// A limit ended it: time, memory, output.
    Stopped,
    /// Nothing is known of it: no verdict yet, or a fault of this machine.
    NotJudged,
}

impl Outcome {
    /// The word for it, the same in every view.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Right => "right",
            Outcome::Graded => "graded",
            Outcome::Wrong => "wrong",
            Outcome::Stopped => "stopped",
            Outcome::NotJudged => NOT_JUDGED,
        }
    }

    /// What a verdict says in the end. Where there is no stage, an answer that did what was expected counts as right.
    pub(crate) fn of(verdict: &Verdict) -> Outcome {
        let limits = ["_limit", "timeout"];
        let scores = [BEHAVIOUR, BROUGHT_IN].map(|name| verdict.scores.get(name));
        let expected = scores.into_iter().flatten().next();
        match verdict.stage {
            _ if verdict.unscored.is_some() => Outcome::NotJudged,
            None if expected == Some(&1.0) => Outcome::Right,
            Some(Stage::Right) => Outcome::Right,
            _ if limits.iter().any(|end| verdict.cause.ends_with(end)) => Outcome::Stopped,
            Some(_) => Outcome::Wrong,
            None if expected.is_some() => Outcome::Wrong,
            None => Outcome::Graded,
        }
    }
}

/// Causes over `per_model` by the kind of end, most frequent first, ties by name.
pub(super) fn count(per_model: &[Vec<Judged<'_>>]) -> Vec<Cause> {
    let mut counts: BTreeMap<(Outcome, &str), Vec<usize>> = BTreeMap::new();
    for (model_idx, attempts) in per_model.iter().enumerate() {
        for judged in attempts {
            let end = judged
                .verdict
                .map_or((Outcome::NotJudged, NOT_JUDGED), |verdict| {
                    (Outcome::of(verdict), verdict.cause.as_str())
                });
            counts
                .entry(end)
                .or_insert_with(|| vec![0; per_model.len()])[model_idx] += 1;
        }
    }
    let mut causes: Vec<Cause> = counts
        .into_iter()
        .map(|((outcome, cause), counts)| Cause {
            cause: cause.to_owned(),
            outcome,
            counts,
        })
        .collect();
    let total = |cause: &Cause| cause.counts.iter().sum::<usize>();
    causes.sort_by_key(|cause| (cause.outcome, std::cmp::Reverse(total(cause))));
    causes
}
