//! Perplexity and bits per byte from the surprise of each passage.
//!
//! The passage is the unit of observation: tokens inside a passage depend on each other, so an
//! interval over tokens would be too narrow. Bits per byte can be compared between any two models
//! that read the same text. Perplexity is per token, so it can be compared only between models that
//! cut the text into the same tokens; otherwise the comparison is refused with a reason.

use std::collections::BTreeMap;

use ledger::Run;
use serde_json::Value;

use super::{Cell, Comparison, Counted, Kind, Row, Section, pairing, statistic, timing};

/// One model's passages under one set of conditions, all three lists of one length.
struct Passages {
    nats: Vec<f64>,
    tokens: Vec<f64>,
    bytes: Vec<f64>,
}

/// The perplexity section, if the benchmark ran.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let mut texts: Vec<&BTreeMap<String, Value>> = Vec::new();
    for measurement in run
        .measurements
        .iter()
        .filter(|m| m.benchmark == "perplexity")
    {
        if !texts.contains(&&measurement.conditions) {
            texts.push(&measurement.conditions);
        }
    }
    texts.sort_by(|a, b| timing::by_conditions(a, b));
    if texts.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<Row> = texts.iter().map(|text| bits_row(run, text)).collect();
    rows.extend(texts.iter().map(|text| perplexity_row(run, text)));
    vec![section(rows)]
}

fn section(rows: Vec<Row>) -> Section {
    let counts: Vec<usize> = rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| cell.n)
        .filter(|n| *n > 0)
        .collect();
    let scope = match (counts.iter().min(), counts.iter().max()) {
        (Some(1), Some(1)) => "one passage of each text".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{most} passages of each text"),
        (Some(least), Some(most)) => format!("{least} to {most} passages of each text"),
        _ => "nothing could be measured".to_owned(),
    };
    Section {
        benchmark: "perplexity".to_owned(),
        suite: None,
        shared: timing::shared_conditions(&rows),
        scope,
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        notes: Vec::new(),
    }
}

fn bits_row(run: &Run, text: &BTreeMap<String, Value>) -> Row {
    let all = every_model(run, text);
    let cells: Vec<Cell> = all
        .iter()
        .map(|(model, found)| match found {
            Ok(passages) => {
                let bits: Vec<f64> = passages
                    .nats
                    .iter()
                    .map(|nats| nats / std::f64::consts::LN_2)
                    .collect();
                statistic::quotient_cell(
                    model,
                    &bits,
                    &passages.bytes,
                    |value| value,
                    run.header.seed,
                )
            }
            Err(reason) => pairing::missing(model, Counted::Passages, reason.clone()),
        })
        .collect();
    let comparisons = compare(&all, |base, later| {
        bits_difference(base, later, run.header.seed)
    });
    pairing::row("bits_per_byte", text.clone(), cells, comparisons)
}

fn perplexity_row(run: &Run, text: &BTreeMap<String, Value>) -> Row {
    let all = every_model(run, text);
    let cells: Vec<Cell> = all
        .iter()
        .map(|(model, found)| match found {
            Ok(passages) => statistic::quotient_cell(
                model,
                &passages.nats,
                &passages.tokens,
                f64::exp,
                run.header.seed,
            ),
            Err(reason) => pairing::missing(model, Counted::Passages, reason.clone()),
        })
        .collect();
    let comparisons = compare(&all, |base, later| {
        perplexity_ratio(base, later, run.header.seed)
    });
    pairing::row("perplexity", text.clone(), cells, comparisons)
}

type Found = (String, Result<Passages, String>);

fn compare(all: &[Found], between: impl Fn(&Passages, &Passages) -> Comparison) -> Vec<Comparison> {
    let Some((against, base)) = all.first() else {
        return Vec::new();
    };
    all.iter()
        .skip(1)
        .map(|(model, later)| {
            let found = match (base, later) {
                (Ok(base), Ok(later)) => between(base, later),
                (Err(reason), _) | (_, Err(reason)) => {
                    pairing::incomparable(Kind::Difference, reason.clone())
                }
            };
            Comparison {
                model: model.clone(),
                against: against.clone(),
                ..found
            }
        })
        .collect()
}

fn bits_difference(base: &Passages, later: &Passages, seed: u64) -> Comparison {
    if base.bytes != later.bytes {
        return pairing::incomparable(
            Kind::Difference,
            "the two models read different passages".to_owned(),
        );
    }
    let bits = |nats: &[f64]| {
        nats.iter()
            .map(|nats| nats / std::f64::consts::LN_2)
            .collect::<Vec<_>>()
    };
    statistic::quotient_difference(&bits(&base.nats), &bits(&later.nats), &base.bytes, seed)
}

fn perplexity_ratio(base: &Passages, later: &Passages, seed: u64) -> Comparison {
    if base.bytes != later.bytes || base.tokens != later.tokens {
        let reason =
            "the two models cut the text into different tokens; compare bits per byte".to_owned();
        return pairing::incomparable(Kind::Ratio, reason);
    }
    let logs = statistic::quotient_difference(&base.nats, &later.nats, &base.tokens, seed);
    Comparison {
        kind: Kind::Ratio,
        smallest_detectable: None,
        ..logs.map_value(f64::exp)
    }
}

fn every_model(run: &Run, text: &BTreeMap<String, Value>) -> Vec<Found> {
    run.header
        .models
        .iter()
        .map(|model| (model.name.clone(), passages(run, &model.name, text)))
        .collect()
}

fn passages(run: &Run, model: &str, text: &BTreeMap<String, Value>) -> Result<Passages, String> {
    let nats = values(run, model, text, "passage_nats")?;
    let tokens = values(run, model, text, "passage_tokens")?;
    let bytes = values(run, model, text, "passage_bytes")?;
    if nats.len() != tokens.len() || nats.len() != bytes.len() {
        return Err(format!(
            "the records disagree: {} passages of nats, {} of tokens, {} of bytes",
            nats.len(),
            tokens.len(),
            bytes.len()
        ));
    }
    Ok(Passages {
        nats,
        tokens,
        bytes,
    })
}

fn values(
    run: &Run,
    model: &str,
    text: &BTreeMap<String, Value>,
    metric: &str,
) -> Result<Vec<f64>, String> {
    let mine = || {
        run.measurements.iter().filter(move |m| {
            m.benchmark == "perplexity"
                && m.model == model
                && m.metric == metric
                && m.conditions == *text
        })
    };
    let values: Vec<f64> = mine().flat_map(|m| m.values.iter().copied()).collect();
    if !values.is_empty() {
        return Ok(values);
    }
    Err(mine()
        .find_map(|m| m.reason.clone())
        .unwrap_or_else(|| format!("{metric} was not recorded")))
}
