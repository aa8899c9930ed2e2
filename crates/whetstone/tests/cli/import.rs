//! `whet runs import`: results of other programs as runs, with what their files tell and nothing more.

use serde_json::{Value, json};

use crate::workplace::{Ended, Workplace};

/// Two tests of llama-bench, as it writes them.
fn llama_bench() -> Value {
    let test = |n_prompt: u32, n_gen: u32, rates: [f64; 5]| {
        json!({
            "build_commit": "d34db33f", "build_number": 6000, "cpu_info": "Example CPU 9000", "gpu_info": "",
            "backends": "CPU", "model_filename": "models/tiny-q8_0.gguf", "model_type": "llama 1B Q8_0",
            "model_size": 1000, "model_n_params": 900, "n_batch": 2048, "n_ubatch": 512, "n_threads": 4,
            "type_k": "f16", "type_v": "f16", "n_gpu_layers": 0, "flash_attn": false,
            "n_prompt": n_prompt, "n_gen": n_gen, "n_depth": 0, "test_time": "2026-01-02T03:04:05Z",
            "avg_ns": 1, "stddev_ns": 1, "avg_ts": 100.0, "stddev_ts": 1.0,
            "samples_ns": [1, 2, 3, 4, 5], "samples_ts": rates,
        })
    };
    json!([
        test(512, 0, [99.0, 101.0, 100.0, 98.0, 102.0]),
        test(0, 128, [9.0, 11.0, 10.0, 9.5, 10.5])
    ])
}

fn lm_eval(accuracy: f64, error: Value) -> Value {
    json!({
        "results": {"hellaswag": {
            "alias": "hellaswag", "name": "hellaswag", "sample_len": 400, "acc,none": accuracy, "acc_stderr,none": error.clone(),
            "acc_norm,none": "N/A", "exact_match,strict-match": 0.25, "exact_match_stderr,strict-match": "N/A",
        }},
        "n-samples": {"hellaswag": {"original": 400, "effective": 400}},
        "n-shot": {"hellaswag": 0}, "versions": {"hellaswag": 1.0},
        "config": {"model": "hf", "model_args": "pretrained=org/tiny,dtype=float32"},
        "lm_eval_version": "0.4.9",
    })
}

fn evalplus(passing: usize) -> Value {
    let task = |n: usize| {
        let status = if n < passing { "pass" } else { "fail" };
        let attempt = json!({
            "task_id": format!("HumanEval/{n}"), "solution": "def f():\n    return 1\n",
            "base_status": status, "plus_status": if n == 0 { "timeout" } else { status },
            "base_fail_tests": [], "plus_fail_tests": [],
        });
        (format!("HumanEval/{n}"), json!([attempt]))
    };
    let tasks: serde_json::Map<String, Value> = (0..8).map(task).collect();
    json!({"date": "2026-01-02", "hash": "abcdef", "eval": tasks})
}

fn import(place: &Workplace, name: &str, text: &str, words: &[&str]) -> Ended {
    std::fs::write(place.at(name), text).unwrap();
    place.whet(&[&["runs", "import", name], words].concat())
}

/// The cells of a metric in the report of a run.
fn row(report: &Value, metric: &str) -> Value {
    let sections = report["sections"].as_array().unwrap().iter();
    let mut rows = sections.flat_map(|section| section["rows"].as_array().unwrap());
    rows.find(|row| row["metric"] == metric)
        .unwrap_or_else(|| panic!("{metric}: {report}"))
        .clone()
}

