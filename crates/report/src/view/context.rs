//! What a growing context costs, and what is recalled from it.
//!
//! Speeds and sizes are rows of repeated readings as elsewhere. A question about the text is a problem that is
//! answered once: the share has Wilson's interval, and two models are compared by McNemar's test where both read
//! the very same text, that is, where their tokenizers fill the context with the same lines.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

use super::pairing::{self, Clusters};
use super::{Row, Section, timing};

/// Records with one value for each question.
const QUESTIONS: [&str; 2] = ["recalled", "recall_rank"];

/// A row over questions: its metric, the record it is read from, and what in it counts.
type Share = (&'static str, &'static str, fn(f64) -> bool);

const SHARES: [Share; 2] = [
    ("recall_share", "recalled", |flag| flag == 1.0),
    ("recall_first_share", "recall_rank", |rank| rank == 1.0),
];

type Conditions = BTreeMap<String, Value>;

/// The section, if the benchmark ran.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let of = |m: &&Measurement| m.benchmark == "context";
    let (asked, read): (Vec<_>, Vec<_>) = run
        .measurements
        .iter()
        .filter(of)
        .partition(|m| QUESTIONS.contains(&m.metric.as_str()));
    if asked.is_empty() && read.is_empty() {
        return Vec::new();
    }
    let mut rows = timing::rows(run, &read);
    let contexts = contexts(&asked);
    for share in SHARES {
        rows.extend(contexts.iter().map(|at| row(run, &asked, at, share)));
    }
    vec![Section {
        benchmark: "context".to_owned(),
        suite: None,
        shared: timing::shared_conditions(&rows),
        scope: scope(&rows),
        notes: notes(&asked, &contexts),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        overviews: Vec::new(),
    }]
}

/// Lengths and cache types at which questions were asked, ascending.
fn contexts(asked: &[&Measurement]) -> Vec<Conditions> {
    let mut found: Vec<Conditions> = Vec::new();
    for record in asked {
        let of = |name: &str| Some((name.to_owned(), record.conditions.get(name)?.clone()));
        let at: Conditions = ["context_tokens", "cache"]
            .into_iter()
            .filter_map(of)
            .collect();
        if !found.contains(&at) {
            found.push(at);
        }
    }
    found.sort_by(|a, b| {
        let cache = |at: &Conditions| at.get("cache").map(Value::to_string);
        cache(a)
            .cmp(&cache(b))
            .then_with(|| timing::by_conditions(a, b))
    });
    found
}

fn is_at(record: &Measurement, at: &Conditions) -> bool {
    at.iter()
        .all(|(name, value)| record.conditions.get(name) == Some(value))
}

/// A model's questions at one length, each with the text it is about, so that other texts are no pairs.
fn questions(
    asked: &[&Measurement],
    model: &str,
    at: &Conditions,
    (_, metric, counts): Share,
) -> Clusters {
    let mut questions = Clusters::new();
    let mine = |m: &&&Measurement| m.model == model && m.metric == metric && is_at(m, at);
    for record in asked.iter().filter(mine) {
        let word = |name: &str| {
            record
                .conditions
                .get(name)
                .map(Value::to_string)
                .unwrap_or_default()
        };
        for (i, value) in record.values.iter().enumerate() {
            let key = format!("{} {} {i}", word("prompt_sha256"), word("place_percent"));
            let flag = f64::from(u8::from(counts(*value)));
            questions.entry(key).or_insert_with(|| vec![flag]);
        }
    }
    questions
}

fn row(run: &Run, asked: &[&Measurement], at: &Conditions, share: Share) -> Row {
    let models = run.header.models.iter();
    let all: Vec<Clusters> = models
        .map(|model| questions(asked, &model.name, at, share))
        .collect();
    let reasons = vec!["not asked".to_owned(); all.len()];
    let mut row = Row {
        conditions: at.clone(),
        ..pairing::rate_row(run, share.0, &all, &reasons)
    };
    let both = row.cells.iter().all(|cell| cell.value.is_some());
    for comparison in row
        .comparisons
        .iter_mut()
        .filter(|c| both && c.value.is_none())
    {
        let reason = "the two tokenizers fill the context with different texts";
        comparison.reason = Some(reason.to_owned());
    }
    row
}

fn scope(rows: &[Row]) -> String {
    let most = |metrics: &[&str]| {
        let rows = rows
            .iter()
            .filter(|row| metrics.contains(&row.metric.as_str()));
        rows.flat_map(|row| &row.cells).map(|cell| cell.n).max()
    };
    let runs = most(&["decode_tokens_per_s"]).map(|n| format!("{n} timed runs"));
    let asked = most(&["recall_share"]).map(|n| format!("{n} questions"));
    let parts: Vec<String> = runs.into_iter().chain(asked).collect();
    format!("{} at each length", parts.join(" and "))
}

/// Where in the text what was asked for stood.
fn notes(asked: &[&Measurement], contexts: &[Conditions]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut models: Vec<&str> = Vec::new();
    for record in asked {
        if !models.contains(&record.model.as_str()) {
            models.push(&record.model);
        }
    }
    for model in models {
        for at in contexts {
            let mine =
                |m: &&&Measurement| m.model == model && m.metric == "recalled" && is_at(m, at);
            let part = |record: &&Measurement| {
                let n_recalled = record.values.iter().filter(|flag| **flag == 1.0).count();
                let place = record.conditions.get("place_percent").map(Value::to_string);
                format!(
                    "{n_recalled}/{} at {} %",
                    record.values.len(),
                    place.unwrap_or_default()
                )
            };
            let parts: Vec<String> = asked.iter().filter(mine).map(part).collect();
            let word = |name: &str| at.get(name).map(|v| v.to_string().replace('"', ""));
            if !parts.is_empty() {
                notes.push(format!(
                    "{model}, context {} {}: recalled {} of the text",
                    word("context_tokens").unwrap_or_default(),
                    word("cache").unwrap_or_default(),
                    parts.join(", ")
                ));
            }
        }
    }
    notes
}
