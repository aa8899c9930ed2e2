//! What the monitor saw of a RAFT run: of each phase, and of all of them in one `hardware.csv`.
//!
//! The first phase rests before it works, where something tells energy; the others take its power at rest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use bench::meter::IDLE;
use improve::raft::RaftFolder;
use ledger::Run;
use report::Scorecard;
use serde_json::{Value, json};

use super::workshop::Shop;
use crate::command::train::book::RUN;
use crate::command::train::costs;

const CSV: &str = "hardware.csv";

/// The run folders of all phases that have one, in their order.
pub(super) fn runs(folder: &RaftFolder, cycles: u32) -> Vec<PathBuf> {
    let mut places: Vec<_> = ["prompts", "held_out"]
        .map(|set| folder.path().join("baseline").join(set))
        .into();
    for cycle in 1..=cycles {
        places.extend(
            ["samples", "repairs", "training", "held_out"].map(|set| folder.cycle(cycle).join(set)),
        );
    }
    places.extend(["prompts", "held_out"].map(|set| folder.path().join("final").join(set)));
    let places = places.iter().map(|place| place.join(RUN));
    places
        .filter(|place| place.join("run.json").is_file())
        .collect()
}

/// Writes the samples of all phases in their order.
pub(super) fn write(folder: &RaftFolder, cycles: u32) -> Result<()> {
    if let Some(bytes) = joined(runs(folder, cycles).into_iter())? {
        ledger::write_derived(folder.path(), CSV, &bytes)?;
    }
    Ok(())
}

/// One table of all samples: a short phase may lack readings that a longer one has, and the columns are those of all.
fn joined(runs: impl Iterator<Item = PathBuf>) -> Result<Option<Vec<u8>>> {
    let mut all: Option<Run> = None;
    for place in runs {
        let run = ledger::read(&place)?;
        let all = all.get_or_insert_with(|| Run::new(run.header.clone()));
        all.hardware.extend(run.hardware);
    }
    let Some(all) = all else { return Ok(None) };
    let files = report::export::csv_files(&all, &Scorecard::of(&all))?;
    let table = files.into_iter().find(|(name, _)| name == CSV);
    Ok(table.map(|(_, bytes)| bytes))
}

/// Power at rest as the first phase found it, for the records of the others; nothing where nothing told it.
pub(super) fn rest(shop: &Shop<'_>) -> Result<BTreeMap<String, Value>> {
    let (_, first) = &shop.first;
    let watts = match first.join("run.json").is_file() {
        true => costs::rest(&ledger::read(first)?),
        false => BTreeMap::new(),
    };
    let known = (!watts.is_empty()).then(|| ("power_idle_watts".to_owned(), json!(watts)));
    Ok(known.into_iter().collect())
}

/// Time that the monitor saw of the sessions of a run.
pub(super) fn lasted(run: &Run) -> f64 {
    let mut ends: BTreeMap<u32, u64> = BTreeMap::new();
    for sample in &run.hardware {
        let end = ends.entry(sample.session).or_default();
        *end = sample.at_ns.max(*end);
    }
    ends.values().sum::<u64>() as f64 / 1e9
}

/// Time that the monitor saw in a phase; `None` without a monitor.
pub(super) fn spent(run: &Run, phase: &str) -> Option<f64> {
    let pairs = run.hardware.windows(2);
    let closing = pairs.filter(|pair| pair[0].session == pair[1].session && pair[1].phase == phase);
    let ns: u64 = closing
        .map(|pair| pair[1].at_ns.saturating_sub(pair[0].at_ns))
        .sum();
    (!run.hardware.is_empty()).then_some(ns as f64 / 1e9)
}

/// halo-forge's summary of the monitor. What was not read is null, energy with its reason.
pub(super) fn seen(run: &Run, seconds: f64) -> Value {
    let read = |name: &str, scale: f64| -> Vec<f64> {
        let readings = run
            .hardware
            .iter()
            .filter_map(|sample| sample.readings.get(name));
        readings.map(|value| value * scale).collect()
    };
    let mean = |all: &[f64]| (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let most = |all: &[f64]| all.iter().copied().reduce(f64::max);
    let memory = read("system_used_bytes", 1e-9);
    let busy = read("cpu_busy_share", 100.0);
    let work = run.hardware.iter().filter(|sample| sample.phase != IDLE);
    let joules: Vec<f64> = work
        .flat_map(|sample| ["cpu_joules", "gpu0_joules"].map(|name| sample.readings.get(name)))
        .flatten()
        .copied()
        .collect();
    let hours = |joules: &[f64]| (!joules.is_empty()).then(|| joules.iter().sum::<f64>() / 3600.0);
    let energy = hours(&joules);
    let is_energy = |one: &&ledger::record::Measurement| one.metric == "energy_run_joules";
    let reason = run
        .measurements
        .iter()
        .find(is_energy)
        .and_then(|one| one.reason.clone());
    json!({
        "duration_sec": (seconds * 10.0).round() / 10.0,
        "samples_count": run.hardware.len(),
        "gpu": {
            "utilization_avg_pct": mean(&read("gpu0_busy_share", 100.0)),
            "utilization_peak_pct": most(&read("gpu0_busy_share", 100.0)),
            "memory_avg_gb": mean(&read("gpu0_used_bytes", 1e-9)),
            "memory_peak_gb": most(&read("gpu0_used_bytes", 1e-9)),
            "temp_avg_c": mean(&read("gpu0_celsius", 1.0)),
            "temp_peak_c": most(&read("gpu0_celsius", 1.0)),
            "power_avg_w": mean(&read("gpu0_watts", 1.0)),
            "power_peak_w": most(&read("gpu0_watts", 1.0)),
            "energy_wh": hours(&read("gpu0_joules", 1.0)),
        },
        "system": {
            "memory_avg_gb": mean(&memory),
            "memory_peak_gb": most(&memory),
            "cpu_util_avg_pct": mean(&busy),
            "cpu_util_peak_pct": most(&busy),
        },
        "energy_wh": energy,
        "energy_reason": energy.map_or(reason, |_| None),
        "energy": costs::energy(run),
    })
}
