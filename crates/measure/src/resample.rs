//! The bootstrap itself: draws with replacement from a written-down generator.
//!
//! Generator: ChaCha8 whose 32-byte key is the seed as eight little-endian bytes and zeros. A draw
//! below n is the high half of the 128-bit product of the next 64-bit word and n. Both rules are
//! fixed here and not left to a library's convenience function, because those may change between
//! releases and with them every printed interval. The same seed gives the same interval on every
//! machine, up to the rounding of the statistic itself.
//!
//! Interval: the expanded percentile bootstrap, ends by the type 7 rule. A bootstrap of few units is too
//! narrow: its spread is that of n, not n - 1, and it takes that spread for known. The tails are therefore cut
//! where Student's t with n - 1 degrees would cut them, instead of at (1 - level) / 2. Where so little is left of
//! a tail that hardly a resample lies in it, there is no interval: at 95 % below five units.
//! Sources: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; T. Hesterberg, What
//! Teachers Should Know About the Bootstrap, The American Statistician 69 (2015), the section on expanded
//! percentile intervals.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::interval::{Interval, NoInterval};
use crate::summary::sorted_quantile;
use crate::tail::{normal_cdf, student_width};

/// Resamples behind every bootstrap interval and Monte-Carlo test.
///
/// At 95 % the ends then wander by about 1 % of the interval's width from seed to seed.
pub const RESAMPLES: usize = 10_000;

/// Resampled statistics that differ by less than this share are the same number, rounded.
const ROUNDING: f64 = 1e-12;

/// Resamples that each tail must hold: fewer, and the interval's ends are single draws.
const IN_EACH_TAIL: f64 = 5.0;

/// A seeded source of draws.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 fair coins.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `n`; the bias of n / 2^64 is far below what resampling can see.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.word()) * n as u128) >> 64) as usize
    }

    /// A member of `values`, which is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

/// The percentile interval of `statistic` over [`RESAMPLES`] resamples.
///
/// `n` is the size of the smallest sample drawn from.
pub(crate) fn percentile_interval(
    n: usize,
    seed: u64,
    level: f64,
    mut statistic: impl FnMut(&mut Draws) -> f64,
) -> Result<Interval, NoInterval> {
    let tail = expanded_tail(n, level)?;
    let mut draws = Draws::new(seed);
    let mut seen: Vec<f64> = (0..RESAMPLES).map(|_| statistic(&mut draws)).collect();
    if seen.iter().any(|value| !value.is_finite()) {
        return Err(NoInterval::Overflow);
    }
    seen.sort_unstable_by(f64::total_cmp);
    let (first, last) = (seen[0], seen[RESAMPLES - 1]);
    if last - first <= ROUNDING * first.abs().max(last.abs()) {
        return Err(NoInterval::NoSpread { n });
    }
    Ok(Interval {
        lo: sorted_quantile(&seen, tail),
        hi: sorted_quantile(&seen, 1.0 - tail),
        level,
    })
}

/// The share of resamples below the interval, and above it.
fn expanded_tail(n: usize, level: f64) -> Result<f64, NoInterval> {
    let carries = |n: &usize| tail_of(*n, level) * RESAMPLES as f64 >= IN_EACH_TAIL;
    if carries(&n) {
        return Ok(tail_of(n, level));
    }
    // Never more than some dozens: as n grows, the tail grows towards (1 - level) / 2.
    let needed = (n + 1..=RESAMPLES).find(carries).unwrap_or(usize::MAX);
    Err(NoInterval::TooFew { n, needed })
}

/// What Student's t leaves outside, on the scale of a bootstrap's spread; 0 below two units.
fn tail_of(n: usize, level: f64) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let freedom = (n - 1) as f64;
    student_width(level, freedom).map_or(0.0, |width| {
        normal_cdf(-width * (n as f64 / freedom).sqrt())
    })
}
