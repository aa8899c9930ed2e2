//! Speculative decoding under the names of the suite that is compared with: `metadata`, `summary`,
//! `per_prompt`.
//!
//! Its means are means of rates over answers, as there; ratios of sums stand in the report. Its acceptance
//! is the share of emitted tokens that were guessed, and ours (`accepted_of_drafted`) stands beside it.

use std::collections::BTreeMap;

use ledger::Run;
use serde_json::{Map, Value, json};

/// Modes by our names and by those.
const NAMES: [(&str, &str); 3] = [
    ("target", "target_only"),
    ("draft", "spec_base"),
    ("draft_lora", "spec_lora"),
];
const PREVIEW: usize = 60;

/// The values of one mode and prompt by metric.
type Answers = BTreeMap<String, Vec<f64>>;

/// The document, or `None` if the benchmark did not run. `prompts` are the full texts by name.
pub fn speculation_suite(run: &Run, prompts: &BTreeMap<String, String>) -> Option<Value> {
    let (order, answers) = collected(run)?;
    let plan = run.header.plan.get("speculation")?;
    let ids: Vec<&String> = order.iter().collect();
    let mut modes: Vec<&str> = Vec::new();
    for (mode, _) in answers.keys() {
        if !modes.contains(&mode.as_str()) {
            modes.push(mode);
        }
    }
    // Theirs come first, in their order.
    let place = |mode: &&str| NAMES.iter().position(|(ours, _)| ours == mode);
    modes.sort_by_key(|mode| place(mode).unwrap_or(NAMES.len()));
    let summary: Map<String, Value> = modes
        .iter()
        .map(|mode| (named(mode), summary(mode, &ids, &answers)))
        .collect();
    let per_prompt: Vec<Value> = ids
        .iter()
        .map(|id| per_prompt(id, prompts, &modes, &answers))
        .collect();
    Some(json!({
        "metadata": {
            "timestamp": run.header.started_at,
            "num_prompts": ids.len(),
            "max_tokens": plan.get("max_tokens"),
            "iterations": plan.get("iterations"),
            "adapter_path": plan.get("adapter"),
        },
        "summary": summary,
        "per_prompt": per_prompt,
    }))
}

/// Names of the prompts in their order, and values by mode and prompt.
type Collected = (Vec<String>, BTreeMap<(String, String), Answers>);

fn collected(run: &Run) -> Option<Collected> {
    let mut order = Vec::new();
    let mut answers: BTreeMap<(String, String), Answers> = BTreeMap::new();
    for record in run
        .measurements
        .iter()
        .filter(|m| m.benchmark == "speculation")
    {
        let word = |name: &str| record.conditions.get(name).and_then(Value::as_str);
        let (Some(mode), Some(prompt)) = (word("mode"), word("prompt")) else {
            continue;
        };
        if !order.iter().any(|id| id == prompt) {
            order.push(prompt.to_owned());
        }
        let of_prompt = answers
            .entry((mode.to_owned(), prompt.to_owned()))
            .or_default();
        let list = of_prompt.entry(record.metric.clone()).or_default();
        list.extend(&record.values);
    }
    (!order.is_empty()).then_some((order, answers))
}

fn named(mode: &str) -> String {
    let known = NAMES.iter().find(|(ours, _)| *ours == mode);
    known.map_or(mode, |(_, theirs)| theirs).to_owned()
}

fn list<'a>(answers: &'a Answers, metric: &str) -> &'a [f64] {
    answers.get(metric).map_or(&[], Vec::as_slice)
}

fn n_tokens(answers: &Answers) -> u64 {
    let all: f64 = list(answers, "answer_tokens").iter().sum();
    all as u64
}

/// Tokens per second of each answer.
fn rates(answers: &Answers) -> Vec<f64> {
    let pairs = list(answers, "answer_tokens")
        .iter()
        .zip(list(answers, "end_to_end_ns"));
    pairs
        .map(|(tokens, ns)| tokens * 1e9 / ns.max(1.0))
        .collect()
}

fn mean(values: &[f64]) -> Value {
    match values.len() {
        0 => Value::Null,
        n => json!(values.iter().sum::<f64>() / n as f64),
    }
}

/// Accepted of emitted, and accepted of drafted; null where nobody guesses.
fn acceptance(of: &[&Answers]) -> (Value, Value) {
    let sum = |metric: &str| of.iter().flat_map(|a| list(a, metric)).sum::<f64>();
    let share = |below: f64| match below > 0.0 {
        true => json!(sum("pass_accepted") / below),
        false => Value::Null,
    };
    match of.iter().any(|a| a.contains_key("pass_drafted")) {
        true => (share(sum("answer_tokens")), share(sum("pass_drafted"))),
        false => (Value::Null, Value::Null),
    }
}

fn summary(mode: &str, ids: &[&String], answers: &BTreeMap<(String, String), Answers>) -> Value {
    let key = |id: &&String| (mode.to_owned(), (*id).clone());
    let mine: Vec<&Answers> = ids.iter().filter_map(|id| answers.get(&key(id))).collect();
    let rates: Vec<f64> = mine.iter().flat_map(|a| rates(a)).collect();
    let seconds: Vec<f64> = mine
        .iter()
        .flat_map(|a| list(a, "end_to_end_ns"))
        .map(|ns| ns / 1e9)
        .collect();
    let tokens: u64 = mine.iter().map(|one| n_tokens(one)).sum();
    let (_, of_drafted) = acceptance(&mine);
    let of_emitted: Vec<f64> = mine
        .iter()
        .filter_map(|one| acceptance(&[one]).0.as_f64())
        .collect();
    json!({
        "mode": named(mode),
        "avg_tokens_per_second": mean(&rates),
        "avg_time_to_last_token": mean(&seconds),
        "avg_acceptance_rate": mean(&of_emitted),
        "accepted_of_drafted": of_drafted,
        "total_tokens": tokens,
        "num_prompts": rates.len(),
        "min_tokens_per_second": rates.iter().copied().reduce(f64::min),
        "max_tokens_per_second": rates.iter().copied().reduce(f64::max),
    })
}

fn per_prompt(
    id: &str,
    prompts: &BTreeMap<String, String>,
    modes: &[&str],
    answers: &BTreeMap<(String, String), Answers>,
) -> Value {
    let full = prompts.get(id).map_or(id, String::as_str);
    let mut entry = Map::new();
    entry.insert(
        "prompt".into(),
        full.chars().take(PREVIEW).collect::<String>().into(),
    );
    entry.insert("full_prompt".into(), full.into());
    for mode in modes {
        let Some(mine) = answers.get(&((*mode).to_owned(), id.to_owned())) else {
            continue;
        };
        let seconds: Vec<f64> = list(mine, "end_to_end_ns")
            .iter()
            .map(|ns| ns / 1e9)
            .collect();
        entry.insert(
            named(mode),
            json!({
                "tokens_per_second": mean(&rates(mine)),
                "time_to_last_token": mean(&seconds),
                "acceptance_rate": acceptance(&[mine]).0,
                "total_tokens": n_tokens(mine),
            }),
        );
    }
    Value::Object(entry)
}
