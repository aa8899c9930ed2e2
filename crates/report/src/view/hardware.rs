//! What the hardware did: energy, power, peaks, and what looking at it cost.
//!
//! Everything is made from the samples of `hardware.jsonl`, which are additive: an interval belongs to the work
//! that its closing sample names, so a resumed run adds sessions and counts nothing twice. Energy is that of
//! the devices which tell it and of nothing else; no power is ever assumed. Where no device tells it
//! there is one row with the reason.

mod energy;
mod phases;
mod telling;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{HardwareSample, Measurement};
use measure::Unit;
use serde_json::{Value, json};

use super::{Cell, Counted, Row, Section, pairing, statistic, timing};
use crate::format;

const BENCHMARK: &str = "hardware";
/// The phases that are no model's work.
const NO_WORK: [&str; 4] = ["idle", "idle_after", "other", "bandwidth"];

/// The section, if the hardware was watched or its watching was refused.
pub(super) fn section(run: &Run) -> Option<Section> {
    let refused: Vec<&Measurement> = run
        .measurements
        .iter()
        .filter(|record| record.benchmark == BENCHMARK)
        .collect();
    if run.hardware.is_empty() && refused.is_empty() {
        return None;
    }
    let mut rows = energy::rows(run);
    rows.extend(readings(run));
    rows.extend(phases::rows(run));
    rows.extend(monitor(run));
    rows.extend(absent(run, &refused));
    rows.sort_by(|a, b| {
        timing::metric_place(&a.metric)
            .cmp(&timing::metric_place(&b.metric))
            .then_with(|| timing::by_conditions(&a.conditions, &b.conditions))
    });
    Some(Section {
        benchmark: BENCHMARK.to_owned(),
        suite: None,
        shared: timing::shared_conditions(&rows),
        scope: scope(run),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        overviews: Vec::new(),
        notes: energy::notes(run),
    })
}

fn scope(run: &Run) -> String {
    let seconds = measure_time(run) as f64 / 1e9;
    match run.hardware.len() {
        0 => "the hardware was not watched".to_owned(),
        1 => "one sample".to_owned(),
        n => format!(
            "{n} samples in {}",
            format::quantity(Unit::Nanoseconds, seconds * 1e9)
        ),
    }
}

/// Nanoseconds between the first and the last sample of each session, added up.
fn measure_time(run: &Run) -> u64 {
    spans(run)
        .into_values()
        .map(|(first, last)| last.saturating_sub(first))
        .sum()
}

/// First and last time of each session.
fn spans(run: &Run) -> BTreeMap<u32, (u64, u64)> {
    let mut spans = BTreeMap::new();
    for sample in &run.hardware {
        let span = spans
            .entry(sample.session)
            .or_insert((sample.at_ns, sample.at_ns));
        span.1 = span.1.max(sample.at_ns);
    }
    spans
}

/// Whether a sample is of a model's work: its own, or work on all models together.
fn is_of(sample: &HardwareSample, model: &str) -> bool {
    match &sample.model {
        Some(name) => name == model,
        None => !NO_WORK.contains(&sample.phase.as_str()),
    }
}

/// A reading, and the time since the one before it.
struct Timed {
    value: f64,
    ns: f64,
}

/// The readings of one name during a model's work.
fn timed(run: &Run, name: &str, model: &str) -> Vec<Timed> {
    let mut before: Option<&HardwareSample> = None;
    let mut readings = Vec::new();
    for sample in &run.hardware {
        let Some(value) = sample.readings.get(name).copied() else {
            continue;
        };
        let since = before.filter(|before| before.session == sample.session);
        let ns = since.map_or(0, |before| sample.at_ns.saturating_sub(before.at_ns));
        before = Some(sample);
        if is_of(sample, model) {
            readings.push(Timed {
                value,
                ns: ns as f64,
            });
        }
    }
    readings
}

/// How the readings of one name become a number.
type Reading = fn(&[Timed]) -> f64;

fn highest(readings: &[Timed]) -> f64 {
    let values = readings.iter().map(|reading| reading.value);
    values.fold(f64::MIN, f64::max)
}

fn lowest(readings: &[Timed]) -> f64 {
    let values = readings.iter().map(|reading| reading.value);
    values.fold(f64::MAX, f64::min)
}

/// By time: samples stand closer where phases end. A lone first sample counts for itself.
fn mean(readings: &[Timed]) -> f64 {
    let ns: f64 = readings.iter().map(|reading| reading.ns).sum();
    if ns == 0.0 {
        let sum: f64 = readings.iter().map(|reading| reading.value).sum();
        return sum / readings.len().max(1) as f64;
    }
    let weighed = readings.iter().map(|reading| reading.value * reading.ns);
    weighed.sum::<f64>() / ns
}

