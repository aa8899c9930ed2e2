//! `whet train raft` on the toy model, whose answers are never right: nothing is kept unless somebody insists.

use std::path::Path;

use serde_json::Value;

use crate::workplace::{Ended, Workplace, caught, killed};

const COMMON: [&str; 18] = [
    "train",
    "raft",
    "toy.gguf",
    "--suite=cpp-demo",
    // Of fewer than four problems none would be held back.
    "--limit=4",
    "-n=1",
    "--hold-back=0.1",
    "--evaluate-every=1",
    "--measure-samples=1",
    "--max-new-tokens=24",
    "--batch=4",
    "--rank=2",
    "--epochs=2",
    "--train-batch=1",
    "--accumulate=1",
    "--lr=0.01",
    "--cycles=2",
    "--threads=1",
];

/// The best four samples are trained on although they are worth nothing; no cycle gains anything.
const INSISTING: [&str; 3] = [
    "--min-samples=4",
    "--held-out=go.jsonl",
    "--cycle-patience=0",
];

/// A held-out suite of one problem.
const HELD_OUT: &str =
    r#"{"id":"three","prompt":"Print the number three.","language":"cpp","expected_output":"3"}"#;

fn raft(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&COMMON, words].concat())
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn where_nothing_is_right_nothing_is_trained_and_that_is_said() {
    let place = Workplace::new();
    let ended = raft(&place, &["-o", "out"]).with_code(3);
    let ended = ended.saying(&["no prompts are held out", "nothing was kept"]);
    assert!(
        ended.stdout.contains("No sample reached the bar"),
        "{ended}"
    );
    let heads = ["ended", "unscored"];
    assert!(
        heads.iter().all(|head| ended.stdout.contains(head)),
        "{ended}"
    );
    // The baseline is not held against itself.
    assert!(!ended.stdout.contains("points"), "{ended}");
    let out = place.at("out");
    let summary = json(&out.join("summary.json"));
    assert_eq!(
        (&summary["end"], &summary["cycles"][0]["kept"]),
        (&"nothing_kept".into(), &0.into())
    );
    assert_eq!(summary["baseline"]["total_samples"], 4);
    assert!(
        summary["baseline"]["hardware"]["energy_wh"].is_null()
            || summary["baseline"]["hardware"]["energy_reason"].is_null()
    );
    assert!(!out.join("cycle_1/training").exists() && !out.join("cycle_2").exists());
    assert!(out.join("baseline/prompts/run/report.html").is_file());
    raft(&place, &["-o", "out"])
        .with_code(2)
        .saying(&["holds a run already", "--resume"]);
    let again = place
        .whet(&["train", "raft", "--resume", "out"])
        .with_code(3);
    assert!(
        again.stdout.contains("No sample reached the bar"),
        "{again}"
    );
}

