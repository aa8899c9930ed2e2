//! `hardware.csv`: the samples, first under the names that others publish, then as they are.
//!
//! What was not read is blank. Upstream's columns are about one accelerator, here the first one, and count
//! percent and GB (10⁹ bytes); ours are in base units.

use std::collections::BTreeSet;

use ledger::record::HardwareSample;
use serde_json::Value;

use super::Lines;

/// Upstream's columns behind the time: the reading that each shows, and the factor.
const UPSTREAM: [(&str, &str, f64); 8] = [
    ("gpu_util_pct", "gpu0_busy_share", 100.0),
    ("gpu_mem_used_gb", "gpu0_used_bytes", 1e-9),
    ("gpu_mem_total_gb", "gpu0_total_bytes", 1e-9),
    ("gpu_temp_c", "gpu0_celsius", 1.0),
    ("gpu_power_w", "gpu0_watts", 1.0),
    ("sys_mem_used_gb", "system_used_bytes", 1e-9),
    ("sys_mem_total_gb", "system_total_bytes", 1e-9),
    ("cpu_util_pct", "cpu_busy_share", 100.0),
];

/// Our columns before the readings.
const OURS: [&str; 8] = [
    "session",
    "sample",
    "at_ns",
    "phase",
    "model",
    "conditions",
    "tokens",
    "monitor_ns",
];

/// One line per sample.
pub(super) fn lines(samples: &[HardwareSample]) -> Lines {
    let names: BTreeSet<&String> = samples.iter().flat_map(|one| one.readings.keys()).collect();
    let mut header = vec!["timestamp".to_owned()];
    header.extend(UPSTREAM.map(|(column, ..)| column.to_owned()));
    header.extend(OURS.map(str::to_owned));
    header.extend(names.iter().map(|name| (*name).clone()));
    let mut lines = vec![header];
    for sample in samples {
        let read = |name: &str| sample.readings.get(name).copied();
        let mut line = vec![format!("{:.3}", sample.unix_ms as f64 / 1e3)];
        line.extend(UPSTREAM.map(|(_, name, factor)| blank_or(read(name).map(|v| v * factor))));
        line.extend(ours(sample));
        line.extend(names.iter().map(|name| blank_or(read(name))));
        lines.push(line);
    }
    lines
}

fn ours(sample: &HardwareSample) -> [String; 8] {
    let conditions = match sample.conditions.is_empty() {
        true => String::new(),
        false => Value::from_iter(sample.conditions.clone()).to_string(),
    };
    [
        sample.session.to_string(),
        sample.sample.to_string(),
        sample.at_ns.to_string(),
        sample.phase.clone(),
        sample.model.clone().unwrap_or_default(),
        conditions,
        sample.tokens.to_string(),
        sample
            .monitor_ns
            .map(|ns| ns.to_string())
            .unwrap_or_default(),
    ]
}

fn blank_or(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
