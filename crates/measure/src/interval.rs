//! An interval with its level, and an estimate that carries an interval or the reason for none.
//!
//! Nothing here computes statistics. A level is a share (0.95), never a percentage.

use serde::{Deserialize, Serialize};

/// The level of every interval whose caller did not ask for another one.
pub const LEVEL: f64 = 0.95;

/// A confidence interval, ends included, `lo <= hi`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end, in the unit of the value.
    pub lo: f64,
    /// Upper end, in the unit of the value.
    pub hi: f64,
    /// Nominal level, between 0 and 1.
    pub level: f64,
}

impl Interval {
    /// Whether `value` lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// Half of the distance between the ends.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.hi - self.lo)
    }

    /// The interval of `f(x)`; exact for a monotone `f`, rising or falling.
    ///
    /// `None` where `f` leaves the finite numbers.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Option<Self> {
        let (a, b) = (f(self.lo), f(self.hi));
        let mapped = Self {
            lo: a.min(b),
            hi: a.max(b),
            level: self.level,
        };
        (a.is_finite() && b.is_finite()).then_some(mapped)
    }
}

/// Why a number stands without an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NoInterval {
    /// The sample is too small for any interval of this kind.
    #[error("n = {n} is too small for an interval, {needed} are needed")]
    TooFew {
        /// Size of the sample.
        n: usize,
        /// Smallest size that carries the interval.
        needed: usize,
    },
    /// Resampling saw no spread: all values are equal, which says nothing about the next one.
    #[error("all {n} values agree, so the sample shows no spread to build an interval from")]
    NoSpread {
        /// Size of the sample.
        n: usize,
    },
    /// Values so large that arithmetic on them overflows.
    #[error("the values are too large for floating-point arithmetic")]
    Overflow,
}

/// One estimated number, with an interval or the reason why there is none.
///
/// Exactly one of `interval` and `no_interval` is present.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Independent units behind it (problems, passages, runs), not samples inside them.
    pub n: usize,
    /// Where the true value lies.
    pub interval: Option<Interval>,
    /// Why there is no interval.
    pub no_interval: Option<NoInterval>,
}

impl Estimate {
    pub(crate) fn new(value: f64, n: usize, bounds: Result<Interval, NoInterval>) -> Self {
        Self {
            value,
            n,
            interval: bounds.ok(),
            no_interval: bounds.err(),
        }
    }

    /// The estimate of `f(value)` for a monotone `f`, as from nats per token to perplexity.
    ///
    /// `None` where `f` leaves the finite numbers.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Option<Self> {
        let value = f(self.value);
        let interval = match self.interval {
            Some(interval) => Some(interval.map(&f)?),
            None => None,
        };
        value.is_finite().then_some(Self {
            value,
            interval,
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Interval = Interval {
        lo: -1.0,
        hi: 2.0,
        level: LEVEL,
    };

    #[test]
    fn a_falling_map_swaps_the_ends() {
        let mapped = UNIT.map(|x| -x).unwrap();
        assert_eq!((mapped.lo, mapped.hi), (-2.0, 1.0));
    }

    #[test]
    fn a_map_out_of_the_finite_numbers_gives_nothing() {
        assert_eq!(UNIT.map(|x| (x * 1e6).exp()), None);
        assert_eq!(
            Estimate::new(2.0, 3, Ok(UNIT)).map(|x| (x * 1e6).exp()),
            None
        );
    }

    #[test]
    fn a_mapped_estimate_keeps_its_reason() {
        let bare = Estimate::new(1.0, 1, Err(NoInterval::TooFew { n: 1, needed: 2 }));
        let mapped = bare.map(f64::exp).unwrap();
        assert_eq!(mapped.no_interval, bare.no_interval);
        assert_eq!((mapped.value, mapped.interval), (1.0f64.exp(), None));
    }

    #[test]
    fn ends_belong_to_the_interval() {
        assert!(UNIT.contains(-1.0) && UNIT.contains(2.0) && !UNIT.contains(2.000001));
        assert_eq!(UNIT.half_width(), 1.5);
    }
}
