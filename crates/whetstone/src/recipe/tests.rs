use std::path::Path;

use super::setting::{benchmarks, command, settings};
use super::*;

/// A recipe around the settings of one benchmark.
fn recipe(kind: &str, settings: &str) -> String {
    format!(
        "name: r\nmodels: {{student: s.gguf, teacher: t.gguf}}\ntargets:\n  - name: t\n    benchmarks:\n      - id: b\n        models: [student]\n        config:\n          type: {kind}\n{settings}"
    )
}

pub(super) fn read(text: &str) -> Result<Recipe, String> {
    sound(Recipe::read(text, "r.yml", Path::new("."), &[]))
}

/// The recipe, if nothing is wrong in it.
fn sound(read: Result<Recipe, Usage>) -> Result<Recipe, String> {
    let recipe = read.map_err(|error| error.to_string())?;
    match recipe.mistakes.is_empty() {
        true => Ok(recipe),
        false => Err(refusal(&recipe.mistakes).to_string()),
    }
}

fn words(kind: &str, settings: &str) -> Vec<String> {
    let settings: String = settings
        .lines()
        .map(|line| format!("          {line}\n"))
        .collect();
    read(&recipe(kind, &settings)).unwrap().targets[0].benchmarks[0].words()
}

pub(super) fn refused(text: &str) -> String {
    read(text).expect_err("it should be refused")
}

#[test]
fn published_keys_are_the_flags_that_mean_the_same() {
    let latency = "prompt_lengths: [128, 512]\ngeneration_lengths: 64\nbatch_sizes: [1, 4]\nwarmup_runs: 3\ntimed_runs: 10\nuse_cache: [true, false]\ncache_kind: fp16";
    assert_eq!(
        words("latency", latency)[2..],
        [
            "s.gguf",
            "--prompt-tokens=128,512",
            "--generate-tokens=64",
            "--sequences=1,4",
            "--warmups=3",
            "--repeats=10",
            "--use-cache=on,off",
            "--cache=fp16"
        ]
    );
    let memory = "sequence_lengths: 512-2048*2\nmeasure_peak: false\nmeasure_kvcache: true\nquantization_modes: [fp16, q8, q4]";
    assert_eq!(
        words("memory", memory)[3..],
        ["--contexts=512-2048*2", "--no-peak", "--cache=fp16,q8,q4"]
    );
    let perplexity = "dataset: ids.npy\nblock_size: 2048\nbatch_size: 4\nnum_batches: 100";
    assert_eq!(
        words("perplexity", perplexity)[3..],
        [
            "--text=ids.npy",
            "--context=2048",
            "--limit-chunks=400",
            "--protocol=rows"
        ]
    );
}

#[test]
fn rows_read_side_by_side_limit_no_text_by_themselves() {
    let whole = ["--text=ids.npy", "--context=2048", "--protocol=rows"];
    let said = |more: &str| {
        let settings = format!("dataset: ids.npy\nblock_size: 2048\n{more}");
        words("perplexity", &settings)[3..].to_vec()
    };
    assert_eq!(said("batch_size: 1"), whole);
    assert_eq!(said("batch_size: 8"), whole);
    assert_eq!(
        said("batch_size: 4\nnum_batches: 100")[2],
        "--limit-chunks=400"
    );
    assert_eq!(
        said("batch_size: 0")[2],
        "--limit-chunks=0",
        "which is refused"
    );
}

#[test]
fn every_flag_of_a_benchmark_is_a_key_and_published_names_stand_for_flags() {
    let commands = benchmarks();
    let names: Vec<&str> = commands.iter().map(clap::Command::get_name).collect();
    for wanted in [
        "code",
        "latency",
        "memory",
        "variants",
        "perplexity",
        "spec",
        "divergence",
    ] {
        assert!(names.contains(&wanted), "{wanted}");
    }
    for command in &commands {
        let settings = settings(command);
        let has = |name: &str| settings.iter().any(|setting| setting.name == name);
        assert!(!settings.is_empty());
        assert!(!has("output") && !has("help") && !has("seed") && !has("models"));
        assert!(settings.iter().all(|setting| !setting.says.is_empty()));
    }
    let code = settings(&command("code").unwrap());
    for key in ["temperature", "top_p", "suite", "samples", "no_cache"] {
        assert!(code.iter().any(|setting| setting.name == key), "{key}");
    }
}

