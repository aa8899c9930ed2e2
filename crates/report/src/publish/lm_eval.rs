//! Results in the form of lm-evaluation-harness: `results[task]["metric,filter"]`, with standard errors beside them.
//!
//! Only what that harness defines is written, under its names: multiple choice (whose wording and cut into tokens
//! are its own), rolling perplexity by its protocol, and pass@k of published function suites. A standard error that
//! is not known is `"N/A"`, as there.

use ledger::Run;
use serde_json::{Map, Value, json};

use super::{Source, indented, nothing, standard_error};
use crate::error::Error;
use crate::view::{Cell, Row, Section};

/// Our names and theirs. Of the two lengths by which an answer's likelihood can be divided they have both.
const METRICS: [(&str, &str, &str); 6] = [
    ("accuracy", "accuracy", "acc"),
    ("accuracy", "accuracy_by_characters", "acc_norm"),
    ("accuracy", "accuracy_by_bytes", "acc_bytes"),
    ("perplexity", "word_perplexity", "word_perplexity"),
    ("perplexity", "bits_per_byte", "bits_per_byte"),
    ("code", "pass_at_1", "pass@1"),
];
/// The protocol of a perplexity that is theirs.
const PROTOCOL: &str = "lm-eval";

/// The results of one model.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let (mut results, mut sizes) = (Map::new(), Map::new());
    for section in &from.card.sections {
        for row in &section.rows {
            let cell = row.cells.iter().find(|cell| cell.model == from.model);
            let value = cell.and_then(|cell| cell.value);
            let (Some(cell), Some(value), Some(task)) = (cell, value, task(section, row)) else {
                continue;
            };
            for name in names(section, row) {
                let entry = results
                    .entry(task.clone())
                    .or_insert_with(|| json!({"alias": task}));
                entry[format!("{name},none")] = json!(value);
                entry[format!("{name}_stderr,none")] = error_of(cell, &row.metric);
                let whole = size(from.run, section).unwrap_or(cell.n);
                let counts = json!({"original": whole.max(cell.n), "effective": cell.n});
                sizes.insert(task.clone(), counts);
            }
        }
    }
    if results.is_empty() {
        let needs =
            "`whet bench accuracy`, `whet bench perplexity --protocol lm-eval`, or function suites";
        return Err(nothing("lm-eval", needs));
    }
    let tasks: Vec<String> = results.keys().cloned().collect();
    let each = |value: Value| -> Map<String, Value> {
        tasks
            .iter()
            .map(|task| (task.clone(), value.clone()))
            .collect()
    };
    let home = &from.card.provenance;
    indented(&json!({
        "results": results,
        "versions": each("N/A".into()),
        "n-shot": each(0.into()),
        "n-samples": sizes,
        "configs": each(json!({})),
        "config": {
            "model": "whet",
            "model_args": format!("pretrained={}", from.model),
            "random_seed": home.seed,
        },
        "model_source": "whet",
        "model_name": from.model,
        "date": home.started_at,
        "whet_version": home.whet_version,
    }))
}

/// How many problems the suite holds, of which a limit may have left some out.
fn size(run: &Run, section: &Section) -> Option<usize> {
    let name = section.suite.as_deref()?;
    let suite = run.header.suites.iter().find(|suite| suite.name == name)?;
    usize::try_from(suite.n_problems).ok()
}

/// What they call it. Where all answers are ASCII, both lengths are the same, and there is one number for both.
fn names(section: &Section, row: &Row) -> Vec<&'static str> {
    let ours = |known: &&(&str, &str, &str)| known.0 == section.benchmark && known.1 == row.metric;
    let mut names: Vec<&str> = METRICS.iter().filter(ours).map(|known| known.2).collect();
    let has_characters = section
        .rows
        .iter()
        .any(|row| row.metric == "accuracy_by_characters");
    if row.metric == "accuracy_by_bytes" && !has_characters {
        names.push("acc_norm");
    }
    names
}

/// The task; `None` for what they do not measure so.
fn task(section: &Section, row: &Row) -> Option<String> {
    match section.benchmark.as_str() {
        "accuracy" => section.suite.clone(),
        "code" => section
            .suite
            .clone()
            .filter(|suite| suite.starts_with("humaneval") || suite.starts_with("mbpp")),
        "perplexity" => {
            let is_theirs = row
                .conditions
                .get("protocol")
                .is_some_and(|name| name == PROTOCOL);
            let text = row.conditions.get("text").and_then(Value::as_str);
            text.filter(|_| is_theirs).map(str::to_owned)
        }
        _ => None,
    }
}

/// Rates are means over problems; ratios of sums have an error of their own or none.
fn error_of(cell: &Cell, metric: &str) -> Value {
    let is_mean = metric.starts_with("accuracy") || metric.starts_with("pass_at");
    let spread = cell
        .standard_error
        .or_else(|| standard_error(&cell.raw).filter(|_| is_mean));
    spread.map_or_else(|| "N/A".into(), Value::from)
}
