//! The rows of a suite that are rates over problems.
//!
//! pass@k and compile@k are one estimator with two goals. Which k are shown is the plan's `code.k`; where
//! it names none, 1 and the largest k that every problem has attempts for.
//!
//! Whether an attempt reached a goal is read from its stage. A verdict that was brought in may know no stage and yet
//! whether one goal was reached; it says so by a score of the goal's name, and stands in the same row.

use ledger::Run;
use ledger::record::Stage;
use serde_json::Value;

use super::{Judged, clusters, score, why_unscored};
use crate::view::Row;
use crate::view::pairing::{self, Clusters};

/// The score of a verdict that says whether the attempt passed with tests and candidate in one
/// process, beside the stage that it reached with both apart.
pub(super) const SHARED: &str = "pass_at_1_shared";

/// The number of attempts in upstream's "any of eight compiles".
const UPSTREAM: usize = 8;

/// What a row counts: attempts that reached a stage.
struct Goal {
    stage: Stage,
    /// The metric for k = 1.
    once: &'static str,
    /// The metric for a larger k, without the number.
    at: &'static str,
}

const PASS: Goal = Goal {
    stage: Stage::Right,
    once: "pass_at_1",
    at: "pass_at_",
};
const COMPILE: Goal = Goal {
    stage: Stage::CompilesWithWarnings,
    once: "compile_rate",
    at: "compile_at_",
};

impl Goal {
    fn reached(&self, judged: &Judged<'_>) -> Option<f64> {
        match judged.verdict?.stage {
            Some(stage) => Some(f64::from(stage >= self.stage)),
            None => score(judged, self.once),
        }
    }

