//! `whet sample`: completions go out and come back, and verdicts need no model.

use serde_json::{Value, json};

use crate::workplace::{Ended, RunFolder, Workplace};

const RIGHT: &str = "#include <iostream>\nint main() { std::cout << \"Hello, World!\\n\"; }\n";

/// Writes lines of JSON into a file of the workplace.
fn write(place: &Workplace, name: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(place.at(name), text).unwrap();
}

fn hello(solution: &str) -> Value {
    json!({"task_id": "hello_world", "solution": solution})
}

fn judge(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["sample", "judge"], words].concat())
}

/// The causes of a run's verdicts in the order of their attempts.
fn causes(run: &RunFolder) -> Vec<String> {
    let verdicts = run.verdicts();
    let cause = |verdict: &Value| verdict["cause"].as_str().unwrap().to_owned();
    verdicts.iter().map(cause).collect()
}

#[test]
fn a_file_of_samples_becomes_a_judged_run_without_a_model() {
    let place = Workplace::new();
    let wrong = RIGHT.replace("World", "Mars");
    let lines = [
        hello(RIGHT),
        hello(&wrong),
        hello("int main() {"),
        json!({"task_id": "hello_world", "completion": RIGHT, "_identifier": "x"}),
        json!({"task_id": "hello_world", "solution": RIGHT, "completion": "nonsense"}),
        hello(""),
    ];
    write(&place, "samples.jsonl", &lines);
    let words = ["samples.jsonl", "--suite", "cpp-demo", "--name", "theirs"];
    let ended = judge(&place, &words).with_code(0);
    let ended = ended.saying(&["15 of 16 problems have no completion"]);
    assert!(ended.stdout.contains("pass@1"), "{ended}");
    let run = place.only_run("runs");
    let wanted = [
        "pass",
        "wrong_output",
        "compile_error",
        "pass",
        "pass",
        "no_code",
    ];
    assert_eq!(causes(&run), wanted);
    let report = run.json("report.json");
    assert_eq!(report["provenance"]["models"][0]["name"], "theirs");
    let rows = report["sections"][0]["rows"].as_array().unwrap();
    let row = |metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap();
    assert_eq!(row("pass_at_1")["cells"][0]["value"], 0.5);
    let cut = &row("truncated_share")["cells"][0];
    assert!(cut["value"].is_null(), "{cut}");
    assert!(
        cut["reason"].as_str().unwrap().contains("came from a file"),
        "{cut}"
    );
    assert!(
        run.text("report.html")
            .contains("the text came from a file")
    );
}

#[test]
fn the_k_of_a_judged_file_needs_as_many_completions() {
    let place = Workplace::new();
    write(&place, "s.jsonl", &[hello(RIGHT), hello("x"), hello(RIGHT)]);
    let refused = judge(&place, &["s.jsonl", "--suite", "cpp-demo", "--k", "5"]).with_code(2);
    refused.saying(&["--k 5", "one has 3"]);
    let ended = judge(&place, &["s.jsonl", "--suite", "cpp-demo", "--k", "1,2"]).with_code(0);
    assert!(
        ended.stdout.contains("pass@2") && !ended.stdout.contains("pass@3"),
        "{ended}"
    );
}

