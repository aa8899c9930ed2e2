//! Results of lm-evaluation-harness: `results[task]["metric,filter"]` with `metric_stderr` beside it.
//!
//! Numbers that we measure, too, get our names; all others keep theirs. What is `"N/A"` there stays unknown.

use std::collections::BTreeMap;

use ledger::record::{Measurement, Told};
use serde_json::{Map, Value, json};

use super::json::{Document, need, shown};
use super::{Foreign, Named, Source};

/// Their names and ours.
const NAMES: [(&str, &str); 5] = [
    ("acc", "accuracy"),
    ("acc_norm", "accuracy_by_characters"),
    ("acc_bytes", "accuracy_by_bytes"),
    ("word_perplexity", "word_perplexity"),
    ("bits_per_byte", "bits_per_byte"),
];
const ERROR: &str = "_stderr";
/// Keys of a task that are no results.
const NO_RESULTS: [&str; 5] = ["alias", "name", "samples", "sample_len", "sample_count"];

pub(super) fn read(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let [(place, file)] = document.values.as_slice() else {
        return Err("a results file of lm-evaluation-harness is one object".into());
    };
    let results = need(file, place, "results", Value::as_object)?;
    let mut foreign = Foreign {
        program: "lm-evaluation-harness",
        version: told_version(file),
        ..Foreign::default()
    };
    let named = model(file, source);
    let model = foreign.model(named);
    for (task, entry) in results {
        let place = format!("results.{task}");
        let entry = entry
            .as_object()
            .ok_or_else(|| format!("{place} is {}, and no object", shown(entry)))?;
        for measurement in of_task(file, task, entry, &place)? {
            foreign.measured(Measurement {
                model: model.clone(),
                ..measurement
            });
        }
    }
    match foreign.measurements.is_empty() {
        true => Err("`results` holds no number".into()),
        false => Ok(foreign),
    }
}

fn told_version(file: &Value) -> Option<String> {
    let known = ["lm_eval_version", "git_hash"];
    let text = known
        .iter()
        .find_map(|name| file.get(*name).and_then(Value::as_str));
    text.map(str::to_owned)
}

fn model(file: &Value, source: &Source<'_>) -> Named {
    let args = file
        .pointer("/config/model_args")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let pretrained = args
        .split(',')
        .find_map(|arg| arg.trim().strip_prefix("pretrained="));
    let name = file.get("model_name").and_then(Value::as_str);
    let told = name
        .or(pretrained)
        .map(|name| name.rsplit('/').next().unwrap_or(name));
    Named {
        name: source.model(told),
        path: pretrained.or(name).unwrap_or_default().to_owned(),
        ..Named::default()
    }
}

fn of_task(
    file: &Value,
    task: &str,
    entry: &Map<String, Value>,
    place: &str,
) -> Result<Vec<Measurement>, String> {
    let n = of_all(file, "n-samples", task).and_then(|n| n.get("effective")?.as_u64());
    let mut found = Vec::new();
    for (key, value) in entry {
        let (metric, filter) = key.split_once(',').unwrap_or((key, "none"));
        if metric.ends_with(ERROR) || NO_RESULTS.contains(&metric) {
            continue;
        }
        let error = entry.get(&format!("{metric}{ERROR},{filter}"));
        let error = number(error.unwrap_or(&Value::Null), place, key)?;
        let value_told = number(value, place, key)?;
        found.push(Measurement {
            model: String::new(),
            benchmark: "imported".into(),
            metric: name(metric),
            conditions: conditions(file, task, filter),
            values: value_told.into_iter().collect(),
            reason: value_told.is_none().then(|| "the file says N/A".to_owned()),
            own: None,
            told: Some(Told {
                n,
                standard_error: error,
            }),
        });
    }
    Ok(found)
}

/// What the file says of a task where it has one thing for all of them.
fn of_all<'v>(file: &'v Value, what: &str, task: &str) -> Option<&'v Value> {
    file.get(what)?.get(task)
}

/// A number, or nothing where the file says so.
fn number(value: &Value, place: &str, key: &str) -> Result<Option<f64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(word) if word == "N/A" => Ok(None),
        Value::Number(number) => Ok(number.as_f64().filter(|number| number.is_finite())),
        other => Err(format!(
            "{place}: `{key}` is {}, and no number",
            shown(other)
        )),
    }
}

fn name(metric: &str) -> String {
    if let Some((_, ours)) = NAMES.iter().find(|(theirs, _)| *theirs == metric) {
        return (*ours).to_owned();
    }
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    match metric.strip_prefix("pass@") {
        Some(k) => format!("pass_at_{k}"),
        None => metric.chars().map(plain).collect(),
    }
}

/// What has to be equal before two of these numbers may be compared.
fn conditions(file: &Value, task: &str, filter: &str) -> BTreeMap<String, Value> {
    let mut conditions = BTreeMap::from([("suite".to_owned(), json!(task))]);
    let is_told = |value: &&Value| !value.is_null() && value.as_str() != Some("N/A");
    for (ours, theirs) in [("shots", "n-shot"), ("task_version", "versions")] {
        if let Some(value) = of_all(file, theirs, task).filter(is_told) {
            conditions.insert(ours.to_owned(), value.clone());
        }
    }
    if filter != "none" {
        conditions.insert("filter".to_owned(), json!(filter));
    }
    conditions
}
