//! The same problems under two systems: verdicts that flipped, and differences per problem.
//!
//! Problems on which both agree carry no evidence about the difference; only flips do.

use serde::{Deserialize, Serialize};

use crate::estimate::bootstrap_mean;
use crate::interval::{Estimate, Interval};
use crate::tail::{checked_level, fair_coin_cdf, normal_width};

/// Halvings after which the end of an interval is known to the last bit of a double.
const HALVINGS: u32 = 60;

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

    /// The change of the rate: flips one way less those the other way, by problem.
    fn net_share(&self) -> f64 {
        (self.gained as f64 - self.lost as f64) / self.n as f64
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

/// The paired difference of two proportions, (gained - lost) / n, with the exact p-value.
///
/// The interval is Tango's score interval with the continuity correction under which its test of "no
/// difference" is Edwards' form of McNemar's: it does not leave 0 out where the exact test finds nothing, and
/// it stands without any flip and where all problems flipped one way, too. The price is that it is wide: it
/// covers rather 99 % than 95 % where flips are few. `None` for n = 0, more flips than problems, or a level
/// outside of (0, 1).
/// Sources: T. Tango, Statistics in Medicine 17 (1998), 891-908; A. L. Edwards, Psychometrika 13 (1948), 185-187.
pub fn paired_difference(flips: Flips, level: f64) -> Option<PairedDifference> {
    let Flips { n, gained, lost } = flips;
    if n == 0 || gained.checked_add(lost)? > n {
        return None;
    }
    let width = normal_width(level)?;
    let swapped = Flips {
        gained: lost,
        lost: gained,
        n,
    };
    let bounds = Interval {
        lo: -upper_end(swapped, width),
        hi: upper_end(flips, width),
        level,
    };
    let difference = Estimate::new(flips.net_share(), n, Ok(bounds));
    Some(PairedDifference {
        flips,
        difference,
        p: mcnemar(gained, lost),
    })
}

/// The largest true difference from which these flips are not further than `width` standard errors.
fn upper_end(flips: Flips, width: f64) -> f64 {
    let (mut kept, mut refused) = (flips.net_share(), 1.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (kept + refused);
        if errors_above(flips, middle) >= -width {
            kept = middle;
        } else {
            refused = middle;
        }
    }
    refused
}

/// How many standard errors the flips lie above a true difference, with one flip's benefit of the doubt.
fn errors_above(Flips { n, gained, lost }: Flips, difference: f64) -> f64 {
    let (n, gained, lost) = (n as f64, gained as f64, lost as f64);
    // The likeliest share of losses under that difference: the root of Tango's quadratic.
    let linear = (2.0 * n - gained + lost) * difference - gained - lost;
    let constant = lost * difference * (1.0 - difference);
    let root = (linear * linear + 8.0 * n * constant).max(0.0).sqrt();
    let losses = (root - linear) / (4.0 * n);
    let variance = n * (2.0 * losses + difference * (1.0 - difference));
    (gained - lost + 1.0 - n * difference) / variance.max(0.0).sqrt()
}

/// The mean of per-problem differences (candidate minus baseline) with its percentile bootstrap
/// interval; for several samples per problem, where one difference is that of two shares.
///
/// The same rules as [`bootstrap_mean`].
pub fn paired_bootstrap(differences: &[f64], seed: u64, level: f64) -> Option<Estimate> {
    bootstrap_mean(differences, seed, checked_level(level)?)
}
