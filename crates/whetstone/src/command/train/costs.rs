//! What the record of a run says that it cost: time and processor time by phase, energy, or why there is none.

use std::collections::BTreeMap;

use improve::raft::Cost;
use ledger::Run;
use report::Scorecard;
use serde_json::{Value, json};

/// Time of each phase, as the monitor saw it. Loading and the like are `other`.
pub(super) fn of_phases(run: &Run) -> BTreeMap<String, Cost> {
    let mut all: BTreeMap<String, Cost> = BTreeMap::new();
    for pair in run.hardware.windows(2) {
        let [before, after] = pair else { continue };
        if before.session != after.session {
            continue;
        }
        let nothing = Cost {
            seconds: 0.0,
            cpu_seconds: Some(0.0),
        };
        let cost = all.entry(after.phase.clone()).or_insert(nothing);
        cost.seconds += after.at_ns.saturating_sub(before.at_ns) as f64 / 1e9;
        let read = after.readings.get("process_cpu_seconds");
        cost.cpu_seconds = cost.cpu_seconds.zip(read).map(|(sum, one)| sum + one);
    }
    all
}

/// Energy of the work in a run, and for each trained token: with what the machine takes at rest and without.
pub(super) fn energy(run: &Run) -> Value {
    let card = Scorecard::of(run);
    let rows = card
        .sections
        .iter()
        .filter(|one| one.benchmark == "hardware");
    let rows: Vec<_> = rows.flat_map(|section| &section.rows).collect();
    // Only of the devices that compute is a mean told.
    let mean = rows.iter().find(|row| row.metric == "power_mean_watts");
    let computing = mean.and_then(|row| row.conditions.get("device"));
    let read = |metric: &str, idle: &str| {
        let is_it = |key: &str, wanted: &str, row: &report::Row| {
            row.conditions.get(key).is_none_or(|value| value == wanted)
        };
        let row = rows.iter().find(|row| {
            row.metric == metric
                && is_it("idle", idle, row)
                && is_it("phase", "train", row)
                && row.conditions.get("device") == computing
        });
        row.and_then(|row| row.cells.first()?.value)
    };
    let both = |metric: &str| json!({ "subtracted": read(metric, "subtracted"), "included": read(metric, "included") });
    let run_joules = "energy_run_joules";
    let row = rows.iter().find(|row| row.metric == run_joules);
    let reason = row.and_then(|row| row.cells.first()?.reason.clone());
    json!({
        "work_joules": both(run_joules),
        "per_trained_token_joules": both("energy_per_token_joules"),
        "reason": reason,
    })
}

/// Power at rest by device, as a run found it.
pub(super) fn rest(run: &Run) -> BTreeMap<String, f64> {
    let card = Scorecard::of(run);
    let rows = card.sections.iter().flat_map(|section| &section.rows);
    // Rows of one rest among several say when it was.
    let idle =
        rows.filter(|row| row.metric == "power_idle_watts" && !row.conditions.contains_key("when"));
    let watts = idle.filter_map(|row| {
        let device = row.conditions.get("device")?.as_str()?;
        Some((device.to_owned(), row.cells.first()?.value?))
    });
    watts.collect()
}

/// Time, processor time and energy of a training in a line or two.
pub(super) fn words(run: &Run) -> String {
    let phases = of_phases(run);
    let of = |phase: &str, name: &str| {
        let cost = phases.get(phase)?;
        Some(format!("{name} {}", timed(cost)))
    };
    let all = [
        ("train", "steps"),
        ("evaluate", "looks"),
        ("keep", "writing"),
    ];
    let all: Vec<String> = all
        .iter()
        .filter_map(|(phase, name)| of(phase, name))
        .collect();
    let energy = energy(run);
    let energy = match (of_work(&energy), energy["reason"].as_str()) {
        (Some((joules, how)), _) => {
            let each = per_token(&energy).map_or_else(String::new, |joules| {
                format!(", {joules:.3} J per trained token")
            });
            format!("{joules:.0} J{each}, rest {how}")
        }
        (None, reason) => format!("null ({})", reason.unwrap_or("nothing told it")),
    };
    format!("time: {}\nenergy: {energy}", all.join(", "))
}

/// A time with the processor time in it.
pub(super) fn timed(cost: &Cost) -> String {
    match cost.cpu_seconds {
        Some(cpu) => format!("{:.1} s (processors {cpu:.1} s)", cost.seconds),
        None => format!("{:.1} s", cost.seconds),
    }
}

/// Joules of the work of a phase, and what became of those at rest: subtracted where they are known.
pub(super) fn of_work(energy: &Value) -> Option<(f64, &'static str)> {
    let joules = |how: &str| energy["work_joules"][how].as_f64();
    let subtracted = joules("subtracted").map(|joules| (joules, "subtracted"));
    subtracted.or_else(|| Some((joules("included")?, "included")))
}

/// Joules of a trained token, likewise.
pub(super) fn per_token(energy: &Value) -> Option<f64> {
    let each = &energy["per_trained_token_joules"];
    each["subtracted"]
        .as_f64()
        .or_else(|| each["included"].as_f64())
}

#[cfg(test)]
#[path = "costs_tests.rs"]
mod tests;
