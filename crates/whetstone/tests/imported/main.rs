//! Imported models say what PyTorch says: logits and token ids of small models with large random
//! weights, made and run by transformers (`make_fixture.py` beside the fixture names the versions).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot prepare its files has failed"
)]

mod choices;
mod quantised;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use engine::{CacheKind, CacheKinds, Feed, Logits, Model, SessionShape, Special, Token};
use gguf::{Gguf, ModelFacts, TensorType};
use llama::Llama;
use model::{Options, Precision, Tokens};
use serde::Deserialize;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Expected {
    ids: Vec<Token>,
    places: Vec<usize>,
    logits: Vec<Vec<f32>>,
    texts: Vec<Text>,
    framed: Vec<Token>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<Token>,
}

static EXPECTED: LazyLock<BTreeMap<String, serde_json::Value>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

fn expected(name: &str) -> Expected {
    serde_json::from_value(EXPECTED[name].clone()).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../model/tests/golden").join(name)
}

/// The fixture's source and what has to be said about its tokenizer.
fn source(name: &str) -> (PathBuf, Tokens<'static>) {
    match name {
        "smallcoder" => (fixture("smallcoder.pt"), Tokens::Bytes),
        _ => (fixture(name), Tokens::Own),
    }
}

fn imported(name: &str, precision: Precision) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.gguf"));
    let (from, tokens) = source(name);
    let options = Options {
        precision,
        name: None,
        tokens,
        pre: None,
    };
    model::import(&from, &path, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    (folder, path)
}

fn load(path: &Path) -> Llama {
    let options = llama::Options {
        name: "imported".into(),
        // One thread: on a crowded machine the barriers of two would wait for each other.
        threads: 1,
        device: None,
        adapter: None,
    };
    Llama::load(path, &options).unwrap()
}

fn rows(model: &Llama, tokens: &[Token]) -> Vec<Vec<f32>> {
    let shape = SessionShape {
        n_sequences: 1,
        capacity: 256,
        cache: CacheKinds::both(CacheKind::F16),
    };
    let mut session = model.open(shape).unwrap();
    let feed = Feed {
        sequence: 0,
        tokens,
        logits: Logits::All,
    };
    let mut rows = Vec::new();
    session
        .feed(&[feed], &mut |row| rows.push(row.logits.to_vec()))
        .unwrap();
    rows
}

/// The largest difference at the recorded places, in units of the spread of the recorded logits.
fn gap(model: &Llama, expected: &Expected) -> f32 {
    let rows = rows(model, &expected.ids);
    let wanted: Vec<f32> = expected.logits.iter().flatten().copied().collect();
    let found = expected.places.iter().flat_map(|&place| &rows[place]);
    let mean = wanted.iter().sum::<f32>() / wanted.len() as f32;
    let variance = wanted.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / wanted.len() as f32;
    let differences = wanted.iter().zip(found).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / variance.sqrt()
}

/// Largest gaps that were seen (x86-64), in standard deviations of the logits: 0.005, 0.004, 0.10 and
/// 1.9. The cache is f16, so even f32 weights do not give PyTorch's float64 to more digits; and a row of
/// these models is a single block, so 4 bits are far coarser here than in a model of any use.
#[test]
fn logits_are_those_of_pytorch_within_what_rounding_explains() {
    const BOUNDS: [(Precision, f32); 4] = [
        (Precision::F32, 0.01),
        (Precision::F16, 0.02),
        (Precision::Q8_0, 0.15),
        (Precision::Q4_0, 3.0),
    ];
    for name in ["llama", "llama3", "qwen2", "smallcoder"] {
        let expected = expected(name);
        for (precision, bound) in BOUNDS {
            let (_folder, path) = imported(name, precision);
            let gap = gap(&load(&path), &expected);
            println!("{name} {}: {gap}", precision.name());
            assert!(gap < bound, "{name} as {}: {gap}", precision.name());
        }
    }
}

#[test]
fn a_row_in_the_wrong_place_would_be_seen() {
    let (folder, path) = imported("llama", Precision::F32);
    let file = Gguf::open(&path).unwrap();
    let mut writer = gguf::Writer::new();
    for (key, value) in file.metadata() {
        writer.set(key, value.clone()).unwrap();
    }
    for tensor in file.tensors() {
        let mut bytes = file.tensor_bytes(tensor.name()).unwrap();
        if tensor.name() == "blk.1.attn_k.weight" {
            let row = tensor.row_bytes() as usize;
            let (first, second) = bytes[..2 * row].split_at_mut(row);
            first.swap_with_slice(second);
        }
        let (name, dims, kind) = (tensor.name(), tensor.dims(), tensor.kind());
        writer.encoded_tensor(name, dims, kind, bytes).unwrap();
    }
    let wrong = folder.path().join("wrong.gguf");
    writer.write(&wrong).unwrap();
    let gap = gap(&load(&wrong), &expected("llama"));
    assert!(
        gap > 0.1,
        "two rows swapped change the logits by only {gap}"
    );
}

#[test]
fn text_becomes_the_tokens_that_transformers_makes_of_it() {
    for name in ["llama", "llama3", "qwen2"] {
        let (_folder, path) = imported(name, Precision::F16);
        let model = load(&path);
        let expected = expected(name);
        for Text { text, ids } in &expected.texts {
            let found = model.tokenizer().encode(text, Special::Plain);
            assert_eq!(&found, ids, "{name}: {text:?}");
        }
        let start = model.tokenizer().start();
        let framed: Vec<Token> = start
            .into_iter()
            .chain(model.tokenizer().encode("x = 1", Special::Plain))
            .collect();
        assert_eq!(framed, expected.framed, "{name}: the start token");
    }
}

#[test]
fn a_file_says_what_its_source_said() {
    let (_folder, path) = imported("qwen2", Precision::Q8_0);
    let file = Gguf::open(&path).unwrap();
    let facts = ModelFacts::of(&file).unwrap();
    assert_eq!(facts.architecture, "qwen2");
    assert_eq!(facts.name.as_deref(), Some("qwen2"));
    assert_eq!(facts.context_length, Some(256));
    assert_eq!(facts.tokenizer.pre.as_deref(), Some("qwen2"));
    assert!(facts.chat_template.unwrap().contains("<|im_start|>"));
    assert_eq!(facts.weights.output, gguf::facts::OutputMatrix::Tied);
    assert_eq!(facts.quantisation.as_deref(), Some("Q8_0"));
    let end = file.get("tokenizer.ggml.eos_token_id").unwrap();
    assert_eq!(file.get("tokenizer.ggml.eot_token_id"), Some(end));

    let (_folder, path) = imported("llama", Precision::Q4_0);
    let file = Gguf::open(&path).unwrap();
    let kind = |name: &str| file.tensor(name).unwrap().kind();
    assert_eq!(kind("blk.0.attn_q.weight"), TensorType::Q4_0);
    assert_eq!(kind("token_embd.weight"), TensorType::Q8_0);
    assert_eq!(kind("output.weight"), TensorType::Q8_0);
    let odd = "rows of 48 fill no blocks of 32";
    assert_eq!(kind("blk.0.ffn_down.weight"), TensorType::F16, "{odd}");
    assert_eq!(kind("blk.1.attn_k.bias"), TensorType::F32);
}
