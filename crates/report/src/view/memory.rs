//! Memory and what it is paid with: ratios to an f16 cache, quality beside size, and one table of both.
//!
//! Sizes are rows like those of any benchmark. What is added here is derived from them: how much of an f16
//! cache of the same length and as many sequences another one takes, and, where caches were held against
//! an f16 one, their perplexity and divergence.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use measure::Unit;
use serde_json::Value;

use super::overview::{Column, Entry, Overview};
use super::{Cell, Counted, IS_REFERENCE, Row, Section, divergence, pairing, statistic, timing};
use crate::format;

type Conditions = BTreeMap<String, Value>;

/// The reason of a quality that nobody asked for.
const NO_QUALITY: &str = "not asked for";

/// Adds to the section of memory what is derived from its records. Those of earlier versions, which did not
/// count sequences, stay as they are.
pub(super) fn complete(run: &Run, sections: &mut [Section]) {
    let fillings = fillings(run);
    let section = sections.iter_mut().find(|s| s.benchmark == "memory");
    let (Some(section), false) = (section, fillings.is_empty()) else {
        return;
    };
    let quality = divergence::quality(run);
    let ratios = fillings
        .iter()
        .filter_map(|filling| ratio_row(run, filling));
    section.rows.extend(ratios);
    section.notes.extend(weights(run, section));
    section.notes.extend(reuse(run, &fillings));
    section.notes.extend(quality_note(&quality));
    section.overviews.push(overview(run, &fillings, &quality));
    section.rows.extend(quality);
    section
        .rows
        .sort_by_key(|row| timing::metric_place(&row.metric));
}

/// The combinations that were asked for, in their order.
fn fillings(run: &Run) -> Vec<&Conditions> {
    let mut found: Vec<&Conditions> = Vec::new();
    for record in records(run) {
        let conditions = &record.conditions;
        if conditions.contains_key("sequences") && !found.contains(&conditions) {
            found.push(conditions);
        }
    }
    found
}

fn records(run: &Run) -> impl Iterator<Item = &Measurement> {
    run.measurements.iter().filter(|m| m.benchmark == "memory")
}

fn cell(run: &Run, model: &str, metric: &str, conditions: &Conditions) -> Cell {
    let records: Vec<&Measurement> = records(run).collect();
    timing::cell(run, model, &records, (metric, conditions))
}

fn is_f16(conditions: &Conditions) -> bool {
    conditions.get("cache").and_then(Value::as_str) == Some("f16")
}

/// How much of an f16 cache this one takes; no row for f16 itself.
fn ratio_row(run: &Run, filling: &Conditions) -> Option<Row> {
    if is_f16(filling) {
        return None;
    }
    let models = run.header.models.iter();
    let cells = models.map(|model| ratio(run, &model.name, filling));
    let cells = cells.collect();
    Some(pairing::row(
        "kv_ratio_to_f16",
        filling.clone(),
        cells,
        Vec::new(),
    ))
}

fn ratio(run: &Run, model: &str, filling: &Conditions) -> Cell {
    let of = |conditions: &Conditions| cell(run, model, "kv_allocated_bytes", conditions);
    let mut usual = filling.clone();
    usual.insert("cache".to_owned(), "f16".into());
    let (own, usual) = (of(filling), of(&usual));
    match (own.value, usual.value) {
        (Some(own), Some(usual)) if usual > 0.0 => Cell {
            method: "ratio of allocated bytes at equal context and sequences".to_owned(),
            ..statistic::median_cell(model, vec![own / usual])
        },
        (None, _) => own,
        _ => {
            let reason = match usual.reason.as_deref() {
                Some("not measured") | None => "no f16 cache of that size was measured".to_owned(),
                Some(reason) => format!("the f16 cache: {reason}"),
            };
            pairing::missing(model, Counted::Repetitions, reason)
        }
    }
}

