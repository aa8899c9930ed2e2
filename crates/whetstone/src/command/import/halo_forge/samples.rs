//! Lines of samples (`baseline_samples.jsonl`, `final_samples.jsonl`, `kept.jsonl`): a judged answer each.
//!
//! A line says whether its code compiles and whether its program printed the right thing. The second is only known
//! where an output was expected: a file with a line that has none tells what compiles, and nothing of what is right.
//! What lies between (a crash, a wrong output) is not told apart there, so an answer that is not right counts as one
//! that compiles. Our own lines name stage, suite and how the text ended, and these are taken as they stand.

use std::collections::{BTreeMap, BTreeSet};

use ledger::record::{Attempt, AttemptKey, Finish, Stage, SuiteRecord, Verdict};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::json::{Document, need, shown};
use super::super::{Foreign, Source};

/// The suite of files that name none.
const SUITE: &str = "halo-forge";
/// The score of files that only tell what compiles.
const COMPILE_RATE: &str = "compile_rate";

pub(in crate::command::import) fn read(
    document: &Document,
    source: &Source<'_>,
) -> Result<Foreign, String> {
    let path = source.path.display().to_string();
    let mut foreign = super::new(source.model(None), path);
    let model = foreign.models[0].name.clone();
    let tells_right = document.values.iter().all(|(_, line)| tells_right(line));
    let mut seen = BTreeSet::new();
    for (place, line) in &document.values {
        let key = key(line, place, &model)?;
        if !seen.insert(key.clone()) {
            return Err(format!(
                "{place}: sample {} of {} is there twice",
                key.attempt, key.problem
            ));
        }
        foreign.attempts.push(attempt(line, place, &key)?);
        let verdict = verdict(line, place, key, tells_right)?;
        foreign.verdicts.push(verdict);
    }
    foreign.suites = suites(&foreign, &source.sha256);
    Ok(foreign)
}

fn tells_right(line: &Value) -> bool {
    let has = |name: &str| line.get(name).is_some_and(|value| !value.is_null());
    line.get("stage").is_some() || has("expected_output")
}

fn key(line: &Value, place: &str, model: &str) -> Result<AttemptKey, String> {
    let number = need(line, place, "sample_idx", Value::as_u64)?;
    let attempt = u32::try_from(number)
        .map_err(|_| format!("{place}: `sample_idx` is {number}, which cannot be"))?;
    Ok(AttemptKey {
        model: model.to_owned(),
        suite: text(line, "suite").unwrap_or(SUITE).to_owned(),
        problem: need(line, place, "prompt_id", Value::as_str)?.to_owned(),
        attempt,
    })
}

fn text<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    line.get(name).and_then(Value::as_str)
}

/// A field of our own lines, in our own words; nothing where it is not there.
fn word<T: DeserializeOwned>(line: &Value, place: &str, name: &str) -> Result<Option<T>, String> {
    let Some(value) = line.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let found = serde_json::from_value(value.clone());
    found.map_err(|_| {
        format!(
            "{place}: `{name}` is {}, which is no known word",
            shown(value)
        )
    })
}

fn attempt(line: &Value, place: &str, key: &AttemptKey) -> Result<Attempt, String> {
    let tokens = line.get("tokens").and_then(Value::as_u64).unwrap_or(0);
    let whole = text(line, "text").or(text(line, "code"));
    Ok(Attempt {
        key: key.clone(),
        seed: 0,
        prompt_sha256: String::new(),
        n_prompt_tokens: 0,
        n_tokens: u32::try_from(tokens).unwrap_or(u32::MAX),
        text: whole.unwrap_or_default().to_owned(),
        finish: word(line, place, "finish")?.unwrap_or(Finish::Unknown),
        decode_ns: 0,
    })
}

fn verdict(
    line: &Value,
    place: &str,
    key: AttemptKey,
    tells_right: bool,
) -> Result<Verdict, String> {
    let compiles = need(line, place, "compiles", Value::as_bool)?;
    let is_ours = line.get("stage").is_some();
    let (stage, unscored) = match word(line, place, "stage")? {
        Some(stage) => (Some(stage), None),
        None if is_ours => (
            None,
            Some("its file says that it could not be judged".into()),
        ),
        None if tells_right => (Some(stage(line, place, compiles)?), None),
        None => (None, None),
    };
    let is_share = stage.is_none() && unscored.is_none();
    let scores = is_share.then(|| (COMPILE_RATE.to_owned(), f64::from(compiles)));
    Ok(Verdict {
        key,
        judge: "halo-forge, brought in".to_owned(),
        stage,
        unscored,
        cause: cause(stage, compiles).to_owned(),
        scores: scores.into_iter().collect(),
        code: text(line, "code").map(str::to_owned),
        evidence: text(line, "error").unwrap_or_default().to_owned(),
        cpu_ns: 0,
        wall_ns: 0,
        setting: None,
        first_cause: None,
    })
}

/// How far their words say that an answer got.
fn stage(line: &Value, place: &str, compiles: bool) -> Result<Stage, String> {
    let passes = need(line, place, "passes", Value::as_bool)?;
    match (compiles, passes) {
        (true, true) => Ok(Stage::Right),
        (true, false) => Ok(Stage::Compiles),
        (false, false) => Ok(Stage::Malformed),
        (false, true) => Err(format!(
            "{place}: it passes and does not compile, which cannot be"
        )),
    }
}

fn cause(stage: Option<Stage>, compiles: bool) -> &'static str {
    match stage {
        Some(Stage::Right) => "pass",
        Some(_) if compiles => "fail",
        None if compiles => "compiles",
        _ => "compile_error",
    }
}

fn suites(foreign: &Foreign, hash: &str) -> Vec<SuiteRecord> {
    let mut problems: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for attempt in &foreign.attempts {
        let ids = problems.entry(&attempt.key.suite).or_default();
        ids.insert(&attempt.key.problem);
    }
    let record = |(name, ids): (&str, BTreeSet<&str>)| SuiteRecord {
        name: name.to_owned(),
        sha256: hash.to_owned(),
        n_problems: ids.len() as u32,
        first_prompt: String::new(),
        toolchain: None,
        problems: Vec::new(),
    };
    problems.into_iter().map(record).collect()
}
