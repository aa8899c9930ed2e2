//! `divergence.csv`: one line per token that was compared.
//!
//! The text's hash is left to `measurements.jsonl`: a text of ordinary length has a quarter of a million tokens.

use ledger::Run;
use ledger::record::Measurement;

use super::{Lines, bare};

/// Conditions that become columns.
const CONDITIONS: [&str; 5] = ["reference", "cache", "text", "context_tokens", "chunk"];

/// Metrics with one value a token.
const TOKENS: [&str; 3] = ["token_kl_nats", "token_delta_p", "token_same_top"];

/// Whether a record is one of those that hold something against a reference.
pub(super) fn is_one(record: &Measurement) -> bool {
    ["divergence", "cache_quality"].contains(&record.benchmark.as_str())
}

pub(super) fn tokens(run: &Run) -> Lines {
    let header = [&["model"][..], &CONDITIONS, &["token"], &TOKENS].concat();
    let mut lines = vec![header.into_iter().map(String::from).collect()];
    let of = |metric: &'static str| {
        let wanted = move |m: &&Measurement| is_one(m) && m.metric == metric;
        run.measurements.iter().filter(wanted)
    };
    for first in of(TOKENS[0]) {
        let same = |m: &&Measurement| m.model == first.model && m.conditions == first.conditions;
        let others: Vec<Option<&Measurement>> = TOKENS[1..]
            .iter()
            .map(|metric| of(metric).find(same))
            .collect();
        let conditions =
            CONDITIONS.map(|name| first.conditions.get(name).map(bare).unwrap_or_default());
        for (index, kl) in first.values.iter().enumerate() {
            let mut line = vec![first.model.clone()];
            line.extend(conditions.clone());
            line.extend([index.to_string(), kl.to_string()]);
            let value = |m: &Option<&Measurement>| m.and_then(|m| m.values.get(index).copied());
            line.extend(
                others
                    .iter()
                    .map(|other| value(other).map(|v| v.to_string()).unwrap_or_default()),
            );
            lines.push(line);
        }
    }
    lines
}
