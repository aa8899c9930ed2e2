//! Shares of problems: one model's, and the difference of two at the same problems.
//!
//! A problem is one thing, however often it was tried. Which statistic is taken when stands in the table of the module
//! above; which attempts count is not asked here.

use measure::compare::{
    Design, Flips, mcnemar, minimum_detectable_effect, paired_bootstrap, paired_difference,
    smallest_difference_of_rates,
};
use measure::estimate::{bootstrap_mean, wilson};

use super::{filled, is_edge, mean, paired, successes, with_method};
use crate::view::{Cell, Comparison, Counted, Kind, LEVEL, pairing};

/// The cell of a rate from the outcomes of each problem, of which there is at least one.
pub(in crate::view) fn rate_cell(model: &str, problems: &[Vec<f64>], seed: u64) -> Cell {
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
    } else if n > 1 && is_edge(value) && means.iter().all(|mean| *mean == value) {
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

/// The cell of a gap between two verdicts on the same attempts, each −1, 0 or 1; of which there is at least one.
pub(in crate::view) fn gap_cell(model: &str, problems: &[Vec<f64>], seed: u64) -> Cell {
    let means: Vec<f64> = problems.iter().map(|gaps| mean(gaps)).collect();
    let is_single = problems.iter().all(|gaps| gaps.len() == 1);
    let so_many = |gap: f64| means.iter().filter(|mean| **mean == gap).count();
    let flips = Flips {
        n: means.len(),
        gained: so_many(1.0),
        lost: so_many(-1.0),
    };
    let found = if is_single && flips.gained + flips.lost + so_many(0.0) == flips.n {
        let estimate = paired_difference(flips, LEVEL).map(|found| found.difference);
        with_method(
            estimate,
            "mean over problems, score interval of a paired difference",
        )
    } else {
        with_method(
            bootstrap_mean(&means, seed, LEVEL),
            "mean over problems, bootstrap over problems",
        )
    };
    filled(model, Counted::Problems, mean(&means), found, means)
}

/// The difference of two rates at the same problems: outcomes of the first model, of the later one.
pub(in crate::view) fn rate_difference(pairs: &[(Vec<f64>, Vec<f64>)], seed: u64) -> Comparison {
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
    let found = paired(
        &differences,
        paired_bootstrap(&differences, seed, LEVEL),
        "problems",
        seed,
    );
    let found = alike(&differences, found);
    let flipped = differences.iter().filter(|one| **one != 0.0).count();
    let flipped = flipped as f64 / differences.len() as f64;
    let seen = (found.smallest_detectable, flipped);
    Comparison {
        smallest_detectable: smallest_difference_of_rates(found.n, seen, Design::USUAL),
        ..found
    }
}

/// The same with an interval where it is 0, or 1, at every problem: no resample shows a spread there, and yet the next problem
/// may differ. A difference of two shares at a problem spreads less than a flip of one, so problems stand for trials.
fn alike(differences: &[f64], found: Comparison) -> Comparison {
    let n = differences.len();
    let so_many = |difference: f64| differences.iter().filter(|one| **one == difference).count();
    let flips = Flips {
        n,
        gained: so_many(1.0),
        lost: so_many(-1.0),
    };
    let are_alike = [so_many(0.0), flips.gained, flips.lost].contains(&n);
    let score = paired_difference(flips, LEVEL).filter(|_| n > 1 && are_alike);
    match score {
        Some(score) => Comparison {
            interval: score.difference.interval,
            method: "paired difference, all alike; score interval with problems as trials, sign-flip test".to_owned(),
            ..found
        },
        None => found,
    }
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
        "paired difference, score interval, exact McNemar test",
    );
    Comparison {
        value: Some(found.difference.value),
        interval,
        p: Some(mcnemar(flips.gained, flips.lost)),
        smallest_detectable: smallest_difference_of_rates(
            flips.n,
            (
                minimum_detectable_effect(flips.n, discordant, Design::USUAL),
                discordant,
            ),
            Design::USUAL,
        ),
        n: flips.n,
        method,
        ..pairing::incomparable(Kind::Difference, String::new())
    }
    .explained()
}
