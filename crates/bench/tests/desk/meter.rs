//! What is written down of the hardware: by phase, over interruptions, and when watching fails.

use std::time::Duration;

use engine::toy::Toy;
use ledger::record::HardwareSample;
use measure::probe::gauge::{Gauge, Readings};
use measure::probe::{Absent, Source};

use super::*;

const NEVER: Duration = Duration::from_secs(3600);

/// A device that draws one joule between any two looks.
struct Steady;

impl Gauge for Steady {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        into.insert("cpu_joules".to_owned(), 1.0);
    }

    fn measures_energy(&self) -> bool {
        true
    }
}

struct Panics;

impl Gauge for Panics {
    fn read(&mut self, _now_ns: u64, _into: &mut Readings) {
        panic!("this panic belongs to the test");
    }
}

fn monitor(gauge: impl Gauge + 'static) -> Monitor {
    let gauges: Vec<Box<dyn Gauge>> = vec![Box::new(gauge)];
    Monitor::start(gauges, FakeClock::stepping(1000), NEVER).unwrap()
}

/// Everything, speed as well.
fn whole() -> Plan {
    let mut with_speed = plan();
    with_speed.latency = Plan::smoke(42, 1).latency;
    with_speed
}

fn tools<'t>(
    stop: &'t AtomicBool,
    sandbox: &'t dyn Sandbox,
    watcher: &'t mut dyn Watcher,
    clock: &'t dyn Clock,
) -> Tools<'t> {
    Tools {
        clock,
        sandbox,
        stop,
        watcher,
    }
}

fn phases(samples: &[HardwareSample]) -> Vec<&str> {
    let mut phases: Vec<&str> = samples.iter().map(|sample| sample.phase.as_str()).collect();
    phases.dedup();
    phases
}

/// Runs the whole plan of one toy beside this monitor.
fn run_beside(root: &Path, monitor: &Monitor) -> Run {
    let (toy, stop) = (Toy::new(1), AtomicBool::new(false));
    let (sandbox, clock) = (machine(), FakeClock::stepping(1000));
    let mut unwatched = Unwatched;
    let mut tools = tools(&stop, &sandbox, &mut unwatched, &clock);
    let subjects = [subject("one", &toy)];
    let plan = whole();
    assert_eq!(
        watched(root, &subjects, (&plan, Some(monitor)), &mut tools).unwrap(),
        Ended::Complete
    );
    ledger::read(&root.join("run")).unwrap()
}

#[test]
fn every_phase_of_a_run_is_closed_by_a_sample_that_counts_its_tokens() {
    let root = folder();
    let run = run_beside(root.path(), &monitor(Steady));
    let phases = phases(&run.hardware);
    for phase in [
        "memory",
        "generate",
        "determinism",
        "judge",
        "perplexity",
        "prefill",
        "decode",
        "bandwidth",
    ] {
        assert!(phases.contains(&phase), "{phase}: {phases:?}");
    }
    let tokens = |phase: &str| -> Vec<u64> {
        let of = run
            .hardware
            .iter()
            .filter(|one| one.phase == phase && one.tokens > 0);
        of.map(|one| one.tokens).collect()
    };
    assert_eq!(
        tokens("prefill"),
        [32, 32, 32],
        "three repeats of 32 tokens"
    );
    assert_eq!(
        tokens("decode"),
        [7, 7, 7],
        "the first token belongs to the prompt"
    );
    let generated: u32 = run.attempts.iter().map(|attempt| attempt.n_tokens).sum();
    let counted: u64 = tokens("generate").iter().sum();
    assert!(counted >= u64::from(generated), "{counted} {generated}");
    let decode = run
        .hardware
        .iter()
        .find(|one| one.phase == "decode")
        .unwrap();
    assert_eq!(decode.model.as_deref(), Some("one"));
    assert_eq!(decode.conditions["prompt_tokens"], 32);
    // The buffer that the memory is measured with would pass for the model's, and so would its joules.
    let mut machines = run.hardware.iter().filter(|one| one.phase == "bandwidth");
    assert!(machines.all(|one| one.model.is_none()));
    let last = phases.iter().rposition(|phase| *phase == "decode");
    assert!(phases.iter().position(|phase| *phase == "bandwidth") > last);
}

