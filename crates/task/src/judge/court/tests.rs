//! The court on a scripted sandbox: second looks, audits, precedents.

use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::judge::Separation;
use crate::problem::Language;
use ledger::record::{Finish, Stage};
use sandbox::toolchain::{self, Toolchain};
use sandbox::{Ending, Fault, File, Limits, Mode, Outcome, Profile, Program, Scripted};

const RIGHT: &str = "6\n";

fn judge() -> Judge {
    Judge::Output {
        language: Language::Cpp,
        toolchain: Toolchain::scripted(toolchain::Language::Cpp),
        workshop: None,
    }
}

fn gcd() -> &'static Problem {
    let suite = crate::catalog::find("cpp-demo").unwrap();
    suite.problem("gcd").unwrap()
}

fn texts(n: u32) -> Vec<String> {
    (0..n)
        .map(|n| format!("```cpp\nint main() {{ return {n}; }}\n```"))
        .collect()
}

fn jobs<'a>(judge: &'a Judge, texts: &'a [String]) -> Vec<Job<'a>> {
    let key = |attempt| AttemptKey {
        model: "toy".into(),
        suite: "cpp-demo".into(),
        problem: "gcd".into(),
        attempt,
    };
    (0..)
        .zip(texts)
        .map(|(n, text)| Job {
            key: key(n),
            judge,
            problem: gcd(),
            text,
            finish: Finish::Unknown,
        })
        .collect()
}

/// Compiles everything and runs it as told.
fn machine(
    run: impl Fn(&Program) -> Result<Outcome, Fault> + Send + Sync,
) -> Scripted<impl Fn(&Program, &Limits) -> Result<Outcome, Fault> + Send + Sync> {
    Scripted::new(move |program: &Program, _: &Limits| match program.profile {
        Profile::Compile => Ok(Outcome {
            collected: vec![File {
                name: "program".into(),
                bytes: vec![1],
                mode: Mode::Executable,
            }],
            ..Outcome::scripted(Ending::Exited(0), "")
        }),
        _ => run(program),
    })
}

fn hear(court: &Court<'_>, jobs: &[Job<'_>]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let flow = court.hear(jobs, &mut |verdict| {
        verdicts.push(verdict);
        ControlFlow::Continue(())
    });
    assert!(flow.is_continue());
    verdicts.sort_by_key(|verdict| verdict.key.attempt);
    verdicts
}

/// What comes of the verdicts that a court draws.
fn audit(court: &Court<'_>, jobs: &[Job<'_>], verdicts: &[Verdict]) -> Vec<Audit> {
    let verdicts: Vec<&Verdict> = verdicts.iter().collect();
    let job_of = |verdict: &Verdict| jobs[verdict.key.attempt as usize].clone();
    let drawn = court.draw(jobs[0].judge, &verdicts).into_iter();
    let pairs: Vec<_> = drawn.map(|verdict| (job_of(verdict), verdict)).collect();
    let mut audits = Vec::new();
    let flow = court.audit(&pairs, &mut |audit| {
        audits.push(audit);
        ControlFlow::Continue(())
    });
    assert!(flow.is_continue());
    audits.sort_by_key(|audit| audit.key.attempt);
    audits
}

fn court(sandbox: &dyn Sandbox) -> Court<'_> {
    Court {
        n_workers: 4,
        sandbox,
        precedents: None,
        audit: 0.0,
        seed: 1,
    }
}

#[test]
fn a_verdict_near_a_limit_is_found_again_alone_and_the_second_one_counts() {
    let together = AtomicU32::new(0);
    let n_runs = AtomicU32::new(0);
    let sandbox = machine(|_| {
        let beside = together.fetch_add(1, Ordering::SeqCst);
        let first = n_runs.fetch_add(1, Ordering::SeqCst) < 8;
        let outcome = if first {
            Outcome::scripted(Ending::WallLimit, "")
        } else {
            assert_eq!(beside, 0, "somebody ran beside a second look");
            Outcome::scripted(Ending::Exited(0), RIGHT)
        };
        together.fetch_sub(1, Ordering::SeqCst);
        Ok(outcome)
    });
    let (judge, texts) = (judge(), texts(8));
    let verdicts = hear(&court(&sandbox), &jobs(&judge, &texts));
    assert_eq!(verdicts.len(), 8);
    for verdict in verdicts {
        assert_eq!(verdict.stage, Some(Stage::Right));
        assert_eq!(verdict.first_cause.as_deref(), Some("wall_limit"));
    }
}

