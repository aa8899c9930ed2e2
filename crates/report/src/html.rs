//! `report.html`: one file that opens from a folder, asks nobody for anything and runs only its own
//! script.
//!
//! Everything that a model or a compiler wrote passes [`untrusted`](crate::untrusted) and then the
//! template's escaping. The policy in the page's head names the hashes of its style and its script, so
//! that even markup that slipped through could neither run nor load. Many attempts are packed.

mod base64;
mod packed;
mod policy;
mod samples;

use ledger::Run;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::json;

use crate::chart::{Picture, is_of};
use crate::error::Error;
use crate::format;
use crate::overview::Extent;
use crate::table::Side;
use crate::untrusted::{one_line, visible};
use crate::view::{
    Cell, Comparison, Entry, Fact, IS_REFERENCE, ModelCard, Overview, Row, Scorecard, Section,
};

const TEMPLATE: &str = include_str!("../assets/report.html");
const STYLE: &str = include_str!("../assets/report.css");
const SCRIPT: &str = include_str!("../assets/report.js");

/// The whole page.
///
/// # Errors
/// [`Error::Page`] if the template refuses its values.
pub fn page(run: &Run, card: &Scorecard, pictures: &[Picture]) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report.html", TEMPLATE)?;
    let from = &card.provenance;
    let samples = samples::of(run);
    let is_large = samples.len() > packed::PLAIN;
    let packed = is_large.then(|| packed::packed(&samples)).transpose()?;
    let tasks = samples::tasks(run);
    let tasks = (!tasks.is_empty())
        .then(|| packed::block(&tasks))
        .transpose()?;
    let page = environment.get_template("report.html")?.render(Serde(json!({
        "policy": policy::policy(STYLE, SCRIPT),
        "style": STYLE,
        "script": SCRIPT,
        "run": origin(card),
        "machine": one_line(&from.machine_line()),
        "engine": one_line(&from.engine_line()),
        "command": one_line(&from.command.join(" ")),
        "plan": visible(&serde_json::to_string_pretty(&from.plan)?),
        "level": format!("{:.0}", card.level * 100.0),
        "verdict": card.verdict.as_deref().map(one_line),
        "warnings": warnings(card),
        "models": from.models.iter().map(model).collect::<Vec<_>>(),
        "changes": changes(card),
        "sections": card.sections.iter().map(|section| section_view(section, card, pictures)).collect::<Vec<_>>(),
        "suites": samples::distinct(&samples, |sample| &sample.suite),
        "causes": samples::distinct(&samples, |sample| &sample.cause),
        "n_samples": samples.len(),
        "samples": if is_large { &[] } else { samples.as_slice() },
        "packed": packed,
        "tasks": tasks,
    })))?;
    Ok(page)
}

/// The header's words, made safe to look at.
fn origin(card: &Scorecard) -> serde_json::Value {
    let from = &card.provenance;
    let suite = |suite: &crate::view::SuiteCard| {
        json!({
            "name": one_line(&suite.name),
            "sha256": one_line(&suite.sha256),
            "n_problems": suite.n_problems,
            "toolchain": suite.toolchain.as_deref().map(one_line),
            "first_prompt": visible(&suite.first_prompt),
        })
    };
    json!({
        "run_id": one_line(&from.run_id),
        "started_at": one_line(&from.started_at),
        "whet_version": one_line(&from.whet_version),
        "seed": from.seed_line(),
        "sandbox": one_line(&from.sandbox_line()),
        "policy_sha256": from.sandbox_policy_sha256.as_deref().map(one_line),
        "suites": from.suites.iter().map(suite).collect::<Vec<_>>(),
    })
}

fn warnings(card: &Scorecard) -> Vec<serde_json::Value> {
    let words = |warning: &ledger::record::Warning| {
        json!({
            "kind": one_line(&warning.kind),
            "message": one_line(&warning.message),
            "advice": one_line(&warning.advice),
        })
    };
    card.warnings.iter().map(words).collect()
}

fn model(model: &ModelCard) -> serde_json::Value {
    let fact = |fact: &Fact| format!("{} {}", format::fact_name(&fact.name), fact.text());
    let facts: Vec<String> = model.facts.iter().map(fact).collect();
    json!({
        "name": one_line(&model.name),
        "size": model.size_line(),
        "facts": one_line(&facts.join(" · ")),
        "sha256": one_line(&model.sha256),
    })
}

fn changes(card: &Scorecard) -> Vec<String> {
    match card.provenance.models.as_slice() {
        [] | [_] => Vec::new(),
        [_, _] => vec!["change".to_owned()],
        [first, later @ ..] => later
            .iter()
            .map(|model| one_line(&format!("{} against {}", model.name, first.name)))
            .collect(),
    }
}

#[derive(Serialize)]
struct SectionView<'a> {
    anchor: String,
    title: String,
    scope: String,
    shared: String,
    rows: Vec<RowView>,
    remarks: Vec<String>,
    readings: Vec<String>,
    causes: Vec<serde_json::Value>,
    overviews: Vec<serde_json::Value>,
    charts: Vec<&'a str>,
}

#[derive(Serialize)]
struct RowView {
    metric: String,
    title: String,
    conditions: String,
    n: String,
    n_sort: String,
    cells: Vec<CellView>,
    changes: Vec<ChangeView>,
}

#[derive(Serialize)]
struct CellView {
    value: String,
    interval: Option<String>,
    reason: Option<String>,
    method: String,
    sort: String,
}

