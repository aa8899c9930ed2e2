//! `whet bench accuracy` and `context` on the toy: bundled questions, files in published shapes, refusals, and kills.

use serde_json::Value;

use crate::workplace::{Ended, RunFolder, Workplace};

const GENERIC: &str = r#"{"id": "sum", "context": "1 + 1 =", "choices": ["1", "2"], "answer": 1}
{"id": "cat", "context": "The cat", "choices": ["sat.", "satt", "sits there"], "answer": 0}
"#;

fn whet(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["bench"], words, &["--threads", "1"]].concat())
}

/// Lines of a table without its header.
fn lines(run: &RunFolder, name: &str) -> Vec<Vec<String>> {
    let text = run.text(name);
    let cells = |line: &str| line.split(',').map(String::from).collect();
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn the_bundled_questions_need_no_file() {
    let place = Workplace::new();
    let ended = whet(&place, &["accuracy", "toy.gguf", "--limit", "5"]).with_code(0);
    for words in [
        "accuracy · code-reading",
        "5 problems × 4 choices",
        "guessing 25 %",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let run = place.only_run("runs");
    let choices = lines(&run, "accuracy_choices.csv");
    assert_eq!(choices.len(), 5 * 4);
    // The report can be made again from the table: the largest log-probability is the answer.
    let mut n_right = 0;
    for problem in choices.chunks(4) {
        let worth = |line: &Vec<String>| line[5].parse::<f64>().unwrap();
        let best = problem
            .iter()
            .max_by(|a, b| worth(a).total_cmp(&worth(b)))
            .unwrap();
        n_right += usize::from(best[4] == "true");
        assert_eq!(problem.iter().filter(|line| line[4] == "true").count(), 1);
    }
    let suites = lines(&run, "accuracy.csv");
    assert_eq!(suites[0][6].parse::<f64>().unwrap(), n_right as f64 / 5.0);
    assert!(run.path().join("accuracy.png").is_file());
}

#[test]
fn files_in_published_shapes_are_read_and_two_models_compared() {
    let place = Workplace::new();
    place.toy("other", 8);
    let arc = r#"{"id": "a", "question": "Which?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"}"#;
    std::fs::write(place.at("arc.jsonl"), arc).unwrap();
    std::fs::write(place.at("mine.jsonl"), GENERIC).unwrap();
    let words = [
        "accuracy",
        "toy.gguf",
        "other.gguf",
        "--suite",
        "arc.jsonl,mine.jsonl",
    ];
    whet(&place, &words).with_code(0);
    let report = place.only_run("runs").json("report.json");
    let sections = report["sections"].as_array().unwrap();
    let of_suites = |section: &&Value| section["benchmark"] == "accuracy";
    let sections: Vec<&Value> = sections.iter().filter(of_suites).collect();
    let suites: Vec<&Value> = sections.iter().map(|section| &section["suite"]).collect();
    assert_eq!(suites, ["arc", "mine"]);
    for section in sections {
        let comparison = &section["rows"][0]["comparisons"][0];
        assert!(
            comparison["method"].as_str().unwrap().contains("McNemar"),
            "{comparison}"
        );
    }
    let forced = [
        "accuracy",
        "toy.gguf",
        "--suite",
        "mine.jsonl",
        "--shape",
        "piqa",
    ];
    whet(&place, &forced)
        .with_code(2)
        .saying(&["line 1", "`goal` is missing"]);
}

#[test]
fn a_row_that_cannot_be_used_is_named_before_the_model_is_looked_for() {
    let place = Workplace::new();
    let file = |name: &str, text: &str| std::fs::write(place.at(name), text).unwrap();
    file("answer.jsonl", &GENERIC.replace(r#", "answer": 0"#, ""));
    file(
        "range.jsonl",
        &GENERIC.replace(r#""answer": 0"#, r#""answer": 3"#),
    );
    file(
        "twice.jsonl",
        &GENERIC.replace("cat\", \"context", "sum\", \"context"),
    );
    file(
        "few.jsonl",
        &GENERIC.replace(r#"["sat.", "satt", "sits there"]"#, "[]"),
    );
    file("empty.jsonl", "");
    file("other.jsonl", "{\"prompt\": \"x\"}");
    for (name, said) in [
        ("answer.jsonl", &["line 2", "`answer` is missing"][..]),
        (
            "range.jsonl",
            &["line 2", "choice 3 counted from 0, and there are 3"],
        ),
        ("twice.jsonl", &["line 2", "`sum` is there already"]),
        ("few.jsonl", &["line 2", "0 to choose from"]),
        ("empty.jsonl", &["no problem in it"]),
        ("other.jsonl", &["line 1", "no known shape"]),
        ("nowhere.jsonl", &["no such file", "code-reading"]),
    ] {
        let words = ["accuracy", "no-such-model.gguf", "--suite", name];
        whet(&place, &words).with_code(2).saying(said);
    }
    whet(&place, &["accuracy", "toy.gguf", "--limit", "0"])
        .with_code(2)
        .saying(&["--limit must be at least 1"]);
    let long = GENERIC.replace("sits there", &"and so on ".repeat(500));
    file("long.jsonl", &long);
    whet(&place, &["accuracy", "toy.gguf", "--suite", "long.jsonl"])
        .with_code(2)
        .saying(&["line 2 of long", "trained for", "--limit"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_run_killed_between_problems_ends_like_one_that_was_not_and_wants_the_same_file() {
    let place = Workplace::new();
    let row = |n: usize| {
        let context = "word ".repeat(n % 30 + 1);
        format!(
            "{{\"context\": \"{context}{n}\", \"choices\": [\"a\", \"bc\", \"d\"], \"answer\": {}}}\n",
            n % 3
        )
    };
    std::fs::write(
        place.at("mine.jsonl"),
        (0..400).map(row).collect::<String>(),
    )
    .unwrap();
    let plan = ["accuracy", "toy.gguf", "--suite", "mine.jsonl", "-q"];
    whet(&place, &[&plan[..], &["-o", "whole"]].concat()).with_code(0);
    let words = [&["bench"], &plan[..], &["--threads", "1"]].concat();
    let run = place.killed(&words, "killed", ("progress.jsonl", 3));
    let resume = ["bench", "--resume", run.path().to_str().unwrap()];
    std::fs::rename(place.at("mine.jsonl"), place.at("kept.jsonl")).unwrap();
    std::fs::write(place.at("mine.jsonl"), GENERIC).unwrap();
    place
        .whet(&resume)
        .with_code(2)
        .saying(&["not the file that this run began with"]);
    std::fs::rename(place.at("kept.jsonl"), place.at("mine.jsonl")).unwrap();
    place.whet(&resume).with_code(0);
    let whole = place.only_run("whole");
    assert_eq!(
        run.text("accuracy_choices.csv"),
        whole.text("accuracy_choices.csv")
    );
    assert_eq!(run.timeless_report(), whole.timeless_report());
}

#[test]
fn a_context_grows_in_steps_and_is_asked_about() {
    let place = Workplace::new();
    let words = "context toy.gguf --contexts 128,640,800 --cache f16,q8_0 --piece 64 --generate-tokens 4 --repeats 2 --keys 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    whet(&place, &words)
        .with_code(2)
        .saying(&["128 tokens", "--no-recall"]);
    let words: Vec<&str> = words
        .into_iter()
        .map(|word| word.trim_start_matches("128,"))
        .collect();
    let ended = whet(&place, &words).with_code(0);
    for words in ["5 questions at each length", "recalled"] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let run = place.only_run("runs");
    let table = lines(&run, "context.csv");
    assert_eq!(table.len(), 4, "{table:?}");
    for line in &table {
        assert!(line[3].parse::<f64>().unwrap() > 0.0, "{line:?}");
    }
    assert!(run.path().join("context.png").is_file());
    let plan = &run.json("run.json")["plan"]["context"];
    assert_eq!(plan["contexts"], serde_json::json!([640, 800]));
}

#[test]
fn without_a_list_a_context_stops_where_the_model_does() {
    let place = Workplace::new();
    let words = [
        "context",
        "toy.gguf",
        "--no-recall",
        "--generate-tokens",
        "4",
        "--repeats",
        "1",
    ];
    whet(&place, &words).with_code(0);
    let run = place.only_run("runs");
    let table = lines(&run, "context.csv");
    assert_eq!(table.len(), 1, "{table:?}");
    let facts = &run.json("run.json")["models"][0]["facts"];
    assert_eq!(table[0][2], facts["context_length"].to_string());
    for (words, said) in [
        (&["context", "toy.gguf", "--cache", "q5"][..], "q5"),
        (
            &["context", "toy.gguf", "--contexts", "8"],
            "ask for 33 or more",
        ),
        (
            &["context", "toy.gguf", "--contexts", "99999999999"],
            "99999999999",
        ),
    ] {
        whet(&place, words).with_code(2).saying(&[said]);
    }
}
