//! Stopping after every single event and going on gives the run that was never stopped.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bench::desk::Unwatched;
use bench::run::Ended;
use bench::{Plan, Watcher};
use ledger::Run;
use measure::{Clock, FakeClock};

use super::author::Author;
use super::{Tools, carry_out, complete, folder, machine, plan, subject};

/// Counts readings of the clock and words to the watcher, and sets the stop sign at one of them.
struct Bell {
    clock: FakeClock,
    n: AtomicU64,
    at: u64,
    stop: AtomicBool,
}

impl Bell {
    fn at(at: u64) -> Bell {
        Bell {
            clock: FakeClock::stepping(1000),
            n: AtomicU64::new(0),
            at,
            stop: AtomicBool::new(false),
        }
    }

    fn strike(&self) {
        if self.n.fetch_add(1, Ordering::Relaxed) == self.at {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Clock for Bell {
    fn now_ns(&self) -> u64 {
        self.strike();
        self.clock.now_ns()
    }
}

struct Ringer<'b>(&'b Bell);

impl Watcher for Ringer<'_> {
    fn begin(&mut self, _: &str, _: u64) {
        self.0.strike();
    }

    fn advance(&mut self, _: u64, _: &str) {
        self.0.strike();
    }
}

/// What of a run must not depend on interruptions: no times, no memory, no rates.
fn lasting(run: &Run) -> Vec<String> {
    let attempts = run.attempts.iter().map(|attempt| {
        let mut attempt = attempt.clone();
        attempt.decode_ns = 0;
        format!("{attempt:?}")
    });
    let verdicts = run.verdicts.iter().map(|verdict| format!("{verdict:?}"));
    let audits = run.audits.iter().map(|audit| format!("{audit:?}"));
    let measurements = run.measurements.iter().map(|measurement| {
        let mut measurement = measurement.clone();
        let changing = [
            "_per_s",
            "_ns",
            "resident_bytes",
            "bandwidth_share",
            "arithmetic_share",
        ];
        if changing.iter().any(|end| measurement.metric.ends_with(end)) {
            measurement.values.clear();
        }
        // What is generated in parts has no speed, and says so.
        if measurement.metric == "generate_tokens_per_s" {
            measurement.reason = None;
        }
        format!("{measurement:?}")
    });
    let done = run.done.iter().map(|done| format!("{done:?}"));
    let mut all: Vec<String> = attempts
        .chain(verdicts)
        .chain(audits)
        .chain(measurements)
        .chain(done)
        .collect();
    all.sort();
    all
}

/// One run stopped at event `at`, and resumed until it is complete; the number of events of its
/// first part.
fn stopped_at(at: u64, models: &[Author], plan: &Plan, wanted: &[String]) -> (u64, Ended) {
    let folder = folder();
    let subjects: Vec<_> = models
        .iter()
        .zip(["one", "two"])
        .map(|(model, name)| subject(name, model))
        .collect();
    let bell = Bell::at(at);
    let mut tools = Tools {
        clock: &bell,
        sandbox: &machine(),
        stop: &bell.stop,
        watcher: &mut Ringer(&bell),
    };
    let ended = carry_out(folder.path(), &subjects, plan, &mut tools).unwrap();
    let timed = ledger::read(&folder.path().join("run")).map(|run| run.timings);
    let run = complete(folder.path(), &subjects, plan).unwrap();
    assert_eq!(run.repeats, 0, "stopped at event {at}");
    assert!(
        run.timings.starts_with(&timed.unwrap()),
        "timed anew after event {at}"
    );
    assert_eq!(lasting(&run), wanted, "stopped at event {at}");
    (bell.n.load(Ordering::Relaxed), ended)
}

#[test]
fn a_run_stopped_at_any_event_and_resumed_is_the_run_that_was_never_stopped() {
    let models = [Author::new(1)];
    let plan = plan();
    let whole = folder();
    let wanted = lasting(&complete(whole.path(), &[subject("one", &models[0])], &plan).unwrap());
    let mut n_interrupted = 0;
    for at in 0.. {
        let (n_events, ended) = stopped_at(at, &models, &plan, &wanted);
        if n_events <= at {
            assert_eq!(ended, Ended::Complete);
            break;
        }
        n_interrupted += u64::from(ended == Ended::Interrupted);
    }
    assert!(n_interrupted > 100, "{n_interrupted}");
}

#[test]
fn a_run_of_two_models_stopped_while_speed_is_measured_is_resumed_the_same() {
    let models = [Author::new(1), Author::new(2)];
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.perplexity, plan.memory) = (None, None, None);
    let whole = folder();
    let subjects = [subject("one", &models[0]), subject("two", &models[1])];
    let wanted = lasting(&complete(whole.path(), &subjects, &plan).unwrap());
    for at in [0, 1, 2, 13, 30] {
        let (_, ended) = stopped_at(at, &models, &plan, &wanted);
        assert_eq!(ended, Ended::Interrupted, "at {at}");
    }
}

