//! Claims held against a scorecard: those of the user, those of a checklist, and the one that nothing became worse.

mod checklist;
mod regression;

use measure::gate::{Aspect, Gate, Outcome};
use measure::{Interval, metric};
use serde::Serialize;

use crate::format;
use crate::table::{Entry, Side, Table, Tone};
use crate::view::{Caution, Comparison, Kind, Row, Scorecard, Section};

pub use checklist::checklist;
pub use regression::{Regressions, regressions};

/// One claim about one row and one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The claim, as it was written.
    pub claim: String,
    /// The model that it is about.
    pub model: String,
    /// The row, readable.
    pub place: String,
    /// The number; `None` if there is none.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Number and interval in words, as the tables have them; the reason where there is none.
    pub shown: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it could not be met nor failed whatever its interval says, with the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Holds claims against every row of their metric, and every later model of it (or the only one). Rows in which nothing
/// stands against another model, such as the perplexity of each cache, say nothing to a claim that compares models.
///
/// # Errors
/// A sentence, if no row has the metric, or its models are not compared in that way.
pub fn judge(card: &Scorecard, claims: &[(String, Gate)]) -> Result<Vec<Judged>, String> {
    let mut all = Vec::new();
    for (claim, gate) in claims {
        let is_meant = |row: &Row| gate.aspect == Aspect::Value || !row.comparisons.is_empty();
        let of_metric = || rows(card).filter(|(_, row)| row.metric == gate.metric);
        if of_metric().next().is_some() && !of_metric().any(|(_, row)| is_meant(row)) {
            let why = match card.provenance.models.len() {
                0 | 1 => "there is only one",
                _ => "none of these stands against another one",
            };
            return Err(format!("'{claim}' compares models, and {why}"));
        }
        let found: Vec<Judged> = of_metric()
            .filter(|(_, row)| is_meant(row))
            .map(|(section, row)| of_row(claim, gate, section, row))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        if found.is_empty() {
            check_names(card, std::slice::from_ref(&gate.metric))?;
            return Err(format!(
                "'{claim}' is about nothing that was measured in these runs"
            ));
        }
        all.extend(found);
    }
    Ok(all)
}

/// Whether all of these names are metrics: listed ones, or metrics of one's own that the runs have.
///
/// # Errors
/// A sentence with those that may have been meant.
pub fn check_names(card: &Scorecard, metrics: &[String]) -> Result<(), String> {
    let is_listed = |name: &str| metric::find(name).is_some() || metric::is_at_k(name);
    let mut own: Vec<&str> = rows(card).map(|(_, row)| row.metric.as_str()).collect();
    own.retain(|name| !is_listed(name));
    own.sort_unstable();
    own.dedup();
    let is_known = |name: &String| is_listed(name) || own.contains(&name.as_str());
    match metrics.iter().find(|name| !is_known(name)) {
        Some(name) => Err(metric::unknown(name, &own)),
        None => Ok(()),
    }
}

fn rows(card: &Scorecard) -> impl Iterator<Item = (&Section, &Row)> {
    let sections = card.sections.iter();
    sections.flat_map(|section| section.rows.iter().map(move |row| (section, row)))
}

fn of_row(claim: &str, gate: &Gate, section: &Section, row: &Row) -> Result<Vec<Judged>, String> {
    let kind = match gate.aspect {
        Aspect::Value => return Ok(of_values(claim, gate, section, row)),
        Aspect::Ratio => Kind::Ratio,
        Aspect::Difference => Kind::Difference,
    };
    let judged = row.comparisons.iter().map(|found| {
        if found.value.is_some() && found.kind != kind {
            let word = match found.kind {
                Kind::Ratio => "ratio",
                Kind::Difference => "difference",
            };
            let metric = &row.metric;
            return Err(format!(
                "'{claim}': {metric} is compared by its {word}; write {metric}.{word}"
            ));
        }
        let outcome = match (found.value, &found.caution) {
            (None, _) => Outcome::NoNumber,
            (Some(_), Some(_)) => Outcome::Inconclusive,
            (Some(value), None) => gate.judge(value, found.held_against()),
        };
        Ok(compared(claim, section, row, found, outcome))
    });
    judged.collect()
}

