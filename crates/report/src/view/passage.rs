//! Perplexity and bits per byte from the surprise of each passage, chunk or document.
//!
//! The block is the unit of observation: tokens inside it depend on each other, so an interval over
//! tokens would be too narrow. Bits per byte can be compared between any two models that read
//! the same blocks. Perplexity is per token, so it can be compared only between models that
//! cut the text into the same tokens; otherwise the comparison is refused with a reason.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use measure::Unit;
use serde_json::Value;

use super::statistic::{Map, Quotient};
use super::{Cell, Comparison, Counted, Kind, Row, Section, pairing, statistic, timing};
use crate::format;

/// One model's blocks under one set of conditions, in the order of the text; lists of one length.
struct Passages {
    nats: Vec<f64>,
    tokens: Vec<f64>,
    bytes: Vec<f64>,
    /// Of the original; only where a protocol counts them.
    words: Option<Vec<f64>>,
}

/// Conditions without the number of the block.
type Conditions = BTreeMap<String, Value>;

/// The perplexity section, if the benchmark ran.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let texts = texts(run, "perplexity");
    if texts.is_empty() {
        return Vec::new();
    }
    let rows_of = |metric| texts.iter().filter_map(move |text| row(run, text, metric));
    let rows = [Per::Byte, Per::Token, Per::Word];
    let rows: Vec<Row> = rows.into_iter().flat_map(rows_of).collect();
    let notes = texts.iter().flat_map(|text| notes(run, text));
    vec![Section {
        notes: notes.collect(),
        ..section("perplexity", rows)
    }]
}

/// The conditions of a benchmark's records, each once, the number of the block left out.
pub(super) fn texts(run: &Run, benchmark: &str) -> Vec<Conditions> {
    let mut texts: Vec<Conditions> = Vec::new();
    for measurement in run.measurements.iter().filter(|m| m.benchmark == benchmark) {
        let conditions = whole(&measurement.conditions);
        if texts.last() != Some(&conditions) && !texts.contains(&conditions) {
            texts.push(conditions);
        }
    }
    texts.sort_by(timing::by_conditions);
    texts
}

fn whole(conditions: &Conditions) -> Conditions {
    let mut whole = conditions.clone();
    whole.remove("chunk");
    whole
}

/// A section of rows over blocks.
pub(super) fn section(benchmark: &str, rows: Vec<Row>) -> Section {
    let measured = rows
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.n > 0);
    let of_blocks = measured.filter(|cell| cell.n_of != Counted::Tokens);
    let mut counts: Vec<(usize, Counted)> = of_blocks.map(|cell| (cell.n, cell.n_of)).collect();
    counts.sort_by_key(|(n, _)| *n);
    let scope = match (counts.first(), counts.last()) {
        (Some((1, of)), Some((1, _))) => format!("one {} of each text", of.one()),
        (Some((least, _)), Some((most, of))) if least == most => {
            format!("{most} {} of each text", of.many())
        }
        (Some((least, _)), Some((most, of))) => {
            format!("{least} to {most} {} of each text", of.many())
        }
        _ => "nothing could be measured".to_owned(),
    };
    Section {
        benchmark: benchmark.to_owned(),
        suite: None,
        shared: timing::shared_conditions(&rows),
        scope,
        overviews: Vec::new(),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        notes: Vec::new(),
    }
}

/// What surprise is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Byte,
    Token,
    Word,
}

impl Per {
    fn metric(self) -> &'static str {
        match self {
            Per::Byte => "bits_per_byte",
            Per::Token => "perplexity",
            Per::Word => "word_perplexity",
        }
    }

    fn map(self) -> Map {
        match self {
            Per::Byte => |nats| nats / std::f64::consts::LN_2,
            Per::Token | Per::Word => f64::exp,
        }
    }

    fn divisor(self, passages: &Passages) -> Option<&[f64]> {
        match self {
            Per::Byte => Some(&passages.bytes),
            Per::Token => Some(&passages.tokens),
            Per::Word => passages.words.as_deref(),
        }
    }
}

/// The row of one quantity; `None` for words where none were counted.
fn row(run: &Run, text: &Conditions, per: Per) -> Option<Row> {
    let (all, seed, blocks) = (every_model(run, text), run.header.seed, counted(text));
    let has_words = |(_, found): &Found| matches!(found, Ok(passages) if passages.words.is_some());
    if per == Per::Word && !all.iter().any(has_words) {
        return None;
    }
    let cell = |(model, found): &Found| {
        let passages = found.as_ref().map_err(Clone::clone);
        let divided = passages.and_then(|passages| {
            let denominators = per.divisor(passages).ok_or("words were not recorded")?;
            Ok(Quotient {
                numerators: &passages.nats,
                denominators,
                blocks,
            })
        });
        match divided {
            Ok(quotient) => statistic::quotient_cell(model, quotient, per.map(), seed),
            Err(reason) => pairing::missing(model, blocks, reason),
        }
    };
    let cells: Vec<Cell> = all.iter().map(cell).collect();
    let comparisons = compare(&all, |base, later| {
        let comparison = difference(base, later, per, blocks, seed);
        match per {
            Per::Byte => comparison.map_value(per.map()),
            Per::Token | Per::Word => Comparison {
                kind: Kind::Ratio,
                smallest_detectable: comparison
                    .smallest_detectable
                    .map(per.map())
                    .filter(|ratio| ratio.is_finite()),
                ..comparison.map_value(per.map())
            },
        }
    });
    Some(pairing::row(per.metric(), text.clone(), cells, comparisons))
}

