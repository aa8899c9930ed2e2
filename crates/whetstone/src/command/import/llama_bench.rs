//! llama-bench's `-o json` and `-o jsonl`: a test an object, with the rate of every repetition.
//!
//! A test of reading is prefill, a test of writing is decode; tokens that the cache held before a test of writing are
//! the prompt that was read before it. Settings that differ between the tests of a file become conditions. Old files
//! hold no single rates: their mean is brought in without n and spread, for both are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger::record::{Measurement, Told};
use serde_json::{Value, json};

use super::json::{Document, need};
use super::{Foreign, Named, Source};

type Conditions = BTreeMap<String, Value>;

/// What is no setting: what is read for itself, or came out of a test. Every other field is a condition where tests differ
/// in it, those of later versions included: tests of unlike settings must never be taken for repetitions of one.
const NO_SETTINGS: [&str; 17] = [
    "model_filename",
    "model_type",
    "model_size",
    "model_n_params",
    "n_threads",
    "type_k",
    "type_v",
    "n_prompt",
    "n_gen",
    "n_depth",
    "test_time",
    "avg_ns",
    "stddev_ns",
    "avg_ts",
    "stddev_ts",
    "samples_ns",
    "samples_ts",
];

pub(super) fn read(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let varying = varying(document);
    let mut foreign = Foreign {
        program: "llama-bench",
        ..Foreign::default()
    };
    if let Some((_, first)) = document.values.first() {
        about(&mut foreign, first);
    }
    for (place, test) in &document.values {
        let model = model(test, place, source)?;
        let model = foreign.model(model);
        let measurement = measurement(test, place, &varying)?;
        foreign.measured(Measurement {
            model,
            ..measurement
        });
    }
    Ok(foreign)
}

fn varying(document: &Document) -> BTreeSet<String> {
    let fields = document
        .values
        .iter()
        .filter_map(|(_, test)| test.as_object());
    let names: BTreeSet<String> = fields.flat_map(|fields| fields.keys().cloned()).collect();
    let differs = |name: &String| {
        let mut values = document.values.iter().map(|(_, test)| test.get(name));
        let first = values.next().flatten();
        values.any(|value| value != first)
    };
    let settings = names
        .into_iter()
        .filter(|name| !NO_SETTINGS.contains(&name.as_str()));
    settings.filter(differs).collect()
}

/// Build and machine, as the first test tells them.
fn about(foreign: &mut Foreign, test: &Value) {
    let text = |name: &str| {
        test.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let commit = text("build_commit");
    let number = test.get("build_number").and_then(Value::as_u64);
    foreign.version = match (number, commit) {
        (Some(number), Some(commit)) => Some(format!("b{number} ({commit})")),
        (Some(number), None) => Some(format!("b{number}")),
        (None, commit) => commit.map(str::to_owned),
    };
    let machine = [
        ("cpu_model", text("cpu_info")),
        ("accelerators", text("gpu_info")),
    ];
    let told = machine
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    foreign.machine = told.collect();
    foreign.engine = BTreeMap::from([("name".to_owned(), json!("llama.cpp, by llama-bench"))]);
    if let Some(version) = &foreign.version {
        foreign.engine.insert("version".into(), json!(version));
    }
}

fn model(test: &Value, place: &str, source: &Source<'_>) -> Result<Named, String> {
    let path = need(test, place, "model_filename", Value::as_str)?;
    let stem = Path::new(path)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let facts = [
        ("quantisation", "model_type"),
        ("parameters", "model_n_params"),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(ours, theirs)| Some((ours.to_owned(), test.get(theirs)?.clone())));
    Ok(Named {
        name: source.model(Some(&stem)),
        path: path.to_owned(),
        file_bytes: test.get("model_size").and_then(Value::as_u64).unwrap_or(0),
        facts: facts.collect(),
    })
}

fn measurement(
    test: &Value,
    place: &str,
    varying: &BTreeSet<String>,
) -> Result<Measurement, String> {
    let count = |name: &str| need(test, place, name, Value::as_u64);
    let (n_prompt, n_gen) = (count("n_prompt")?, count("n_gen")?);
    let depth = test.get("n_depth").and_then(Value::as_u64).unwrap_or(0);
    let (metric, own) = match (n_prompt, n_gen) {
        (0, 0) => return Err(format!("{place}: it neither reads nor writes a token")),
        (_, 0) => (
            "prefill_tokens_per_s",
            vec![("prompt_tokens", n_prompt), ("depth", depth)],
        ),
        (0, _) => (
            "decode_tokens_per_s",
            vec![
                ("prompt_tokens", depth),
                ("generate_tokens", n_gen),
                ("depth", 0),
            ],
        ),
        _ => (
            "prompt_and_generation_tokens_per_s",
            vec![
                ("prompt_tokens", n_prompt),
                ("generate_tokens", n_gen),
                ("depth", depth),
            ],
        ),
    };
    let own = own.into_iter().map(|(name, n)| (name.to_owned(), json!(n)));
    let mut conditions: Conditions = own.chain(surroundings(test)).collect();
    let told = varying
        .iter()
        .filter_map(|name| Some((name.clone(), plain(test.get(name)?))));
    conditions.extend(told);
    let (benchmark, values, told) = rates(test, place)?;
    Ok(Measurement {
        model: String::new(),
        benchmark: benchmark.to_owned(),
        metric: metric.to_owned(),
        conditions,
        values,
        reason: None,
        told,
        own: None,
    })
}

/// A condition is one value: what is more stands as its text.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) => json!(value.to_string()),
        one => one.clone(),
    }
}

/// What our own records of speed say as well.
fn surroundings(test: &Value) -> Conditions {
    let mut conditions = Conditions::from([
        ("batch".to_owned(), json!(1)),
        ("use_cache".to_owned(), json!(true)),
    ]);
    if let Some(threads) = test.get("n_threads").filter(|threads| threads.is_u64()) {
        conditions.insert("threads".into(), threads.clone());
    }
    let cache = |name: &str| test.get(name).and_then(Value::as_str);
    if let (Some(keys), Some(values)) = (cache("type_k"), cache("type_v")) {
        let both = if keys == values {
            keys.to_owned()
        } else {
            format!("{keys} and {values}")
        };
        conditions.insert("cache".into(), json!(both));
    }
    conditions
}

/// The rate of every repetition, or their mean where the file has no more.
fn rates(test: &Value, place: &str) -> Result<(&'static str, Vec<f64>, Option<Told>), String> {
    let positive = |value: &Value| {
        value
            .as_f64()
            .filter(|rate| rate.is_finite() && *rate > 0.0)
    };
    if test.get("samples_ts").is_some() {
        let all = |list: &Value| {
            list.as_array()?
                .iter()
                .map(positive)
                .collect::<Option<Vec<f64>>>()
        };
        let samples = need(test, place, "samples_ts", all)?;
        if !samples.is_empty() {
            return Ok(("latency", samples, None));
        }
    }
    let mean = need(test, place, "avg_ts", positive)?;
    Ok(("imported", vec![mean], Some(Told::default())))
}