#[derive(Serialize)]
struct ChangeView {
    value: String,
    detail: String,
    word: &'static str,
    method: String,
    sort: String,
}

fn section_view<'a>(
    section: &Section,
    card: &Scorecard,
    pictures: &'a [Picture],
) -> SectionView<'a> {
    let place = card
        .sections
        .iter()
        .position(|other| std::ptr::eq(other, section))
        .unwrap_or_default();
    let last = card
        .sections
        .iter()
        .rposition(|other| other.benchmark == section.benchmark)
        == Some(place);
    let absent = format::absences(section);
    let remarks = absent
        .into_iter()
        .chain(format::judging(section))
        .chain(format::power(section))
        .chain(section.notes.clone());
    let cause = |cause: &crate::view::Cause| json!({ "cause": one_line(&cause.cause), "kind": cause.outcome.word(), "counts": cause.counts });
    SectionView {
        anchor: format!("section-{}", place + 1),
        title: one_line(&section.title()),
        scope: one_line(&section.scope),
        shared: one_line(&format::shared(section)),
        rows: section
            .rows
            .iter()
            .map(|row| row_view(row, section))
            .collect(),
        remarks: remarks.map(|remark| one_line(&remark)).collect(),
        readings: card
            .readings_of(section)
            .iter()
            .map(|line| one_line(line))
            .collect(),
        causes: section.causes.iter().map(cause).collect(),
        overviews: section.overviews.iter().map(overview_view).collect(),
        charts: pictures
            .iter()
            .filter(|picture| last && is_of(&picture.stem, &section.benchmark))
            .map(|picture| picture.svg.as_str())
            .collect(),
    }
}

/// An overview as finished text; numbers bring their own value to sort by.
fn overview_view(overview: &Overview) -> serde_json::Value {
    let table = crate::overview::table(overview, Extent::Full);
    let columns = table
        .columns()
        .iter()
        .map(|column| json!({ "title": column.title, "number": column.side == Side::Right }));
    let lines = table
        .rows()
        .iter()
        .zip(&overview.lines)
        .map(|(texts, line)| {
            let cells = texts.iter().zip(table.columns()).zip(line);
            let cells = cells.map(|((text, column), entry)| {
                let reason = match entry {
                    Entry::Number(cell) => cell.reason.as_deref().map(one_line),
                    Entry::Words(_) => None,
                };
                json!({
                    "text": text.text,
                    "number": column.side == Side::Right,
                    "sort": entry.value().map(|value| value.to_string()),
                    "reason": reason,
                })
            });
            cells.collect::<Vec<_>>()
        });
    json!({
        "title": one_line(&overview.title),
        "columns": columns.collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(),
    })
}

fn row_view(row: &Row, section: &Section) -> RowView {
    let smallest = row
        .cells
        .iter()
        .filter(|cell| cell.value.is_some())
        .map(|cell| cell.n)
        .min();
    RowView {
        metric: one_line(&row.metric),
        title: one_line(&row.title),
        conditions: one_line(&format::conditions(row.own_conditions(section))),
        n: format::counts(row).trim_start_matches("n ").to_owned(),
        n_sort: smallest.map(|n| n.to_string()).unwrap_or_default(),
        cells: row
            .cells
            .iter()
            .map(|cell| cell_view(cell, row, section))
            .collect(),
        changes: row
            .comparisons
            .iter()
            .map(|comparison| change_view(comparison, row))
            .collect(),
    }
}

/// Longest reason that stands in a cell, in characters: a sentence would make its column as wide as the page.
const SHORT_REASON: usize = 48;

/// A long reason, and one that several cells of a section have, stands under the table, where every absence is named.
fn cell_view(cell: &Cell, row: &Row, section: &Section) -> CellView {
    let text = format::cell(cell, row);
    let reason = text.reason.as_deref().map(one_line);
    let is_same = |other: &&Cell| other.value.is_none() && other.reason == cell.reason;
    let cells = section.rows.iter().flat_map(|row| &row.cells);
    let is_named_below = cell.value.is_none() && cell.reason.as_deref() != Some(IS_REFERENCE);
    let is_long = reason
        .as_deref()
        .is_some_and(|reason| reason.chars().count() > SHORT_REASON);
    let is_below = is_named_below && (is_long || cells.filter(is_same).nth(1).is_some());
    let (reason, title) = match (reason, is_below) {
        (Some(reason), true) => (Some("see below".to_owned()), reason),
        (reason, _) => (reason, one_line(&cell.method)),
    };
    CellView {
        value: text.value,
        interval: text.interval,
        reason,
        method: title,
        sort: cell
            .value
            .map(|value| value.to_string())
            .unwrap_or_default(),
    }
}

fn change_view(comparison: &Comparison, row: &Row) -> ChangeView {
    let text = format::comparison(comparison, row);
    let detail: Vec<String> = [text.interval, text.p].into_iter().flatten().collect();
    ChangeView {
        value: text.value.unwrap_or_else(|| format::ABSENT.to_owned()),
        detail: detail.join(" "),
        word: comparison.finding(row.better).word(),
        method: one_line(&match text.detectable {
            Some(size) => format!("{}; finds {size} in four of five runs", comparison.method),
            None => comparison.method.clone(),
        }),
        sort: comparison
            .value
            .map(|value| value.to_string())
            .unwrap_or_default(),
    }
}