#[test]
fn a_speed_of_llama_bench_keeps_every_repetition_and_is_marked() {
    let place = Workplace::new();
    let ended = import(&place, "bench.json", &llama_bench().to_string(), &[]).with_code(0);
    ended.saying(&["2 results of llama-bench b6000 (d34db33f)"]);
    let run = place.only_run("runs");
    assert!(run.text("report.md").contains("sha256 unknown"));
    let header = run.json("run.json");
    assert_eq!(header["plan"]["imported"]["program"], "llama-bench");
    assert_eq!(
        header["plan"]["imported"]["sha256"].as_str().unwrap().len(),
        64
    );
    assert_eq!(header["models"][0]["name"], "tiny-q8_0");
    assert_eq!(
        header["machine"],
        json!({"cpu_model": "Example CPU 9000"}),
        "not this machine"
    );
    let prefill = row(&run.json("report.json"), "prefill_tokens_per_s");
    assert_eq!(
        (&prefill["cells"][0]["n"], &prefill["cells"][0]["value"]),
        (&json!(5), &json!(100.0))
    );
    assert_eq!(prefill["conditions"]["prompt_tokens"], 512);
    let told = place.whet(&["report"]).with_code(0);
    assert!(told.stdout.contains("brought in from bench.json"), "{told}");
    assert!(
        told.stdout.lines().all(|line| line.chars().count() <= 80),
        "{told}"
    );
}

#[test]
fn lines_are_read_as_a_list_is() {
    let place = Workplace::new();
    let list = llama_bench();
    let lines: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    import(
        &place,
        "bench.jsonl",
        &format!("\u{feff}{}", lines.join("\n")),
        &["--name", "mine"],
    )
    .with_code(0);
    let run = place.only_run("runs");
    assert_eq!(run.records("measurements.jsonl").len(), 2);
    assert_eq!(run.json("run.json")["models"][0]["name"], "mine");
}

#[test]
fn tests_that_differ_in_any_setting_are_no_repetitions_of_one_another() {
    let place = Workplace::new();
    let mut sweep = vec![llama_bench()[0].clone(); 3];
    sweep[1]["load_mode"] = json!("mlock");
    import(&place, "sweep.json", &json!(sweep).to_string(), &[]).with_code(0);
    let run = place.only_run("runs");
    let values = |record: &Value| record["values"].as_array().unwrap().len();
    let measured = run.records("measurements.jsonl");
    assert_eq!(measured.iter().map(values).collect::<Vec<_>>(), [10, 5]);
    assert_eq!(measured[1]["conditions"]["load_mode"], "mlock");
}

#[test]
fn a_mean_without_its_values_has_neither_n_nor_interval() {
    let place = Workplace::new();
    let mut old = llama_bench();
    for test in old.as_array_mut().unwrap() {
        test.as_object_mut().unwrap().remove("samples_ts");
    }
    import(&place, "old.json", &old.to_string(), &[]).with_code(0);
    let run = place.only_run("runs");
    let cell = row(&run.json("report.json"), "decode_tokens_per_s")["cells"][0].clone();
    assert_eq!(
        (&cell["value"], &cell["n"], &cell["interval"]),
        (&json!(100.0), &json!(0), &Value::Null)
    );
    assert!(cell["method"].as_str().unwrap().contains("tells no spread"));
    let table = run.text("report.md");
    assert!(table.contains("| ? |"), "{table}");
}

#[test]
fn settings_that_differ_are_conditions_and_equal_tests_are_repetitions() {
    let place = Workplace::new();
    let mut list = llama_bench();
    let again = list[0].clone();
    let mut other = list[0].clone();
    other["flash_attn"] = json!(true);
    list.as_array_mut().unwrap().extend([again, other]);
    import(&place, "bench.json", &list.to_string(), &[]).with_code(0);
    let records = place.only_run("runs").records("measurements.jsonl");
    let prefill: Vec<&Value> = records
        .iter()
        .filter(|m| m["metric"] == "prefill_tokens_per_s")
        .collect();
    let n = |record: &Value| record["values"].as_array().unwrap().len();
    assert_eq!(
        prefill.iter().map(|record| n(record)).collect::<Vec<_>>(),
        [10, 5]
    );
    assert_eq!(prefill[1]["conditions"]["flash_attn"], true);
}