#[test]
fn malformed_lines_and_unknown_tasks_are_named_and_nothing_is_begun() {
    let place = Workplace::new();
    let text = format!("{}\n{{\"task_id\": 3}}\nnot json\n", hello(RIGHT));
    std::fs::write(place.at("bad.jsonl"), text).unwrap();
    let ended = judge(&place, &["bad.jsonl", "--suite", "cpp-demo"]).with_code(2);
    ended.saying(&["bad.jsonl", "line 2:", "line 3:"]);
    write(
        &place,
        "alien.jsonl",
        &[json!({"task_id": "HumanEval/0", "solution": "x"})],
    );
    let ended = judge(&place, &["alien.jsonl", "--suite", "cpp-demo"]).with_code(2);
    ended.saying(&["cpp-demo has no task called HumanEval/0"]);
    let ended = judge(&place, &["alien.jsonl"]).with_code(2);
    ended.saying(&["--suite"]);
    let ended = judge(&place, &["missing.jsonl", "--suite", "cpp-demo"]).with_code(2);
    ended.saying(&["missing.jsonl"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_folder_of_solutions_is_read_in_the_order_of_its_numbers() {
    let place = Workplace::new();
    let folder = place.at("solutions").join("hello_world");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..11 {
        let code = if number == 10 { RIGHT } else { "int main() {}" };
        std::fs::write(folder.join(format!("{number}.cpp")), code).unwrap();
    }
    judge(&place, &["solutions", "--suite", "cpp-demo"]).with_code(0);
    let run = place.only_run("runs");
    let attempts = run.records("attempts.jsonl");
    assert_eq!(attempts.len(), 11);
    let last = attempts
        .iter()
        .find(|attempt| attempt["key"]["attempt"] == 10)
        .unwrap();
    assert!(last["text"].as_str().unwrap().contains("Hello"), "{last}");
    let ended = judge(&place, &["runs", "--suite", "cpp-demo", "-o", "again"]).with_code(2);
    ended.saying(&["runs"]);
}

/// Two completions of each of the first two C++ problems, and the file of them.
fn generated(place: &Workplace) -> Ended {
    let words = [
        "sample",
        "generate",
        "toy.gguf",
        "--suite",
        "cpp-demo",
        "-n",
        "2",
        "--limit",
        "2",
        "--threads",
        "1",
        "-o",
        "samples.jsonl",
    ];
    place.whet(&words).with_code(0)
}

#[test]
fn generating_judges_nothing_and_judging_the_run_is_what_the_benchmark_would_have_said() {
    let place = Workplace::new();
    generated(&place);
    let made = place.only_run("runs");
    assert_eq!(made.n_lines("attempts.jsonl"), 4);
    assert_eq!(made.n_lines("verdicts.jsonl"), 0);
    assert!(made.json("run.json")["sandbox"].is_null());
    let path = made.path().to_str().unwrap();
    judge(&place, &[path, "-o", "judged"]).with_code(0);
    let words = [
        "--only",
        "code",
        "--suite",
        "cpp-demo",
        "--samples",
        "2",
        "--limit",
        "2",
        "-o",
        "whole",
    ];
    place.bench(&words).with_code(0);
    let (judged, whole) = (place.only_run("judged"), place.only_run("whole"));
    assert_eq!(judged.attempts(), whole.attempts());
    assert_eq!(causes(&judged), causes(&whole));
    assert_eq!(judged.verdicts().len(), 4);
}

#[test]
fn samples_that_were_written_out_and_read_back_are_the_same_texts() {
    let place = Workplace::new();
    generated(&place);
    let made = place.only_run("runs");
    let text = std::fs::read_to_string(place.at("samples.jsonl")).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert!(
            line["task_id"].is_string() && line["solution"].is_string(),
            "{line}"
        );
    }
    let path = made.path().to_str().unwrap();
    let out = place.whet(&["sample", "export", path]).with_code(0);
    assert_eq!(out.stdout, text);
    let words = [
        "sample",
        "import",
        "samples.jsonl",
        "--suite",
        "cpp-demo",
        "--name",
        "toy",
        "-o",
        "back",
    ];
    place.whet(&words).with_code(0);
    let back = place.only_run("back");
    assert_eq!(back.attempts(), made.attempts());
    assert_eq!(back.n_lines("verdicts.jsonl"), 0);
    let refused = place.whet(&["bench", "--resume", back.path().to_str().unwrap()]);
    refused.with_code(2).saying(&["whet sample judge"]);
}

#[test]
fn a_run_with_several_models_is_exported_one_at_a_time() {
    let place = Workplace::new();
    place.toy("other", 8);
    let words = [
        "sample",
        "generate",
        "toy.gguf",
        "other.gguf",
        "--suite",
        "cpp-demo",
        "-n",
        "1",
        "--limit",
        "1",
        "--threads",
        "1",
    ];
    place.whet(&words).with_code(0);
    let run = place.only_run("runs");
    let path = run.path().to_str().unwrap();
    let ended = place.whet(&["sample", "export", path]).with_code(2);
    ended.saying(&["other, toy", "--model"]);
    let ended = place
        .whet(&["sample", "export", path, "--model", "toy"])
        .with_code(0);
    assert_eq!(ended.stdout.lines().count(), 1);
}

/// A file of one problem in HumanEval's shape.
fn add(place: &Workplace) {
    let problem = json!({
        "task_id": "T/0",
        "prompt": "def add(a, b):\n    \"\"\"Adds two numbers.\"\"\"\n",
        "entry_point": "add",
        "canonical_solution": "    return a + b\n",
        "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n",
    });
    write(place, "mine.jsonl", &[problem]);
    let body = |operator: &str| format!("    return a {operator} b\n");
    let lines = [
        json!({"task_id": "T/0", "completion": body("+")}),
        json!({"task_id": "T/0", "completion": body("-")}),
        json!({"task_id": "T/0", "solution": format!("def add(a, b):\n{}", body("+"))}),
        // It answers the question whether anything equals it with yes: only tests in its own process fall for it.
        json!({"task_id": "T/0", "solution": "class Any:\n    def __eq__(self, other):\n        return True\ndef add(a, b):\n    return Any()\n"}),
    ];
    write(place, "samples.jsonl", &lines);
}

#[test]
fn a_deceiver_passes_in_one_process_only_and_the_gap_shows_it() {
    let place = Workplace::new();
    add(&place);
    let words = ["samples.jsonl", "--suite", "./mine.jsonl", "--mode", "both"];
    let ended = judge(&place, &words).with_code(0);
    assert!(ended.stdout.contains("integrity gap"), "{ended}");
    let report = place.only_run("runs").json("report.json");
    let rows = report["sections"][0]["rows"].as_array().unwrap();
    let value = |metric: &str| {
        let row = rows.iter().find(|row| row["metric"] == metric).unwrap();
        row["cells"][0]["value"].as_f64().unwrap()
    };
    assert_eq!(value("pass_at_1"), 0.5);
    assert_eq!(value("pass_at_1_shared"), 0.75);
    assert_eq!(value("integrity_gap"), 0.25);
}

#[test]
fn a_body_that_was_never_judged_goes_out_as_a_whole_program() {
    let place = Workplace::new();
    add(&place);
    let words = [
        "sample",
        "import",
        "samples.jsonl",
        "--suite",
        "./mine.jsonl",
    ];
    place.whet(&words).with_code(0);
    let run = place.only_run("runs");
    let ended = place
        .whet(&["sample", "export", run.path().to_str().unwrap()])
        .with_code(0);
    let first: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    let solution = first["solution"].as_str().unwrap();
    assert!(
        solution.contains("def add(a, b):") && solution.contains("return a + b"),
        "{solution}"
    );
    std::fs::remove_file(place.at("mine.jsonl")).unwrap();
    let ended = place.whet(&["sample", "export", run.path().to_str().unwrap()]);
    ended.with_code(1).saying(&["never judged", "mine"]);
}

#[test]
fn judging_that_was_cut_off_goes_on_as_it_was_begun() {
    let place = Workplace::new();
    add(&place);
    let words = ["samples.jsonl", "--suite", "./mine.jsonl", "--mode", "both"];
    judge(&place, &[&words[..], &["--audit", "1"]].concat()).with_code(0);
    let run = place.only_run("runs");
    let wanted = causes(&run);
    let tape = run.path().join("verdicts.jsonl");
    let text = std::fs::read_to_string(&tape).unwrap();
    // As a kill leaves it: one verdict whole, the next torn.
    let second = text.find('\n').unwrap() + 30;
    std::fs::write(&tape, &text[..second]).unwrap();
    let path = run.path().to_str().unwrap();
    let refused = judge(&place, &["--resume", path, "--mode", "split"]).with_code(2);
    refused.saying(&["--resume", "--mode"]);
    let ended = judge(&place, &["--resume", path]).with_code(0);
    ended.saying(&["1 of 4 completions are judged"]);
    assert_eq!(place.runs("runs").len(), 1, "no new folder");
    assert_eq!(causes(&run), wanted);
    let gap = |run: &RunFolder| {
        let report = run.json("report.json");
        let rows = report["sections"][0]["rows"].as_array().unwrap().clone();
        let row = rows
            .into_iter()
            .find(|row| row["metric"] == "integrity_gap");
        row.expect("it is judged both ways, as it was begun")
    };
    assert_eq!(gap(&run)["cells"][0]["value"], 0.25);
}

#[test]
fn judging_that_goes_on_in_another_sandbox_says_so_once() {
    let place = Workplace::new();
    write(&place, "samples.jsonl", &[hello(RIGHT), hello("")]);
    judge(&place, &["samples.jsonl", "--suite", "cpp-demo"]).with_code(0);
    let run = place.only_run("runs");
    let path = run.path().to_str().unwrap();
    let mut header = run.json("run.json");
    header["sandbox"]["policy_sha256"] = "0".repeat(64).into();
    std::fs::write(run.path().join("run.json"), header.to_string()).unwrap();
    let times_said = || {
        let file = run.path().join("warnings.jsonl");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.matches("resumed_elsewhere").count()
    };
    judge(&place, &["--resume", path]).with_code(0);
    assert_eq!(times_said(), 0, "all is judged, so it does not go on");
    let verdicts = run.text("verdicts.jsonl");
    let (first, _) = verdicts.split_once('\n').unwrap();
    for _ in 0..2 {
        std::fs::write(run.path().join("verdicts.jsonl"), format!("{first}\n")).unwrap();
        let ended = judge(&place, &["--resume", path]).with_code(0);
        ended.saying(&["limits or filters", "judge all anew"]);
        assert_eq!(times_said(), 1);
    }
    assert!(run.text("report.md").contains("limits or filters"));
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_with_the_way_out() {
    let place = Workplace::new();
    add(&place);
    judge(&place, &["samples.jsonl", "--suite", "./mine.jsonl"]).with_code(0);
    let run = place.only_run("runs");
    let tape = run.path().join("attempts.jsonl");
    let text = std::fs::read_to_string(&tape).unwrap();
    std::fs::write(&tape, &text[..=text.find('\n').unwrap()]).unwrap();
    let ended = judge(&place, &["--resume", run.path().to_str().unwrap()]).with_code(2);
    ended.saying(&["not all completions had been copied"]);
    generated(&place);
    let made = place.runs("runs");
    let made = made.iter().find(|path| *path != run.path()).unwrap();
    let ended = judge(&place, &["--resume", made.to_str().unwrap()]).with_code(2);
    ended.saying(&["was not made by `whet sample judge`"]);
}

#[test]
fn a_packed_file_of_samples_is_read_and_a_cut_one_is_refused() {
    let place = Workplace::new();
    write(&place, "plain.jsonl", &[hello(RIGHT)]);
    let packed = std::process::Command::new("gzip")
        .args(["-k", "plain.jsonl"])
        .current_dir(place.at(""))
        .status()
        .unwrap();
    assert!(packed.success());
    judge(&place, &["plain.jsonl.gz", "--suite", "cpp-demo"]).with_code(0);
    assert_eq!(causes(&place.only_run("runs")), ["pass"]);
    let bytes = std::fs::read(place.at("plain.jsonl.gz")).unwrap();
    std::fs::write(place.at("cut.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let ended = judge(&place, &["cut.gz", "--suite", "cpp-demo", "-o", "none"]).with_code(2);
    ended.saying(&["cannot read cut.gz"]);
    assert!(place.runs("none").is_empty());
}
