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
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

use serde::{Deserialize, Serialize};

use super::Absent;
use super::cpu::last_level_cache_bytes;
use super::memory::available_bytes;
use super::text::Root;
use crate::Clock;

/// Smallest buffer, all threads together.
const LEAST_BYTES: u64 = 256 << 20;
/// Buffer over last-level cache; what is found in the cache from one pass to the next is then a
/// small part.
const CACHES: u64 = 4;
/// Share of the available memory that the buffer may take, as a divisor.
const AVAILABLE_SHARE: u64 = 8;
/// This long after the filling began, no further pass begins.
const LIMIT_NS: u64 = 1_000_000_000;
/// The fewest passes, whatever they take.
const LEAST_PASSES: usize = 3;
/// The most passes.
const PASSES: usize = 24;
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
    let began = clock.now_ns();
    let threads = threads.get();
    let words = usize::try_from(bytes).unwrap_or(usize::MAX) / 8 / threads;
    // Whole rounds of lanes, so that every byte that is counted is read by the fast loop.
    let words = words.next_multiple_of(LANES).max(LANES);
    let buffer_bytes = (words * 8 * threads) as u64;
    let bytes_per_s_samples = std::thread::scope(|scope| {
        let (report, reports) = channel();
        let mut starts = Vec::with_capacity(threads);
        for _ in 0..threads {
            starts.push(spawn_reader(scope, words, report.clone())?);
        }
        drop(report);
        collect_reports(&reports, threads)?;
        let stop = || clock.now_ns().saturating_sub(began) > LIMIT_NS;
        let pass = || time_pass(clock, &starts, &reports);
        let times = time_passes(pass, stop)?;
        Ok(times
            .into_iter()
            .map(|ns| buffer_bytes as f64 / (ns as f64 * 1e-9))
            .collect())
    })?;
    Ok(Bandwidth {
        bytes_per_s_samples,
        threads,
        buffer_bytes,
    })
}

/// Starts one reader: it fills its part, reports, and then reads it once per start signal until the
/// signals end.
fn spawn_reader<'s>(
    scope: &'s Scope<'s, '_>,
    words: usize,
    report: Sender<Result<(), Absent>>,
) -> Result<Sender<()>, Absent> {
    let (start, starts) = channel();
    let work = move || read_on_signal(words, &starts, &report);
    let spawned = Builder::new()
        .name("bandwidth".to_owned())
        .spawn_scoped(scope, work);
    spawned.map_err(|error| {
        Absent::because(format!(
            "the system refused a thread for the bandwidth test: {error}"
        ))
    })?;
    Ok(start)
}

fn read_on_signal(words: usize, starts: &Receiver<()>, report: &Sender<Result<(), Absent>>) {
    let mut part: Vec<u64> = Vec::new();
    let filled = part.try_reserve_exact(words).map_err(|error| {
        Absent::because(format!(
            "the system refused {words} words for the bandwidth test: {error}"
        ))
    });
    let refused = filled.is_err();
    // A send fails only when nobody listens any more; then the test is over for this reader too.
    if !refused {
        part.extend((1..=words as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    if report.send(filled).is_err() || refused {
        return;
    }
    while starts.recv().is_ok() {
        black_box(sum(black_box(&part)));
        if report.send(Ok(())).is_err() {
            return;
        }
    }
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

/// One report of each reader.
fn collect_reports(reports: &Receiver<Result<(), Absent>>, threads: usize) -> Result<(), Absent> {
    for _ in 0..threads {
        reports
            .recv()
            .map_err(|_| Absent::because("a thread of the bandwidth test died"))??;
    }
    Ok(())
}

/// Nanoseconds of each pass: as many as fit before `stop`, within the two limits.
fn time_passes(
    pass: impl Fn() -> Result<u64, Absent>,
    stop: impl Fn() -> bool,
) -> Result<Vec<u64>, Absent> {
    let mut times = Vec::new();
    while times.len() < LEAST_PASSES || times.len() < PASSES && !stop() {
        times.push(pass()?);
    }
    Ok(times)
}

/// Nanoseconds from the first start signal to the last report.
fn time_pass(
    clock: &dyn Clock,
    starts: &[Sender<()>],
    reports: &Receiver<Result<(), Absent>>,
) -> Result<u64, Absent> {
    let before = clock.now_ns();
    for start in starts {
        start
            .send(())
            .map_err(|_| Absent::because("a thread of the bandwidth test died"))?;
    }
    collect_reports(reports, starts.len())?;
    match clock.now_ns().saturating_sub(before) {
        0 => Err(Absent::because(
            "the clock did not move during a pass of the bandwidth test",
        )),
        ns => Ok(ns),
    }
}

#[cfg(test)]
#[path = "bandwidth_tests.rs"]
mod tests;
