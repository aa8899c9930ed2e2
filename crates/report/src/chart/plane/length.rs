//! Speed against the length of the prompt: how fast it is read, and how fast is written after it.

use serde_json::Value;

use super::{Plane, PlaneSpec, Trace};
use crate::chart::short;
use crate::format;
use crate::view::{Row, Scorecard, Section};

/// The condition that is drawn along.
const LENGTH: &str = "prompt_tokens";

/// A panel for reading and one for writing, a line for each model and for whatever else was varied.
pub(super) fn speed(card: &Scorecard) -> Option<PlaneSpec> {
    let section = card.sections.iter().find(|s| s.benchmark == "latency")?;
    let panel = |metric: &str, title: &str| Plane {
        title: title.into(),
        across: "prompt (tokens)".into(),
        doubling: true,
        up: format!("{} (tokens per second)", title.to_lowercase()),
        traces: traces(section, card, metric),
    };
    let mut panels = vec![
        panel("prefill_tokens_per_s", "Prefill"),
        panel("decode_tokens_per_s", "Decode"),
    ];
    panels.retain(|panel| !panel.traces.is_empty());
    Some(PlaneSpec {
        stem: "latency_vs_context".into(),
        title: "Speed by length of the prompt".into(),
        panels,
    })
}

/// Lines of at least two lengths.
fn traces(section: &Section, card: &Scorecard, metric: &str) -> Vec<Trace> {
    let mut traces: Vec<Trace> = Vec::new();
    for row in section.rows.iter().filter(|row| row.metric == metric) {
        let Some(length) = row.conditions.get(LENGTH).and_then(Value::as_f64) else {
            continue;
        };
        for (cell, model) in row.cells.iter().zip(&card.provenance.models) {
            let Some(value) = cell.value else { continue };
            let name = name(row, section, &model.name);
            let at = traces.iter().position(|trace| trace.name == name);
            let at = at.unwrap_or_else(|| {
                traces.push(Trace::line(name));
                traces.len() - 1
            });
            traces[at].points.push((length, value));
            traces[at]
                .intervals
                .push(cell.interval.map(|i| (i.lo, i.hi)));
        }
    }
    traces.retain(|trace| trace.points.len() > 1);
    for (colour, trace) in traces.iter_mut().enumerate() {
        trace.colour = colour;
    }
    traces
}

/// The model, and in which of the other conditions.
fn name(row: &Row, section: &Section, model: &str) -> String {
    let others = row
        .own_conditions(section)
        .filter(|(key, _)| *key != LENGTH);
    match format::conditions(others) {
        words if words.is_empty() => short(model),
        words => format!("{}, {words}", short(model)),
    }
}
