//! llama.cpp held to the laws of `engine`, to its own cache size and to bad files, on the toy model.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot prepare its files has failed; children of the test show aborts"
)]

mod hostile;
mod laws;
mod lora;
mod session;
mod tokenizer;

use std::path::{Path, PathBuf};

use engine::{CacheKind, CacheKinds, Feed, Logits, Model, SessionShape, Token};
use gguf::{Gguf, TensorType, Value, Writer};
use llama::{Adapter, Llama, Options};
use tempfile::TempDir;

/// A text of the toy's own tokens (start token, then bytes).
const TEXT: &str = "fn main() {\n    let x = 41 + 1;\n}\n";

/// One thread: on a crowded machine the barriers of two would wait for each other.
fn options(adapter: Option<Adapter>) -> Options {
    Options {
        name: "toy".into(),
        threads: 1,
        device: None,
        adapter,
    }
}

fn toy_file(seed: u64) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    gguf::toy::write(&path, seed).unwrap();
    (folder, path)
}

fn toy() -> (TempDir, Llama) {
    let (folder, path) = toy_file(7);
    let model = Llama::load(&path, &options(None)).unwrap();
    (folder, model)
}

fn text_tokens(model: &Llama) -> Vec<Token> {
    let tokenizer = model.tokenizer();
    let tokens = tokenizer.encode(TEXT, engine::Special::Plain);
    tokenizer.start().into_iter().chain(tokens).collect()
}

fn shape(n_sequences: usize, capacity: usize) -> SessionShape {
    SessionShape {
        n_sequences,
        capacity,
        cache: CacheKinds::both(CacheKind::F16),
    }
}

/// All rows of a text fed at once into a fresh session.
fn rows(model: &dyn Model, tokens: &[Token]) -> Vec<Vec<f32>> {
    let mut session = model.open(shape(1, 256)).unwrap();
    let mut rows = Vec::new();
    let feed = Feed {
        sequence: 0,
        tokens,
        logits: Logits::All,
    };
    session
        .feed(&[feed], &mut |row| rows.push(row.logits.to_vec()))
        .unwrap();
    rows
}

fn largest_gap(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

/// What becomes of a metadata entry.
type Edit<'e> = &'e dyn Fn(&str, &Value) -> Option<(String, Value)>;

/// A copy of a GGUF file with some metadata replaced (`None` leaves an entry out).
fn rewritten(from: &Path, to: &Path, edit: Edit<'_>) {
    let file = Gguf::open(from).unwrap();
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        if let Some((key, value)) = edit(key, value) {
            writer.set(&key, value).unwrap();
        }
    }
    for tensor in file.tensors() {
        let bytes = file.tensor_bytes(tensor.name()).unwrap();
        writer
            .encoded_tensor(tensor.name(), tensor.dims(), tensor.kind(), bytes)
            .unwrap();
    }
    writer.write(to).unwrap();
}

/// A copy with every tensor in f32, each changed by `edit` (name, rows behind one another).
fn in_f32(from: &Path, to: &Path, edit: &dyn Fn(&str, &mut [f32])) {
    let file = Gguf::open(from).unwrap();
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        writer.set(key, value.clone()).unwrap();
    }
    for tensor in file.tensors() {
        let mut values = file.tensor_values(tensor.name()).unwrap();
        edit(tensor.name(), &mut values);
        writer
            .tensor(tensor.name(), tensor.dims(), TensorType::F32, &values)
            .unwrap();
    }
    writer.write(to).unwrap();
}