#[test]
fn mistakes_are_named_by_file_line_and_column_with_a_guess() {
    let said = refused(&recipe("latency", "          promt_lengths: [1]\n"));
    assert!(said.starts_with("r.yml:10:11: "), "{said}");
    assert!(said.contains("did you mean prompt_lengths?"), "{said}");
    let said = refused(&recipe("latensy", ""));
    assert!(
        said.starts_with("r.yml:9:17: ") && said.contains("did you mean latency?"),
        "{said}"
    );
    let said = refused("name: r\ntargets:\n  - nam: x\n    benchmarks: []\n");
    assert!(
        said.contains("r.yml:3:5: there is no key nam; did you mean name?"),
        "{said}"
    );
    assert!(
        said.contains("2 mistakes") && said.contains("name is missing"),
        "{said}"
    );
}

#[test]
fn what_yaml_permits_and_a_recipe_does_not() {
    for (text, wanted) in [
        ("", "there is nothing in it"),
        ("a: [1, 2", "r.yml:"),
        (
            "name: a\nname: b\n",
            "r.yml:2:1: name was said already, in line 1",
        ),
        ("a: 1\n---\nb: 2\n", "a second document begins"),
        ("? [a]\n: b\n", "a key must be a word"),
        ("- a\n", "here stand keys with values"),
        ("name: r\ntargets: {a: b}\n", "targets must be a list"),
        ("name: [a]\ntargets: []\n", "name must be a word"),
        (
            "name: r\nseed: -1\ntargets: []\n",
            "seed must be a whole number",
        ),
    ] {
        let said = refused(text);
        assert!(said.contains(wanted), "{text:?}: {said}");
    }
    let deep = format!("name: {}", "[".repeat(200));
    refused(&deep);
}

#[test]
fn aliases_that_multiply_are_stopped() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("a{level}: &a{level} [{below}]\n");
    }
    assert!(refused(&text).contains("use fewer aliases"));
}

#[test]
fn anchors_and_merge_keys_serve_repetition() {
    let text = "name: r\nvars: {c: &c {type: memory, sequence_lengths: [8]}}\ntargets:\n  - name: t\n    benchmarks:\n      - {id: a, models: [m.gguf], config: *c}\n      - {id: b, models: [m.gguf], config: {<<: *c, sequence_lengths: [16]}}\n";
    let recipe = read(text).unwrap();
    let words: Vec<String> = recipe.targets[0]
        .benchmarks
        .iter()
        .map(|benchmark| benchmark.words()[3].clone())
        .collect();
    assert_eq!(words, ["--contexts=8", "--contexts=16"]);
}

#[test]
fn variables_stand_for_words_lists_and_parts_of_a_text() {
    let text = "name: r-${v}\nvars: {base: small, v: \"${base}-2\", n: [8, 16]}\ntargets:\n  - name: t\n    benchmarks:\n      - {id: a, models: [\"${base}.gguf\"], config: {type: memory, contexts: \"${n}\"}}\n";
    let recipe = read(text).unwrap();
    assert_eq!(recipe.name, "r-small-2");
    let words = recipe.targets[0].benchmarks[0].words();
    assert_eq!(words[2..], ["small.gguf", "--contexts=8,16"]);
    for (text, wanted) in [
        (
            "name: ${nam}\nvars: {name: x}\ntargets: []\n",
            "no variable nam; did you mean name?",
        ),
        (
            "name: ${n\nvars: {n: x}\ntargets: []\n",
            "${ has no closing }",
        ),
        (
            "name: a${n}\nvars: {n: [1]}\ntargets: []\n",
            "no single word",
        ),
        (
            "name: ${a}\nvars: {a: \"${a}\"}\ntargets: []\n",
            "no variable a",
        ),
    ] {
        let said = refused(text);
        assert!(said.contains(wanted), "{text:?}: {said}");
    }
}

