//! `context.csv`: a line for each model, cache type and length.

use serde_json::Value;

use super::accuracy::numbers;
use super::{Lines, bare};
use crate::view::{Row, Scorecard, Section};

/// Metrics that become columns, with the ends of their intervals.
const METRICS: [&str; 7] = [
    "prefill_tokens_per_s",
    "decode_tokens_per_s",
    "fill_ns",
    "kv_logical_bytes",
    "kv_allocated_bytes",
    "recall_share",
    "recall_first_share",
];

pub(super) fn lengths(card: &Scorecard) -> Lines {
    let mut header = ["model", "cache", "context_tokens"]
        .map(String::from)
        .to_vec();
    for metric in METRICS {
        header.extend(["", "_lo", "_hi"].map(|end| format!("{metric}{end}")));
    }
    header.push("questions".to_owned());
    let mut lines = vec![header];
    let of = |section: &&Section| section.benchmark == "context";
    for section in card.sections.iter().filter(of) {
        let mut places: Vec<[Option<&Value>; 2]> = Vec::new();
        for row in &section.rows {
            let place = place(row);
            if place.iter().all(Option::is_some) && !places.contains(&place) {
                places.push(place);
            }
        }
        for (at, model) in card.provenance.models.iter().enumerate() {
            for wanted in &places {
                let row = |metric: &str| {
                    let mut rows = section.rows.iter();
                    rows.find(|row| row.metric == metric && place(row) == *wanted)
                };
                let cell = |metric: &str| row(metric).and_then(|row| row.cells.get(at));
                let mut line = vec![model.name.clone()];
                line.extend(wanted.map(|value| value.map(bare).unwrap_or_default()));
                line.extend(METRICS.into_iter().flat_map(|metric| numbers(cell(metric))));
                let asked = cell("recall_share").filter(|cell| cell.n > 0);
                line.push(asked.map_or_else(String::new, |cell| cell.n.to_string()));
                lines.push(line);
            }
        }
    }
    lines
}

/// Cache type and length of a row.
fn place(row: &Row) -> [Option<&Value>; 2] {
    ["cache", "context_tokens"].map(|name| row.conditions.get(name))
}
