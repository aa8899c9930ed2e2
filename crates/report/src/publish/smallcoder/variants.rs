//! The results of `benchmark_variants.py`: an object with an entry for each shape, here for each of its precisions.

use ledger::Run;
use ledger::record::ProblemRecord;
use serde_json::{Map, Value, json};

use super::super::{indented, nothing};
use super::{Answer, Entered, NANOS, Source, entered, fact, result, timing};
use crate::error::Error;

/// `benchmark_results_variants.json`: an object by shape.
pub(in crate::publish) fn variants(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let plan = from.run.header.plan.get(crate::view::VARIANTS);
    let shapes = plan
        .and_then(|plan| plan.get("shapes"))
        .and_then(Value::as_array);
    let Some(shapes) = shapes.filter(|shapes| !shapes.is_empty()) else {
        return Err(nothing("smallcoder-variants", "`whet bench variants`"));
    };
    let all = entered(from.run);
    let mut out = Map::new();
    for shape in shapes {
        let Some(model) = shape.get("model").and_then(Value::as_str) else {
            continue;
        };
        let answers = all.iter().find(|one| one.model == model);
        let entry = json!({
            "summary": variant(from, shape, model, answers),
            "detailed_results": answers.map(|one| detailed(from.run, one)).unwrap_or_default(),
        });
        out.insert(name_of(shape, model), entry);
    }
    indented(&Value::Object(out))
}

/// Theirs is the shape alone; here a shape is measured in several precisions.
fn name_of(shape: &Value, model: &str) -> String {
    let word = |name: &str| shape.get(name).and_then(Value::as_str);
    match (word("title"), word("precision")) {
        (Some(title), Some(precision)) => format!("{title} {precision}"),
        _ => model.to_owned(),
    }
}

fn variant(from: &Source<'_>, shape: &Value, model: &str, answers: Option<&Entered<'_>>) -> Value {
    let parameters = shape.get("parameters").and_then(Value::as_f64);
    let median = |metric: &str| {
        let records = from.run.measurements.iter();
        let mut mine = records.filter(|m| m.model == model && m.metric == metric);
        mine.find_map(|m| measure::summarise(&m.values))
            .map(|summary| summary.median)
    };
    json!({
        "variant": shape.get("title"),
        "precision": shape.get("precision"),
        "untrained": shape.get("checkpoint").is_none_or(Value::is_null),
        "parameters": parameters,
        "parameters_m": parameters.map(|n| (n / 1e4).round() / 100.0),
        "memory_stats": {
            "allocated_mb": null,
            "reserved_mb": null,
            "peak_mb": median("peak_resident_bytes").map(|bytes| bytes / (1u64 << 20) as f64),
            "device": device(from.run),
        },
        "avg_keyword_score": answers.and_then(|one| one.mean(|answer| answer.score())),
        "avg_generation_time": median("end_to_end_ns").map(|ns| ns / NANOS),
        "avg_tokens_per_second": median("decode_tokens_per_s"),
        "total_prompts": answers.map_or(0, |one| one.answers.len()),
        "timing_of_answers": answers.map(|_| timing(from.run, model)),
        "config": {
            "hidden_size": fact(from.run, model, "embedding_length"),
            "num_layers": shape.get("layers"),
            "num_heads": fact(from.run, model, "n_heads"),
            "num_kv_heads": fact(from.run, model, "n_kv_heads"),
            "max_context": shape.get("context"),
        },
    })
}

/// Theirs is PyTorch's word for where the model was; a plan names the graphics processor, if one computes.
fn device(run: &Run) -> &str {
    let named = run.header.plan.get("device").and_then(Value::as_str);
    named.unwrap_or("cpu")
}

fn detailed(run: &Run, one: &Entered<'_>) -> Vec<Value> {
    let named = |answer| {
        let mut entry = result(answer);
        entry["name"] = entry["benchmark"].clone();
        let known = problem(run, answer);
        let n_keywords = known.map(|known| known.n_keywords);
        entry["category"] = json!(known.and_then(|known| known.tags.first()));
        entry["keywords_found"] = json!(found(answer, n_keywords));
        entry["keywords_total"] = json!(n_keywords);
        entry
    };
    one.answers.iter().map(named).collect()
}

/// What the run's header tells of an answer's problem; headers of old runs tell nothing.
fn problem<'a>(run: &'a Run, answer: &Answer<'_>) -> Option<&'a ProblemRecord> {
    let key = &answer.attempt.key;
    let mut suites = run.header.suites.iter();
    let suite = suites.find(|suite| suite.name == key.suite)?;
    suite.problems.iter().find(|known| known.id == key.problem)
}

/// The score is a share of that many, so the number that were there comes out whole.
fn found(answer: &Answer<'_>, n_keywords: Option<u32>) -> Option<u32> {
    Some((answer.score()? * f64::from(n_keywords?)).round() as u32)
}
