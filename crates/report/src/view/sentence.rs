//! The verdict on two models in one sentence.
//!
//! It names quality, speed and memory, each with the number that carries it, and says "no
//! difference found" where the interval holds none. It never weighs one against the other: which
//! trade is worth it is the reader's to decide.

use ledger::record::ModelRecord;

use super::{Comparison, Finding, Row, Section};
use crate::format;

/// Metrics that may speak for quality; the first that was measured does, for each suite.
const QUALITY: [&str; 5] = [
    "pass_at_1",
    "behaviour_rate",
    "keyword_share_whole",
    "keyword_share",
    "accuracy",
];
/// Metrics that may speak for speed.
const SPEED: [&str; 2] = ["decode_tokens_per_s", "generate_tokens_per_s"];
/// Metrics that may speak for memory.
const MEMORY: [&str; 3] = ["peak_resident_bytes", "resident_bytes", "weight_bytes"];

/// The sentence; `None` unless there are exactly two models and something to say.
pub(super) fn verdict(sections: &[Section], models: &[ModelRecord]) -> Option<String> {
    let [base, later] = models else { return None };
    let quality = sections
        .iter()
        .filter_map(|section| best_row(std::slice::from_ref(section), &QUALITY));
    let mut parts: Vec<String> = quality
        .filter_map(|(section, row)| quality_part(section, row))
        .collect();
    if parts.is_empty() {
        parts.extend(
            best_row(sections, &["bits_per_byte"])
                .and_then(|(section, row)| quality_part(section, row)),
        );
    }
    parts.extend(best_row(sections, &SPEED).and_then(|(_, row)| ratio_part(row, "the speed")));
    parts.extend(best_row(sections, &MEMORY).and_then(|(_, row)| ratio_part(row, "the memory")));
    if parts.is_empty() {
        return None;
    }
    Some(format!(
        "{} against {}: {}.",
        later.name,
        base.name,
        parts.join("; ")
    ))
}

/// The first row, in order of preference, whose comparison has a value.
fn best_row<'a>(sections: &'a [Section], names: &[&str]) -> Option<(&'a Section, &'a Row)> {
    let rows = || {
        sections
            .iter()
            .flat_map(|section| section.rows.iter().map(move |row| (section, row)))
    };
    let compared = |row: &Row| {
        row.comparisons
            .first()
            .is_some_and(|comparison| comparison.value.is_some())
    };
    names
        .iter()
        .find_map(|name| rows().find(|(_, row)| row.metric == *name && compared(row)))
}

fn quality_part(section: &Section, row: &Row) -> Option<String> {
    let comparison = row.comparisons.first()?;
    let place = section
        .suite
        .as_deref()
        .map(|suite| format!(" on {suite}"))
        .unwrap_or_default();
    let numbers = numbers(row, comparison)?;
    Some(match comparison.finding(row.better) {
        Finding::Better => format!("better {}{place} ({numbers})", row.title),
        Finding::Worse => format!("worse {}{place} ({numbers})", row.title),
        _ => format!("no difference in {}{place} found ({numbers})", row.title),
    })
}

fn ratio_part(row: &Row, what: &str) -> Option<String> {
    let comparison = row.comparisons.first()?;
    let text = format::comparison(comparison, row);
    let interval = text
        .interval
        .map(|interval| format!(" {interval}"))
        .unwrap_or_default();
    Some(format!("{}{interval} {what} ({})", text.value?, row.title))
}

fn numbers(row: &Row, comparison: &Comparison) -> Option<String> {
    let text = format::comparison(comparison, row);
    let parts = [text.value, text.interval, text.p];
    let found: Vec<String> = parts.into_iter().flatten().collect();
    (!found.is_empty()).then(|| found.join(" "))
}
