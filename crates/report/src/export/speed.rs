//! `latency.csv`: one line per model and combination, under the column names that others publish.
//!
//! Every number is a median over the repeats; `latency_values.csv` has the repeats themselves. `prefill_ms`
//! and `ttft_ms` are one and the same here, since the first token is chosen from the prompt's own logits;
//! `tokens_per_sec` is generated tokens of all sequences over the whole time, prompt included.

use std::collections::BTreeMap;

use ledger::record::Measurement;
use measure::{percentile_supported, summarise};
use serde_json::Value;

use super::{Lines, bare};

/// Columns of conditions, ours behind theirs.
const CONDITIONS: [(&str, &str); 7] = [
    ("prompt_len", "prompt_tokens"),
    ("gen_len", "generate_tokens"),
    ("batch_size", "batch"),
    ("depth", "depth"),
    ("threads", "threads"),
    ("cache_type", "cache"),
    ("use_cache", "use_cache"),
];

/// Columns of medians: name, metric, and what one of its base units is in the column's.
const MEDIANS: [(&str, &str, f64); 9] = [
    ("prefill_ms", "time_to_first_token_ns", 1e-6),
    ("ttft_ms", "time_to_first_token_ns", 1e-6),
    ("total_ms", "end_to_end_ns", 1e-6),
    ("inter_token_ms", "inter_token_ns", 1e-6),
    ("tokens_per_sec", "end_to_end_tokens_per_s", 1.0),
    ("prefill_tokens_per_sec", "prefill_tokens_per_s", 1.0),
    ("decode_tokens_per_sec", "decode_tokens_per_s", 1.0),
    ("decode_gb_per_sec", "decode_bytes_per_s", 1e-9),
    ("prefill_gflop_per_sec", "prefill_operations_per_s", 1e-9),
];

/// The values of one combination by metric.
type Values<'a> = BTreeMap<&'a str, &'a [f64]>;

/// The table; the header alone if no combination was measured.
pub(super) fn table(records: &[&Measurement]) -> Lines {
    let mut header = vec!["model".to_owned()];
    header.extend(CONDITIONS.iter().map(|(name, _)| (*name).to_owned()));
    header.push("n".to_owned());
    header.extend(MEDIANS.iter().map(|(name, ..)| (*name).to_owned()));
    let further = [
        "decode_ms",
        "total_ms_lo",
        "total_ms_hi",
        "total_ms_p10",
        "total_ms_p90",
    ];
    header.extend(further.map(String::from));
    let mut lines = vec![header];
    for (model, conditions, values) in combinations(records) {
        let mut line = vec![model.to_owned()];
        let condition = |name: &str| conditions.get(name).map(bare).unwrap_or_default();
        line.extend(CONDITIONS.iter().map(|(_, name)| condition(name)));
        line.extend(numbers(&values));
        lines.push(line);
    }
    lines
}

type Combination<'a> = (&'a str, &'a BTreeMap<String, Value>, Values<'a>);

/// Measurements of equal conditions together, in the order in which they first occur.
fn combinations<'a>(records: &[&'a Measurement]) -> Vec<Combination<'a>> {
    let mut found: Vec<Combination<'a>> = Vec::new();
    let timed = |record: &&&Measurement| record.conditions.contains_key("prompt_tokens");
    for record in records.iter().filter(timed) {
        let same = |(model, conditions, _): &&mut Combination<'a>| {
            *model == record.model && **conditions == record.conditions
        };
        let entry = (record.metric.as_str(), record.values.as_slice());
        match found.iter_mut().find(same) {
            Some((_, _, values)) => {
                values.insert(entry.0, entry.1);
            }
            None => found.push((&record.model, &record.conditions, [entry].into())),
        }
    }
    found
}

fn numbers(values: &Values<'_>) -> Vec<String> {
    let of = |metric: &str| values.get(metric).copied().unwrap_or_default();
    let median = |values: &[f64]| summarise(values).map(|summary| summary.median);
    let (first, total) = (of("time_to_first_token_ns"), of("end_to_end_ns"));
    let mut line = vec![total.len().max(first.len()).to_string()];
    line.extend(
        MEDIANS
            .iter()
            .map(|(_, metric, scale)| written(median(of(metric)), *scale)),
    );
    let rest: Vec<f64> = total
        .iter()
        .zip(first)
        .map(|(all, first)| all - first)
        .collect();
    line.push(written(median(&rest), 1e-6));
    let summary = summarise(total);
    let interval = summary.and_then(|summary| summary.interval);
    line.push(written(interval.map(|interval| interval.lo), 1e-6));
    line.push(written(interval.map(|interval| interval.hi), 1e-6));
    let tails = summary.filter(|summary| percentile_supported(summary.n, 0.9));
    line.push(written(tails.map(|summary| summary.p10), 1e-6));
    line.push(written(tails.map(|summary| summary.p90), 1e-6));
    line
}

/// Nothing where there is no number.
fn written(value: Option<f64>, scale: f64) -> String {
    value.map_or_else(String::new, |value| (value * scale).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn measured(metric: &str, prompt: usize, values: &[f64]) -> Measurement {
        Measurement {
            model: "m".into(),
            benchmark: "latency".into(),
            metric: metric.into(),
            conditions: [
                ("prompt_tokens".to_owned(), json!(prompt)),
                ("use_cache".to_owned(), json!(true)),
            ]
            .into(),
            values: values.to_vec(),
            reason: None,
            told: None,
            own: None,
        }
    }

    #[test]
    fn medians_stand_under_the_names_that_others_use() {
        let records = [
            measured("time_to_first_token_ns", 8, &[1e6, 3e6, 2e6]),
            measured("end_to_end_ns", 8, &[5e6, 9e6, 7e6]),
            measured("end_to_end_tokens_per_s", 8, &[10.0, 30.0, 20.0]),
            measured("time_to_first_token_ns", 16, &[4e6]),
            Measurement {
                conditions: BTreeMap::new(),
                ..measured("model_load_ns", 0, &[1.0])
            },
        ];
        let lines = table(&records.iter().collect::<Vec<_>>());
        assert_eq!(
            lines.len(),
            3,
            "a combination is a line, and nothing else is one"
        );
        let cell = |line: usize, name: &str| {
            let at = lines[0].iter().position(|column| column == name).unwrap();
            lines[line][at].as_str()
        };
        for (name, wanted) in [
            ("model", "m"),
            ("prompt_len", "8"),
            ("use_cache", "true"),
            ("n", "3"),
            ("prefill_ms", "2"),
            ("ttft_ms", "2"),
            ("total_ms", "7"),
            ("decode_ms", "5"),
            ("tokens_per_sec", "20"),
            ("total_ms_p90", ""),
            ("decode_gb_per_sec", ""),
        ] {
            assert_eq!(cell(1, name), wanted, "{name}");
        }
        assert_eq!((cell(2, "n"), cell(2, "total_ms")), ("1", ""));
        let widths: Vec<usize> = lines.iter().map(Vec::len).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
    }

    #[test]
    fn tails_are_written_from_29_repeats_on() {
        let times: Vec<f64> = (1..=29).map(|k| f64::from(k) * 1e6).collect();
        let records = [measured("end_to_end_ns", 8, &times)];
        let lines = table(&records.iter().collect::<Vec<_>>());
        let last = lines[1].last().unwrap();
        assert_eq!(last.parse::<f64>().unwrap().round(), 26.0);
    }
}
