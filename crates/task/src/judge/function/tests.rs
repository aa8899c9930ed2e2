//! The function judge on a scripted pair: every word, every ending, every forgery. The real boxes are
//! in `tests/functions.rs`.

use super::*;
use crate::problem::{Target, Tests};
use sandbox::toolchain::Language;
use sandbox::{Captured, Limits, Program, Scripted};

const CODE: &str = "```python\ndef f(x):\n    return x\n```";

fn problem() -> Problem {
    let function = Function {
        entry_point: "f".to_owned(),
        stub: false,
        setup: String::new(),
        support: String::new(),
        tests: Tests::Asserts(vec!["assert f(1) == 'the-wanted-answer'".to_owned()]),
        solution: None,
    };
    Problem {
        id: "p".to_owned(),
        prompt: "words".to_owned(),
        target: Target::Function(function),
        tags: Vec::new(),
        max_tokens: None,
    }
}

fn told(problem: &Problem, text: &str, sandbox: &dyn Sandbox) -> Verdict {
    let key = AttemptKey {
        model: "toy".into(),
        suite: "own".into(),
        problem: "p".into(),
        attempt: 0,
    };
    let toolchain = Toolchain::scripted(Language::Python);
    let Target::Function(function) = &problem.target else {
        panic!("{problem:?}");
    };
    let bench = Bench {
        toolchain: &toolchain,
        sandbox,
        together: false,
    };
    judge(key, &bench, (problem, function), text)
}

fn file<'a>(program: &'a Program, name: &str) -> Option<&'a str> {
    let file = program.files.iter().find(|file| file.name == name)?;
    std::str::from_utf8(&file.bytes).ok()
}

/// The verdict if the solver ends so and the checker writes this; `NONCE` stands for the real one.
fn verdict(solver: Ending, checker: Ending, said: &'static str) -> Verdict {
    let never = |program: &Program, _: &Limits| panic!("nothing is to be run alone: {program:?}");
    let sandbox = Scripted::new(never).conversing(move |[_, judged]| {
        let nonce = String::from_utf8_lossy(&judged.stdin).trim().to_owned();
        let said = said.replace("NONCE", &nonce);
        let outcome = |ending, said: String| Outcome {
            cpu_ns: 3,
            wall_ns: 5,
            ..Outcome::scripted(ending, said)
        };
        Ok([outcome(solver, String::new()), outcome(checker, said)])
    });
    told(&problem(), CODE, &sandbox)
}

const WELL: Ending = Ending::Exited(0);

#[test]
fn every_word_of_the_checker_has_its_stage_and_cause() {
    for (said, stage, cause) in [
        ("NONCE pass 3 3 3 0 - -\n", Stage::Right, "pass"),
        ("NONCE pass 3 3 3 0 1 1\n", Stage::Right, "pass"),
        (
            "NONCE wrong_answer 0 3 3 0 - -\nassert f(1) == 2",
            Stage::Runs,
            "wrong_answer",
        ),
        (
            "NONCE wrong_answer 1 3 3 0 - -\n",
            Stage::PartlyRight,
            "wrong_answer",
        ),
        (
            "NONCE exception 0 3 1 0 - -\n",
            Stage::Compiles,
            "exception",
        ),
        (
            "NONCE exception 2 3 3 0 - -\n",
            Stage::PartlyRight,
            "exception",
        ),
        ("NONCE not_plain 0 1 1 0 - -\n", Stage::Runs, "not_plain"),
        ("NONCE too_large 0 1 1 0 - -\n", Stage::Runs, "not_plain"),
        (
            "NONCE malformed 0 0 0 0 - -\n",
            Stage::Malformed,
            "compile_error",
        ),
        (
            "NONCE protocol_error 0 1 1 0 - -\n",
            Stage::Compiles,
            "protocol_error",
        ),
        ("NONCE gone 0 1 1 0 - -\n", Stage::Compiles, "runtime_exit"),
    ] {
        let verdict = verdict(WELL, WELL, said);
        assert_eq!(
            (verdict.stage, verdict.cause.as_str()),
            (Some(stage), cause),
            "{said}"
        );
        assert_eq!(
            (verdict.cpu_ns, verdict.wall_ns, verdict.unscored),
            (6, 5, None)
        );
        let setting = verdict.setting.unwrap();
        assert_eq!(setting.integrity, Integrity::Split);
    }
}

#[test]
fn whoever_does_not_know_the_nonce_or_says_something_impossible_has_not_passed() {
    for said in [
        "",
        "pass",
        "0123456789abcdef0123456789abcdef pass 3 3 3 0 - -\n",
        "NONCE pass 3 3 3 0 - -",
        " NONCE pass 3 3 3 0 - -\n",
        "NONCE pass 3 3 3 0 -\n",
        "NONCE pass 3 3 3 0 - - -\n",
        "NONCE pass 2 3 3 0 - -\n",
        "NONCE pass 3 3 0 0 - -\n",
        "NONCE pass 0 0 3 0 - -\n",
        "NONCE pass 3 3 3 0 1 0\n",
        "NONCE pass -1 -1 3 0 - -\n",
        "NONCE passed 3 3 3 0 - -\n",
        "x\nNONCE pass 3 3 3 0 - -\n",
    ] {
        for ending in [WELL, Ending::Exited(1), Ending::Signalled(11)] {
            let verdict = verdict(ending, ending, said);
            assert_eq!(verdict.cause, "protocol_error", "{said:?}");
            assert!(verdict.stage < Some(Stage::Right), "{said:?}");
        }
    }
}

