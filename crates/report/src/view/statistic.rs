//! Which statistic answers which question; the arithmetic itself is `measure`'s.
//!
//! | question | value | interval | test |
//! |---|---|---|---|
//! | rate, one attempt per problem | share | Wilson; of a difference: Tango's score interval | exact McNemar |
//! | rate, several attempts | mean over problems | bootstrap over problems | sign flips of per-problem differences |
//! | rate at its edge (all 0 or all 1) | the same | Wilson over problems: a bootstrap sees no spread there | |
//! | difference of rates that is 0 (or 1) at every problem | the same | Tango's with problems as trials, for the same reason | sign flips |
//! | repeated timings | median | order statistics | none: repetitions are not pairs |
//! | timings of several runs | geometric mean of the runs' medians | Student's on logarithms; of a ratio: Welch's | |
//! | values of items | mean over items | bootstrap over items | sign flips of their differences |
//! | bits per byte, perplexity | ratio of sums | bootstrap over passages, chunks or documents | sign flips of their differences |
//! | gap between two verdicts on the same attempts | mean over problems | as a paired difference, never Wilson: it is signed | |
//! | mean divergence, share of tokens | ratio of sums | bootstrap over chunks; Wilson over chunks at 0 and 1 | |
//! | a percentile over tokens | type 7 quantile | none: tokens of one chunk are alike | |

mod rate;
mod runs;

use measure::compare::{
    Design, can_find, mde_from_sd, paired_bootstrap, ratio_of_medians, sign_flip_test,
    smallest_ratio,
};
use measure::estimate::{bootstrap_mean, bootstrap_ratio, ratio_error, wilson};
use measure::summary::{percentile_supported, quantile, samples_for_percentile};
use measure::{Estimate, Interval, summarise};

use super::{Cell, Comparison, Counted, Kind, LEVEL, pairing};
pub(super) use rate::{gap_cell, rate_cell, rate_difference};
pub(super) use runs::{runs_cell, runs_ratio};

/// The cell of repeated readings, of which there is at least one.
pub(super) fn median_cell(model: &str, values: Vec<f64>) -> Cell {
    let Some(summary) = summarise(&values) else {
        return pairing::missing(
            model,
            Counted::Repetitions,
            "the readings are too large to add up".to_owned(),
        );
    };
    let method = match summary.no_interval {
        None => "median, interval from order statistics".to_owned(),
        Some(why) => format!("median; no interval: {why}"),
    };
    filled(
        model,
        Counted::Repetitions,
        summary.median,
        (summary.interval, method),
        values,
    )
}

/// Sums over blocks (passages, chunks, documents) that are to be divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quotient<'a> {
    pub(super) numerators: &'a [f64],
    pub(super) denominators: &'a [f64],
    pub(super) blocks: Counted,
}

/// The cell of Σ numerators / Σ denominators.
pub(super) fn quotient_cell(model: &str, quotient: Quotient<'_>, map: Map, seed: u64) -> Cell {
    let Quotient {
        numerators,
        denominators,
        blocks,
    } = quotient;
    let plain = bootstrap_ratio(numerators, denominators, seed, LEVEL);
    let estimate = plain.and_then(|estimate| estimate.map(map));
    let (Some(plain), Some(Estimate { value, .. })) = (plain, estimate) else {
        let of = blocks.one();
        let reason = format!("a {of} has no tokens or no finite surprise");
        return pairing::missing(model, blocks, reason);
    };
    let raw = numerators
        .iter()
        .zip(denominators)
        .map(|(numerator, denominator)| map(numerator / denominator));
    let method = format!("ratio of sums, bootstrap over {}", blocks.many());
    let found = with_method(estimate, &method);
    let cell = filled(model, blocks, value, found, raw.collect());
    Cell {
        standard_error: ratio_error(numerators, denominators)
            .map(|error| error * slope(map, plain.value))
            .filter(|error| error.is_finite()),
        ..cell
    }
}

/// How much a small step before `map` is behind it.
fn slope(map: Map, at: f64) -> f64 {
    let step = 1e-6 * at.abs().max(1e-3);
    (map(at + step) - map(at - step)) / (2.0 * step)
}

