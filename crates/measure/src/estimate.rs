//! Rates and quotients with their uncertainty: pass@k, one proportion, means and ratios over
//! clusters.
//!
//! The unit of resampling is the problem (or passage), never the sample inside it: samples of one
//! problem are alike, and counting them as independent makes every interval too narrow
//! (E. Miller, Adding Error Bars to Evals, arXiv 2411.00640). Comparing two systems is the matter
//! of [`crate::compare`].

use crate::interval::{Estimate, Interval};
use crate::resample::percentile_interval;
use crate::summary::{sorted_finite, sorted_mean};
use crate::tail::{checked_level, normal_width};

/// Unbiased estimate of the chance that at least one of `k` samples passes, from `c` passes among
/// `n` samples of one problem.
///
/// Equals 1 - C(n-c, k) / C(n, k) (Chen et al., Evaluating Large Language Models Trained on Code,
/// arXiv 2107.03374). Computed as the chance that the first pass comes at draw 1, 2, ..., k without
/// replacement: only positive terms are added, so that nothing cancels and pass@1 is c / n to the
/// last bit. `None` unless `1 <= k <= n` and `c <= n`.
pub fn pass_at_k(n: usize, c: usize, k: usize) -> Option<f64> {
    if k == 0 || k > n || c > n {
        return None;
    }
    if n - c < k {
        return Some(1.0);
    }
    let (mut found, mut missed) = (0.0, 1.0);
    for draw in 0..k {
        let left = (n - draw) as f64;
        found += missed * (c as f64 / left);
        missed *= (n - c - draw) as f64 / left;
    }
    Some(f64::min(found, 1.0))
}

/// Wilson's score interval of a proportion; behaves at 0 and at n, where the textbook one does not.
///
/// `None` for n = 0, more successes than trials, or a level outside of (0, 1).
/// Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
pub fn wilson(successes: usize, n: usize, level: f64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let z = normal_width(level)?;
    let (n_f, hits, misses) = (n as f64, successes as f64, (n - successes) as f64);
    let scale = n_f + z * z;
    let centre = (hits + 0.5 * z * z) / scale;
    let reach = z * (hits * misses / n_f + 0.25 * z * z).sqrt() / scale;
    let lo = if successes == 0 {
        0.0
    } else {
        (centre - reach).max(0.0)
    };
    let hi = if successes == n {
        1.0
    } else {
        (centre + reach).min(1.0)
    };
    Some(Interval { lo, hi, level })
}

/// The mean over clusters with its percentile bootstrap interval.
///
/// `cluster_means` holds one number per problem (its own share of passes, its pass@k). The result
/// depends on the values and the seed, not on their order. `None` where there are no values, one is
/// not finite, or the level is none; below two values or without any spread the estimate comes
/// without an interval. Costs [`crate::RESAMPLES`] draws per value.
pub fn bootstrap_mean(cluster_means: &[f64], seed: u64, level: f64) -> Option<Estimate> {
    let level = checked_level(level)?;
    let values = sorted_finite(cluster_means)?;
    let value = sorted_mean(&values);
    let n = values.len();
    let bounds = percentile_interval(n, seed, level, |draws| {
        (0..n).map(|_| draws.pick(&values)).sum::<f64>() / n as f64
    });
    value.is_finite().then_some(Estimate::new(value, n, bounds))
}

/// The ratio of sums `sum(numerators) / sum(denominators)` with its percentile bootstrap interval;
/// the pairs (passages, prompts) are what is resampled.
///
/// Nats over tokens gives the logarithm of perplexity, base time over new time a speed-up; map the
/// estimate through [`Estimate::map`] where a transformed number is wanted. `None` where the
/// lengths differ, nothing is there, a number is not finite, a denominator is not positive, or the
/// level is none.
pub fn bootstrap_ratio(
    numerators: &[f64],
    denominators: &[f64],
    seed: u64,
    level: f64,
) -> Option<Estimate> {
    let level = checked_level(level)?;
    let pairs = sorted_pairs(numerators, denominators)?;
    let value = ratio_of_sums(pairs.iter().copied());
    let n = pairs.len();
    let bounds = percentile_interval(n, seed, level, |draws| {
        ratio_of_sums((0..n).map(|_| draws.pick(&pairs)))
    });
    value.is_finite().then_some(Estimate::new(value, n, bounds))
}

/// The standard error of the ratio of sums, from the spread between the pairs (linearised, n - 1).
///
/// sqrt(n / (n - 1) sum (numerator - ratio denominator)^2) / sum(denominators). Two such ratios over the same
/// pairs differ by the ratio of the differences, whose error holds their covariance. `None` below two
/// pairs and where [`bootstrap_ratio`] gives nothing.
/// Source: W. G. Cochran, Sampling Techniques, 3rd edition 1977, section 6.3.
pub fn ratio_error(numerators: &[f64], denominators: &[f64]) -> Option<f64> {
    let pairs = sorted_pairs(numerators, denominators)?;
    let n = pairs.len() as f64;
    let ratio = ratio_of_sums(pairs.iter().copied());
    let squares: f64 = pairs
        .iter()
        .map(|(over, under)| (over - ratio * under).powi(2))
        .sum();
    let total: f64 = pairs.iter().map(|(_, under)| under).sum();
    let error = (n / (n - 1.0) * squares).sqrt() / total;
    error.is_finite().then_some(error)
}

fn sorted_pairs(numerators: &[f64], denominators: &[f64]) -> Option<Vec<(f64, f64)>> {
    let sound = numerators.iter().all(|x| x.is_finite())
        && denominators.iter().all(|x| x.is_finite() && *x > 0.0);
    if numerators.is_empty() || numerators.len() != denominators.len() || !sound {
        return None;
    }
    let mut pairs: Vec<_> = numerators
        .iter()
        .copied()
        .zip(denominators.iter().copied())
        .collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Some(pairs)
}

fn ratio_of_sums(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (over, under) = pairs.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    over / under
}
