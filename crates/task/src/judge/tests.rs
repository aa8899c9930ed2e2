//! The judges on a scripted sandbox: every ending, every fault, many threads. The real compiler and
//! the real box are in `tests/programs.rs`.

use super::*;
use ledger::record::{Finish, Stage};
use sandbox::{Captured, Ending, Fault, File, Limits, Mode, Outcome, Profile, Program, Scripted};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::thread;

const CODE: &str = "```cpp\nint main() {}\n```";

fn key(n: u32) -> AttemptKey {
    AttemptKey {
        model: "toy".into(),
        suite: "cpp-demo".into(),
        problem: "gcd".into(),
        attempt: n,
    }
}

fn gcd() -> &'static Problem {
    crate::catalog::find("cpp-demo")
        .unwrap()
        .problem("gcd")
        .unwrap()
}

/// A judge that needs no compiler on this machine.
fn output_judge() -> Judge {
    Judge::Output {
        language: Language::Cpp,
        toolchain: Toolchain::scripted(toolchain::Language::Cpp),
        workshop: None,
    }
}

fn binary() -> File {
    File {
        name: "program".into(),
        bytes: vec![1],
        mode: Mode::Executable,
    }
}

/// The verdict on a program that compiles so and runs so.
fn verdict(compiled: &Outcome, ran: &Outcome) -> Verdict {
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let outcome = if program.profile == Profile::Compile {
            compiled
        } else {
            ran
        };
        Ok(Outcome {
            cpu_ns: 3,
            wall_ns: 5,
            ..outcome.clone()
        })
    });
    output_judge().judge(key(0), gcd(), CODE, &sandbox)
}

fn compiled(stderr: &str) -> Outcome {
    let stderr = Captured {
        bytes: stderr.into(),
        truncated: false,
    };
    Outcome {
        stderr,
        collected: vec![binary()],
        ..Outcome::scripted(Ending::Exited(0), "")
    }
}

#[test]
fn every_end_of_a_run_has_its_stage_and_its_word() {
    for (ending, stdout, stage, cause) in [
        (Ending::Exited(0), "6", Stage::Right, "pass"),
        (Ending::Exited(0), "\n 6\t\r\n\n", Stage::Right, "pass"),
        (Ending::Exited(0), "", Stage::Runs, "wrong_output"),
        (Ending::Exited(0), "66", Stage::Runs, "wrong_output"),
        (Ending::Exited(0), "6\0", Stage::Runs, "wrong_output"),
        (Ending::Exited(0), "6 6", Stage::Runs, "wrong_output"),
        (Ending::Exited(1), "6", Stage::Compiles, "runtime_exit"),
        (Ending::Signalled(11), "6", Stage::Compiles, "signal"),
        (Ending::CpuLimit, "6", Stage::Compiles, "cpu_limit"),
        (Ending::WallLimit, "6", Stage::Compiles, "wall_limit"),
        (Ending::MemoryLimit, "6", Stage::Compiles, "memory_limit"),
        (Ending::OutputLimit, "6", Stage::Compiles, "output_limit"),
        (Ending::FileLimit, "6", Stage::Compiles, "file_limit"),
        (Ending::DiskLimit, "6", Stage::Compiles, "disk_limit"),
        (Ending::ProcessLimit, "6", Stage::Compiles, "process_limit"),
        (
            Ending::NotExecutable(8),
            "",
            Stage::Compiles,
            "not_executable",
        ),
    ] {
        let said = verdict(&compiled(""), &Outcome::scripted(ending, stdout));
        assert_eq!(
            (said.stage, said.cause.as_str()),
            (Some(stage), cause),
            "{ending:?} {stdout:?}"
        );
        assert_eq!((said.unscored, said.cpu_ns, said.wall_ns), (None, 6, 10));
        assert_eq!(said.code.as_deref(), Some("int main() {}\n"));
    }
}

#[test]
fn every_end_of_a_compiler_has_its_word() {
    for (ending, cause) in [
        (Ending::Exited(1), "compile_error"),
        (Ending::Signalled(11), "compile_error"),
        (Ending::CpuLimit, "compile_timeout"),
        (Ending::WallLimit, "compile_timeout"),
        (Ending::MemoryLimit, "memory_limit"),
        (Ending::OutputLimit, "output_limit"),
        (Ending::FileLimit, "file_limit"),
    ] {
        let said = verdict(
            &Outcome::scripted(ending, ""),
            &Outcome::scripted(Ending::Exited(0), "6"),
        );
        assert_eq!(
            (said.stage, said.cause.as_str()),
            (Some(Stage::Malformed), cause),
            "{ending:?}"
        );
        assert_eq!((said.cpu_ns, said.wall_ns), (3, 5), "nothing was run");
    }
}

#[test]
fn warnings_show_in_the_stage_and_not_above_it() {
    let warned = compiled("main.cpp:1: warning: unused");
    let crash = verdict(&warned, &Outcome::scripted(Ending::Signalled(6), ""));
    assert_eq!(crash.stage, Some(Stage::CompilesWithWarnings));
    let right = verdict(&warned, &Outcome::scripted(Ending::Exited(0), "6"));
    assert_eq!(right.stage, Some(Stage::Right));
    assert!(
        right.evidence.contains("warning: unused"),
        "{}",
        right.evidence
    );
}

#[test]
fn output_that_was_cut_or_is_no_text_is_never_right() {
    let cut = Captured {
        bytes: b"6".to_vec(),
        truncated: true,
    };
    let said = verdict(
        &compiled(""),
        &Outcome {
            stdout: cut,
            ..Outcome::scripted(Ending::Exited(0), "")
        },
    );
    assert_eq!(
        (said.stage, said.cause.as_str()),
        (Some(Stage::Compiles), "output_limit")
    );
    let said = verdict(
        &compiled(""),
        &Outcome::scripted(Ending::Exited(0), b"6\xff".to_vec()),
    );
    assert_eq!(said.cause, "wrong_output");
}

