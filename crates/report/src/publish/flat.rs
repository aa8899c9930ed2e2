//! The scorecard as one flat table: a line for each number, in base units, with everything that belongs to it.

use measure::Better;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::export::name_of;
use crate::view::{Cell, Row, Scorecard, Section};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Real,
}

/// The columns, in their order.
pub(super) const COLUMNS: [(&str, Kind); 18] = [
    ("run", Kind::Text),
    ("started_at", Kind::Text),
    ("benchmark", Kind::Text),
    ("suite", Kind::Text),
    ("metric", Kind::Text),
    ("unit", Kind::Text),
    ("better", Kind::Text),
    ("conditions", Kind::Text),
    ("model", Kind::Text),
    ("n", Kind::Whole),
    ("n_of", Kind::Text),
    ("value", Kind::Real),
    ("lo", Kind::Real),
    ("hi", Kind::Real),
    ("level", Kind::Real),
    ("standard_error", Kind::Real),
    ("method", Kind::Text),
    ("reason", Kind::Text),
];

/// One line: a value for each column, `null` where there is none.
pub(super) fn lines(card: &Scorecard) -> Vec<Vec<Value>> {
    let mut lines = Vec::new();
    for section in &card.sections {
        for row in &section.rows {
            let cells = row.cells.iter();
            lines.extend(cells.map(|cell| line(card, section, row, cell)));
        }
    }
    lines
}

fn line(card: &Scorecard, section: &Section, row: &Row, cell: &Cell) -> Vec<Value> {
    let better = match row.better {
        Better::Higher => "higher",
        Better::Lower => "lower",
        Better::Neither => "neither",
    };
    vec![
        json!(card.provenance.run_id),
        json!(card.provenance.started_at),
        json!(section.benchmark),
        json!(section.suite),
        json!(row.metric),
        json!(name_of(&row.unit)),
        json!(better),
        json!(serde_json::to_string(&row.conditions).unwrap_or_default()),
        json!(cell.model),
        json!(cell.n),
        json!(name_of(&cell.n_of)),
        json!(cell.value),
        json!(cell.interval.map(|interval| interval.lo)),
        json!(cell.interval.map(|interval| interval.hi)),
        json!(cell.interval.map(|interval| interval.level)),
        json!(cell.standard_error),
        json!(cell.method),
        json!(cell.reason),
    ]
}

/// The same as JSON lines; conditions are an object there.
pub(super) fn jsonl(card: &Scorecard) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for line in lines(card) {
        let mut object = Map::new();
        for ((name, _), value) in COLUMNS.iter().zip(line) {
            let value = match (*name, value.as_str()) {
                ("conditions", Some(text)) => serde_json::from_str(text)?,
                _ => value,
            };
            object.insert((*name).to_owned(), value);
        }
        serde_json::to_writer(&mut bytes, &object)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
