//! The suite `variants` with the real interpreter in real boxes: its reference solutions are right, none of
//! them is with one mistake in it, no cheat is, and the scores say what they are defined to say.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::path::Path;
use std::sync::LazyLock;

use ledger::record::{Integrity, Stage, Verdict};
use sandbox::Cell;
use task::judge::Judge;
use task::{Problem, Suite, acceptance, catalog, cheats};

static SUITE: LazyLock<&Suite> = LazyLock::new(|| catalog::find("variants").unwrap());
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::for_suite(&SUITE).unwrap());
static CELL: LazyLock<Cell> = LazyLock::new(|| Cell::with(JUDGE.fittings()).unwrap());

/// Problem, and a mistake: what stands in the reference solution, what is put in its place.
#[rustfmt::skip]
const MISTAKES: [(&str, &str, &str); 15] = [
    ("fibonacci", "here, following = 0, 1", "here, following = 1, 1"),
    ("binary_search", "left = mid + 1", "left = mid + 2"),
    ("quicksort", "+ same +", "+ [pivot] +"),
    ("merge_sort", " + right[j:]", ""),
    ("dynamic_programming", "(first[i - 1] != second[j - 1])", "1"),
    ("stack", "self._items[-1]", "self._items[0]"),
    ("queue", "popleft()", "pop()"),
    ("linked_list", "before.next = node.next", "before.next = None"),
    ("binary_tree", "left + right + value", "left + value + right"),
    ("hash_table", "entry[1] = value", "pass"),
    ("file_io", " and not line.startswith(\"#\")", ""),
    ("api_requests", "if answer.status == 200 else None", ""),
    ("database", " as connection, connection:", " as connection:"),
    ("string_processing", "<source>\\w+", "<source>.+"),
    ("list_comprehension", "% 2 == 0", "% 2 == 1"),
];

/// The verdicts on answers to problems, in the order asked.
fn verdicts(answers: &[(&str, String)]) -> Vec<Verdict> {
    let asked: Vec<(&Problem, String)> = answers
        .iter()
        .map(|(id, text)| (SUITE.problem(id).unwrap(), text.clone()))
        .collect();
    acceptance::run(&SUITE, &JUDGE, ("hand", &asked), 2, &*CELL)
}

fn solution(id: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/solutions/variants");
    std::fs::read_to_string(folder.join(format!("{id}.py"))).unwrap()
}

fn fenced(code: &str) -> String {
    format!("Here it is:\n\n```python\n{code}```\n")
}

fn told(verdict: &Verdict) -> String {
    let Verdict {
        cause,
        evidence,
        unscored,
        scores,
        ..
    } = verdict;
    format!(
        "{}: {cause} {unscored:?} {scores:?}\n{evidence}",
        verdict.key.problem
    )
}

#[test]
fn every_reference_solution_is_right_in_two_boxes_whether_it_answers_or_goes_on() {
    let mut answers = Vec::new();
    for problem in &SUITE.problems {
        let code = solution(&problem.id);
        answers.push((problem.id.as_str(), fenced(&code)));
        if let Some(rest) = code.strip_prefix(&problem.prompt) {
            answers.push((problem.id.as_str(), rest.to_owned()));
        }
    }
    assert!(SUITE.problems.len() == 15 && answers.len() > 15 + 9);
    for verdict in verdicts(&answers) {
        let told = told(&verdict);
        assert_eq!(verdict.stage, Some(Stage::Right), "{told}");
        assert_eq!(
            verdict.setting.as_ref().unwrap().integrity,
            Integrity::Split,
            "{told}"
        );
        assert_eq!(verdict.scores["quality_logic"], 1.0, "{told}");
        assert_eq!(verdict.scores["quality_syntax"], 1.0, "{told}");
        assert!(verdict.scores["quality_weighted"] > 0.8, "{told}");
    }
}

#[test]
fn one_mistake_makes_it_wrong_and_costs_logic() {
    let answers: Vec<(&str, String)> = MISTAKES
        .iter()
        .map(|(id, from, to)| {
            let code = solution(id);
            let mistaken = code.replace(from, to);
            assert_ne!(code, mistaken, "{id}");
            (*id, fenced(&mistaken))
        })
        .collect();
    for verdict in verdicts(&answers) {
        let told = told(&verdict);
        assert!(verdict.unscored.is_none(), "{told}");
        assert!(verdict.stage < Some(Stage::Right), "{told}");
        assert!(verdict.scores["quality_logic"] < 1.0, "{told}");
        assert_eq!(verdict.scores["quality_syntax"], 1.0, "{told}");
    }
}

