//! Two trees of settings, key by key.
//!
//! Within a benchmark that both runs have, a key that only one of them has, or that is null in one, is a difference like any
//! other: `--limit 20` beside no limit. Plans of earlier versions lack keys that came later, and then mean what the
//! program did in those days ([`MEANT`]; a test in the room of the program holds the list against the plan itself). What only one of
//! them has as a whole, a benchmark or a part of one, is something that the other did not run, and no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What the key of a benchmark means where a plan does not have it, as JSON.
const MEANT: [(&str, &str, &str); 13] = [
    ("code", "mode", "\"split\""),
    ("code", "verdict_cache", "true"),
    ("code", "audit", "0.0"),
    ("code", "judge", "true"),
    ("code", "whole_answers", "true"),
    ("perplexity", "field", "\"text\""),
    ("perplexity", "protocol", "\"passages\""),
    ("memory", "sequences", "[1]"),
    ("memory", "peak", "true"),
    ("memory", "kvcache", "true"),
    ("latency", "batch", "[1]"),
    ("latency", "depth", "[0]"),
    ("latency", "use_cache", "[true]"),
];
/// Keys by the names that they had before.
const ONCE: [(&str, &str, &str); 1] = [("latency", "cache", "caches")];
/// Keys that say where something was found or how large it is, and not what was asked for.
const PLACES: [(&str, &str); 3] = [
    ("imported", "file"),
    ("imported", "sha256"),
    ("accuracy", "sizes"),
];

type Object = Map<String, Value>;

/// In what two plans differ, `name a and b` each.
pub(super) fn plans(first: &Value, other: &Value) -> Vec<String> {
    let (Value::Object(first), Value::Object(other)) = (first, other) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for name in keys(first, other) {
        match (first.get(name), other.get(name)) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => inside(name, a, b, &mut found),
            (a, b) if name == "device" => found.extend(device(a, b)),
            (Some(a), Some(b)) if name != "preset" && !a.is_null() && !b.is_null() => {
                found.extend(apart(name, a, b));
            }
            _ => {}
        }
    }
    found
}

/// A device that is not named is the processor.
pub(super) fn device(first: Option<&Value>, other: Option<&Value>) -> Option<String> {
    let cpu = json!("cpu");
    let named = |device: Option<&Value>| device.filter(|d| !d.is_null()).unwrap_or(&cpu).clone();
    apart("device", &named(first), &named(other))
}

/// In what two maps of facts differ. What one of them does not know is no difference.
pub(super) fn facts(
    first: &BTreeMap<String, Value>,
    other: &BTreeMap<String, Value>,
    ignored: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let known = first.iter().filter(|(name, _)| !ignored(name));
    let both = known.filter_map(|(name, a)| Some((name, a, other.get(name)?)));
    let mut found = Vec::new();
    for (name, a, b) in both {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                let maps = [a, b].map(|map| map.clone().into_iter().collect());
                found.extend(facts(&maps[0], &maps[1], ignored));
            }
            (Value::Null, _) | (_, Value::Null) => {}
            _ => found.extend(apart(name, a, b)),
        }
    }
    found
}

fn keys<'a>(first: &'a Object, other: &'a Object) -> BTreeSet<&'a String> {
    first.keys().chain(other.keys()).collect()
}

/// The differences inside of a benchmark that both plans have.
fn inside(benchmark: &str, first: &Object, other: &Object, found: &mut Vec<String>) {
    let (first, other) = (as_now(benchmark, first), as_now(benchmark, other));
    for name in keys(&first, &other) {
        let of = |plan: &Object| {
            plan.get(name)
                .cloned()
                .unwrap_or_else(|| meant(benchmark, name))
        };
        match (of(&first), of(&other)) {
            (Value::Object(a), Value::Object(b)) => inside(name, &a, &b, found),
            (Value::Object(_), Value::Null) | (Value::Null, Value::Object(_)) => {}
            // Plans of earlier versions did not write the hashes of texts down.
            (a, b) if name == "sha256" && [&a, &b].iter().any(|hash| is_unset(hash)) => {}
            _ if PLACES.contains(&(benchmark, name.as_str())) => {}
            (a, b) => found.extend(apart(name, &a, &b)),
        }
    }
}

/// A benchmark's settings under the names that keys have now.
fn as_now(benchmark: &str, plan: &Object) -> Object {
    let name = |key: &String| {
        let mut renamed = ONCE.iter();
        let new = renamed.find(|(of, once, _)| *of == benchmark && once == key);
        new.map_or_else(|| key.clone(), |(_, _, now)| (*now).to_owned())
    };
    plan.iter()
        .map(|(key, value)| (name(key), value.clone()))
        .collect()
}

fn meant(benchmark: &str, name: &str) -> Value {
    let mut known = MEANT.iter();
    let known = known.find(|(of, key, _)| *of == benchmark && *key == name);
    known.map_or(Value::Null, |(_, _, json)| {
        serde_json::from_str(json).unwrap_or(Value::Null)
    })
}

/// `name a and b` if the two are not the same. A list of one was a bare number in plans of earlier versions.
fn apart(name: &str, a: &Value, b: &Value) -> Option<String> {
    let (a, b) = (plain(a), plain(b));
    (a != b).then(|| format!("{} {a} and {b}", name.replace('_', " ")))
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    match value {
        unset if is_unset(unset) => "not set".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
