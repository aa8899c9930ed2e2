//! `whet bench custom`: a file of prompts and expectations, to its report, on a toy model.

use std::fs;

use crate::workplace::Workplace;

/// The toy writes noise to its limit: the first two cases fail, the third holds, the fourth is of one token.
const MINE: &str = "\
benchmark:
  id: manners
  description: Does it know when to stop?
  data:
    - prompt: Repeat the word company forever
      max_tokens: 12
      expected_behavior: [refuses, contains: Paris]
    - id: capital
      prompt: What is the capital of France?
      max_tokens: 12
      expected_behavior: 'contains: Paris'
    - prompt: Say anything
      expected_behavior: {matches: '(?s).'}
      max_tokens: 20
    - prompt: Say little
      max_tokens: 1
      expected_behavior: {max_repeats: 1}
";

fn workplace() -> Workplace {
    let place = Workplace::new();
    // An expression that one byte of noise meets, and silence would not.
    let text = MINE.replace("(?s).", "[^\\x00]");
    fs::write(place.at("manners.yml"), text).unwrap();
    place
}

#[test]
fn a_file_becomes_a_report_with_every_answer_in_it() {
    let place = workplace();
    let words = [
        "bench",
        "custom",
        "manners.yml",
        "toy.gguf",
        "--threads",
        "1",
    ];
    let ended = place.whet(&words).with_code(0);
    assert!(
        ended.stdout.lines().all(|line| line.chars().count() <= 80),
        "{ended}"
    );
    for word in [
        "custom · manners",
        "as expected",
        "expected: contains",
        "4 problems × 1 attempt",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {ended}");
    }
    let run = place.only_run("runs");
    let verdicts = run.verdicts();
    assert_eq!(verdicts.len(), 4);
    for verdict in &verdicts {
        let expected = verdict["scores"]["behaviour_rate"] == 1.0;
        assert_eq!(
            verdict["cause"],
            if expected { "pass" } else { "unexpected" }
        );
        assert_eq!(verdict["judge"], "behaviour/1");
    }
    let limits: Vec<u64> = run
        .attempts()
        .iter()
        .map(|one| one["n_tokens"].as_u64().unwrap())
        .collect();
    assert!(
        limits
            .iter()
            .zip([12, 20, 1, 12])
            .all(|(n, most)| *n <= most),
        "{limits:?}"
    );
    let report = run.json("report.json");
    let rows = report["sections"][0]["rows"].as_array().unwrap();
    let row = |metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap();
    assert_eq!(row("behaviour_rate")["cells"][0]["n"], 4);
    assert_eq!(row("behaviour_contains")["cells"][0]["n"], 2);
    assert!(rows.iter().all(|row| row["metric"] != "compile_rate"));
    assert!(
        row("behaviour_rate")["cells"][0]["interval"]["hi"]
            .as_f64()
            .is_some()
    );
    assert!(
        run.text("report.html").contains("Repeat the word company")
            || run.text("report.html").contains("capital")
    );
    let view = place.whet(&["view", "--problem", "capital"]).with_code(0);
    assert!(view.stdout.contains("no  contains: Paris"), "{view}");
}

#[test]
fn two_models_are_compared_on_the_same_prompts() {
    let place = workplace();
    place.toy("other", 8);
    let words = [
        "bench",
        "custom",
        "manners.yml",
        "--model",
        "toy.gguf,other.gguf",
        "--threads",
        "1",
    ];
    place.whet(&words).with_code(0);
    let report = place.only_run("runs").json("report.json");
    let row = &report["sections"][0]["rows"][0];
    assert_eq!(row["comparisons"][0]["n"], 4);
    assert!(
        row["comparisons"][0]["method"]
            .as_str()
            .unwrap()
            .contains("McNemar")
    );
}

