//! `memory.csv`: one line per model and combination, under the column names that others publish.
//!
//! `kvcache_mb` is the formula, as elsewhere, and what the engine allocated stands in a column of its own; a
//! megabyte is 2^20 bytes here. `memory_values.csv` has the same numbers in bytes, one per line. Records of
//! earlier versions held one sequence and did not say so.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

use super::{Lines, bare};
use crate::view::{Row, Scorecard, Section};

const MIB: f64 = 1024.0 * 1024.0;

/// Columns of sizes that belong to a combination.
const SIZES: [(&str, &str); 4] = [
    ("kvcache_mb", "kv_logical_bytes"),
    ("kvcache_allocated_mb", "kv_allocated_bytes"),
    ("peak_mb", "peak_resident_bytes"),
    ("resident_mb", "resident_bytes"),
];
/// Columns of sizes that belong to a model.
const WEIGHTS: [(&str, &str); 3] = [
    ("model_mb", "weight_bytes"),
    ("weights_mapped_mb", "weights_mapped_bytes"),
    ("weights_resident_mb", "weights_resident_bytes"),
];
/// Columns of what the cache type costs.
const QUALITY: [(&str, &str); 3] = [
    ("perplexity", "perplexity"),
    ("perplexity_ratio", "perplexity_ratio"),
    ("kl_mean_nats", "kl_mean_nats"),
];

/// Columns of what that was measured on, whatever the length of the line.
const MEASURED_ON: [(&str, &str); 2] = [
    ("quality_context_tokens", "context_tokens"),
    ("quality_text", "text"),
];

type Conditions = BTreeMap<String, Value>;

/// The table; the header alone if no combination was measured.
pub(super) fn table(run: &Run, card: &Scorecard) -> Lines {
    let mut header: Vec<String> = ["model", "seq_len", "batch_size", "quantization"]
        .map(String::from)
        .to_vec();
    let name = |(name, _): &(&str, &str)| (*name).to_owned();
    header.extend(SIZES.iter().map(name));
    header.push("kvcache_ratio_to_f16".to_owned());
    header.extend(WEIGHTS.iter().map(name));
    header.extend(QUALITY.iter().map(name));
    header.extend(MEASURED_ON.iter().map(name));
    header.push("reason".to_owned());
    let mut lines = vec![header];
    let section = card.sections.iter().find(|s| s.benchmark == "memory");
    for (model, conditions) in combinations(run) {
        lines.push(line(run, section, model, conditions));
    }
    lines
}

/// Models and conditions that have a length, in the order in which they first occur.
fn combinations(run: &Run) -> Vec<(&str, &Conditions)> {
    let mut found = Vec::new();
    for record in memory(run).filter(|m| m.conditions.contains_key("context_tokens")) {
        let combination = (record.model.as_str(), &record.conditions);
        if !found.contains(&combination) {
            found.push(combination);
        }
    }
    found
}

fn memory(run: &Run) -> impl Iterator<Item = &Measurement> {
    run.measurements.iter().filter(|m| m.benchmark == "memory")
}

fn line(run: &Run, section: Option<&Section>, model: &str, conditions: &Conditions) -> Vec<String> {
    let find = |metric: &str, at: &Conditions| {
        let mut all = memory(run).filter(|m| m.model == model && m.metric == metric);
        all.find(|m| m.conditions == *at || m.conditions.is_empty())
    };
    let mib = |metric: &str| {
        let value = find(metric, conditions).and_then(|m| m.values.first());
        value.map_or_else(String::new, |bytes| (bytes / MIB).to_string())
    };
    let of = |name: &str| conditions.get(name).map(bare);
    let found = |metric: &str| derived(section, metric, model, conditions);
    let derived =
        |metric: &str| found(metric).map_or_else(String::new, |(_, value)| value.to_string());
    let mut line = vec![
        model.to_owned(),
        of("context_tokens").unwrap_or_default(),
        of("sequences").unwrap_or_else(|| "1".to_owned()),
        of("cache").unwrap_or_default(),
    ];
    line.extend(SIZES.iter().map(|(_, metric)| mib(metric)));
    let usual = of("cache").as_deref() == Some("f16");
    // A cache that was not measured has no ratio, not even to itself.
    line.push(match (usual, find("kv_allocated_bytes", conditions)) {
        (true, Some(sizes)) if !sizes.values.is_empty() => "1".to_owned(),
        (true, _) => String::new(),
        (false, _) => derived("kv_ratio_to_f16"),
    });
    line.extend(WEIGHTS.iter().map(|(_, metric)| mib(metric)));
    line.extend(QUALITY.iter().map(|(_, metric)| derived(metric)));
    let quality = QUALITY.iter().find_map(|(_, metric)| found(metric));
    line.extend(MEASURED_ON.iter().map(|(_, name)| {
        let value = quality.and_then(|(row, _)| row.conditions.get(*name));
        value.map(bare).unwrap_or_default()
    }));
    let reasons = SIZES
        .iter()
        .filter_map(|(_, metric)| find(metric, conditions)?.reason.clone());
    let mut reasons: Vec<String> = reasons.collect();
    reasons.dedup();
    line.push(reasons.join("; "));
    line
}

/// A number that the scorecard derives, with its row: of the same size where it depends on one, else of the same cache.
fn derived<'a>(
    section: Option<&'a Section>,
    metric: &str,
    model: &str,
    wanted: &Conditions,
) -> Option<(&'a Row, f64)> {
    let fits = |conditions: &Conditions| match conditions.contains_key("text") {
        true => conditions.get("cache") == wanted.get("cache"),
        false => conditions == wanted,
    };
    let mut rows = section?.rows.iter();
    let row = rows.find(|row| row.metric == metric && fits(&row.conditions))?;
    let cell = row.cells.iter().find(|cell| cell.model == model)?;
    Some((row, cell.value?))
}
