//! A file of `.eval_results` for a model's repository on the Hugging Face Hub.
//!
//! The Hub shows results of data sets that it knows as benchmarks, so only suites that come from one are written; its
//! values are percent. The form is young and marked as work in progress there. A result there is a claim about the
//! whole data set and about who measured it, so a part of one and what another program measured are refused.

use measure::Unit;
use serde_json::Value;

use super::{Source, nothing};
use crate::error::Error;
use crate::join::is_brought_in;
use crate::view::{Row, Section};

/// What a suite is called, the data set that it is, the task there, and the problems of the part that is scored.
type DataSet = (&'static str, &'static str, &'static str, usize);

#[rustfmt::skip]
const DATA_SETS: [DataSet; 10] = [
    ("humaneval", "openai/openai_humaneval", "openai_humaneval", 164),
    ("mbpp", "google-research-datasets/mbpp", "mbpp", 500),
    ("hellaswag", "Rowan/hellaswag", "hellaswag", 10_042),
    ("arc_challenge", "allenai/ai2_arc", "ARC-Challenge", 1_172),
    ("arc_easy", "allenai/ai2_arc", "ARC-Easy", 2_376),
    ("piqa", "ybisk/piqa", "piqa", 1_838),
    ("winogrande", "allenai/winogrande", "winogrande", 1_267),
    ("boolq", "google/boolq", "boolq", 3_270),
    ("openbookqa", "allenai/openbookqa", "openbookqa", 500),
    ("commonsense_qa", "tau/commonsense_qa", "commonsense_qa", 1_221),
];

const FORM: &str = "hf-eval";

/// The results of one model.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    if is_strange(from) {
        let model = from.model;
        return Err(withheld(format!(
            "what is known of {model} was brought in, and was not measured here"
        )));
    }
    let mut out = String::new();
    let mut parts = Vec::new();
    for section in &from.card.sections {
        let Some((name, id, task, size)) = data_set(section) else {
            continue;
        };
        for row in section.rows.iter().filter(|row| is_headline(row)) {
            let cell = row.cells.iter().find(|cell| cell.model == from.model);
            let Some((cell, value)) = cell.and_then(|cell| Some((cell, cell.value?))) else {
                continue;
            };
            if cell.n != *size {
                let n = cell.n;
                parts.push(format!("{name} has {size} problems, and {n} were scored"));
                continue;
            }
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
    match (out.is_empty(), parts.is_empty()) {
        (true, true) => Err(nothing(
            FORM,
            "a suite that the Hub knows as a benchmark, such as humaneval or hellaswag",
        )),
        (_, false) => Err(withheld(parts.join("; "))),
        (false, true) => Ok(out.into_bytes()),
    }
}

/// Whether the model's numbers came from elsewhere; of several runs together only its missing hash tells.
fn is_strange(from: &Source<'_>) -> bool {
    let mut models = from.run.header.models.iter();
    let unseen = models.any(|model| model.name == from.model && model.sha256.is_empty());
    unseen || is_brought_in(from.run)
}

fn withheld(reason: String) -> Error {
    let format = FORM;
    Error::Withheld { format, reason }
}

fn data_set(section: &Section) -> Option<&'static DataSet> {
    let suite = section.suite.as_deref()?.to_lowercase().replace('-', "_");
    DATA_SETS.iter().find(|(name, ..)| suite == *name)
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
