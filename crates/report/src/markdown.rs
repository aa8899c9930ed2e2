//! `report.md`: the scorecard as a page that pastes into an issue.

use crate::chart::is_of;
use crate::format;
use crate::overview::Extent;
use crate::table::{Entry, Side, Table, escape_markdown, markdown};
use crate::untrusted::one_line;
use crate::view::{Cell, Comparison, Provenance, Row, Scorecard, Section};

/// The whole page. `charts` are the file stems of pictures that lie beside it, with their titles.
pub fn page(card: &Scorecard, charts: &[(String, String)]) -> String {
    let mut out = format!("# {}\n\n", text(&card.provenance.run_id));
    if let Some(verdict) = &card.verdict {
        out.push_str(&format!("> {}\n\n", text(verdict)));
    }
    out.push_str(&format!(
        "`[lo, hi]` is a {:.0} % interval. n counts problems, passages or repetitions.\n",
        card.level * 100.0
    ));
    for section in &card.sections {
        out.push_str(&section_text(section, card));
        for (stem, title) in charts
            .iter()
            .filter(|(stem, _)| belongs(stem, section, card))
        {
            out.push_str(&format!("\n![{}]({stem}.svg)\n", text(title)));
        }
    }
    if card.sections.is_empty() {
        out.push_str("\nThis run holds no results yet.\n");
    }
    out.push_str(&warnings(card));
    out.push_str(&provenance(&card.provenance));
    out
}

fn text(raw: &str) -> String {
    escape_markdown(&one_line(raw))
}

/// A chart stands under the last section of its benchmark.
fn belongs(stem: &str, section: &Section, card: &Scorecard) -> bool {
    let last = card
        .sections
        .iter()
        .rev()
        .find(|other| is_of(stem, &other.benchmark));
    last.is_some_and(|last| std::ptr::eq(last, section))
}

fn section_text(section: &Section, card: &Scorecard) -> String {
    let mut out = format!(
        "\n## {}\n\n{}.",
        text(&section.title()),
        text(&section.scope)
    );
    let shared = format::shared(section);
    if !shared.is_empty() {
        out.push_str(&format!(" Everywhere: {}.", text(&shared)));
    }
    out.push('\n');
    for overview in &section.overviews {
        let table = crate::overview::table(overview, Extent::Full);
        out.push_str(&format!(
            "\n{}:\n\n{}",
            text(&overview.title),
            markdown(&table)
        ));
    }
    if !section.rows.is_empty() {
        out.push_str(&format!("\n{}", markdown(&rows(section, card))));
    }
    if !section.causes.is_empty() {
        out.push_str(&format!(
            "\nHow attempts ended:\n\n{}",
            markdown(&causes(section, card))
        ));
    }
    let power = format::power(section);
    let remarks: Vec<String> = format::absences(section)
        .into_iter()
        .chain(format::judging(section))
        .chain(power)
        .chain(section.notes.clone())
        .collect();
    if !remarks.is_empty() {
        out.push('\n');
    }
    out.extend(remarks.iter().map(|remark| format!("- {}\n", text(remark))));
    let readings = card.readings_of(section);
    if !readings.is_empty() {
        out.push_str("\nHow published guides read such numbers:\n\n");
    }
    out.extend(readings.iter().map(|line| format!("- {}\n", text(line))));
    out
}

/// One line per row, one column per model, then one per comparison.
pub(crate) fn rows(section: &Section, card: &Scorecard) -> Table {
    let models = &card.provenance.models;
    let mut columns = vec![
        ("metric", Side::Left),
        ("conditions", Side::Left),
        ("n", Side::Right),
    ];
    columns.extend(
        models
            .iter()
            .map(|model| (model.name.as_str(), Side::Right)),
    );
    let changes: Vec<String> = models
        .iter()
        .skip(1)
        .map(|model| match models.len() {
            2 => "change".to_owned(),
            _ => format!("{} against {}", model.name, models[0].name),
        })
        .collect();
    columns.extend(changes.iter().map(|title| (title.as_str(), Side::Right)));
    let mut table = Table::new(&columns);
    for row in &section.rows {
        let mut line: Vec<Entry> = vec![row.title.clone().into()];
        line.push(format::conditions(row.own_conditions(section)).into());
        line.push(format::counts(row).trim_start_matches("n ").into());
        line.extend(row.cells.iter().map(|cell| cell_entry(cell, row)));
        line.extend(
            row.comparisons
                .iter()
                .map(|comparison| comparison_entry(comparison, row)),
        );
        table.push(line);
    }
    table
}

