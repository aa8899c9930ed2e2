//! Manifests in the shape that was published, carried out and checked.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

const MANIFEST: &str = "\
version: 2
name: paper
entrypoints: {default: full}
targets:
  - type: experiment
    name: full
    models: {teacher: toy.gguf}
    threads: 1
    formats: [csv, json]
    runs:
      - {id: blockwise, mode: train, exp: e, seed: 42, steps: 500, train: {phase: blockwise}}
    benchmarks:
      - id: memory
        models: [teacher]
        config: {type: memory, sequence_lengths: [16], quantization_modes: [fp16], no_quality: true}
      - id: compared
        models: [teacher, student]
        config: {type: memory, sequence_lengths: [16], no_quality: true}
      - id: trained
        models: [teacher+blockwise]
        config: {type: memory, sequence_lengths: [16], no_quality: true}
";

fn workplace(text: &str) -> Workplace {
    let place = Workplace::new();
    fs::write(place.at("paper.yml"), text).unwrap();
    place
}

#[test]
fn what_needs_no_training_of_another_program_is_measured_and_leaves_the_files_that_were_chosen() {
    let place = workplace(MANIFEST);
    let run = |words: &[&str]| {
        place.whet(&[&["run", "paper.yml", "--target", "default"], words].concat())
    };
    run(&["--only", "memory"])
        .with_code(0)
        .saying(&["paper.yml:11:9", "blockwise, is not carried out"]);
    let folder = place.only_run("artifacts");
    let is_there = |name: &str| folder.path().join(name).is_file();
    let chosen = || is_there("memory.csv") && is_there("report.json");
    let others = || is_there("report.html") || is_there("tables.tex") || is_there("summary.png");
    assert!(chosen() && !others());
    fs::remove_file(folder.path().join("memory.csv")).unwrap();
    place
        .whet(&["report", folder.path().to_str().unwrap(), "-q"])
        .with_code(0);
    assert!(chosen() && !others(), "a report knows what was chosen");
}

#[test]
fn formats_that_change_in_the_recipe_hold_from_the_next_resume_on() {
    let place = workplace(MANIFEST);
    let run = |words: &[&str]| {
        let all = ["run", "paper.yml", "--only", "memory", "-q"];
        place.whet(&[&all[..], words].concat()).with_code(0)
    };
    run(&[]);
    let folder = place.only_run("artifacts");
    let is_there = |name: &str| folder.path().join(name).is_file();
    let now = || ["memory.csv", "report.html", "tables.tex"].map(is_there);
    assert_eq!(now(), [true, false, false]);
    let with = |formats: &str| {
        let text = MANIFEST.replace("    formats: [csv, json]\n", formats);
        fs::write(place.at("paper.yml"), text).unwrap();
        run(&["--resume"]);
        now()
    };
    assert_eq!(with("    formats: [html]\n"), [false, true, false]);
    assert_eq!(with(""), [true; 3], "without a word all are wanted");
    assert_eq!(place.runs("artifacts").len(), 1);
}

#[test]
fn what_a_later_run_of_a_recipe_needs_is_asked_for_before_the_first_one() {
    let later = |config: &str| {
        format!(
            "name: r\ntargets:\n  - name: t\n    threads: 1\n    benchmarks:\n      - {{id: first, models: [toy.gguf], config: {{type: memory, sequence_lengths: [16], no_quality: true}}}}\n      - {{id: later, {config}}}\n"
        )
    };
    for (config, said) in [
        (
            "config: {type: variants, names: [smallcoder-tiny], precision: [q4_0]}",
            "files would be written; add --yes",
        ),
        (
            "models: [toy.gguf], config: {type: code, suite: humaneval}",
            "humaneval",
        ),
    ] {
        let place = workplace(&later(config));
        let ended = place.whet(&["run", "paper.yml", "--offline"]).with_code(2);
        ended.saying(&[said]);
        assert!(place.runs("artifacts").is_empty(), "{config}");
    }
}

#[test]
fn what_needs_the_result_of_another_programs_training_is_refused_and_says_why() {
    let place = workplace(MANIFEST);
    let refused = |only: &str, wanted: &[&str]| {
        let words = ["run", "paper.yml", "--only", only];
        place.whet(&words).with_code(2).saying(wanted);
    };
    refused(
        "blockwise",
        &["paper.yml:11:9", "name its result under models"],
    );
    refused(
        "trained",
        &["blockwise is a training by the keys of another program"],
    );
    refused("compared", &["nothing says which model is the student"]);
    assert!(place.runs("artifacts").is_empty());
}

#[test]
fn a_command_that_is_printed_asks_for_the_plan_that_is_carried_out() {
    let place = workplace(
        "name: r\ntargets:\n  - name: t\n    threads: 1\n    benchmarks:\n      - {id: b, models: [toy.gguf], repeats: 5, config: {type: latency, timed_runs: 10, prompt_lengths: [16]}}\n      - {id: c, models: [toy.gguf], repeats: 3, config: {type: code, suite: python-core}}\n",
    );
    let ended = place.whet(&["run", "paper.yml", "--dry-run"]).with_code(0);
    assert!(!ended.stdout.contains("0.69999"), "{ended}");
    let plan = ended.json()["runs"][0].clone();
    assert_eq!(plan["plan"]["latency"]["repeats"], 50);
    for (command, part) in plan["commands"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["latency", "code"])
    {
        let words: Vec<&str> = command.as_str().unwrap().split(' ').skip(1).collect();
        let alone: Value = place
            .whet(&[&words[..], &["--dry-run"]].concat())
            .with_code(0)
            .json();
        assert_eq!(alone[part], plan["plan"][part], "{command}");
    }
    let checked = place.whet(&["check", "paper.yml"]).with_code(0);
    assert!(checked.stdout.contains("--repeats=50"), "{checked}");
}

#[test]
fn wrong_values_are_said_beside_wrong_keys_and_several_of_one_benchmark_at_once() {
    let place = workplace(
        "version: 3\nname: r\ntargets:\n  - name: t\n    benchmarks:\n      - {id: b, models: [toy.gguf], config: {type: latency, promt_lengths: [1], cache_kind: f17, timed_runs: 0}}\n      - {id: c, models: [toy.gguf], config: {type: memory, contexts: [8], quantization_modes: [fp8]}}\n",
    );
    place.whet(&["check", "paper.yml"]).with_code(2).saying(&[
        "5 mistakes",
        "paper.yml:1:10: version must be 2",
        "did you mean prompt_lengths?",
        "no cache type is called f17",
        "timed_runs must be at least 1",
        "no cache type is called fp8",
    ]);
}