/// The paired difference of nats over the divisor, or why there is none.
fn difference(
    base: &Passages,
    later: &Passages,
    per: Per,
    blocks: Counted,
    seed: u64,
) -> Comparison {
    let refused = |reason: String| pairing::incomparable(Kind::Difference, reason);
    if per == Per::Token && base.tokens != later.tokens {
        return refused(
            "the two models cut the text into different tokens; compare bits per byte".to_owned(),
        );
    }
    if base.bytes != later.bytes {
        let of = blocks.many();
        return refused(match blocks {
            Counted::Chunks => "the two models cut the text into different chunks; compare whole documents, with --protocol lm-eval".to_owned(),
            _ => format!("the two models read different {of}"),
        });
    }
    let Some(denominators) = per.divisor(later) else {
        return refused("words were not recorded".to_owned());
    };
    let later = Quotient {
        numerators: &later.nats,
        denominators,
        blocks,
    };
    let found = statistic::quotient_difference(&base.nats, later, seed);
    match per {
        Per::Byte => Comparison {
            smallest_detectable: found
                .smallest_detectable
                .map(|nats| nats / std::f64::consts::LN_2),
            ..found
        },
        Per::Token | Per::Word => found,
    }
}

/// What n counts under those conditions.
fn counted(text: &Conditions) -> Counted {
    match text.get("protocol").and_then(Value::as_str) {
        None => Counted::Passages,
        Some("lm-eval") => Counted::Documents,
        Some(_) => Counted::Chunks,
    }
}

/// What was scored, in words: without it a perplexity of this kind cannot be compared with anything.
fn notes(run: &Run, text: &Conditions) -> Vec<String> {
    let word = |key: &str| text.get(key).and_then(Value::as_str).unwrap_or_default();
    let sha256 = text.get("text_sha256").and_then(Value::as_str);
    let sha256 = sha256.map(|sha256| format!("{}: SHA-256 {sha256}", word("text")));
    let mut notes: Vec<String> = sha256.into_iter().collect();
    let protocol = match word("protocol") {
        "" => "passages",
        protocol => protocol,
    };
    for (model, found) in every_model(run, text) {
        let Ok(found) = found else { continue };
        let (tokens, bytes): (f64, f64) = (found.tokens.iter().sum(), found.bytes.iter().sum());
        if !(tokens + bytes).is_finite() {
            continue;
        }
        let start = of_blocks(run, &model, text, "start_tokens").find_map(|m| m.values.first());
        let start = match start {
            _ if protocol == "passages" => ", each after a start or end-of-text token",
            Some(1.0) if counted(text) == Counted::Documents => {
                ", each after a start or end-of-text token"
            }
            Some(1.0) if protocol == "llama-cpp" => ", a start token first in each chunk",
            Some(1.0) => ", a start token before the whole text",
            Some(_) => ", no start token",
            None => "",
        };
        notes.push(format!(
            "{model} on {} ({protocol}): {:.0} tokens scored, {}{start}",
            word("text"),
            tokens,
            format::quantity(Unit::Bytes, bytes),
        ));
    }
    notes
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

fn every_model(run: &Run, text: &Conditions) -> Vec<Found> {
    run.header
        .models
        .iter()
        .map(|model| (model.name.clone(), passages(run, &model.name, text)))
        .collect()
}

fn passages(run: &Run, model: &str, text: &Conditions) -> Result<Passages, String> {
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
    let words = values(run, model, text, "passage_words").ok();
    Ok(Passages {
        words: words.filter(|words| words.len() == nats.len()),
        nats,
        tokens,
        bytes,
    })
}

/// A model's records of one metric under those conditions, one for each block.
pub(crate) fn of_blocks<'r>(
    run: &'r Run,
    model: &'r str,
    text: &'r Conditions,
    metric: &'r str,
) -> impl Iterator<Item = &'r Measurement> {
    run.measurements.iter().filter(move |m| {
        m.benchmark == "perplexity"
            && m.model == model
            && m.metric == metric
            && same_text(&m.conditions, text)
    })
}

/// Whether conditions are those of a text, whichever block they are about.
pub(super) fn same_text(conditions: &Conditions, text: &Conditions) -> bool {
    let n_own = usize::from(conditions.contains_key("chunk"));
    conditions.len() == text.len() + n_own
        && text
            .iter()
            .all(|(key, value)| conditions.get(key) == Some(value))
}

/// The number of a record's block.
pub(super) fn chunk_of(measurement: &Measurement) -> u64 {
    let chunk = measurement.conditions.get("chunk");
    chunk.and_then(Value::as_u64).unwrap_or(0)
}

fn values(run: &Run, model: &str, text: &Conditions, metric: &str) -> Result<Vec<f64>, String> {
    let mut records: Vec<&Measurement> = of_blocks(run, model, text, metric).collect();
    records.sort_by_key(|record| chunk_of(record));
    let values = records.iter().flat_map(|m| m.values.iter().copied());
    let values: Vec<f64> = values.collect();
    if !values.is_empty() {
        return Ok(values);
    }
    Err(records
        .iter()
        .find_map(|m| m.reason.clone())
        .unwrap_or_else(|| format!("{metric} was not recorded")))
}
