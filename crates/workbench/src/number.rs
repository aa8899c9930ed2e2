//! A number as reports have it: with its n and interval, or with the reason why it is missing.

use std::fmt;

use measure::Interval;
use report::Scorecard;
use report::format;
use report::view::{Cell, Row};
use serde_json::{Map, Value};

/// A number, or the reason why there is none. Its text is that of the reports: `73 [63, 86]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// In the metric's base unit (nanoseconds, bytes, tokens per second, plain ratios); `None` if it could not be had.
    pub value: Option<f64>,
    /// The 95 % interval; `None` where n or the method allow none.
    pub interval: Option<Interval>,
    /// Independent things behind it: passages, chunks, repetitions.
    pub n: usize,
    /// Why there is no value.
    pub reason: Option<String>,
    /// One value for each of those things.
    pub raw: Vec<f64>,
    text: String,
}

impl Number {
    fn of(cell: &Cell, row: &Row) -> Number {
        let text = format::cell(cell, row);
        let parts = [Some(text.value), text.interval];
        Number {
            value: cell.value,
            interval: cell.interval,
            n: cell.n,
            reason: cell.reason.clone(),
            raw: cell.raw.clone(),
            text: parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
        }
    }

    fn absent(reason: &str) -> Number {
        Number {
            value: None,
            interval: None,
            n: 0,
            reason: Some(reason.to_owned()),
            raw: Vec::new(),
            text: format::ABSENT.to_owned(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A model's number in a section of a scorecard, under these conditions. A row that says nothing of a condition holds
/// under all of its values.
pub(crate) fn find(
    card: &Scorecard,
    (benchmark, model): (&str, &str),
    metric: &str,
    conditions: &Map<String, Value>,
) -> Number {
    let fits = |row: &&Row| {
        let mut known = row
            .conditions
            .iter()
            .filter_map(|(key, value)| Some((value, conditions.get(key)?)));
        row.metric == metric && known.all(|(value, wanted)| value == wanted)
    };
    let sections = card
        .sections
        .iter()
        .filter(|section| section.benchmark == benchmark);
    let row = sections.flat_map(|section| &section.rows).find(fits);
    let cell = row.and_then(|row| {
        let cell = row.cells.iter().find(|cell| cell.model == model)?;
        Some(Number::of(cell, row))
    });
    cell.unwrap_or_else(|| Number::absent("not measured"))
}
