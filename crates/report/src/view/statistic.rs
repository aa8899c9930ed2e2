//! Which statistic answers which question; the arithmetic itself is `measure`'s.
//!
//! | question | value | interval | test |
//! |---|---|---|---|
//! | rate, one attempt per problem | share | Wilson | exact McNemar |
//! | rate, several attempts | mean over problems | bootstrap over problems | sign flips of per-problem differences |
//! | rate at its edge (all 0 or all 1) | the same | Wilson over problems: a bootstrap sees no spread there | |
//! | repeated timings | median | order statistics | none: repetitions are not pairs |
//! | bits per byte, perplexity | ratio of sums | bootstrap over passages, chunks or documents | sign flips of their differences |
//! | mean divergence | ratio of sums | bootstrap over chunks | |
//! | a percentile over tokens | type 7 quantile | none: tokens of one chunk are alike | |

use measure::compare::{
    Design, Flips, mcnemar, mde_from_sd, minimum_detectable_effect, paired_bootstrap,
    paired_difference, ratio_of_medians, sign_flip_test,
};
use measure::estimate::{bootstrap_mean, bootstrap_ratio, ratio_error, wilson};
use measure::summary::{percentile_supported, quantile, samples_for_percentile};
use measure::{Estimate, Interval, summarise};

use super::{Cell, Comparison, Counted, Kind, LEVEL, pairing};

/// The cell of a rate from the outcomes of each problem, of which there is at least one.
pub(super) fn rate_cell(model: &str, problems: &[Vec<f64>], seed: u64) -> Cell {
    let means: Vec<f64> = problems.iter().map(|outcomes| mean(outcomes)).collect();
    let value = mean(&means);
    let n = means.len();
    let single =
        problems.iter().all(|outcomes| outcomes.len() == 1) && means.iter().all(|m| is_edge(*m));
    let (interval, method) = if single {
        (
            wilson(successes(&means), n, LEVEL),
            "share of problems, Wilson interval".to_owned(),
        )
    } else if n > 1 && (value == 0.0 || value == 1.0) {
        let method = "mean over problems, all alike; Wilson interval with problems as trials";
        (wilson(successes(&means), n, LEVEL), method.to_owned())
    } else {
        with_method(
            bootstrap_mean(&means, seed, LEVEL),
            "mean over problems, bootstrap over problems",
        )
    };
    filled(model, Counted::Problems, value, (interval, method), means)
}

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

/// The cell of a share of tokens, each 0 or 1.
pub(super) fn share_cell(model: &str, tokens: &[f64]) -> Cell {
    if tokens.is_empty() {
        return pairing::missing(model, Counted::Tokens, "no tokens were compared".to_owned());
    }
    let interval = wilson(successes(tokens), tokens.len(), LEVEL);
    let method = "share of tokens, Wilson interval".to_owned();
    let cell = filled(
        model,
        Counted::Tokens,
        mean(tokens),
        (interval, method),
        Vec::new(),
    );
    Cell {
        n: tokens.len(),
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

/// The difference of two rates at the same problems: outcomes of the first model, of the later one.
pub(super) fn rate_difference(pairs: &[(Vec<f64>, Vec<f64>)], seed: u64) -> Comparison {
    if pairs.is_empty() {
        let reason = "no problem was judged for both models".to_owned();
        return pairing::incomparable(Kind::Difference, reason);
    }
    let single = pairs
        .iter()
        .all(|(base, later)| base.len() == 1 && later.len() == 1);
    let edges = pairs
        .iter()
        .all(|(base, later)| is_edge(mean(base)) && is_edge(mean(later)));
    if single && edges {
        let flips = Flips::tally(
            pairs
                .iter()
                .map(|(base, later)| (base[0] == 1.0, later[0] == 1.0)),
        );
        return flipped(flips);
    }
    let differences: Vec<f64> = pairs
        .iter()
        .map(|(base, later)| mean(later) - mean(base))
        .collect();
    paired(
        &differences,
        paired_bootstrap(&differences, seed, LEVEL),
        "problems",
        seed,
    )
}

fn flipped(flips: Flips) -> Comparison {
    let Some(found) = paired_difference(flips, LEVEL) else {
        return pairing::incomparable(
            Kind::Difference,
            "no problem was judged for both models".to_owned(),
        );
    };
    let discordant = flips.discordant_share().unwrap_or(0.0);
    let (interval, method) = with_method(
        Some(found.difference),
        "paired difference, exact McNemar test",
    );
    Comparison {
        value: Some(found.difference.value),
        interval,
        p: Some(mcnemar(flips.gained, flips.lost)),
        smallest_detectable: minimum_detectable_effect(flips.n, discordant, Design::USUAL),
        n: flips.n,
        method,
        ..pairing::incomparable(Kind::Difference, String::new())
    }
    .explained()
}

/// The difference of two quotients of sums over the same blocks: Σ(later − base) / Σ denominators.
/// The test flips the sign of whole blocks.
pub(super) fn quotient_difference(base: &[f64], later: Quotient<'_>, seed: u64) -> Comparison {
    let differences: Vec<f64> = base
        .iter()
        .zip(later.numerators)
        .map(|(base, later)| later - base)
        .collect();
    paired(
        &differences,
        bootstrap_ratio(&differences, later.denominators, seed, LEVEL),
        later.blocks.many(),
        seed,
    )
    .with_detectable(later.denominators)
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
        p: (n > 1).then(|| sign_flip_test(differences, seed)).flatten(),
        smallest_detectable: sd.and_then(|sd| mde_from_sd(n, sd, Design::USUAL)),
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
