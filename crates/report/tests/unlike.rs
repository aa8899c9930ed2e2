//! What two runs did not share is said, and what they did share is not.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use report::join;
use serde_json::{Value, json};

/// A run of one model of the fixture, without speeds.
fn run_of(model: &str) -> Run {
    let mut run = fixture::run();
    run.header.run_id = format!("{model}_20260102_030405");
    run.header.models.retain(|m| m.name == model);
    run.attempts.retain(|attempt| attempt.key.model == model);
    run.verdicts.retain(|verdict| verdict.key.model == model);
    run.measurements.clear();
    run.warnings.clear();
    run
}

fn pair() -> [Run; 2] {
    ["synthetic-0.5b", "synthetic-1.5b"].map(run_of)
}

/// What the warning of that kind says, without its head; nothing if there is none.
fn said(runs: &[Run], kind: &str) -> String {
    let joined = join(runs).unwrap();
    let mut found = joined
        .warnings
        .iter()
        .filter(|warning| warning.kind == kind);
    let message = found.next().map(|warning| warning.message.clone());
    message.unwrap_or_default()
}

/// What is said of two plans.
fn plans(first: Value, other: Value) -> String {
    let mut runs = pair();
    (runs[0].header.plan, runs[1].header.plan) = (first, other);
    let said = said(&runs, "unlike_plans");
    said.split("different things: ")
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn runs_that_were_made_alike_have_no_warning() {
    assert!(join(&pair()).unwrap().warnings.is_empty());
}

#[test]
fn whatever_was_unlike_is_a_warning_that_names_it() {
    let [mut one, mut other] = pair();
    other.header.plan = json!({"samples": 8, "temperature": 0.7, "max_tokens": 512, "latency": {"repeats": 3}, "generate_tokens": [64]});
    one.header.plan["generate_tokens"] = json!(64);
    let machine = &mut other.header.machine;
    machine.insert("cpu_model".into(), json!("Example CPU 1"));
    machine.insert("load_1m".into(), json!(9));
    other.header.engine.insert("threads".into(), json!(2));
    other.header.sandbox.as_mut().unwrap().tier = "T2".into();
    let runs = [one, other];
    for (kind, end) in [
        ("unlike_plans", "different things: samples 4 and 8"),
        (
            "unlike_machines",
            "cpu model Example CPU 9000 and Example CPU 1",
        ),
        ("unlike_engines", "threads 8 and 2"),
        ("unlike_sandboxes", "tier T3 and T2"),
    ] {
        assert!(said(&runs, kind).ends_with(end), "{}", said(&runs, kind));
    }
}

#[test]
fn a_limit_or_a_wording_that_only_one_run_was_given_is_a_difference() {
    let code = |limit: Value, prompt: Value| json!({"code": {"limit": limit, "prompt": prompt}});
    let whole = code(Value::Null, Value::Null);
    let cut = plans(whole.clone(), code(json!(20), Value::Null));
    assert_eq!(cut, "limit not set and 20");
    let worded = plans(code(Value::Null, json!("evalplus-base")), whole.clone());
    assert_eq!(worded, "prompt evalplus-base and not set");
    let absent = json!({"code": {}});
    assert_eq!(plans(absent.clone(), code(json!(20), Value::Null)), cut);
    assert_eq!(plans(absent, whole), "");
}

#[test]
fn a_benchmark_or_a_part_of_one_that_only_one_run_has_is_no_difference() {
    let both = json!({"memory": {"contexts": [512], "quality": {"context": 512}}, "latency": {"repeats": 6}, "perplexity": null});
    let one = json!({"memory": {"contexts": [512]}, "perplexity": {"context": 512}});
    assert_eq!(plans(both, one), "");
}

#[test]
fn a_device_that_is_not_named_is_the_processor() {
    let on = |device: &str| json!({"seed": 42, "device": device});
    let silent = json!({"seed": 42});
    assert_eq!(
        plans(silent.clone(), on("Vulkan0")),
        "device cpu and Vulkan0"
    );
    assert_eq!(plans(on("Vulkan0"), on("Vulkan0")), "");
    assert_eq!(plans(silent.clone(), silent.clone()), "");
    assert_eq!(plans(silent, json!({"seed": 42, "device": null})), "");
    let mut runs = pair();
    let engine = &mut runs[1].header.engine;
    engine.insert("device".into(), json!("Vulkan0, Example GPU, 8.0 GiB"));
    let engines = said(&runs, "unlike_engines");
    assert!(
        engines.ends_with("device cpu and Vulkan0, Example GPU, 8.0 GiB"),
        "{engines}"
    );
    // Of a run that knows nothing of its engine it is not known on what it computed.
    runs[0].header.engine.clear();
    assert_eq!(said(&runs, "unlike_engines"), "");
}

#[test]
fn a_key_that_an_old_plan_lacks_means_what_the_program_did_in_those_days() {
    let old =
        || json!({"code": {"samples": 4}, "latency": {"generate_tokens": 64, "cache": "f16"}});
    let new = |whole: bool| {
        json!({
            "code": {"samples": 4, "whole_answers": whole, "verdict_cache": true, "mode": "split", "k": []},
            "latency": {"generate_tokens": [64], "caches": ["f16"], "batch": [1], "threads": [], "settle": null},
        })
    };
    assert_eq!(plans(old(), new(true)), "");
    assert_eq!(plans(old(), new(false)), "whole answers true and false");
    let hashed = |sha256: Value| json!({"perplexity": {"texts": ["code"], "sha256": sha256}});
    assert_eq!(plans(hashed(json!([])), hashed(json!(["ab"]))), "");
    assert_eq!(
        plans(hashed(json!(["cd"])), hashed(json!(["ab"]))),
        "sha256 cd and ab"
    );
}

#[test]
fn another_version_is_said_of_what_was_measured_and_not_of_what_was_brought_in() {
    let mut runs = pair();
    runs[1].header.whet_version = "0.2.0".into();
    let found = said(&runs, "unlike_versions");
    assert!(found.ends_with("measured: 0.1.0 and 0.2.0"), "{found}");
    runs[1].header.plan = json!({"imported": {"program": "llama-bench"}});
    assert_eq!(said(&runs, "unlike_versions"), "");
}

#[test]
fn answers_that_other_judges_or_compilers_looked_at_are_said_to_be() {
    let mut runs = pair();
    let of_cpp = runs[1]
        .verdicts
        .iter_mut()
        .filter(|v| v.key.suite == "cpp-demo");
    of_cpp.for_each(|verdict| verdict.judge = "fixture 2".into());
    let found = said(&runs, "unlike_judges");
    assert!(
        found.ends_with("cpp-demo by fixture 1 and fixture 2"),
        "{found}"
    );
    assert!(!found.contains("python-core"), "{found}");
    let mut runs = pair();
    runs[1].header.suites[1].toolchain = Some("g++ 13".into());
    let found = said(&runs, "unlike_judges");
    assert!(
        found.ends_with("cpp-demo with g++ (Debian 12.2.0) 12.2.0 and g++ 13"),
        "{found}"
    );
    // What has not been judged yet was not judged in another way.
    let mut runs = pair();
    runs[1].verdicts.clear();
    assert_eq!(said(&runs, "unlike_judges"), "");
}

#[test]
fn one_file_under_two_templates_is_said_and_two_files_under_two_are_not() {
    let mut runs = pair();
    runs[1].header.models[0].chat_template_sha256 = Some("77".repeat(32));
    assert_eq!(said(&runs, "unlike_templates"), "");
    runs[1].header.models[0].sha256 = runs[0].header.models[0].sha256.clone();
    let found = said(&runs, "unlike_templates");
    assert!(
        found.ends_with("synthetic-1.5b cdcdcdcd and 77777777"),
        "{found}"
    );
}

#[test]
fn problems_that_were_put_in_other_words_are_counted_unless_the_template_accounts_for_it() {
    let mut runs = pair();
    let reworded = |run: &mut Run, sha256: &str| {
        let of_cpp = run
            .attempts
            .iter_mut()
            .filter(|a| a.key.suite == "cpp-demo");
        for attempt in of_cpp.filter(|a| a.key.problem.as_str() < "p06") {
            attempt.prompt_sha256 = sha256.to_owned();
        }
    };
    reworded(&mut runs[1], "other");
    let found = said(&runs, "unlike_prompts");
    assert!(found.ends_with("cpp-demo: 6 of 24 problems"), "{found}");
    runs[1].header.models[0].chat_template_sha256 = Some("77".repeat(32));
    assert_eq!(said(&runs, "unlike_prompts"), "");
    // Texts that were brought in do not tell their prompts.
    let mut runs = pair();
    reworded(&mut runs[1], "");
    assert_eq!(said(&runs, "unlike_prompts"), "");
}