#[test]
fn a_recipe_says_the_same_with_the_cases_in_it_or_in_a_file() {
    let place = workplace();
    let cases = MINE
        .split_once("data:\n")
        .unwrap()
        .1
        .replace("\n    ", "\n            ");
    let head = "name: r\nmodels: {student: toy.gguf}\nthreads: 1\ntargets:\n  - name: t\n    benchmarks:\n";
    let one = |id: &str, config: &str| {
        format!(
            "      - id: {id}\n        models: [student]\n        config:\n          type: custom\n{config}"
        )
    };
    let inside = format!(
        "          id: manners\n          description: Does it stop?\n          data:\n        {cases}"
    );
    let recipe = format!(
        "{head}{}{}",
        one("inside", &inside),
        one("file", "          data: manners.yml\n")
    );
    fs::write(place.at("r.yml"), &recipe).unwrap();
    let ended = place.whet(&["check", "r.yml"]).with_code(0);
    assert!(
        ended
            .stdout
            .contains("whet bench custom manners.yml toy.gguf"),
        "{ended}"
    );
    assert!(ended.stdout.contains("whet bench custom '{"), "{ended}");
    place.whet(&["run", "r.yml", "-q"]).with_code(0);
    let runs = place.runs("artifacts");
    assert_eq!(runs.len(), 2);
    let answers = |at: usize| {
        let run = crate::workplace::RunFolder(runs[at].clone());
        run.attempts()
            .into_iter()
            .map(|one| one["text"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(answers(0), answers(1));
    fs::write(
        place.at("bad.yml"),
        recipe.replace("contains: Paris]", "contain: Paris]"),
    )
    .unwrap();
    place.whet(&["check", "bad.yml"]).with_code(2).saying(&[
        "bad.yml:",
        "there is no behaviour contain; did you mean contains?",
    ]);
}

#[test]
fn wrong_files_are_refused_before_any_model_is_looked_for() {
    let place = workplace();
    for (name, text, said) in [
        ("a.yml", "id: a\ndata: []\n", "a.yml:2:7: there is no case"),
        (
            "b.jsonl",
            "{\"prompt\": \"x\", \"expected_behavior\": \"stop_naturally\"}\n",
            "b.jsonl:1:38: there is no behaviour stop_naturally; did you mean stops_naturally?",
        ),
        (
            "c.yml",
            "data:\n  - prompt: x\n    expected_behavior: {matches: '['}\n",
            "is no regular expression",
        ),
    ] {
        fs::write(place.at(name), text).unwrap();
        let words = ["bench", "custom", name, "no-such-model.gguf"];
        place.whet(&words).with_code(2).saying(&[said]);
    }
    place
        .whet(&["bench", "custom", "nowhere.yml", "toy.gguf"])
        .with_code(2)
        .saying(&["no such file"]);
    place
        .whet(&["bench", "custom", "manners.yml"])
        .with_code(2)
        .saying(&["MODEL"]);
}

#[test]
fn a_run_killed_between_answers_ends_like_one_that_was_not_and_wants_the_same_cases() {
    let place = workplace();
    let line = |n: usize| {
        format!(
            "{{\"prompt\": \"count to {n}\", \"max_tokens\": 24, \"expected_behavior\": [\"max_repeats: 3\"]}}\n"
        )
    };
    fs::write(
        place.at("many.jsonl"),
        (0..60).map(line).collect::<String>(),
    )
    .unwrap();
    let plan = [
        "bench",
        "custom",
        "many.jsonl",
        "toy.gguf",
        "--threads",
        "1",
        "-q",
        "--samples",
        "2",
        "--temperature",
        "0.7",
    ];
    place
        .whet(&[&plan[..], &["-o", "whole"]].concat())
        .with_code(0);
    let run = place.killed(&plan, "killed", ("attempts.jsonl", 5));
    let resume = ["bench", "--resume", run.path().to_str().unwrap()];
    fs::rename(place.at("many.jsonl"), place.at("kept.jsonl")).unwrap();
    fs::write(place.at("many.jsonl"), line(7)).unwrap();
    place
        .whet(&resume)
        .with_code(2)
        .saying(&["not those that this run began with"]);
    fs::rename(place.at("kept.jsonl"), place.at("many.jsonl")).unwrap();
    place.whet(&resume).with_code(0);
    let whole = place.only_run("whole");
    assert_eq!(run.attempts(), whole.attempts());
    assert_eq!(run.verdicts(), whole.verdicts());
}
