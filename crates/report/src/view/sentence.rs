//! The verdict on two models in one sentence.
//!
//! It names quality, speed and memory, each with the numbers that carry it and the conditions that they hold under. "No
//! difference found" is said where a test or an interval looked for one, and "cannot be told" where nothing could. It
//! never weighs one against the other: which trade is worth it is the reader's to decide.

use ledger::record::ModelRecord;

use super::{Comparison, Finding, Kind, Row, Section};
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

/// A row with the section that it stands in.
type Placed<'a> = (&'a Section, &'a Row);

/// The sentence; `None` unless there are exactly two models and something to say.
pub(super) fn verdict(sections: &[Section], models: &[ModelRecord]) -> Option<String> {
    let [base, later] = models else { return None };
    let each = sections.chunks(1);
    let mut quality: Vec<Placed<'_>> = each.flat_map(|one| best_rows(one, &QUALITY)).collect();
    if quality.is_empty() {
        quality = best_rows(sections, &["bits_per_byte"]);
    }
    let mut parts: Vec<String> = quality.into_iter().filter_map(quality_part).collect();
    parts.extend(speed_part(best_rows(sections, &SPEED)));
    parts.extend(ratio_part(best_rows(sections, &MEMORY), "the memory"));
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

/// All rows of the first metric, in order of preference, of which one has a comparison with a value.
fn best_rows<'a>(sections: &'a [Section], names: &[&str]) -> Vec<Placed<'a>> {
    let compared = |row: &Row| row.comparisons.first().is_some_and(|c| c.value.is_some());
    let of = |name: &&str| {
        let rows = sections
            .iter()
            .flat_map(|section| section.rows.iter().map(move |row| (section, row)));
        rows.filter(|(_, row)| row.metric == **name && compared(row))
            .collect()
    };
    names
        .iter()
        .map(of)
        .find(|rows: &Vec<_>| !rows.is_empty())
        .unwrap_or_default()
}

fn quality_part((section, row): Placed<'_>) -> Option<String> {
    let comparison = row.comparisons.first()?;
    let suite = section.suite.as_deref();
    let place = suite.map_or(String::new(), |suite| format!(" on {suite}"));
    let conditions = format::conditions(row.own_conditions(section));
    let numbers = numbers(row, comparison)?;
    let numbers = match conditions.as_str() {
        "" => numbers,
        own => format!("{own}: {numbers}"),
    };
    let title = &row.title;
    Some(match comparison.finding(row.better) {
        Finding::Better => format!("better {title}{place} ({numbers})"),
        Finding::Worse => format!("worse {title}{place} ({numbers})"),
        Finding::Different => format!("different {title}{place} ({numbers})"),
        Finding::Same => format!("the very same {title}{place} ({numbers})"),
        Finding::Inconclusive => format!("no difference in {title}{place} found ({numbers})"),
        Finding::Unknown => {
            let why = comparison
                .method
                .split_once("; ")
                .map_or("", |(_, why)| why);
            format!("a difference in {title}{place} cannot be told ({numbers}; {why})")
        }
    })
}

/// Timings vary, so rows with an interval speak for the others, and without one it is said that there is none.
fn speed_part(rows: Vec<Placed<'_>>) -> Option<String> {
    const WHAT: &str = "the speed";
    let has_interval = |(_, row): &Placed<'_>| row.comparisons[0].interval.is_some();
    let told: Vec<Placed<'_>> = rows.iter().copied().filter(has_interval).collect();
    if told.is_empty() {
        let part = ratio_part(rows, WHAT)?;
        return Some(format!("{part}, of too few values for an interval"));
    }
    let by_interval = |(_, row): &Placed<'_>| row.comparisons[0].by_interval(row.better);
    match told
        .iter()
        .all(|row| by_interval(row) == Finding::Inconclusive)
    {
        true => Some(format!(
            "no difference in {} found ({})",
            told[0].1.title,
            range(&told)?
        )),
        false => ratio_part(told, WHAT),
    }
}

/// From the smallest ratio to the largest, each with its conditions, so that it is true of every row; and why nothing follows
/// from them, if nothing does.
fn ratio_part(rows: Vec<Placed<'_>>, what: &str) -> Option<String> {
    let title = &rows.first()?.1.title;
    let caution = rows
        .iter()
        .find_map(|(_, row)| row.comparisons[0].caution.as_ref());
    let caution = caution.map_or(String::new(), |caution| format!(", {}", caution.in_short()));
    Some(format!("{} {what} ({title}){caution}", range(&rows)?))
}

fn range(rows: &[Placed<'_>]) -> Option<String> {
    let ratio = |&(section, row): &Placed<'_>| {
        let found = row.comparisons.first()?;
        let value = found.value.filter(|_| found.kind == Kind::Ratio)?;
        Some((value, ratio_words(section, row, found)?))
    };
    let mut ratios: Vec<(f64, String)> = rows.iter().filter_map(ratio).collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (&ratios.first()?.1, &ratios.last()?.1);
    Some(match ratios.len() {
        1 => least.clone(),
        _ => format!("{least} to {most}"),
    })
}

fn ratio_words(section: &Section, row: &Row, found: &Comparison) -> Option<String> {
    let text = format::comparison(found, row);
    let conditions = format::conditions(row.own_conditions(section));
    let at = (!conditions.is_empty()).then(|| format!("({conditions})"));
    let words = [Some(text.value?), text.interval, at];
    Some(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn numbers(row: &Row, comparison: &Comparison) -> Option<String> {
    let text = format::comparison(comparison, row);
    let parts = [text.value, text.interval, text.p];
    let found: Vec<String> = parts.into_iter().flatten().collect();
    (!found.is_empty()).then(|| found.join(" "))
}
