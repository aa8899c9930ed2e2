//! `whet bench memory`: sweeps, what is left out, and what does not fit.

use serde_json::{Value, json};

use crate::workplace::Workplace;

fn plan(words: &[&str]) -> Value {
    let words = [&["bench", "memory", "toy.gguf"], words, &["--dry-run"]].concat();
    Workplace::new().whet(&words).with_code(0).json()["memory"].clone()
}

#[test]
fn lists_and_ranges_become_every_combination_with_quality_beside_it() {
    let words = [
        "--contexts",
        "64-256*2",
        "--sequences",
        "1,3",
        "--cache",
        "f16,q4_0",
    ];
    let memory = plan(&words);
    assert_eq!(memory["contexts"], json!([64, 128, 256]));
    assert_eq!(memory["sequences"], json!([1, 3]));
    assert_eq!(memory["quality"]["caches"], json!(["q4_0"]));
    assert_eq!(memory["quality"]["sha256"].as_array().unwrap().len(), 1);
    let usual = plan(&[]);
    assert_eq!(usual["caches"], json!(["f16", "q8_0", "q4_0"]));
    assert_eq!(
        (&usual["peak"], &usual["kvcache"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn what_is_left_out_stands_in_the_plan() {
    let memory = plan(&["--no-peak", "--no-kvcache", "--no-quality"]);
    assert_eq!(memory["peak"], false);
    assert_eq!(memory["kvcache"], false);
    assert!(memory["quality"].is_null());
    assert!(
        plan(&["--cache", "f16"])["quality"].is_null(),
        "f16 is the reference itself"
    );
    let preset = ["bench", "toy.gguf", "--only", "memory", "--dry-run"];
    let preset = Workplace::new().whet(&preset).with_code(0).json();
    assert!(
        preset["memory"]["quality"].is_null(),
        "the preset stays quick"
    );
    assert_eq!(preset["memory"]["caches"], json!(["f16", "q8_0"]));
}

#[test]
fn wrong_words_are_refused_before_anything_begins() {
    let place = Workplace::new();
    for (words, why) in [
        (["--contexts", "0"], "--contexts must be at least 1"),
        (["--sequences", "0"], "--sequences must be at least 1"),
        (["--sequences", "4-1"], "runs backwards"),
        (["--cache", "f8"], "there are f16, q8_0 and q4_0"),
    ] {
        let words = [&["bench", "memory", "toy.gguf"][..], &words].concat();
        place.whet(&words).with_code(2).saying(&[why]);
    }
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_sweep_has_its_table_its_pictures_and_a_reason_where_there_is_no_room() {
    let place = Workplace::new();
    let words = "bench memory toy.gguf --contexts 64,128,9000000000 --sequences 1,2 --cache f16,q8_0 --threads 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = place.whet(&words).with_code(0);
    for word in ["PPL", "perplexity", "KL", "of memory are free", "rows more"] {
        assert!(ended.stdout.contains(word), "{word}: {ended}");
    }
    ended.saying(&["2 sequences side by side", "quality     q8_0 against f16"]);
    let run = place.only_run("runs");
    let table = run.text("memory.csv");
    assert_eq!(table.lines().count(), 1 + 3 * 2 * 2, "{table}");
    let header = table.lines().next().unwrap();
    for column in [
        "model",
        "seq_len",
        "batch_size",
        "quantization",
        "kvcache_mb",
        "peak_mb",
        "model_mb",
        "perplexity",
    ] {
        assert!(
            header.split(',').any(|name| name == column),
            "{column}: {header}"
        );
    }
    for name in [
        "memory_scaling.png",
        "memory_scaling.svg",
        "memory_values.csv",
    ] {
        assert!(run.path().join(name).is_file(), "{name}");
    }
    assert!(
        run.text("report.md")
            .contains("What a cache takes and what it costs")
    );
    let records = run.records("measurements.jsonl");
    let mapped = records
        .iter()
        .find(|m| m["metric"] == "weights_mapped_bytes");
    if cfg!(target_os = "linux") {
        assert!(
            mapped.unwrap()["values"][0].as_f64().unwrap() > 0.0,
            "{mapped:?}"
        );
    }
}

#[test]
fn a_column_that_nobody_wants_is_absent_and_the_others_are_there() {
    let place = Workplace::new();
    let words = "bench memory toy.gguf --contexts 64 --cache f16 --no-peak --threads 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = place.whet(&words).with_code(0);
    assert!(
        ended
            .stdout
            .contains("resident, peak of toy: not asked for"),
        "{ended}"
    );
    let table = place.only_run("runs").text("memory.csv");
    let row: Vec<&str> = table.lines().nth(1).unwrap().split(',').collect();
    let at = |name: &str| {
        let mut columns = table.lines().next().unwrap().split(',');
        columns.position(|column| column == name).unwrap()
    };
    assert_eq!(row[at("peak_mb")], "");
    assert_ne!(row[at("kvcache_allocated_mb")], "");
}
