//! What a set of repeated measurements says: centre, spread, tails, and an interval of the median.
//!
//! Quantiles follow type 7 of Hyndman and Fan (Sample Quantiles in Statistical Packages, 1996):
//! linear between the order statistics around (n - 1) p, the default of NumPy and R. The spread
//! `sd` is the sample standard deviation (n - 1), `mad` the plain median absolute deviation without
//! the factor 1.4826. Nothing is dropped or trimmed here, and no outlier is judged.
//!
//! Values are sorted before anything is added up, so that no result depends on the order in which
//! the measurements arrived, not even in the last bit.

use serde::{Deserialize, Serialize};

use crate::interval::{Interval, LEVEL, NoInterval};
use crate::tail::{checked_level, fair_coin_cdf, student_width};

/// The summary of n measurements.
///
/// Exactly one of `interval` and `no_interval` is present. `p10` and `p90` are plain sample
/// quantiles; [`percentile_supported`] says whether n is large enough to print them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many values there are, at least one.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation, from two values on.
    pub sd: Option<f64>,
    /// Median.
    pub median: f64,
    /// 10th percentile.
    pub p10: f64,
    /// 90th percentile.
    pub p90: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Median absolute deviation from the median, unscaled.
    pub mad: f64,
    /// Interval of the *median* at 95 %, free of any assumption about the distribution.
    pub interval: Option<Interval>,
    /// Why there is no interval.
    pub no_interval: Option<NoInterval>,
}

/// Summarises `values`.
///
/// `None` where there are no values, where one is not finite, or where their sums overflow.
pub fn summarise(values: &[f64]) -> Option<Summary> {
    let sorted = sorted_finite(values)?;
    let median = sorted_quantile(&sorted, 0.5);
    let bounds = median_interval(&sorted, LEVEL);
    let summary = Summary {
        n: sorted.len(),
        mean: sorted_mean(&sorted),
        sd: sample_sd(&sorted),
        median,
        p10: sorted_quantile(&sorted, 0.1),
        p90: sorted_quantile(&sorted, 0.9),
        min: sorted[0],
        max: sorted[sorted.len() - 1],
        mad: median_distance(&sorted, median),
        interval: bounds.ok(),
        no_interval: bounds.err(),
    };
    let Summary {
        mean,
        p10,
        p90,
        mad,
        ..
    } = summary;
    let computed = [mean, median, p10, p90, mad, summary.sd.unwrap_or(0.0)];
    computed
        .iter()
        .all(|value| value.is_finite())
        .then_some(summary)
}

/// The type 7 quantile of `values` at `p`, in any order.
///
/// `None` where there are no values, one is not finite, or `p` is not within [0, 1].
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let sorted = sorted_finite(values)?;
    (0.0..=1.0)
        .contains(&p)
        .then(|| sorted_quantile(&sorted, p))
        .filter(|value| value.is_finite())
}

/// The type 7 quantile of ascending values, of which there is at least one; 0 <= p <= 1.
pub(crate) fn sorted_quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = place - below as f64;
    let value = sorted[below] + share * (sorted[above] - sorted[below]);
    // Rounding may step over the upper neighbour by one unit in the last place.
    value.min(sorted[above])
}

/// The smallest n from which the percentile `p` may be printed, `None` unless 0 < p < 1.
///
/// Zero-exceedance bound: at `level`, at least one of n measurements lies beyond the percentile,
/// `max(p, 1 - p)^n <= 1 - level`. At 95 % that is 29 for p90, 59 for p95, 299 for p99, and by
/// symmetry 29 for p10.
pub fn samples_for_percentile(p: f64, level: f64) -> Option<usize> {
    let p = checked_level(p)?;
    let needed = (1.0 - checked_level(level)?).ln() / p.max(1.0 - p).ln();
    Some(needed.ceil() as usize)
}

/// Whether n measurements support the percentile `p` (0 < p < 1) at 95 %.
pub fn percentile_supported(n: usize, p: f64) -> bool {
    samples_for_percentile(p, LEVEL).is_some_and(|needed| n >= needed)
}

/// Student's interval of the mean.
///
/// `None` below two values, for a level outside of (0, 1), and where all values are equal, since
/// then the sample holds no estimate of its error. Takes the values to be independent and the mean
/// to be about normal; above 10^4 degrees of freedom the normal quantile is used.
pub fn mean_interval(values: &[f64], level: f64) -> Option<Interval> {
    let sorted = sorted_finite(values)?;
    let n = sorted.len() as f64;
    let centre = sorted_mean(&sorted);
    let error = sample_sd(&sorted)? / n.sqrt();
    let reach = student_width(level, n - 1.0)? * error;
    let interval = Interval {
        lo: centre - reach,
        hi: centre + reach,
        level,
    };
    (error > 0.0 && interval.lo.is_finite() && interval.hi.is_finite()).then_some(interval)
}

/// The interval of the median between two order statistics of ascending values.
///
/// The j-th smallest and j-th largest value, j as large as a fair coin allows:
/// P(fewer than j of n below the median) <= (1 - level) / 2. The true level is at least `level`.
/// Source: David and Nagaraja, Order Statistics, 3rd edition 2003, section 7.1.
fn median_interval(sorted: &[f64], level: f64) -> Result<Interval, NoInterval> {
    let n = sorted.len();
    let tail = 0.5 * (1.0 - level);
    let needed = (-tail.log2()).ceil() as usize;
    if n < needed {
        return Err(NoInterval::TooFew { n, needed });
    }
    // Smallest k whose cumulative probability exceeds the tail; k = j in the words above, from 1.
    let (mut low, mut high) = (0, n / 2);
    while low < high {
        let middle = low + (high - low) / 2;
        if fair_coin_cdf(middle as u64, n as u64) <= tail {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    match low {
        0 => Err(NoInterval::TooFew {
            n,
            needed: needed + 1,
        }),
        rank => Ok(Interval {
            lo: sorted[rank - 1],
            hi: sorted[n - rank],
            level,
        }),
    }
}

/// Ascending copy; `None` if empty or if a value is not finite.
pub(crate) fn sorted_finite(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Some(sorted)
}

/// Mean of ascending values, of which there is at least one; infinite where the sum overflows.
pub(crate) fn sorted_mean(sorted: &[f64]) -> f64 {
    let sum: f64 = sorted.iter().sum();
    if !sum.is_finite() {
        return f64::INFINITY;
    }
    // Rounding must not carry the mean of equal values away from them.
    (sum / sorted.len() as f64).clamp(sorted[0], sorted[sorted.len() - 1])
}

/// Sample standard deviation (n - 1); `None` below two values, exactly 0 for equal ones.
fn sample_sd(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    if n < 2 {
        return None;
    }
    if sorted[0] == sorted[n - 1] {
        return Some(0.0);
    }
    let centre = sorted_mean(sorted);
    let squares: f64 = sorted.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / (n - 1) as f64).sqrt())
}

fn median_distance(values: &[f64], centre: f64) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    sorted_quantile(&distances, 0.5)
}
