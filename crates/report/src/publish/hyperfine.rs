//! Timed runs in the form of hyperfine's `--export-json`, which its plotting scripts read.
//!
//! A result is one time under one set of conditions. Times are in seconds and those of the measured runs, in the
//! order taken. What hyperfine says of a process that it started (user and system time, exit codes) is `null`: no
//! process was started.

use measure::Unit;
use serde_json::{Map, Value, json};

use super::{Source, indented, nothing};
use crate::error::Error;
use crate::format;
use crate::view::{Cell, Row, Scorecard, Section};

const NANOS: f64 = 1e9;

/// Every time of the speed benchmark.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let results = all(from.card);
    if results.is_empty() {
        return Err(nothing("hyperfine", "times of `whet bench latency`"));
    }
    indented(&json!({ "results": results }))
}

fn all(card: &Scorecard) -> Vec<Value> {
    let mut results = Vec::new();
    for section in card
        .sections
        .iter()
        .filter(|section| section.benchmark == "latency")
    {
        for row in section
            .rows
            .iter()
            .filter(|row| row.unit == Unit::Nanoseconds)
        {
            let cells = row.cells.iter().filter(|cell| !cell.raw.is_empty());
            results.extend(cells.map(|cell| result(section, row, cell)));
        }
    }
    results
}

fn result(section: &Section, row: &Row, cell: &Cell) -> Value {
    let times: Vec<f64> = cell.raw.iter().map(|ns| ns / NANOS).collect();
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    let spread = (times.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
    let own = format::conditions(row.own_conditions(section));
    let command = [cell.model.as_str(), &row.title, &own];
    let command: Vec<&str> = command
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let parameters: Map<String, Value> = row
        .conditions
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(text(value))))
        .chain([("model".to_owned(), Value::from(cell.model.as_str()))])
        .collect();
    json!({
        "command": command.join(" · "),
        "mean": mean,
        "stddev": spread,
        "median": median(&times),
        "user": null,
        "system": null,
        "min": times.iter().copied().fold(f64::INFINITY, f64::min),
        "max": times.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "times": times,
        "exit_codes": null,
        "parameters": parameters,
    })
}

/// Parameters are texts there.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}