#[test]
fn a_fault_of_the_sandbox_is_unscored_and_never_a_fail() {
    for broken in [Profile::Compile, Profile::Run] {
        let sandbox = Scripted::new(|program: &Program, _: &Limits| {
            if program.profile == broken {
                return Err(Fault::Lost {
                    what: "no report".into(),
                });
            }
            Ok(compiled(""))
        });
        let said = output_judge().judge(key(0), gcd(), CODE, &sandbox);
        assert_eq!((said.stage, said.cause.as_str()), (None, "harness_error"));
        assert!(
            said.unscored
                .is_some_and(|reason| reason.contains("no report"))
        );
        assert!(said.code.is_some());
    }
    let said = verdict(
        &Outcome::scripted(Ending::Exited(0), ""),
        &Outcome::scripted(Ending::Exited(0), "6"),
    );
    assert_eq!(
        (said.stage, said.cause.as_str()),
        (None, "harness_error"),
        "a compiler without a binary"
    );
}

#[test]
fn a_text_without_code_is_judged_without_running_anything() {
    let sandbox = Scripted::new(|_: &Program, _: &Limits| panic!("nothing is to be run"));
    let said = output_judge().judge(key(0), gcd(), "I would rather not.", &sandbox);
    assert_eq!(
        (said.stage, said.cause.as_str(), said.code),
        (Some(Stage::NoCode), "no_code", None)
    );
    let keywords = &crate::catalog::find("python-core").unwrap().problems[0];
    let said = Judge::Keywords.judge(key(0), keywords, "if n: return fibonacci(n)", &sandbox);
    assert_eq!(
        (said.stage, said.unscored, said.cause.as_str()),
        (None, None, "graded")
    );
    assert_eq!(said.scores["keyword_share_whole"], 1.0);
}

#[test]
fn what_is_wanted_never_enters_the_box() {
    let wanted = "a-secret-answer";
    let problem = Problem {
        target: Target::Output(wanted.into()),
        ..gcd().clone()
    };
    let sandbox = Scripted::new(|program: &Program, _: &Limits| {
        let everything = format!(
            "{program:?}{}",
            program
                .files
                .iter()
                .map(|file| String::from_utf8_lossy(&file.bytes))
                .collect::<String>()
        );
        assert!(!everything.contains(wanted));
        assert!(program.stdin.is_empty());
        Ok(compiled(""))
    });
    assert_eq!(
        output_judge().judge(key(0), &problem, CODE, &sandbox).cause,
        "wrong_output"
    );
}

#[test]
fn a_problem_of_another_kind_is_unscored() {
    let sandbox = Scripted::new(|_: &Program, _: &Limits| panic!("nothing is to be run"));
    let said = Judge::Keywords.judge(key(0), gcd(), CODE, &sandbox);
    assert!(said.unscored.is_some() && said.stage.is_none());
}

#[test]
fn every_job_is_judged_once_in_the_callers_thread_whatever_the_number_of_workers() {
    let sandbox = Scripted::new(|_: &Program, _: &Limits| Ok(compiled("")));
    let judge = output_judge();
    let caller = thread::current().id();
    for (n_jobs, n_workers) in [(0, 4), (1, 4), (100, 0), (100, 1), (100, 8)] {
        let jobs: Vec<Job> = (0..n_jobs)
            .map(|n| Job {
                key: key(n),
                judge: &judge,
                problem: gcd(),
                text: CODE,
                finish: Finish::Unknown,
            })
            .collect();
        let mut seen = Vec::new();
        let flow = judge_all(&jobs, n_workers, &sandbox, &mut |verdict| {
            assert_eq!(thread::current().id(), caller);
            seen.push(verdict.key.attempt);
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        assert_eq!(seen.len() as u32, n_jobs);
        assert_eq!(
            seen.into_iter().collect::<BTreeSet<_>>(),
            (0..n_jobs).collect()
        );
    }
}

#[test]
fn after_a_break_only_the_jobs_under_way_are_finished() {
    let begun = Mutex::new(0);
    let sandbox = Scripted::new(|_: &Program, _: &Limits| {
        *begun.lock().unwrap() += 1;
        Ok(Outcome::scripted(Ending::Exited(1), ""))
    });
    let judge = output_judge();
    let many: Vec<Job> = (0..1000)
        .map(|n| Job {
            key: key(n),
            judge: &judge,
            problem: gcd(),
            text: CODE,
            finish: Finish::Unknown,
        })
        .collect();
    let mut seen = 0;
    let flow = judge_all(&many, 2, &sandbox, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert!(flow.is_break());
    assert_eq!(seen, 1);
    // One was taken, two wait in the channel, two wait for room, and two more may have been begun.
    assert!(*begun.lock().unwrap() <= 7);
}

#[test]
fn each_cause_has_a_word_of_its_own() {
    use Cause::*;
    let all = [
        Pass,
        Graded,
        WrongOutput,
        NoCode,
        CompileError,
        CompileTimeout,
        RuntimeExit,
        Signal,
        CpuLimit,
        WallLimit,
        MemoryLimit,
        OutputLimit,
        FileLimit,
        DiskLimit,
        ProcessLimit,
        NotExecutable,
        HarnessError,
    ];
    let words: BTreeSet<String> = all.iter().map(|cause| cause.to_string()).collect();
    assert_eq!(words.len(), all.len());
}
