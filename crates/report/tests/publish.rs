//! Forms for other programs: their shapes, and that they say what the scorecard says.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use ledger::record::{Measurement, Stage};
use report::Scorecard;
use report::publish::{FORMATS, Source, find};
use serde_json::{Value, json};

fn write(name: &str, run: &Run, model: &str, suite: &str) -> Result<Vec<u8>, report::Error> {
    let card = Scorecard::of(run);
    let source = Source {
        dpi: report::chart::DPI,
        run,
        card: &card,
        model,
        suite,
    };
    find(name).unwrap().write(&source)
}

fn text(name: &str, run: &Run) -> String {
    let bytes = write(name, run, "synthetic-1.5b", "cpp-demo").unwrap();
    String::from_utf8(bytes).unwrap()
}

fn json_of(name: &str, run: &Run) -> Value {
    serde_json::from_str(&text(name, run)).unwrap()
}

/// The number of a model in the scorecard.
fn number(run: &Run, metric: &str, model: usize) -> f64 {
    let card = Scorecard::of(run);
    let mut rows = card.sections.iter().flat_map(|section| &section.rows);
    rows.find(|row| row.metric == metric).unwrap().cells[model]
        .value
        .unwrap()
}

#[test]
fn every_form_has_a_name_of_its_own_and_an_unknown_one_is_answered_with_all() {
    let said = find("xlsx").err().unwrap();
    for format in &FORMATS {
        assert!(said.contains(format.name), "{said}");
        let same = FORMATS
            .iter()
            .filter(|other| other.name == format.name)
            .count();
        assert_eq!(same, 1, "{}", format.name);
    }
}

#[test]
fn a_run_without_results_has_nothing_for_the_forms_of_others_and_they_say_what_they_take() {
    let empty = Run::new(fixture::header(&["m"]));
    for name in [
        "lm-eval",
        "evalplus",
        "hyperfine",
        "benchmark-bigger",
        "benchmark-smaller",
        "hf-eval",
        "png",
        "svg",
        "smallcoder",
        "smallcoder-md",
        "smallcoder-variants",
        "halo-forge",
    ] {
        let said = write(name, &empty, "m", "").unwrap_err().to_string();
        assert!(
            said.contains("holds nothing") && said.contains("takes"),
            "{name}: {said}"
        );
    }
    for name in [
        "md",
        "csv",
        "json",
        "jsonl",
        "sql",
        "parquet",
        "tex",
        "html",
        "github-summary",
    ] {
        write(name, &empty, "m", "").unwrap();
    }
}

#[test]
fn the_flat_forms_hold_the_same_lines() {
    let run = fixture::run();
    let lines: Vec<Value> = text("jsonl", &run)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let card = Scorecard::of(&run);
    let n_cells: usize = card
        .sections
        .iter()
        .flat_map(|s| &s.rows)
        .map(|row| row.cells.len())
        .sum();
    assert_eq!(lines.len(), n_cells);
    let sql = text("sql", &run);
    assert_eq!(sql.matches("INSERT INTO results").count(), n_cells);
    assert_eq!(text("csv", &run).lines().count(), n_cells + 1);
    let pass = lines
        .iter()
        .find(|line| line["metric"] == "pass_at_1")
        .unwrap();
    assert_eq!(
        pass["value"].as_f64().unwrap(),
        number(&run, "pass_at_1", 0)
    );
    assert!(pass["conditions"].is_object() && pass["lo"].is_number());
    let bytes = write("parquet", &run, "", "").unwrap();
    assert_eq!(
        (&bytes[..4], &bytes[bytes.len() - 4..]),
        (&b"PAR1"[..], &b"PAR1"[..])
    );
}