/// The cell of a percentile over tokens; `p` in 0..=1, where 1 is the largest value.
pub(super) fn percentile_cell(model: &str, tokens: &[f64], p: f64) -> Cell {
    let extreme = p == 0.5 || p == 1.0;
    if !extreme && !percentile_supported(tokens.len(), p) {
        let needed = samples_for_percentile(p, LEVEL).unwrap_or(usize::MAX);
        let reason = format!("needs {needed} tokens, and there are {}", tokens.len());
        return pairing::missing(model, Counted::Tokens, reason);
    }
    let Some(value) = quantile(tokens, p) else {
        return pairing::missing(model, Counted::Tokens, "no tokens were compared".to_owned());
    };
    let method = "quantile over tokens (type 7); no interval: tokens of one chunk are alike";
    let cell = filled(
        model,
        Counted::Tokens,
        value,
        (None, method.to_owned()),
        Vec::new(),
    );
    Cell {
        n: tokens.len(),
        ..cell
    }
}

/// The cell of a share of tokens, of which each block has so many in so many. Tokens of one block are alike, so blocks
/// are what is counted; where all tokens agree, each of them is one trial.
pub(super) fn share_cell(model: &str, share: Quotient<'_>, seed: u64) -> Cell {
    let cell = quotient_cell(model, share, |share| share, seed);
    match cell.value {
        Some(value) if is_edge(value) && cell.n > 1 => Cell {
            interval: wilson(successes(&cell.raw), cell.n, LEVEL),
            standard_error: None,
            method: format!(
                "ratio of sums, all alike; Wilson interval with {} as trials",
                share.blocks.many()
            ),
            ..cell
        },
        _ => cell,
    }
}

/// The cell of a share of passes, each 0 or 1, of which there is at least one.
pub(super) fn passes_cell(model: &str, flags: &[f64]) -> Cell {
    let method = "share of passes; no interval: passes of one answer are alike".to_owned();
    let found = (None, method);
    let cell = filled(model, Counted::Passes, mean(flags), found, Vec::new());
    Cell {
        n: flags.len(),
        ..cell
    }
}

/// How a quotient becomes the row's quantity: as it is, or `exp` for perplexity. Increasing.
pub(super) type Map = fn(f64) -> f64;

fn filled(
    model: &str,
    n_of: Counted,
    value: f64,
    found: (Option<Interval>, String),
    raw: Vec<f64>,
) -> Cell {
    let (interval, method) = found;
    Cell {
        model: model.to_owned(),
        value: Some(value),
        n: raw.len(),
        n_of,
        interval,
        standard_error: None,
        method,
        reason: None,
        raw,
    }
}

/// The difference of two quotients of sums over the same blocks: Σ(later − base) / Σ denominators.
/// The test flips the sign of whole blocks.
pub(super) fn quotient_difference(base: &[f64], later: Quotient<'_>, seed: u64) -> Comparison {
    let differences: Vec<f64> = base
        .iter()
        .zip(later.numerators)
        .map(|(base, later)| later - base)
        .collect();
    let blocks = later.blocks.many();
    let estimate = bootstrap_ratio(&differences, later.denominators, seed, LEVEL);
    let found = paired(&differences, estimate, blocks, seed);
    let n = differences.len();
    // Of one block it might be chance; numbers on a continuum that agree at every one of several are one computation.
    if n > 1 && differences.iter().all(|difference| *difference == 0.0) {
        return Comparison {
            identical: true,
            method: format!("paired difference; the very same number at all {n} {blocks}"),
            ..found
        };
    }
    found.with_detectable(later.denominators)
}

/// The cell of one value for each of several things (items, answers), of which there is at least one.
pub(super) fn mean_cell(model: &str, n_of: Counted, values: Vec<f64>, seed: u64) -> Cell {
    let estimate = bootstrap_mean(&values, seed, LEVEL);
    let of = n_of.many();
    let found = with_method(estimate, &format!("mean over {of}, bootstrap over {of}"));
    filled(model, n_of, mean(&values), found, values)
}

