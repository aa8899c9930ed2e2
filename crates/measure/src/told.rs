//! Numbers that somebody else summarised: a mean with its standard error, and no values behind it.
//!
//! Nothing can be resampled or paired then. What is left is the normal approximation, and for a share of whole
//! successes Wilson's interval. A standard error of 0 comes from values that all agree; it is no certainty.

use crate::estimate::wilson;
use crate::interval::Interval;
use crate::tail::{normal_cdf, normal_width};

/// How far a share may be from one of whole successes: what is left of a number that was written out in full.
const ROUNDING: f64 = 1e-6;

/// The interval of a number of which only the standard error is known. `None` for an error that is not above 0.
pub fn interval(value: f64, error: f64, level: f64) -> Option<Interval> {
    let reach = normal_width(level)? * error;
    let sound = error > 0.0 && reach.is_finite() && value.is_finite();
    sound.then_some(Interval {
        lo: value - reach,
        hi: value + reach,
        level,
    })
}

/// Wilson's interval of a share of n trials; `None` if it is no share of whole successes.
pub fn share(value: f64, n: usize, level: f64) -> Option<Interval> {
    let successes = value * n as f64;
    let whole = successes.round();
    let is_whole = (successes - whole).abs() <= ROUNDING * n as f64;
    let is_share = (0.0..=1.0).contains(&value) && is_whole;
    is_share.then(|| wilson(whole as usize, n, level))?
}

/// The difference of two such numbers that nothing pairs, its interval and its two-sided p-value.
pub fn difference(
    first: (f64, f64),
    later: (f64, f64),
    level: f64,
) -> Option<(f64, Interval, f64)> {
    let value = later.0 - first.0;
    let error = first.1.hypot(later.1);
    let interval = interval(value, error, level)?;
    Some((value, interval, 2.0 * normal_cdf(-(value / error).abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_the_normal_one() {
        let found = interval(0.5, 0.1, 0.95).unwrap();
        assert!(
            (found.lo - 0.304_003_601_545_994_6).abs() < 1e-12,
            "{found:?}"
        );
        assert!(
            (found.hi - 0.695_996_398_454_005_4).abs() < 1e-12,
            "{found:?}"
        );
    }

    #[test]
    fn no_spread_is_no_certainty() {
        assert_eq!(interval(1.0, 0.0, 0.95), None);
        assert_eq!(interval(1.0, -0.1, 0.95), None);
        assert_eq!(interval(1.0, f64::INFINITY, 0.95), None);
        assert_eq!(interval(f64::NAN, 0.1, 0.95), None);
        assert_eq!(difference((1.0, 0.0), (1.0, 0.0), 0.95), None);
    }

    #[test]
    fn a_share_of_whole_successes_has_wilsons_interval_and_no_other_share_has_one() {
        assert_eq!(share(0.0, 40, 0.95), wilson(0, 40, 0.95));
        assert_eq!(share(1.0 / 3.0, 3, 0.95), wilson(1, 3, 0.95));
        assert_eq!(share(0.3333, 3, 0.95), None);
        assert_eq!(share(0.45, 40, 0.95), wilson(18, 40, 0.95));
        assert_eq!(share(0.46, 40, 0.95), None);
        assert_eq!(share(1.5, 40, 0.95), None);
        assert_eq!(share(0.5, 0, 0.95), None);
    }

    #[test]
    fn a_difference_adds_both_errors() {
        let (value, found, p) = difference((0.4, 0.03), (0.5, 0.04), 0.95).unwrap();
        assert!((value - 0.1).abs() < 1e-12);
        assert!((found.half_width() - 1.959_963_984_540_054 * 0.05).abs() < 1e-9);
        // SciPy 1.11: 2 * norm.sf(2.0)
        assert!((p - 0.045_500_263_896_358_42).abs() < 1e-9, "{p}");
    }
}
