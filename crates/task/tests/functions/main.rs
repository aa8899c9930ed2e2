//! The function judge with the real interpreter in real boxes: what is right passes apart, what is
//! wrong does not, and nobody can forge it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use ledger::record::{Integrity, Stage, Verdict};
use sandbox::toolchain::{self, Toolchain};
use sandbox::{Cell, File, Limits, Mode, Sandbox};
use serde_json::json;
use task::acceptance::{self, Trial};
use task::judge::{Judge, Separation};
use task::problem::Tests;
use task::{Problem, Suite, Target, cheats, shelf};

mod resident;

static TOOLCHAIN: LazyLock<Toolchain> =
    LazyLock::new(|| toolchain::find(toolchain::Language::Python).unwrap());

static CELL: LazyLock<Cell> = LazyLock::new(|| Cell::with(judge().fittings()).unwrap());

fn judge() -> Judge {
    Judge::Function {
        toolchain: TOOLCHAIN.clone(),
        tests: Separation::Apart,
    }
}

/// The verdicts on answers to the problems of a suite, in order.
fn verdicts(suite: &Suite, judge: &Judge, answers: &[(&Problem, String)]) -> Vec<Verdict> {
    acceptance::run(suite, judge, ("hand", answers), 2, &*CELL)
}

/// The verdict on one answer to a problem of assertions.
fn asserted(entry_point: &str, setup: &str, asserts: &[&str], code: &str) -> Verdict {
    let problem = json!({"id": "p", "prompt": "Do it.", "target": {"function": {
        "entry_point": entry_point, "setup": setup, "tests": {"asserts": asserts}}}});
    let suite = shelf::parse("own", &problem.to_string()).unwrap();
    let answer = [(&suite.problems[0], format!("```python\n{code}\n```"))];
    verdicts(&suite, &judge(), &answer).remove(0)
}

fn told(verdict: &Verdict) -> (Option<Stage>, &str) {
    (verdict.stage, verdict.cause.as_str())
}

#[track_caller]
fn assert_told(verdict: &Verdict, stage: Stage, cause: &str) {
    assert_eq!(
        told(verdict),
        (Some(stage), cause),
        "{:?} {}",
        verdict.unscored,
        verdict.evidence
    );
}

/// Four problems of our own in HumanEval's shape: numbers, text, lists, a helper of the stub.
fn sample() -> Suite {
    let problem = |id: &str, stub: &str, entry: &str, body: &str, tests: &str| {
        let check = format!("def check(candidate):\n{tests}");
        json!({"task_id": id, "prompt": stub, "entry_point": entry, "canonical_solution": body, "test": check})
            .to_string()
    };
    let lines = [
        problem(
            "Own/0",
            "def clamp(value, low, high):\n    \"\"\" The value, moved into the range. \"\"\"\n",
            "clamp",
            "    return max(low, min(value, high))\n",
            "    assert candidate(5, 1, 3) == 3\n    assert candidate(-2, 1, 3) == 1\n    assert candidate(2, 1, 3) == 2\n",
        ),
        problem(
            "Own/1",
            "from typing import Dict\n\n\ndef letters(text: str) -> Dict[str, int]:\n    \"\"\" How often each letter occurs. \"\"\"\n",
            "letters",
            "    counts = {}\n    for c in text:\n        counts[c] = counts.get(c, 0) + 1\n    return counts\n",
            "    assert candidate('abca') == {'a': 2, 'b': 1, 'c': 1}\n    assert candidate('') == {}, 'empty'\n",
        ),
        problem(
            "Own/2",
            "def mean(numbers):\n    \"\"\" The arithmetic mean; ValueError without numbers. \"\"\"\n",
            "mean",
            "    if not numbers:\n        raise ValueError('no numbers')\n    return sum(numbers) / len(numbers)\n",
            "    assert abs(candidate([1.0, 2.0, 4.5]) - 2.5) < 1e-9\n    try:\n        candidate([])\n    except ValueError:\n        pass\n    else:\n        assert False, 'an error was wanted'\n",
        ),
        problem(
            "Own/3",
            "def turned(pair):\n    return pair[1], pair[0]\n\n\ndef back(pairs):\n    \"\"\" Undoes `turned` on every pair. \"\"\"\n",
            "back",
            "    return [turned(pair) for pair in pairs]\n",
            "    pairs = [(1, 2), ('a', None)]\n    assert candidate([turned(pair) for pair in pairs]) == pairs\n",
        ),
    ];
    shelf::parse("sample", &lines.join("\n")).unwrap()
}

