//! How fast this machine reads its memory: the ceiling for decoding a model.
//!
//! Decoding one token reads every weight once, so the bandwidth of plain reading bounds its speed.
//! Each thread sums its own part of a buffer that is several times the last-level cache, in 64-bit
//! words and independent lanes, so that the sum costs nothing next to the reading. All threads run
//! a pass together; one pass gives one sample. The best pass is the sustainable speed, the others
//! show how steady the machine is. Threads are not pinned, pages are those that the system gives,
//! writing is not measured.
//!
//! Each part is filled by the thread that reads it, so that it lies in that thread's memory node,
//! and filled with a number that is not 0, because untouched or zero pages may share one page that
//! never leaves the cache.
//! The idea of a sum over arrays beyond the cache: J. McCalpin's STREAM, 1995.

use std::hint::black_box;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::Absent;
use super::cpu::last_level_cache_bytes;
use super::memory::available_bytes;
use super::passes::{Limits, Test};
use super::text::Root;
use crate::Clock;

/// Smallest buffer, all threads together.
const LEAST_BYTES: u64 = 256 << 20;
/// Buffer over last-level cache; what is found in the cache from one pass to the next is then a
/// small part.
const CACHES: u64 = 4;
/// Share of the available memory that the buffer may take, as a divisor.
const AVAILABLE_SHARE: u64 = 8;
/// The second begins before the buffer is filled.
const TEST: Test = Test {
    name: "bandwidth test",
    limits: Limits {
        least: 3,
        most: 24,
        ns: 1_000_000_000,
    },
};
/// Words added side by side: eight full AVX-512 registers.
const LANES: usize = 64;

/// What the passes measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bandwidth {
    /// Bytes read per second by all threads together, one value per pass, in order.
    pub bytes_per_s_samples: Vec<f64>,
    /// Reading threads.
    pub threads: usize,
    /// Bytes read in one pass by all threads together.
    pub buffer_bytes: u64,
}

impl Bandwidth {
    /// The fastest pass, in bytes per second: what the memory can sustain.
    pub fn best(&self) -> f64 {
        self.bytes_per_s_samples.iter().copied().fold(0.0, f64::max)
    }
}

/// Measures the read bandwidth with `threads` threads; takes about a second.
///
/// The buffer is 256 MiB or four times the last-level cache, whichever is more.
///
/// # Errors
/// [`Absent`] where that is more than an eighth of the available memory (a smaller buffer would
/// measure the cache), where memory or threads are refused, or where the clock stands still.
pub fn read_bandwidth(clock: &dyn Clock, threads: NonZeroUsize) -> Result<Bandwidth, Absent> {
    let cache = last_level_cache_bytes(Root::machine()).unwrap_or(0);
    let bytes = buffer_size(cache, available_bytes()?)?;
    read_passes(clock, threads, bytes)
}

/// Bytes to read per pass.
fn buffer_size(cache: u64, available: u64) -> Result<u64, Absent> {
    let wanted = cache.saturating_mul(CACHES).max(LEAST_BYTES);
    if wanted <= available / AVAILABLE_SHARE {
        return Ok(wanted);
    }
    let reason = format!(
        "the bandwidth test needs {wanted} bytes to leave the cache, more than an eighth of the {available} bytes available"
    );
    Err(Absent::because(reason).with_remedy("close other programs or raise the memory limit"))
}

/// Fills a buffer and reads it, pass by pass.
fn read_passes(clock: &dyn Clock, threads: NonZeroUsize, bytes: u64) -> Result<Bandwidth, Absent> {
    let words = usize::try_from(bytes).unwrap_or(usize::MAX) / 8 / threads;
    // Whole rounds of lanes, so that every byte that is counted is read by the fast loop.
    let words = words.next_multiple_of(LANES).max(LANES);
    let buffer_bytes = (words * 8 * threads.get()) as u64;
    let times = TEST.time(clock, threads, || {
        let part = filled(words)?;
        Ok(move || {
            black_box(sum(black_box(&part)));
        })
    })?;
    Ok(Bandwidth {
        bytes_per_s_samples: times
            .into_iter()
            .map(|ns| buffer_bytes as f64 / (ns as f64 * 1e-9))
            .collect(),
        threads: threads.get(),
        buffer_bytes,
    })
}

/// The part of one thread.
fn filled(words: usize) -> Result<Vec<u64>, Absent> {
    let mut part: Vec<u64> = Vec::new();
    part.try_reserve_exact(words).map_err(|error| {
        Absent::because(format!(
            "the system refused {words} words for the {}: {error}",
            TEST.name
        ))
    })?;
    part.extend((1..=words as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    Ok(part)
}

/// The wrapping sum of `words`, whose number is a multiple of [`LANES`].
fn sum(words: &[u64]) -> u64 {
    let mut lanes = [0u64; LANES];
    for round in words.chunks_exact(LANES) {
        for (lane, word) in lanes.iter_mut().zip(round) {
            *lane = lane.wrapping_add(*word);
        }
    }
    lanes.iter().fold(0, |sum, lane| sum.wrapping_add(*lane))
}

#[cfg(test)]
#[path = "bandwidth_tests.rs"]
mod tests;
