//! Results in the form of lm-evaluation-harness: `results[task]["metric,filter"]`, with standard errors beside them.
//!
//! Only what that harness defines is written, under its names: multiple choice (whose wording and cut into tokens
//! are its own), rolling perplexity by its protocol, and pass@1 of the code suites that it has. Names, filters and shots
//! are those of its tasks in version 0.4.13. Code that was asked in another wording than the task's has no number of
//! shots, and `configs` says how it was asked. A standard error that is not known is `"N/A"`, as there.

mod asked;

use ledger::Run;
use measure::Better;
use serde_json::{Map, Value, json};

use super::{Source, indented, nothing, standard_error};
use crate::error::Error;
use crate::view::{Cell, Row, Section};

/// Our names and theirs. Of the two lengths by which an answer's likelihood can be divided they have both.
const METRICS: [(&str, &str, &str); 5] = [
    ("accuracy", "accuracy", "acc"),
    ("accuracy", "accuracy_by_characters", "acc_norm"),
    ("accuracy", "accuracy_by_bytes", "acc_bytes"),
    ("perplexity", "word_perplexity", "word_perplexity"),
    ("perplexity", "bits_per_byte", "bits_per_byte"),
];
/// The benchmark whose tasks each have names of their own.
const CODE: &str = "code";
/// The filter of a metric that is read from the answer as it stands.
const PLAIN: &str = "none";
/// The protocol of a perplexity that is theirs.
const PROTOCOL: &str = "lm-eval";

/// What is said of each task, by its name.
#[derive(Default)]
struct Tasks {
    results: Map<String, Value>,
    configs: Map<String, Value>,
    shots: Map<String, Value>,
    directions: Map<String, Value>,
    sizes: Map<String, Value>,
}

/// The results of one model.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let mut tasks = Tasks::default();
    for section in &from.card.sections {
        for row in &section.rows {
            tasks.take(from, section, row);
        }
    }
    if tasks.results.is_empty() {
        let needs = "`whet bench accuracy`, `whet bench perplexity --protocol lm-eval`, or the suites humaneval and mbpp";
        return Err(nothing("lm-eval", needs));
    }
    let names = tasks.results.keys().cloned();
    let versions: Map<String, Value> = names.map(|name| (name, "N/A".into())).collect();
    let home = &from.card.provenance;
    indented(&json!({
        "results": tasks.results,
        "configs": tasks.configs,
        "versions": versions,
        "n-shot": tasks.shots,
        "higher_is_better": tasks.directions,
        "n-samples": tasks.sizes,
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

impl Tasks {
    /// Adds a row, if it is one of theirs and the model has a value in it.
    fn take(&mut self, from: &Source<'_>, section: &Section, row: &Row) {
        let cell = row.cells.iter().find(|cell| cell.model == from.model);
        let value = cell.and_then(|cell| cell.value);
        let (Some(cell), Some(value), Some(task)) = (cell, value, task(section, row)) else {
            return;
        };
        for (name, filter) in names(section, row) {
            let empty = || json!({"name": task, "alias": task, "sample_len": cell.n});
            let entry = self.results.entry(task.clone()).or_insert_with(empty);
            entry[format!("{name},{filter}")] = json!(value);
            entry[format!("{name}_stderr,{filter}")] = error_of(cell, &row.metric);
            let directions = self.directions.entry(task.clone());
            let directed = match section.suite.as_deref().and_then(asked::task) {
                Some(code) if section.benchmark == CODE => code.function,
                _ => name,
            };
            directions.or_insert_with(|| json!({}))[directed] = json!(row.better == Better::Higher);
            let whole = size(from.run, section, row).unwrap_or(cell.n);
            let counts = json!({"original": whole.max(cell.n), "effective": cell.n});
            self.sizes.insert(task.clone(), counts);
            let config = match section.benchmark.as_str() {
                CODE => asked::config(from, &task),
                _ => json!({"task": task, "num_fewshot": 0}),
            };
            if let Some(n) = config.get("num_fewshot") {
                self.shots.insert(task.clone(), n.clone());
            }
            self.configs.insert(task.clone(), config);
        }
    }
}

/// How many problems the suite holds, of which a limit may have left some out.
fn size(run: &Run, section: &Section, row: &Row) -> Option<usize> {
    let name = section.suite.as_deref()?;
    let suite = run.header.suites.iter().find(|suite| suite.name == name);
    match suite.filter(|_| section.benchmark == CODE) {
        Some(suite) => usize::try_from(suite.n_problems).ok(),
        None => size_of_quiz(run, row),
    }
}

/// That of multiple choice, which the plan tells beside the hash of each set.
fn size_of_quiz(run: &Run, row: &Row) -> Option<usize> {
    let hash = row.conditions.get("suite_sha256")?;
    let plan = run.header.plan.get("accuracy")?;
    let hashes = plan.get("sha256")?.as_array()?;
    let at = hashes.iter().position(|known| known == hash)?;
    usize::try_from(plan.get("sizes")?.get(at)?.as_u64()?).ok()
}

/// What they call it, and with which filter. Where all answers are ASCII, both lengths are the same, and there is one
/// number for both.
fn names(section: &Section, row: &Row) -> Vec<(&'static str, &'static str)> {
    if section.benchmark == CODE {
        let task = section.suite.as_deref().and_then(asked::task);
        let task = task.filter(|_| row.metric == "pass_at_1");
        let name = task.map(|task| (task.metric, task.filter));
        return name.into_iter().collect();
    }
    let ours = |known: &&(&str, &str, &str)| known.0 == section.benchmark && known.1 == row.metric;
    let mut names: Vec<&str> = METRICS.iter().filter(ours).map(|known| known.2).collect();
    let has_characters = section
        .rows
        .iter()
        .any(|row| row.metric == "accuracy_by_characters");
    if row.metric == "accuracy_by_bytes" && !has_characters {
        names.push("acc_norm");
    }
    names.into_iter().map(|name| (name, PLAIN)).collect()
}

/// The task; `None` for what they do not measure so.
fn task(section: &Section, row: &Row) -> Option<String> {
    match section.benchmark.as_str() {
        "accuracy" => section.suite.clone(),
        CODE => {
            let suite = section.suite.as_deref()?;
            asked::task(suite).map(|task| task.name.to_owned())
        }
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
