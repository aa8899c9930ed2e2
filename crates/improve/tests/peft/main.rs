//! An adapter that our trainer made, laid over a model by transformers and PEFT: the same logits; and an adapter that
//! PEFT made, read by us.
//!
//! Python is asked where `PEFT_PYTHON` names one with the packages (`answer.py` says which); otherwise the test says that
//! it skipped it. What they answered once stands in `peft.json`, so the way from training to logits is held against
//! PEFT without Python as well. `PEFT_WRITE=1` writes that file anew.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot ask Python has failed, and it starts nothing else"
)]

#[path = "../../../decoder/tests/tiny/mod.rs"]
mod tiny;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use decoder::export::{self, Base};
use decoder::{Adapter, Lora, Target, Transformer, read};
use improve::sft::{Desk, Training, Watcher, train};
use improve::{Example, Point, Recipe, Split, TrainFolder, Tuned};
use measure::FakeClock;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tiny::{VOCABULARY, noise, write_model};

/// f32 on both sides, summed in another order; logits are between −3 and 3. Seen: 4e-6.
const CLOSE: f32 = 5e-5;
/// Twelve steps of training in between, on a processor with other kernels.
const CLOSE_AFTER_TRAINING: f32 = 2e-3;
/// So far an adapter must move a logit for the comparison to mean anything.
const FAR: f32 = 0.1;

#[derive(Serialize, Deserialize, Default)]
struct Golden {
    versions: BTreeMap<String, String>,
    /// Logits of the last token with the adapter, by family.
    adapted: BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct Answer {
    versions: BTreeMap<String, String>,
    alone: Vec<f32>,
    adapted: Vec<f32>,
    theirs: Vec<f32>,
}

struct Nobody;

impl Watcher for Nobody {
    fn begins(&mut self, _after: usize, _of: usize) {}
    fn stepped(&mut self, _point: &Point, _of: usize) {}
}

/// A model, its folder for transformers, and an adapter that was trained for it.
struct Case {
    folder: TempDir,
    model: Transformer,
    adapter: Adapter,
}

fn tokens(salt: u32, n: usize) -> Vec<u32> {
    let numbers = noise(n, salt);
    let token = |n: &f32| ((f64::from(*n) + 1.0) / 2.0 * VOCABULARY as f64) as u32;
    numbers
        .iter()
        .map(|n| token(n) % VOCABULARY as u32)
        .collect()
}

fn split() -> Split {
    let example = |salt| Example {
        tokens: tokens(salt, 16),
        learnt_from: 4,
    };
    Split {
        trained: (100..108).map(example).collect(),
        held_out: Vec::new(),
    }
}

fn case(family: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, family);
    let whole = Transformer::trainable(&path).unwrap();
    export::folder(&whole, &path, &folder.path().join("model")).unwrap();
    let model = Transformer::load(&path).unwrap();
    let base = Base {
        name: "tiny".into(),
        sha256: None,
    };
    let lora = Lora {
        rank: 4,
        alpha: 8.0,
        targets: Target::ALL.to_vec(),
    };
    let recipe = Recipe {
        epochs: 12,
        batch: 4,
        accumulate: 2,
        learning_rate: 1e-2,
        ..Recipe::default()
    };
    let mut learner = Tuned::new(&model, &base, &lora, 1).unwrap();
    let training = Training {
        learner: &mut learner,
        recipe: &recipe,
        split: &split(),
    };
    let mut desk = Desk {
        folder: &TrainFolder::open(&folder.path().join("training")).unwrap(),
        clock: &FakeClock::new(),
        watcher: &mut Nobody,
        stop: &AtomicBool::new(false),
    };
    let outcome = train(training, &mut desk).unwrap();
    let (first, last) = (&outcome.curve[0], outcome.curve.last().unwrap());
    assert!(last.loss < 0.9 * first.loss, "{first:?} {last:?}");
    let adapter = learner.adapter().clone();
    Case {
        folder,
        model,
        adapter,
    }
}

impl Case {
    fn logits(&self, adapter: Option<&Adapter>) -> Vec<f32> {
        let logits = self.model.logits(&tokens(7, 20), adapter).unwrap();
        logits.values().to_vec()
    }

