//! The benchmarks on a model without weights, in temporary folders, with clocks moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot prepare its desk has failed; a child of the test has a full disk"
)]

mod accuracy;
mod audit;
mod author;
mod context;
mod determinism;
mod divergence;
mod drift;
mod faults;
mod memory;
mod meter;
mod numbers;
mod protocols;
mod requests;
mod speculation;
mod stop;
mod variants;
mod whole;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use bench::desk::Unwatched;
use bench::run::{self, Ended, Material};
use bench::{Desk, Error, Meter, Plan, Subject, Text, Watcher};
use engine::Model;
use ledger::record::{Measurement, RunHeader, SCHEMA_VERSION};
use ledger::{Run, RunFolder};
use measure::{Clock, FakeClock, Monitor};
use sandbox::{Captured, Ending, File, Limits, Mode, Outcome, Profile, Program, Sandbox, Scripted};
use task::Quiz;
use tempfile::TempDir;

fn header(run_id: &str) -> RunHeader {
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        started_at: "2026-01-01T00:00:00+01:00".to_owned(),
        whet_version: "0.1.0".to_owned(),
        command: Vec::new(),
        plan: serde_json::Value::Null,
        seed: 42,
        machine: BTreeMap::new(),
        engine: BTreeMap::new(),
        models: Vec::new(),
        sandbox: None,
        suites: Vec::new(),
    }
}

/// A folder in memory where there is one: every record is flushed.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn subject<'m>(name: &str, model: &'m dyn Model) -> Subject<'m> {
    Subject {
        name: name.to_owned(),
        model,
        chat: None,
        now: None,
        load_ns: 7,
    }
}

/// A small plan without speed: two suites of two problems, one text, two cases of memory.
fn plan() -> Plan {
    let mut plan = Plan::smoke(42, 1);
    plan.latency = None;
    if let Some(code) = &mut plan.code {
        code.limit = Some(2);
    }
    if let Some(perplexity) = &mut plan.perplexity {
        perplexity.texts = vec!["prose".into()];
    }
    plan
}

/// The suites that a plan names.
fn suites(plan: &Plan) -> Vec<task::Suite> {
    let names = plan.code.iter().flat_map(|code| &code.suites);
    names
        .map(|name| task::catalog::find(name).unwrap().clone())
        .collect()
}

/// The bundled texts that a plan names, for perplexity and for divergence.
fn texts(plan: &Plan) -> [Vec<Text>; 3] {
    let read = |names: &[String]| {
        names
            .iter()
            .map(|name| Text::bundled(name).unwrap())
            .collect()
    };
    [
        plan.perplexity
            .as_ref()
            .map_or(Vec::new(), |plan| read(&plan.texts)),
        plan.divergence
            .as_ref()
            .map_or(Vec::new(), |plan| read(&plan.texts)),
        plan.memory
            .as_ref()
            .and_then(|plan| plan.quality.as_ref())
            .map_or(Vec::new(), |plan| read(&plan.texts)),
    ]
}

/// A compiler that makes a program of everything, and programs that print 6; both by a fast way.
fn machine() -> impl Sandbox {
    Scripted::new(|program: &Program, _: &Limits| Ok(outcome(program)))
}

fn outcome(program: &Program) -> Outcome {
    let binary = File {
        name: "program".into(),
        bytes: vec![1],
        mode: Mode::Executable,
    };
    match program.profile {
        Profile::Compile => Outcome {
            stderr: Captured::default(),
            collected: vec![binary],
            ..Outcome::scripted(Ending::Exited(0), "")
        },
        Profile::Run => Outcome {
            warm: true,
            ..Outcome::scripted(Ending::Exited(0), "6\n")
        },
    }
}

/// What a run is carried out with, beside its folder.
struct Tools<'t> {
    clock: &'t dyn Clock,
    sandbox: &'t dyn Sandbox,
    stop: &'t AtomicBool,
    watcher: &'t mut dyn Watcher,
}

/// Carries a plan out in a folder, new or begun.
fn carry_out(
    root: &Path,
    subjects: &[Subject<'_>],
    plan: &Plan,
    tools: &mut Tools<'_>,
) -> Result<Ended, Error> {
    watched(root, subjects, (plan, None), tools)
}

/// The same beside a monitor.
fn watched(
    root: &Path,
    subjects: &[Subject<'_>],
    beside: (&Plan, Option<&Monitor>),
    tools: &mut Tools<'_>,
) -> Result<Ended, Error> {
    carry_out_with(root, subjects, beside, &[], tools)
}

/// The same with questions of multiple choice.
fn carry_out_with(
    root: &Path,
    subjects: &[Subject<'_>],
    (plan, monitor): (&Plan, Option<&Monitor>),
    quizzes: &[Quiz],
    tools: &mut Tools<'_>,
) -> Result<Ended, Error> {
    let (mut folder, earlier) = match RunFolder::open(&root.join("run")) {
        Ok(found) => found,
        Err(ledger::Error::NotARun { .. }) => {
            let header = header("run");
            (
                RunFolder::create(root, &header).unwrap(),
                Run::new(header.clone()),
            )
        }
        Err(error) => panic!("{error}"),
    };
    let mut desk = Desk {
        folder: &mut folder,
        earlier: &earlier,
        clock: tools.clock,
        sandbox: Some(tools.sandbox),
        fast_ways: None,
        precedents: None,
        threads: 1,
        stop: tools.stop,
        watcher: tools.watcher,
        meter: monitor.map(|monitor| Meter::new(monitor, &earlier, 0)),
    };
    let (suites, [texts, compared, cached]) = (suites(plan), texts(plan));
    let material = Material {
        suites: &suites,
        texts: &texts,
        compared: &compared,
        quizzes,
        cached: &cached,
    };
    for subject in subjects {
        if run::alone(subject, plan, material, &mut desk)? == Ended::Interrupted {
            return Ok(Ended::Interrupted);
        }
    }
    run::together(subjects, plan, material, &mut desk)
}

/// A run that nobody watches or stops.
fn complete(root: &Path, subjects: &[Subject<'_>], plan: &Plan) -> Result<Run, Error> {
    complete_with(root, subjects, plan, &[])
}

/// The same with questions of multiple choice.
fn complete_with(
    root: &Path,
    subjects: &[Subject<'_>],
    plan: &Plan,
    quizzes: &[Quiz],
) -> Result<Run, Error> {
    let ended = carry_out_with(
        root,
        subjects,
        (plan, None),
        quizzes,
        &mut Tools {
            clock: &FakeClock::stepping(1000),
            sandbox: &machine(),
            stop: &AtomicBool::new(false),
            watcher: &mut Unwatched,
        },
    )?;
    assert_eq!(ended, Ended::Complete);
    Ok(ledger::read(&root.join("run")).unwrap())
}

fn values<'r>(run: &'r Run, metric: &str) -> Vec<&'r Measurement> {
    let of = |measurement: &&Measurement| measurement.metric == metric;
    run.measurements.iter().filter(of).collect()
}
