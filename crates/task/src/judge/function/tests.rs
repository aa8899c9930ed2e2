//! The function judge on a scripted pair: every word, every ending, every forgery. The real boxes are
//! in `tests/functions.rs`.

use super::*;
use crate::problem::{Inputs, Target, Tests};
use sandbox::toolchain::Language;
use sandbox::{Captured, Limits, Program, Scripted};

pub(super) const CODE: &str = "```python\ndef f(x):\n    return x\n```";

pub(super) fn problem() -> Problem {
    problem_of(Tests::Asserts(vec![
        "assert f(1) == 'the-wanted-answer'".to_owned(),
    ]))
}

/// One that is judged by what its solution answers to inputs.
pub(super) fn with_inputs() -> Problem {
    problem_of(Tests::Inputs(Inputs {
        base: "[[1]]".to_owned(),
        plus: "[[2]]".to_owned(),
        revive: String::new(),
        accept: String::new(),
        atol: 0.0,
    }))
}

fn problem_of(tests: Tests) -> Problem {
    let function = Function {
        entry_point: "f".to_owned(),
        stub: false,
        setup: String::new(),
        support: String::new(),
        tests,
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

pub(super) fn told(problem: &Problem, text: &str, sandbox: &dyn Sandbox) -> Verdict {
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
    verdict_on(&problem(), (solver, checker), said)
}

fn verdict_on(problem: &Problem, (solver, checker): (Ending, Ending), said: &str) -> Verdict {
    let said = said.to_owned();
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
    told(problem, CODE, &sandbox)
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
        "NONCE pass 4 3 3 0 - -\n",
        "NONCE begin 4\nNONCE pass 3 3 3 0 - -\n",
        "NONCE begin 3\nNONCE begin 3\nNONCE pass 3 3 3 0 - -\n",
        "begin 3\nNONCE pass 3 3 3 0 - -\n",
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
            for said in ["NONCE pass 1 1 1 0 - -\n", "NONCE gone 0 1 1 0 - -\n", ""] {
                let said = format!("NONCE begin 1\n{said}");
                let verdict = verdict_on(&problem(), (solver, checker), &said);
                assert_eq!(verdict.cause, cause, "{said:?}");
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
fn a_limit_of_the_problems_own_solution_is_not_the_answers_fault() {
    let theirs = [Ending::CpuLimit, Ending::WallLimit, Ending::MemoryLimit].map(|it| (WELL, it));
    // Whoever waits for the tests meets his own deadline first.
    let waited = (Ending::WallLimit, Ending::WallLimit);
    for (solver, ending) in theirs.into_iter().chain([waited]) {
        let slow = verdict_on(&with_inputs(), (solver, ending), "");
        let why = slow.unscored.unwrap();
        assert!(why.contains("the problem's own text"), "{why}");
        assert!(slow.scores.is_empty(), "{:?}", slow.scores);
        let both = verdict_on(&with_inputs(), (Ending::CpuLimit, ending), "");
        assert_eq!((both.unscored, both.cause.as_str()), (None, "cpu_limit"));
    }
}

#[test]
fn tests_that_somebody_killed_leave_the_attempt_unscored() {
    for said in ["", "NONCE begin 3\n"] {
        let lost = verdict(WELL, Ending::Signalled(9), said);
        assert!(lost.unscored.unwrap().contains("killed by somebody else"));
    }
    // Its own end is another matter: something that it was sent has undone it.
    let undone = verdict(WELL, Ending::Signalled(11), "NONCE begin 3\n");
    assert_eq!(undone.cause, "protocol_error");
}

#[test]
fn groups_of_inputs_and_single_tests_are_told_in_the_scores() {
    let groups = |ending, said| {
        let scores = verdict_on(&with_inputs(), (ending, WELL), said).scores;
        assert_eq!(scores.len(), 2, "{scores:?}");
        (scores["base_right"], scores["plus_right"])
    };
    let first = "NONCE begin 4\nNONCE wrong_answer 3 4 4 0 1 0\n";
    assert_eq!(groups(WELL, first), (1.0, 0.0));
    let second = "NONCE begin 4\nNONCE wrong_answer 3 4 4 0 0 1\n";
    assert_eq!(groups(WELL, second), (0.0, 0.0));
    let all = "NONCE begin 4\nNONCE pass 4 4 4 0 1 1\n";
    assert_eq!(groups(WELL, all), (1.0, 1.0));
    // A limit outweighs what was said of everything, not what was said of the first part.
    assert_eq!(groups(Ending::CpuLimit, all), (1.0, 0.0));
    let share = verdict(
        WELL,
        WELL,
        "NONCE begin 4\nNONCE wrong_answer 1 4 4 0 - -\n",
    )
    .scores;
    assert_eq!(share["tests_right_share"], 0.25);
}

#[test]
fn answers_that_never_come_to_the_tests_count_as_wrong_in_every_score() {
    let never = |_: &Program, _: &Limits| panic!("nothing is to be run");
    for (problem, names) in [
        (with_inputs(), &["base_right", "plus_right"][..]),
        (problem(), &["tests_right_share"]),
    ] {
        let mut verdicts = vec![told(&problem, "Rather not.", &Scripted::new(never))];
        for (solver, said) in [
            (WELL, "NONCE begin 4\nNONCE malformed 0 4 0 0 - -\n"),
            (WELL, "NONCE begin 4\nNONCE exception 0 4 0 0 - -\n"),
            (WELL, "NONCE begin 4\nNONCE gone 0 4 1 0 - -\n"),
            (Ending::CpuLimit, "NONCE begin 4\n"),
            (Ending::Signalled(11), ""),
        ] {
            verdicts.push(verdict_on(&problem, (solver, WELL), said));
        }
        for verdict in verdicts {
            assert!(verdict.stage < Some(Stage::Runs), "{verdict:?}");
            let found: Vec<(&str, f64)> = verdict
                .scores
                .iter()
                .map(|(name, value)| (name.as_str(), *value))
                .collect();
            let wanted: Vec<(&str, f64)> = names.iter().map(|name| (*name, 0.0)).collect();
            assert_eq!(found, wanted, "{}", verdict.cause);
        }
    }
    let check = problem_of(Tests::Check("def check(f):\n    assert f(1)\n".to_owned()));
    assert!(told(&check, "No.", &Scripted::new(never)).scores.is_empty());
}

#[test]
fn who_leaves_before_a_test_fails_gains_nothing_by_it() {
    let left = verdict(WELL, WELL, "NONCE begin 10\nNONCE gone 2 10 3 0 - -\n");
    let stayed = verdict(
        WELL,
        WELL,
        "NONCE begin 10\nNONCE wrong_answer 2 10 10 0 - -\n",
    );
    let share = |verdict: &Verdict| verdict.scores["tests_right_share"];
    assert_eq!((share(&left), share(&stayed)), (0.2, 0.2));
}

proptest::proptest! {
    #[test]
    fn no_bytes_of_a_stranger_are_a_report(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let nonce = Nonce::new().unwrap();
        let said = Captured { bytes, truncated: false };
        let nothing = Said { begun: None, report: None };
        proptest::prop_assert_eq!(Said::read(&said, &nonce), nothing);
    }
}
