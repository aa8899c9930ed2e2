//! Tables to decide by: what rows say one under another, side by side.
//!
//! A row of a section is one metric for every model. Whoever chooses (a cache type, a size of model) wants one
//! line per choice and its price in every currency. Cells are the same typed values as in rows; how
//! they are printed is decided elsewhere.

use measure::Unit;
use serde::Serialize;

use super::Cell;

/// One such table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// One line per choice, each as long as there are columns.
    pub lines: Vec<Vec<Entry>>,
}

/// A column of an overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// How a person reads it.
    pub title: String,
    /// The unit of its numbers; `None` for words.
    pub unit: Option<Unit>,
    /// Whether a page has room for it and a terminal has not.
    pub detail: bool,
}

/// What stands in a place of an overview.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A name, a state or a count.
    Words(String),
    /// A number with its n and interval, or the reason why there is none.
    Number(Box<Cell>),
}

impl Column {
    /// A column of words.
    pub(super) fn words(title: &str) -> Column {
        Column {
            title: title.to_owned(),
            unit: None,
            detail: false,
        }
    }

    /// A column of numbers.
    pub(super) fn numbers(title: &str, unit: Unit) -> Column {
        Column {
            unit: Some(unit),
            ..Column::words(title)
        }
    }

    /// The same, for pages only.
    pub(super) fn in_detail(self) -> Column {
        Column {
            detail: true,
            ..self
        }
    }
}

impl Entry {
    /// Its number, if it is one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Entry::Words(_) => None,
            Entry::Number(cell) => cell.value,
        }
    }
}

impl From<Cell> for Entry {
    fn from(cell: Cell) -> Entry {
        Entry::Number(Box::new(cell))
    }
}

impl From<String> for Entry {
    fn from(words: String) -> Entry {
        Entry::Words(words)
    }
}

impl From<&str> for Entry {
    fn from(words: &str) -> Entry {
        Entry::Words(words.to_owned())
    }
}
