//! Code suites: how many completions are right, how many compile, what they were cut by.
//!
//! The problem is the unit of observation. Attempts at one problem resemble each other, so they are
//! averaged inside their problem first, and n is the number of problems (Miller, "Adding Error Bars
//! to Evals", arXiv 2411.00640). pass@k is the unbiased estimator of Chen et al., arXiv 2107.03374.
//!
//! An attempt that the harness could not judge is left out of the rates, because the model is not to
//! blame, and counted in the section's notes, because it must not vanish.

mod rates;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{Attempt, AttemptKey, Finish, Verdict};

use super::pairing::Clusters;
use super::{Row, Section, causes, judging, timing};

/// The benchmark of suites that expect behaviours.
pub(crate) const CUSTOM: &str = "custom";

/// One attempt and what was said of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) attempt: &'a Attempt,
    pub(super) verdict: Option<&'a Verdict>,
}

/// One section per suite, in the header's order.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    suites(run)
        .into_iter()
        .map(|suite| section(run, &suite))
        .collect()
}

fn suites(run: &Run) -> Vec<String> {
    let attempted: BTreeSet<&str> = run.attempts.iter().map(|a| a.key.suite.as_str()).collect();
    let listed = run.header.suites.iter().map(|suite| suite.name.as_str());
    let mut names: Vec<String> = listed
        .filter(|name| attempted.contains(name))
        .map(str::to_owned)
        .collect();
    for name in attempted {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn section(run: &Run, suite: &str) -> Section {
    let per_model = judged(run, suite);
    let mut rows = Vec::new();
    rows.extend(rates::of_the_ladder(run, &per_model));
    for metric in score_names(&per_model) {
        rows.push(rates::row(run, &per_model, &metric, |judged| {
            score(judged, &metric)
        }));
    }
    rows.push(truncated(run, &per_model));
    rows.extend(timing::suite_rows(run, suite));
    Section {
        benchmark: benchmark(&per_model).to_owned(),
        suite: Some(suite.to_owned()),
        shared: timing::shared_conditions(&rows),
        scope: scope(run, suite, &per_model),
        rows,
        overviews: Vec::new(),
        causes: causes::count(&per_model),
        judging: judging::of(run, &per_model),
        notes: notes(run, suite, &per_model),
    }
}

/// Answers that are looked at for what they do are no code.
fn benchmark(per_model: &[Vec<Judged<'_>>]) -> &'static str {
    let mut judged = per_model.iter().flatten();
    match judged.any(|judged| score(judged, causes::BEHAVIOUR).is_some()) {
        true => CUSTOM,
        false => "code",
    }
}

/// How many texts the token limit cut; not known of texts that came from a file.
fn truncated(run: &Run, per_model: &[Vec<Judged<'_>>]) -> Row {
    let mut row = rates::row(run, per_model, "truncated_share", |judged| {
        let finish = judged.attempt.finish;
        (finish != Finish::Unknown).then(|| f64::from(finish == Finish::Length))
    });
    for (cell, attempts) in row.cells.iter_mut().zip(per_model) {
        if cell.value.is_none() && !attempts.is_empty() {
            let reason = "the texts came from a file that does not say why they ended";
            cell.reason = Some(reason.to_owned());
        }
    }
    row
}

/// Attempts of one suite by model, each with its latest verdict.
fn judged<'a>(run: &'a Run, suite: &str) -> Vec<Vec<Judged<'a>>> {
    let verdicts: BTreeMap<&AttemptKey, &Verdict> =
        run.verdicts.iter().map(|v| (&v.key, v)).collect();
    let attempts: BTreeMap<&AttemptKey, &Attempt> = run
        .attempts
        .iter()
        .filter(|a| a.key.suite == suite)
        .map(|a| (&a.key, a))
        .collect();
    let of_model = |name: &str| {
        attempts
            .values()
            .filter(|attempt| attempt.key.model == name)
            .map(|attempt| Judged {
                attempt,
                verdict: verdicts.get(&attempt.key).copied(),
            })
            .collect()
    };
    run.header
        .models
        .iter()
        .map(|model| of_model(&model.name))
        .collect()
}

fn clusters(attempts: &[Judged<'_>], outcome: impl Fn(&Judged<'_>) -> Option<f64>) -> Clusters {
    let mut problems = Clusters::new();
    for judged in attempts {
        if let Some(value) = outcome(judged).filter(|value| value.is_finite()) {
            problems
                .entry(judged.attempt.key.problem.clone())
                .or_default()
                .push(value);
        }
    }
    problems
}

fn score(judged: &Judged<'_>, metric: &str) -> Option<f64> {
    judged.verdict?.scores.get(metric).copied()
}

/// Names of the suite's own scores, in the order of the metric list, unknown ones last. What is read from the
/// stages has its rows there, also where a verdict that was brought in tells it as a score.
fn score_names(per_model: &[Vec<Judged<'_>>]) -> Vec<String> {
    let verdicts = per_model
        .iter()
        .flatten()
        .filter_map(|judged| judged.verdict);
    let names: BTreeSet<&String> = verdicts.flat_map(|verdict| verdict.scores.keys()).collect();
    let own = names.into_iter().filter(|name| !rates::has_rows(name));
    let mut names: Vec<String> = own.cloned().collect();
    names.sort_by_key(|name| timing::metric_place(name));
    names
}

fn why_unscored(attempts: &[Judged<'_>]) -> String {
    if attempts.is_empty() {
        return "no attempt was made".to_owned();
    }
    let verdicts: Vec<&Verdict> = attempts
        .iter()
        .filter_map(|judged| judged.verdict)
        .collect();
    match verdicts.iter().find_map(|verdict| verdict.unscored.clone()) {
        _ if verdicts.is_empty() => "no attempt has been judged".to_owned(),
        Some(reason) => format!("could not be judged: {reason}"),
        None => "the judge gave no such score".to_owned(),
    }
}

fn scope(run: &Run, suite: &str, per_model: &[Vec<Judged<'_>>]) -> String {
    let counts: Vec<usize> = per_model
        .iter()
        .flat_map(|attempts| {
            clusters(attempts, |_| Some(1.0))
                .into_values()
                .map(|all| all.len())
        })
        .collect();
    let problems: BTreeSet<&str> = per_model
        .iter()
        .flatten()
        .map(|j| j.attempt.key.problem.as_str())
        .collect();
    let attempts = match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least == most => {
            format!("{most} {}", plural(*most, "attempt"))
        }
        (Some(least), Some(most)) => format!("{least} to {most} attempts"),
        _ => "no attempts".to_owned(),
    };
    let mut line = format!(
        "{} {} × {attempts}",
        problems.len(),
        plural(problems.len(), "problem")
    );
    let record = run.header.suites.iter().find(|record| record.name == suite);
    if let Some(toolchain) = record.and_then(|record| record.toolchain.as_ref()) {
        line.push_str(&format!(" · {toolchain}"));
    }
    line
}

fn notes(run: &Run, suite: &str, per_model: &[Vec<Judged<'_>>]) -> Vec<String> {
    let listed = run
        .header
        .suites
        .iter()
        .find(|record| record.name == suite)
        .map(|record| record.n_problems as usize);
    let mut notes = Vec::new();
    for (model, attempts) in run.header.models.iter().zip(per_model) {
        let total = attempts.len();
        let unjudged = attempts
            .iter()
            .filter(|judged| judged.verdict.is_none())
            .count();
        let faults: Vec<&str> = attempts
            .iter()
            .filter_map(|j| j.verdict?.unscored.as_deref())
            .collect();
        let tried = clusters(attempts, |_| Some(1.0)).len();
        if unjudged > 0 {
            notes.push(format!(
                "{}: {unjudged} of {total} attempts have no verdict yet",
                model.name
            ));
        }
        notes.extend(judging::doubt(&model.name, attempts));
        if let Some(first) = faults.first() {
            notes.push(format!(
                "{}: {} of {total} attempts could not be judged and are left out of the rates ({first})",
                model.name,
                faults.len()
            ));
        }
        if let Some(listed) = listed.filter(|listed| tried < *listed) {
            let were = if tried == 1 { "was" } else { "were" };
            notes.push(format!(
                "{}: {tried} of the suite's {listed} problems {were} attempted",
                model.name
            ));
        }
    }
    notes
}

fn plural(n: usize, noun: &str) -> String {
    if n == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}
