//! The rows of one section, laid out by the number of models.

use crate::format;
use crate::table::{Entry, Fit, Frame, Grid, Side, Span, Tone};
use crate::view::{Cell, Comparison, Row, Scorecard, Section};

use super::tone;

/// Columns of the terminal below which numbers stand under each other.
const NARROW: u16 = 60;

/// The grid of a section's rows.
pub(super) fn rows(section: &Section, card: &Scorecard, width: u16) -> Grid {
    match card.provenance.models.len() {
        _ if width < NARROW => narrow(section, card),
        0 | 1 => single(section),
        2 => pair(section, card),
        _ => many(section),
    }
}

fn strong(text: &str) -> Entry {
    Entry::new(text, Tone::Strong)
}

fn faint(text: &str) -> Entry {
    Entry::new(text, Tone::Faint)
}

fn single(section: &Section) -> Grid {
    let line = |row: &Row| {
        let text = row.cells.first().map(|cell| format::cell(cell, row));
        let (value, interval, n) =
            text.map_or_else(Default::default, |text| (text.value, text.interval, text.n));
        let interval = interval.unwrap_or_default();
        let conditions = format::conditions(row.own_conditions(section));
        vec![
            row.title.clone().into(),
            faint(&conditions),
            strong(&value),
            interval.into(),
            n.into(),
        ]
    };
    Grid {
        columns: vec![
            (Side::Left, Span::AtMost(36)),
            (Side::Left, Span::Free),
            (Side::Right, Span::Content),
            (Side::Left, Span::Content),
            (Side::Right, Span::Content),
        ],
        header: Some(
            ["metric", "conditions", "value", "interval", "n"]
                .map(faint)
                .to_vec(),
        ),
        rows: section
            .rows
            .iter()
            .map(|row| (line(row), Fit::Wrap))
            .collect(),
        frame: Frame::Ruled,
    }
}

fn pair(section: &Section, card: &Scorecard) -> Grid {
    let mut header = vec![faint("metric")];
    header.extend(
        card.provenance
            .models
            .iter()
            .map(|model| strong(&model.name)),
    );
    header.push(faint("change"));
    Grid {
        columns: vec![
            (Side::Left, Span::Percent(30)),
            (Side::Left, Span::Percent(21)),
            (Side::Left, Span::Percent(21)),
            (Side::Left, Span::Percent(28)),
        ],
        header: Some(header),
        rows: (0..section.rows.len())
            .flat_map(|place| pair_lines(section, place))
            .collect(),
        frame: Frame::Ruled,
    }
}

/// A row with intervals has its numbers above and their intervals below. Rows of exact readings
/// need one line each, under the metric's name if there are several.
fn pair_lines(section: &Section, place: usize) -> Vec<(Vec<Entry>, Fit)> {
    let row = &section.rows[place];
    if !is_exact(row) {
        return pair_of_lines(section, row);
    }
    let first = place == 0 || section.rows[place - 1].metric != row.metric;
    let conditions = format::conditions(row.own_conditions(section));
    let mut lines = Vec::new();
    let label = match conditions.is_empty() {
        true => row.title.clone(),
        false => {
            lines.extend(first.then(|| (vec![row.title.clone().into()], Fit::Wrap)));
            conditions
        }
    };
    let indent = if lines.is_empty() && first { "" } else { "  " };
    let mut cells = vec![Entry {
        text: format!("{indent}{}", Entry::from(label).text),
        tone: Tone::Plain,
    }];
    cells.extend(
        row.cells
            .iter()
            .map(|cell| strong(&format::cell(cell, row).value)),
    );
    cells.extend(
        row.comparisons
            .first()
            .map(|comparison| change(comparison, row).0),
    );
    lines.push((cells, Fit::Wrap));
    lines
}

/// Single readings: nothing stands on the lower line. Where a paired test stands beside them they are a sample, if of one.
fn is_exact(row: &Row) -> bool {
    let is_single = |cell: &Cell| cell.n <= 1 && cell.interval.is_none();
    row.cells.iter().all(is_single) && row.comparisons.iter().all(|found| found.p.is_none())
}

fn pair_of_lines(section: &Section, row: &Row) -> Vec<(Vec<Entry>, Fit)> {
    let mut above: Vec<Entry> = vec![row.title.clone().into()];
    let mut below = vec![Entry {
        text: format!("  {}", faint(&under(section, row)).text),
        tone: Tone::Faint,
    }];
    for cell in &row.cells {
        let text = format::cell(cell, row);
        above.push(strong(&text.value));
        below.push(faint(&text.interval.unwrap_or_default()));
    }
    let (change, detail) = row
        .comparisons
        .first()
        .map_or_else(|| ("".into(), "".into()), |c| change(c, row));
    above.push(change);
    below.push(detail);
    vec![(above, Fit::Wrap), (below, Fit::Wrap)]
}