/// The claim about the later models' own numbers, or about that of the only model.
fn of_values(claim: &str, gate: &Gate, section: &Section, row: &Row) -> Vec<Judged> {
    let later = row.cells.iter().skip(usize::from(row.cells.len() > 1));
    let judged = later.map(|cell| {
        let words = format::cell(cell, row);
        let outcome = cell
            .value
            .map_or(Outcome::NoNumber, |value| gate.judge(value, cell.interval));
        Judged {
            claim: claim.to_owned(),
            model: cell.model.clone(),
            place: place(section, row),
            value: cell.value,
            interval: cell.interval,
            shown: shown(Some(words.value), words.interval, words.reason),
            outcome,
            why: without_interval(outcome, &cell.method),
        }
    });
    judged.collect()
}

fn compared(
    claim: &str,
    section: &Section,
    row: &Row,
    found: &Comparison,
    outcome: Outcome,
) -> Judged {
    let words = format::comparison(found, row);
    let same = found
        .identical
        .then(|| format!("the same at all {}", found.n));
    let unknown = without_interval(outcome, &found.method);
    Judged {
        claim: claim.to_owned(),
        model: found.model.clone(),
        place: place(section, row),
        value: found.value,
        interval: found.interval,
        shown: shown(words.value, words.interval, words.reason.or(same)),
        outcome,
        why: found.caution.as_ref().map(Caution::why).or(unknown),
    }
}

/// Why a claim stays open that has a number and no interval to be held against, as the number's method says it.
fn without_interval(outcome: Outcome, method: &str) -> Option<String> {
    let (_, why) = method.split_once("no interval: ")?;
    let is_open = outcome == Outcome::Inconclusive;
    is_open.then(|| format!("a number without an interval decides nothing: {why}"))
}

/// Why claims could be neither met nor failed, each reason once.
pub fn reasons(judged: &[Judged]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let open = judged
        .iter()
        .filter(|one| one.outcome == Outcome::Inconclusive);
    for why in open.filter_map(|one| one.why.as_ref()) {
        if !found.contains(why) {
            found.push(why.clone());
        }
    }
    found
}

fn shown(value: Option<String>, interval: Option<String>, reason: Option<String>) -> String {
    let words = [value, interval, reason].into_iter().flatten();
    words.collect::<Vec<_>>().join(" ")
}

fn place(section: &Section, row: &Row) -> String {
    let own = format::conditions(row.own_conditions(section));
    let words = [section.title(), row.title.clone(), own];
    let words = words.into_iter().filter(|word| !word.is_empty());
    let mut words: Vec<String> = words.collect();
    words.dedup();
    words.join(" · ")
}

/// Claims and what became of them, as a table; the model is named where there are several.
pub fn table(judged: &[Judged]) -> Table {
    let several = judged.windows(2).any(|two| two[0].model != two[1].model);
    let columns = ["outcome", "claim", "model", "what", "found"].into_iter();
    let columns: Vec<_> = columns
        .filter(|column| several || *column != "model")
        .map(|column| (column, Side::Left))
        .collect();
    let mut table = Table::new(&columns);
    if !several {
        table = table.keeping_whole("claim");
    }
    for one in judged {
        let (word, tone) = match one.outcome {
            Outcome::Met => ("met", Tone::Good),
            Outcome::Failed => ("failed", Tone::Bad),
            Outcome::Inconclusive => ("inconclusive", Tone::Doubt),
            Outcome::NoNumber => ("no number", Tone::Doubt),
        };
        let model = several.then_some(&one.model);
        let texts = [&one.claim].into_iter().chain(model);
        let texts = texts.chain([&one.place, &one.shown]);
        let rest = texts.map(|text| Entry::from(text.as_str()));
        table.push(
            std::iter::once(Entry::new(word, tone))
                .chain(rest)
                .collect(),
        );
    }
    table
}