/// Asks to stop once so much has been told.
struct StopAfter<'s>(usize, &'s AtomicBool);

impl Watcher for StopAfter<'_> {
    fn begin(&mut self, _: &str, _: u64) {}

    fn advance(&mut self, _: u64, _: &str) {
        self.0 = self.0.saturating_sub(1);
        self.1
            .store(self.0 == 0, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn an_interrupted_run_keeps_its_samples_and_its_resumption_doubles_none() {
    let root = folder();
    let (toy, stop) = (Toy::new(1), AtomicBool::new(false));
    let (sandbox, clock) = (machine(), FakeClock::stepping(1000));
    let mut soon = StopAfter(4, &stop);
    let mut tools = tools(&stop, &sandbox, &mut soon, &clock);
    let (plan, first) = (whole(), monitor(Steady));
    let ended = watched(
        root.path(),
        &[subject("one", &toy)],
        (&plan, Some(&first)),
        &mut tools,
    );
    assert_eq!(ended.unwrap(), Ended::Interrupted);
    let before = ledger::read(&root.path().join("run")).unwrap();
    assert!(
        phases(&before.hardware).contains(&"memory"),
        "{:?}",
        before.hardware
    );
    assert!(before.hardware.iter().all(|one| one.session == 0));
    let after = run_beside(root.path(), &monitor(Steady));
    let n_before = before.hardware.len();
    assert_eq!(after.hardware[..n_before], before.hardware[..]);
    let later = &after.hardware[n_before..];
    assert!(!later.is_empty() && later.iter().all(|one| one.session == 1));
    assert_eq!(after.repeats, 0);
    let numbers: Vec<u64> = later.iter().map(|one| one.sample).collect();
    assert_eq!(numbers, (0..later.len() as u64).collect::<Vec<_>>());
    // Nothing is left to do: a third time adds nothing.
    let third = run_beside(root.path(), &monitor(Steady));
    assert_eq!(third.hardware, after.hardware);
}

#[test]
fn a_monitor_that_fails_costs_a_warning_and_no_number() {
    let root = folder();
    let broken = monitor(Panics);
    while broken.broken().is_none() {
        std::thread::yield_now();
    }
    let run = run_beside(root.path(), &broken);
    assert_eq!(run.hardware, []);
    let told: Vec<&str> = run.warnings.iter().map(|one| one.kind.as_str()).collect();
    let times = told
        .iter()
        .filter(|kind| **kind == "hardware_unwatched")
        .count();
    assert_eq!(times, 1, "{told:?}");
    assert!(!values(&run, "decode_tokens_per_s").is_empty());
}

#[test]
fn what_cannot_be_known_is_one_row_for_energy_and_one_for_each_hidden_memory() {
    let root = folder();
    let header = header("run");
    let mut folder = RunFolder::create(root.path(), &header).unwrap();
    let earlier = Run::new(header);
    let (stop, clock, mut unwatched) = (AtomicBool::new(false), FakeClock::new(), Unwatched);
    let absent = Absent::because("no counter").with_remedy("look on the host");
    let source = Source {
        device: "gpu0".into(),
        title: "Example 9000".into(),
        energy: Err(absent.clone()),
        no_memory: Some(Absent::because("it shares the system's memory")),
    };
    let mut desk = Desk {
        folder: &mut folder,
        earlier: &earlier,
        clock: &clock,
        sandbox: None,
        fast_ways: None,
        precedents: None,
        threads: 1,
        stop: &stop,
        watcher: &mut unwatched,
        meter: None,
    };
    bench::meter::absences(&["one".into()], &[source], Some(&absent), &mut desk).unwrap();
    let run = ledger::read(&root.path().join("run")).unwrap();
    let told: Vec<(&str, &str)> = run
        .measurements
        .iter()
        .map(|one| (one.metric.as_str(), one.reason.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("energy_run_joules", "no counter; fix: look on the host"),
            ("gpu_peak_bytes", "it shares the system's memory"),
        ]
    );
}
