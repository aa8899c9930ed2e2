//! The rows of one section, laid out by the number of models.

use crate::format;
use crate::table::{Entry, Fit, Frame, Grid, Side, Span, Tone};
use crate::view::{Cell, Comparison, Row, Scorecard, Section};

use super::tone;

/// The grid of a section's rows.
pub(super) fn rows(section: &Section, card: &Scorecard) -> Grid {
    match card.provenance.models.len() {
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

/// Single readings: nothing stands on the lower line.
fn is_exact(row: &Row) -> bool {
    row.cells
        .iter()
        .all(|cell| cell.n <= 1 && cell.interval.is_none())
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