#[test]
fn published_solutions_pass_apart_and_together_as_programs_and_as_bodies() {
    let suite = sample();
    let mut answers: Vec<_> = suite
        .problems
        .iter()
        .filter_map(acceptance::solution)
        .collect();
    let body = "    return max(low, min(value, high))\n";
    answers.push((&suite.problems[0], body.to_owned()));
    answers.push((
        &suite.problems[0],
        format!("def clamp(value, low, high):\n{body}\nprint(clamp(1))\n```\nDone."),
    ));
    for (judge, integrity) in [
        (judge(), Integrity::Split),
        (
            judge().separated(Separation::Together).unwrap(),
            Integrity::Shared,
        ),
    ] {
        for verdict in verdicts(&suite, &judge, &answers) {
            assert_told(&verdict, Stage::Right, "pass");
            assert_eq!(verdict.setting.unwrap().integrity, integrity);
            assert!(verdict.cpu_ns > 0 && verdict.wall_ns > 0);
        }
    }
}

#[test]
fn a_suite_is_sound_when_its_solutions_pass_and_no_cheat_does() {
    let suite = sample();
    let trial = Trial::of(&suite).unwrap();
    let mut n_seen = 0;
    let findings = trial
        .run(&judge(), 2, &*CELL, &mut || {
            n_seen += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(findings.is_sound(), "{findings:?}");
    assert_eq!(n_seen, trial.n_verdicts());
    let n_problems = suite.problems.len();
    assert_eq!(findings.n_solutions, n_problems);
    assert_eq!(findings.n_cheated, cheats::ALL.len() * n_problems);
}

#[test]
fn tests_in_the_candidates_process_make_no_suite_sound() {
    let suite = sample();
    let joined = judge().separated(Separation::Together).unwrap();
    let trial = Trial::of(&suite).unwrap();
    let go_on = &mut || ControlFlow::Continue(());
    let findings = trial.run(&joined, 2, &*CELL, go_on).unwrap();
    assert!(!findings.is_sound());
    let deceivers: Vec<&str> = findings
        .deceived
        .iter()
        .map(|verdict| verdict.key.model.as_str())
        .collect();
    assert!(deceivers.contains(&"equals_everything"), "{deceivers:?}");
}

#[test]
fn a_wrong_solution_and_an_empty_test_are_found() {
    let mut suite = sample();
    suite.problems.truncate(1);
    let Target::Function(function) = &mut suite.problems[0].target else {
        panic!("a function");
    };
    function.tests = Tests::Check("def check(candidate):\n    candidate(1, 2, 3)\n".to_owned());
    let trial = Trial::of(&suite).unwrap();
    let go_on = &mut || ControlFlow::Continue(());
    let findings = trial.run(&judge(), 2, &*CELL, go_on).unwrap();
    assert!(!findings.deceived.is_empty(), "{findings:?}");
    let Target::Function(function) = &mut suite.problems[0].target else {
        panic!("a function");
    };
    function.tests =
        Tests::Check("def check(candidate):\n    assert candidate(1, 2, 3) == 7\n".to_owned());
    let trial = Trial::of(&suite).unwrap();
    let findings = trial.run(&judge(), 2, &*CELL, go_on).unwrap();
    assert_eq!(findings.failed.len(), 1, "{findings:?}");
    assert!(
        trial
            .run(&judge(), 2, &*CELL, &mut || ControlFlow::Break(()))
            .is_none()
    );
}

#[test]
fn the_gap_between_apart_and_together_is_what_a_cheat_gains() {
    let suite = sample();
    let cheat = cheats::ALL
        .iter()
        .find(|cheat| cheat.name == "equals_everything")
        .unwrap();
    let answers = acceptance::answers(&suite, cheat);
    let gap = acceptance::integrity_gap(&suite, &judge(), &answers, 2, &*CELL).unwrap();
    assert!(!gap.is_empty());
    for (apart, together) in gap {
        assert!(apart.stage < Some(Stage::Right));
        assert_told(&together, Stage::Right, "pass");
    }
}

#[test]
fn what_goes_wrong_has_its_name() {
    let f = |body: &str| {
        asserted(
            "f",
            "",
            &["assert f(1) == 2", "assert f(2) == 4"],
            &format!("def f(x):\n{body}"),
        )
    };
    assert_told(&f("    return 2 * x"), Stage::Right, "pass");
    let wrong = f("    return x + 1");
    assert_told(&wrong, Stage::PartlyRight, "wrong_answer");
    assert_eq!(wrong.scores["tests_right_share"], 0.5);
    assert!(
        wrong.evidence.contains("assert f(2) == 4") && wrong.evidence.contains("answered 3"),
        "{}",
        wrong.evidence
    );
    assert_told(&f("    return None"), Stage::Runs, "wrong_answer");
    let raised = f("    return [][x]");
    assert_told(&raised, Stage::Compiles, "exception");
    assert!(
        raised.evidence.contains("IndexError") && raised.evidence.contains("line 2"),
        "{}",
        raised.evidence
    );
    assert_told(&f("    return lambda: x"), Stage::Runs, "not_plain");
    assert_told(
        &f("    import os\n    os._exit(0)"),
        Stage::Compiles,
        "runtime_exit",
    );
    assert_told(
        &f("    import os\n    os.abort()"),
        Stage::Compiles,
        "signal",
    );
    assert_told(&f("    return x +"), Stage::Malformed, "compile_error");
    let without = asserted("f", "", &["assert f(1) == 2"], "def g(x):\n    return 2");
    assert_told(&without, Stage::Compiles, "exception");
    let loops = f("    while True:\n        pass");
    assert!(
        ["cpu_limit", "wall_limit"].contains(&loops.cause.as_str()),
        "{}",
        loops.cause
    );
}

#[test]
fn prints_questions_and_examples_do_not_disturb_the_answer() {
    let code = "import sys\nprint('loading')\nexample = f(3)\ndef f(x):\n    print('x' * 10000)\n    sys.stdout.flush()\n    return 2 * x\nassert f(1) == 3\nprint(f(2), input())";
    assert_told(
        &asserted("f", "", &["assert f(1) == 2"], code),
        Stage::Right,
        "pass",
    );
    let cut = "def f(x):\n    return 2 * x\n\ndef g(x):\n    return [x,";
    assert_told(
        &asserted("f", "", &["assert f(1) == 2"], cut),
        Stage::Right,
        "pass",
    );
}

#[test]
fn arguments_that_are_changed_in_place_are_changed_for_the_tests() {
    let code = "def f(rows, seen):\n    rows[0].append(9)\n    rows.sort(key=len)\n    seen.add(3)\n    seen.discard(1)";
    let asserts = [
        "rows = [[1, 2], [3]]\nfirst = rows[1]\nseen = {1, 2}",
        "assert f(rows, seen) is None",
        "assert rows == [[3], [1, 2, 9]] and seen == {2, 3}",
    ];
    assert_told(&asserted("f", "", &asserts, code), Stage::Right, "pass");
}

#[test]
fn objects_of_the_answers_own_classes_stay_there_and_can_be_handed_back() {
    let pairs = "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\ndef chain(pairs, n):\n    return sum(p.b - p.a for p in pairs[:n])";
    let asserts = [
        "assert chain([Pair(5, 24), Pair(1, 2)], 2) == 20",
        "assert Pair(1, 2).b == 2",
    ];
    assert_told(
        &asserted("chain", "", &asserts, pairs),
        Stage::Right,
        "pass",
    );
    let tree = "class Node:\n    def __init__(self, v):\n        self.v, self.left, self.right = v, None, None\ndef height(n):\n    return 0 if n is None else 1 + max(height(n.left), height(n.right))";
    let setup = "root = Node(1)\nroot.left = Node(2)\nroot.left.right = Node(3)";
    assert_told(
        &asserted("height", setup, &["assert height(root) == 3"], tree),
        Stage::Right,
        "pass",
    );
    let stack = "class Stack:\n    def __init__(self):\n        self.held = []\n    def push(self, x):\n        self.held.append(x)\n    def pop(self):\n        return self.held.pop()";
    let asserts = [
        "s = Stack()",
        "s.push(1)\ns.push((2, 3))",
        "assert s.pop() == (2, 3)",
        "assert s.pop() == 1",
    ];
    assert_told(
        &asserted("Stack", "", &asserts, stack),
        Stage::Right,
        "pass",
    );
}

#[test]
fn iterators_functions_and_errors_cross_as_what_they_are() {
    let code = "def f(g, xs):\n    for x in xs:\n        yield g(x)";
    let asserts = [
        "assert list(f(lambda x: x + 1, [1, 2])) == [2, 3]",
        "assert list(f(str, range(2))) == ['0', '1']",
        "assert sorted(f(abs, {-1})) == [1]",
    ];
    assert_told(&asserted("f", "", &asserts, code), Stage::Right, "pass");
    let raises = "class Own(KeyError):\n    pass\ndef f(x):\n    raise Own('gone')";
    let test = [
        "def test_it():\n    try:\n        f(1)\n    except KeyError as error:\n        assert 'gone' in str(error)\n    else:\n        assert False",
    ];
    assert_told(&asserted("f", "", &test, raises), Stage::Right, "pass");
}

#[test]
fn what_decides_a_test_is_never_taken_from_the_answer() {
    let fake = "class math:\n    @staticmethod\n    def isclose(a, b):\n        return True\n    inf = 0\ndef isclose(a, b):\n    return True\ndef f(x):\n    isclose\n    return 0";
    assert_told(
        &asserted("f", "", &["assert math.isclose(f(1), 2)"], fake),
        Stage::Runs,
        "wrong_answer",
    );
    assert_told(
        &asserted("f", "", &["assert isclose(f(1), 2)"], fake),
        Stage::Runs,
        "not_plain",
    );
    let all = "def f(x):\n    raise StopIteration";
    assert_told(
        &asserted("f", "", &["assert all(map(f, [1, 2]))"], all),
        Stage::Compiles,
        "exception",
    );
    let exits = "import os\ndef f(x):\n    os._exit(0)";
    let forgiving =
        ["def test_it():\n    try:\n        f(1)\n    except:\n        pass\n    assert True"];
    assert_told(
        &asserted("f", "", &forgiving, exits),
        Stage::Compiles,
        "runtime_exit",
    );
    let compared = "class Same:\n    def __eq__(self, other):\n        return True\n    def __ne__(self, other):\n        return True\ndef f(x):\n    return Same()";
    let forgiving =
        ["def test_it():\n    try:\n        assert f(1) == 2\n    except:\n        pass"];
    for asserts in [
        &["assert f(1) == 2"],
        &["assert f(1) != 2"],
        &["assert f(1)"],
        &["assert not f(1)"],
        &forgiving,
    ] {
        assert_told(
            &asserted("f", "", asserts, compared),
            Stage::Runs,
            "not_plain",
        );
    }
}

#[test]
fn tests_that_are_broken_are_not_the_answers_fault() {
    let code = "def f(x):\n    return x";
    let broken = asserted("f", "import no_such_module", &["assert f(1) == 1"], code);
    assert!(broken.unscored.unwrap().contains("no_such_module"));
    let nothing = asserted("f", "", &["assert 1 == 1"], code);
    assert!(nothing.unscored.unwrap().contains("call nothing"));
}

#[test]
fn what_the_tests_cannot_hand_over_is_judged_in_one_process() {
    let setup = "class Leaf:\n    value = 3";
    let verdict = asserted(
        "f",
        setup,
        &["assert f(Leaf()) == 3"],
        "def f(leaf):\n    return leaf.value",
    );
    assert_told(&verdict, Stage::Right, "pass");
    assert_eq!(verdict.setting.unwrap().integrity, Integrity::Shared);
    assert!(
        verdict.evidence.contains("type Leaf"),
        "{}",
        verdict.evidence
    );
}

#[test]
fn an_answer_cannot_choose_the_process_that_it_shares_with_the_tests() {
    let nested = "def f(x, *more):\n    value = []\n    for _ in range(99):\n        value = [value]\n    return value";
    let huge = "def f(g, x):\n    g('x' * (9 << 20))\n    return [2, 4]";
    let cases = [
        (nested, vec!["assert f(f('abc')) == 'abc'"]),
        (huge, vec!["assert f(lambda x: x * 2, [1, 2]) == [2, 4]"]),
    ];
    for (code, asserts) in cases {
        let verdict = asserted("f", "", &asserts, code);
        assert!(verdict.unscored.is_none(), "{:?}", verdict.unscored);
        assert!(verdict.stage < Some(Stage::Right), "{}", verdict.evidence);
        assert_eq!(verdict.setting.unwrap().integrity, Integrity::Split);
    }
}

#[test]
fn a_wrong_answer_is_one_where_the_text_of_the_tests_calls_it_by_itself() {
    let problem = json!({"task_id": "Own/8", "prompt": "def f(x):\n    \"\"\" One more. \"\"\"\n",
        "entry_point": "f", "canonical_solution": "    return x + 1\n",
        "test": "def check(candidate):\n    assert candidate(1) == 2\n\ncheck(f)\n"});
    let suite = shelf::parse("own", &problem.to_string()).unwrap();
    let answers = [
        "    return x + 1\n",
        "    return None\n",
        "    raise OSError\n",
    ]
    .map(|body| (&suite.problems[0], body.to_owned()));
    let found = verdicts(&suite, &judge(), &answers);
    assert_told(&found[0], Stage::Right, "pass");
    for wrong in &found[1..] {
        assert!(wrong.unscored.is_none(), "{:?}", wrong.unscored);
        assert!(wrong.stage < Some(Stage::Right), "{}", wrong.evidence);
    }
}

fn inputs(entry: &str, solution: &str, (base, plus): (&str, &str), atol: f64) -> Suite {
    let line = format!(
        r#"{{"task_id": "Own/9", "prompt": "Do it.\n", "entry_point": "{entry}", "canonical_solution": {}, "base_input": {base}, "plus_input": {plus}, "contract": "", "atol": {atol}}}"#,
        json!(solution)
    );
    let line = line.replace("Do it.\\n", "# Do it.\\n");
    shelf::parse("plus", &line).unwrap()
}

#[test]
fn inputs_are_judged_by_what_the_solution_answers() {
    let solution = "def half(xs):\n    return [x / 2 for x in xs]\n";
    let suite = inputs(
        "half",
        solution,
        ("[[[1, 2]], [[]]]", "[[[100000000000000000000]], [[3]]]"),
        0.0,
    );
    let answers = [
        solution,
        "def half(xs):\n    return [x * 0.5 + 1e-9 for x in xs]",
        "def half(xs):\n    return [x * 0.5 for x in xs if x < 3]",
        "def half(xs):\n    return tuple(x * 0.5 for x in xs)",
        "def half(xs):\n    return [x * 0.5 + 1e-3 for x in xs]",
        "def half(xs):\n    return [x * 0.5 for x in",
        "import os\ndef half(xs):\n    os._exit(0)",
    ];
    let answers: Vec<_> = answers
        .iter()
        .map(|code| (&suite.problems[0], format!("```python\n{code}\n```")))
        .collect();
    let verdicts = verdicts(&suite, &judge(), &answers);
    let groups = |verdict: &Verdict| (verdict.scores["base_right"], verdict.scores["plus_right"]);
    for right in &verdicts[..2] {
        assert_told(right, Stage::Right, "pass");
        assert_eq!(groups(right), (1.0, 1.0));
    }
    assert_told(&verdicts[2], Stage::PartlyRight, "wrong_answer");
    assert_eq!(groups(&verdicts[2]), (1.0, 0.0));
    for wrong in &verdicts[3..5] {
        assert_eq!(
            (wrong.cause.as_str(), groups(wrong)),
            ("wrong_answer", (0.0, 0.0))
        );
    }
    for (never, cause) in verdicts[5..].iter().zip(["compile_error", "runtime_exit"]) {
        assert_eq!((never.cause.as_str(), groups(never)), (cause, (0.0, 0.0)));
    }
}

#[test]
fn an_answer_that_leaves_early_has_the_share_of_all_tests() {
    let asserts = [
        "assert f(1) == 1",
        "assert f(2) == 2",
        "assert f(3) == 3",
        "assert f(4) == 4",
    ];
    let share = |body: &str| {
        let verdict = asserted("f", "", &asserts, &format!("def f(x):\n{body}"));
        (verdict.cause.clone(), verdict.scores["tests_right_share"])
    };
    let leaves = "    if x == 2:\n        import os\n        os._exit(0)\n    return x";
    assert_eq!(share(leaves), ("runtime_exit".to_owned(), 0.25));
    let stays = "    return 1";
    assert_eq!(share(stays), ("wrong_answer".to_owned(), 0.25));
    assert_eq!(share("    return x +"), ("compile_error".to_owned(), 0.0));
    assert_eq!(share("    return x"), ("pass".to_owned(), 1.0));
}

#[test]
fn two_runs_of_an_answer_leave_the_same_evidence() {
    let said = |body: &str| {
        let code = format!("def f(x):\n{body}");
        asserted("f", "", &["assert f(1) == 2"], &code).evidence
    };
    for body in [
        "    return object()",
        "    return lambda: x",
        "    raise ValueError(f)",
        "    return (y for y in [x])",
    ] {
        let (one, two) = (said(body), said(body));
        assert_eq!(one, two);
        assert!(!one.contains("0x") && !one.contains("whet_"), "{one}");
    }
}

#[test]
fn a_solution_that_fails_its_own_inputs_is_the_suites_fault() {
    let suite = inputs("f", "def f(x):\n    return 1 / x\n", ("[[0]]", "[]"), 0.0);
    let answers = [(
        &suite.problems[0],
        "```python\ndef f(x):\n    return 1\n```".to_owned(),
    )];
    let verdict = verdicts(&suite, &judge(), &answers).remove(0);
    assert!(verdict.unscored.unwrap().contains("ZeroDivisionError"));
}

#[test]
fn several_inputs_and_tests_in_the_programs_own_text() {
    let output = Judge::Output {
        language: task::Language::Python,
        toolchain: TOOLCHAIN.clone(),
        workshop: None,
    };
    let problem = |target: serde_json::Value| -> Problem {
        serde_json::from_value(json!({"id": "p", "prompt": "def double(x):\n", "target": target}))
            .unwrap()
    };
    let mut suite = sample();
    suite.problems = vec![
        problem(
            json!({"cases": [{"input": "2\n", "output": "4\n"}, {"input": "3\n", "output": "6  \n\n"}]}),
        ),
        problem(json!({"together": {"stub": true, "tests": "assert double(2) == 4"}})),
    ];
    let [cases, joined] = [&suite.problems[0], &suite.problems[1]];
    let told_of = [
        (
            cases,
            "```python\nprint(int(input()) * 2)\n```",
            Stage::Right,
            "pass",
        ),
        (
            cases,
            "```python\nprint(4)\n```",
            Stage::PartlyRight,
            "wrong_output",
        ),
        (
            cases,
            "```python\nprint(1)\n```",
            Stage::Runs,
            "wrong_output",
        ),
        (
            cases,
            "```python\nprint(4)\nimport sys\nsys.exit(int(input()) - 2)\n```",
            Stage::PartlyRight,
            "runtime_exit",
        ),
        (joined, "    return 2 * x\n", Stage::Right, "pass"),
        (
            joined,
            "```python\ndef double(x):\n    return 2 * x\n```",
            Stage::Right,
            "pass",
        ),
        (joined, "    return x\n", Stage::Compiles, "runtime_exit"),
    ];
    let answers: Vec<_> = told_of
        .iter()
        .map(|&(problem, text, ..)| (problem, text.to_owned()))
        .collect();
    for (verdict, (_, text, stage, cause)) in
        verdicts(&suite, &output, &answers).iter().zip(told_of)
    {
        assert_eq!(
            told(verdict),
            (Some(stage), cause),
            "{text}: {}",
            verdict.evidence
        );
    }
}

#[test]
fn the_line_obeys_its_laws_whatever_is_sent() {
    let laws = include_str!("laws.py");
    let file = |name: &str, text: &str| File {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    };
    let mut program = TOOLCHAIN.run(file("main.py", laws));
    let wire = include_str!("../../src/judge/python/whet_wire.py");
    program.files.push(file("whet_wire.py", wire));
    for seed in 0..2 {
        program.stdin = format!("{seed}").into_bytes();
        let limits = Limits {
            cpu: std::time::Duration::from_secs(60),
            wall: std::time::Duration::from_secs(200),
            ..Limits::run()
        };
        let outcome = CELL.execute(&program, &limits).unwrap();
        let said = String::from_utf8_lossy(&outcome.stdout.bytes).into_owned();
        let wanted = "round_trip\nsubclasses_become_plain\nhostile_bytes\ncaps\n";
        assert_eq!(
            said,
            wanted,
            "{}",
            String::from_utf8_lossy(&outcome.stderr.bytes)
        );
    }
}
