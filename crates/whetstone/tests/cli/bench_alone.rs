//! `whet bench code` and its sisters: each benchmark by itself, and what distinguishes it from a model.

use serde_json::Value;

use crate::workplace::{Ended, Workplace};

fn plan(words: &[&str]) -> Value {
    let words = [&["bench"], words, &["--threads", "1", "--dry-run"]].concat();
    Workplace::new().whet(&words).with_code(0).json()
}

#[test]
fn a_benchmark_by_itself_is_the_preset_with_only_that() {
    for name in ["code", "perplexity"] {
        let alone = plan(&[name, "toy.gguf", "--seed", "7"]);
        assert_eq!(
            alone,
            plan(&["toy.gguf", "--only", name, "--seed", "7"]),
            "{name}"
        );
        for other in ["code", "latency", "memory", "perplexity"] {
            assert_eq!(alone[other].is_null(), other != name, "{name}: {other}");
        }
    }
}

#[test]
fn speed_by_itself_is_measured_as_one_would_publish_it() {
    let alone = plan(&["latency", "toy.gguf"]);
    assert_eq!(alone["latency"]["repeats"], 10);
    assert_eq!(alone["latency"]["warmups"], 3);
    assert_eq!(alone["latency"]["settle"], 0.02);
    let preset = plan(&["toy.gguf", "--only", "latency"]);
    assert_eq!(preset["latency"]["repeats"], 6);
    assert!(preset["latency"]["settle"].is_null());
}

#[test]
fn ranges_and_lists_become_every_combination() {
    let words = "latency toy.gguf --prompt-tokens 16-64*2,100 --generate-tokens 8,16 --sequences 1-2 --depth 0 \
                 --use-cache on,off --cache f16,q8_0 --try-threads 1-2 --repeats 4 --warmups 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let latency = &plan(&words)["latency"];
    assert_eq!(
        latency["prompt_tokens"],
        serde_json::json!([16, 32, 64, 100])
    );
    assert_eq!(latency["batch"], serde_json::json!([1, 2]));
    assert_eq!(latency["use_cache"], serde_json::json!([true, false]));
    assert_eq!(latency["threads"], serde_json::json!([1, 2]));
    let place = Workplace::new();
    for (words, why) in [
        (["--prompt-tokens", "64-16"], "runs backwards"),
        (["--prompt-tokens", "1-9*1"], "never gets beyond"),
        (
            ["--prompt-tokens", "0"],
            "--prompt-tokens must be at least 1",
        ),
        (
            ["--generate-tokens", "1"],
            "a decode speed needs two tokens",
        ),
        (["--sequences", "0"], "--sequences must be at least 1"),
        (["--try-threads", "0"], "--try-threads must be at least 1"),
        (["--repeats", "0"], "--repeats must be at least 1"),
        (["--cache", "f8"], "there are f16, q8_0 and q4_0"),
    ] {
        let ended = place.whet(&[&["bench", "latency", "toy.gguf"][..], &words].concat());
        ended.with_code(2).saying(&[why]);
    }
    let words = "bench latency toy.gguf --use-cache on,off --depth 0,32";
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = place.whet(&words).with_code(2);
    ended.saying(&["put those tokens into --prompt-tokens"]);
}

#[test]
fn a_sweep_of_speed_has_a_line_for_every_combination() {
    let place = Workplace::new();
    let words = "bench latency toy.gguf --prompt-tokens 8,16 --generate-tokens 4 --sequences 1,3 --depth 0,20 \
                 --try-threads 1,2 --repeats 3 --warmups 1 --threads 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = place.whet(&words).with_code(0);
    let said: Vec<&str> = ended.stdout.split_whitespace().collect();
    let said = said.join(" ");
    assert!(said.contains("to decode; the median is"), "{ended}");
    let run = place.only_run("runs");
    let table = run.text("latency.csv");
    assert_eq!(table.lines().count(), 1 + 2 * 2 * 2 * 2, "{table}");
    let header = table.lines().next().unwrap();
    for column in [
        "prompt_len",
        "gen_len",
        "batch_size",
        "prefill_ms",
        "decode_ms",
        "total_ms",
        "tokens_per_sec",
        "ttft_ms",
        "use_cache",
    ] {
        assert!(
            header.split(',').any(|name| name == column),
            "{column}: {header}"
        );
    }
}

#[test]
fn a_sweep_with_and_without_a_cache_has_a_line_for_either() {
    let place = Workplace::new();
    let words = "bench latency toy.gguf --prompt-tokens 8,16 --generate-tokens 4 --use-cache on,off --repeats 3 \
                 --warmups 1 --threads 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    place.whet(&words).with_code(0);
    let table = place.only_run("runs").text("latency.csv");
    assert_eq!(table.lines().count(), 1 + 2 * 2, "{table}");
}