    /// What Python says; `None`, and it is said, if there is no Python with the packages.
    fn asked(&self) -> Option<Answer> {
        let Some(python) = std::env::var_os("PEFT_PYTHON") else {
            println!("skipped: PEFT_PYTHON names no Python with torch, transformers and peft");
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peft/answer.py");
        let words: Vec<String> = tokens(7, 20).iter().map(u32::to_string).collect();
        let at = |name: &str| self.folder.path().join(name);
        let output = Command::new(python)
            .arg(script)
            .args([at("model"), at("training/final"), at("theirs")])
            .arg(words.join(","))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        Some(serde_json::from_str(text.lines().last().unwrap()).unwrap())
    }
}

fn gap(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peft/peft.json")
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(file()).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).unwrap_or_default()
}

fn last(logits: &[f32]) -> &[f32] {
    &logits[logits.len() - VOCABULARY..]
}

/// Both families in one test, because they share the file that may be written.
#[test]
fn transformers_and_peft_compute_what_we_do_with_our_adapter_and_we_with_theirs() {
    for family in ["llama", "qwen2"] {
        let case = case(family);
        let (alone, adapted) = (case.logits(None), case.logits(Some(&case.adapter)));
        assert!(gap(&alone, &adapted) > FAR);
        if let Some(answer) = case.asked() {
            let gaps = [gap(&alone, &answer.alone), gap(&adapted, &answer.adapted)];
            let theirs = read::peft(&case.folder.path().join("theirs"), case.model.shape());
            let read = case.logits(Some(&theirs.unwrap()));
            assert!(gap(&alone, &read) > FAR);
            let back = gap(&read, &answer.theirs);
            println!(
                "{family}: alone {:e}, ours {:e}, theirs {back:e}",
                gaps[0], gaps[1]
            );
            assert!(gaps[0] < CLOSE && gaps[1] < CLOSE && back < CLOSE);
            if std::env::var_os("PEFT_WRITE").is_some() {
                let mut golden = golden();
                golden.versions.clone_from(&answer.versions);
                let numbers = last(&answer.adapted).to_vec();
                golden.adapted.insert(family.into(), numbers);
                let text = serde_json::to_string_pretty(&golden).unwrap();
                std::fs::write(file(), text + "\n").unwrap();
            }
        }
        let golden = golden();
        let expected = golden
            .adapted
            .get(family)
            .expect("peft.json has every family");
        let gap = gap(last(&adapted), expected);
        println!("{family}: against {:?} {gap:e}", golden.versions);
        assert!(gap < CLOSE_AFTER_TRAINING, "{gap}");
    }
}

#[test]
fn a_folder_of_peft_that_is_more_than_plain_lora_is_refused_by_name() {
    let case = case("llama");
    let folder = case.folder.path().join("training/final");
    let path = folder.join("adapter_config.json");
    let own: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let back = read::peft(&folder, case.model.shape()).unwrap();
    assert_eq!(case.logits(Some(&back)), case.logits(Some(&case.adapter)));
    for (key, value, word) in [
        ("use_dora", true.into(), "use_dora"),
        ("use_rslora", true.into(), "use_rslora"),
        ("bias", "all".into(), "biases"),
        ("peft_type", "IA3".into(), "peft_type is IA3"),
        ("modules_to_save", vec!["lm_head"].into(), "modules_to_save"),
        (
            "target_modules",
            vec!["qkv"].into(),
            "no target is called qkv",
        ),
        ("r", 5.into(), "shape"),
    ] {
        let mut changed = own.clone();
        changed[key] = value;
        std::fs::write(&path, changed.to_string()).unwrap();
        let said = read::peft(&folder, case.model.shape()).unwrap_err();
        assert!(said.to_string().contains(word), "{key}: {said}");
    }
    std::fs::remove_file(folder.join("adapter_model.safetensors")).unwrap();
    std::fs::write(&path, own.to_string()).unwrap();
    let said = read::peft(&folder, case.model.shape()).unwrap_err();
    assert!(
        said.to_string().contains("adapter_model.safetensors"),
        "{said}"
    );
}