#[test]
fn most_of_the_cpu_limit_is_near_it_and_half_of_it_is_not() {
    let limit = Limits::run().cpu.as_nanos() as u64;
    for (share, looks) in [(0.5, 1), (0.69, 1), (0.71, 2), (1.2, 2)] {
        let n_runs = AtomicU32::new(0);
        let sandbox = machine(|_| {
            n_runs.fetch_add(1, Ordering::SeqCst);
            Ok(Outcome {
                cpu_ns: (limit as f64 * share) as u64,
                ..Outcome::scripted(Ending::Exited(0), RIGHT)
            })
        });
        let (judge, texts) = (judge(), texts(1));
        hear(&court(&sandbox), &jobs(&judge, &texts));
        assert_eq!(n_runs.load(Ordering::SeqCst), looks, "{share}");
    }
}

#[test]
fn what_this_machine_could_not_judge_is_tried_again_alone() {
    let n_runs = AtomicU32::new(0);
    let lost = |times| {
        machine({
            let n_runs = &n_runs;
            move |_| match n_runs.fetch_add(1, Ordering::SeqCst) < times {
                true => Err(Fault::Lost {
                    what: "its report".into(),
                }),
                false => Ok(Outcome::scripted(Ending::Exited(0), RIGHT)),
            }
        })
    };
    let (judge, texts) = (judge(), texts(1));
    let verdicts = hear(&court(&lost(1)), &jobs(&judge, &texts));
    assert_eq!(verdicts[0].stage, Some(Stage::Right));
    assert_eq!(verdicts[0].first_cause.as_deref(), Some("harness_error"));
    n_runs.store(0, Ordering::SeqCst);
    let verdicts = hear(&court(&lost(9)), &jobs(&judge, &texts));
    assert!(verdicts[0].unscored.is_some());
    assert_eq!(n_runs.load(Ordering::SeqCst), 2, "it was tried for ever");
}

#[test]
fn a_kill_that_nobody_asked_for_is_looked_at_again_and_never_kept() {
    let folder = tempfile::tempdir().unwrap();
    let precedents = Precedents::open(folder.path()).unwrap();
    let compiler = |said: &str| Outcome {
        stderr: sandbox::Captured {
            bytes: said.into(),
            truncated: false,
        },
        ..Outcome::scripted(Ending::Exited(1), "")
    };
    let gone = "g++: fatal error: Killed signal terminated program cc1plus";
    for (outcome, cause) in [
        (Outcome::scripted(Ending::Signalled(9), ""), "signal"),
        (compiler(gone), "runtime_exit"),
    ] {
        let n_runs = AtomicU32::new(0);
        let sandbox = machine(|_| {
            n_runs.fetch_add(1, Ordering::SeqCst);
            Ok(outcome.clone())
        });
        let (judge, texts) = (judge(), texts(1));
        let court = Court {
            precedents: Some(&precedents),
            ..court(&sandbox)
        };
        for n in [2, 4] {
            let verdicts = hear(&court, &jobs(&judge, &texts));
            assert_eq!(verdicts[0].cause, cause);
            assert_eq!(verdicts[0].first_cause.as_deref(), Some(cause));
            assert_eq!(n_runs.load(Ordering::SeqCst), n, "it was kept");
        }
    }
}

/// A function task, whose judge asks for warm starts.
fn function() -> (Judge, Problem) {
    let judge = Judge::Function {
        toolchain: Toolchain::scripted(toolchain::Language::Python),
        tests: Separation::Apart,
    };
    let target = r#"{"function":{"entry_point":"f","tests":{"asserts":["assert f(1) == 1"]}}}"#;
    let problem = Problem {
        id: "p".into(),
        prompt: "words".into(),
        target: serde_json::from_str(target).unwrap(),
        tags: Vec::new(),
        max_tokens: None,
    };
    (judge, problem)
}

/// Thirty answers to it.
fn answers() -> Vec<String> {
    (0..30)
        .map(|n| format!("```python\ndef f(x):\n    return {n}\n```"))
        .collect()
}

#[test]
fn fast_verdicts_are_audited_by_the_slow_way_and_disagreement_is_told() {
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let ending = match program.warm {
            true => Ending::Exited(0),
            false => Ending::MemoryLimit,
        };
        Ok(Outcome {
            warm: program.warm,
            ..Outcome::scripted(ending, "")
        })
    });
    let ((judge, problem), answers) = (function(), answers());
    let jobs = asked(&problem, jobs(&judge, &answers));
    for (share, n) in [(0.0, 0), (0.01, 20), (0.9, 27), (1.0, 30)] {
        let court = Court {
            audit: share,
            ..court(&sandbox)
        };
        let verdicts = hear(&court, &jobs);
        let audits = audit(&court, &jobs, &verdicts);
        assert_eq!((verdicts.len(), audits.len()), (30, n), "{share}");
        assert!(audits.iter().all(|audit| audit.agrees() == Some(false)
            && audit.fast_cause == "protocol_error"
            && audit.slow_cause == "memory_limit"));
    }
}

