//! What a reader must know: whether answers were equal, and whether the forecast held.

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

use super::TARGET;
use super::answers::{Answered, Mode};

/// A forecast that is off by more than this share is called wrong.
const MOST_OFF: f64 = 0.1;

pub(super) fn notes(run: &Run, modes: &[Mode], records: &[&Measurement]) -> Vec<String> {
    let mut notes = vec![gate(run, modes)];
    notes.extend(forecast(modes, records));
    notes.extend(break_even(records));
    notes.extend(lever(records));
    let skipped = run.header.plan.pointer("/speculation/adapter_skipped");
    let reason = skipped.and_then(Value::as_str);
    notes.extend(reason.map(|reason| format!("skipped, draft with adapter: {reason}")));
    notes
}

fn gate(run: &Run, modes: &[Mode]) -> String {
    let guessed = || modes.iter().filter(|mode| mode.name != TARGET);
    let flags = || guessed().flat_map(|mode| mode.answers.iter().flat_map(|a| &a.equal));
    let (n, n_unequal) = (flags().count(), flags().filter(|f| **f != 1.0).count());
    let warned = |kind: &str| run.warnings.iter().filter(|w| w.kind == kind).count();
    if n == 0 {
        return "equality: no answer was compared yet".to_owned();
    }
    match (n_unequal, warned("unequal_answer")) {
        (0, _) => format!("equality: all {n} answers are the target's own, token for token"),
        (unequal, 0) => format!(
            "equality: {unequal} of {n} answers part from the target's own, all where the two best tokens tie within rounding"
        ),
        (unequal, faults) => format!(
            "EQUALITY FAILED: {unequal} of {n} answers part from the target's own, {faults} of them where no tie explains it"
        ),
    }
}

fn single(records: &[&Measurement], metric: &str, with: Option<(&str, u64)>) -> Option<f64> {
    let fits = |m: &&&Measurement| {
        let condition = with.is_none_or(|(name, value)| {
            m.conditions.get(name).and_then(Value::as_u64) == Some(value)
        });
        m.metric == metric && condition
    };
    records.iter().find(fits)?.values.first().copied()
}

/// Decode time alone, of the prompts whose answers are equal: the forecast knows nothing of the reading of prompts, and
/// answers of other lengths took other times.
fn decode_speedup(modes: &[Mode], name: &str) -> Option<f64> {
    let mode = modes.iter().find(|mode| mode.name == name)?;
    let (base, with) = mode.paired(modes.first()?, None, Answered::decode_ns);
    let (base, with): (f64, f64) = (base.iter().sum(), with.iter().sum());
    (with > 0.0).then_some(base / with)
}

fn forecast(modes: &[Mode], records: &[&Measurement]) -> Option<String> {
    let length = single(records, "draft_length", None)?;
    let promised = single(
        records,
        "predicted_speedup",
        Some(("draft_length", length as u64)),
    )?;
    let guesses = if length == 1.0 { "guess" } else { "guesses" };
    let promise = format!("forecast: {promised:.2}× with {length} {guesses} a pass");
    let Some(measured) = decode_speedup(modes, "draft") else {
        let tried = modes.iter().any(|mode| mode.name == "draft");
        let why = if tried {
            "no answer equals the target's own"
        } else {
            "not tried"
        };
        return Some(format!("{promise}; {why}"));
    };
    let off = measured / promised - 1.0;
    let verdict = match off.abs() > MOST_OFF {
        true => "the forecast was wrong",
        false => "the forecast held",
    };
    Some(format!(
        "{promise}; measured {measured:.2}× without the reading of prompts, {:+.0} %: {verdict}",
        off * 100.0
    ))
}

fn break_even(records: &[&Measurement]) -> Option<String> {
    let record = records
        .iter()
        .find(|m| m.metric == "break_even_acceptance")?;
    Some(match record.values.first() {
        Some(chance) => format!(
            "a draft of this cost gains once {:.0} % of its guesses come true, each counted alone",
            chance * 100.0
        ),
        None => "a draft of this cost would lose even if all its guesses came true".to_owned(),
    })
}

fn lever(records: &[&Measurement]) -> Option<String> {
    // Costs whose measurement was interrupted are measured again, and another lever may be the best then.
    let mut latest = records.iter().rev();
    let record = latest.find(|m| m.metric == "lever_speedup")?;
    let with = record.conditions.get("with").and_then(Value::as_str)?;
    let speedup = record.values.first()?;
    Some(format!("what would help most: {with}; then {speedup:.2}×"))
}
