//! What a comparison of this size could have seen at all.
//!
//! Normal-theory sizes for paired comparisons, to be read before a difference is believed or
//! missed. They plan; they test nothing.

use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::tail::{checked_level, normal_quantile};

/// The two error rates for which a comparison is planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Chance of seeing an effect that is there.
    pub power: f64,
    /// Chance of seeing one that is not there, two-sided.
    pub alpha: f64,
}

impl Design {
    /// 80 % power at the 5 % level.
    pub const USUAL: Self = Self {
        power: 0.8,
        alpha: 0.05,
    };

    /// Standard errors between no effect and the smallest one that is seen with `power`.
    fn reach(self) -> Option<f64> {
        let significant = normal_quantile(1.0 - 0.5 * checked_level(self.alpha)?)?;
        let likely = normal_quantile(self.power)?;
        Some(significant + likely).filter(|reach| *reach > 0.0)
    }
}

impl Default for Design {
    fn default() -> Self {
        Self::USUAL
    }
}

/// The smallest difference of two pass rates that n shared problems can show, when a share
/// `discordant_share` of them flips: (z(1 - alpha/2) + z(power)) sqrt(d / n).
///
/// A value above `discordant_share` means that no difference with so few flips can be seen with n
/// problems. `None` for n = 0, a share outside of (0, 1], or a design outside of (0, 1).
pub fn minimum_detectable_effect(n: usize, discordant_share: f64, design: Design) -> Option<f64> {
    let sensible = n > 0 && discordant_share > 0.0 && discordant_share <= 1.0;
    Some(design.reach()? * (discordant_share / n as f64).sqrt()).filter(|_| sensible)
}

/// The smallest mean difference that n pairs can show, from the standard deviation of their
/// differences: (z(1 - alpha/2) + z(power)) sd / sqrt(n).
///
/// `None` for n = 0, a deviation that is not positive and finite, or a design outside of (0, 1).
pub fn mde_from_sd(n: usize, sd_of_differences: f64, design: Design) -> Option<f64> {
    let sensible = n > 0 && sd_of_differences > 0.0 && sd_of_differences.is_finite();
    Some(design.reach()? * sd_of_differences / (n as f64).sqrt()).filter(|_| sensible)
}

/// The smallest ratio above 1 that a comparison shows which is judged by whether its interval holds 1; below 1 it is the
/// reciprocal.
///
/// Of the logarithms, where a ratio's interval is about symmetric: the half width h is what has to be overcome, and the
/// chance left over is that of a standard error h / z((1 + level) / 2), so that the size is
/// exp(h (1 + z(power) / z((1 + level) / 2))). Of an interval with Student's quantiles, as over few runs, it is a little
/// too large. `None` without positive, finite bounds that lie apart.
pub fn smallest_ratio(interval: Interval, design: Design) -> Option<f64> {
    let likely = normal_quantile(design.power)?;
    let level = normal_quantile(0.5 * (1.0 + checked_level(interval.level)?))?;
    let half = 0.5 * (interval.hi / interval.lo).ln();
    let is_sensible = interval.lo > 0.0 && half > 0.0 && half.is_finite();
    let size = (half * (1.0 + likely / level)).exp();
    Some(size).filter(|size| is_sensible && size.is_finite() && *size > 1.0)
}

/// Whether a paired test over n pairs can find anything at all: its smallest p-value, where every pair points the same way,
/// is 2 / 2^n for the sign-flip test as for McNemar's.
pub fn can_find(n: usize, design: Design) -> bool {
    let exponent = i32::try_from(n).unwrap_or(i32::MAX);
    2.0 * 0.5_f64.powi(exponent) <= design.alpha
}

/// The smallest difference of two rates that n shared problems can show, as far as what was seen tells: `spread` is what
/// the usual size would be by the flips or by the spread of the differences, `flipped` the share of problems at which the
/// two differed at all.
///
/// A difference cannot be larger than the share of problems that flip. Where `spread` is, flips have to grow with the
/// difference, all of them one way: (z(1 - alpha/2) + z(power))^2 / n. `None` where no difference of any size would be
/// found, because the test cannot ([`can_find`]) or more than all problems would have to flip.
pub fn smallest_difference_of_rates(
    n: usize,
    (spread, flipped): (Option<f64>, f64),
    design: Design,
) -> Option<f64> {
    let reach = design.reach().filter(|_| can_find(n, design))?;
    let by_flips = || reach * reach / n as f64;
    Some(
        spread
            .filter(|size| *size <= flipped)
            .unwrap_or_else(by_flips),
    )
    .filter(|size| *size <= 1.0)
}
