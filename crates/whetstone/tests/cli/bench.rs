//! `whet bench` on the toy: what it leaves behind, what it refuses, and that a seed decides.

use serde_json::Value;

use crate::workplace::{RunFolder, Workplace};

/// What a run of all benchmarks leaves behind; charts come on top.
const FILES: [&str; 12] = [
    "run.json",
    "attempts.jsonl",
    "verdicts.jsonl",
    "measurements.jsonl",
    "progress.jsonl",
    "report.md",
    "report.json",
    "report.html",
    "code.csv",
    "latency.csv",
    "memory.csv",
    "perplexity.csv",
];

#[test]
fn a_smoke_run_leaves_a_whole_folder_and_a_scorecard_of_eighty_columns() {
    let place = Workplace::new();
    let ended = place.bench(&["--preset", "smoke"]).with_code(0);
    for line in ended.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}\n{ended}");
    }
    for word in ["pass@1", "decode", "KV cache", "perplexity", "toy"] {
        assert!(ended.stdout.contains(word), "{word}: {ended}");
    }
    assert!(
        !ended.stdout.contains('\x1b'),
        "no colour in a pipe: {ended}"
    );
    let run = place.only_run("runs");
    for name in FILES {
        assert!(!run.text(name).is_empty(), "{name}");
    }
    assert!(ended.stderr.contains("report.html"), "{ended}");
    counts_agree(&run);
}

/// Attempts, verdicts and the report's n are about the same problems.
fn counts_agree(run: &RunFolder) {
    let attempts = run.attempts();
    let verdicts = run.verdicts();
    let keys = |records: &[Value]| -> Vec<Value> {
        records.iter().map(|record| record["key"].clone()).collect()
    };
    assert_eq!(keys(&attempts), keys(&verdicts));
    let report = run.json("report.json");
    let mut n_suites = 0;
    for section in report["sections"].as_array().unwrap() {
        let Some(suite) = section["suite"].as_str() else {
            continue;
        };
        n_suites += 1;
        let of_suite = attempts
            .iter()
            .filter(|attempt| attempt["key"]["suite"] == suite);
        let n_attempts = of_suite.count() as u64;
        assert_eq!(n_attempts, 3, "{suite}: three problems, one attempt each");
        let causes = section["causes"].as_array().unwrap();
        let counts = causes
            .iter()
            .flat_map(|cause| cause["counts"].as_array().unwrap());
        assert_eq!(counts.map(|n| n.as_u64().unwrap()).sum::<u64>(), n_attempts);
        let first = &section["rows"][0]["cells"][0];
        assert_eq!(first["n"], 3, "{first}");
    }
    assert_eq!(n_suites, 2);
}

#[test]
fn the_same_seed_writes_the_same_texts_and_another_seed_others() {
    let place = Workplace::new();
    let code = [
        "--preset",
        "smoke",
        "--only",
        "code",
        "--suite",
        "cpp-demo",
        "--samples",
        "2",
    ];
    let attempts = |runs: &str, more: &[&str]| {
        let words = [&code[..], &["-q", "-o", runs], more].concat();
        place.bench(&words).with_code(0);
        place.only_run(runs).attempts()
    };
    let first = attempts("first", &[]);
    assert_eq!(first.len(), 6);
    let texts: std::collections::BTreeSet<String> = first
        .iter()
        .map(|attempt| attempt["text"].to_string())
        .collect();
    assert_eq!(texts.len(), 6, "each attempt has a seed of its own");
    assert_eq!(first, attempts("again", &[]));
    assert_eq!(first, attempts("one", &["--batch", "1"]));
    assert_eq!(
        first,
        attempts("three", &["--batch", "3", "--deterministic"])
    );
    assert_ne!(first, attempts("other", &["--seed", "43"]));
}

