//! Settings of trainings: keys, places, and what counts more.

use std::ffi::OsString;
use std::path::Path;

use super::*;
use crate::cli::{Command, Sft, Train};
use crate::recipe::Preset;

fn parse(text: &str, method: &str) -> Result<Settings, String> {
    Settings::parse(text, "f.yml", Path::new(""), method).map_err(|error| error.to_string())
}

fn refused(text: &str, method: &str) -> String {
    parse(text, method).expect_err("it should be refused")
}

fn words(settings: &Settings) -> Vec<&str> {
    let said = settings.said.iter();
    said.map(|(_, said)| said.word.as_str()).collect()
}

fn sft(text: &str, typed: &[&str]) -> Result<Sft, String> {
    let all = ["whet", "train", "sft", "--config", "f.yml"]
        .iter()
        .chain(typed);
    let typed = all.map(OsString::from).collect();
    let cli = parse(text, "sft")?.resolved(typed);
    match cli.map_err(|error| error.to_string())?.command {
        Command::Train(Train::Sft(flags)) => Ok(*flags),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_flag_is_a_key_with_either_sign_and_sections_only_group() {
    let flat = "model: a.gguf\nexamples: d.jsonl\nlearning-rate: 1e-3\nmax_steps: 7\ntargets: [q_proj, v_proj]\nrecompute: true\n";
    let flags = sft(flat, &[]).unwrap();
    assert_eq!(flags.model.as_deref(), Some("a.gguf"));
    assert_eq!(flags.examples.as_deref(), Some(Path::new("d.jsonl")));
    assert_eq!(flags.steps.learning_rate, Some(1e-3));
    assert_eq!(flags.steps.max_steps, Some(7));
    assert_eq!(flags.targets, ["q_proj", "v_proj"]);
    assert!(flags.steps.recompute);
    let grouped = "training: {learning-rate: 1e-3, max_steps: 7, recompute: true}\nlora: {targets: [q_proj, v_proj]}\ndata: {examples: d.jsonl}\nmodel: {name: a.gguf}\n";
    let (one, other) = (parse(flat, "sft").unwrap(), parse(grouped, "sft").unwrap());
    assert_eq!(words(&one), words(&other));
    for method in ["sft", "pretrain", "raft"] {
        for setting in known(method) {
            assert!(!setting.says.is_empty(), "{method} {}", setting.name);
        }
    }
}

#[test]
fn names_of_published_trainers_are_known() {
    let text = "model_name_or_path: m\ntrain_file: d\nnum_train_epochs: 3\nper_device_train_batch_size: 2\ngradient_accumulation_steps: 16\nwarmup_ratio: 0.03\nweight_decay: 0.01\nmax_grad_norm: 0.3\nmax_seq_length: 2048\nvalidation_split: 0.05\neval_steps: 250\nsave_steps: 500\nearly_stopping_patience: 5\ngradient_checkpointing: true\nlora: {r: 16, alpha: 32, dropout: 0.05, target_modules: [q_proj]}\nbf16: true\noptim: adamw_torch\n";
    let flags = sft(text, &[]).unwrap();
    let steps = &flags.steps;
    assert_eq!(
        (steps.epochs, steps.batch, steps.accumulate),
        (Some(3), Some(2), Some(16))
    );
    assert_eq!(
        (steps.warmup_ratio, steps.weight_decay),
        (Some(0.03), Some(0.01))
    );
    assert_eq!((steps.clip, steps.held_out), (Some(0.3), Some(0.05)));
    assert_eq!(
        (steps.evaluate_every, steps.checkpoint_every),
        (Some(250), Some(500))
    );
    assert_eq!((steps.patience, flags.longest), (Some(5), 2048));
    assert_eq!(
        (flags.rank, flags.alpha, flags.dropout),
        (16, Some(32.0), Some(0.05))
    );
    assert_eq!(parse(text, "sft").unwrap().idle, ["bf16", "optim"]);
    let raft = "base_model: m\nprompts: [a, b]\nnum_cycles: 3\ntrain_epochs: 1\nlr_decay_per_cycle: 0.85\nmin_samples_per_cycle: 10\nvalidation_split: 0.2\nmax_steps: 30\nearly_stopping_patience: 5\nearly_stopping_threshold: 0.001\n";
    let raft = parse(raft, "raft").unwrap();
    let words = words(&raft);
    for word in [
        "m",
        "--suite=a,b",
        "--cycles=3",
        "--epochs=1",
        "--lr-decay=0.85",
        "--min-samples=10",
        "--hold-back=0.2",
        "--max-steps=30",
        "--patience=5",
        "--least-gain=0.001",
    ] {
        assert!(words.contains(&word), "{word}: {words:?}");
    }
}

#[test]
fn the_command_line_counts_more_than_the_file() {
    let text = "model: a.gguf\nexamples: d.jsonl\nepochs: 5\ntargets: [q_proj]\nrank: 4\n";
    let flags = sft(text, &["b.gguf", "--epochs", "1", "--targets", "v_proj"]).unwrap();
    assert_eq!(flags.model.as_deref(), Some("b.gguf"));
    assert_eq!(flags.examples.as_deref(), Some(Path::new("d.jsonl")));
    assert_eq!((flags.steps.epochs, flags.rank), (Some(1), 4));
    assert_eq!(flags.targets, ["v_proj"]);
}

#[test]
fn mistakes_are_named_by_line_and_column_with_a_guess() {
    for (text, said) in [
        (
            "model: m\nlearning_rat: 1\n",
            "f.yml:2:1: there is no setting of whet train sft called learning_rat; did you mean learning_rate?",
        ),
        (
            "lora:\n  rnk: 4\n",
            "f.yml:2:3: there is no setting of whet train sft called rnk; did you mean rank?",
        ),
        (
            "epochs: 2\nnum_train_epochs: 3\n",
            "f.yml:2:1: epochs says this already, in line 1",
        ),
        (
            "recompute: maybe\n",
            "f.yml:1:12: recompute must be true or false",
        ),
        ("epochs: [1, 2]\n", "f.yml:1:9: epochs must be one value"),
        (
            "method: raft\nmodel: m\n",
            "f.yml:1:9: these are settings of `whet train raft`, not of `whet train sft`",
        ),
        (
            "epochs: 1\nepochs: 2\n",
            "f.yml:2:1: epochs was said already, in line 1",
        ),
        (
            "lora: {r: 1}\nzzz: {a: 1}\nqqq: 1\n",
            "the recipe has 2 mistakes",
        ),
    ] {
        let found = refused(text, "sft");
        assert!(found.contains(said), "{text}: {found}");
    }
}

#[test]
fn values_that_the_command_line_refuses_are_named_by_their_place() {
    let text = "model: m\nexamples: d\ntraining:\n  num_train_epochs: many\n";
    let said = sft(text, &[]).unwrap_err();
    assert!(said.starts_with("f.yml:4:21: "), "{said}");
    assert!(
        said.contains("num_train_epochs") && !said.contains("--epochs"),
        "{said}"
    );
    let both = sft(
        "model: m\nexamples: d\nwarmup: 3\n",
        &["--warmup-ratio", "0.1"],
    )
    .unwrap_err();
    assert!(both.starts_with("f.yml:3:9: "), "{both}");
    let settings = parse(
        "lora: {r: 0}\nevaluate_every: 0\nmodel: nowhere.gguf\n",
        "sft",
    )
    .unwrap();
    let said = |why: &str| settings.placed(why).to_string();
    assert_eq!(
        said("its rank is 0; more is better"),
        "f.yml:1:11: its rank is 0; more is better"
    );
    assert_eq!(
        said("nowhere.gguf: no such file"),
        "f.yml:3:8: nowhere.gguf: no such file"
    );
    assert_eq!(said("the disk is full"), "the disk is full");
}

#[test]
fn the_settings_to_begin_with_are_those_of_their_command() {
    for (preset, name) in [(Preset::Sft, "sft"), (Preset::RaftSettings, "raft")] {
        let settings = parse(preset.text(), name).unwrap();
        assert!(settings.idle.is_empty());
        let typed = ["whet", "train", name, "--config", preset.file()];
        settings
            .resolved(typed.map(OsString::from).to_vec())
            .unwrap();
        assert_eq!(method(preset.text(), preset.file()).as_deref(), Some(name));
    }
    for preset in [Preset::Quick, Preset::Raft] {
        assert_eq!(method(preset.text(), preset.file()), None);
    }
}

#[test]
fn the_document_of_recipes_has_every_published_name() {
    let document = include_str!("../../../../docs/RECIPES.md");
    for (name, words) in PUBLISHED {
        assert!(document.contains(&format!("`{name}`")), "{name}");
        let known = ["sft", "pretrain", "raft"].map(known);
        let has = |word: &&str| known.iter().flatten().any(|setting| setting.name == **word);
        assert!(words.iter().all(has), "{words:?}");
    }
}

#[test]
fn a_recipe_is_no_settings_and_is_answered_with_the_command_that_runs_it() {
    for preset in [Preset::Raft, Preset::Lora] {
        let refused = Settings::parse(preset.text(), "my.yml", Path::new(""), "raft").unwrap_err();
        let said = refused.to_string();
        assert!(said.contains("my.yml is a recipe"), "{said}");
        assert!(said.contains("`whet run my.yml`"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
