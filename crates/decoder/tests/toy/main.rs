//! The decoder on the toy model: the same logits as llama.cpp, gradients that finite differences confirm,
//! and files that are refused.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot prepare its files has failed"
)]

mod export;
mod gradients;
mod logits;
mod refusals;
mod weights;

use std::path::{Path, PathBuf};

use decoder::adapter::Factor;
use decoder::{Adapter, Lora, Matrix, Shape, Target, Transformer};
use engine::{CacheKind, CacheKinds, Feed, Logits, Model, SessionShape, Token};
use gguf::{Gguf, TensorType, Value, Writer};
use llama::Llama;
use tempfile::TempDir;

/// Tokens of the toy: its start token, then bytes.
fn tokens(n: usize) -> Vec<Token> {
    let bytes = b"fn main() {\n    let x = 41 + 1;\n    println!(\"{x}\");\n}\n";
    let text = bytes.iter().cycle().map(|&byte| 3 + u32::from(byte));
    std::iter::once(1).chain(text).take(n).collect()
}

fn toy_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    gguf::toy::write(&path, 7).unwrap();
    (folder, path)
}

/// The toy with all weights as f32 and with changes to its metadata.
fn in_f32(from: &Path, to: &Path, change: &dyn Fn(&str, Value) -> Option<Value>) {
    let file = Gguf::open(from).unwrap();
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        if let Some(value) = change(key, value.clone()) {
            writer.set(key, value).unwrap();
        }
    }
    for tensor in file.tensors() {
        let values = file.tensor_values(tensor.name()).unwrap();
        writer
            .tensor(tensor.name(), tensor.dims(), TensorType::F32, &values)
            .unwrap();
    }
    writer.write(to).unwrap();
}

fn toy_in_f32() -> (TempDir, PathBuf) {
    let (folder, toy) = toy_file();
    let path = folder.path().join("f32.gguf");
    in_f32(&toy, &path, &|_, value| Some(value));
    (folder, path)
}

/// llama.cpp's logits after every token.
fn rows_of_llama(path: &Path, tokens: &[Token], adapter: Option<llama::Adapter>) -> Vec<Vec<f32>> {
    let options = llama::Options {
        name: "toy".into(),
        threads: 1,
        device: None,
        adapter,
    };
    let model = Llama::load(path, &options).unwrap();
    let mut session = model
        .open(SessionShape {
            n_sequences: 1,
            capacity: 256,
            cache: CacheKinds::both(CacheKind::F16),
        })
        .unwrap();
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

/// Ours.
fn rows_of_decoder(
    model: &Transformer,
    tokens: &[Token],
    adapter: Option<&Adapter>,
) -> Vec<Vec<f32>> {
    let logits = model.logits(tokens, adapter).unwrap();
    let [_, vocabulary] = logits.dims();
    logits
        .values()
        .chunks(vocabulary)
        .map(<[f32]>::to_vec)
        .collect()
}

/// The largest difference of two logits.
fn largest_gap(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// An adapter for all matrices whose factors are both random.
fn adapter(shape: &Shape, rank: usize) -> Adapter {
    let lora = Lora {
        rank,
        alpha: 2.0 * rank as f64,
        targets: Target::ALL.to_vec(),
    };
    let mut adapter = Adapter::new(shape, &lora, 1).unwrap();
    let other = Adapter::new(shape, &lora, 2).unwrap();
    // B takes numbers from the A of another seed, in its own shape.
    let source = other.parameters()[0].1.values();
    let places: Vec<_> = adapter
        .parameters()
        .iter()
        .map(|(place, _)| *place)
        .collect();
    for (i, (place, own)) in places.iter().zip(adapter.parameters_mut()).enumerate() {
        if place.factor == Factor::B {
            let values = source.iter().cycle().skip(i * 7);
            let values = values.take(own.values().len()).map(|v| v * 0.5);
            *own = Matrix::new(own.dims(), values.collect());
        }
    }
    adapter
}
