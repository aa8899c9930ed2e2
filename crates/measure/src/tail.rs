//! Quantiles and tails of the three distributions that this room needs.
//!
//! The work is done by `statrs`; here stand the guards around it. Levels outside of (0, 1) give
//! `None`, so that a wrong level never turns into a number.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

/// Degrees of freedom above which the normal quantile stands in for Student's: `statrs` loses
/// digits there, and the two differ by less than 2e-4 relative.
const NORMAL_ABOVE: f64 = 1e4;

/// `level` itself if it is a level.
pub(crate) fn checked_level(level: f64) -> Option<f64> {
    (level > 0.0 && level < 1.0).then_some(level)
}

/// Standard normal quantile of `p`.
pub(crate) fn normal_quantile(p: f64) -> Option<f64> {
    checked_level(p)
        .map(|p| Normal::standard().inverse_cdf(p))
        .filter(|z| z.is_finite())
}

/// P(Z <= z) of a standard normal.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// Half-width in standard errors of a two-sided normal interval.
pub(crate) fn normal_width(level: f64) -> Option<f64> {
    normal_quantile(0.5 + 0.5 * checked_level(level)?)
}

/// Half-width in standard errors of a two-sided Student interval.
pub(crate) fn student_width(level: f64, freedom: f64) -> Option<f64> {
    if freedom > NORMAL_ABOVE {
        return normal_width(level);
    }
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(student.inverse_cdf(0.5 + 0.5 * checked_level(level)?)).filter(|t| t.is_finite())
}

/// P(X <= k) for n throws of a fair coin.
pub(crate) fn fair_coin_cdf(k: u64, n: u64) -> f64 {
    match Binomial::new(0.5, n) {
        Ok(coin) => coin.cdf(k),
        // 0.5 is a probability for every n; should that ever change, 1 is the cautious tail.
        Err(_) => 1.0,
    }
}
