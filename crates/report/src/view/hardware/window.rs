//! Stretches of one kind of work, with their time, tokens and joules, from samples.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::HardwareSample;
use measure::energy::trapezoid;
use serde_json::Value;

/// A stretch of one kind of work.
pub(super) struct Window<'r> {
    pub(super) phase: &'r str,
    pub(super) model: Option<&'r str>,
    pub(super) conditions: &'r BTreeMap<String, Value>,
    pub(super) ns: u64,
    pub(super) tokens: u64,
    /// `None` if a part of it could not be read.
    pub(super) joules: Option<f64>,
}

impl Window<'_> {
    /// Without what the machine takes at rest.
    pub(super) fn net(&self, idle_watts: f64) -> Option<f64> {
        Some(self.joules? - idle_watts * self.ns as f64 / 1e9)
    }
}

/// Joins the intervals between samples into stretches of one kind of work.
pub(super) fn windows<'r>(run: &'r Run, sources: &[(&str, bool)]) -> Vec<Window<'r>> {
    let mut windows: Vec<Window<'r>> = Vec::new();
    let mut is_open = false;
    for pair in run.hardware.windows(2) {
        let [before, after] = pair else { continue };
        if before.session != after.session || after.at_ns < before.at_ns {
            is_open = false;
            continue;
        }
        let interval = interval(before, after, sources);
        match windows
            .last_mut()
            .filter(|last| is_open && last.is_like(&interval))
        {
            Some(last) => last.append(&interval),
            None => windows.push(interval),
        }
        is_open = after.tokens == 0;
    }
    windows
}

fn interval<'r>(
    before: &HardwareSample,
    after: &'r HardwareSample,
    sources: &[(&str, bool)],
) -> Window<'r> {
    let ns = after.at_ns - before.at_ns;
    let joules = sources.iter().map(|(device, counts)| {
        let read = |sample: &HardwareSample, what: &str| {
            sample.readings.get(&format!("{device}_{what}")).copied()
        };
        match counts {
            true => read(after, "joules"),
            false => trapezoid(ns, read(before, "watts"), read(after, "watts")),
        }
    });
    Window {
        phase: &after.phase,
        model: after.model.as_deref(),
        conditions: &after.conditions,
        ns,
        tokens: after.tokens,
        joules: joules.sum(),
    }
}

impl Window<'_> {
    fn is_like(&self, other: &Window<'_>) -> bool {
        (self.phase, self.model, self.conditions) == (other.phase, other.model, other.conditions)
    }

    fn append(&mut self, later: &Window<'_>) {
        self.ns += later.ns;
        self.tokens += later.tokens;
        self.joules = self.joules.zip(later.joules).map(|(a, b)| a + b);
    }
}
