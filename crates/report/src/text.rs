//! The scorecard for a terminal: dense, within its width, complete without colour.
//!
//! One model: a line per row. Two: both side by side with the change, the interval under each number.
//! More: one line per model, each against the first. Every number comes from [`crate::format`].

mod layout;
mod scatter;

use ledger::record::Warning;

use crate::chart::choices;
use crate::format;
use crate::overview::Extent;
use crate::table::{Entry, Fit, Frame, Grid, Side, Span, Table, Tone, grid};
use crate::view::{Finding, Overview, Row, Scorecard, Section, VARIANTS};

pub use crate::table::Colour;

/// The scorecard as text, at most `width` columns of the terminal wide (not below 40).
pub fn scorecard_text(card: &Scorecard, width: u16, colour: Colour) -> String {
    let render = |grid: Grid| grid.render(width, colour);
    let mut blocks = vec![render(head(card))];
    for whole in &card.sections {
        let section = &without_details(whole);
        blocks.push(render(title(section)));
        let overviews = section.overviews.iter().flat_map(|o| overview(o, width));
        blocks.extend(overviews.map(render));
        if section.benchmark == VARIANTS {
            let spots = choices(card);
            let panels = spots.iter().flat_map(|spec| &spec.panels);
            blocks.extend(panels.map(|panel| scatter::scatter(panel, width)));
        }
        if !section.rows.is_empty() {
            blocks.push(render(layout::rows(section, card, width)));
        }
        blocks.extend(remarks(section, card).map(render));
        blocks.extend(readings(whole, card).map(render));
        blocks.push(render(gap()));
    }
    if card.sections.is_empty() {
        let nothing = "This run holds no results yet.".to_owned();
        blocks.push(render(labelled(vec![("", nothing, Tone::Doubt)])));
    }
    blocks.extend(verdict(card).map(render));
    blocks.extend(card.warnings.iter().map(warning).map(render));
    blocks.concat().trim_end().to_owned() + "\n"
}

/// An overview with its heading. No number or short word is broken as long as there is room for all of them.
fn overview(overview: &Overview, width: u16) -> [Grid; 2] {
    let heading = labelled(vec![("", overview.title.clone(), Tone::Faint)]);
    let table = crate::overview::table(overview, Extent::Numbers);
    let mut grid = grid(&table);
    let needs = (0..grid.columns.len()).map(|at| longest_word(&table, at) + PADDING);
    let needs: Vec<u16> = needs.collect();
    if needs.iter().sum::<u16>() <= width {
        for ((_, span), need) in grid.columns.iter_mut().zip(needs) {
            *span = Span::AtLeast(need);
        }
    }
    [heading, grid]
}

/// Blanks beside a cell.
const PADDING: u16 = 2;

/// The longest word in a column, as far as names of models let it.
fn longest_word(table: &Table, at: usize) -> u16 {
    /// Longer ones are names, which may be broken.
    const LONGEST: usize = 12;
    let cells = table.rows().iter().filter_map(|row| row.get(at));
    let heading = table.columns().get(at).map(|column| column.title.as_str());
    let texts = cells.map(|entry| entry.text.as_str()).chain(heading);
    let words = texts.flat_map(str::split_whitespace);
    let longest = words.map(|word| word.chars().count()).max();
    longest.unwrap_or(0).min(LONGEST) as u16
}

/// The section with the rows that a terminal has room for, and a word about the others. Where an overview
/// stands, it says what the rows say.
fn without_details(section: &Section) -> Section {
    let in_report = |row: &Row| row.is_detail() || !section.overviews.is_empty();
    let (details, rows): (Vec<_>, Vec<_>) = section.rows.iter().cloned().partition(in_report);
    let mut shown = Section {
        rows,
        ..section.clone()
    };
    let n = details.len();
    if !section.overviews.is_empty() && n > 0 {
        shown.notes.extend(format::absences(section));
        let what = "with every number by itself";
        shown
            .notes
            .push(format!("{n} rows more in the report, {what}"));
    } else if n > 0 {
        let what = match section.benchmark.as_str() {
            "hardware" => "frequencies, the machine's memory, what looking cost",
            "speculation" => "by category, by place of a guess, costs, the forecast",
            _ => "operations, between two tokens, end to end",
        };
        let note = format!("{n} rows more in the report: {what}");
        shown.notes.push(note);
    }
    shown
}

