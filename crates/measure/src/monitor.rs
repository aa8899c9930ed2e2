//! A thread that reads the machine beside other work, and keeps what it read until it is fetched.
//!
//! It touches no file of ours and prints nothing: whoever measures fetches the samples with
//! [`Monitor::drain`] and writes them down, so that a run folder keeps its single writer. Every sample
//! closes an interval that began with the sample before it; what was done in that interval is the
//! label in force, which [`Monitor::turn`] and [`Monitor::lap`] replace. Energy thus belongs to phases by addition alone.
//!
//! Sampling costs processor time, and the thread counts its own: [`Sample::own_ns`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Clock;
use crate::probe::Absent;
use crate::probe::gauge::{Gauge, Readings};

/// Between two samples. Counters lose nothing in between, and half a second is enough for a curve.
pub const EVERY: Duration = Duration::from_millis(500);

/// Between two looks at a sign to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Words of what is being done, as whoever measures numbers them; 0 is for nothing in particular.
pub type Label = u32;

/// One look at the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When, by the clock that the monitor was given.
    pub at_ns: u64,
    /// What was done since the sample before.
    pub label: Label,
    /// How much of it was done, in the label's own unit, where this sample is the end of something.
    pub count: u64,
    /// Processor time that the monitor's thread has taken since its start, as far as the kernel tells.
    pub own_ns: Option<u64>,
    /// What could be read.
    pub readings: Readings,
}

/// A running monitor; dropping it stops the thread.
pub struct Monitor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    measures_energy: bool,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    gauges: Vec<Box<dyn Gauge>>,
    clock: Box<dyn Clock>,
    samples: Vec<Sample>,
    label: Label,
    own_ns: Option<u64>,
    stopping: bool,
}

impl Monitor {
    /// Takes a first sample and then one in each interval, until it is dropped.
    ///
    /// # Errors
    /// [`Absent`] if the system gives no thread.
    pub fn start(
        gauges: Vec<Box<dyn Gauge>>,
        clock: impl Clock + 'static,
        every: Duration,
    ) -> Result<Monitor, Absent> {
        let measures_energy = gauges.iter().any(|gauge| gauge.measures_energy());
        let state = State {
            gauges,
            clock: Box::new(clock),
            samples: Vec::new(),
            label: 0,
            own_ns: None,
            stopping: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            wake: Condvar::new(),
        });
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || seen.sample_every(every));
        let thread = thread.map_err(|error| {
            Absent::because(format!("no thread for the hardware monitor: {error}"))
        })?;
        Ok(Monitor {
            shared,
            thread: Some(thread),
            measures_energy,
        })
    }

    /// Ends what was being done, of which `count` was done, and begins something else; everything is read.
    pub fn turn(&self, count: u64, next: Label) {
        if let Some(mut state) = self.shared.alive() {
            state.look(count, |_| true);
            state.label = next;
        }
    }

    /// The same between two phases of something that is being timed: only power, energy and processor time are read,
    /// and where nothing tells energy this does nothing and returns false.
    pub fn lap(&self, count: u64, next: Label) -> bool {
        let Some(mut state) = self.shared.alive() else {
            return false;
        };
        if self.measures_energy {
            state.look(count, |gauge| gauge.is_read_in_laps());
            state.label = next;
        }
        self.measures_energy
    }

    /// Whether anything tells power or energy.
    pub fn measures_energy(&self) -> bool {
        self.measures_energy
    }

    /// The samples since the last call.
    pub fn drain(&self) -> Vec<Sample> {
        std::mem::take(&mut self.shared.lock().samples)
    }

    /// Lets the machine rest for so long while it is sampled, or until the sign to stop is set.
    pub fn rest(&self, span: Duration, stop: &AtomicBool) {
        let mut left = span;
        while !left.is_zero() && !stop.load(Ordering::Relaxed) {
            let step = left.min(LOOK);
            std::thread::sleep(step);
            left -= step;
        }
    }

    /// Why nothing is sampled any more, if so.
    pub fn broken(&self) -> Option<Absent> {
        let ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        ended
            .then(|| Absent::because("the thread that read the hardware has ended before its time"))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panic has been told already, by the hook of panics and by `broken`.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The state, even if a gauge has panicked: what was sampled before is still true.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless a gauge has panicked: it is not asked again.
    fn alive(&self) -> Option<MutexGuard<'_, State>> {
        self.state.lock().ok()
    }

    fn sample_every(&self, every: Duration) {
        let mut state = self.lock();
        while !state.stopping {
            state.look(0, |_| true);
            state.own_ns = own_ns();
            let waited = self.wake.wait_timeout(state, every);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn look(&mut self, count: u64, at: impl Fn(&dyn Gauge) -> bool) {
        let at_ns = self.clock.now_ns();
        let mut readings = BTreeMap::new();
        for gauge in self.gauges.iter_mut().filter(|gauge| at(gauge.as_ref())) {
            gauge.read(at_ns, &mut readings);
        }
        self.samples.push(Sample {
            at_ns,
            label: self.label,
            count,
            own_ns: self.own_ns,
            readings,
        });
    }
}

/// Processor time of the calling thread.
fn own_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
#[path = "monitor_tests.rs"]
mod tests;
