//! Costs of a training that is made up of samples.

use std::collections::BTreeMap;

use ledger::record::{HardwareSample, Measurement, ModelRecord};

use super::*;
use crate::provenance;

/// A record of one model without samples.
fn record() -> Run {
    let mut header = provenance::bare(&[], 1);
    header.models = vec![ModelRecord {
        name: "toy".into(),
        path: "toy.gguf".into(),
        sha256: String::new(),
        file_bytes: 1,
        facts: BTreeMap::new(),
        chat_template_sha256: None,
        adapter: None,
    }];
    Run::new(header)
}

/// A sample at so many seconds that closes a phase with so many tokens.
fn sample(seconds: u64, phase: &str, tokens: u64, readings: &[(&str, f64)]) -> HardwareSample {
    let is_work = !["idle", "other"].contains(&phase);
    HardwareSample {
        session: 0,
        sample: seconds,
        at_ns: seconds * 1_000_000_000,
        unix_ms: 0,
        phase: phase.into(),
        model: is_work.then(|| "toy".to_owned()),
        conditions: BTreeMap::new(),
        tokens,
        monitor_ns: None,
        readings: readings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect(),
    }
}

/// Ten watts at rest, two steps, and a look.
fn metered() -> Run {
    let of = |joules: f64, cpu: f64| [("cpu_joules", joules), ("process_cpu_seconds", cpu)];
    Run {
        hardware: vec![
            sample(0, "other", 0, &[]),
            sample(10, "idle", 0, &of(100.0, 0.0)),
            sample(12, "train", 50, &of(60.0, 3.0)),
            sample(14, "train", 50, &of(80.0, 4.0)),
            sample(15, "evaluate", 20, &of(20.0, 1.0)),
        ],
        ..record()
    }
}

#[test]
fn a_trained_token_costs_what_its_step_drew_above_rest() {
    let energy = energy(&metered());
    assert_eq!(energy["work_joules"]["included"], 160.0);
    assert_eq!(energy["work_joules"]["subtracted"], 110.0);
    assert_eq!(energy["per_trained_token_joules"]["subtracted"], 1.0);
    assert_eq!(energy["per_trained_token_joules"]["included"], 1.4);
    assert!(energy["reason"].is_null());
    assert_eq!(rest(&metered()), BTreeMap::from([("cpu".to_owned(), 10.0)]));
    let words = words(&metered());
    assert!(words.contains("steps 4.0 s (processors 7.0 s)"), "{words}");
    assert!(
        words.contains("110 J, 1.000 J per trained token, rest subtracted"),
        "{words}"
    );
}

#[test]
fn a_card_that_does_not_train_has_no_part_in_what_training_costs_and_its_own_rest() {
    let mut beside = metered();
    for sample in &mut beside.hardware {
        sample.readings.insert("gpu0_watts".into(), 300.0);
    }
    let energy = energy(&beside);
    assert_eq!(energy["work_joules"]["subtracted"], 110.0);
    assert_eq!(energy["per_trained_token_joules"]["subtracted"], 1.0);
    let known = [("all", 310.0), ("cpu", 10.0), ("gpu0", 300.0)];
    let known = known.map(|(device, watts)| (device.to_owned(), watts));
    assert_eq!(rest(&beside), BTreeMap::from(known));
}

/// A phase of a longer work does not rest again, and takes the power at rest from the phase that did.
#[test]
fn power_at_rest_that_is_known_from_before_is_subtracted_too() {
    let mut later = metered();
    later.hardware.remove(1);
    let included = energy(&later);
    assert!(included["work_joules"]["subtracted"].is_null());
    let known = json!({ "cpu": 10.0 });
    later
        .header
        .machine
        .insert("power_idle_watts".into(), known);
    // The first interval of what is left began at 0.
    later.hardware[0].at_ns = 10_000_000_000;
    assert_eq!(energy(&later)["work_joules"]["subtracted"], 110.0);
}

#[test]
fn where_nothing_tells_energy_there_is_a_reason_and_times_all_the_same() {
    let mut silent = metered();
    for sample in &mut silent.hardware {
        sample.readings.remove("cpu_joules");
    }
    silent.measurements.push(Measurement {
        model: "toy".into(),
        benchmark: "hardware".into(),
        metric: "energy_run_joules".into(),
        conditions: BTreeMap::new(),
        values: Vec::new(),
        reason: Some("no counter".into()),
        told: None,
        own: None,
    });
    let said = words(&silent);
    assert!(said.contains("energy: null (no counter)"), "{said}");
    let phases = of_phases(&silent);
    assert_eq!(
        (phases["train"].seconds, phases["evaluate"].seconds),
        (4.0, 1.0)
    );
    // One interval that could not be read hides the sum, and no other one.
    silent.hardware[2].readings.clear();
    let phases = of_phases(&silent);
    assert_eq!(phases["train"].cpu_seconds, None);
    assert_eq!(phases["evaluate"].cpu_seconds, Some(1.0));
}
