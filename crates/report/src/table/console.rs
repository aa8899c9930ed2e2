//! Tables for a terminal: measured in columns of the terminal, never wider than asked.
//!
//! Widths (wide glyphs, combining marks) are comfy-table's matter; this file is the only one that
//! knows it. Colour is decided by the caller, because only the program knows its terminal.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Row,
    TableStyle, Width,
};

use super::{Entry, Side, Table, Tone};

/// Whether terminal styling is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI styling.
    Always,
}

/// The rules drawn around a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// None.
    Open,
    /// One under the header, one at the end.
    Ruled,
    /// A heavy one under the header.
    Heading,
}

/// What happens to a cell that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It goes on in the next line.
    Wrap,
    /// It is cut, with an ellipsis.
    Cut,
}

/// How wide a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// As its content needs.
    Free,
    /// As its content needs, whatever becomes of the others; only for short text of our own.
    Content,
    /// As its content needs, and at least this many columns of the terminal.
    AtLeast(u16),
    /// At most this many percent of the width.
    AtMost(u16),
    /// This many percent of the width.
    Percent(u16),
}

/// Cells to be laid out: what every console view is made of.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<(Side, Span)>,
    pub(crate) header: Option<Vec<Entry>>,
    pub(crate) rows: Vec<(Vec<Entry>, Fit)>,
    pub(crate) frame: Frame,
}

/// The narrowest width that is laid out; below it a table has no room for its columns.
const NARROWEST: u16 = 40;

/// How much of a terminal's width a column may take whose cells are kept whole.
const WHOLE: (usize, usize) = (5, 8);

/// The table with rules, at most `width` columns of the terminal wide.
pub fn console(table: &Table, width: u16, colour: Colour) -> String {
    let mut grid = grid(table);
    // Both sides of a cell are padded.
    let most = usize::from(width.max(NARROWEST)) * WHOLE.0 / WHOLE.1 - 2;
    for (at, column) in table.columns().iter().enumerate() {
        let cells = table.rows().iter().map(|row| row[at].text.chars().count());
        if column.whole && cells.max().is_some_and(|longest| longest <= most) {
            grid.columns[at].1 = Span::Content;
        }
    }
    grid.render(width, colour)
}

/// The table with rules, to be rendered.
pub(crate) fn grid(table: &Table) -> Grid {
    let heading = |title: &str| Entry {
        text: title.to_owned(),
        tone: Tone::Strong,
    };
    Grid {
        columns: table
            .columns()
            .iter()
            .map(|column| (column.side, Span::Free))
            .collect(),
        header: Some(
            table
                .columns()
                .iter()
                .map(|column| heading(&column.title))
                .collect(),
        ),
        rows: table
            .rows()
            .iter()
            .map(|row| (row.clone(), Fit::Wrap))
            .collect(),
        frame: Frame::Ruled,
    }
}

impl Grid {
    /// Lines without trailing blanks, with a line break at the end of each.
    pub(crate) fn render(&self, width: u16, colour: Colour) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(style(self.frame))
            .set_width(width.max(NARROWEST));
        table.set_content_arrangement(match self.frame {
            Frame::Open => ContentArrangement::Dynamic,
            Frame::Ruled | Frame::Heading => ContentArrangement::DynamicFullWidth,
        });
        match colour {
            Colour::Never => table.force_no_tty(),
            Colour::Always => table.enforce_styling(),
        };
        if let Some(header) = &self.header {
            // Two names often differ at their end only, so a table's header is never cut.
            let fit = if self.frame == Frame::Heading {
                Fit::Cut
            } else {
                Fit::Wrap
            };
            table.set_header(self.row(header, fit));
        }
        for (cells, fit) in &self.rows {
            table.add_row(self.row(cells, *fit));
        }
        self.constrain(&mut table);
        table
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }

    fn row(&self, cells: &[Entry], fit: Fit) -> Row {
        let sides = self.columns.iter().map(|(side, _)| *side);
        let mut row: Row = cells
            .iter()
            .zip(sides)
            .map(|(entry, side)| cell(entry, side))
            .collect::<Vec<_>>()
            .into();
        if fit == Fit::Cut {
            row.max_height(1);
        }
        row
    }

    fn constrain(&self, table: &mut comfy_table::Table) {
        for (index, (_, span)) in self.columns.iter().enumerate() {
            let Some(column) = table.column_mut(index) else {
                continue;
            };
            match span {
                Span::Free => {}
                Span::AtLeast(columns) => {
                    let least = Width::Fixed(*columns);
                    column.set_constraint(ColumnConstraint::LowerBoundary(least));
                }
                Span::Content => {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
                Span::AtMost(percent) => {
                    column.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(
                        *percent,
                    )));
                }
                Span::Percent(percent) => {
                    column.set_constraint(ColumnConstraint::Absolute(Width::Percentage(*percent)));
                }
            }
        }
    }
}

fn cell(entry: &Entry, side: Side) -> Cell {
    let cell = Cell::new(&entry.text).set_alignment(match side {
        Side::Left => CellAlignment::Left,
        Side::Right => CellAlignment::Right,
    });
    match entry.tone {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Good => cell.fg(Color::Green),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Doubt => cell.fg(Color::Yellow),
    }
}

fn style(frame: Frame) -> TableStyle {
    let rule = LineStyle::none().fill('─').junction('─');
    let open = TableStyle::new();
    match frame {
        Frame::Open => open,
        Frame::Ruled => open.header_separator(rule).bottom_border(rule),
        Frame::Heading => open.header_separator(LineStyle::none().fill('━').junction('━')),
    }
}
