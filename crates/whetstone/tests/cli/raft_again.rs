//! What `whet train raft` asks of memory before it begins, what may be asked of a run that goes on, what it measures, and
//! how it ends where a training breaks off.

use std::path::Path;

use serde_json::Value;

use crate::workplace::{Ended, Workplace};

const COMMON: [&str; 15] = [
    "train",
    "raft",
    "toy.gguf",
    "--suite=cpp-demo",
    "--limit=2",
    "-n=1",
    "--measure-samples=1",
    "--max-new-tokens=24",
    "--batch=4",
    "--rank=2",
    "--epochs=1",
    "--accumulate=1",
    "--min-samples=2",
    "--cycles=1",
    "--threads=1",
];

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A run that was killed before it did anything.
fn begun(place: &Workplace) {
    let planned = place.whet(&[&COMMON[..], &["--dry-run"]].concat());
    std::fs::create_dir_all(place.at("out")).unwrap();
    let order = planned.with_code(0).json().to_string();
    std::fs::write(place.at("out/raft.json"), order).unwrap();
}

fn again(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["train", "raft", "--resume", "out"], words].concat())
}

#[test]
fn a_run_whose_rows_would_not_fit_into_memory_is_refused_before_anything_is_sampled() {
    let place = Workplace::new();
    let words = ["--train-batch=100000000", "-o", "out"];
    place
        .whet(&[&COMMON[..], &words].concat())
        .with_code(2)
        .saying(&["of memory are free", "--recompute --train-batch 1 takes"]);
    assert!(!place.at("out").exists());
}

#[test]
fn a_word_that_would_do_nothing_beside_resume_is_refused() {
    let place = Workplace::new();
    begun(&place);
    for word in [
        "--cycles=5",
        "--seed=7",
        "--threads=2",
        "--preset=bold",
        "--train-batch=1",
        "--repairs=2",
        "--limit=1",
    ] {
        let refused = again(&place, &[word]).with_code(2);
        refused.saying(&["cannot be used with", word.split('=').next().unwrap()]);
    }
}

#[test]
fn a_run_that_goes_on_takes_what_makes_its_next_training_smaller() {
    let place = Workplace::new();
    begun(&place);
    let smaller = ["--recompute", "--longest=900"];
    again(&place, &smaller).with_code(0);
    let order = json(&place.at("out/raft.json"));
    assert_eq!(order["plan"]["longest"], 900);
    assert_eq!(order["plan"]["recipe"]["recompute"], true);
    let record = json(&place.at("out/cycle_1/training/run/run.json"));
    assert_eq!(record["plan"]["training"]["recipe"]["recompute"], true);
    let said = json(&place.at("out/summary.json"))["said"].to_string();
    assert!(said.contains("--recompute --longest 900"), "{said}");
    // The same again changes nothing; something else comes too late.
    again(&place, &smaller).with_code(0);
    again(&place, &["--longest=800"])
        .with_code(2)
        .saying(&["--longest 800", "no training of out is left"]);
}

#[test]
fn a_training_that_has_a_checkpoint_goes_on_as_it_began() {
    let place = Workplace::new();
    begun(&place);
    let training = place.at("out/cycle_1/training");
    std::fs::create_dir_all(&training).unwrap();
    std::fs::write(training.join("checkpoint.safetensors"), "").unwrap();
    again(&place, &["--recompute"])
        .with_code(2)
        .saying(&["cycle 1 has a checkpoint", "delete out/cycle_1/training"]);
    assert_eq!(
        json(&place.at("out/raft.json"))["plan"]["recipe"]["recompute"],
        false
    );
}

/// A held-out suite of one problem.
const HELD_OUT: &str =
    r#"{"id":"three","prompt":"Print the number three.","language":"cpp","expected_output":"3"}"#;