/// One line per model and combination; what a cache costs only where that was measured at all.
fn overview(run: &Run, fillings: &[&Conditions], quality: &[Row]) -> Overview {
    let several = run.header.models.len() > 1;
    let in_row = fillings
        .iter()
        .any(|filling| count(filling, "sequences") != 1);
    let mut columns = vec![Column::words("context")];
    if several {
        columns.insert(0, Column::words("model"));
    }
    if in_row {
        columns.push(Column::words("seqs"));
    }
    columns.push(Column::words("cache"));
    columns.push(Column::numbers("KV logical", Unit::Bytes).in_detail());
    columns.push(Column::numbers("KV cache", Unit::Bytes));
    columns.push(Column::numbers("of f16", Unit::Ratio));
    let resident = Column::numbers("resident", Unit::Bytes);
    columns.push(match several {
        true => resident.in_detail(),
        false => resident,
    });
    columns.push(Column::numbers("peak", Unit::Bytes));
    if !quality.is_empty() {
        columns.push(Column::numbers("PPL", Unit::Perplexity));
        columns.push(Column::numbers("KL", Unit::Nats));
    }
    let mut lines = Vec::new();
    for (at, model) in run.header.models.iter().enumerate() {
        for filling in fillings {
            let mut line: Vec<Entry> = vec![count(filling, "context_tokens").to_string().into()];
            if several {
                line.insert(0, model.name.as_str().into());
            }
            if in_row {
                line.push(count(filling, "sequences").to_string().into());
            }
            line.extend(sizes(run, &model.name, filling));
            if !quality.is_empty() {
                line.extend(["perplexity", "kl_mean_nats"].map(|metric| {
                    quality_cell(quality, metric, (at, &model.name), filling).into()
                }));
            }
            lines.push(line);
        }
    }
    Overview {
        title: "What a cache takes and what it costs".to_owned(),
        columns,
        lines,
    }
}

fn count(filling: &Conditions, name: &str) -> u64 {
    filling.get(name).and_then(Value::as_u64).unwrap_or(0)
}

fn sizes(run: &Run, model: &str, filling: &Conditions) -> Vec<Entry> {
    let of = |metric: &str| Entry::from(cell(run, model, metric, filling));
    let name = filling.get("cache").and_then(Value::as_str);
    let share = match is_f16(filling) {
        true => pairing::missing(model, Counted::Repetitions, IS_REFERENCE.to_owned()),
        false => ratio(run, model, filling),
    };
    vec![
        name.unwrap_or_default().into(),
        of("kv_logical_bytes"),
        of("kv_allocated_bytes"),
        share.into(),
        of("resident_bytes"),
        of("peak_resident_bytes"),
    ]
}

/// What the cache of a filling costs; the f16 cache has no divergence from itself.
fn quality_cell(
    quality: &[Row],
    metric: &str,
    (at, model): (usize, &str),
    filling: &Conditions,
) -> Cell {
    let cache = filling.get("cache");
    let of = |row: &&Row| row.metric == metric && row.conditions.get("cache") == cache;
    let found = quality.iter().find(of).and_then(|row| row.cells.get(at));
    let reason = match is_f16(filling) {
        true => IS_REFERENCE,
        false => NO_QUALITY,
    };
    found
        .cloned()
        .unwrap_or_else(|| pairing::missing(model, Counted::Chunks, reason.to_owned()))
}

/// How much of the weights is mapped and in memory, a sentence for each model.
fn weights(run: &Run, section: &Section) -> Vec<String> {
    let of = |metric: &str, at: usize| {
        let row = section.rows.iter().find(|row| row.metric == metric)?;
        row.cells.get(at)?.value
    };
    let bytes = |value: f64| format::quantity(Unit::Bytes, value);
    let said = run
        .header
        .models
        .iter()
        .enumerate()
        .filter_map(|(at, model)| {
            let (all, mapped) = (of("weight_bytes", at)?, of("weights_mapped_bytes", at)?);
            let resident = of("weights_resident_bytes", at)?;
            Some(format!(
                "weights of {}: {}; {} of the file are mapped, {} of them in memory",
                model.name,
                bytes(all),
                bytes(mapped),
                bytes(resident)
            ))
        });
    said.collect()
}

/// Where the process grew by less than the cache: memory of an earlier combination served again.
fn reuse(run: &Run, fillings: &[&Conditions]) -> Option<String> {
    let models = || run.header.models.iter().map(|model| model.name.as_str());
    let grew_by_less = |(model, filling): &(&str, &&Conditions)| {
        let of = |metric: &str| cell(run, model, metric, filling).value;
        let pair = of("resident_bytes").zip(of("kv_allocated_bytes"));
        pair.is_some_and(|(resident, allocated)| resident < allocated)
    };
    let all = models().flat_map(|model| fillings.iter().map(move |filling| (model, filling)));
    let n = all.filter(grew_by_less).count();
    (n > 0).then(|| {
        format!(
            "{n} combinations grew the process by less than their cache: memory that an earlier one had freed was used again. Ask for one alone to see what it takes from nothing"
        )
    })
}

/// What the quality was measured on.
fn quality_note(quality: &[Row]) -> Option<String> {
    let row = quality.first()?;
    let of = |name: &str| {
        row.conditions.get(name).map(|value| match value.as_str() {
            Some(word) => word.to_owned(),
            None => value.to_string(),
        })
    };
    let n = row.cells.iter().map(|cell| cell.n).max().unwrap_or(0);
    Some(format!(
        "perplexity and divergence: {n} chunks of {} tokens of {}, the second half of each; what a cache costs at longer contexts was not measured",
        of("context_tokens")?,
        of("text")?
    ))
}
