//! Models of two layers whose weights are numbers that a script computes as well: a Llama with a head of its own, and a
//! Qwen2 that is tied and has biases. Nothing is tested here.

use std::path::Path;

use gguf::{Strings, TensorType, Writer};

pub(crate) const VOCABULARY: usize = 64;
const WIDTH: usize = 32;
const INNER: usize = 48;
const LAYERS: usize = 2;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = WIDTH / HEADS;

/// The numbers of `noise` in the script, bit by bit.
pub(crate) fn noise(n: usize, salt: u32) -> Vec<f32> {
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

pub(crate) fn write_model(path: &Path, family: &str) {
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
