//! Recipes end to end: what they mean, what they measure, and how their mistakes are named.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

/// Two toys, three benchmarks of which two share a run with other models than the third.
const RECIPE: &str = "\
name: paper
vars: {lengths: [16, 32]}
models: {teacher: toy.gguf, student: other.gguf}
threads: 1
targets:
  - name: paper
    runs: []
    benchmarks:
      - id: ppl
        models: [teacher, student]
        config: {type: perplexity, dataset: prose, block_size: 32, num_batches: 3}
      - id: mem
        models: [teacher, student]
        config: {type: memory, sequence_lengths: \"${lengths}\", quantization_modes: [fp16], no_quality: true}
      - id: speed
        models: [teacher, student]
        config: {type: latency, prompt_lengths: [16], generation_lengths: [4], warmup_runs: 1, timed_runs: 3}
        repeats: 2
";

fn workplace(recipe: &str) -> Workplace {
    let place = Workplace::new();
    place.toy("other", 8);
    fs::write(place.at("paper.yml"), recipe).unwrap();
    place
}

#[test]
fn a_recipe_runs_to_one_folder_with_the_artifacts_of_what_was_measured() {
    let place = workplace(RECIPE);
    let ended = place.whet(&["run", "paper.yml"]).with_code(0);
    assert!(
        ended.stdout.lines().all(|line| line.chars().count() <= 80),
        "{ended}"
    );
    let folder = place.only_run("artifacts");
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert!(
        name.starts_with("paper_2") && name.len() == "paper_20260102_030405".len(),
        "{name}"
    );
    for file in [
        "report.json",
        "report.md",
        "report.html",
        "perplexity.csv",
        "latency.csv",
        "memory.csv",
        "summary.png",
        "memory_scaling.png",
        "tables.tex",
        "recipe.yml",
    ] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    assert!(!folder.path().join("code.csv").exists());
    assert!(!folder.path().join("divergence.csv").exists());
    assert_eq!(folder.text("recipe.yml"), RECIPE);
    let plan = &folder.json("run.json")["plan"];
    assert_eq!(plan["latency"]["repeats"], 6, "three timed runs, twice");
    assert_eq!(plan["perplexity"]["protocol"], "rows");
    let models = &folder.json("report.json")["provenance"]["models"];
    assert_eq!(
        (models[0]["name"].as_str(), models[1]["name"].as_str()),
        (Some("toy"), Some("other"))
    );
}

#[test]
fn the_report_of_a_recipe_comes_back_byte_for_byte() {
    let place = workplace(RECIPE);
    place
        .whet(&["run", "paper.yml", "--only", "mem", "-q"])
        .with_code(0);
    let folder = place.only_run("artifacts");
    let before = folder.text("tables.tex");
    fs::remove_file(folder.path().join("tables.tex")).unwrap();
    place
        .whet(&["report", folder.path().to_str().unwrap()])
        .with_code(0);
    assert_eq!(folder.text("tables.tex"), before);
}

#[test]
fn a_recipe_means_the_plan_that_its_commands_mean() {
    let place = workplace(RECIPE);
    let plans = place
        .whet(&["run", "paper.yml", "--dry-run"])
        .with_code(0)
        .json();
    let run = &plans["runs"][0];
    assert_eq!(plans["runs"].as_array().unwrap().len(), 1);
    assert_eq!(
        run["benchmarks"],
        serde_json::json!(["ppl", "mem", "speed"])
    );
    for (command, part) in run["commands"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["perplexity", "memory"])
    {
        let words: Vec<&str> = command.as_str().unwrap().split(' ').skip(1).collect();
        let plan = place
            .whet(&[&words[..], &["--dry-run"]].concat())
            .with_code(0)
            .json();
        assert_eq!(run["plan"][part], plan[part], "{command}");
        assert!(!plan[part].is_null());
    }
    assert!(place.runs("artifacts").is_empty());
    let checked = place.whet(&["check", "paper.yml"]).with_code(0);
    assert!(
        checked
            .stdout
            .contains("whet bench perplexity toy.gguf other.gguf"),
        "{checked}"
    );
    checked.saying(&["The recipe is sound: 1 run."]);
}

#[test]
fn other_models_are_another_run_and_targets_and_benchmarks_can_be_chosen() {
    let more = "      - id: alone\n        models: [student]\n        config: {type: memory, contexts: [16], no_quality: true}\n  - name: quick\n    benchmarks:\n      - {id: q, models: [other.gguf], config: {type: memory, contexts: [8], no_quality: true}}\n";
    let place = workplace(&format!("{RECIPE}{more}"));
    let names = |words: &[&str]| -> Vec<String> {
        let words = [&["run", "paper.yml", "--dry-run"], words].concat();
        let plans = place.whet(&words).with_code(0).json();
        let runs = plans["runs"].as_array().unwrap().clone();
        runs.iter()
            .map(|run| run["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&[]),
        [
            "paper-paper-ppl-mem-speed",
            "paper-paper-alone",
            "paper-quick"
        ]
    );
    assert_eq!(names(&["--target", "quick"]), ["paper-quick"]);
    assert_eq!(
        names(&["--only", "alone,q"]),
        ["paper-paper", "paper-quick"]
    );
    let refused = |words: &[&str], wanted: &str| {
        let ended = place
            .whet(&[&["run", "paper.yml"], words].concat())
            .with_code(2);
        ended.saying(&[wanted]);
    };
    refused(&["--target", "qick"], "did you mean quick?");
    refused(&["--only", "spped"], "did you mean speed?");
    refused(&["--set", "lenghts=[8]"], "did you mean lengths?");
}

#[test]
fn what_the_benchmark_refuses_is_said_at_its_key() {
    for (from, to, place_of_it, wanted) in [
        (
            "timed_runs: 3",
            "timed_runs: 0",
            "paper.yml:17:",
            "timed_runs must be at least 1",
        ),
        (
            "quantization_modes: [fp16]",
            "quantization_modes: [fp8]",
            "paper.yml:14:",
            "no cache type is called fp8",
        ),
        (
            "num_batches: 3",
            "num_batches: many",
            "paper.yml:11:",
            "invalid value 'many'",
        ),
        (
            "student: other.gguf",
            "student: gone.gguf",
            "paper.yml:9:",
            "there is no file gone.gguf",
        ),
        (
            "student: other.gguf",
            "student: smolm2-135m",
            "paper.yml:9:",
            "smollm2-135m",
        ),
        (
            "dataset: prose",
            "dataset: nowhere.txt",
            "paper.yml:11:",
            "there is no such file",
        ),
    ] {
        let broken = RECIPE.replace(from, to);
        assert_ne!(broken, RECIPE);
        let place = workplace(&broken);
        place
            .whet(&["check", "paper.yml"])
            .with_code(2)
            .saying(&[place_of_it, wanted]);
        place
            .whet(&["run", "paper.yml"])
            .with_code(2)
            .saying(&[place_of_it, wanted]);
        assert!(place.runs("artifacts").is_empty(), "nothing was begun");
    }
}

#[test]
fn an_interrupted_recipe_goes_on_in_its_folder_and_only_with_its_own_plan() {
    let place = workplace(RECIPE);
    place
        .whet(&["run", "paper.yml", "--only", "mem"])
        .with_code(0);
    let folder = place.only_run("artifacts");
    // What was done before the end of a run is all that a killed one has.
    let records = folder.records("measurements.jsonl").len();
    fs::write(folder.path().join("progress.jsonl"), "").unwrap();
    fs::write(folder.path().join("measurements.jsonl"), "").unwrap();
    let resumed = place
        .whet(&["run", "paper.yml", "--only", "mem", "--resume"])
        .with_code(0);
    resumed.saying(&["Going on with"]);
    assert_eq!(
        place
            .only_run("artifacts")
            .records("measurements.jsonl")
            .len(),
        records
    );
    let other = [
        "run",
        "paper.yml",
        "--only",
        "mem",
        "--resume",
        "--set",
        "lengths=[8]",
    ];
    place
        .whet(&other)
        .with_code(0)
        .saying(&["no folder in artifacts has this plan"]);
    assert_eq!(place.runs("artifacts").len(), 2);
}

#[test]
fn files_can_be_included_from_beside_the_recipe() {
    let place = workplace("\u{feff}name: r\ntargets: !include parts/targets.yml\n");
    fs::create_dir(place.at("parts")).unwrap();
    let target = "\u{feff}- name: t\n  benchmarks:\n    - {id: m, models: [toy.gguf], config: {type: memory, contextss: [8]}}\n";
    fs::write(place.at("parts/targets.yml"), target).unwrap();
    let ended = place.whet(&["check", "paper.yml"]).with_code(2);
    ended.saying(&["parts/targets.yml:3:58: ", "did you mean contexts?"]);
    fs::write(place.at("parts/targets.yml"), "!include targets.yml\n").unwrap();
    let ended = place.whet(&["check", "paper.yml"]).with_code(2);
    ended.saying(&["include each other more than"]);
}

#[test]
fn init_writes_a_recipe_that_is_sound_and_never_over_another() {
    let place = Workplace::new();
    fs::write(place.at("answers.jsonl"), "{}\n").unwrap();
    for preset in ["quick", "paper", "variants", "speculative", "lora", "raft"] {
        place.whet(&["init", "--preset", preset]).with_code(0);
        let file = format!("{preset}.yml");
        let checked = place.whet(&["check", &file]).with_code(0);
        assert!(checked.stdout.contains("whet bench "), "{checked}");
        let before = fs::read(place.at(&file)).unwrap();
        assert!(before.starts_with(b"# yaml-language-server: $schema=whet-recipe.schema.json\n"));
        place
            .whet(&["init", "--preset", preset])
            .with_code(2)
            .saying(&["is there already"]);
        assert_eq!(fs::read(place.at(&file)).unwrap(), before);
        let printed = place
            .whet(&["init", "--preset", preset, "-o", "-"])
            .with_code(0);
        assert_eq!(printed.stdout.as_bytes(), before);
    }
    let schema: Value = place.whet(&["schema"]).with_code(0).json();
    assert_eq!(schema["type"], "object");
}

#[test]
fn a_recipe_of_the_program_runs_by_its_name_with_another_model() {
    let place = Workplace::new();
    let words = [
        "run",
        "quick",
        "--set",
        "student=toy.gguf",
        "--set",
        "targets.quick.threads=1",
        "--only",
        "memory",
        "--set",
        "targets.quick.benchmarks.memory.config.sequence_lengths=[16]",
    ];
    place.whet(&words).with_code(0);
    let folder = place.only_run("artifacts");
    assert_eq!(folder.json("run.json")["plan"]["preset"], "quick");
    place
        .whet(&["run", "qick"])
        .with_code(2)
        .saying(&["cannot read the recipe", "whet init"]);
}

#[test]
fn guessing_is_a_run_of_its_own_beside_what_is_measured_otherwise() {
    let recipe = "name: both\nthreads: 1\ntargets:\n  - name: t\n    benchmarks:\n      - {id: guess, models: [toy.gguf], config: {type: spec, limit: 1, max_tokens: 8, modes: [ngram]}, repeats: 2}\n      - {id: mem, models: [toy.gguf], config: {type: memory, contexts: [16], no_quality: true}, repeats: 3}\n";
    let place = workplace(recipe);
    let ended = place.whet(&["run", "paper.yml"]).with_code(0);
    ended.saying(&["mem is measured once and not 3 times"]);
    let names: Vec<String> = place
        .runs("artifacts")
        .iter()
        .map(|run| run.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names[0].starts_with("both-guess_") && names[1].starts_with("both-mem_"),
        "{names:?}"
    );
    assert!(!place.at("runs").exists());
    let run = fs::read_to_string(place.runs("artifacts")[0].join("run.json")).unwrap();
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["plan"]["speculation"]["iterations"], 2);
}
