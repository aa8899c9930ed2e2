//! Numbers that were brought in as summaries: a mean with its standard error and its n, as far as a file told them.
//!
//! A section stands for a task of the file. What a file does not tell is not made up: without a spread there is no
//! interval, without an n the table says `?`. Two models are compared without pairing, because only sums are left; the
//! same problems measured here would show smaller differences.

use ledger::Run;
use ledger::record::{Measurement, Told};
use measure::{Interval, Unit, told};
use serde_json::Value;

use super::{Cell, Comparison, Counted, Kind, LEVEL, Row, Section, pairing, timing};

/// The benchmark of these records.
pub(crate) const NAME: &str = "imported";
/// The condition that says which task a number belongs to.
const TASK: &str = "suite";

/// One section for each task, in the order of the records.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let mut tasks: Vec<Option<&str>> = Vec::new();
    for record in records(run) {
        if !tasks.contains(&task(record)) {
            tasks.push(task(record));
        }
    }
    tasks.into_iter().map(|task| section(run, task)).collect()
}

fn records(run: &Run) -> impl Iterator<Item = &Measurement> {
    run.measurements.iter().filter(|m| m.benchmark == NAME)
}

fn task(record: &Measurement) -> Option<&str> {
    record.conditions.get(TASK).and_then(Value::as_str)
}

fn section(run: &Run, of: Option<&str>) -> Section {
    let mine: Vec<&Measurement> = records(run).filter(|record| task(record) == of).collect();
    let mut keys: Vec<&Measurement> = Vec::new();
    for record in &mine {
        if !keys.iter().any(|key| same(key, record)) {
            keys.push(record);
        }
    }
    keys.sort_by_key(|key| timing::metric_place(&key.metric));
    let rows: Vec<Row> = keys.into_iter().map(|key| row(run, &mine, key)).collect();
    Section {
        benchmark: NAME.to_owned(),
        suite: of.map(str::to_owned),
        shared: timing::shared_conditions(&rows),
        scope: "as its file tells it".to_owned(),
        overviews: Vec::new(),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        notes: vec!["brought in, not measured here; compared without pairing".to_owned()],
    }
}

fn same(a: &Measurement, b: &Measurement) -> bool {
    a.metric == b.metric && a.conditions == b.conditions
}

fn row(run: &Run, records: &[&Measurement], key: &Measurement) -> Row {
    let of = |model: &str| {
        records
            .iter()
            .find(|m| m.model == model && same(m, key))
            .copied()
    };
    let models: Vec<&str> = run
        .header
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    let found: Vec<Option<&Measurement>> = models.iter().map(|model| of(model)).collect();
    let bare = pairing::row(&key.metric, key.conditions.clone(), Vec::new(), Vec::new());
    let cells = models.iter().zip(&found);
    let cells: Vec<Cell> = cells
        .map(|(model, record)| cell(model, *record, bare.unit))
        .collect();
    let comparisons = models.iter().zip(&found).skip(1);
    let comparisons = comparisons.map(|(model, later)| Comparison {
        model: (*model).to_owned(),
        against: models[0].to_owned(),
        ..compared(found[0], *later)
    });
    Row {
        comparisons: comparisons.collect(),
        cells,
        ..bare
    }
}

fn cell(model: &str, record: Option<&Measurement>, unit: Unit) -> Cell {
    let of = match unit {
        Unit::Nanoseconds | Unit::TokensPerSecond => Counted::Repetitions,
        _ => Counted::Problems,
    };
    let Some((value, told)) = record.and_then(number) else {
        let reason = record.and_then(|record| record.reason.clone());
        return pairing::missing(
            model,
            of,
            reason.unwrap_or_else(|| "its file does not tell it".into()),
        );
    };
    let (interval, method) = spread(value, told, unit);
    Cell {
        model: model.to_owned(),
        value: Some(value),
        n: told.n.map_or(0, |n| n as usize),
        n_of: of,
        interval,
        standard_error: told.standard_error,
        method: method.to_owned(),
        reason: None,
        raw: Vec::new(),
    }
}

fn number(record: &Measurement) -> Option<(f64, Told)> {
    Some((*record.values.first()?, record.told.unwrap_or_default()))
}

/// The interval that a file's words allow.
fn spread(value: f64, told: Told, unit: Unit) -> (Option<Interval>, &'static str) {
    let share = told.n.filter(|_| unit == Unit::Ratio);
    if let Some(found) = share.and_then(|n| told::share(value, n as usize, LEVEL)) {
        return (
            Some(found),
            "brought in: share of problems, Wilson interval",
        );
    }
    match told
        .standard_error
        .and_then(|error| told::interval(value, error, LEVEL))
    {
        Some(found) => (
            Some(found),
            "brought in: normal interval of its standard error",
        ),
        None => (None, "brought in; no interval: its file tells no spread"),
    }
}

fn compared(first: Option<&Measurement>, later: Option<&Measurement>) -> Comparison {
    let bare = |reason: &str| pairing::incomparable(Kind::Difference, reason.to_owned());
    let (Some((base, base_told)), Some((value, told))) =
        (first.and_then(number), later.and_then(number))
    else {
        return bare("only one file tells it");
    };
    let plain = Comparison {
        value: Some(value - base),
        n: base_told.n.unwrap_or(0).min(told.n.unwrap_or(0)) as usize,
        method: "difference of numbers that were brought in; no interval: a file tells no spread"
            .into(),
        reason: None,
        ..bare("")
    };
    let errors = base_told.standard_error.zip(told.standard_error);
    let found = errors.and_then(|(a, b)| told::difference((base, a), (value, b), LEVEL));
    match found {
        None => plain,
        Some((_, interval, p)) => Comparison {
            interval: Some(interval),
            p: Some(p),
            method:
                "difference of numbers that were brought in, unpaired, from their standard errors"
                    .into(),
            ..plain
        },
    }
}
