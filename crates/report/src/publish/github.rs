//! What workflows on GitHub read: data points of github-action-benchmark, and the summary of a step.
//!
//! Data points are compared from commit to commit by name alone, so units are base units and never the one that
//! reads best today. A step's summary has a limit beyond which GitHub drops all of it; so it is cut between lines.

use measure::{Better, Unit};
use serde_json::{Value, json};

use super::{Source, indented, nothing};
use crate::error::Error;
use crate::format;
use crate::markdown;
use crate::view::{Cell, Row, Scorecard, Section};

/// Bytes of a step's summary; the limit is 1024 KiB, and other steps of the job may have theirs.
const MOST_BYTES: usize = 1000 << 10;

/// Numbers of which more is better.
pub(super) fn bigger(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    points(from.card, Better::Higher, "benchmark-bigger")
}

/// Numbers of which less is better.
pub(super) fn smaller(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    points(from.card, Better::Lower, "benchmark-smaller")
}

fn points(card: &Scorecard, better: Better, format: &'static str) -> Result<Vec<u8>, Error> {
    let mut points = Vec::new();
    for section in &card.sections {
        let shown = section
            .rows
            .iter()
            .filter(|row| row.better == better && !row.is_detail());
        for row in shown {
            let cells = row.cells.iter();
            points.extend(cells.filter_map(|cell| point(section, row, cell)));
        }
    }
    match points.is_empty() {
        true => Err(nothing(
            format,
            "a number of which that direction is better",
        )),
        false => indented(&Value::from(points)),
    }
}

fn point(section: &Section, row: &Row, cell: &Cell) -> Option<Value> {
    let value = cell.value?;
    let own = format::conditions(row.own_conditions(section));
    let title = section.title();
    let name = [title.as_str(), &row.title, &own, &cell.model];
    let name: Vec<&str> = name.into_iter().filter(|word| !word.is_empty()).collect();
    let mut point = json!({
        "name": name.join(" / "),
        "unit": unit(row.unit),
        "value": value,
        "extra": format!("n {}\n{}", cell.n, cell.method),
    });
    if let (Some(interval), Some(fields)) = (cell.interval, point.as_object_mut()) {
        let range = format!("[{}, {}]", interval.lo, interval.hi);
        fields.insert("range".into(), range.into());
    }
    Some(point)
}

/// The sign of a base unit.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "B",
        Unit::Tokens => "tokens",
        Unit::TokensPerSecond => "tok/s",
        Unit::BytesPerSecond => "B/s",
        Unit::OperationsPerSecond => "FLOP/s",
        Unit::Joules => "J",
        Unit::Watts => "W",
        Unit::Hertz => "Hz",
        Unit::Ratio => "ratio",
        Unit::Factor => "x",
        Unit::Nats => "nats",
        Unit::BitsPerByte => "bits/B",
        Unit::Perplexity => "perplexity",
        Unit::Count => "count",
    }
}

/// The Markdown report, no longer than GitHub takes.
pub(super) fn summary(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    Ok(cut(markdown::page(from.card, &[]), MOST_BYTES).into_bytes())
}

fn cut(mut text: String, most: usize) -> String {
    const NOTE: &str =
        "\n*The rest is cut: GitHub takes no more. The whole is in the run's report.md.*\n";
    if text.len() <= most {
        return text;
    }
    let room = most.saturating_sub(NOTE.len());
    let end = text.as_bytes()[..room]
        .iter()
        .rposition(|byte| *byte == b'\n');
    text.truncate(end.map_or(0, |at| at + 1));
    text + NOTE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_cut_between_lines_and_says_so() {
        let long = "a line of a table that is ä\n".repeat(100);
        let short = cut(long.clone(), 1000);
        assert!(short.len() <= 1000 && short.contains("\n\n*The rest is cut"));
        assert!(short.starts_with("a line of a table that is ä\n"));
        assert_eq!(cut(long.clone(), long.len()), long);
    }
}