#[test]
fn each_help_shows_the_flags_of_its_benchmark_alone() {
    let help = |name: &str| Workplace::new().whet(&["bench", name, "--help"]).stdout;
    let flags = [
        ("code", "--suite"),
        ("code", "--k <"),
        ("code", "--audit"),
        ("latency", "--prompt-tokens"),
        ("latency", "--repeats"),
        ("latency", "--find-threads"),
        ("memory", "--contexts"),
    ];
    for (owner, flag) in flags {
        for name in ["code", "latency", "memory", "perplexity"] {
            let text = help(name);
            assert_eq!(text.contains(flag), name == owner, "{name}, {flag}: {text}");
            assert!(
                text.contains("--seed") && text.contains("--output"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_flag_of_another_benchmark_is_wrong_usage() {
    let place = Workplace::new();
    for words in [
        &["bench", "latency", "toy.gguf", "--suite", "cpp-demo"][..],
        &["bench", "code", "toy.gguf", "--contexts", "64"],
        &["bench", "perplexity", "toy.gguf", "--preset", "smoke"],
        &["bench", "code"],
    ] {
        place.whet(words).with_code(2);
    }
}

#[test]
fn a_model_that_is_called_like_a_benchmark_is_given_by_its_path() {
    let place = Workplace::new();
    std::fs::copy(place.at("toy.gguf"), place.at("code")).unwrap();
    let small = ["--contexts", "64", "--cache", "f16", "--threads", "1"];
    place
        .whet(&[&["bench", "memory", "./code"], &small[..]].concat())
        .with_code(0);
    let run = place.only_run("runs").json("run.json");
    assert_eq!(run["models"][0]["name"], "code");
    let words = ["bench", "./code", "--only", "memory", "-o", "again"];
    place.whet(&[&words[..], &small[..]].concat()).with_code(0);
    assert_eq!(place.runs("again").len(), 1);
}

#[test]
fn flags_before_the_name_are_not_dropped_in_silence() {
    let place = Workplace::new();
    let ended = place.whet(&["bench", "--seed", "7", "code", "toy.gguf"]);
    // `code` is read as a model then, and there is none of that name.
    ended.with_code(2).saying(&["code"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn what_the_judging_flags_mean_stands_in_the_plan() {
    let code = |words: &[&str]| plan(&[&["code", "toy.gguf"], words].concat())["code"].clone();
    let usual = code(&[]);
    assert_eq!(usual["k"], serde_json::json!([]));
    assert_eq!(usual["prompt"], Value::Null);
    assert_eq!(usual["mode"], "split");
    assert_eq!(usual["verdict_cache"], true);
    assert_eq!(usual["judge"], true);
    assert!(usual["audit"].as_f64().unwrap() > 0.0);
    let changed = code(&[
        "--samples",
        "10",
        "--k",
        "1,5,10",
        "--prompt",
        "evalplus-base",
        "--mode",
        "both",
        "--no-cache",
        "--audit",
        "0.5",
    ]);
    assert_eq!(changed["k"], serde_json::json!([1, 5, 10]));
    assert_eq!(changed["prompt"], "evalplus-base");
    assert_eq!(changed["mode"], "both");
    assert_eq!(changed["verdict_cache"], false);
    assert_eq!(changed["audit"], 0.5);
    assert_eq!(code(&["--prompt", "auto"])["prompt"], Value::Null);
}

#[test]
fn a_k_beyond_the_samples_is_refused_and_both_are_named() {
    let place = Workplace::new();
    let refused = |words: &[&str]| -> Ended {
        let words = [&["bench", "code", "toy.gguf"], words].concat();
        place.whet(&words).with_code(2)
    };
    refused(&["--samples", "4", "--k", "1,10"]).saying(&["--k 10", "--samples", "there are 4"]);
    refused(&["--k", "0"]).saying(&["--k must be at least 1"]);
    refused(&["--audit", "1.5"]).saying(&["--audit 1.5"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn the_k_asked_for_stand_in_the_report() {
    let place = Workplace::new();
    let words = [
        "bench",
        "code",
        "toy.gguf",
        "--suite",
        "cpp-demo",
        "--limit",
        "1",
        "--samples",
        "3",
        "--k",
        "2",
        "--threads",
        "1",
    ];
    let ended = place.whet(&words).with_code(0);
    for word in ["pass@1", "pass@2", "compile@2", "T3 · policy"] {
        assert!(ended.stdout.contains(word), "{word}: {ended}");
    }
    assert!(!ended.stdout.contains("pass@3"), "{ended}");
}
