//! `variants.csv`: one line per shape, in base units. `variants_values.csv` has the repeats themselves.

use super::{Lines, name_of};
use crate::view::{Column, Entry, Overview, Section};

/// The tables of the family under one header; advice is left to the pages.
pub(super) fn table(section: &Section) -> Lines {
    let tables = section.overviews.iter().filter(|o| is_table(o));
    let mut lines = Lines::new();
    for overview in tables {
        if lines.is_empty() {
            let mut header = vec!["table".to_owned()];
            header.extend(overview.columns.iter().map(heading));
            lines.push(header);
        }
        let name = overview.title.split(':').next().unwrap_or_default();
        for line in &overview.lines {
            let mut cells = vec![name.to_owned()];
            cells.extend(line.iter().map(cell));
            lines.push(cells);
        }
    }
    lines
}

fn is_table(overview: &Overview) -> bool {
    overview.columns.iter().any(|column| column.unit.is_some())
}

fn heading(column: &Column) -> String {
    let title = column.title.to_lowercase().replace(' ', "_");
    match &column.unit {
        Some(unit) => format!("{title}_{}", name_of(unit)),
        None => title,
    }
}

fn cell(entry: &Entry) -> String {
    match entry {
        Entry::Words(words) => words.clone(),
        Entry::Number(cell) => cell
            .value
            .map(|value| value.to_string())
            .unwrap_or_default(),
    }
}