#[test]
fn verdicts_taken_over_from_earlier_runs_are_audited_like_others_until_one_is_refuted() {
    let folder = tempfile::tempdir().unwrap();
    let precedents = Precedents::open(folder.path()).unwrap();
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let ending = match program.warm {
            true => Ending::Exited(0),
            false => Ending::MemoryLimit,
        };
        Ok(Outcome {
            warm: program.warm,
            ..Outcome::scripted(ending, "")
        })
    });
    let ((judge, problem), answers) = (function(), answers());
    let jobs = asked(&problem, jobs(&judge, &answers));
    let court = Court {
        audit: 0.1,
        precedents: Some(&precedents),
        ..court(&sandbox)
    };
    hear(&court, &jobs);
    let taken_over = hear(&court, &jobs);
    let is_cached = |verdict: &Verdict| verdict.setting.as_ref().unwrap().cached;
    assert!(taken_over.iter().all(is_cached));
    let audits = audit(&court, &jobs, &taken_over);
    assert_eq!(audits.len(), LEAST_AUDITED);
    let refuted = |audit: &Audit| audit.agrees() == Some(false);
    assert!(audits.iter().all(refuted), "{audits:?}");
    let third = hear(&court, &jobs);
    let n_slow = third.iter().filter(|verdict| !is_fast(verdict)).count();
    assert_eq!(
        n_slow, LEAST_AUDITED,
        "a refuted verdict is not given again"
    );
}

#[test]
fn a_verdict_of_another_policy_or_another_build_is_not_held_against_one_of_this() {
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        Ok(Outcome {
            warm: program.warm,
            ..Outcome::scripted(Ending::Exited(0), "")
        })
    });
    let ((judge, problem), answers) = (function(), answers());
    let jobs = asked(&problem, jobs(&judge, &answers));
    let court = Court {
        audit: 1.0,
        ..court(&sandbox)
    };
    let mut verdicts = hear(&court, &jobs);
    for verdict in &mut verdicts[..7] {
        verdict.setting.as_mut().unwrap().policy_sha256 = "0f".repeat(32);
    }
    verdicts[7].setting.as_mut().unwrap().toolchain_sha256 = "0f".repeat(32);
    let tried = audit(&court, &jobs, &verdicts);
    let tried: Vec<u32> = tried.iter().map(|audit| audit.key.attempt).collect();
    assert_eq!(tried, (8..30).collect::<Vec<u32>>());
}

#[test]
fn a_slow_verdict_near_a_limit_is_found_once_more_alone() {
    // Two programs each: candidate and checker.
    let together = AtomicU32::new(0);
    let n_slow = AtomicU32::new(0);
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let beside = together.fetch_add(1, Ordering::SeqCst);
        let n = match program.warm {
            true => 0,
            false => n_slow.fetch_add(1, Ordering::SeqCst),
        };
        let ending = match (program.warm, n < 16) {
            (false, true) => Ending::WallLimit,
            _ => Ending::Exited(0),
        };
        assert!(n < 16 || beside == 0, "somebody ran beside the last word");
        together.fetch_sub(1, Ordering::SeqCst);
        Ok(Outcome {
            warm: program.warm,
            ..Outcome::scripted(ending, "")
        })
    });
    let ((judge, problem), answers) = (function(), answers()[..8].to_vec());
    let jobs = asked(&problem, jobs(&judge, &answers));
    let court = Court {
        audit: 1.0,
        ..court(&sandbox)
    };
    let verdicts = hear(&court, &jobs);
    let audits = audit(&court, &jobs, &verdicts);
    assert_eq!(audits.len(), 8);
    assert!(
        audits.iter().all(|audit| audit.agrees() == Some(true)),
        "{audits:?}"
    );
}