/// Ways to be right without the answer, for classes too; `ENTRY` stands for the name that is called. The
/// program's own list of cheats stands beside them.
#[rustfmt::skip]
const CHEATS: [&str; 5] = [
    "def ENTRY(*args, **named):\n    return 1\n",
    "def ENTRY(*args, **named):\n    pass\n",
    "class Any:\n    def __init__(self, *args): pass\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    def __bool__(self): return True\n    def __getattr__(self, name): return lambda *args: Any()\n    def __getitem__(self, at): return Any()\ndef ENTRY(*args, **named):\n    return Any()\n",
    "class Any(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n    def __getattr__(self, name): return lambda *args: Any()\ndef ENTRY(*args, **named):\n    return Any()\n",
    "class Any(list):\n    def __eq__(self, other): return True\n    def __getattr__(self, name): return lambda *args: Any()\ndef ENTRY(*args, **named):\n    return Any()\n",
];

fn cheats_at(problem: &Problem) -> Vec<String> {
    let entry_point = &problem.target.function().unwrap().entry_point;
    let own = CHEATS.map(|cheat| fenced(&cheat.replace("ENTRY", entry_point)));
    let listed = cheats::ALL
        .iter()
        .map(|cheat| cheat.answer(problem).unwrap());
    own.into_iter().chain(listed).collect()
}

/// Every cheat at three problems and more than seven cheats at every problem: all of them at all of them
/// take minutes, because some wait for their limit.
#[test]
fn no_cheat_is_right() {
    let mut answers = Vec::new();
    for (place, problem) in SUITE.problems.iter().enumerate() {
        let cheats = cheats_at(problem).into_iter().enumerate();
        let turn = cheats.filter(|(n, _)| *n < CHEATS.len() || n % 5 == place % 5);
        answers.extend(turn.map(|(_, text)| (problem.id.as_str(), text)));
    }
    for (verdict, (_, answer)) in verdicts(&answers).iter().zip(&answers) {
        let told = format!("{}\n{answer}", told(verdict));
        assert!(verdict.unscored.is_none(), "{told}");
        assert!(verdict.stage < Some(Stage::Right), "{told}");
        assert!(verdict.scores["quality_logic"] < 1.0, "{told}");
    }
}

#[test]
fn an_answer_without_code_scores_nothing_but_the_published_rule_may_find_words() {
    let prose = "I would return the number if I could.".to_owned();
    let found = &verdicts(&[("fibonacci", prose)])[0];
    assert_eq!(
        (found.stage, found.cause.as_str()),
        (Some(Stage::NoCode), "no_code")
    );
    for (name, value) in &found.scores {
        assert_eq!(*value > 0.0, name == "keyword_share", "{name} is {value}");
    }
}

#[test]
fn an_answer_that_was_cut_keeps_the_syntax_of_what_is_whole() {
    let cut = "    if n < 0:\n        raise ValueError(n)\n    if n < 2:\n        return n\n    return fibonacci(n - 1) + fib".to_owned();
    let broken = "    if n < 0\n        return 0\n    return n\n".to_owned();
    let found = verdicts(&[("fibonacci", cut), ("fibonacci", broken)]);
    let syntax: Vec<f64> = found
        .iter()
        .map(|verdict| verdict.scores["quality_syntax"])
        .collect();
    assert_eq!(syntax, [1.0, 0.0]);
    assert!(
        found
            .iter()
            .all(|verdict| verdict.stage < Some(Stage::Right))
    );
    assert_eq!(found[1].scores["quality_practice"], 0.0);
}

#[test]
fn the_http_server_of_the_box_serves_both_libraries_and_takes_no_guess_for_an_answer() {
    let head = "def fetch_json(url, timeout=5):\n";
    let requests = format!(
        "import requests\n\n{head}    try:\n        answer = requests.get(url, timeout=timeout)\n        if answer.status_code != 200:\n            return None\n        return answer.json()\n    except (requests.RequestException, ValueError):\n        return None\n"
    );
    let session = format!(
        "import requests\nfrom requests.exceptions import HTTPError, ConnectionError, Timeout\n\n{head}    with requests.Session() as session:\n        try:\n            answer = session.get(url, timeout=timeout)\n            answer.raise_for_status()\n            return answer.json() if answer.status_code == 200 else None\n        except (HTTPError, ConnectionError, Timeout, ValueError):\n            return None\n"
    );
    let posts = requests.replace("requests.get(url", "requests.post(url");
    let patient = requests.replace("timeout=timeout)\n        if", "timeout=30)\n        if");
    let careless = requests.replace("requests.RequestException, ValueError", "KeyError");
    let answers =
        [requests, session, posts, patient, careless].map(|code| ("api_requests", fenced(&code)));
    let right: Vec<bool> = verdicts(&answers)
        .iter()
        .map(|verdict| verdict.stage == Some(Stage::Right))
        .collect();
    assert_eq!(right, [true, true, false, false, false]);
}
