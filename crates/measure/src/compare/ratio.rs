//! The ratio of two timings that were not taken in pairs.
//!
//! For paired timings of the same prompts, the ratio of sums in [`crate::estimate`] is the better
//! question. No test is offered: an interval of the ratio that holds 1 says what a test would.

use crate::interval::Estimate;
use crate::resample::{Draws, percentile_interval};
use crate::summary::{sorted_finite, sorted_quantile};
use crate::tail::checked_level;

/// median(`candidate`) / median(`baseline`) with its percentile bootstrap interval; the two samples
/// are resampled each for itself.
///
/// `n` of the estimate is the smaller sample's. `None` where a sample is empty, a value is not
/// finite and positive, or the level is none; below two values on either side, or without any
/// spread, the ratio comes without an interval.
pub fn ratio_of_medians(
    candidate: &[f64],
    baseline: &[f64],
    seed: u64,
    level: f64,
) -> Option<Estimate> {
    let level = checked_level(level)?;
    let over = sorted_finite(candidate).filter(|sorted| sorted[0] > 0.0)?;
    let under = sorted_finite(baseline).filter(|sorted| sorted[0] > 0.0)?;
    let value = sorted_quantile(&over, 0.5) / sorted_quantile(&under, 0.5);
    let n = over.len().min(under.len());
    let bounds = percentile_interval(n, seed, level, |draws| {
        drawn_median(&over, draws) / drawn_median(&under, draws)
    });
    value.is_finite().then_some(Estimate::new(value, n, bounds))
}

/// The median of one resample of `sorted`.
fn drawn_median(sorted: &[f64], draws: &mut Draws) -> f64 {
    let mut drawn: Vec<f64> = (0..sorted.len()).map(|_| draws.pick(sorted)).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    sorted_quantile(&drawn, 0.5)
}