#[test]
fn killed_in_its_training_it_ends_with_the_adapter_of_an_undisturbed_run() {
    let place = Workplace::new();
    std::fs::write(place.at("go.jsonl"), HELD_OUT).unwrap();
    let whole = raft(&place, &[&INSISTING[..], &["-o", "whole"]].concat()).with_code(0);
    let adapter = "whole/cycle_2/checkpoint/adapter.gguf";
    assert!(place.at(adapter).is_file());
    assert!(
        whole.stdout.contains("No adapter is better than the base")
            && whole.stdout.contains("held out"),
        "{whole}"
    );
    assert!(!whole.stdout.contains("at least"), "{whole}");
    for (name, at) in [
        ("a", "cycle_1/samples/run/run.json"),
        ("b", "cycle_2/training/curve.jsonl"),
    ] {
        let is_old = name == "b";
        let name = &*caught(|number| {
            let name = format!("{name}_{number}");
            let words = [&COMMON[..], &INSISTING, &["-o", &name]].concat();
            let file = place.at(&name).join(at);
            let child = place.command(&words).spawn().unwrap();
            killed(child, || file.is_file().then_some(()))?;
            Some(name)
        });
        begun_elsewhere(&place.at(name), is_old);
        let ended = place
            .whet(&["train", "raft", "--resume", name])
            .with_code(0);
        assert!(ended.stdout.contains("at least"), "{ended}");
        let said = json(&place.at(name).join("summary.json"))["said"].to_string();
        let is_said = said.contains("another and ") && said.contains("whet 0.0.1 and ");
        assert_eq!(is_said, !is_old, "{said}");
        let bytes = |run: &str| {
            std::fs::read(
                place
                    .at(run)
                    .join("cycle_2/checkpoint/adapter_model.safetensors"),
            )
            .unwrap()
        };
        assert!(bytes(name) == bytes("whole"), "{name}: another adapter");
    }
    let said = |more: &[&str]| {
        // Drawn, not chosen: the weights of the best look are near the base, and the likeliest tokens are the same.
        let words = "generate toy.gguf -p say -n 200 -t 1 --temperature 1 --seed 7";
        let words: Vec<&str> = words.split(' ').collect();
        place.whet(&[&words[..], more].concat()).with_code(0).stdout
    };
    assert_ne!(said(&["--adapter", adapter]), said(&[]));
    let kept = std::fs::read_to_string(place.at("whole/cycle_1/kept.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 4);
    its_trainings_are_metered_and_say_why_they_ended(&place.at("whole"));
    its_last_adapter_is_found_and_no_best_one(&place);
}

fn its_last_adapter_is_found_and_no_best_one(place: &Workplace) {
    let which = |which: &str| place.whet(&["adapters", "which", which, "whole"]);
    let refused = which("best").with_code(2);
    refused.saying(&["there is no adapter best"]);
    for alias in ["final", "latest"] {
        let found = which(alias).with_code(0);
        assert_eq!(found.stdout, "whole/final/adapter.gguf\n");
    }
    let bytes = |path: &str| std::fs::read(place.at("whole").join(path)).unwrap();
    assert!(bytes("final/adapter.gguf") == bytes("cycle_2/checkpoint/adapter.gguf"));
}

fn its_trainings_are_metered_and_say_why_they_ended(run: &Path) {
    let summary = json(&run.join("summary.json"));
    for number in [0, 1] {
        let training = &summary["training"][number];
        assert!(training["held_back"]["before"].is_number(), "{training}");
        assert!(training["held_back"]["rows"].as_u64() >= Some(1));
        let why = training["why"].as_str().unwrap();
        assert!(why.contains("steps"), "{why}");
        let costs = &training["effort"]["costs"];
        assert!(costs["train"]["seconds"].as_f64().unwrap() > 0.0, "{costs}");
        assert!(costs["evaluate"]["seconds"].is_number(), "{costs}");
        let hardware = &training["effort"]["hardware"];
        let is_told = hardware["energy"]["work_joules"]["included"].is_number();
        let reason = hardware["energy_reason"].as_str();
        assert!(
            is_told || reason.is_some_and(|why| !why.is_empty()),
            "{hardware}"
        );
    }
    let kinds: Vec<&str> = summary["costs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["sampling", "judging", "training", "measuring", "other"]
    );
    assert!(run.join("cycle_1/training/run/report.html").is_file());
    let table = std::fs::read_to_string(run.join("hardware.csv")).unwrap();
    assert!(table.contains(",train,") && table.contains(",evaluate,"));
}

#[test]
fn a_cycle_that_gains_nothing_on_held_out_problems_is_the_last_one() {
    let place = Workplace::new();
    std::fs::write(place.at("go.jsonl"), HELD_OUT).unwrap();
    let words = ["--min-samples=4", "--held-out=go.jsonl", "-o", "out"];
    let ended = raft(&place, &words).with_code(0);
    let ended = ended.saying(&["nothing was gained on held-out prompts"]);
    assert!(ended.stdout.contains("--cycle-patience 0"), "{ended}");
    assert!(!place.at("out/cycle_2").exists());
    assert_eq!(json(&place.at("out/summary.json"))["end"], "no_gain");
}

/// Has the run begun by an older program on another machine; or by one that did not note that yet.
fn begun_elsewhere(folder: &Path, is_old: bool) {
    let file = folder.join("raft.json");
    let mut order = json(&file);
    if is_old {
        for name in ["engine", "machine"] {
            assert!(order.as_object_mut().unwrap().remove(name).is_some());
        }
    } else {
        order["whet_version"] = "0.0.1".into();
        order["machine"]["cpu_architecture"] = "another".into();
    }
    std::fs::write(file, order.to_string()).unwrap();
}

#[test]
fn without_held_out_problems_the_last_adapter_is_held_against_the_base() {
    let place = Workplace::new();
    let ended = raft(&place, &["--min-samples=4", "-o", "out"]).with_code(0);
    let said = ["final (cycle 2)", "+0.0 points", "paired by problem"];
    assert!(
        said.iter().all(|said| ended.stdout.contains(said)),
        "{ended}"
    );
    assert!(!ended.stdout.contains("on the lucky side"), "{ended}");
    let adapter = "out/cycle_2/checkpoint/adapter.gguf\n";
    assert!(ended.stdout.ends_with(adapter), "{ended}");
    let best = place.whet(&["adapters", "which", "best", "out"]);
    assert_eq!(best.with_code(0).stdout, "out/best/adapter.gguf\n");
    assert!(place.at("out/best/adapter_config.json").is_file());
    let all = place.whet(&["adapters", "ls", "out", "--format=json"]);
    let all = all.with_code(0).json();
    assert_eq!(all.as_array().unwrap().len(), 2, "best and final: {all}");
    for (published, own) in [
        ("best/adapter.gguf", "cycle_2/checkpoint/adapter.gguf"),
        ("baseline_samples.jsonl", "baseline/prompts/samples.jsonl"),
        ("final_samples.jsonl", "final/prompts/samples.jsonl"),
        ("cycle_2/samples.jsonl", "cycle_2/samples/samples.jsonl"),
        ("cycle_1/hardware.csv", "cycle_1/samples/run/hardware.csv"),
        ("final_hardware.csv", "final/prompts/run/hardware.csv"),
    ] {
        let [a, b] = [published, own].map(|name| std::fs::read(place.at("out").join(name)));
        assert!(a.unwrap() == b.unwrap(), "{published}");
    }
    let summary = json(&place.at("out/summary.json"));
    let gpu = summary["baseline"]["hardware"]["gpu"].as_object().unwrap();
    assert!(gpu.contains_key("temp_peak_c") && gpu.contains_key("energy_wh"));
    place
        .whet(&["runs", "import", "out/baseline_samples.jsonl"])
        .with_code(0)
        .saying(&["results of halo-forge"]);
    the_first_and_the_last_evaluation_are_exported(&place);
}

fn the_first_and_the_last_evaluation_are_exported(place: &Workplace) {
    let export = |folder: &str, what: &str| place.whet(&["report", folder, "--export", what]);
    let page = export("out", "md=-").with_code(0).stdout;
    for said in [
        "toy cycle 2",
        "code · cpp-demo",
        "final of out",
        "compile rate",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    for what in [
        "evalplus=e_{model}_{suite}.json",
        "csv=o.csv",
        "html=o.html",
        "parquet=o.parquet",
        "halo-forge=h_{model}.json",
    ] {
        export("out", what).with_code(0);
    }
    let of = |name: &str| json(&place.at(name))["total"].clone();
    assert!(of("h_toy.json").is_u64());
    assert_eq!(of("h_toy.json"), of("h_toy-cycle-2.json"));
    assert!(place.at("e_toy-cycle-2_cpp-demo.json").is_file());
    export("out", "hyperfine=-")
        .with_code(2)
        .saying(&["hyperfine"]);
    std::fs::create_dir(place.at("full")).unwrap();
    std::fs::write(place.at("full/models.json"), r#"["a","b"]"#).unwrap();
    export("full", "md=-")
        .with_code(2)
        .saying(&["a run of each model", "full/a, full/b"]);
}

#[test]
fn the_demo_goes_on_with_no_run_of_another_plan() {
    let place = Workplace::new();
    let full = |words: &[&str]| {
        let all = ["benchmark", "full", "--model", "toy.gguf", "-o", "results"];
        place.whet(&[&all, words].concat())
    };
    let plans = full(&["--cycles=3", "--dry-run"]).with_code(0).json();
    std::fs::create_dir_all(place.at("results/toy")).unwrap();
    let there = place.at("results/toy/raft.json");
    std::fs::write(&there, plans[0].to_string()).unwrap();
    full(&["--cycles=5", "--seed=7"]).with_code(2).saying(&[
        "holds a run of another plan",
        "cycles (3 there, 5 asked for)",
        "seed (42 there, 7 asked for)",
        "--resume results/toy",
    ]);
    let mut other = plans[0].clone();
    other["model"]["sha256"] = "0".repeat(64).into();
    std::fs::write(&there, other.to_string()).unwrap();
    full(&["--cycles=3"])
        .with_code(2)
        .saying(&["is not the file that this run began with"]);
    assert!(!place.at("results/comparison_summary.json").exists());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_made() {
    let place = Workplace::new();
    for (words, said) in [
        (
            &["toy.gguf", "--suite", "cpp-dmo"][..],
            "did you mean `cpp-demo`",
        ),
        (
            &["toy.gguf", "--suite", "python-core"],
            "not run, only looked at",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--held-out", "cpp-demo"],
            "cpp-demo stands there twice",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--preset", "bold"],
            "no preset is called bold",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--max-steps", "0"],
            "max_steps must be at least 1",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--hold-back", "1"],
            "held_out is 1",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--cycles", "0"],
            "cycles must be at least 1",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--curriculum", "easy"],
            "--curriculum",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--targets", "qkv"],
            "no target is called qkv",
        ),
        (
            &["toy.gguf", "--suite", "cpp-demo", "--limit", "0"],
            "at least 1",
        ),
        (
            &["--resume", "nowhere"],
            "is no folder of `whet train raft`",
        ),
        (&["toy.gguf"], "--suite"),
    ] {
        let ended = place.whet(&[&["train", "raft"], words].concat());
        ended.with_code(2).saying(&[said]);
    }
    assert!(!place.at("runs").exists());
}

#[test]
fn a_plan_is_printed_with_every_default_under_either_name() {
    let place = Workplace::new();
    let words = [
        "toy.gguf",
        "--suite",
        "cpp-demo",
        "--temperature-end",
        "1.2",
        "--dry-run",
    ];
    let ours = place
        .whet(&[&["train", "raft"], &words[..]].concat())
        .with_code(0)
        .json();
    let theirs = place
        .whet(&[&["raft", "train"], &words[..]].concat())
        .with_code(0)
        .json();
    assert_eq!(ours["plan"], theirs["plan"]);
    assert_eq!(ours["plan"]["sampling"]["samples_per_prompt"], 16);
    assert_eq!(ours["plan"]["filter"]["reward_threshold"], 1.0);
    assert_eq!(ours["plan"]["recipe"]["learning_rate"], 2e-4);
    place.whet(&["benchmark", "full", "--help"]).with_code(0);
}
