//! The sign-flip permutation test of paired differences.
//!
//! If neither system is better, each problem's difference might as well carry the other sign; the
//! p-value is the share of sign patterns whose sum is at least as far from 0 as the observed one.
//! The test takes the differences to be symmetric around 0 under the null, nothing more.
//! Source: Phipson and Smyth, Permutation P-values Should Never Be Zero, 2010 (the +1 rule).

use crate::resample::{Draws, RESAMPLES};
use crate::summary::sorted_finite;

/// Up to this many non-zero differences, all 2^m sign patterns are counted.
const EXACT_UP_TO: usize = 14;

/// Sums closer than this share of the sum of magnitudes are equal, up to rounding.
const ROUNDING: f64 = 1e-12;

/// Two-sided p-value of the mean of `differences` being 0.
///
/// Exact up to 14 non-zero differences (zeros have no sign and change nothing); beyond that
/// (hits + 1) / (resamples + 1) over [`RESAMPLES`] seeded patterns. Depends on the values and the
/// seed, not on their order; 1 where all are 0. `None` where there are no values or one is not
/// finite.
pub fn sign_flip_test(differences: &[f64], seed: u64) -> Option<f64> {
    let mut sizes: Vec<f64> = differences
        .iter()
        .map(|d| d.abs())
        .filter(|d| *d != 0.0)
        .collect();
    let observed = sorted_finite(differences)?.iter().sum::<f64>().abs();
    if sizes.is_empty() {
        return Some(1.0);
    }
    sizes.sort_unstable_by(f64::total_cmp);
    let total: f64 = sizes.iter().sum();
    if !total.is_finite() {
        return None;
    }
    let threshold = observed - ROUNDING * total;
    if sizes.len() <= EXACT_UP_TO {
        return Some(exact_share(&sizes, threshold));
    }
    let mut draws = Draws::new(seed);
    let hits = (0..RESAMPLES)
        .filter(|_| drawn_sum(&sizes, &mut draws).abs() >= threshold)
        .count();
    Some((hits + 1) as f64 / (RESAMPLES + 1) as f64)
}

/// Share of all sign patterns whose sum reaches `threshold` in magnitude.
fn exact_share(sizes: &[f64], threshold: f64) -> f64 {
    let patterns = 1u64 << sizes.len();
    let hits = (0..patterns)
        .filter(|&signs| signed_sum(sizes, signs).abs() >= threshold)
        .count();
    hits as f64 / patterns as f64
}

/// The sum with one random sign per difference, 64 signs to a drawn word.
fn drawn_sum(sizes: &[f64], draws: &mut Draws) -> f64 {
    sizes
        .chunks(64)
        .map(|chunk| signed_sum(chunk, draws.word()))
        .sum()
}

/// The sum of up to 64 `sizes`, negative where the bit of `signs` is set.
fn signed_sum(sizes: &[f64], signs: u64) -> f64 {
    let signed = |(place, size): (usize, &f64)| {
        if signs >> place & 1 == 1 {
            -size
        } else {
            *size
        }
    };
    sizes.iter().enumerate().map(signed).sum()
}
