//! Fast verdicts are tried again, whatever happens in between: killed or stopped at any moment, the run tells the same.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use bench::desk::Unwatched;
use bench::{Desk, Plan, Watcher, code};
use ledger::record::{Attempt, AttemptKey, Done, Finish};
use ledger::{Precedents, Run, RunFolder};
use measure::FakeClock;
use sandbox::{Ending, Fault, Limits, Outcome, Program, Sandbox, Scripted};
use serde_json::json;
use task::{Judging, Suite};

use super::{folder, header, values};

const METRIC: &str = "audit_disagreeing_share";

/// A function task, which warm interpreters judge.
fn suite() -> Suite {
    let mut suite = task::catalog::find("variants").unwrap().clone();
    let problem = json!({
        "id": "p",
        "prompt": "words",
        "target": {"function": {"entry_point": "f", "tests": {"asserts": ["assert f(1) == 1"]}}},
    });
    suite.judge = Judging::Function;
    suite.problems = vec![serde_json::from_value(problem).unwrap()];
    suite
}

fn attempt(suite: &Suite, n: u32) -> Attempt {
    Attempt {
        key: AttemptKey {
            model: "one".into(),
            suite: suite.name.clone(),
            problem: "p".into(),
            attempt: n,
        },
        seed: u64::from(n),
        prompt_sha256: String::new(),
        n_prompt_tokens: 1,
        n_tokens: 9,
        text: format!("```python\ndef f(x):\n    return {n}  # answer {n}\n```"),
        finish: Finish::EndOfText,
        decode_ns: 0,
    }
}

fn says(program: &Program, words: &str) -> bool {
    let has = |bytes: &[u8]| {
        bytes
            .windows(words.len())
            .any(|part| part == words.as_bytes())
    };
    program.files.iter().any(|file| has(&file.bytes))
}

/// The slow way finds another cause where the number of the answer begins with a 1.
fn machine() -> impl Sandbox {
    Scripted::new(|program: &Program, _: &Limits| Ok(outcome(program)))
}

fn outcome(program: &Program) -> Outcome {
    let ending = match !program.warm && says(program, "answer 1") {
        true => Ending::MemoryLimit,
        false => Ending::Exited(0),
    };
    Outcome {
        warm: program.warm,
        ..Outcome::scripted(ending, "")
    }
}

/// What befalls the run at some word to its watcher.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Killed,
    Stopped,
}

struct Watching<'w> {
    n: &'w Cell<u64>,
    at: u64,
    fate: Fate,
    stop: &'w AtomicBool,
}

impl Watching<'_> {
    fn strike(&mut self) {
        let n = self.n.replace(self.n.get() + 1);
        match self.fate {
            Fate::Killed if n == self.at => resume_unwind(Box::new("killed")),
            Fate::Stopped if n == self.at => self.stop.store(true, Ordering::Relaxed),
            _ => {}
        }
    }
}

impl Watcher for Watching<'_> {
    fn begin(&mut self, _: &str, _: u64) {
        self.strike();
    }

    fn advance(&mut self, _: u64, _: &str) {
        self.strike();
    }
}

struct Case<'c> {
    sandbox: &'c dyn Sandbox,
    precedents: Option<&'c Precedents>,
    share: f64,
}

impl Case<'_> {
    /// Judges in a folder, new or begun. Whether it came to its end.
    fn judge(&self, root: &Path, stop: &AtomicBool, watcher: &mut dyn Watcher) -> bool {
        let suite = suite();
        let (mut folder, earlier) = match RunFolder::open(&root.join("run")) {
            Ok(found) => found,
            Err(_) => {
                let header = header("run");
                let mut folder = RunFolder::create(root, &header).unwrap();
                (0..30).for_each(|n| folder.append_attempt(&attempt(&suite, n)).unwrap());
                (folder, Run::new(header))
            }
        };
        let mut plan = Plan::smoke(42, 1).code.unwrap();
        (plan.audit, plan.judge_workers) = (self.share, 2);
        let order = code::Order {
            plan: &plan,
            suites: std::slice::from_ref(&suite),
            seed: 42,
        };
        let mut desk = Desk {
            folder: &mut folder,
            earlier: &earlier,
            clock: &FakeClock::stepping(1000),
            sandbox: Some(self.sandbox),
            fast_ways: None,
            precedents: self.precedents,
            threads: 1,
            stop,
            watcher,
            meter: None,
        };
        code::judge("one", &suite, &order, &mut desk).unwrap()
    }

    fn to_the_end(&self, root: &Path) -> Run {
        assert!(self.judge(root, &AtomicBool::new(false), &mut Unwatched));
        ledger::read(&root.join("run")).unwrap()
    }

    /// Judges until something befalls it, and says whether something did.
    fn befallen(&self, root: &Path, fate: Fate, at: u64) -> bool {
        let (n, stop) = (Cell::new(0), AtomicBool::new(false));
        let mut watcher = Watching {
            n: &n,
            at,
            fate,
            stop: &stop,
        };
        let work = || self.judge(root, &stop, &mut watcher);
        let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or(false);
        assert_eq!(ended, n.get() <= at, "{fate:?} at word {at}");
        !ended
    }
}

/// What was said, in an order that does not depend on threads.
fn told(run: &Run) -> Vec<String> {
    let verdicts = run.verdicts.iter().map(|one| format!("{one:?}"));
    let audits = run.audits.iter().map(|one| format!("{one:?}"));
    let measurements = run.measurements.iter().map(|one| format!("{one:?}"));
    let warnings = run.warnings.iter().map(|one| format!("{one:?}"));
    let done = run.done.iter().map(|one| format!("{one:?}"));
    let all = verdicts.chain(audits).chain(measurements);
    let mut all: Vec<String> = all.chain(warnings).chain(done).collect();
    all.sort();
    all
}