#[test]
fn what_is_set_beside_a_recipe_wins() {
    let text = "name: r\nvars: {m: a.gguf}\ntargets:\n  - name: t\n    benchmarks:\n      - {id: b, models: [\"${m}\"], config: {type: memory, contexts: [8]}}\n";
    let with = |sets: &[&str]| {
        let changes: Vec<Change> = sets.iter().map(|set| Change::read(set).unwrap()).collect();
        sound(Recipe::read(text, "r.yml", Path::new("."), &changes))
    };
    let changed = with(&[
        "m=b.gguf",
        "targets.t.benchmarks.b.config.contexts=[16, 32]",
        "name=x",
    ]);
    let changed = changed.unwrap();
    assert_eq!(changed.name, "x");
    assert_eq!(
        changed.targets[0].benchmarks[0].words()[2..],
        ["b.gguf", "--contexts=16,32"]
    );
    let added = with(&[
        "targets.0.benchmarks.0.config.no_peak=true",
        "targets.t.seed=7",
    ])
    .unwrap();
    assert_eq!(
        added.targets[0].benchmarks[0].words()[4..],
        ["--no-peak", "--seed=7"]
    );
    for (set, wanted) in [
        ("mm=1", "no variable or key mm; did you mean m?"),
        ("targets.u.seed=1", "no variable or key u"),
        ("targets.t.sed=1", "no key sed; did you mean seed?"),
    ] {
        let said = with(&[set]).unwrap_err();
        assert!(
            said.contains(wanted) && said.contains("--set"),
            "{set}: {said}"
        );
    }
    assert!(Change::read("student").is_err() && Change::read("=x").is_err());
}

#[test]
fn roles_are_those_of_the_target_then_of_the_recipe_and_a_checkpoint_is_the_student() {
    let text = "name: r\nmodels: {teacher: t.gguf, student: s.gguf}\ntargets:\n  - name: t\n    models: {student: own.gguf}\n    benchmarks:\n      - {id: a, models: [teacher, student], config: {type: memory}}\n      - {id: b, models: [teacher, student], config: {type: memory, checkpoint: c.gguf}}\n      - {id: c, models: [smollm2-135m], config: {type: memory}}\n";
    let recipe = read(text).unwrap();
    let models: Vec<&[String]> = recipe.targets[0]
        .benchmarks
        .iter()
        .map(|b| b.models.as_slice())
        .collect();
    assert_eq!(models[0], ["t.gguf", "own.gguf"]);
    assert_eq!(models[1], ["t.gguf", "c.gguf"]);
    assert_eq!(models[2], ["smollm2-135m"]);
    let said = refused(
        "name: r\ntargets:\n  - name: t\n    benchmarks:\n      - {id: a, models: [student], config: {type: memory}}\n",
    );
    assert!(
        said.contains("r.yml:5:26: nothing says which model is the student"),
        "{said}"
    );
}

#[test]
fn a_run_is_the_words_of_its_training_and_roles_stand_for_models() {
    let text = "name: r\nmodels: {student: s.gguf}\ntargets:\n  - name: t\n    runs:\n      - {id: a, type: raft, config: {bf16: true, model: student, prompts: [x, y], sampling: {num_cycles: 3}}}\n      - {id: b, type: pretrain, config: {model: student, dataset: src}}\n    benchmarks:\n      - {id: m, models: [student+a, student, s+a], config: {type: memory}}\n";
    let recipe = read(text).unwrap();
    let target = &recipe.targets[0];
    let words = |at: usize| target.trainings[at].words().unwrap();
    assert_eq!(
        words(0),
        ["train", "raft", "s.gguf", "--suite=x,y", "--cycles=3"]
    );
    assert_eq!(
        words(1),
        ["train", "pretrain", "--from=s.gguf", "--data=src"]
    );
    assert_eq!(recipe.idle, ["bf16"]);
    assert_eq!(target.benchmarks[0].models, ["s.gguf+a", "s.gguf", "s+a"]);
}

