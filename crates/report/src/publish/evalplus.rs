//! Verdicts in the form of EvalPlus's `*_eval_results.json`: every attempt at every task with its status.
//!
//! Their harness says *pass*, *fail* or *timeout*; which of ours is which follows from stage and cause. Attempts that
//! could not be judged are left out: neither word would be true of them. The tests that EvalPlus adds were not run
//! unless a suite holds them, so `plus_status` is `null`. `suite` is ours: ids of other data sets do not name theirs.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{AttemptKey, Verdict};
use serde_json::{Map, Value, json};

use super::{Source, indented, nothing};
use crate::error::Error;
use crate::view::causes::passed;

/// Ends of an answer for which their word is `timeout`; the last one is theirs.
const TIMED_OUT: [&str; 3] = ["wall_limit", "cpu_limit", "timeout"];

/// Suites whose answers were executed.
pub(super) fn suites(run: &Run) -> Vec<&str> {
    let mut suites: Vec<&str> = Vec::new();
    for verdict in run
        .verdicts
        .iter()
        .filter(|verdict| passed(verdict).is_some())
    {
        if !suites.contains(&verdict.key.suite.as_str()) {
            suites.push(&verdict.key.suite);
        }
    }
    suites
}

/// The attempts of one model at one suite.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let verdicts: BTreeMap<&AttemptKey, &Verdict> = from
        .run
        .verdicts
        .iter()
        .map(|verdict| (&verdict.key, verdict))
        .collect();
    let mut tasks: Map<String, Value> = Map::new();
    for attempt in &from.run.attempts {
        let key = &attempt.key;
        let verdict = verdicts.get(key).copied();
        let passed = verdict.and_then(passed);
        let (Some(verdict), Some(passed)) = (verdict, passed) else {
            continue;
        };
        if key.model != from.model || key.suite != from.suite {
            continue;
        }
        let entry = tasks
            .entry(key.problem.clone())
            .or_insert_with(|| json!([]));
        if let Some(list) = entry.as_array_mut() {
            list.push(json!({
                "task_id": key.problem,
                "solution": verdict.code.as_deref().unwrap_or(&attempt.text),
                "base_status": status(passed, &verdict.cause),
                "plus_status": null,
                "base_fail_tests": [],
                "plus_fail_tests": [],
            }));
        }
    }
    if tasks.is_empty() {
        return Err(nothing("evalplus", "answers that were executed"));
    }
    indented(&json!({
        "date": from.card.provenance.started_at,
        "hash": hash(from),
        "suite": from.suite,
        "eval": tasks,
        "pass_at_k": {"base": rates(from)},
    }))
}

fn status(passed: bool, cause: &str) -> &'static str {
    match passed {
        true => "pass",
        false if TIMED_OUT.contains(&cause) => "timeout",
        false => "fail",
    }
}

/// Theirs is of the data set; so is this.
fn hash<'a>(from: &Source<'a>) -> Option<&'a str> {
    let mut suites = from.run.header.suites.iter();
    let suite = suites.find(|suite| suite.name == from.suite);
    suite.map(|suite| suite.sha256.as_str())
}

/// The scorecard's own pass@k of that suite.
fn rates(from: &Source<'_>) -> Map<String, Value> {
    let mut rates = Map::new();
    let sections = from.card.sections.iter();
    let sections = sections.filter(|section| section.suite.as_deref() == Some(from.suite));
    for row in sections.flat_map(|section| &section.rows) {
        let k = row
            .metric
            .strip_prefix("pass_at_")
            .and_then(|k| k.parse::<u32>().ok());
        let cell = row.cells.iter().find(|cell| cell.model == from.model);
        if let (Some(k), Some(value)) = (k, cell.and_then(|cell| cell.value)) {
            rates.insert(format!("pass@{k}"), value.into());
        }
    }
    rates
}