fn cell_entry(cell: &Cell, row: &Row) -> Entry {
    let text = format::cell(cell, row);
    join([Some(text.value), text.interval])
}

fn comparison_entry(comparison: &Comparison, row: &Row) -> Entry {
    let text = format::comparison(comparison, row);
    let word = comparison.finding(row.better).word();
    let value = text.value.unwrap_or_else(|| format::ABSENT.to_owned());
    join([
        Some(value),
        text.interval,
        text.p,
        (!word.is_empty()).then(|| word.to_owned()),
    ])
}

fn join<const N: usize>(parts: [Option<String>; N]) -> Entry {
    parts
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
        .into()
}

/// One line per cause, one column per model.
pub(crate) fn causes(section: &Section, card: &Scorecard) -> Table {
    let mut columns = vec![("cause", Side::Left), ("kind", Side::Left)];
    columns.extend(
        card.provenance
            .models
            .iter()
            .map(|model| (model.name.as_str(), Side::Right)),
    );
    let mut table = Table::new(&columns);
    for cause in &section.causes {
        let mut line: Vec<Entry> = vec![cause.cause.clone().into(), cause.outcome.word().into()];
        line.extend(
            cause
                .counts
                .iter()
                .map(|count| Entry::from(count.to_string())),
        );
        table.push(line);
    }
    table
}

fn warnings(card: &Scorecard) -> String {
    if card.warnings.is_empty() {
        return String::new();
    }
    let line = |warning: &ledger::record::Warning| {
        format!(
            "- **{}**: {}. {}.\n",
            text(&warning.kind),
            text(&warning.message),
            text(&warning.advice)
        )
    };
    format!(
        "\n## warnings\n\n{}",
        card.warnings.iter().map(line).collect::<String>()
    )
}

fn provenance(from: &Provenance) -> String {
    let mut table = Table::new(&[("what", Side::Left), ("which", Side::Left)]);
    let mut line = |what: &str, which: &str| table.push(vec![what.into(), which.into()]);
    line("started", &from.started_at);
    line("command", &format!("whet {}", from.command.join(" ")));
    line("whet", &from.whet_version);
    line(
        "seed",
        &from
            .seed
            .map_or_else(|| "unknown".to_owned(), |seed| seed.to_string()),
    );
    line("machine", &from.machine_line());
    line("engine", &from.engine_line());
    line("sandbox", &sandbox(from));
    for model in &from.models {
        line(
            "model",
            &format!(
                "{} · {} · sha256 {}",
                model.name,
                model.size_line(),
                hash_or_unknown(&model.sha256)
            ),
        );
    }
    for suite in &from.suites {
        line(
            "suite",
            &format!(
                "{} · {} {} · sha256 {}",
                suite.name,
                suite.n_problems,
                if suite.n_problems == 1 {
                    "problem"
                } else {
                    "problems"
                },
                suite.sha256
            ),
        );
    }
    format!("\n## where this comes from\n\n{}", markdown(&table))
}

/// The hash of a model's file, if anybody has seen the file.
fn hash_or_unknown(sha256: &str) -> &str {
    if sha256.is_empty() { "unknown" } else { sha256 }
}

/// Tier and policy; the policy in full, as whoever compares two runs needs it.
fn sandbox(from: &Provenance) -> String {
    match &from.sandbox_policy_sha256 {
        Some(sha256) => format!("{} · policy sha256 {sha256}", from.sandbox),
        None => from.sandbox.clone(),
    }
}