#[test]
fn a_draft_is_the_second_model_of_speculation() {
    let text = "name: r\ntargets:\n  - name: t\n    benchmarks:\n      - {id: a, models: [big.gguf, small.gguf], config: {type: speculation, max_tokens: 8, skip_lora: true}}\n";
    let words = read(text).unwrap().targets[0].benchmarks[0].words();
    let wanted = [
        "bench",
        "spec",
        "big.gguf",
        "--draft=small.gguf",
        "--max-tokens=8",
        "--skip-lora",
    ];
    assert_eq!(words, wanted);
}

#[test]
fn recipes_that_come_with_the_program_are_recipes_and_name_their_schema() {
    for preset in PRESETS {
        let recipe = read(preset.text()).unwrap_or_else(|error| panic!("{preset:?}: {error}"));
        assert!(recipe.idle.is_empty() && !recipe.targets.is_empty());
        let first = preset.text().lines().next().unwrap();
        assert_eq!(
            first,
            format!("# yaml-language-server: $schema={SCHEMA_FILE}")
        );
    }
}

#[test]
fn the_schema_knows_the_keys_that_recipes_may_have() {
    let schema = schema();
    let benchmark = &schema["properties"]["targets"]["items"]["properties"]["benchmarks"]["items"];
    assert_eq!(benchmark["required"], serde_json::json!(["id", "config"]));
    assert_eq!(
        schema["properties"]["version"]["const"],
        serde_json::json!(2)
    );
    let runs = &schema["properties"]["targets"]["items"]["properties"]["runs"]["items"];
    assert!(runs["else"]["properties"]["steps"].is_object());
    let run = &runs["then"];
    assert_eq!(run["required"], serde_json::json!(["id", "type", "config"]));
    let of_sft = &run["allOf"][0];
    assert_eq!(of_sft["if"]["properties"]["type"]["const"], "sft");
    let config = &of_sft["then"]["properties"]["config"];
    let named = "#/$defs/sft";
    assert_eq!(config["$ref"], named);
    assert_eq!(config["properties"]["lora"]["$ref"], named);
    let settings = &schema["$defs"]["sft"]["properties"];
    for key in ["num_train_epochs", "rank", "r", "bf16"] {
        assert!(settings[key].is_object(), "{key}");
    }
    assert!(settings["model"].is_null() && config["properties"]["model"]["anyOf"].is_array());
    let config = &benchmark["properties"]["config"];
    let latency = config["allOf"].as_array().unwrap().iter();
    let mut latency = latency.filter(|case| {
        let names = case["if"]["properties"]["type"]["enum"].as_array().unwrap();
        names.iter().any(|name| name == "latency")
    });
    let settings = &latency.next().unwrap()["then"]["properties"];
    for key in [
        "type",
        "checkpoint",
        "prompt_lengths",
        "prompt_tokens",
        "cache",
    ] {
        assert!(settings[key].is_object(), "{key}");
    }
    assert_eq!(
        settings["prompt_lengths"]["description"],
        settings["prompt_tokens"]["description"]
    );
}

#[test]
fn the_document_of_recipes_has_every_published_key() {
    let document = include_str!("../../../../docs/RECIPES.md");
    for (benchmark, key, flag) in setting::documented_keys() {
        // A remark may name other keys; what counts is the column of keys.
        let line = document.lines().find(|line| {
            let mut columns = line.split('|').skip(1).map(str::trim);
            columns.next() == Some(benchmark)
                && columns
                    .next()
                    .is_some_and(|keys| keys.contains(&format!("`{key}")))
        });
        let line = line.unwrap_or_else(|| panic!("{benchmark} {key} has no line"));
        assert!(line.contains(&format!("--{flag}")), "{line}");
    }
}
