//! EvalPlus's `*_eval_results.json`: every attempt at every task with *pass*, *fail* or *timeout*.
//!
//! Attempts and verdicts are here, so rates have intervals over problems, and a file is paired problem by problem with
//! another or with a run of ours. Nothing is known of how far a failed attempt got, so a verdict has no stage but says
//! whether it passed, and there is no compile rate. All tests together make a second suite, `humaneval+`: as EvalPlus
//! counts, an attempt passes there that passes the tests of old and those that it adds.

use std::collections::BTreeMap;

use ledger::record::{Attempt, AttemptKey, Finish, SuiteRecord, Verdict};
use serde_json::Value;

use super::json::{Document, need, shown};
use super::{Foreign, Named, Source};

/// The score of a verdict that says whether an attempt passed.
const SCORE: &str = "pass_at_1";
/// With what the names of its files end.
const ENDING: &str = "eval_results";
/// The suite of a file that says nothing about it.
const NAMELESS: &str = "evalplus";
const STATUSES: [(&str, &str); 2] = [("base_status", ""), ("plus_status", "+")];

pub(super) fn read(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let [(place, file)] = document.values.as_slice() else {
        return Err("a results file of EvalPlus is one object".into());
    };
    let tasks = need(file, place, "eval", Value::as_object)?;
    let mut foreign = Foreign {
        program: "EvalPlus",
        ..Foreign::default()
    };
    let path = source.path.display().to_string();
    let model = foreign.model(Named {
        name: source.model(None),
        path,
        ..Named::default()
    });
    for (task, attempts) in tasks {
        let place = format!("eval.{task}");
        let list = attempts
            .as_array()
            .ok_or_else(|| format!("{place} is {}, and no list of attempts", shown(attempts)))?;
        for (number, attempt) in list.iter().enumerate() {
            let key = AttemptKey {
                model: model.clone(),
                suite: suite_of(task, file, source),
                problem: task.clone(),
                attempt: number as u32,
            };
            take(&mut foreign, &key, attempt, &format!("{place}[{number}]"))?;
        }
    }
    if foreign.verdicts.is_empty() {
        return Err("`eval` holds no attempt with a status".into());
    }
    // Of the data set, as EvalPlus or we hash it. The hash of the file would say that no two files agree.
    let hash = file.get("hash").and_then(Value::as_str);
    foreign.suites = suites(&foreign, hash.unwrap_or_default());
    Ok(foreign)
}

/// The suite that the user names, or a file of ours; `HumanEval/0` is of humaneval; else that of the file's name.
fn suite_of(task: &str, file: &Value, source: &Source<'_>) -> String {
    let told = file.get("suite").and_then(Value::as_str);
    if let Some(name) = source.suite.or(told.filter(|name| !name.trim().is_empty())) {
        return name.to_owned();
    }
    if let Some((set, _)) = task.split_once('/').filter(|(set, _)| !set.is_empty()) {
        return set.to_lowercase();
    }
    let stem = source.path.file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy();
    let name = stem.trim_end_matches(ENDING).trim_end_matches(['-', '_']);
    match name.is_empty() {
        true => NAMELESS.to_owned(),
        false => name.to_owned(),
    }
}

fn take(
    foreign: &mut Foreign,
    key: &AttemptKey,
    attempt: &Value,
    place: &str,
) -> Result<(), String> {
    let text = need(attempt, place, "solution", Value::as_str)?;
    need(attempt, place, "base_status", Value::as_str)?;
    let mut failed = None;
    for (field, mark) in STATUSES {
        let Some(status) = attempt.get(field).filter(|status| !status.is_null()) else {
            continue;
        };
        let known = status
            .as_str()
            .filter(|word| ["pass", "fail", "timeout"].contains(word));
        let status = known.ok_or_else(|| {
            format!(
                "{place}: `{field}` is {}, and neither pass, fail nor timeout",
                shown(status)
            )
        })?;
        let key = AttemptKey {
            suite: format!("{}{mark}", key.suite),
            ..key.clone()
        };
        let status = failed.unwrap_or(status);
        failed = Some(status).filter(|status| *status != "pass");
        foreign.attempts.push(bare(&key, text));
        foreign.verdicts.push(verdict(key, text, status));
    }
    Ok(())
}

/// A completion of which nothing is known but its text.
fn bare(key: &AttemptKey, text: &str) -> Attempt {
    Attempt {
        key: key.clone(),
        seed: 0,
        prompt_sha256: String::new(),
        n_prompt_tokens: 0,
        n_tokens: 0,
        text: text.to_owned(),
        finish: Finish::Unknown,
        decode_ns: 0,
    }
}

fn verdict(key: AttemptKey, text: &str, status: &str) -> Verdict {
    Verdict {
        key,
        judge: "evalplus, brought in".to_owned(),
        stage: None,
        unscored: None,
        cause: status.to_owned(),
        scores: BTreeMap::from([(SCORE.to_owned(), f64::from(status == "pass"))]),
        code: Some(text.to_owned()),
        evidence: String::new(),
        cpu_ns: 0,
        wall_ns: 0,
        setting: None,
        first_cause: None,
    }
}

fn suites(foreign: &Foreign, hash: &str) -> Vec<SuiteRecord> {
    let mut problems: BTreeMap<&str, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for attempt in &foreign.attempts {
        problems
            .entry(&attempt.key.suite)
            .or_default()
            .insert(&attempt.key.problem);
    }
    let record = |(name, problems): (&str, std::collections::BTreeSet<&str>)| SuiteRecord {
        name: name.to_owned(),
        sha256: hash.to_owned(),
        n_problems: problems.len() as u32,
        first_prompt: String::new(),
        toolchain: None,
        problems: Vec::new(),
    };
    problems.into_iter().map(record).collect()
}
