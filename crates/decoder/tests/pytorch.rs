//! Loss, logits and gradients of tiny models against PyTorch, transformers and PEFT
//! (`golden/pytorch.py`; its versions stand in `golden/pytorch.json`).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot read its numbers has failed"
)]

use std::collections::BTreeMap;
use std::path::Path;

use decoder::backward::{Recompute, slope};
use decoder::export::{self, Base};
use decoder::{Adapter, Batch, Lora, Matrix, Target, Transformer};
use gguf::{Strings, TensorType, Writer};
use serde::Deserialize;

const VOCABULARY: usize = 64;
const WIDTH: usize = 32;
const INNER: usize = 48;
const LAYERS: usize = 2;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = WIDTH / HEADS;
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

/// The numbers of `noise` in the script, bit by bit.
fn noise(n: usize, salt: u32) -> Vec<f32> {
    let step = |s: &u32| Some(s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(salt), step)
        .skip(3)
        .map(|s| (s >> 8) as f32 / (1 << 23) as f32 - 1.0)
        .take(n)
        .collect()
}

/// Tensors of the file in the script's order: name, rows, columns, heads if its rows are rotated.
fn tensors() -> Vec<(String, usize, usize, Option<usize>)> {
    let mut all = vec![
        ("token_embd.weight".to_owned(), VOCABULARY, WIDTH, None),
        ("output.weight".to_owned(), VOCABULARY, WIDTH, None),
        ("output_norm.weight".to_owned(), 1, WIDTH, None),
    ];
    for layer in 0..LAYERS {
        let mut put = |name: &str, rows, columns, heads| {
            all.push((format!("blk.{layer}.{name}"), rows, columns, heads));
        };
        put("attn_norm.weight", 1, WIDTH, None);
        put("ffn_norm.weight", 1, WIDTH, None);
        for (stem, rows, columns, heads) in [
            ("attn_q", WIDTH, WIDTH, Some(HEADS)),
            ("attn_k", KV_HEADS * HEAD, WIDTH, Some(KV_HEADS)),
            ("attn_v", KV_HEADS * HEAD, WIDTH, None),
            ("attn_output", WIDTH, WIDTH, None),
            ("ffn_gate", INNER, WIDTH, None),
            ("ffn_up", INNER, WIDTH, None),
            ("ffn_down", WIDTH, INNER, None),
        ] {
            put(&format!("{stem}.weight"), rows, columns, heads);
            put(&format!("{stem}.bias"), 1, rows, heads);
        }
    }
    all
}

/// What llama.cpp's converter does to the rows of queries and keys of a Llama: halves become pairs.
fn in_pairs(values: &[f32], columns: usize, heads: usize) -> Vec<f32> {
    let row = |head: usize, half: usize, i: usize| (head * 2 + half) * (HEAD / 2) + i;
    let mut found = Vec::new();
    for head in 0..heads {
        for i in 0..HEAD / 2 {
            for half in 0..2 {
                let at = row(head, half, i) * columns;
                found.extend_from_slice(&values[at..at + columns]);
            }
        }
    }
    found
}

fn write_model(path: &Path, family: &str) {
    let is_llama = family == "llama";
    let mut writer = Writer::new();
    let key = |suffix: &str| format!("{family}.{suffix}");
    writer.set("general.architecture", family).unwrap();
    for (suffix, number) in [
        ("context_length", 64),
        ("embedding_length", WIDTH),
        ("block_count", LAYERS),
        ("feed_forward_length", INNER),
        ("attention.head_count", HEADS),
        ("attention.head_count_kv", KV_HEADS),
    ] {
        writer.set(&key(suffix), number as u32).unwrap();
    }
    let (epsilon, base) = if is_llama {
        (1e-5_f32, 1e4_f32)
    } else {
        (1e-6, 1e6)
    };
    writer
        .set(&key("attention.layer_norm_rms_epsilon"), epsilon)
        .unwrap();
    writer.set(&key("rope.freq_base"), base).unwrap();
    let names: Strings = (0..VOCABULARY).map(|token| token.to_string()).collect();
    writer.set("tokenizer.ggml.tokens", names).unwrap();
    for (salt, (name, rows, columns, heads)) in tensors().into_iter().enumerate() {
        let has_bias = !is_llama
            && ["attn_q", "attn_k", "attn_v"]
                .iter()
                .any(|stem| name.contains(stem));
        let is_tied = !is_llama && name == "output.weight";
        if is_tied || (name.ends_with("bias") && !has_bias) {
            continue;
        }
        let (size, middle) = if name.contains("norm") {
            (0.1, 1.0)
        } else {
            (0.3, 0.0)
        };
        let values = noise(rows * columns, salt as u32);
        let values: Vec<f32> = values.iter().map(|v| v * size + middle).collect();
        let values = match heads {
            Some(heads) if is_llama => in_pairs(&values, columns, heads),
            _ => values,
        };
        let dims = [columns as u64, rows as u64];
        let is_row = rows == 1;
        let dims = if is_row { &dims[..1] } else { &dims[..] };
        writer
            .tensor(&name, dims, TensorType::F32, &values)
            .unwrap();
    }
    writer.write(path).unwrap();
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
        let found = slope.gradients[i].values();
        let by = noise(found.len(), 9000 + i as u32);
        let length = found
            .iter()
            .map(|&g| f64::from(g).powi(2))
            .sum::<f64>()
            .sqrt();
        let pairs = found.iter().zip(&by);
        let product: f64 = pairs.map(|(&g, &b)| f64::from(g) * f64::from(b)).sum();
        assert_close(length, expected.length, expected.length, &expected.name);
        assert_close(product, expected.product, expected.length, &expected.name);
    }
}

#[test]
fn a_llama_has_the_loss_logits_and_gradients_of_pytorch() {
    check("llama");
}

#[test]
fn a_qwen2_with_biases_and_a_tied_head_has_them_too() {
    check("qwen2");
}
