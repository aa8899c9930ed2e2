//! Benchmarks whose records are repeated raw values: speeds, times, bytes.
//!
//! A row is one metric under one set of conditions; its value is the median of the repetitions. Two
//! models are compared by the ratio of their medians. The repetitions of two models are not pairs, so
//! there is no paired test and no p-value. Where a model stands for several runs, these are what is counted.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::Measurement;
use measure::metric::METRICS;
use serde_json::Value;

use super::{Cell, Counted, Row, Section, apart, knee, own, pairing, statistic};
use crate::join::varies;

/// Metrics whose values are yes or no, one for each thing that was tried, and what those are.
const FLAGS: [(&str, Counted); 2] = [
    ("determinism_differing_share", Counted::Texts),
    ("audit_disagreeing_share", Counted::Verdicts),
];

/// Metrics with one value for each thing that was looked at, of which the mean is what is meant, and what those are.
const MEANS: [(&str, Counted); 3] = [
    ("drift_kl_nats", Counted::Answers),
    ("drift_entropy_nats", Counted::Answers),
    ("drift_base_entropy_nats", Counted::Answers),
];

/// A metric under its conditions.
type RowKey<'a> = (&'a str, &'a BTreeMap<String, Value>);

/// Benchmarks whose records are no repetitions, and are read elsewhere.
const ELSEWHERE: [&str; 9] = [
    "perplexity",
    "divergence",
    "accuracy",
    "context",
    "cache_quality",
    "variants",
    "hardware",
    "speculation",
    super::told::NAME,
];

/// One section per benchmark, except for those that are read elsewhere.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let outside =
        |m: &&Measurement| !ELSEWHERE.contains(&m.benchmark.as_str()) && suite_of(run, m).is_none();
    let mut benchmarks: Vec<&str> = Vec::new();
    for measurement in run.measurements.iter().filter(outside) {
        if !benchmarks.contains(&measurement.benchmark.as_str()) {
            benchmarks.push(&measurement.benchmark);
        }
    }
    benchmarks
        .into_iter()
        .map(|name| {
            let records = run
                .measurements
                .iter()
                .filter(outside)
                .filter(|m| m.benchmark == name);
            section(run, name, records.collect())
        })
        .collect()
}

/// The measurements that belong to a suite's section.
pub(super) fn suite_rows(run: &Run, suite: &str) -> Vec<Row> {
    rows(
        run,
        &run.measurements
            .iter()
            .filter(|m| suite_of(run, m) == Some(suite))
            .collect::<Vec<_>>(),
    )
}

/// The suite that a code measurement names, if that suite has a section to stand in.
fn suite_of<'a>(run: &Run, measurement: &'a Measurement) -> Option<&'a str> {
    let suite = measurement.conditions.get("suite")?.as_str()?;
    let attempted =
        measurement.benchmark == "code" && run.attempts.iter().any(|a| a.key.suite == suite);
    attempted.then_some(suite)
}

fn section(run: &Run, benchmark: &str, records: Vec<&Measurement>) -> Section {
    let rows = rows(run, &records);
    let counts: BTreeSet<usize> = rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| cell.n)
        .filter(|n| *n > 0)
        .collect();
    let of: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.value.is_some())
        .map(|cell| cell.n_of.many())
        .collect();
    let of = match of.len() {
        1 => of.first().copied().unwrap_or_default(),
        _ => Counted::Repetitions.many(),
    };
    let scope = match (counts.first(), counts.last()) {
        (Some(1), Some(1)) => "one reading each".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{most} {of}"),
        (Some(least), Some(most)) => format!("{least} to {most} {of}"),
        _ => "nothing could be measured".to_owned(),
    };
    let mut section = Section {
        benchmark: benchmark.to_owned(),
        suite: None,
        shared: shared_conditions(&rows),
        scope,
        overviews: Vec::new(),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        notes: Vec::new(),
    };
    section.notes = knee::notes(&section);
    section
}

