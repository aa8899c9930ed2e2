//! What a comparison of this size could have seen at all.
//!
//! Normal-theory sizes for paired comparisons, to be read before a difference is believed or
//! missed. They plan; they test nothing.

use serde::{Deserialize, Serialize};

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