#[test]
fn timed_runs_are_those_of_the_records_in_seconds() {
    let run = fixture::run();
    let results = json_of("hyperfine", &run);
    let first = &results["results"][0];
    let record = run
        .measurements
        .iter()
        .find(|m| m.metric == "time_to_first_token_ns")
        .unwrap();
    let times: Vec<f64> = record.values.iter().map(|ns| ns / 1e9).collect();
    let found: Vec<f64> = first["times"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_f64().unwrap())
        .collect();
    assert_eq!(found, times);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    assert!((first["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(first["user"].is_null(), "no process was started");
    assert_eq!(first["parameters"]["model"], "synthetic-0.5b");
    for result in results["results"].as_array().unwrap() {
        let number = |name: &str| result[name].as_f64().unwrap();
        assert!(number("min") <= number("median") && number("median") <= number("max"));
    }
}

#[test]
fn points_of_a_workflow_are_in_base_units_and_apart_by_direction() {
    let run = fixture::run();
    let (bigger, smaller) = (
        json_of("benchmark-bigger", &run),
        json_of("benchmark-smaller", &run),
    );
    let names = |points: &Value| -> Vec<String> {
        let points = points.as_array().unwrap().iter();
        points
            .map(|point| point["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let (up, down) = (names(&bigger), names(&smaller));
    assert!(
        up.iter().any(|name| name.contains("pass@1"))
            && down.iter().any(|name| name.contains("perplexity"))
    );
    assert!(up.iter().all(|name| !down.contains(name)));
    let mut distinct = up.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), up.len(), "a name is one series");
    for point in bigger
        .as_array()
        .unwrap()
        .iter()
        .chain(smaller.as_array().unwrap())
    {
        assert!(
            point["value"].is_number() && point["unit"].is_string(),
            "{point}"
        );
    }
}

/// The fixture as if its executed suite were a published one, with multiple choice beside it.
fn published() -> Run {
    let mut run = fixture::run();
    let rename = |suite: &mut String| {
        if suite == "cpp-demo" {
            "humaneval".clone_into(suite);
        }
    };
    run.header
        .suites
        .iter_mut()
        .for_each(|suite| rename(&mut suite.name));
    run.attempts
        .iter_mut()
        .for_each(|attempt| rename(&mut attempt.key.suite));
    run.verdicts
        .iter_mut()
        .for_each(|verdict| rename(&mut verdict.key.suite));
    run
}

#[test]
fn rates_of_published_suites_reach_the_harnesses_with_standard_errors() {
    let run = published();
    let results = json_of("lm-eval", &run);
    let task = &results["results"]["humaneval"];
    let value = number(&run, "pass_at_1", 1);
    assert_eq!(task["pass@1,create_test"].as_f64().unwrap(), value);
    let error = task["pass@1_stderr,create_test"].as_f64().unwrap();
    assert!(error > 0.0 && error < 0.2, "{error}");
    assert_eq!(results["n-samples"]["humaneval"]["effective"], 24);
    assert_eq!(results["model_name"], "synthetic-1.5b");
    assert!(
        results["results"].get("python-core").is_none(),
        "ours is no task of theirs"
    );
}

/// A results file as lm-evaluation-harness 0.4.13 writes it, by its sources; the numbers are made up.
const OF_THE_HARNESS: &str = include_str!("fixture/lm_eval_results.json");

#[test]
fn what_the_harness_would_call_a_result_is_what_ours_is_called() {
    let theirs: Value = serde_json::from_str(OF_THE_HARNESS).unwrap();
    for name in ["humaneval", "humaneval_plus", "mbpp", "mbpp_plus"] {
        let mut run = published();
        run.header.plan = json!({"code": {"prompt": "raw", "samples": 4, "temperature": 0.0}});
        let keys = run.attempts.iter_mut().map(|one| &mut one.key);
        for key in keys.chain(run.verdicts.iter_mut().map(|one| &mut one.key)) {
            if key.suite == "humaneval" {
                name.clone_into(&mut key.suite);
            }
        }
        let ours = json_of("lm-eval", &run);
        let keys = |from: &Value| -> Vec<String> {
            let entry = from["results"][name].as_object().unwrap();
            let told = entry.keys().filter(|key| key.contains(','));
            told.cloned().collect()
        };
        assert_eq!(keys(&ours), keys(&theirs), "{name}");
        let direction = |from: &Value| from["higher_is_better"][name].clone();
        assert_eq!(direction(&ours), direction(&theirs), "{name}");
        // Three solved problems stand before one of mbpp there, and none here.
        let shots = ours["n-shot"].get(name);
        let same = shots.is_none_or(|n| *n == theirs["n-shot"][name]);
        assert!(same && shots.is_some() == name.starts_with("humaneval"));
        for part in ["results", "configs", "versions", "n-samples", "config"] {
            assert!(ours[part].is_object() && theirs[part].is_object(), "{part}");
        }
    }
}

#[test]
fn code_that_was_asked_in_another_wording_has_no_number_of_shots_and_says_so() {
    let run = published();
    let results = |plan: Value, run: &Run| {
        let mut run = run.clone();
        run.header.plan = plan;
        json_of("lm-eval", &run)
    };
    let asked = |prompt: Value| json!({"code": {"prompt": prompt, "samples": 1}});
    let told = results(asked(json!("raw")), &run);
    assert_eq!(told["n-shot"]["humaneval"], 0);
    assert_eq!(told["configs"]["humaneval"]["wording"], "raw");
    let told = results(asked(Value::Null), &run);
    assert_eq!(told["n-shot"], json!({}));
    let config = &told["configs"]["humaneval"];
    assert_eq!(config["wording"], "evalplus-chat");
    assert!(config["note"].as_str().unwrap().contains("not in that of"));
    let foreign = json!({"imported": {"program": "EvalPlus"}, "code": {"prompt": "raw"}});
    let told = results(foreign, &run);
    assert_eq!(told["n-shot"], json!({}));
    assert!(told["configs"]["humaneval"]["wording"].is_null());
}

#[test]
fn attempts_reach_evalplus_with_their_status_and_none_that_was_not_judged() {
    let mut run = published();
    let key = run
        .verdicts
        .iter()
        .find(|v| v.key.suite == "humaneval" && v.key.model == "synthetic-1.5b");
    let key = key.unwrap().key.clone();
    for verdict in run.verdicts.iter_mut().filter(|verdict| verdict.key == key) {
        verdict.stage = None;
        verdict.unscored = Some("the disk was full".into());
    }
    let bytes = write("evalplus", &run, "synthetic-1.5b", "humaneval").unwrap();
    let results: Value = serde_json::from_slice(&bytes).unwrap();
    let tasks = results["eval"].as_object().unwrap();
    let attempts: Vec<&Value> = tasks
        .values()
        .flat_map(|task| task.as_array().unwrap())
        .collect();
    assert_eq!(attempts.len(), 24 * 4 - 1);
    for attempt in &attempts {
        assert!(["pass", "fail", "timeout"].contains(&attempt["base_status"].as_str().unwrap()));
        assert!(attempt["plus_status"].is_null() && attempt["solution"].is_string());
    }
    let passed = attempts
        .iter()
        .filter(|attempt| attempt["base_status"] == "pass")
        .count();
    let right = run.verdicts.iter().filter(|verdict| {
        verdict.key.model == "synthetic-1.5b" && verdict.stage == Some(ledger::record::Stage::Right)
    });
    assert_eq!(passed, right.count());
    assert!(results["pass_at_k"]["base"]["pass@1"].is_number());
}

/// The published run with as many problems as the data set has.
fn whole_humaneval() -> Run {
    let mut run = published();
    for model in ["synthetic-0.5b", "synthetic-1.5b"] {
        for problem in 24..164 {
            let stage = [Stage::Runs, Stage::Right][problem as usize % 2];
            let key = fixture::key(model, "humaneval", problem, 0);
            fixture::push(&mut run, key, Some(stage), "x", Default::default());
        }
    }
    run
}

fn refused_by_the_hub(run: &Run) -> String {
    write("hf-eval", run, "synthetic-1.5b", "")
        .unwrap_err()
        .to_string()
}

#[test]
fn the_hub_gets_no_part_of_a_data_set_and_nothing_that_another_program_measured() {
    let part = refused_by_the_hub(&published());
    assert!(
        part.contains("humaneval has 164 problems, and 24 were scored"),
        "{part}"
    );
    let mut unscored = whole_humaneval();
    let last = unscored.verdicts.last_mut().unwrap();
    last.stage = None;
    last.unscored = Some("the disk was full".into());
    assert!(refused_by_the_hub(&unscored).contains("163 were scored"));
    let mut brought_in = whole_humaneval();
    brought_in.header.plan = json!({"imported": {"program": "EvalPlus"}});
    assert!(refused_by_the_hub(&brought_in).contains("was not measured here"));
    let mut beside_ours = whole_humaneval();
    beside_ours.header.models[1].sha256.clear();
    assert!(refused_by_the_hub(&beside_ours).contains("was not measured here"));
}

#[test]
fn a_suite_that_only_begins_like_a_data_set_is_none() {
    for name in ["humaneval+", "humaneval-hard", "my humaneval"] {
        let mut run = whole_humaneval();
        let keys = run.attempts.iter_mut().map(|one| &mut one.key);
        for key in keys.chain(run.verdicts.iter_mut().map(|one| &mut one.key)) {
            if key.suite == "humaneval" {
                key.suite = name.into();
            }
        }
        let said = refused_by_the_hub(&run);
        assert!(said.contains("holds nothing for hf-eval"), "{name}: {said}");
    }
}

#[test]
fn the_harness_is_told_how_many_problems_a_limit_left_out() {
    let mut run = published();
    let suite = run
        .header
        .suites
        .iter_mut()
        .find(|suite| suite.name == "humaneval");
    suite.unwrap().n_problems = 164;
    let sizes = &json_of("lm-eval", &run)["n-samples"]["humaneval"];
    assert_eq!(
        (&sizes["original"], &sizes["effective"]),
        (&json!(164), &json!(24))
    );
}

#[test]
fn the_hub_gets_percent_of_data_sets_that_it_knows() {
    let run = whole_humaneval();
    let yaml = text("hf-eval", &run);
    let percent = (number(&run, "pass_at_1", 1) * 1e4).round() / 100.0;
    assert!(
        yaml.starts_with(
            "- dataset:\n    id: openai/openai_humaneval\n    task_id: openai_humaneval\n"
        ),
        "{yaml}"
    );
    assert!(yaml.contains(&format!("  value: {percent}\n")), "{yaml}");
    assert!(
        yaml.contains("  date: \"2026-01-02\"\n") && !yaml.contains("python-core"),
        "{yaml}"
    );
}

#[test]
fn rolling_perplexity_is_a_task_only_by_the_protocol_of_the_harness() {
    let mut run = fixture::run();
    assert!(
        write("lm-eval", &run, "synthetic-1.5b", "").is_err(),
        "no published suite"
    );
    let conditions = json!({"text": "wikitext", "protocol": "lm-eval", "context": 2048});
    let conditions: std::collections::BTreeMap<String, Value> = conditions
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .collect();
    for (metric, value) in [
        ("passage_nats", 700.0),
        ("passage_tokens", 200.0),
        ("passage_bytes", 900.0),
        ("passage_words", 150.0),
    ] {
        run.measurements.push(Measurement {
            benchmark: "perplexity".into(),
            metric: metric.into(),
            model: "synthetic-1.5b".into(),
            conditions: conditions.clone(),
            values: vec![value, value * 1.1, value * 0.9],
            reason: None,
            told: None,
            own: None,
        });
    }
    let results = json_of("lm-eval", &run);
    let task = &results["results"]["wikitext"];
    assert!(
        task["word_perplexity,none"].is_number() && task["bits_per_byte,none"].is_number(),
        "{results}"
    );
}

#[test]
fn smallcoders_files_have_its_fields_and_the_scorecards_numbers() {
    let run = fixture::run();
    let models = json_of("smallcoder", &run);
    assert_eq!(models.as_array().unwrap().len(), 2);
    let small = &models[0];
    let scored = small["results"].as_array().unwrap();
    assert_eq!(small["summary"]["total_benchmarks"], scored.len());
    let mean = small["summary"]["avg_keyword_score"].as_f64().unwrap();
    assert!(
        (mean - number(&run, "keyword_share", 0)).abs() < 1e-9,
        "{mean}"
    );
    for key in [
        "benchmark",
        "generated_text",
        "keyword_score",
        "generation_time",
        "tokens_per_second",
        "success",
    ] {
        assert!(scored[0].get(key).is_some(), "{key}: {small}");
    }
    let page = text("smallcoder-md", &run);
    for heading in [
        "| Model | Success Rate | Avg Keyword Score | Avg Speed | Avg Time |",
        "| Model | Allocated | Reserved | Peak |",
        "| Model | Keyword Score | Time | Speed |",
        "Highest keyword score",
    ] {
        assert!(page.contains(heading), "{heading}: {page}");
    }
}

/// A lane of sixteen had been published as the model's speed.
#[test]
fn answers_decoded_side_by_side_have_no_time_there_and_the_file_says_why() {
    let mut run = fixture::run();
    let told = |run: &Run| {
        let small = json_of("smallcoder", run)[0].clone();
        let (all, one) = (&small["summary"], &small["results"][0]);
        let times = json!([
            all["avg_generation_time"],
            all["avg_tokens_per_second"],
            one["generation_time"],
            one["tokens_per_second"]
        ]);
        (times, small["timing"].as_str().unwrap().to_owned())
    };
    let none = json!([null, null, null, null]);
    run.header.plan = json!({"code": {"batch": 16, "steps": "deterministic"}});
    let (times, why) = told(&run);
    assert_eq!(times, none);
    assert!(
        why.contains("16 answers were decoded side by side") && why.contains("--batch 1"),
        "{why}"
    );
    let page = text("smallcoder-md", &run);
    assert!(
        page.contains(&why) && !page.contains("tok/s"),
        "{why}: {page}"
    );
    run.header.plan = json!({"code": {"batch": 1, "steps": "fast"}});
    let (times, said) = told(&run);
    assert_eq!((&times[2], &times[3]), (&json!(2.5), &json!(119.0 / 2.5)));
    assert!(!said.contains("none") && !said.contains("tiles"), "{said}");
    assert!(text("smallcoder-md", &run).contains("tok/s"));
    run.header.models[0].facts.insert("run".into(), json!("a"));
    run.header.models[1].facts.insert("run".into(), json!("b"));
    let other = json_of("smallcoder", &run)[1].clone();
    assert_eq!(
        other["summary"]["avg_tokens_per_second"],
        Value::Null,
        "the plan is that of the first run"
    );
    run.header.plan = json!({});
    let (times, why) = told(&run);
    assert_eq!(times, none);
    assert!(why.contains("do not say"), "{why}");
}

#[test]
fn an_answer_without_a_score_failed_there_and_counts_in_no_mean() {
    let mut run = fixture::run();
    let keyword =
        |verdict: &&mut ledger::record::Verdict| verdict.scores.contains_key("keyword_share");
    let broken = run.verdicts.iter_mut().find(keyword).unwrap();
    broken.scores.clear();
    broken.unscored = Some("the disk was full".into());
    let small = json_of("smallcoder", &run)[0].clone();
    let n = small["summary"]["total_benchmarks"].as_u64().unwrap();
    assert_eq!(small["summary"]["successful_runs"], n - 1);
    let failed = small["results"].as_array().unwrap().iter();
    let failed: Vec<&Value> = failed.filter(|one| one["success"] == false).collect();
    assert_eq!(
        (failed.len(), &failed[0]["error"]),
        (1, &"the disk was full".into())
    );
    assert!(text("smallcoder-md", &run).contains("| Failed |"));
}

/// Two prompts with known outcomes: their names count right answers, `compiles` those that compiled.
#[test]
fn the_form_of_halo_forge_keeps_right_answers_and_compiled_ones_apart() {
    let mut run = Run::new(fixture::header(&["m"]));
    let outcomes = [
        [
            Stage::Right,
            Stage::Runs,
            Stage::Malformed,
            Stage::Malformed,
        ],
        [Stage::Runs, Stage::Compiles, Stage::Runs, Stage::Runs],
    ];
    for (problem, stages) in outcomes.into_iter().enumerate() {
        for (attempt, stage) in stages.into_iter().enumerate() {
            let key = fixture::key("m", "cpp-demo", problem as u32, attempt as u32);
            fixture::push(&mut run, key, Some(stage), "cause", Default::default());
        }
    }
    let form = |run: &Run| -> Value {
        serde_json::from_slice(&write("halo-forge", run, "m", "").unwrap()).unwrap()
    };
    let said = form(&run);
    let block = |of: &Value| json!([of["total"], of["passed"], of["pass_rate"], of["pass_at_k"]]);
    // One of four right at the first prompt, none at the second; k = 5 and 10 have too few answers.
    assert_eq!(block(&said), json!([2, 1, 0.5, {"1": 0.125}]));
    assert_eq!(block(&said["compiles"]), json!([2, 2, 1.0, {"1": 0.75}]));
    let category = json!({"cpp-demo": {"total": 2, "passed": 1, "pass_rate": 0.5}});
    assert_eq!(said["by_category"], category);
    assert_eq!(said["strict"]["cpp-demo"]["pass_at_1"], 0.125);
    assert_eq!(said["model_path"], "m.gguf");
    assert_eq!(said["timestamp"], run.header.started_at.as_str());
    assert_eq!(said["timing"]["generation_time"], Value::Null);
    assert!((said["timing"]["verification_time"].as_f64().unwrap() - 8.0 * 0.21).abs() < 1e-9);
    run.header.plan = json!({"code": {"k": [1, 2, 4]}});
    assert_eq!(
        form(&run)["pass_at_k"],
        json!({"1": 0.125, "2": 0.25, "4": 0.5})
    );
}

#[test]
fn answers_that_could_not_be_judged_are_counted_apart_in_the_form_of_halo_forge() {
    let mut run = Run::new(fixture::header(&["m"]));
    for attempt in 0..2 {
        let key = fixture::key("m", "cpp-demo", 0, attempt);
        fixture::push(
            &mut run,
            key,
            Some(Stage::Right),
            "pass",
            Default::default(),
        );
    }
    run.verdicts[1].stage = None;
    run.verdicts[1].unscored = Some("no space left".into());
    let bytes = write("halo-forge", &run, "m", "").unwrap();
    let said: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        json!([
            said["total"],
            said["passed"],
            said["n_answers"],
            said["n_not_judged"]
        ]),
        json!([1, 1, 1, 1])
    );
}
