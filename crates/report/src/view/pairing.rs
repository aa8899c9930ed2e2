//! Rows put together from cells: the same problems side by side, for every model of the run.

use std::collections::BTreeMap;

use ledger::Run;
use measure::{Better, Unit};
use serde_json::Value;

use super::{Cell, Comparison, Counted, Kind, Row, statistic};

/// Outcomes in 0..=1 by problem; the attempts at one problem are one cluster.
pub(super) type Clusters = BTreeMap<String, Vec<f64>>;

/// The one score of an attempt that may be negative.
const SIGNED: &str = "integrity_gap";

/// The row of a rate: one cell per model from its clusters, later models paired with the first.
/// `reasons` say, per model, why there is no value if its clusters are empty.
pub(super) fn rate_row(run: &Run, metric: &str, per_model: &[Clusters], reasons: &[String]) -> Row {
    let seed = run.header.seed;
    let of_outcomes = match metric {
        SIGNED => statistic::gap_cell,
        _ => statistic::rate_cell,
    };
    let models = run.header.models.iter().map(|model| model.name.as_str());
    let cells: Vec<Cell> = models
        .zip(per_model)
        .zip(reasons)
        .map(|((model, clusters), reason)| match clusters.is_empty() {
            true => missing(model, Counted::Problems, reason.clone()),
            false => of_outcomes(model, &clusters.values().cloned().collect::<Vec<_>>(), seed),
        })
        .collect();
    let comparisons = cells.iter().zip(per_model).skip(1).map(|(cell, later)| {
        let found = statistic::rate_difference(&pairs(&per_model[0], later), seed);
        Comparison {
            model: cell.model.clone(),
            against: cells[0].model.clone(),
            ..found
        }
    });
    let comparisons = comparisons.collect();
    row(metric, BTreeMap::new(), cells, comparisons)
}

/// Outcomes of both models at the problems that both were judged on.
fn pairs(base: &Clusters, later: &Clusters) -> Vec<(Vec<f64>, Vec<f64>)> {
    base.iter()
        .filter_map(|(problem, outcomes)| Some((outcomes.clone(), later.get(problem)?.clone())))
        .collect()
}

/// A row with title, unit and direction from the metric list.
pub(super) fn row(
    metric: &str,
    conditions: BTreeMap<String, Value>,
    cells: Vec<Cell>,
    comparisons: Vec<Comparison>,
) -> Row {
    let (title, unit, better) = meaning(metric);
    Row {
        metric: metric.to_owned(),
        title,
        unit,
        better,
        conditions,
        cells,
        comparisons,
    }
}

/// Title, unit and direction; `pass_at_<k>`, `compile_at_<k>` and unlisted names are read from the name
/// itself.
fn meaning(metric: &str) -> (String, Unit, Better) {
    if let Some(known) = measure::metric::find(metric) {
        return (known.title.to_owned(), known.unit, known.better);
    }
    for (prefix, word) in [("pass_at_", "pass"), ("compile_at_", "compile")] {
        if let Some(k) = metric.strip_prefix(prefix) {
            return (format!("{word}@{k}"), Unit::Ratio, Better::Higher);
        }
    }
    (
        metric.replace('_', " "),
        unit_of_name(metric),
        Better::Neither,
    )
}

/// The unit of a metric's numbers.
pub(super) fn unit(metric: &str) -> Unit {
    meaning(metric).1
}

/// House names end in their unit.
fn unit_of_name(metric: &str) -> Unit {
    const ENDINGS: [(&str, Unit); 7] = [
        ("_tokens_per_s", Unit::TokensPerSecond),
        ("_bytes_per_s", Unit::BytesPerSecond),
        ("_operations_per_s", Unit::OperationsPerSecond),
        ("_bytes", Unit::Bytes),
        ("_ns", Unit::Nanoseconds),
        ("_share", Unit::Ratio),
        ("_rate", Unit::Ratio),
    ];
    ENDINGS
        .iter()
        .find(|(ending, _)| metric.ends_with(ending))
        .map_or(Unit::Count, |(_, unit)| *unit)
}

/// A cell without a value.
pub(super) fn missing(model: &str, n_of: Counted, reason: String) -> Cell {
    Cell {
        model: model.to_owned(),
        value: None,
        n: 0,
        n_of,
        interval: None,
        standard_error: None,
        method: "none".to_owned(),
        reason: Some(reason),
        raw: Vec::new(),
    }
}

/// A comparison that cannot be made. The caller fills in the two names.
pub(super) fn incomparable(kind: Kind, reason: String) -> Comparison {
    Comparison {
        model: String::new(),
        against: String::new(),
        kind,
        value: None,
        interval: None,
        p: None,
        smallest_detectable: None,
        n: 0,
        identical: false,
        method: "none".to_owned(),
        reason: Some(reason),
        caution: None,
    }
}

impl Comparison {
    /// Value and interval through an increasing function.
    pub(super) fn map_value(self, function: fn(f64) -> f64) -> Comparison {
        Comparison {
            value: self.value.map(function).filter(|value| value.is_finite()),
            interval: self.interval.and_then(|interval| interval.map(function)),
            ..self
        }
    }
}
