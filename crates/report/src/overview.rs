//! Overviews as tables of finished cells: the unit in the heading, the number alone in the cell.
//!
//! A terminal gets the columns that it has room for, and no intervals; a page gets all of both.

use crate::format::{self, Scale};
use crate::table::{Entry, Side, Table, Tone};
use crate::view::{self, Cell, Column, Overview};

/// How much of an overview is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What a terminal has room for.
    Numbers,
    /// Everything, with intervals.
    Full,
}

/// The overview as a table.
pub(crate) fn table(overview: &Overview, extent: Extent) -> Table {
    let shown: Vec<(usize, &Column, Option<Scale>)> = overview
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| extent == Extent::Full || !column.detail)
        .map(|(at, column)| (at, column, scale(overview, at)))
        .collect();
    let headings: Vec<(String, Side)> = shown
        .iter()
        .map(|(_, column, scale)| heading(column, *scale))
        .collect();
    let columns: Vec<(&str, Side)> = headings
        .iter()
        .map(|(title, side)| (title.as_str(), *side))
        .collect();
    let mut table = Table::new(&columns);
    for line in &overview.lines {
        let cells = shown.iter().map(|(at, _, scale)| match line.get(*at) {
            Some(view::Entry::Words(words)) => Entry::from(words.as_str()),
            Some(view::Entry::Number(cell)) => {
                Entry::new(&number(cell, *scale, extent), Tone::Strong)
            }
            None => Entry::from(""),
        });
        table.push(cells.collect());
    }
    table
}

/// The scale of a column of numbers: that of its largest one.
fn scale(overview: &Overview, at: usize) -> Option<Scale> {
    let unit = overview.columns.get(at)?.unit?;
    let lines = overview.lines.iter();
    let values = lines.filter_map(|line| line.get(at)?.value());
    Some(format::scale_of(
        unit,
        values.map(f64::abs).fold(0.0, f64::max),
    ))
}

fn heading(column: &Column, scale: Option<Scale>) -> (String, Side) {
    match scale.map(|scale| scale.suffix.trim()) {
        None if column.unit.is_none() => (column.title.clone(), Side::Left),
        None | Some("") => (column.title.clone(), Side::Right),
        Some(unit) => (format!("{} ({unit})", column.title), Side::Right),
    }
}

fn number(cell: &Cell, scale: Option<Scale>, extent: Extent) -> String {
    let factor = scale.map_or(1.0, |scale| scale.factor);
    let (value, interval) = format::bare(cell, factor);
    match (interval, extent) {
        (Some(interval), Extent::Full) => format!("{value} {interval}"),
        _ => value,
    }
}