#[test]
fn killed_or_stopped_at_any_moment_and_resumed_a_run_tells_the_same_of_its_audit() {
    let sandbox = machine();
    let case = Case {
        sandbox: &sandbox,
        precedents: None,
        share: 0.7,
    };
    let whole = folder();
    let wanted = case.to_the_end(whole.path());
    let measured = values(&wanted, METRIC);
    assert_eq!(measured.len(), 1);
    assert_eq!(measured[0].values.len(), 21);
    assert!(measured[0].values.iter().sum::<f64>() > 1.0);
    assert!(wanted.is_done("one", "audit/variants"));
    assert_eq!(wanted.warnings[0].kind, "fast_way_disagrees");
    for fate in [Fate::Killed, Fate::Stopped] {
        let mut n_befallen = 0;
        for at in 0.. {
            let root = folder();
            if !case.befallen(root.path(), fate, at) {
                break;
            }
            n_befallen += 1;
            let cut = ledger::read(&root.path().join("run")).unwrap();
            let run = case.to_the_end(root.path());
            assert_eq!(told(&run), told(&wanted), "{fate:?} at word {at}");
            assert!(run.audits.starts_with(&cut.audits), "tried anew");
            assert_eq!(run.repeats, 0);
        }
        assert!(n_befallen >= 30 + 21, "{n_befallen}");
    }
}

#[test]
fn a_run_killed_between_its_last_records_writes_them_again() {
    let sandbox = machine();
    let case = Case {
        sandbox: &sandbox,
        precedents: None,
        share: 0.7,
    };
    let root = folder();
    let wanted = case.to_the_end(root.path());
    for lost in [
        &["progress.jsonl"][..],
        &["progress.jsonl", "measurements.jsonl"],
        &["progress.jsonl", "measurements.jsonl", "warnings.jsonl"],
    ] {
        for name in lost {
            std::fs::write(root.path().join("run").join(name), "").unwrap();
        }
        assert_eq!(
            told(&case.to_the_end(root.path())),
            told(&wanted),
            "{lost:?}"
        );
    }
}

#[test]
fn what_every_verdict_was_taken_over_from_is_tried_again_as_well() {
    let sandbox = machine();
    let cache = tempfile::tempdir().unwrap();
    let precedents = Precedents::open(cache.path()).unwrap();
    let case = |share| Case {
        sandbox: &sandbox,
        precedents: Some(&precedents),
        share,
    };
    let (first, second) = (folder(), folder());
    let run = case(0.0).to_the_end(first.path());
    assert_eq!((run.measurements, run.done), (vec![], vec![]));
    let run = case(0.05).to_the_end(second.path());
    let is_cached = |verdict: &ledger::record::Verdict| verdict.setting.as_ref().unwrap().cached;
    assert!(run.verdicts.iter().all(is_cached));
    assert_eq!(values(&run, METRIC)[0].values.len(), 20);
}

#[test]
fn verdicts_of_another_policy_leave_a_reason_and_no_share() {
    let sandbox = machine();
    let case = |share| Case {
        sandbox: &sandbox,
        precedents: None,
        share,
    };
    let root = folder();
    case(0.0).to_the_end(root.path());
    let path = root.path().join("run/verdicts.jsonl");
    let policy = &sandbox.badge().policy_sha256;
    let verdicts = std::fs::read_to_string(&path).unwrap();
    let other = verdicts.replace(policy.as_str(), &"0f".repeat(32));
    assert_ne!(other, verdicts);
    std::fs::write(&path, other).unwrap();
    let run = case(0.05).to_the_end(root.path());
    let measured = &values(&run, METRIC)[0];
    let reason = measured.reason.as_ref().unwrap();
    assert!(
        measured.values.is_empty() && reason.contains("none of the 30"),
        "{reason}"
    );
    assert!(run.is_done("one", "audit/variants"));
}

#[test]
fn what_the_slow_way_cannot_judge_is_left_out_of_the_share_and_said() {
    let n = AtomicU32::new(0);
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let is_slow = !program.warm;
        if is_slow && n.fetch_add(1, Ordering::SeqCst) == 10 {
            return Err(Fault::Lost {
                what: "no report".into(),
            });
        }
        Ok(outcome(program))
    });
    let case = Case {
        sandbox: &sandbox,
        precedents: None,
        share: 0.05,
    };
    let root = folder();
    let run = case.to_the_end(root.path());
    assert_eq!(
        (run.audits.len(), values(&run, METRIC)[0].values.len()),
        (20, 19)
    );
    let said = run
        .warnings
        .iter()
        .find(|it| it.kind == "audit_unscored")
        .unwrap();
    assert!(
        said.message.contains("1 of 20") && said.message.contains("no report"),
        "{}",
        said.message
    );
}

#[test]
fn a_run_that_is_over_and_one_whose_share_stands_already_are_left_as_they_are() {
    let sandbox = machine();
    let case = |share| Case {
        sandbox: &sandbox,
        precedents: None,
        share,
    };
    let (ended, told_before) = (folder(), folder());
    case(0.0).to_the_end(ended.path());
    let (mut folder, _) = RunFolder::open(&ended.path().join("run")).unwrap();
    folder.append_done(&Done::end()).unwrap();
    drop(folder);
    assert_eq!(case(0.5).to_the_end(ended.path()).audits, []);

    case(0.7).to_the_end(told_before.path());
    for name in ["progress.jsonl", "audits.jsonl"] {
        std::fs::write(told_before.path().join("run").join(name), "").unwrap();
    }
    let run = case(0.7).to_the_end(told_before.path());
    assert_eq!(values(&run, METRIC)[0].values.len(), 21);
    assert_eq!((run.audits, run.done), (vec![], vec![]));
}
