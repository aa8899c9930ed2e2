//! How far candidates are from the run's reference, from one value for each token.
//!
//! Means have intervals over chunks, because tokens of one chunk are alike. Percentiles are those of
//! all tokens and stand only where there are enough of them. A row stands for one text, one reference and
//! one kind of cache; the reference itself has no number.

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

use super::passage::{chunk_of, same_text, section, texts};
use super::statistic::{self, Map, Quotient};
use super::{Cell, Counted, IS_REFERENCE, Row, Section, pairing};

/// Percentiles shown, with the names of their metrics; 1 is the largest value.
const PERCENTILES: [(&str, f64); 6] = [
    ("kl_median_nats", 0.5),
    ("kl_p90_nats", 0.9),
    ("kl_p95_nats", 0.95),
    ("kl_p99_nats", 0.99),
    ("kl_p99_9_nats", 0.999),
    ("kl_max_nats", 1.0),
];

/// Benchmarks that hold something against a reference: models, and caches of one model.
const BENCHMARKS: [&str; 2] = ["divergence", "cache_quality"];

type Conditions = std::collections::BTreeMap<String, Value>;

/// The divergence section, if the benchmark ran.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let texts = texts(run, "divergence");
    if texts.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Row> = texts.iter().flat_map(|text| rows(run, text)).collect();
    let mut section = section("divergence", rows);
    let name = texts[0].get("text");
    if let Some(name) = name.filter(|_| texts.iter().all(|text| text.get("text") == name)) {
        section.shared.insert("text".to_owned(), name.clone());
    }
    vec![section]
}

/// What caches cost each model: how far they are from its f16 cache. The first row of a text is the f16 cache's
/// own perplexity.
pub(super) fn quality(run: &Run) -> Vec<Row> {
    const SHOWN: [&str; 4] = [
        "perplexity",
        "perplexity_ratio",
        "kl_mean_nats",
        "same_top_share",
    ];
    let mut found: Vec<Row> = Vec::new();
    for text in texts(run, "cache_quality") {
        let of_text = |row: &Row| row.conditions.get("text") == text.get("text");
        if !found.iter().any(of_text) {
            found.push(usual(run, &text));
        }
        let shown = |row: &Row| SHOWN.contains(&row.metric.as_str());
        found.extend(rows(run, &text).into_iter().filter(shown));
    }
    found
}

/// The perplexity of the reference of those conditions, which stands beside every candidate.
fn usual(run: &Run, text: &Conditions) -> Row {
    let cell = |model: &str| match Tokens::of(run, model, text) {
        Ok(tokens) => mean_cell(
            model,
            &tokens.reference_nats,
            &tokens.counts(),
            f64::exp,
            run.header.seed,
        ),
        Err(reason) => pairing::missing(model, Counted::Chunks, reason),
    };
    let models = run.header.models.iter();
    let cells = models.map(|model| cell(&model.name)).collect();
    let mut conditions = text.clone();
    conditions.insert("cache".to_owned(), "f16".into());
    pairing::row("perplexity", conditions, cells, Vec::new())
}

/// One candidate's values: a list for each chunk.
struct Tokens {
    kl: Vec<Vec<f64>>,
    delta_p: Vec<Vec<f64>>,
    same_top: Vec<Vec<f64>>,
    nats: Vec<f64>,
    reference_nats: Vec<f64>,
}

impl Tokens {
    fn of(run: &Run, model: &str, text: &Conditions) -> Result<Tokens, String> {
        let lists = |metric| lists(run, model, text, metric);
        let tokens = Tokens {
            kl: lists("token_kl_nats"),
            delta_p: lists("token_delta_p"),
            same_top: lists("token_same_top"),
            nats: lists("passage_nats").concat(),
            reference_nats: lists("reference_nats").concat(),
        };
        let is_reference = text.get("reference").and_then(Value::as_str) == Some(model);
        match tokens.n_chunks() {
            Some(0) if is_reference => Err(IS_REFERENCE.to_owned()),
            Some(0) => Err("not measured".to_owned()),
            Some(_) => Ok(tokens),
            None => Err("the records disagree about the tokens of a chunk".to_owned()),
        }
    }

