//! `perplexity.csv`: one line per model and text, under the column names that others publish.
//!
//! `cross_entropy` and `loss` are one and the same, nats per token: the published lists of columns have one each. What is
//! scored by itself is a batch here, whichever of passage, chunk and document it is; `perplexity_values.csv` has each of
//! them by itself. Intervals, bits per byte and conditions stand behind the published columns.

use ledger::Run;

use super::{Lines, bare};
use crate::view::{Cell, Row, Scorecard, of_blocks};

/// The published columns behind the model's name.
const PUBLISHED: [&str; 5] = [
    "perplexity",
    "cross_entropy",
    "loss",
    "num_batches",
    "num_tokens",
];
const CONDITIONS: [&str; 5] = [
    "text",
    "protocol",
    "context_tokens",
    "stride_tokens",
    "text_sha256",
];
/// Metrics that come with an interval.
const ESTIMATES: [&str; 3] = ["perplexity", "bits_per_byte", "word_perplexity"];

/// The table; the header alone if nothing was scored.
pub(super) fn table(run: &Run, card: &Scorecard) -> Lines {
    let mut header = vec!["model".to_owned()];
    header.extend(PUBLISHED.map(String::from));
    header.extend(["perplexity_lo", "perplexity_hi"].map(String::from));
    for metric in &ESTIMATES[1..] {
        header.extend(["", "_lo", "_hi"].map(|end| format!("{metric}{end}")));
    }
    header.extend(CONDITIONS.map(String::from));
    header.push("reason".to_owned());
    let mut lines = vec![header];
    let sections = card.sections.iter();
    let mine = sections.filter(|section| section.benchmark == "perplexity");
    let rows: Vec<&Row> = mine.flat_map(|section| &section.rows).collect();
    for row in rows.iter().filter(|row| row.metric == ESTIMATES[0]) {
        lines.extend(row.cells.iter().map(|cell| line(run, &rows, row, cell)));
    }
    lines
}

fn line(run: &Run, rows: &[&Row], row: &Row, cell: &Cell) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let is_scored = cell.value.is_some();
    // What a model's passages, chunks or documents of a row come to.
    let sum = |metric| {
        let records = of_blocks(run, &cell.model, &row.conditions, metric);
        let values = records.flat_map(|record| record.values.iter().copied());
        values.reduce(|all, one| all + one).filter(|_| is_scored)
    };
    let (nats, tokens) = (sum("passage_nats"), sum("passage_tokens"));
    let loss = number(nats.zip(tokens).map(|(nats, tokens)| nats / tokens));
    let batches = match is_scored {
        true => cell.n.to_string(),
        false => String::new(),
    };
    let mut line = vec![cell.model.clone(), number(cell.value), loss.clone(), loss];
    line.extend([batches, number(tokens)]);
    let bounds = |cell: Option<&Cell>| {
        let interval = cell.and_then(|cell| cell.interval);
        [interval.map(|i| i.lo), interval.map(|i| i.hi)].map(number)
    };
    line.extend(bounds(Some(cell)));
    for metric in &ESTIMATES[1..] {
        let is_it = |other: &&&Row| other.metric == *metric && other.conditions == row.conditions;
        let mut cells = rows.iter().filter(is_it).flat_map(|other| &other.cells);
        let found = cells.find(|other| other.model == cell.model);
        line.push(number(found.and_then(|found| found.value)));
        line.extend(bounds(found));
    }
    let condition = |name: &str| row.conditions.get(name).map(bare).unwrap_or_default();
    line.extend(CONDITIONS.map(condition));
    line.push(cell.reason.clone().unwrap_or_default());
    line
}
