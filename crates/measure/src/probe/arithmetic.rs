//! How fast this machine multiplies and adds: the ceiling for reading a prompt and for training.
//!
//! Each thread repeats the widest multiply–accumulate that the processor has, on values that never leave
//! the registers, in so many independent sums that none waits for another. All threads run a pass together; one pass
//! gives one sample, and the best one is the ceiling. Nothing is loaded or stored, so no program that computes with
//! these instructions gets more out of them; units for whole matrices (AMX) are not among them.

use std::hint::black_box;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::Absent;
use super::passes::{Limits, Test};
use crate::Clock;

/// Rounds of a pass: tens of milliseconds, beside which beginning and ending it is nothing.
const ROUNDS: u32 = 4_000_000;
const TEST: Test = Test {
    name: "arithmetic test",
    limits: Limits {
        least: 3,
        most: 24,
        ns: 300_000_000,
    },
};

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// 32-bit floats: what weights of 16 and 32 bits are multiplied as.
    Float32,
    /// Bytes, of one factor signed, summed in at least 16 bits: what quantised weights are multiplied as.
    Int8,
}

impl Numbers {
    /// The word that stands in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
        }
    }
}

/// What the passes measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arithmetic {
    /// Operations per second of all threads together, a multiplication and an addition being two; one value per pass,
    /// in order.
    pub operations_per_s_samples: Vec<f64>,
    /// Computing threads.
    pub threads: usize,
}

impl Arithmetic {
    /// The fastest pass, in operations per second.
    pub fn best(&self) -> f64 {
        self.operations_per_s_samples
            .iter()
            .copied()
            .fold(0.0, f64::max)
    }
}

/// Measures the rate of multiply–accumulates of `numbers` with `threads` threads; takes a third of a second.
///
/// # Errors
/// [`Absent`] for bytes on processors other than x86-64 with AVX2, whose instructions are not known here; where threads
/// are refused, and where the clock stands still.
pub fn multiply_rate(
    clock: &dyn Clock,
    threads: NonZeroUsize,
    numbers: Numbers,
) -> Result<Arithmetic, Absent> {
    let work = match numbers {
        Numbers::Float32 => Loop::of_floats(),
        Numbers::Int8 => Loop::of_bytes()?,
    };
    let operations = work.operations * u64::from(ROUNDS) * threads.get() as u64;
    let times = TEST.time(clock, threads, || Ok(move || work.repeat(ROUNDS)))?;
    Ok(Arithmetic {
        operations_per_s_samples: times
            .into_iter()
            .map(|ns| operations as f64 / (ns as f64 * 1e-9))
            .collect(),
        threads: threads.get(),
    })
}

/// Sums side by side, enough to hide the latency of a multiply–accumulate wherever two are begun in a cycle and take
/// five. Of the sixteen registers of AVX2 two more hold the factors. Wide cores of ARM begin four, and have 32 registers.
const SUMS: usize = if cfg!(target_arch = "aarch64") {
    24
} else {
    12
};

/// A loop of multiply–accumulates.
#[derive(Debug, Clone, Copy)]
struct Loop {
    /// Operations of a round.
    operations: u64,
    /// Does so many rounds. Safe to call where the processor has what it was compiled for.
    rounds: unsafe fn(u32),
}

impl Loop {
    /// A loop over sums of so many lanes, each of which takes in so many products a round.
    fn new(lanes: u64, products: u64, rounds: unsafe fn(u32)) -> Self {
        Self {
            operations: 2 * SUMS as u64 * lanes * products,
            rounds,
        }
    }

