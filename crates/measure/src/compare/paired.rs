//! The same problems under two systems: verdicts that flipped, and differences per problem.
//!
//! Problems on which both agree carry no evidence about the difference; only flips do.

use serde::{Deserialize, Serialize};

use crate::estimate::bootstrap_mean;
use crate::interval::{Estimate, Interval, NoInterval};
use crate::tail::{checked_level, fair_coin_cdf, normal_width};

/// How many of n problems changed their verdict between a baseline and a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flips {
    /// Problems judged under both.
    pub n: usize,
    /// Failed under the baseline, passed under the candidate.
    pub gained: usize,
    /// Passed under the baseline, failed under the candidate.
    pub lost: usize,
}

impl Flips {
    /// Counts flips over `(baseline passed, candidate passed)`, one pair per problem.
    pub fn tally(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let none = Self {
            n: 0,
            gained: 0,
            lost: 0,
        };
        pairs.into_iter().fold(none, |flips, (before, after)| Self {
            n: flips.n + 1,
            gained: flips.gained + usize::from(!before && after),
            lost: flips.lost + usize::from(before && !after),
        })
    }

    /// Share of problems that flipped, `None` without problems.
    pub fn discordant_share(&self) -> Option<f64> {
        (self.n > 0).then(|| (self.gained + self.lost) as f64 / self.n as f64)
    }
}

/// The change of a pass rate between two systems on the same problems.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// What was counted.
    pub flips: Flips,
    /// Candidate's rate minus baseline's, with its interval or the reason for none.
    pub difference: Estimate,
    /// Exact two-sided McNemar p-value.
    pub p: f64,
}

/// Exact two-sided McNemar p-value of `b` and `c` problems that flipped one way and the other.
///
/// A binomial test of b among b + c throws of a fair coin; symmetric in its arguments, 1 without
/// any flip, and never 0: the tail's underflow is held at the smallest positive number.
/// Source: Q. McNemar, Psychometrika 12 (1947), 153-157, in its exact form.
pub fn mcnemar(b: usize, c: usize) -> f64 {
    if b == c {
        return 1.0;
    }
    let tail = fair_coin_cdf(b.min(c) as u64, (b + c) as u64);
    (2.0 * tail).clamp(f64::MIN_POSITIVE, 1.0)
}

/// The paired difference of two proportions: (gained - lost) / n with standard error
/// sqrt(gained + lost - (gained - lost)^2 / n) / n, and the exact p-value.
///
/// The interval is the normal one, cut to [-1, 1]; with few flips it is approximate, and where it
/// disagrees with the exact p-value the latter is right. Where the formula's error is 0 (no flips,
/// or all problems flipped one way) there is no interval. `None` for n = 0, more flips than
/// problems, or a level outside of (0, 1).
pub fn paired_difference(flips: Flips, level: f64) -> Option<PairedDifference> {
    let Flips { n, gained, lost } = flips;
    if n == 0 || gained.checked_add(lost)? > n {
        return None;
    }
    let (n_f, net) = (n as f64, gained as f64 - lost as f64);
    let value = net / n_f;
    let variance = (gained + lost) as f64 - net * net / n_f;
    let reach = normal_width(level)? * variance.max(0.0).sqrt() / n_f;
    let bounds = if gained.max(lost) == n || gained + lost == 0 {
        Err(NoInterval::NoSpread { n })
    } else {
        Ok(Interval {
            lo: (value - reach).max(-1.0),
            hi: (value + reach).min(1.0),
            level,
        })
    };
    let difference = Estimate::new(value, n, bounds);
    Some(PairedDifference {
        flips,
        difference,
        p: mcnemar(gained, lost),
    })
}

/// The mean of per-problem differences (candidate minus baseline) with its percentile bootstrap
/// interval; for several samples per problem, where one difference is that of two shares.
///
/// The same rules as [`bootstrap_mean`].
pub fn paired_bootstrap(differences: &[f64], seed: u64, level: f64) -> Option<Estimate> {
    bootstrap_mean(differences, seed, checked_level(level)?)
}