    /// Whether it has rows: something is known of it, or of nothing at all, and then the rows say why.
    fn is_known(&self, per_model: &[Vec<Judged<'_>>]) -> bool {
        let mut attempts = per_model.iter().flatten();
        let verdicts = || per_model.iter().flatten().filter_map(|one| one.verdict);
        attempts.any(|judged| self.reached(judged).is_some())
            || verdicts().all(|verdict| verdict.unscored.is_some())
    }

    fn clusters(&self, per_model: &[Vec<Judged<'_>>]) -> Vec<Clusters> {
        let of = |attempts: &Vec<Judged<'_>>| clusters(attempts, |judged| self.reached(judged));
        per_model.iter().map(of).collect()
    }
}

/// Whether a score has its rows among those of the stages.
pub(super) fn has_rows(score: &str) -> bool {
    [SHARED, PASS.once, COMPILE.once].contains(&score)
}

/// Everything that is read from the stages; nothing of a suite that knows none.
pub(super) fn of_the_ladder(run: &Run, per_model: &[Vec<Judged<'_>>]) -> Vec<Row> {
    let (passes, compiles) = (PASS.clusters(per_model), COMPILE.clusters(per_model));
    let mut rows = of_goal(run, per_model, (&PASS, &passes));
    rows.extend(integrity(run, per_model));
    rows.extend(of_goal(run, per_model, (&COMPILE, &compiles)));
    if smallest_sample(&compiles) >= UPSTREAM {
        rows.push(any_of_eight(run, per_model, &compiles));
    }
    rows
}

/// The rate of one goal, and its estimates for larger k.
fn of_goal(
    run: &Run,
    per_model: &[Vec<Judged<'_>>],
    (goal, outcomes): (&Goal, &[Clusters]),
) -> Vec<Row> {
    if !goal.is_known(per_model) {
        return Vec::new();
    }
    let once = pairing::rate_row(run, goal.once, outcomes, &reasons(per_model));
    let ks = wanted(run, smallest_sample(outcomes)).into_iter();
    let at_larger = ks.map(|k| at_k(run, per_model, (goal, outcomes), k));
    std::iter::once(once).chain(at_larger).collect()
}

/// Every k above 1 that is shown.
fn wanted(run: &Run, smallest: usize) -> Vec<usize> {
    let asked = run.header.plan.pointer("/code/k").and_then(Value::as_array);
    let asked: Vec<usize> = asked
        .into_iter()
        .flatten()
        .filter_map(|k| usize::try_from(k.as_u64()?).ok())
        .collect();
    let mut ks = if asked.is_empty() {
        vec![smallest]
    } else {
        asked
    };
    ks.retain(|k| *k > 1);
    ks.sort_unstable();
    ks.dedup();
    ks
}

/// The smallest number of judged attempts at any problem; pass@k is defined up to that k.
fn smallest_sample(per_model: &[Clusters]) -> usize {
    let sizes = per_model.iter().flat_map(|problems| problems.values());
    sizes.map(Vec::len).min().unwrap_or(0)
}

fn at_k(
    run: &Run,
    per_model: &[Vec<Judged<'_>>],
    (goal, outcomes): (&Goal, &[Clusters]),
    k: usize,
) -> Row {
    let estimate = |outcomes: &Vec<f64>| {
        let reached = outcomes.iter().filter(|outcome| **outcome == 1.0).count();
        measure::estimate::pass_at_k(outcomes.len(), reached, k)
    };
    let of_model = |problems: &Clusters| -> Option<Clusters> {
        let one = |(name, all): (&String, &Vec<f64>)| Some((name.clone(), vec![estimate(all)?]));
        problems.iter().map(one).collect()
    };
    let estimates: Vec<Clusters> = outcomes
        .iter()
        .map(|problems| of_model(problems).unwrap_or_default())
        .collect();
    let reasons: Vec<String> = per_model
        .iter()
        .zip(outcomes)
        .map(
            |(attempts, problems)| match problems.values().map(Vec::len).min() {
                Some(fewest) if fewest < k => format!(
                    "k = {k} needs as many judged attempts at every problem; one has {fewest}"
                ),
                _ => why_unscored(attempts),
            },
        )
        .collect();
    pairing::rate_row(run, &format!("{}{k}", goal.at), &estimates, &reasons)
}

/// Upstream's number: whether any of the first eight attempts at a problem compiles.
fn any_of_eight(run: &Run, per_model: &[Vec<Judged<'_>>], compiles: &[Clusters]) -> Row {
    let any = |all: &Vec<f64>| vec![all.iter().take(UPSTREAM).copied().fold(0.0, f64::max)];
    let of_model = |problems: &Clusters| -> Clusters {
        let one = |(name, all): (&String, &Vec<f64>)| (name.clone(), any(all));
        problems.iter().map(one).collect()
    };
    let found: Vec<Clusters> = compiles.iter().map(of_model).collect();
    pairing::rate_row(run, "any_compiles_at_8", &found, &reasons(per_model))
}

/// What the same attempts score when tests and candidate share a process, and how much more that is;
/// nothing unless both were tried.
fn integrity(run: &Run, per_model: &[Vec<Judged<'_>>]) -> Vec<Row> {
    let shared = |judged: &Judged<'_>| score(judged, SHARED);
    if !per_model
        .iter()
        .flatten()
        .any(|judged| shared(judged).is_some())
    {
        return Vec::new();
    }
    let gap = |judged: &Judged<'_>| Some(shared(judged)? - PASS.reached(judged)?);
    vec![
        row(run, per_model, SHARED, shared),
        row(run, per_model, "integrity_gap", gap),
    ]
}

/// The mean over problems of one number per attempt.
pub(super) fn row(
    run: &Run,
    per_model: &[Vec<Judged<'_>>],
    metric: &str,
    outcome: impl Fn(&Judged<'_>) -> Option<f64>,
) -> Row {
    let all: Vec<Clusters> = per_model
        .iter()
        .map(|attempts| clusters(attempts, &outcome))
        .collect();
    pairing::rate_row(run, metric, &all, &reasons(per_model))
}

/// Why a model has no number, should it have none.
fn reasons(per_model: &[Vec<Judged<'_>>]) -> Vec<String> {
    per_model.iter().map(|all| why_unscored(all)).collect()
}
