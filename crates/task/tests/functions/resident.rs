//! A checker that stays gives the verdicts of one that is made for each answer, whatever it was asked before.

use std::sync::atomic::{AtomicUsize, Ordering};

use sandbox::{Badge, Fault, Outcome, Program};

use super::*;

/// The cell, with or without checkers that stay, and how many answers came from those.
struct Counted {
    stay: bool,
    n_answers: AtomicUsize,
}

impl Counted {
    fn new(stay: bool) -> Self {
        let n_answers = AtomicUsize::new(0);
        Self { stay, n_answers }
    }

    fn n_answers(&self) -> usize {
        self.n_answers.load(Ordering::Relaxed)
    }
}

impl Sandbox for Counted {
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        CELL.execute(program, limits)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        CELL.converse(pair)
    }

    fn consult(
        &self,
        asker: (&Program, &Limits),
        resident: (&Program, &Limits),
        question: &[u8],
    ) -> Result<Option<[Outcome; 2]>, Fault> {
        if !self.stay {
            return Ok(None);
        }
        let outcomes = CELL.consult(asker, resident, question)?;
        let has_word = |[_, said]: &[Outcome; 2]| !said.stdout.bytes.is_empty();
        let n = usize::from(outcomes.as_ref().is_some_and(has_word));
        self.n_answers.fetch_add(n, Ordering::Relaxed);
        Ok(outcomes)
    }

    fn badge(&self) -> &Badge {
        CELL.badge()
    }
}

/// What must not depend on who checked.
type Told = (
    Option<Stage>,
    String,
    Vec<(String, f64)>,
    String,
    Option<String>,
);

fn told_of(verdict: Verdict) -> Told {
    let scores = verdict.scores.into_iter().collect();
    (
        verdict.stage,
        verdict.cause,
        scores,
        verdict.evidence,
        verdict.unscored,
    )
}

/// The verdicts in the order of the answers, which are judged in an order that follows from the seed.
fn judged(
    suite: &Suite,
    answers: &[(&Problem, String)],
    (sandbox, seed): (&Counted, u64),
) -> Vec<Told> {
    let mut order: Vec<usize> = (0..answers.len()).collect();
    let mut state = seed;
    for at in (1..order.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        order.swap(at, (state >> 33) as usize % (at + 1));
    }
    let shuffled: Vec<_> = order.iter().map(|&at| answers[at].clone()).collect();
    let verdicts = acceptance::run(suite, &judge(), ("hand", &shuffled), 2, sandbox);
    let mut told: Vec<_> = order
        .into_iter()
        .zip(verdicts.into_iter().map(told_of))
        .collect();
    told.sort_by_key(|(at, _)| *at);
    told.into_iter().map(|(_, told)| told).collect()
}

#[test]
fn in_any_order_the_verdicts_are_those_of_checkers_made_for_each_answer() {
    let mut suite = sample();
    suite.problems.truncate(3);
    let mut answers: Vec<_> = suite
        .problems
        .iter()
        .filter_map(acceptance::solution)
        .collect();
    for cheat in cheats::ALL {
        answers.extend(acceptance::answers(&suite, cheat));
    }
    for body in [
        "    return None\n",
        "    return x +\n",
        "    return low\n",
        "    return [value] * 1000000\n",
        "    raise KeyboardInterrupt\n",
        "    while True:\n        pass\n",
    ] {
        answers.push((&suite.problems[0], body.to_owned()));
    }
    let wanted = judged(&suite, &answers, (&Counted::new(false), 0));
    let stays = Counted::new(true);
    for seed in [7, 1234] {
        let found = judged(&suite, &answers, (&stays, seed));
        for ((answer, found), wanted) in answers.iter().zip(found).zip(&wanted) {
            match answer.1.contains("threading") {
                // What such an answer writes and when is another matter each time.
                true => assert!(found.0 < Some(Stage::Right), "{found:?}"),
                false => assert_eq!(&found, wanted, "{}", answer.1),
            }
        }
    }
    let n_judged = 2 * answers.len();
    assert!(
        stays.n_answers() * 10 > n_judged * 9,
        "{}",
        stays.n_answers()
    );
}

#[test]
fn what_a_test_leaves_behind_never_meets_the_next_one() {
    let problem = |id: &str, setup: &str, test: &str| {
        json!({"id": id, "prompt": "Do it.", "target": {"function": {
            "entry_point": "f", "setup": setup, "tests": {"asserts": [test]}}}})
    };
    let wild = [
        problem("a", "import math\nmath.pi = 3", "assert f(math.pi) == 3"),
        problem(
            "b",
            "import builtins\nbuiltins.sorted = len",
            "assert f(sorted([1, 2])) == 2",
        ),
        problem(
            "c",
            "import sys\nsys.setrecursionlimit(60)",
            "assert f(1) == 1",
        ),
        problem(
            "d",
            "import random\nrandom.random = lambda: 2",
            "assert f(random.random()) == 2",
        ),
    ];
    let tame = [
        problem("e", "", "assert f(1) == 1 and math.pi > 3.1"),
        problem("f", "", "assert f(sorted([2, 1])) == [1, 2]"),
        problem(
            "g",
            "def deep(n):\n    return n and 1 + deep(n - 1)",
            "assert f(deep(200)) == 200",
        ),
        problem("h", "import random", "assert 0 < f(random.random()) < 1"),
    ];
    let lines = wild.iter().chain(&tame).map(ToString::to_string);
    let suite = shelf::parse("own", &lines.collect::<Vec<_>>().join("\n")).unwrap();
    let code = "```python\ndef f(x):\n    return x\n```".to_owned();
    let answers: Vec<_> = suite
        .problems
        .iter()
        .map(|one| (one, code.clone()))
        .collect();
    let stays = Counted::new(true);
    for seed in 0..4 {
        for (answer, found) in answers.iter().zip(judged(&suite, &answers, (&stays, seed))) {
            assert_eq!(found.0, Some(Stage::Right), "{} {found:?}", answer.0.id);
        }
    }
    // Only the harmless ones were for a checker that stays.
    assert_eq!(stays.n_answers(), 4 * tame.len());
}

#[test]
fn random_numbers_of_tests_are_the_same_whatever_was_asked_before() {
    let tests = json!(["n = random.random()", "assert f(n) == 0.8444218515250481"]);
    let problem = json!({"id": "p", "prompt": "Do it.", "target": {"function": {
        "entry_point": "f", "setup": "import random", "tests": {"asserts": tests}}}});
    let suite = shelf::parse("own", &problem.to_string()).unwrap();
    let code = "```python\ndef f(x):\n    return x\n```".to_owned();
    let answers = vec![(&suite.problems[0], code); 4];
    let stays = Counted::new(true);
    for found in judged(&suite, &answers, (&stays, 0)) {
        assert_eq!(found.0, Some(Stage::Right), "{found:?}");
    }
    assert_eq!(stays.n_answers(), 4);
}

#[test]
fn harmless_words_are_told_from_all_others() {
    let file = |name: &str, text: &str| File {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    };
    let mut program = TOOLCHAIN.run(file("main.py", include_str!("tame.py")));
    let tame = include_str!("../../src/judge/python/whet_tame.py");
    program.files.push(file("whet_tame.py", tame));
    let outcome = CELL.execute(&program, &Limits::run()).unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout.bytes).into_owned();
    let laws = "wild_texts_are_not\nordinary_texts_are\nwhat_is_executed_is_looked_at\nno_word_leads_further\n";
    let complaint = String::from_utf8_lossy(&outcome.stderr.bytes);
    assert_eq!(said, laws, "{complaint}");
}
