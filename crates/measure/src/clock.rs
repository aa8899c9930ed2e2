//! Time as a parameter: whoever measures takes a [`Clock`], and only this file reads the real one.
//!
//! A clock counts nanoseconds from its own start and never runs backwards. It knows no date: the
//! day of a run is written by the program's door. Sleeping is not offered either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A monotonic clock.
pub trait Clock: Send + Sync {
    /// Nanoseconds since this clock's start.
    fn now_ns(&self) -> u64;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now_ns(&self) -> u64 {
        (**self).now_ns()
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_ns(&self) -> u64 {
        (**self).now_ns()
    }
}

/// The machine's monotonic clock, counted from the making of this value.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the real clock"
    )]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::start()
    }
}

impl Clock for SystemClock {
    fn now_ns(&self) -> u64 {
        // 2^64 ns are 584 years.
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A clock moved by hand; it can be shared between threads and moved through `&self`.
#[derive(Debug, Default)]
pub struct FakeClock {
    now: AtomicU64,
    step: u64,
}

impl FakeClock {
    /// A clock that stands at 0 until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// A clock that moves on by `step_ns` after each reading: for code that only reads.
    pub fn stepping(step_ns: u64) -> Self {
        Self {
            now: AtomicU64::new(0),
            step: step_ns,
        }
    }

    /// Moves the clock on; it stops at `u64::MAX` instead of starting over.
    pub fn advance(&self, ns: u64) {
        self.read_and_move(ns);
    }

    fn read_and_move(&self, ns: u64) -> u64 {
        let moved = |now: u64| Some(now.saturating_add(ns));
        match self
            .now
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved)
        {
            Ok(before) | Err(before) => before,
        }
    }
}

impl Clock for FakeClock {
    fn now_ns(&self) -> u64 {
        self.read_and_move(self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fake_clock_stands_until_it_is_moved() {
        let clock = FakeClock::new();
        assert_eq!((clock.now_ns(), clock.now_ns()), (0, 0));
        clock.advance(7);
        assert_eq!(clock.now_ns(), 7);
    }

    #[test]
    fn a_stepping_clock_moves_after_each_reading() {
        let clock = FakeClock::stepping(5);
        assert_eq!((clock.now_ns(), clock.now_ns(), clock.now_ns()), (0, 5, 10));
    }

    #[test]
    fn a_fake_clock_never_runs_backwards_at_its_end() {
        let clock = FakeClock::new();
        clock.advance(u64::MAX);
        clock.advance(10);
        assert_eq!(clock.now_ns(), u64::MAX);
    }

    #[test]
    fn threads_share_one_fake_clock_and_lose_no_step() {
        let clock = Arc::new(FakeClock::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| clock.advance(1)));
            }
        });
        assert_eq!(clock.now_ns(), 4000);
    }

    #[test]
    fn the_real_clock_moves_on_while_work_is_done() {
        let clock = SystemClock::start();
        let shared: &dyn Clock = &clock;
        let before = shared.now_ns();
        // Bounded, so that a clock that stands still fails instead of hanging.
        let moved = (0..100_000_000u64).any(|_| shared.now_ns() > before);
        assert!(moved);
    }
}