    /// The widest one for floats that this processor has.
    fn of_floats() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return Self::new(16, 1, x86::floats_512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self::new(8, 1, x86::floats_256);
            }
        }
        Self::new(4, 1, floats)
    }

    /// The widest one for bytes that this processor has.
    fn of_bytes() -> Result<Self, Absent> {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                return Ok(Self::new(16, 4, x86::bytes_512));
            }
            if is_x86_feature_detected!("avxvnni") {
                return Ok(Self::new(8, 4, x86::bytes_256));
            }
            if is_x86_feature_detected!("avx2") {
                return Ok(Self::new(16, 2, x86::pairs_of_bytes));
            }
        }
        Err(Absent::because(
            "the instruction for products of bytes is only known of x86-64 with AVX2, which this processor is not",
        ))
    }

    #[expect(unsafe_code, reason = "instructions that not every processor has")]
    fn repeat(self, n: u32) {
        // SAFETY: `of_floats` and `of_bytes` asked the processor for the features of the loop that they chose.
        unsafe { (self.rounds)(n) }
    }
}

/// Repeats a step on each of [`SUMS`] sums. A macro, because a closure has not the features of the function around it.
macro_rules! repeat {
    ($rounds:expr, $first:expr, |$sum:ident| $step:expr) => {{
        let mut sums = [$first; SUMS];
        for _ in 0..$rounds {
            for $sum in &mut sums {
                *$sum = $step;
            }
        }
        black_box(sums);
    }};
}

/// What the compiler makes of lanes of four.
fn floats(n: u32) {
    let (x, y) = (black_box(0.5f32), black_box(1.0f32));
    repeat!(n, [x; 4], |sum| sum.map(|lane| multiply_add(lane, x, y)));
}

/// One rounding where the processor surely has that instruction, two where it would be a call of a function.
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    match cfg!(target_arch = "aarch64") {
        true => a.mul_add(b, c),
        false => a * b + c,
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::SUMS;

    #[target_feature(enable = "avx512f")]
    pub(super) fn floats_512(n: u32) {
        let x = _mm512_set1_ps(black_box(0.5));
        let y = _mm512_set1_ps(black_box(1.0));
        repeat!(n, x, |sum| _mm512_fmadd_ps(*sum, x, y));
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn floats_256(n: u32) {
        let x = _mm256_set1_ps(black_box(0.5));
        let y = _mm256_set1_ps(black_box(1.0));
        repeat!(n, x, |sum| _mm256_fmadd_ps(*sum, x, y));
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn bytes_512(n: u32) {
        let x = _mm512_set1_epi8(black_box(3));
        let y = _mm512_set1_epi8(black_box(-5));
        repeat!(n, x, |sum| _mm512_dpbusd_epi32(*sum, x, y));
    }

    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn bytes_256(n: u32) {
        let x = _mm256_set1_epi8(black_box(3));
        let y = _mm256_set1_epi8(black_box(-5));
        repeat!(n, x, |sum| _mm256_dpbusd_avx_epi32(*sum, x, y));
    }

    /// Pairs of products in 16 bits, and their sums. What widens the sums to 32 bits is left out: a kernel may do so
    /// rarely. The product is of the sum itself, or it would be computed once for all rounds.
    #[target_feature(enable = "avx2")]
    pub(super) fn pairs_of_bytes(n: u32) {
        let y = _mm256_set1_epi8(black_box(-5));
        repeat!(n, y, |sum| {
            let products = _mm256_maddubs_epi16(*sum, y);
            _mm256_add_epi16(*sum, products)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FakeClock;

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    #[test]
    fn a_sample_is_the_operations_of_all_threads_over_the_time_of_a_pass() {
        let clock = FakeClock::stepping(1_000_000);
        let found = multiply_rate(&clock, TWO, Numbers::Float32).unwrap();
        let operations = 2 * u64::from(ROUNDS) * Loop::of_floats().operations;
        assert_eq!(found.threads, 2);
        assert_eq!(found.operations_per_s_samples.len(), TEST.limits.most);
        for sample in &found.operations_per_s_samples {
            assert!((sample / (operations as f64 * 1000.0) - 1.0).abs() < 1e-12);
        }
        assert_eq!(found.best(), found.operations_per_s_samples[0]);
    }

    #[test]
    fn a_clock_that_stands_still_gives_no_infinite_rate() {
        let absent = multiply_rate(&FakeClock::new(), TWO, Numbers::Float32).unwrap_err();
        assert!(absent.reason.contains("clock"), "{absent}");
    }
}
