//! Gauges that do as they are told, on a clock moved by hand. No test waits for a time to pass: the
//! thread's interval is either far longer than a test or nothing, and then the test waits for a sample.

use std::sync::atomic::AtomicU64;

use super::*;
use crate::{FakeClock, SystemClock};

const NEVER: Duration = Duration::from_secs(3600);

/// Counts how often it was asked.
struct Asked {
    energy: bool,
    times: Arc<AtomicU64>,
}

impl Gauge for Asked {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let times = self.times.fetch_add(1, Ordering::SeqCst) + 1;
        let name = if self.energy { "cpu_joules" } else { "cpu_hz" };
        into.insert(name.to_owned(), times as f64);
    }

    fn measures_energy(&self) -> bool {
        self.energy
    }
}

fn asked(energy: bool) -> (Box<dyn Gauge>, Arc<AtomicU64>) {
    let times = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&times);
    (Box::new(Asked { energy, times }), seen)
}

/// Waits until the thread has taken its first sample, and throws it away.
fn started(monitor: &Monitor) -> Sample {
    first(monitor, |_| true)
}

/// The first sample that is as wanted.
fn first(monitor: &Monitor, wanted: impl Fn(&Sample) -> bool) -> Sample {
    for _ in 0..100_000_000u64 {
        if let Some(found) = monitor.drain().into_iter().find(&wanted) {
            return found;
        }
        std::thread::yield_now();
    }
    panic!("no such sample came")
}

#[test]
fn a_turn_closes_the_interval_under_the_label_that_was_in_force() {
    let clock = Arc::new(FakeClock::new());
    let (gauge, _) = asked(true);
    let monitor = Monitor::start(vec![gauge], Arc::clone(&clock), NEVER).unwrap();
    started(&monitor);
    clock.advance(10);
    monitor.turn(0, 1);
    clock.advance(20);
    assert!(monitor.lap(128, 2));
    clock.advance(30);
    monitor.turn(64, 0);
    let seen: Vec<(u64, Label, u64)> = monitor
        .drain()
        .iter()
        .map(|sample| (sample.at_ns, sample.label, sample.count))
        .collect();
    assert_eq!(seen, [(10, 0, 0), (30, 1, 128), (60, 2, 64)]);
    assert_eq!(monitor.drain(), [], "each sample is fetched once");
}

#[test]
fn a_lap_reads_energy_alone_and_without_it_costs_nothing() {
    let (load, load_asked) = asked(false);
    let (power, power_asked) = asked(true);
    let monitor = Monitor::start(vec![load, power], FakeClock::new(), NEVER).unwrap();
    started(&monitor);
    assert!(monitor.lap(1, 1));
    let times = [&load_asked, &power_asked].map(|times| times.load(Ordering::SeqCst));
    assert_eq!(times, [1, 2]);
    let (load, load_asked) = asked(false);
    let monitor = Monitor::start(vec![load], FakeClock::new(), NEVER).unwrap();
    started(&monitor);
    assert!(!monitor.lap(1, 1));
    assert_eq!(load_asked.load(Ordering::SeqCst), 1);
    assert_eq!(monitor.drain(), []);
}

/// Tells no energy, and wants to be asked where a phase ends.
struct OfPhases(Arc<AtomicU64>);

impl Gauge for OfPhases {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let times = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        into.insert("process_cpu_seconds".to_owned(), times as f64);
    }

    fn is_read_in_laps(&self) -> bool {
        true
    }
}

#[test]
fn what_belongs_to_phases_is_read_in_a_lap_as_well_but_is_no_reason_for_one() {
    let times = Arc::new(AtomicU64::new(0));
    let of_phases = || -> Box<dyn Gauge> { Box::new(OfPhases(Arc::clone(&times))) };
    let (power, _) = asked(true);
    let monitor = Monitor::start(vec![of_phases(), power], FakeClock::new(), NEVER).unwrap();
    started(&monitor);
    assert!(monitor.lap(1, 1));
    let names: Vec<String> = monitor.drain()[0].readings.keys().cloned().collect();
    assert_eq!(names, ["cpu_joules", "process_cpu_seconds"]);
    let monitor = Monitor::start(vec![of_phases()], FakeClock::new(), NEVER).unwrap();
    started(&monitor);
    assert!(!monitor.lap(1, 1));
}

#[test]
fn samples_come_by_themselves_and_count_what_the_thread_costs() {
    let (gauge, _) = asked(false);
    let monitor = Monitor::start(vec![gauge], SystemClock::start(), Duration::ZERO).unwrap();
    let sample = first(&monitor, |sample| sample.readings["cpu_hz"] > 100.0);
    if std::fs::exists("/proc/thread-self/schedstat").unwrap_or(false) {
        assert!(sample.own_ns.is_some_and(|ns| ns > 0));
    }
    assert_eq!(monitor.broken(), None);
}

/// Works once and then never again.
struct Panics(bool);

impl Gauge for Panics {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        assert!(!self.0, "this panic belongs to the test");
        self.0 = true;
        into.insert("cpu_hz".to_owned(), 1.0);
    }
}

#[test]
fn a_gauge_that_panics_ends_the_sampling_and_nothing_else() {
    let gauges: Vec<Box<dyn Gauge>> = vec![Box::new(Panics(false))];
    let monitor = Monitor::start(gauges, FakeClock::new(), Duration::ZERO).unwrap();
    let broken = (0..100_000_000u64).find_map(|_| {
        std::thread::yield_now();
        monitor.broken()
    });
    assert!(broken.unwrap().reason.contains("ended before its time"));
    assert_eq!(monitor.drain().len(), 1, "what was sampled before is kept");
    monitor.turn(5, 1);
    assert!(!monitor.lap(5, 1));
    assert_eq!(monitor.drain(), []);
}

#[test]
fn a_monitor_that_is_dropped_takes_its_thread_with_it() {
    let (gauge, times) = asked(false);
    drop(Monitor::start(vec![gauge], FakeClock::new(), NEVER).unwrap());
    assert_eq!(
        Arc::strong_count(&times),
        1,
        "the thread and its gauges are gone"
    );
}

#[test]
fn rest_ends_when_the_user_asks_to_stop() {
    let monitor = Monitor::start(Vec::new(), FakeClock::new(), NEVER).unwrap();
    monitor.rest(NEVER, &AtomicBool::new(true));
    monitor.rest(Duration::ZERO, &AtomicBool::new(false));
}
