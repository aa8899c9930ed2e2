//! Loss, logits and gradients of tiny models against PyTorch, transformers and PEFT
//! (`golden/pytorch.py`; its versions stand in `golden/pytorch.json`).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot read its numbers has failed"
)]

mod tiny;

use std::collections::BTreeMap;
use std::path::Path;

use decoder::backward::{Pass, Recompute, of_weights, slope};
use decoder::export::{self, Base};
use decoder::{Adapter, Batch, Lora, Matrix, Target, Transformer};
use serde::Deserialize;
use tiny::{VOCABULARY, noise, write_model};

const SEQUENCES: [(usize, usize); 2] = [(13, 5), (9, 1)];

#[derive(Deserialize)]
struct Golden {
    models: Vec<Measured>,
}

#[derive(Deserialize)]
struct Measured {
    family: String,
    nats: f64,
    last_logits: Vec<f32>,
    saved: BTreeMap<String, Vec<usize>>,
    gradients: Vec<Gradient>,
    weights: OfWeights,
}

#[derive(Deserialize)]
struct OfWeights {
    nats: f64,
    gradients: Vec<Gradient>,
}

#[derive(Deserialize)]
struct Gradient {
    name: String,
    length: f64,
    product: f64,
}

fn golden(family: &str) -> Measured {
    let golden: Golden = serde_json::from_str(include_str!("golden/pytorch.json")).unwrap();
    let mut models = golden.models.into_iter();
    models.find(|model| model.family == family).unwrap()
}

fn sequences() -> Vec<(Vec<u32>, usize)> {
    let total = SEQUENCES.iter().map(|(n, _)| n).sum();
    let numbers = noise(total, 999);
    let token = |n: &f32| ((f64::from(*n) + 1.0) / 2.0 * VOCABULARY as f64) as u32 % 64;
    let tokens: Vec<u32> = numbers.iter().map(token).collect();
    let (first, second) = tokens.split_at(SEQUENCES[0].0);
    vec![
        (first.to_vec(), SEQUENCES[0].1),
        (second.to_vec(), SEQUENCES[1].1),
    ]
}

fn filled_adapter(model: &Transformer) -> Adapter {
    let lora = Lora {
        rank: 3,
        alpha: 6.0,
        targets: Target::ALL.to_vec(),
    };
    let mut adapter = Adapter::new(model.shape(), &lora, 0).unwrap();
    for (i, own) in adapter.parameters_mut().enumerate() {
        let values = noise(own.values().len(), 5000 + i as u32);
        *own = Matrix::new(own.dims(), values.iter().map(|v| v * 0.4).collect());
    }
    adapter
}

/// f32 on both sides, summed in another order.
const RELATIVE: f64 = 1e-4;

#[track_caller]
fn assert_close(found: f64, expected: f64, size: f64, what: &str) {
    let error = (found - expected).abs() / size.max(1e-3);
    assert!(error < RELATIVE, "{what}: {found} instead of {expected}");
}

/// Names and shapes in the file of our PEFT folder.
fn saved(adapter: &Adapter, folder: &Path) -> BTreeMap<String, Vec<usize>> {
    let base = Base {
        name: "tiny".into(),
        sha256: None,
    };
    export::peft(adapter, &base, folder).unwrap();
    let bytes = std::fs::read(folder.join("adapter_model.safetensors")).unwrap();
    let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let shapes = stored
        .iter()
        .map(|(name, view)| (name.to_owned(), view.shape().to_vec()));
    shapes.collect()
}

fn check(family: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, family);
    let model = Transformer::load(&path).unwrap();
    let adapter = filled_adapter(&model);
    let golden = golden(family);
    let mut batch = Batch::default();
    for (tokens, counted_from) in sequences() {
        batch.push(&tokens, counted_from).unwrap();
    }
    let logits = model.logits(&sequences()[1].0, Some(&adapter)).unwrap();
    let logits = logits.values();
    let last = &logits[logits.len() - VOCABULARY..];
    for (found, expected) in last.iter().zip(&golden.last_logits) {
        assert_close(f64::from(*found), f64::from(*expected), 1.0, "a logit");
    }
    assert_eq!(saved(&adapter, folder.path()), golden.saved);
    let slope = slope(&model, &adapter, &batch, 1.0, Recompute::Nothing).unwrap();
    assert_close(slope.nats, golden.nats, golden.nats, "the loss");
    assert_eq!(slope.gradients.len(), golden.gradients.len());
    let parameters = adapter.parameters();
    for (i, expected) in golden.gradients.iter().enumerate() {
        let place = parameters[i].0;
        let module = place.target.in_transformers();
        let named = format!("layers.{}.{module}.lora_{:?}.", place.layer, place.factor);
        assert!(expected.name.contains(&named), "{} {named}", expected.name);
        assert_gradient(&slope.gradients[i], expected, 9000 + i as u32);
    }
}

#[track_caller]
fn assert_gradient(found: &Matrix, expected: &Gradient, salt: u32) {
    let found = found.values();
    let by = noise(found.len(), salt);
    let squares: f64 = found.iter().map(|&g| f64::from(g).powi(2)).sum();
    let pairs = found.iter().zip(&by);
    let product: f64 = pairs.map(|(&g, &b)| f64::from(g) * f64::from(b)).sum();
    let (length, name) = (expected.length, &expected.name);
    assert_close(squares.sqrt(), length, length, name);
    assert_close(product, expected.product, length, name);
}

/// Every weight of the model is in PyTorch's list and in ours, with the same gradient.
fn check_weights(family: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, family);
    let model = Transformer::trainable(&path).unwrap();
    let golden = golden(family).weights;
    let mut batch = Batch::default();
    for (tokens, counted_from) in sequences() {
        batch.push(&tokens, counted_from).unwrap();
    }
    let pass = Pass {
        weight: 1.0,
        recompute: Recompute::Nothing,
        dropout: None,
    };
    let slope = of_weights(&model, &batch, &pass).unwrap();
    assert_close(slope.nats, golden.nats, golden.nats, "the loss");
    let weights = model.weights();
    let names: Vec<String> = weights
        .iter()
        .map(|weight| weight.part.in_transformers())
        .collect();
    assert_eq!(names.len(), golden.gradients.len());
    for (salt, expected) in (7000..).zip(&golden.gradients) {
        let place = names.iter().position(|name| *name == expected.name);
        let place = place.unwrap_or_else(|| panic!("{} has no gradient", expected.name));
        assert_gradient(&slope.gradients[place], expected, salt);
    }
}

#[test]
fn all_weights_of_a_llama_have_the_gradients_of_pytorch() {
    check_weights("llama");
}

/// The table of tokens gets two gradients: as the table and as the head.
#[test]
fn all_weights_of_a_tied_qwen2_have_them_too() {
    check_weights("qwen2");
}

#[test]
fn a_llama_has_the_loss_logits_and_gradients_of_pytorch() {
    check("llama");
}

#[test]
fn a_qwen2_with_biases_and_a_tied_head_has_them_too() {
    check("qwen2");
}