/// Where the numbers come from.
fn head(card: &Scorecard) -> Grid {
    let from = &card.provenance;
    let run = format!(
        "{} · whet {} · {}",
        from.run_id,
        from.whet_version,
        from.seed_line()
    );
    let mut lines = vec![("run", run, Tone::Strong)];
    for (index, model) in from.models.iter().enumerate() {
        let label = if index == 0 { "model" } else { "" };
        lines.push((
            label,
            format!("{} · {}", model.name, model.size_line()),
            Tone::Plain,
        ));
    }
    lines.push(("machine", from.machine_line(), Tone::Plain));
    lines.push(("engine", from.engine_line(), Tone::Plain));
    lines.push(("sandbox", from.sandbox_line(), Tone::Plain));
    let level = format!(
        "[lo, hi] is a {} interval; n counts problems, passages or repetitions",
        percent(card.level)
    );
    lines.push(("", level, Tone::Faint));
    lines.push(("", String::new(), Tone::Plain));
    labelled(lines)
}

fn percent(level: f64) -> String {
    format!("{:.0} %", level * 100.0)
}

fn title(section: &Section) -> Grid {
    Grid {
        columns: vec![(Side::Left, Span::AtMost(50)), (Side::Right, Span::Free)],
        header: Some(vec![
            Entry::new(&section.title(), Tone::Strong),
            Entry::new(&section.scope, Tone::Faint),
        ]),
        rows: vec![],
        frame: Frame::Heading,
    }
}

/// What stands under a section's rows: shared conditions, how attempts ended, what is absent and why.
fn remarks(section: &Section, card: &Scorecard) -> Option<Grid> {
    let mut lines = Vec::new();
    let shared = format::shared(section);
    if !shared.is_empty() {
        lines.push(("shared", shared, Tone::Faint));
    }
    for (index, ended) in endings(section, card).into_iter().enumerate() {
        lines.push((if index == 0 { "ended" } else { "" }, ended, Tone::Faint));
    }
    for (index, judged) in format::judging(section).into_iter().enumerate() {
        lines.push((if index == 0 { "judged" } else { "" }, judged, Tone::Faint));
    }
    let power = format::power(section);
    lines.extend(power.map(|text| ("power", text, Tone::Faint)));
    lines.extend(
        format::absences(section)
            .into_iter()
            .map(|text| ("absent", text, Tone::Doubt)),
    );
    lines.extend(
        section
            .notes
            .iter()
            .map(|note| ("note", note.clone(), Tone::Doubt)),
    );
    (!lines.is_empty()).then(|| labelled(lines))
}

/// How published guides read the numbers above.
fn readings(section: &Section, card: &Scorecard) -> Option<Grid> {
    let lines = card.readings_of(section).into_iter().enumerate();
    let lines = lines.map(|(index, text)| {
        let label = if index == 0 { "read" } else { "" };
        (label, text, Tone::Faint)
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| labelled(lines))
}

/// `name: pass 40 · wrong_output 31`, one line for each model of which there are attempts.
fn endings(section: &Section, card: &Scorecard) -> Vec<String> {
    let models = &card.provenance.models;
    let named = |(line, model): (String, &crate::view::ModelCard)| match models.len() {
        1 => line,
        _ => format!("{}: {line}", model.name),
    };
    let lines = format::endings(section).into_iter().zip(models);
    let lines = lines.filter(|(line, _)| !line.is_empty());
    lines.map(named).collect()
}

fn verdict(card: &Scorecard) -> Option<Grid> {
    let sentence = card.verdict.clone()?;
    let mut grid = labelled(vec![("verdict", sentence, Tone::Strong)]);
    grid.rows.push((vec!["".into(), "".into()], Fit::Cut));
    Some(grid)
}

fn warning(warning: &Warning) -> Grid {
    labelled(vec![
        (
            "warning",
            format!("{} ({})", warning.message, warning.kind),
            Tone::Doubt,
        ),
        ("", format!("→ {}", warning.advice), Tone::Plain),
    ])
}

fn gap() -> Grid {
    labelled(vec![("", String::new(), Tone::Plain)])
}

/// Lines with a short label in front; long ones go on under themselves.
fn labelled(lines: Vec<(&str, String, Tone)>) -> Grid {
    let row = |(label, text, tone): (&str, String, Tone)| {
        (
            vec![
                Entry::new(&format!("{label:<7}"), Tone::Faint).padded(label),
                Entry::new(&text, tone),
            ],
            Fit::Wrap,
        )
    };
    Grid {
        columns: vec![(Side::Left, Span::Content), (Side::Left, Span::Free)],
        header: None,
        rows: lines.into_iter().map(row).collect(),
        frame: Frame::Open,
    }
}

impl Entry {
    /// The label at one width in every block, so that the blocks stand under each other.
    fn padded(self, label: &str) -> Entry {
        Entry {
            text: format!("{label:<7}"),
            ..self
        }
    }
}

/// The stress of a finding; its word alone carries the meaning.
fn tone(finding: Finding) -> Tone {
    match finding {
        Finding::Better => Tone::Good,
        Finding::Worse => Tone::Bad,
        Finding::Inconclusive | Finding::Same => Tone::Faint,
        Finding::Different | Finding::Unknown => Tone::Plain,
    }
}