#[test]
fn numbers_of_lm_eval_have_its_n_and_error_and_what_is_na_stays_unknown() {
    let place = Workplace::new();
    import(
        &place,
        "a.json",
        &lm_eval(0.45, json!(0.025)).to_string(),
        &["-o", "a"],
    )
    .with_code(0);
    import(
        &place,
        "b.json",
        &lm_eval(0.6, json!(0.0245)).to_string(),
        &["-o", "b"],
    )
    .with_code(0);
    let run = place.only_run("a");
    assert_eq!(run.json("run.json")["models"][0]["name"], "tiny");
    let report = run.json("report.json");
    let accuracy = row(&report, "accuracy")["cells"][0].clone();
    assert_eq!(
        (&accuracy["value"], &accuracy["n"]),
        (&json!(0.45), &json!(400))
    );
    let (lo, hi) = (
        accuracy["interval"]["lo"].as_f64().unwrap(),
        accuracy["interval"]["hi"].as_f64().unwrap(),
    );
    assert!(
        lo > 0.39 && lo < 0.45 && hi > 0.45 && hi < 0.51,
        "{accuracy}"
    );
    assert_eq!(
        row(&report, "accuracy_by_characters")["cells"][0]["reason"],
        "the file says N/A"
    );
    assert!(
        !report.to_string().contains("sample_len"),
        "how many there were is no result"
    );
    let strict = row(&report, "exact_match");
    assert_eq!(
        (
            &strict["cells"][0]["interval"],
            &strict["conditions"]["filter"]
        ),
        (&Value::Null, &json!("strict-match"))
    );
    let [a, b] = ["a", "b"].map(|root| place.only_run(root).path().display().to_string());
    let compared = place.whet(&[
        "compare",
        &a,
        &b,
        "--gate",
        "accuracy.difference>5%",
        "--format",
        "json",
    ]);
    let compared = compared.with_code(0).json();
    let found = row(&compared["scorecard"], "accuracy")["comparisons"][0].clone();
    assert!(
        (found["value"].as_f64().unwrap() - 0.15).abs() < 1e-9,
        "{found}"
    );
    assert!(
        found["method"].as_str().unwrap().contains("unpaired"),
        "{found}"
    );
}

/// pass@1 of humaneval+.
fn plus(report: &Value) -> f64 {
    let mut sections = report["sections"].as_array().unwrap().iter();
    let section = sections.find(|section| section["suite"] == "humaneval+");
    let mut rows = section.unwrap()["rows"].as_array().unwrap().iter();
    let row = rows.find(|row| row["metric"] == "pass_at_1").unwrap();
    row["cells"][0]["value"].as_f64().unwrap()
}

#[test]
fn who_fails_the_tests_of_old_does_not_pass_humaneval_plus_as_evalplus_counts() {
    let place = Workplace::new();
    let mut file = evalplus(8);
    // As EvalPlus 0.3.1 wrote it for a wrong answer to a task whose added tests hold nothing.
    file["eval"]["HumanEval/5"][0]["base_status"] = json!("fail");
    import(&place, "a.json", &file.to_string(), &["-o", "a"]).with_code(0);
    let report = place.only_run("a").json("report.json");
    assert_eq!(row(&report, "pass_at_1")["cells"][0]["value"], 0.875);
    assert_eq!(plus(&report), 0.75);
}