#[test]
fn exit_codes_are_no_evidence_for_anything() {
    for ending in [Ending::Exited(1), Ending::Signalled(9)] {
        assert_eq!(
            verdict(ending, ending, "NONCE pass 1 1 1 0 - -\n").cause,
            "pass"
        );
    }
}

#[test]
fn a_limit_outweighs_every_word() {
    for (ending, cause) in [
        (Ending::CpuLimit, "cpu_limit"),
        (Ending::WallLimit, "wall_limit"),
        (Ending::MemoryLimit, "memory_limit"),
        (Ending::OutputLimit, "output_limit"),
        (Ending::FileLimit, "file_limit"),
        (Ending::DiskLimit, "disk_limit"),
        (Ending::ProcessLimit, "process_limit"),
    ] {
        for (solver, checker) in [(ending, WELL), (WELL, ending)] {
            for said in ["NONCE pass 1 1 1 0 - -\n", "NONCE gone 0 0 1 0 - -\n", ""] {
                assert_eq!(verdict(solver, checker, said).cause, cause, "{said:?}");
            }
        }
    }
}

#[test]
fn how_the_solver_was_lost_is_told_by_its_end() {
    let gone = "NONCE gone 0 1 1 0 - -\n";
    assert_eq!(verdict(Ending::Exited(0), WELL, gone).cause, "runtime_exit");
    assert_eq!(verdict(Ending::Signalled(11), WELL, gone).cause, "signal");
}

#[test]
fn tests_that_are_broken_themselves_and_faults_leave_the_attempt_unscored() {
    let verdict = verdict(WELL, WELL, "NONCE broken 0 0 0 0 - -\nno module named x");
    assert_eq!(
        (verdict.stage, verdict.cause.as_str()),
        (None, "harness_error")
    );
    assert!(verdict.unscored.unwrap().contains("no module named x"));
    let lost = |_: &Program, _: &Limits| {
        Err(sandbox::Fault::Lost {
            what: "no report".to_owned(),
        })
    };
    let verdict = told(&problem(), CODE, &Scripted::new(lost));
    assert!(verdict.unscored.unwrap().contains("no report"));
}

#[test]
fn a_text_without_code_is_judged_without_running_anything() {
    let never = |_: &Program, _: &Limits| panic!("nothing is to be run");
    let verdict = told(&problem(), "I would rather not.", &Scripted::new(never));
    assert_eq!(
        (verdict.stage, verdict.cause.as_str()),
        (Some(Stage::NoCode), "no_code")
    );
}

#[test]
fn neither_box_holds_what_belongs_to_the_other() {
    let never = |_: &Program, _: &Limits| panic!("nothing is to be run alone");
    let sandbox = Scripted::new(never).conversing(|[solver, checker]| {
        let everything = |program: &Program| {
            let files = program
                .files
                .iter()
                .map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
            format!("{:?} {}", program.argv, files.collect::<String>())
        };
        assert!(!everything(solver).contains("the-wanted-answer") && solver.stdin.is_empty());
        assert!(
            file(checker, "task.json")
                .unwrap()
                .contains("the-wanted-answer")
        );
        assert!(!everything(checker).contains("return x"));
        let nonce = String::from_utf8_lossy(&checker.stdin).trim().to_owned();
        assert_eq!(nonce.len(), 32);
        assert!(!everything(solver).contains(&nonce) && !everything(checker).contains(&nonce));
        assert!(solver.warm && checker.warm);
        Ok([
            Outcome::scripted(WELL, ""),
            Outcome::scripted(WELL, format!("{nonce} pass 1 1 1 0 - -\n")),
        ])
    });
    assert_eq!(told(&problem(), CODE, &sandbox).cause, "pass");
}

#[test]
fn what_cannot_be_split_is_judged_together_and_says_so() {
    let alone = |program: &Program, _: &Limits| {
        let nonce = String::from_utf8_lossy(&program.stdin).trim().to_owned();
        assert!(file(program, "candidate.py").is_some() && file(program, "task.json").is_some());
        Ok(Outcome::scripted(
            WELL,
            format!("{nonce} pass 1 1 1 0 - -\n"),
        ))
    };
    let sandbox = Scripted::new(alone).conversing(|[_, checker]| {
        let nonce = String::from_utf8_lossy(&checker.stdin).trim().to_owned();
        let said = format!("{nonce} unsplittable 0 1 1 0 - -\na value of type Node");
        Ok([Outcome::scripted(WELL, ""), Outcome::scripted(WELL, said)])
    });
    let verdict = told(&problem(), CODE, &sandbox);
    assert_eq!(verdict.cause, "pass");
    assert_eq!(verdict.setting.unwrap().integrity, Integrity::Shared);
    assert!(
        verdict.evidence.contains("not split: a value of type Node"),
        "{}",
        verdict.evidence
    );
}

#[test]
fn groups_of_inputs_and_single_tests_are_told_in_the_scores() {
    let both = verdict(WELL, WELL, "NONCE wrong_answer 3 4 4 0 1 0\n").scores;
    assert_eq!((both["base_right"], both["plus_right"]), (1.0, 0.0));
    let share = verdict(WELL, WELL, "NONCE wrong_answer 1 4 4 0 - -\n").scores;
    assert_eq!(share["tests_right_share"], 0.25);
}

proptest::proptest! {
    #[test]
    fn no_bytes_of_a_stranger_are_a_report(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let nonce = Nonce::new().unwrap();
        let said = Captured { bytes, truncated: false };
        proptest::prop_assert_eq!(Report::read(&said, &nonce), None);
    }
}
