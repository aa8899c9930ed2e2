//! Results in the forms of SmallCoder's scripts: a list of models with an entry for each answer, the page that compares
//! them, and an object of variants.
//!
//! Names and order are theirs. Where a number means something else here, a field beside it says what: a time is from the
//! first token to the last, a rate counts real tokens (theirs divides the limit by the time), memory is that of the
//! process. What was not measured is `null`. So are the times of answers that were decoded side by side: one lane of
//! sixteen says nothing of how fast the model is alone.

mod page;
mod variants;

use std::collections::BTreeSet;

use ledger::Run;
use ledger::record::{Attempt, Verdict};
use serde_json::{Value, json};

use super::{Source, indented, nothing};
use crate::error::Error;
use crate::view::{Scorecard, plan_of};
pub(in crate::publish) use page::page;
pub(in crate::publish) use variants::variants;

const NANOS: f64 = 1e9;
const GIB: f64 = (1u64 << 30) as f64;
/// The score that these scripts know.
const SCORE: &str = "keyword_share";
const TIMING: &str = "from the first token to the last; rates count real tokens";
const NEEDS: &str =
    "answers scored by keywords, such as `whet bench code MODEL --suite python-core`";

/// One answer with its score.
struct Answer<'a> {
    attempt: &'a Attempt,
    verdict: &'a Verdict,
    /// Whether nothing else was decoded meanwhile.
    is_alone: bool,
}

impl Answer<'_> {
    fn score(&self) -> Option<f64> {
        self.verdict.scores.get(SCORE).copied()
    }

    fn seconds(&self) -> Option<f64> {
        let is_timed = self.is_alone && self.attempt.n_tokens > 1 && self.attempt.decode_ns > 0;
        is_timed.then(|| self.attempt.decode_ns as f64 / NANOS)
    }

    /// Tokens after the first, by the time from it to the last.
    fn rate(&self) -> Option<f64> {
        self.seconds()
            .map(|seconds| f64::from(self.attempt.n_tokens - 1) / seconds)
    }
}

/// A model's answers, in the order of the records.
struct Entered<'a> {
    model: &'a str,
    answers: Vec<Answer<'a>>,
}

impl Entered<'_> {
    fn mean(&self, of: impl Fn(&Answer<'_>) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> = self.answers.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn n_scored(&self) -> usize {
        self.answers
            .iter()
            .filter(|answer| answer.score().is_some())
            .count()
    }
}

fn entered(run: &Run) -> Vec<Entered<'_>> {
    let index = run.index();
    let has_score = |verdict: &&Verdict| verdict.scores.contains_key(SCORE);
    let suites: BTreeSet<&str> = run
        .verdicts
        .iter()
        .filter(has_score)
        .map(|verdict| verdict.key.suite.as_str())
        .collect();
    let of = |model: &str| -> Vec<Answer<'_>> {
        // Verdicts are given in the order of the suite, answers end when they end.
        let verdicts = run.verdicts.iter();
        let mine = verdicts.filter(|verdict| {
            verdict.key.model == model && suites.contains(verdict.key.suite.as_str())
        });
        let is_alone = lanes(run, model) == Some(1);
        mine.filter_map(|verdict| {
            let attempt = index.attempt(&verdict.key)?;
            Some(Answer {
                attempt,
                verdict,
                is_alone,
            })
        })
        .collect()
    };
    let models = run.header.models.iter();
    models
        .map(|model| Entered {
            model: &model.name,
            answers: of(&model.name),
        })
        .collect()
}

/// How many answers of a model were decoded side by side; `None` if the records do not say, because they were brought in,
/// or because the plan is that of another run that was laid beside.
fn lanes(run: &Run, model: &str) -> Option<u64> {
    let mut models = run.header.models.iter();
    let mine = models.find(|record| record.name == model)?;
    plan_of(run, mine)?.pointer("/code/batch")?.as_u64()
}

