//! One table of finished cells, and its five renderings.
//!
//! A cell holds text that has been formatted once; no renderer formats a number. Text from outside
//! is made [`visible`](crate::untrusted) when it enters a cell, so that no renderer can forget it;
//! each renderer escapes for its own format.

mod console;
mod latex;
mod machine;
mod markdown;

pub use console::{Colour, console};
pub(crate) use console::{Fit, Frame, Grid, Span, grid};
pub(crate) use latex::{escape as escape_latex, tabular};
pub use machine::{csv, json};
pub(crate) use markdown::escape as escape_markdown;
pub use markdown::markdown;

use crate::untrusted::one_line;

/// Rows under a header, every cell finished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Entry>>,
}

/// A column's heading and the side its cells stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub title: String,
    /// Where its cells stand.
    pub side: Side,
    /// Whether a terminal breaks its cells as the last ones: names that are copied from there.
    pub whole: bool,
}

/// Where text stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Finished text on one line, free of control characters.
    pub text: String,
    /// How it is stressed where colour is allowed; never the only carrier of a meaning.
    pub tone: Tone,
}

/// Stress of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As the rest.
    #[default]
    Plain,
    /// Headings and key numbers.
    Strong,
    /// What may be skipped.
    Faint,
    /// An improvement.
    Good,
    /// A regression.
    Bad,
    /// A doubt.
    Doubt,
}

impl Entry {
    /// A cell of that tone.
    pub fn new(text: &str, tone: Tone) -> Entry {
        Entry {
            text: one_line(text),
            tone,
        }
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Entry {
        Entry::new(text, Tone::Plain)
    }
}

impl From<String> for Entry {
    fn from(text: String) -> Entry {
        Entry::new(&text, Tone::Plain)
    }
}

impl Table {
    /// An empty table with these columns.
    pub fn new(columns: &[(&str, Side)]) -> Table {
        let columns = columns.iter().map(|(title, side)| Column {
            title: one_line(title),
            side: *side,
            whole: false,
        });
        Table {
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    /// The table, in which a terminal keeps the cells of that column whole as long as the others have room.
    pub fn keeping_whole(mut self, title: &str) -> Table {
        let named = self.columns.iter_mut();
        named
            .filter(|column| column.title == title)
            .for_each(|column| column.whole = true);
        self
    }

    /// Appends a row. Cells beyond the last column are dropped, missing ones are empty.
    pub fn push(&mut self, row: Vec<Entry>) {
        let mut row = row;
        row.resize_with(self.columns.len(), || Entry::from(""));
        self.rows.push(row);
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows, each as long as there are columns.
    pub fn rows(&self) -> &[Vec<Entry>] {
        &self.rows
    }
}

#[cfg(test)]
mod tests;
