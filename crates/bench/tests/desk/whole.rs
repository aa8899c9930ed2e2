//! Whole runs: everything is written once, in time, and under a known name.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bench::{Plan, Watcher};
use ledger::record::Stage;
use measure::FakeClock;
use sandbox::{Limits, Program, Scripted};

use super::author::Author;
use super::{Tools, carry_out, complete, folder, outcome, plan, subject, values};

#[test]
fn a_smoke_run_writes_every_attempt_verdict_and_measurement_once() {
    let models = [Author::new(1), Author::new(2)];
    for names in [&["one"][..], &["one", "two"]] {
        let folder = folder();
        let subjects: Vec<_> = names
            .iter()
            .zip(&models)
            .map(|(name, model)| subject(name, model))
            .collect();
        let run = complete(folder.path(), &subjects, &Plan::smoke(42, 1)).unwrap();
        assert_eq!((run.repeats, run.torn.len()), (0, 0));
        let per_model = 2 * 3;
        assert_eq!(run.attempts.len(), names.len() * per_model);
        let keys = |keys: Vec<_>| keys.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(
            keys(run.verdicts.iter().map(|v| v.key.clone()).collect()),
            keys(run.attempts.iter().map(|a| a.key.clone()).collect())
        );
        for measurement in &run.measurements {
            assert!(measure::metric::find(&measurement.metric).is_some());
            assert!(names.contains(&measurement.model.as_str()));
        }
        for (metric, n) in [
            ("generate_tokens_per_s", 1),
            ("determinism_differing_share", 2),
            ("passage_nats", 2),
            ("passage_bytes", 2),
            ("weight_bytes", 1),
            ("kv_logical_bytes", 2),
            ("kv_allocated_bytes", 2),
            ("resident_bytes", 2),
            ("peak_resident_bytes", 2),
            ("prefill_tokens_per_s", 1),
            ("decode_tokens_per_s", 1),
            ("bandwidth_share", 1),
            ("memory_bandwidth_bytes_per_s", 1),
            ("arithmetic_operations_per_s", 1),
            ("arithmetic_share", 1),
            ("model_load_ns", 1),
        ] {
            let found = values(&run, metric).len();
            assert_eq!(found, n * names.len(), "{metric}");
        }
    }
}

#[test]
fn answers_are_judged_by_what_their_programs_do() {
    let (folder, model) = (folder(), Author::new(1));
    let run = complete(folder.path(), &[subject("one", &model)], &plan()).unwrap();
    for verdict in &run.verdicts {
        match verdict.key.suite.as_str() {
            "cpp-demo" => assert!(verdict.stage >= Some(Stage::Runs), "{verdict:?}"),
            _ => assert!(verdict.scores.contains_key("keyword_share"), "{verdict:?}"),
        }
    }
    let differing = values(&run, "determinism_differing_share");
    assert!(
        differing.iter().all(|m| m.values == [0.0; 2]),
        "{differing:?}"
    );
}

#[test]
fn a_run_that_is_complete_does_nothing_when_it_is_resumed() {
    let (folder, model) = (folder(), Author::new(1));
    let mut plan = Plan::smoke(42, 1);
    plan.perplexity = super::plan().perplexity;
    let first = complete(folder.path(), &[subject("one", &model)], &plan).unwrap();
    model.read.borrow_mut().clear();
    let second = complete(folder.path(), &[subject("one", &model)], &plan).unwrap();
    assert_eq!(first, second);
    assert!(model.read.borrow().is_empty());
}

/// Looks into the folder whenever a unit is done.
struct Auditor {
    folder: PathBuf,
    what: String,
    n_audits: usize,
}

impl Watcher for Auditor {
    fn begin(&mut self, what: &str, _: u64) {
        self.what = what.to_owned();
    }

    fn advance(&mut self, done: u64, _: &str) {
        let lines = |file: &str, suites: &str| {
            let text = std::fs::read_to_string(self.folder.join(file)).unwrap_or_default();
            let whole = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            let of_them = |line: &&str| suites.split(", ").any(|suite| line.contains(suite));
            whole.filter(of_them).count() as u64
        };
        for (doing, file) in [
            ("generating", "attempts.jsonl"),
            ("judging", "verdicts.jsonl"),
        ] {
            if let Some(suites) = self.what.strip_suffix(&format!(": {doing}")) {
                assert_eq!(lines(file, suites), done, "{}", self.what);
                self.n_audits += 1;
            }
        }
    }
}

#[test]
fn every_attempt_and_verdict_is_on_disk_before_the_next_is_done() {
    let (folder, model) = (folder(), Author::new(1));
    let path = folder.path().join("run");
    let attempts = path.join("attempts.jsonl");
    let sandbox = Scripted::new(move |program: &Program, _: &Limits| {
        let written = std::fs::read_to_string(&attempts).unwrap();
        assert_eq!(written.matches("cpp-demo").count(), 2, "before judging");
        Ok(outcome(program))
    });
    let mut auditor = Auditor {
        folder: path,
        what: String::new(),
        n_audits: 0,
    };
    let mut tools = Tools {
        clock: &FakeClock::stepping(1000),
        sandbox: &sandbox,
        stop: &AtomicBool::new(false),
        watcher: &mut auditor,
    };
    carry_out(
        folder.path(),
        &[subject("one", &model)],
        &plan(),
        &mut tools,
    )
    .unwrap();
    assert_eq!(auditor.n_audits, 8);
}