#[test]
fn words_that_make_no_sense_are_refused_before_anything_is_loaded() {
    let place = Workplace::new();
    for (words, said) in [
        (&["--samples", "0"][..], "--samples"),
        (&["--limit", "0"], "--limit"),
        (&["--batch", "0"], "--batch"),
        (&["--temperature=-1"], "temperature"),
        (&["--top-p", "2"], "top"),
        (&["--suite", "cpp-dmo"], "did you mean `cpp-demo`"),
        (
            &["--only", "latency", "--generate-tokens", "1"],
            "--generate-tokens",
        ),
        (&["--repeats", "0"], "--repeats"),
        (&["--prompt-tokens", "0"], "--prompt-tokens"),
        (&["--contexts", "0"], "--contexts"),
        (&["--cache", "q3"], "q3"),
        (&["--adapter", "none.gguf"], "none.gguf"),
        (&["--adapter", "toy.gguf=x"], "not a number"),
        (&["--fast", "--deterministic"], "--deterministic"),
        (&["--only", "everything"], "latency"),
    ] {
        let ended = place.bench(&[&["--preset", "smoke"], words].concat());
        ended.with_code(2).saying(&[said]);
    }
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_dry_run_prints_the_plan_that_a_run_would_follow_and_writes_nothing() {
    let place = Workplace::new();
    let words = [
        "--preset",
        "smoke",
        "--only",
        "code",
        "--suite",
        "python-core",
        "--seed",
        "9",
    ];
    let dry = place
        .bench(&[&words[..], &["--dry-run"]].concat())
        .with_code(0);
    assert_eq!(dry.stderr, "");
    let mut here: Vec<_> = std::fs::read_dir(place.at("")).unwrap().collect();
    assert_eq!(here.len(), 1, "only the toy: {here:?}");
    assert!(here.remove(0).unwrap().path().ends_with("toy.gguf"));
    place.bench(&[&words[..], &["-q"]].concat()).with_code(0);
    let run = place.only_run("runs");
    assert_eq!(run.json("run.json")["plan"], dry.json());
    let engine = &run.json("run.json")["engine"];
    let package = engine["package"].as_str().unwrap();
    assert!(package.starts_with("llama-cpp-sys-2 0."), "{package}");
    let script = engine["build_changes_sha256"].as_str().unwrap();
    assert_eq!(script.len(), 16, "{script}");
    assert_eq!(engine["session"]["n_ubatch"], 512);
    assert!(dry.stdout.contains("\"temperature\": 0.7,"), "{dry}");
}

#[test]
fn a_place_that_cannot_hold_runs_is_refused_with_its_path() {
    let place = Workplace::new();
    std::fs::write(place.at("file"), "in the way").unwrap();
    for output in ["file", "file/below", "/dev/null/runs"] {
        let words = ["--preset", "smoke", "--only", "memory", "-o", output];
        let ended = place.bench(&words);
        assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
        assert!(ended.stderr.contains(output), "{ended}");
    }
    assert_eq!(std::fs::read(place.at("file")).unwrap(), b"in the way");
}

#[test]
fn runs_that_start_in_one_second_do_not_get_into_each_others_way() {
    let place = Workplace::new();
    let words = [
        "bench", "toy.gguf", "-t", "1", "--preset", "smoke", "--only", "memory", "-q",
    ];
    let children: Vec<_> = (0..4)
        .map(|_| place.command(&words).spawn().unwrap())
        .collect();
    for child in children {
        crate::workplace::Ended::of(child).with_code(0);
    }
    let runs = place.runs("runs");
    assert_eq!(runs.len(), 4, "{runs:?}");
    for run in runs {
        let name = run.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(RunFolder(run).json("run.json")["run_id"], *name);
    }
}

#[test]
fn two_models_are_compared_row_by_row() {
    let place = Workplace::new();
    place.toy("other", 8);
    let words = [
        "bench",
        "toy.gguf",
        "other.gguf",
        "-t",
        "1",
        "--preset",
        "smoke",
    ];
    let ended = place.whet(&[&words[..], &["--only", "code", "--format", "json"]].concat());
    let report = ended.with_code(0).json();
    let row = &report["sections"][0]["rows"][0];
    assert_eq!(row["cells"][0]["model"], "toy");
    assert_eq!(row["cells"][1]["model"], "other");
    assert_eq!(row["comparisons"].as_array().unwrap().len(), 1, "{row}");
    let run = place.only_run("runs");
    assert_eq!(run.attempts().len(), 12);
}
