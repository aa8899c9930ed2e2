//! `whet runs import` of halo-forge's files: every number under the name of what it is.

use serde_json::{Value, json};

use crate::workplace::{Ended, Workplace};

/// The published evaluations of its smallest model, with what else such a file holds.
fn summary() -> Value {
    let evaluation = |any: f64, passed: u32, rate: f64| {
        json!({
            "total_prompts": 16, "total_samples": 128, "compiled": 41, "passed": passed, "compile_rate": 0.3203,
            "pass_rate": rate, "pass_at_1": any, "pass_at_k": 0.0, "avg_reward": 0.2, "tokens_per_sec": 230.3,
            "generation_time_sec": 569.0, "verification_time_sec": 30.0, "hardware": {},
        })
    };
    json!({
        "model_name": "Qwen/Qwen2.5-Coder-0.5B", "model_short": "qwen2-5-coder-0-5b", "n_cycles": 2,
        "baseline": evaluation(0.8125, 6, 0.0469), "cycles": [], "final": evaluation(0.875, 10, 0.0781),
        "total_time_sec": 2436.6, "hardware_summary": {}, "improvement": {},
    })
}

fn results() -> Value {
    json!({
        "total": 4, "passed": 3, "pass_rate": 0.75, "pass_at_k": {"1": 0.3, "5": 0.7},
        "by_category": {"easy": {"total": 3, "passed": 3, "pass_rate": 1.0}, "hard": {"total": 1, "passed": 0, "pass_rate": 0.0}},
        "timing": {"generation_time": 1.0, "verification_time": 2.0, "total_time": 3.0},
        "model_path": "models/raft/final_model", "timestamp": "2026-01-02T03:04:05",
    })
}

/// Three prompts with two samples each; so many are right, and one does not compile.
fn samples(right: usize) -> Vec<Value> {
    let line = |n: usize| {
        json!({
            "prompt_id": format!("p{}", n / 2), "prompt": "print 8", "expected_output": "8", "code": "int main() {}",
            "sample_idx": n % 2, "compiles": n != 5, "reward": 0.5, "error": "", "passes": n < right, "actual_output": "",
        })
    };
    (0..6).map(line).collect()
}

fn lines(values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    lines.join("\n")
}

fn import(place: &Workplace, name: &str, text: &str) -> Ended {
    std::fs::write(place.at(name), text).unwrap();
    place.whet(&["runs", "import", name])
}

/// The cells of a metric, in every section that has it.
fn cells(report: &Value, metric: &str) -> Vec<Value> {
    let sections = report["sections"].as_array().unwrap().iter();
    let rows = sections.flat_map(|section| section["rows"].as_array().unwrap());
    let mine = rows.filter(|row| row["metric"] == metric);
    mine.map(|row| row["cells"].clone()).collect()
}

#[test]
fn what_a_summary_calls_pass_at_1_is_called_what_it_is() {
    let place = Workplace::new();
    import(&place, "summary.json", &summary().to_string())
        .with_code(0)
        .saying(&["8 results of halo-forge"]);
    let run = place.only_run("runs");
    let report = run.json("report.json");
    let [any, pass] = ["any_compiles_at_8", "pass_at_1"].map(|name| cells(&report, name).remove(0));
    assert_eq!(
        (&any[0]["value"], &any[0]["n"]),
        (&json!(0.8125), &json!(16))
    );
    assert!(any[0]["interval"].is_object(), "13 of 16 prompts: {any}");
    assert_eq!(pass[1]["value"], 0.0781);
    assert_eq!(any[1]["model"], "Qwen2.5-Coder-0.5B (final)");
    assert!(
        !run.text("report.md").contains("230"),
        "a rate that counts padding"
    );
}

