//! `tables.tex`: a table for each section, to be put into a paper with `\input` and booktabs.
//!
//! Units stand in the first column and in headings, never in cells; a number has the digits that its interval leaves
//! it; arrows say which way is better. Rows that a terminal leaves out are left out here as well: they are in
//! `scorecard.csv`.

use crate::format;
use crate::overview::{Extent, table as overview};
use crate::table::{Side, Table, escape_latex, tabular};
use crate::untrusted::one_line;
use crate::view::{Cell, Comparison, Row, Scorecard, Section};
use measure::Better;

/// Rows of one table; a page holds no more, and a float does not break.
const MOST_ROWS: usize = 40;

/// Letters of reasons in a caption.
const MOST_LETTERS: usize = 600;

/// Points: a line of LaTeX's own article, a letter, the gap between two columns.
const LINE: usize = 345;
const LETTER: usize = 5;
const GAP: usize = 12;
/// What makes a table narrower.
const NARROW: &str = "\\footnotesize\\setlength{\\tabcolsep}{3pt}\n";
/// Scales a table that is wider than the text all the same. A paper without graphicx gets it as it is.
const FIT: &str = r"\ifdefined\whetfit\else
\newsavebox{\whetbox}%
\newcommand{\whetfit}[1]{\sbox{\whetbox}{#1\unskip}%
\ifdim\wd\whetbox>\linewidth\ifdefined\resizebox\resizebox{\linewidth}{!}{\usebox{\whetbox}}%
\else\usebox{\whetbox}\fi\else\usebox{\whetbox}\fi}%
\fi
";

/// The whole file.
pub(crate) fn page(card: &Scorecard) -> String {
    let from = &card.provenance;
    let mut out = format!(
        "% Made by whet {} of {}.\n% Needs \\usepackage{{booktabs}}, and scales wide tables with \\usepackage{{graphicx}}. [lo, hi] is a {:.0} \\% interval.\n",
        comment(&from.whet_version),
        comment(&from.run_id),
        card.level * 100.0
    );
    let mut labels = Labels::default();
    let mut tables = String::new();
    for section in &card.sections {
        tables += &section_tables(section, card, &mut labels);
    }
    if tables.contains(NARROW) {
        out += FIT;
    }
    out + &tables
}

/// Text within a comment, which ends with its line; only what names are made of stays.
fn comment(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-+:".contains(c);
    one_line(text).replace(|c: char| !plain(c), "?")
}

/// Labels, each given once.
#[derive(Default)]
struct Labels(Vec<String>);

impl Labels {
    fn next(&mut self, title: &str) -> String {
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let words: String = title.chars().map(safe).collect();
        let words = words.split('-').filter(|word| !word.is_empty());
        let stem = words.collect::<Vec<_>>().join("-");
        let n = self.0.iter().filter(|known| **known == stem).count();
        self.0.push(stem.clone());
        match n {
            0 => format!("tab:{stem}"),
            n => format!("tab:{stem}-{}", n + 1),
        }
    }
}

fn section_tables(section: &Section, card: &Scorecard, labels: &mut Labels) -> String {
    let mut out = String::new();
    for table in &section.overviews {
        let caption = format!("{}: {}", section.title(), table.title);
        out += &floats(&overview(table, Extent::Full), (&caption, ""), labels);
    }
    let table = rows(section, card);
    if table.rows().is_empty() {
        return out;
    }
    let mut caption = format!("{}, {}", section.title(), section.scope);
    let shared = format::shared(section);
    if !shared.is_empty() {
        caption += &format!("; {shared}");
    }
    out + &floats(&table, (&caption, &absent(section)), labels)
}

/// Why rows of the table have no number, as far as a caption has room: TeX cannot set one that is as long as a page.
fn absent(section: &Section) -> String {
    let shown = Section {
        rows: section
            .rows
            .iter()
            .filter(|row| !row.is_detail())
            .cloned()
            .collect(),
        ..section.clone()
    };
    let all = format::absences(&shown).join("; ");
    if all.chars().count() <= MOST_LETTERS {
        return all;
    }
    let cut: String = all.chars().take(MOST_LETTERS).collect();
    let whole = cut.rfind(' ').map_or(cut.as_str(), |at| &cut[..at]);
    format!("{whole} … (all of it is in report.md)")
}

/// A table as floats of a page each; what only the first one has to say stands in its caption.
fn floats(table: &Table, (caption, first_only): (&str, &str), labels: &mut Labels) -> String {
    let starts = (0..table.rows().len()).step_by(MOST_ROWS);
    let (narrow, fit, end) = match width(table) > LINE {
        true => (NARROW, "\\whetfit{%\n", "}\n"),
        false => ("", "", ""),
    };
    let float = |first: usize| {
        let more = match (first, first_only) {
            (0, "") => String::new(),
            (0, said) => format!(". {said}"),
            _ => " (continued)".to_owned(),
        };
        format!(
            "\n\\begin{{table}}\n\\centering\n\\caption{{{}.}}\n\\label{{{}}}\n{narrow}{fit}{}{end}\\end{{table}}\n",
            escape_latex(&one_line(&format!("{caption}{more}"))),
            labels.next(caption.split(',').next().unwrap_or_default()),
            tabular(table, first, MOST_ROWS)
        )
    };
    starts.map(float).collect()
}

/// About how wide a table will be, in points.
fn width(table: &Table) -> usize {
    let letters = |text: &str| text.chars().count();
    let column = |(at, title): (usize, &str)| {
        let cells = table.rows().iter().map(|row| letters(&row[at].text));
        LETTER * cells.max().unwrap_or(0).max(letters(title)) + GAP
    };
    let titles = table.columns().iter().map(|column| column.title.as_str());
    titles.enumerate().map(column).sum()
}

/// One line per row, the number of each model, and the change.
fn rows(section: &Section, card: &Scorecard) -> Table {
    let models = &card.provenance.models;
    let shown: Vec<&Row> = section.rows.iter().filter(|row| !row.is_detail()).collect();
    let conditions = |row: &Row| format::conditions(row.own_conditions(section));
    let has_conditions = shown.iter().any(|row| !conditions(row).is_empty());
    let mut columns = vec![("metric".to_owned(), Side::Left)];
    if has_conditions {
        columns.push(("conditions".to_owned(), Side::Left));
    }
    columns.push(("n".to_owned(), Side::Right));
    columns.extend(models.iter().map(|model| (model.name.clone(), Side::Right)));
    let changes = models.iter().skip(1).map(|model| match models.len() {
        2 => ("change".to_owned(), Side::Right),
        _ => (format!("change, {}", model.name), Side::Right),
    });
    columns.extend(changes);
    let columns: Vec<(&str, Side)> = columns
        .iter()
        .map(|(t, side)| (t.as_str(), *side))
        .collect();
    let mut table = Table::new(&columns);
    for row in shown {
        let mut line = vec![heading(row)];
        if has_conditions {
            line.push(conditions(row));
        }
        line.push(format::counts(row).trim_start_matches("n ").to_owned());
        line.extend(row.cells.iter().map(|cell| number(cell, row)));
        line.extend(row.comparisons.iter().map(|change| changed(change, row)));
        table.push(line.into_iter().map(Into::into).collect());
    }
    table
}

/// What is measured, in which unit, and which way is better.
fn heading(row: &Row) -> String {
    let unit = format::row_scale(row).suffix.trim();
    let unit = match unit {
        "" => String::new(),
        unit => format!(" ({unit})"),
    };
    let arrow = match row.better {
        Better::Higher => " ↑",
        Better::Lower => " ↓",
        Better::Neither => "",
    };
    format!("{}{unit}{arrow}", row.title)
}

fn number(cell: &Cell, row: &Row) -> String {
    let (value, interval) = format::bare(cell, format::row_scale(row).factor);
    match interval {
        Some(interval) => format!("{value} {interval}"),
        None => value,
    }
}

fn changed(change: &Comparison, row: &Row) -> String {
    let text = format::comparison(change, row);
    let value = text.value.unwrap_or_else(|| format::ABSENT.to_owned());
    match text.interval {
        Some(interval) => format!("{value} {interval}"),
        None => value,
    }
}