/// What the times are, or why there are none.
fn timing(run: &Run, model: &str) -> String {
    match lanes(run, model) {
        Some(1) if run.header.plan.pointer("/code/steps") == Some(&json!("fast")) => TIMING.into(),
        Some(1) => {
            format!("{TIMING}; steps were filled up to whole tiles, which --fast leaves out")
        }
        Some(n) => format!(
            "none: {n} answers were decoded side by side, and the time of one of them is not the model's; \
             take them one by one with --batch 1 --fast"
        ),
        None => "none: the records do not say how many answers were decoded side by side".into(),
    }
}

fn scored<'a>(from: &'a Source<'a>, name: &'static str) -> Result<Vec<Entered<'a>>, Error> {
    let all = entered(from.run);
    match all.iter().any(|one| one.n_scored() > 0) {
        true => Ok(all),
        false => Err(nothing(name, NEEDS)),
    }
}

/// `benchmark_results_<stamp>.json`.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let entries = scored(from, "smallcoder")?;
    let entries = entries.iter().map(|one| {
        json!({
            "model_name": one.model,
            "model_id": path_of(from.run, one.model),
            "results": one.answers.iter().map(result).collect::<Vec<_>>(),
            "summary": {
                "total_benchmarks": one.answers.len(),
                "successful_runs": one.n_scored(),
                "avg_keyword_score": one.mean(|answer| answer.score()),
                "avg_generation_time": one.mean(|answer| answer.seconds()),
                "avg_tokens_per_second": one.mean(|answer| answer.rate()),
            },
            "memory_stats": memory(from.card, one.model),
            "model_config": config(from.run, one.model),
            "timing": timing(from.run, one.model),
            "run_id": from.run.header.run_id,
        })
    });
    indented(&Value::Array(entries.collect()))
}

fn result(answer: &Answer<'_>) -> Value {
    let mut entry = json!({
        "benchmark": answer.attempt.key.problem,
        "attempt": answer.attempt.key.attempt,
        "description": null,
        "generated_text": answer.attempt.text,
        "keyword_score": answer.score(),
        "generation_time": answer.seconds(),
        "tokens_per_second": answer.rate(),
        "tokens_generated": answer.attempt.n_tokens,
        "success": answer.score().is_some(),
    });
    if let Some(why) = &answer.verdict.unscored {
        entry["error"] = why.as_str().into();
    }
    entry
}

fn path_of<'a>(run: &'a Run, model: &str) -> Option<&'a str> {
    let found = run.header.models.iter().find(|record| record.name == model);
    found.map(|record| record.path.as_str())
}

fn config(run: &Run, model: &str) -> Value {
    const NAMES: [(&str, &str); 4] = [
        ("hidden_size", "embedding_length"),
        ("num_layers", "n_layers"),
        ("num_attention_heads", "n_heads"),
        ("num_key_value_heads", "n_kv_heads"),
    ];
    let named = NAMES.map(|(theirs, ours)| (theirs.to_owned(), fact(run, model, ours)));
    Value::Object(named.into_iter().collect())
}

/// What a model's file says, or null.
fn fact(run: &Run, model: &str, name: &str) -> Value {
    let mut models = run.header.models.iter();
    let found = models.find(|record| record.name == model);
    let value = found.and_then(|record| record.facts.get(name));
    value.cloned().unwrap_or_default()
}

/// What the process took at most; `{}` where memory was not measured, as there.
fn memory(card: &Scorecard, model: &str) -> Value {
    match peak(card, model) {
        None => json!({}),
        Some(bytes) => json!({
            "message": "measured on the processor: what CUDA allocates and reserves is not there, peak is the process's",
            "allocated_gb": null,
            "reserved_gb": null,
            "peak_gb": bytes / GIB,
        }),
    }
}

fn peak(card: &Scorecard, model: &str) -> Option<f64> {
    let rows = card.sections.iter().flat_map(|section| &section.rows);
    let peaks = rows.filter(|row| row.metric == "peak_resident_bytes");
    let cells = peaks
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.model == model);
    cells.filter_map(|cell| cell.value).reduce(f64::max)
}
