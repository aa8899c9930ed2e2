//! A file of `.eval_results` for a model's repository on the Hugging Face Hub.
//!
//! The Hub shows results of data sets that it knows as benchmarks, so only suites that come from one are written; its
//! values are percent. The form is young and marked as work in progress there.

use measure::Unit;
use serde_json::Value;

use super::{Source, nothing};
use crate::error::Error;
use crate::view::{Row, Section};

/// How a suite begins, the data set it comes from, and the task there.
const DATA_SETS: [(&str, &str, &str); 10] = [
    ("humaneval", "openai/openai_humaneval", "openai_humaneval"),
    ("mbpp", "google-research-datasets/mbpp", "mbpp"),
    ("hellaswag", "Rowan/hellaswag", "hellaswag"),
    ("arc_challenge", "allenai/ai2_arc", "ARC-Challenge"),
    ("arc_easy", "allenai/ai2_arc", "ARC-Easy"),
    ("piqa", "ybisk/piqa", "piqa"),
    ("winogrande", "allenai/winogrande", "winogrande"),
    ("boolq", "google/boolq", "boolq"),
    ("openbookqa", "allenai/openbookqa", "openbookqa"),
    ("commonsense_qa", "tau/commonsense_qa", "commonsense_qa"),
];

/// The results of one model.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let mut out = String::new();
    for section in &from.card.sections {
        let Some((_, id, task)) = data_set(section) else {
            continue;
        };
        for row in section.rows.iter().filter(|row| is_headline(row)) {
            let cell = row.cells.iter().find(|cell| cell.model == from.model);
            let Some((cell, value)) = cell.and_then(|cell| Some((cell, cell.value?))) else {
                continue;
            };
            let note = format!(
                "{}, n {}, measured with whet {}",
                row.title, cell.n, from.card.provenance.whet_version
            );
            out += &format!(
                "- dataset:\n    id: {id}\n    task_id: {task}\n  value: {}\n  date: {}\n  notes: {}\n",
                percent(value),
                quoted(
                    from.card
                        .provenance
                        .started_at
                        .get(..10)
                        .unwrap_or_default()
                ),
                quoted(&note)
            );
        }
    }
    match out.is_empty() {
        true => Err(nothing(
            "hf-eval",
            "a suite that the Hub knows as a benchmark, such as humaneval or hellaswag",
        )),
        false => Ok(out.into_bytes()),
    }
}

fn data_set(section: &Section) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let suite = section.suite.as_deref()?.to_lowercase().replace('-', "_");
    DATA_SETS
        .iter()
        .find(|(name, _, _)| suite.starts_with(name))
}

/// The one number of a data set that a leaderboard shows.
fn is_headline(row: &Row) -> bool {
    row.unit == Unit::Ratio && ["pass_at_1", "accuracy"].contains(&row.metric.as_str())
}

/// Two decimals, as leaderboards have them.
fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 100.0
}

/// A YAML string that is one whatever it holds: JSON's form is among them.
fn quoted(text: &str) -> Value {
    Value::from(text)
}