#[test]
fn what_an_unnamed_verifier_passed_is_only_called_verified() {
    let place = Workplace::new();
    import(&place, "bench.json", &results().to_string()).with_code(0);
    let run = place.only_run("runs");
    assert_eq!(run.json("run.json")["models"][0]["name"], "final_model");
    let report = run.json("report.json");
    assert!(cells(&report, "pass_at_1").is_empty() && cells(&report, "compile_rate").is_empty());
    assert_eq!(cells(&report, "verified_rate")[0][0]["value"], 0.3);
    assert_eq!(cells(&report, "verified_at_5_rate")[0][0]["value"], 0.7);
    let any = cells(&report, "any_verified_rate");
    let told: Vec<(f64, u64)> = any
        .iter()
        .map(|cells| {
            (
                cells[0]["value"].as_f64().unwrap(),
                cells[0]["n"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(0.75, 4), (1.0, 3), (0.0, 1)]);
}

#[test]
fn what_we_export_comes_back_as_right_and_as_compiled() {
    let place = Workplace::new();
    let words = "bench code toy.gguf --suite cpp-demo --limit 2 --samples 2 --threads 1 -q -o mine --export halo-forge=ours.json";
    place
        .whet(&words.split(' ').collect::<Vec<_>>())
        .with_code(0);
    place
        .whet(&["runs", "import", "ours.json"])
        .with_code(0)
        .saying(&["whet, in halo-forge's form"]);
    let [mine, back] = ["mine", "runs"].map(|root| place.only_run(root).json("report.json"));
    for metric in ["pass_at_1", "compile_rate"] {
        let [a, b] = [&mine, &back].map(|report| cells(report, metric)[0][0].clone());
        assert_eq!((&a["value"], &a["n"]), (&b["value"], &b["n"]), "{metric}");
    }
    assert_eq!(cells(&back, "any_right_rate")[0][0]["n"], 2);
}

#[test]
fn samples_are_attempts_and_two_files_are_paired() {
    let place = Workplace::new();
    import(&place, "before_samples.jsonl", &lines(&samples(2))).with_code(0);
    std::fs::rename(place.at("runs"), place.at("first")).unwrap();
    import(&place, "after_samples.jsonl", &lines(&samples(4))).with_code(0);
    let [a, b] = ["first", "runs"].map(|root| place.only_run(root));
    let report = a.json("report.json");
    assert_eq!(
        cells(&report, "pass_at_1")[0][0]["value"].as_f64(),
        Some(2.0 / 6.0)
    );
    assert_eq!(
        cells(&report, "compile_rate")[0][0]["value"].as_f64(),
        Some(5.0 / 6.0)
    );
    let folders = [&a, &b].map(|run| run.path().display().to_string());
    let compared = place
        .whet(&["compare", &folders[0], &folders[1], "--format", "json"])
        .with_code(0)
        .json();
    let sections = compared["scorecard"]["sections"].to_string();
    assert!(
        sections.contains("\"n\":3"),
        "paired over three prompts: {sections}"
    );
}

#[test]
fn without_expected_outputs_samples_only_tell_what_compiles() {
    let place = Workplace::new();
    let mut some = samples(2);
    some[3]["expected_output"] = Value::Null;
    import(&place, "samples.jsonl", &lines(&some)).with_code(0);
    let report = place.only_run("runs").json("report.json");
    assert!(cells(&report, "pass_at_1").is_empty(), "{report}");
    assert_eq!(
        cells(&report, "compile_rate")[0][0]["value"].as_f64(),
        Some(5.0 / 6.0)
    );
}

#[test]
fn files_that_cannot_be_are_refused_with_the_place() {
    let place = Workplace::new();
    let sample = |field: &str, value: Value| {
        let mut some = samples(2);
        some[1][field] = value;
        lines(&some)
    };
    let result = |at: &str, value: Value| {
        let mut file = results();
        *file.pointer_mut(at).unwrap() = value;
        file.to_string()
    };
    let mut early = summary();
    early["final"]["pass_rate"] = json!("NaN");
    let cases = [
        (
            sample("sample_idx", json!(0)),
            "line 2: sample 0 of p0 is there twice",
        ),
        (
            sample("compiles", json!("yes")),
            "line 2: `compiles` is \"yes\"",
        ),
        (
            sample("compiles", json!(false)),
            "line 2: it passes and does not compile",
        ),
        (sample("stage", json!("\u{1b}[2J")), "line 2: `stage` is"),
        (result("/passed", json!(5)), "5 of 4 prompts cannot be"),
        (
            result("/by_category/hard/total", json!(0)),
            "by_category.hard: 0 of 0",
        ),
        (result("/pass_at_k/5", json!(70)), "`5` is 70, and no share"),
        (result("/pass_at_k", json!([1])), "`pass_at_k` is [1]"),
        (early.to_string(), "final: `pass_rate` is \"NaN\""),
    ];
    for (text, says) in cases {
        let ended = import(&place, "file.json", &text).with_code(2);
        assert!(ended.stderr.contains(says), "{says}: {ended}");
        assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
    }
    assert!(place.runs("runs").is_empty());
}