#[test]
fn attempts_of_evalplus_are_paired_problem_by_problem() {
    let place = Workplace::new();
    for (name, passing) in [("base", 2), ("tuned", 6)] {
        let text = evalplus(passing).to_string();
        import(&place, &format!("{name}.json"), &text, &["-o", name]).with_code(0);
    }
    let run = place.only_run("tuned");
    let report = run.json("report.json");
    assert_eq!(plus(&report), 0.625, "one timed out in the added tests");
    let suites: Vec<&Value> = report["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["suite"])
        .collect();
    assert_eq!(suites, [&json!("humaneval"), &json!("humaneval+")]);
    assert_eq!(row(&report, "pass_at_1")["cells"][0]["value"], 0.75);
    let [a, b] = ["base", "tuned"].map(|root| place.only_run(root).path().display().to_string());
    let compared = place
        .whet(&["compare", &a, &b, "--format", "json"])
        .with_code(0)
        .json();
    let found = row(&compared["scorecard"], "pass_at_1")["comparisons"][0].clone();
    assert_eq!((&found["value"], &found["n"]), (&json!(0.5), &json!(8)));
    assert!(
        found["method"].as_str().unwrap().contains("McNemar"),
        "{found}"
    );
}

#[test]
fn a_speed_that_was_brought_in_stands_beside_one_that_was_measured() {
    let place = Workplace::new();
    let words = "bench latency toy.gguf --prompt-tokens 16 --generate-tokens 8 --repeats 6 --warmups 1 --threads 1 -q -o mine";
    place
        .whet(&words.split(' ').collect::<Vec<_>>())
        .with_code(0);
    let mut theirs = llama_bench();
    theirs[0]["n_prompt"] = json!(16);
    theirs[0]["n_threads"] = json!(1);
    import(
        &place,
        "theirs.json",
        &theirs.to_string(),
        &["-o", "theirs"],
    )
    .with_code(0);
    let [a, b] = ["mine", "theirs"].map(|root| place.only_run(root).path().display().to_string());
    let compared = place
        .whet(&["compare", &a, &b, "--format", "json"])
        .with_code(0)
        .json();
    let prefill = row(&compared["scorecard"], "prefill_tokens_per_s");
    assert!(
        prefill["comparisons"][0]["value"].is_number(),
        "one row for both: {prefill}"
    );
    let warnings = compared["scorecard"]["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning["kind"] == "imported"));
}

#[test]
fn files_that_are_cut_hostile_or_of_somebody_else_leave_no_run() {
    let place = Workplace::new();
    let whole = serde_json::to_string_pretty(&llama_bench()).unwrap();
    let broken = |change: fn(&mut Value)| {
        let mut list = llama_bench();
        change(&mut list);
        list.to_string()
    };
    let evalplus_of = |attempt: Value| json!({"eval": {"HumanEval/0": attempt}}).to_string();
    let cases: Vec<(String, &str)> = vec![
        (whole[..whole.len() / 2].to_owned(), "line "),
        (String::new(), "it is empty"),
        ("[]".into(), "holds no result"),
        ("{\"a\": 1}".into(), "neither llama-bench's"),
        (
            "{\"task_id\": \"HumanEval/0\", \"solution\": \"\"}".into(),
            "whet sample import",
        ),
        (
            broken(|list| list[1]["samples_ts"] = json!(["fast"])),
            "result 2: `samples_ts` is [\"fast\"]",
        ),
        (
            broken(|list| list[0]["n_prompt"] = json!(-1)),
            "result 1: `n_prompt` is -1",
        ),
        (
            broken(|list| list[0]["n_prompt"] = json!(0)),
            "neither reads nor writes",
        ),
        (
            broken(|list| list[0]["model_filename"] = json!(null)),
            "result 1: `model_filename` is null",
        ),
        ("{\"results\": {}}".into(), "holds no number"),
        ("{\"results\": {\"t\": 3}}".into(), "results.t is 3"),
        (
            "{\"results\": {\"t\": {\"acc,none\": [1]}}}".into(),
            "results.t: `acc,none` is [1]",
        ),
        (
            evalplus_of(json!([{"solution": "x"}])),
            "eval.HumanEval/0[0]: `base_status` is missing",
        ),
        (
            evalplus_of(json!([{"solution": "x", "base_status": "\u{1b}[2J"}])),
            "eval.HumanEval/0[0]: `base_status`",
        ),
        (evalplus_of(json!({"nfiles": 1})), "no list of attempts"),
        (evalplus_of(json!([])), "no attempt with a status"),
    ];
    for (text, says) in cases {
        let ended = import(&place, "foreign.json", &text, &[]).with_code(2);
        assert!(ended.stderr.contains(says), "{says}: {ended}");
        assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
    }
    std::fs::write(place.at("bytes.json"), [0xff, 0xfe]).unwrap();
    place
        .whet(&["runs", "import", "bytes.json"])
        .with_code(2)
        .saying(&["byte 0 is not UTF-8"]);
    place
        .whet(&["runs", "import", "nowhere.json"])
        .with_code(2)
        .saying(&["nowhere.json"]);
    assert!(place.runs("runs").is_empty());
}