#[test]
fn problems_to_train_on_need_not_be_measured_where_others_are_held_out() {
    let place = Workplace::new();
    let words = [&COMMON[..], &["-o", "out", "--measure-prompts=0"]].concat();
    place
        .whet(&words)
        .with_code(2)
        .saying(&["nothing would be measured", "--held-out"]);
    assert!(!place.at("out").exists());
    std::fs::write(place.at("go.jsonl"), HELD_OUT).unwrap();
    let ended = place.whet(&[&words[..], &["--held-out=go.jsonl"]].concat());
    let ended = ended.with_code(0);
    assert!(
        ended
            .stdout
            .contains("problems trained on: not measured (--measure-prompts 0)"),
        "{ended}"
    );
    let out = place.at("out");
    assert!(!out.join("baseline/prompts").exists());
    assert!(!out.join("baseline_samples.jsonl").exists());
    // The power at rest is that of the first phase that there is.
    assert!(out.join("baseline/held_out/run/run.json").is_file());
    let summary = json(&out.join("summary.json"));
    assert!(summary["baseline"].is_null() && summary["prompts"]["reason"].is_string());
}

#[test]
fn a_training_that_is_not_finite_ends_the_run_and_leaves_its_summary() {
    let place = Workplace::new();
    let wild = ["-o", "out", "--lr=1e30", "--train-batch=1", "--warmup=0"];
    let ended = place.whet(&[&COMMON[..], &wild].concat()).with_code(3);
    let said = ["the training broke off", "a lower learning rate may help"];
    assert!(
        said.iter().all(|said| ended.stdout.contains(said)),
        "{ended}"
    );
    let out = place.at("out");
    let summary = json(&out.join("summary.json"));
    assert_eq!(summary["end"], "not_finite");
    assert!(summary["best"].is_null());
    let effort = &summary["training"][0]["effort"];
    assert!(effort["seconds"].as_f64() > Some(0.0), "{effort}");
    assert!(!out.join("cycle_1/checkpoint").exists() && !out.join("best").exists());
    assert!(!out.join("cycle_1/training/checkpoint.safetensors").exists());
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path, found: &mut std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path, bytes);
            }
        }
    }
}

#[test]
fn what_was_derived_from_a_run_that_is_over_comes_back_byte_for_byte() {
    let place = Workplace::new();
    begun(&place);
    place
        .whet(&["report", "out"])
        .with_code(2)
        .saying(&["out is not over", "--resume out"]);
    let ended = again(&place, &[]).with_code(0);
    let out = place.at("out");
    let all = || {
        let mut found = Default::default();
        files(&out, &mut found);
        found
    };
    let before = all();
    let derived = [
        "summary.json",
        "history.json",
        "raft_statistics.json",
        "baseline_samples.jsonl",
        "baseline/prompts/run/report.html",
    ];
    for name in derived {
        std::fs::remove_file(out.join(name)).unwrap();
    }
    let told = place.whet(&["report", "out"]).with_code(0);
    assert_eq!(told.stdout, ended.stdout);
    let after = all();
    assert!(before.keys().eq(after.keys()));
    for (path, bytes) in &before {
        assert!(after[path] == *bytes, "{}", path.display());
    }
    readable_as_any_other(&out);
    a_summary_of_another_rule_stays(&place);
    // What stands over the runs of several models, where an older program did not note which they are.
    std::fs::create_dir(place.at("full")).unwrap();
    std::fs::rename(&out, place.at("full/toy")).unwrap();
    std::fs::write(place.at("full/comparison_summary.json"), "{}").unwrap();
    place.whet(&["report", "full"]).with_code(0);
    let over = json(&place.at("full/comparison_summary.json"));
    let summary = json(&place.at("full/toy/summary.json"));
    assert_eq!(over["models"][0], summary["model_name"]);
}

/// The user's umask decides who may read a file, whoever writes it.
fn readable_as_any_other(out: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |name: &str| {
        let known = std::fs::metadata(out.join(name)).unwrap();
        known.permissions().mode() & 0o777
    };
    for name in ["summary.json", "history.json", "raft_statistics.json"] {
        assert_eq!(mode(name), mode("raft.json"), "{name}");
    }
}

/// Which cycle is the best was said when it was measured; another rule makes no other cycle of that.
fn a_summary_of_another_rule_stays(place: &Workplace) {
    let path = place.at("out/summary.json");
    let now = std::fs::read(&path).unwrap();
    let mut summary = json(&path);
    summary["best"] = 7.into();
    let then = serde_json::to_vec(&summary).unwrap();
    std::fs::write(&path, &then).unwrap();
    place
        .whet(&["report", "out"])
        .with_code(2)
        .saying(&["took cycle 7 for the best", "its summary stays as it is"]);
    assert!(std::fs::read(&path).unwrap() == then);
    std::fs::write(&path, now).unwrap();
}