#[test]
fn timed_runs_are_kept_and_the_report_says_that_they_met_the_machine_twice() {
    let model = Author::new(1);
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.perplexity, plan.memory) = (None, None, None);
    let subjects = [subject("one", &model)];
    let whole = folder();
    let n_timed = complete(whole.path(), &subjects, &plan)
        .unwrap()
        .timings
        .len();
    let mut n_gone_on = 0;
    for at in (0..).step_by(5) {
        let folder = folder();
        let bell = Bell::at(at);
        let mut tools = Tools {
            clock: &bell,
            sandbox: &machine(),
            stop: &bell.stop,
            watcher: &mut Unwatched,
        };
        let ended = carry_out(folder.path(), &subjects, &plan, &mut tools).unwrap();
        if ended == Ended::Complete {
            break;
        }
        let n_kept = ledger::read(&folder.path().join("run"))
            .unwrap()
            .timings
            .len();
        let run = complete(folder.path(), &subjects, &plan).unwrap();
        let is_told = run.warnings.iter().any(|it| it.kind == "timing_gone_on");
        assert_eq!(
            is_told,
            (1..n_timed).contains(&n_kept),
            "{n_kept} of {n_timed}"
        );
        assert_eq!(run.timings.len(), n_timed);
        n_gone_on += u64::from(is_told);
    }
    assert!(n_gone_on > 0);
}

#[test]
fn speed_beyond_the_models_context_is_doubted_once_also_where_the_run_was_stopped() {
    let model = Author::new(1);
    let subjects = [subject("one", &model)];
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.perplexity, plan.memory) = (None, None, None);
    let n_warnings = |plan: &Plan| {
        let folder = folder();
        let bell = Bell::at(12);
        let mut tools = Tools {
            clock: &bell,
            sandbox: &machine(),
            stop: &bell.stop,
            watcher: &mut Unwatched,
        };
        let ended = carry_out(folder.path(), &subjects, plan, &mut tools).unwrap();
        assert_eq!(ended, Ended::Interrupted);
        let run = complete(folder.path(), &subjects, plan).unwrap();
        let warnings = run.warnings.iter();
        warnings.filter(|it| it.kind == "beyond_context").count()
    };
    assert_eq!(n_warnings(&plan), 0);
    if let Some(latency) = &mut plan.latency {
        // What a sequence holds before its prompt counts as well: the toy was made for 4,096 tokens.
        latency.depth = vec![4090];
    }
    assert_eq!(n_warnings(&plan), 1);
}

#[test]
fn a_run_stopped_again_and_again_still_gets_to_its_end() {
    let (folder, model) = (folder(), Author::new(1));
    let whole = super::folder();
    let mut plan = plan();
    if let Some(code) = &mut plan.code {
        (code.samples, code.batch) = (3, 1);
    }
    let wanted = lasting(&complete(whole.path(), &[subject("one", &model)], &plan).unwrap());
    let mut n_parts = 0;
    loop {
        let bell = Bell::at(80);
        let mut tools = Tools {
            clock: &bell,
            sandbox: &machine(),
            stop: &bell.stop,
            watcher: &mut Unwatched,
        };
        let ended = carry_out(folder.path(), &[subject("one", &model)], &plan, &mut tools).unwrap();
        n_parts += 1;
        assert!(n_parts < 50, "it does not get on");
        if ended == Ended::Complete {
            break;
        }
    }
    assert!(n_parts > 1);
    let run = ledger::read(&folder.path().join("run")).unwrap();
    assert_eq!(lasting(&run), wanted);
}