/// Conditions and n, as far as they are not the same for the whole section.
fn under(section: &Section, row: &Row) -> String {
    let mut words = vec![format::conditions(row.own_conditions(section))];
    words.push(format::counts(row));
    words.retain(|word| !word.is_empty());
    words.join(" · ")
}

/// The change in numbers with its word; its interval with its p-value.
fn change(comparison: &Comparison, row: &Row) -> (Entry, Entry) {
    let text = format::comparison(comparison, row);
    let finding = comparison.finding(row.better);
    let value = text.value.unwrap_or_else(|| format::ABSENT.to_owned());
    let detail: Vec<String> = [text.interval, text.p].into_iter().flatten().collect();
    (
        Entry::new(&format!("{value} {}", finding.word()), tone(finding)),
        faint(&detail.join(" ")),
    )
}

fn many(section: &Section) -> Grid {
    let header = [
        "metric",
        "model",
        "value",
        "interval",
        "n",
        "against the first",
    ];
    Grid {
        columns: vec![
            (Side::Left, Span::AtMost(28)),
            (Side::Left, Span::Free),
            (Side::Right, Span::Content),
            (Side::Left, Span::Content),
            (Side::Right, Span::Content),
            (Side::Left, Span::Free),
        ],
        header: Some(header.map(faint).to_vec()),
        rows: section
            .rows
            .iter()
            .flat_map(|row| many_lines(section, row))
            .collect(),
        frame: Frame::Ruled,
    }
}

fn many_lines(section: &Section, row: &Row) -> Vec<(Vec<Entry>, Fit)> {
    let conditions = format::conditions(row.own_conditions(section));
    let heading = if conditions.is_empty() {
        row.title.clone()
    } else {
        format!("{} · {conditions}", row.title)
    };
    let line = |(index, cell): (usize, &Cell)| {
        let text = format::cell(cell, row);
        let change = index
            .checked_sub(1)
            .and_then(|later| row.comparisons.get(later))
            .map(|c| change(c, row).0);
        let cells = vec![
            if index == 0 {
                heading.clone().into()
            } else {
                "".into()
            },
            cell.model.clone().into(),
            strong(&text.value),
            text.interval.unwrap_or_default().into(),
            text.n.into(),
            change.unwrap_or_else(|| "".into()),
        ];
        (cells, Fit::Wrap)
    };
    row.cells.iter().enumerate().map(line).collect()
}

/// Names on the left and numbers on the right, whatever the number of models; what belongs to a number stands under it.
fn narrow(section: &Section, card: &Scorecard) -> Grid {
    let lines = section
        .rows
        .iter()
        .flat_map(|row| narrow_lines(section, row, card));
    Grid {
        columns: vec![(Side::Left, Span::Free), (Side::Right, Span::Content)],
        header: Some(["metric", "value"].map(faint).to_vec()),
        rows: lines.map(|line| (line.to_vec(), Fit::Wrap)).collect(),
        frame: Frame::Ruled,
    }
}

fn narrow_lines(section: &Section, row: &Row, card: &Scorecard) -> Vec<[Entry; 2]> {
    let conditions = format::conditions(row.own_conditions(section));
    let name = [row.title.as_str(), &conditions];
    let name: Vec<&str> = name.into_iter().filter(|part| !part.is_empty()).collect();
    let mut lines = vec![[name.join(" · ").into(), "".into()]];
    let is_alone = card.provenance.models.len() < 2;
    for (index, cell) in row.cells.iter().enumerate() {
        let text = format::cell(cell, row);
        match is_alone {
            true => lines[0][1] = strong(&text.value),
            false => lines.push([indented(&cell.model), strong(&text.value)]),
        }
        let n = match text.n.is_empty() {
            true => String::new(),
            false => format!("n {}", text.n),
        };
        lines.push([indented(&n), faint(&text.interval.unwrap_or_default())]);
        let later = index
            .checked_sub(1)
            .and_then(|later| row.comparisons.get(later));
        if let Some(comparison) = later {
            let (change, detail) = change(comparison, row);
            lines.push([indented("against the first"), change]);
            lines.push(["".into(), detail]);
        }
    }
    lines.retain(|line| line.iter().any(|entry| !entry.text.trim().is_empty()));
    lines
}

fn indented(text: &str) -> Entry {
    Entry {
        text: format!("  {}", faint(text).text),
        tone: Tone::Faint,
    }
}
