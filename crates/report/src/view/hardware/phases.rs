//! How long each phase of the work took, by the wall and in processor time.

use std::collections::BTreeMap;

use ledger::Run;
use serde_json::json;

use super::{Cell, Counted, NO_WORK, Row, made_of, one_value, row};
use crate::view::pairing;

/// The reading without which there are no rows.
const CPU: &str = "process_cpu_seconds";

/// What one phase of a model's work took.
#[derive(Default)]
struct Spent {
    ns: f64,
    /// `None` as soon as an interval of it could not be read.
    cpu_ns: Option<f64>,
    intervals: usize,
}

/// Rows of all phases; none of runs whose monitor did not read processor time yet.
pub(super) fn rows(run: &Run) -> Vec<Row> {
    if !run
        .hardware
        .iter()
        .any(|one| one.readings.contains_key(CPU))
    {
        return Vec::new();
    }
    let mut spent: BTreeMap<(&str, &str), Spent> = BTreeMap::new();
    for pair in run.hardware.windows(2) {
        let [before, after] = pair else { continue };
        let model = after.model.as_deref();
        let is_work = !NO_WORK.contains(&after.phase.as_str());
        let (true, Some(model)) = (is_work && before.session == after.session, model) else {
            continue;
        };
        let own = spent.entry((&after.phase, model)).or_insert(Spent {
            cpu_ns: Some(0.0),
            ..Spent::default()
        });
        own.ns += after.at_ns.saturating_sub(before.at_ns) as f64;
        let read = after.readings.get(CPU).map(|seconds| seconds * 1e9);
        own.cpu_ns = own.cpu_ns.zip(read).map(|(sum, one)| sum + one);
        own.intervals += 1;
    }
    let mut phases: Vec<&str> = spent.keys().map(|(phase, _)| *phase).collect();
    phases.dedup();
    let of = |phase: &str| {
        let cells = |value: &dyn Fn(&Spent) -> Option<f64>| -> Vec<Cell> {
            let cell = |model: &str| {
                let own = spent.get(&(phase, model));
                match own.and_then(|own| Some((value(own)?, own.intervals))) {
                    Some((ns, n)) => {
                        let cell = one_value(model, ns, n);
                        made_of(Counted::Samples, "sum over intervals between samples", cell)
                    }
                    None => {
                        let reason = "processor time could not be read in a part of it".to_owned();
                        pairing::missing(model, Counted::Samples, reason)
                    }
                }
            };
            let models = run.header.models.iter();
            models.map(|model| cell(&model.name)).collect()
        };
        let conditions = || BTreeMap::from([("phase".to_owned(), json!(phase))]);
        [
            row(run, "phase_ns", conditions(), cells(&|own| Some(own.ns))),
            row(run, "phase_cpu_ns", conditions(), cells(&|own| own.cpu_ns)),
        ]
    };
    phases.into_iter().flat_map(of).collect()
}