    /// How many chunks there are; `None` if the lists do not fit each other.
    fn n_chunks(&self) -> Option<usize> {
        let lens = |lists: &[Vec<f64>]| lists.iter().map(Vec::len).collect::<Vec<_>>();
        let n = self.kl.len();
        let fits = lens(&self.kl) == lens(&self.delta_p)
            && lens(&self.kl) == lens(&self.same_top)
            && self.nats.len() == n
            && self.reference_nats.len() == n;
        fits.then_some(n)
    }

    /// Tokens of each chunk.
    fn counts(&self) -> Vec<f64> {
        self.kl.iter().map(|chunk| chunk.len() as f64).collect()
    }
}

fn lists(run: &Run, model: &str, text: &Conditions, metric: &str) -> Vec<Vec<f64>> {
    let mine = |m: &&Measurement| {
        BENCHMARKS.contains(&m.benchmark.as_str())
            && m.model == model
            && m.metric == metric
            && same_text(&m.conditions, text)
    };
    let mut records: Vec<&Measurement> = run.measurements.iter().filter(mine).collect();
    records.sort_by_key(|record| chunk_of(record));
    records.into_iter().map(|m| m.values.clone()).collect()
}

fn rows(run: &Run, text: &Conditions) -> Vec<Row> {
    let models = run.header.models.iter().map(|model| model.name.as_str());
    let all: Vec<(&str, Result<Tokens, String>)> = models
        .map(|model| (model, Tokens::of(run, model, text)))
        .collect();
    let row = |metric: &str, of: &dyn Fn(&str, &Tokens) -> Cell| {
        let cell = |(model, found): &(&str, Result<Tokens, String>)| match found {
            Ok(tokens) => of(model, tokens),
            Err(reason) => pairing::missing(model, Counted::Chunks, reason.clone()),
        };
        pairing::row(
            metric,
            text.clone(),
            all.iter().map(cell).collect(),
            Vec::new(),
        )
    };
    let seed = run.header.seed;
    let mut rows = vec![row("kl_mean_nats", &|model, tokens| {
        mean_cell(model, &sums(&tokens.kl), &tokens.counts(), |kl| kl, seed)
    })];
    rows.extend(PERCENTILES.iter().map(|(metric, p)| {
        row(metric, &|model, tokens| {
            statistic::percentile_cell(model, &tokens.kl.concat(), *p)
        })
    }));
    rows.push(row("same_top_share", &|model, tokens| {
        let share = Quotient {
            numerators: &sums(&tokens.same_top),
            denominators: &tokens.counts(),
            blocks: Counted::Chunks,
        };
        statistic::share_cell(model, share, seed)
    }));
    rows.push(row("delta_p_mean", &|model, tokens| {
        mean_cell(model, &sums(&tokens.delta_p), &tokens.counts(), |p| p, seed)
    }));
    rows.push(row("delta_p_rms", &|model, tokens| {
        mean_cell(
            model,
            &squares(&tokens.delta_p),
            &tokens.counts(),
            f64::sqrt,
            seed,
        )
    }));
    rows.push(row("perplexity", &|model, tokens| {
        mean_cell(model, &tokens.nats, &tokens.counts(), f64::exp, seed)
    }));
    rows.push(row("perplexity_ratio", &|model, tokens| {
        let pairs = tokens.nats.iter().zip(&tokens.reference_nats);
        let differences: Vec<f64> = pairs.map(|(nats, reference)| nats - reference).collect();
        mean_cell(model, &differences, &tokens.counts(), f64::exp, seed)
    }));
    rows
}

/// Mean over tokens with an interval over chunks.
fn mean_cell(model: &str, sums: &[f64], counts: &[f64], map: Map, seed: u64) -> Cell {
    let quotient = Quotient {
        numerators: sums,
        denominators: counts,
        blocks: Counted::Chunks,
    };
    statistic::quotient_cell(model, quotient, map, seed)
}

fn sums(chunks: &[Vec<f64>]) -> Vec<f64> {
    chunks.iter().map(|chunk| chunk.iter().sum()).collect()
}

fn squares(chunks: &[Vec<f64>]) -> Vec<f64> {
    let of = |chunk: &Vec<f64>| chunk.iter().map(|value| value * value).sum();
    chunks.iter().map(of).collect()
}