#[test]
fn a_fault_of_the_slow_way_is_no_disagreement() {
    let sandbox = Scripted::new(|program: &Program, _: &Limits| match program.warm {
        true => Ok(Outcome {
            warm: true,
            ..Outcome::scripted(Ending::Exited(0), "")
        }),
        false => Err(Fault::Script {
            what: "the box is gone".into(),
        }),
    });
    let ((judge, problem), answers) = (function(), answers());
    let jobs = asked(&problem, jobs(&judge, &answers));
    let court = Court {
        audit: 1.0,
        ..court(&sandbox)
    };
    let verdicts = hear(&court, &jobs);
    let audits = audit(&court, &jobs, &verdicts);
    assert_eq!(audits.len(), 30);
    for audit in audits {
        assert_eq!(audit.agrees(), None);
        assert!(audit.unscored.unwrap().contains("the box is gone"));
    }
}

#[test]
fn who_is_audited_depends_on_the_seed_alone() {
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        Ok(Outcome {
            warm: program.warm,
            ..Outcome::scripted(Ending::Exited(0), "")
        })
    });
    let ((judge, problem), answers) = (function(), answers());
    let jobs = asked(&problem, jobs(&judge, &answers));
    let drawn = |seed, n_workers| {
        let court = Court {
            audit: 0.1,
            seed,
            n_workers,
            ..court(&sandbox)
        };
        let verdicts = hear(&court, &jobs);
        let audits = audit(&court, &jobs, &verdicts);
        assert!(audits.iter().all(|audit| audit.agrees() == Some(true)));
        let keys = audits.iter().map(|audit| audit.key.attempt);
        keys.collect::<Vec<u32>>()
    };
    assert_eq!(drawn(1, 1), drawn(1, 4));
    assert_ne!(drawn(1, 1), drawn(2, 1));
}

fn asked<'a>(problem: &'a Problem, jobs: Vec<Job<'a>>) -> Vec<Job<'a>> {
    jobs.into_iter().map(|job| Job { problem, ..job }).collect()
}

#[test]
fn what_was_judged_before_is_not_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let precedents = Precedents::open(folder.path()).unwrap();
    let n_runs = AtomicU32::new(0);
    let sandbox = machine(|_| {
        n_runs.fetch_add(1, Ordering::SeqCst);
        Ok(Outcome::scripted(Ending::Exited(0), RIGHT))
    });
    let judge = judge();
    let mut texts = texts(5);
    texts.extend(texts.clone());
    let court = Court {
        n_workers: 1,
        precedents: Some(&precedents),
        ..court(&sandbox)
    };
    let jobs = jobs(&judge, &texts);
    let is_cached = |verdict: &Verdict| verdict.setting.as_ref().unwrap().cached;
    let first = hear(&court, &jobs);
    assert_eq!(n_runs.load(Ordering::SeqCst), 5, "twins are judged once");
    assert_eq!(first.iter().filter(|one| is_cached(one)).count(), 5);
    let second = hear(&court, &jobs);
    assert_eq!(n_runs.load(Ordering::SeqCst), 5);
    assert!(second.iter().all(is_cached));
    for (one, two) in first.iter().zip(&second) {
        assert_eq!(
            (&one.key, one.stage, &one.cause),
            (&two.key, two.stage, &two.cause)
        );
    }
    let other = Problem {
        prompt: "another question".into(),
        ..gcd().clone()
    };
    let asked_otherwise = Job {
        problem: &other,
        ..jobs[0].clone()
    };
    hear(&court, &[asked_otherwise]);
    assert_eq!(n_runs.load(Ordering::SeqCst), 6);
}

#[test]
fn what_is_in_doubt_never_becomes_a_precedent() {
    let doubtful: [fn() -> Result<Outcome, Fault>; 2] = [
        || Ok(Outcome::scripted(Ending::WallLimit, "")),
        || {
            Err(Fault::Script {
                what: "the box is gone".into(),
            })
        },
    ];
    for answer in doubtful {
        let folder = tempfile::tempdir().unwrap();
        let precedents = Precedents::open(folder.path()).unwrap();
        let sandbox = machine(|_| answer());
        let (judge, texts) = (judge(), texts(1));
        let court = Court {
            precedents: Some(&precedents),
            ..court(&sandbox)
        };
        hear(&court, &jobs(&judge, &texts));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn after_a_break_nothing_more_is_told() {
    let told = Mutex::new(0);
    let sandbox = machine(|_| Ok(Outcome::scripted(Ending::WallLimit, "")));
    let (judge, texts) = (judge(), texts(4));
    let flow = court(&sandbox).hear(&jobs(&judge, &texts), &mut |_| {
        *told.lock().unwrap() += 1;
        ControlFlow::Break(())
    });
    assert!(flow.is_break());
    assert_eq!(*told.lock().unwrap(), 1);
}