/// The mean of differences at the same items.
pub(super) fn items_difference(differences: &[f64], seed: u64) -> Comparison {
    let estimate = paired_bootstrap(differences, seed, LEVEL);
    paired(differences, estimate, Counted::Items.many(), seed)
}

fn paired(differences: &[f64], estimate: Option<Estimate>, of: &str, seed: u64) -> Comparison {
    let Some(Estimate { value, n, .. }) = estimate else {
        return pairing::incomparable(Kind::Difference, format!("no {of} to compare"));
    };
    let (interval, method) = with_method(
        estimate,
        &format!("paired difference, bootstrap over {of}, sign-flip test"),
    );
    let sd = summarise(differences).and_then(|summary| summary.sd);
    Comparison {
        value: Some(value),
        interval,
        p: sign_flip_test(differences, seed),
        smallest_detectable: sd
            .filter(|_| can_find(n, Design::USUAL))
            .and_then(|sd| mde_from_sd(n, sd, Design::USUAL)),
        n,
        method,
        ..pairing::incomparable(Kind::Difference, String::new())
    }
    .explained()
}

/// The ratio of two medians, later through first.
pub(super) fn median_ratio(base: &Cell, later: &Cell, seed: u64) -> Comparison {
    let found = match (base.value, later.value) {
        (Some(_), Some(_)) => ratio_of_medians(&later.raw, &base.raw, seed, LEVEL),
        _ => None,
    };
    let names = |comparison: Comparison| Comparison {
        model: later.model.clone(),
        against: base.model.clone(),
        ..comparison
    };
    let Some(estimate) = found else {
        return names(plain_difference(base, later));
    };
    let (interval, method) = match (base.interval, later.interval) {
        (Some(_), Some(_)) => {
            with_method(Some(estimate), "ratio of medians, both sides bootstrapped")
        }
        // A bootstrap of a handful of values would give an interval, and a far too narrow one.
        _ => (
            None,
            "ratio of medians; no interval: too few repetitions".to_owned(),
        ),
    };
    let value = Some(estimate.value);
    let bare = pairing::incomparable(Kind::Ratio, String::new());
    names(Comparison {
        value,
        interval,
        smallest_detectable: interval.and_then(|found| smallest_ratio(found, Design::USUAL)),
        n: estimate.n,
        method,
        ..bare
    })
    .explained()
}

/// Where a value is 0 there is no ratio; the difference of the medians then stands without interval.
fn plain_difference(base: &Cell, later: &Cell) -> Comparison {
    let bare = |reason: &str| pairing::incomparable(Kind::Difference, reason.to_owned());
    match (base.value, later.value) {
        (Some(first), Some(second)) => Comparison {
            value: Some(second - first),
            n: base.n.min(later.n),
            method: "difference of medians; a ratio needs positive values".to_owned(),
            ..bare("")
        }
        .explained(),
        _ => bare(
            base.reason
                .as_deref()
                .or(later.reason.as_deref())
                .unwrap_or("not measured"),
        ),
    }
}

impl Comparison {
    /// Drops the reason of a comparison that has a value.
    fn explained(self) -> Comparison {
        Comparison {
            reason: self.reason.filter(|_| self.value.is_none()),
            ..self
        }
    }

    /// From the unit of a block's sum to that of the quotient.
    fn with_detectable(self, denominators: &[f64]) -> Comparison {
        let scale = mean(denominators);
        Comparison {
            smallest_detectable: self.smallest_detectable.map(|size| size / scale),
            ..self
        }
    }
}

fn with_method(estimate: Option<Estimate>, method: &str) -> (Option<Interval>, String) {
    let why = estimate.and_then(|estimate| estimate.no_interval);
    let method = why.map_or_else(
        || method.to_owned(),
        |why| format!("{method}; no interval: {why}"),
    );
    (estimate.and_then(|estimate| estimate.interval), method)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn is_edge(value: f64) -> bool {
    value == 0.0 || value == 1.0
}

fn successes(means: &[f64]) -> usize {
    means.iter().filter(|mean| **mean == 1.0).count()
}