/// A row for each metric and set of conditions of these records.
pub(super) fn rows(run: &Run, records: &[&Measurement]) -> Vec<Row> {
    let mut keys: Vec<RowKey<'_>> = Vec::new();
    for record in records {
        let key = (record.metric.as_str(), &record.conditions);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.sort_by(|a, b| {
        metric_place(a.0)
            .cmp(&metric_place(b.0))
            .then_with(|| a.0.cmp(b.0))
            .then_with(|| by_conditions(a.1, b.1))
    });
    // What a sweep is over tells its rows apart, however equal their sizes.
    let is_context = records.iter().any(|one| one.benchmark == "context");
    let swept: &[&str] = match is_context {
        true => &["sequences", "context_tokens"],
        false => &["sequences"],
    };
    let rows = keys.into_iter().map(|key| row(run, records, key));
    merged(rows.collect(), swept)
}

/// Joins rows that read the same single value under every condition (weights at each context
/// length, say) into one row with the conditions that they have in common. In a sweep over sequences, or over lengths that
/// are filled one after another, equal sizes are equal by chance (one sequence of 512, four of 128; 2000 tokens and 2048, which
/// take the same blocks) and stay apart.
fn merged(rows: Vec<Row>, swept: &[&str]) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::new();
    for row in rows {
        let is_swept = swept.iter().any(|name| row.conditions.contains_key(*name));
        match out
            .last_mut()
            .filter(|last| !is_swept && last.metric == row.metric && same_reading(last, &row))
        {
            Some(last) => last
                .conditions
                .retain(|key, value| row.conditions.get(key) == Some(value)),
            None => out.push(row),
        }
    }
    out
}

fn same_reading(a: &Row, b: &Row) -> bool {
    a.cells
        .iter()
        .zip(&b.cells)
        .all(|(a, b)| a.raw.len() == 1 && a.raw == b.raw)
}

fn row(run: &Run, records: &[&Measurement], key: RowKey<'_>) -> Row {
    let is_mine = |m: &&&Measurement| (m.metric.as_str(), &m.conditions) == key;
    let mine: Vec<&Measurement> = records.iter().filter(is_mine).copied().collect();
    let cell = |model: &str| cell(run, model, &mine, key);
    let (cells, comparisons) = own::paired(run, &mine, &cell).unwrap_or_else(|| {
        let models = run.header.models.iter();
        let cells: Vec<Cell> = models.map(|model| cell(&model.name)).collect();
        let ratio = |later: &Cell| statistic::runs_ratio(&cells[0], later, run.header.seed);
        let comparisons = cells.iter().skip(1).map(ratio).collect();
        (cells, comparisons)
    });
    let row = pairing::row(key.0, key.1.clone(), cells, comparisons);
    Row {
        better: own::better(&mine).unwrap_or(row.better),
        ..row
    }
}

/// The cell of a model from its records of one metric under the same conditions.
pub(super) fn cell(run: &Run, model: &str, records: &[&Measurement], key: RowKey<'_>) -> Cell {
    let mine = || {
        records
            .iter()
            .filter(|m| m.model == model && m.metric == key.0 && m.conditions == *key.1)
    };
    let values: Vec<f64> = mine()
        .flat_map(|m| m.values.iter().copied())
        .filter(|v| v.is_finite())
        .collect();
    if values.is_empty() {
        let reason = mine()
            .find_map(|m| m.reason.clone())
            .unwrap_or_else(|| "not measured".to_owned());
        return pairing::missing(model, Counted::Repetitions, reason);
    }
    if let Some((_, n_of)) = FLAGS.iter().find(|(metric, _)| *metric == key.0) {
        let flags: Vec<Vec<f64>> = values.into_iter().map(|flag| vec![flag]).collect();
        let cell = statistic::rate_cell(model, &flags, run.header.seed);
        return Cell {
            n_of: *n_of,
            method: cell.method.replace("problems", n_of.many()),
            ..cell
        };
    }
    if let Some((_, n_of)) = MEANS.iter().find(|(metric, _)| *metric == key.0) {
        return statistic::mean_cell(model, *n_of, values, run.header.seed);
    }
    match apart::is_of_several(run, model) && mine().all(|m| varies(m)) {
        true => statistic::runs_cell(model, values),
        false => statistic::median_cell(model, values),
    }
}

/// Conditions that have one value in all rows that have them at all, and that more than one row has.
pub(super) fn shared_conditions(rows: &[Row]) -> BTreeMap<String, Value> {
    let mut seen: BTreeMap<&String, (&Value, bool)> = BTreeMap::new();
    for (key, value) in rows.iter().flat_map(|row| &row.conditions) {
        let entry = seen.entry(key).or_insert((value, true));
        entry.1 &= entry.0 == value;
    }
    seen.into_iter()
        .filter(|(key, (_, same))| *same && *key != "text" && *key != "suite")
        .map(|(key, (value, _))| (key.clone(), value.clone()))
        .collect()
}

/// A metric's place in the list of metrics; unknown ones after all others.
pub(super) fn metric_place(name: &str) -> usize {
    METRICS
        .iter()
        .position(|metric| metric.name == name)
        .unwrap_or(METRICS.len())
}

/// Orders conditions key by key, numbers as numbers.
pub(super) fn by_conditions(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Ordering {
    let pairs = a.iter().zip(b.iter());
    pairs
        .map(|((key_a, value_a), (key_b, value_b))| {
            key_a.cmp(key_b).then_with(|| by_value(value_a, value_b))
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn by_value(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}
