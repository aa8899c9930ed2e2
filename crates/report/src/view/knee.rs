//! How many threads suffice: where a run tried several, the fewest that decode about as fast as the best.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Row, Section};
use crate::format;

/// What counts as about as fast.
const ENOUGH: f64 = 0.97;

/// A sentence for each model and combination that was decoded with several numbers of threads.
pub(super) fn notes(section: &Section) -> Vec<String> {
    let decoded = || {
        section
            .rows
            .iter()
            .filter(|row| row.metric == "decode_tokens_per_s" && threads(row).is_some())
    };
    let combinations: BTreeSet<String> = decoded().map(|row| without_threads(row).1).collect();
    let mut notes = Vec::new();
    for combination in combinations {
        let rows: Vec<&Row> = decoded()
            .filter(|row| without_threads(row).1 == combination)
            .collect();
        let n_models = rows.first().map_or(0, |row| row.cells.len());
        notes.extend((0..n_models).filter_map(|model| note(section, &rows, model)));
    }
    notes
}

fn threads(row: &Row) -> Option<u64> {
    row.conditions.get("threads")?.as_u64()
}

/// The other conditions, and those as a key.
fn without_threads(row: &Row) -> (BTreeMap<String, Value>, String) {
    let mut conditions = row.conditions.clone();
    conditions.remove("threads");
    let key = serde_json::to_string(&conditions).unwrap_or_default();
    (conditions, key)
}

fn note(section: &Section, rows: &[&Row], model: usize) -> Option<String> {
    let rates: Vec<(u64, f64)> = rows
        .iter()
        .filter_map(|row| Some((threads(row)?, row.cells[model].value?)))
        .collect();
    let (most, best) = rates.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (few, rate) = rates
        .iter()
        .copied()
        .filter(|(_, rate)| *rate >= ENOUGH * best)
        .min_by_key(|(threads, _)| *threads)?;
    if rates.len() < 2 {
        return None;
    }
    let (conditions, _) = without_threads(rows[0]);
    let own = conditions
        .iter()
        .filter(|(name, _)| !section.shared.contains_key(*name))
        .map(|(name, value)| (name.as_str(), value));
    let place = format::conditions(own);
    let place = match place.is_empty() {
        true => String::new(),
        false => format!(" at {place}"),
    };
    Some(format!(
        "{}{place}: {few} {} to decode; the median is {:.0} % of the fastest, which has {most}",
        rows[0].cells[model].model,
        if few == 1 {
            "thread suffices"
        } else {
            "threads suffice"
        },
        rate / best * 100.0
    ))
}