/// Metrics of the whole machine, the reading that each is made from, and how.
const OF_MACHINE: [(&str, &str, Reading); 5] = [
    ("cpu_busy_share", "cpu_busy_share", mean),
    ("cpu_lowest_hz", "cpu_hz", lowest),
    ("cpu_highest_hz", "cpu_hz", highest),
    ("process_peak_bytes", "process_bytes", highest),
    ("system_peak_bytes", "system_used_bytes", highest),
];
/// The same of each accelerator.
const OF_GPU: [(&str, &str, Reading); 2] = [
    ("gpu_busy_share", "busy_share", mean),
    ("gpu_peak_bytes", "used_bytes", highest),
];

/// Peaks and means; nothing about what no sample of any model tells.
fn readings(run: &Run) -> Vec<Row> {
    let machine = OF_MACHINE
        .iter()
        .filter_map(|(metric, name, reading)| reading_row(run, (metric, name), *reading, None));
    let gpus = gpus(run);
    let gpus = gpus.iter().flat_map(|gpu| {
        OF_GPU.iter().filter_map(move |(metric, name, reading)| {
            let name = format!("{gpu}_{name}");
            reading_row(run, (metric, &name), *reading, Some(gpu))
        })
    });
    machine.chain(gpus).collect()
}

fn reading_row(
    run: &Run,
    (metric, name): (&str, &str),
    reading: Reading,
    device: Option<&str>,
) -> Option<Row> {
    let cell = |model: &str| {
        let readings = timed(run, name, model);
        match readings.is_empty() {
            true => {
                let reason = "its work was over before it was looked at".to_owned();
                pairing::missing(model, Counted::Repetitions, reason)
            }
            false => one_value(model, reading(&readings), readings.len()),
        }
    };
    let cells: Vec<Cell> = run
        .header
        .models
        .iter()
        .map(|model| cell(&model.name))
        .collect();
    let is_told = run
        .hardware
        .iter()
        .any(|sample| sample.readings.contains_key(name));
    let conditions = device.map(|device| ("device".to_owned(), json!(device)));
    is_told.then(|| row(run, metric, conditions.into_iter().collect(), cells))
}

/// A number made of so many samples, without an interval: neighbouring samples are alike.
fn one_value(model: &str, value: f64, n: usize) -> Cell {
    let mut cell = statistic::median_cell(model, vec![value]);
    cell.n = n;
    cell.n_of = Counted::Samples;
    cell.method = "of all samples; no interval: neighbouring samples are alike".to_owned();
    cell
}

/// A number made of other things than samples.
fn made_of(n_of: Counted, how: &str, cell: Cell) -> Cell {
    Cell {
        n_of,
        method: format!("{how}; no interval: it is one run"),
        ..cell
    }
}

fn row(run: &Run, metric: &str, conditions: BTreeMap<String, Value>, cells: Vec<Cell>) -> Row {
    let seed = run.header.seed;
    let comparisons = cells
        .iter()
        .skip(1)
        .map(|cell| statistic::median_ratio(&cells[0], cell, seed))
        .collect();
    pairing::row(metric, conditions, cells, comparisons)
}

/// Accelerators by the prefix of their readings.
fn gpus(run: &Run) -> BTreeSet<String> {
    let names = run
        .hardware
        .iter()
        .flat_map(|sample| sample.readings.keys());
    names
        .filter_map(|name| name.split_once('_'))
        .map(|(device, _)| device.to_owned())
        .filter(|device| device.starts_with("gpu"))
        .collect()
}

/// Processor time of whoever sampled, as a share of one processor's time.
fn monitor(run: &Run) -> Option<Row> {
    let mut spent: BTreeMap<u32, u64> = BTreeMap::new();
    for sample in &run.hardware {
        let most = spent.entry(sample.session).or_default();
        *most = (*most).max(sample.monitor_ns.unwrap_or(0));
    }
    let (spent, passed) = (spent.values().sum::<u64>(), measure_time(run));
    if spent == 0 || passed == 0 {
        return None;
    }
    let share = spent as f64 / passed as f64;
    let models = run.header.models.iter();
    let cells = models.map(|model| one_value(&model.name, share, run.hardware.len()));
    Some(pairing::row(
        "monitor_share",
        BTreeMap::new(),
        cells.collect(),
        Vec::new(),
    ))
}

/// What was refused, with its reason.
fn absent(run: &Run, refused: &[&Measurement]) -> Vec<Row> {
    let mut keys: Vec<(&str, &BTreeMap<String, Value>)> = Vec::new();
    for record in refused.iter().filter(|record| record.values.is_empty()) {
        let key = (record.metric.as_str(), &record.conditions);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let cell = |model: &str, (metric, conditions): (&str, &BTreeMap<String, Value>)| {
        let is_it = |record: &&&Measurement| {
            (record.model.as_str(), record.metric.as_str()) == (model, metric)
                && record.conditions == *conditions
        };
        let reason = refused
            .iter()
            .find(is_it)
            .and_then(|record| record.reason.clone());
        let reason = reason.unwrap_or_else(|| "not measured".to_owned());
        pairing::missing(model, Counted::Samples, reason)
    };
    keys.into_iter()
        .map(|key| {
            let models = run.header.models.iter();
            let cells = models.map(|model| cell(&model.name, key)).collect();
            pairing::row(key.0, key.1.clone(), cells, Vec::new())
        })
        .collect()
}
