//! LoRA adapters: nothing added changes nothing, and an adapter laid over a model equals the model
//! with the adapter merged into its weights by hand.
//!
//! The base is the toy in f32, because llama.cpp rounds activations for quantised weights and the
//! rounding differs between `Wx + BAx` and `(W + BA)x`.

use std::path::{Path, PathBuf};

use gguf::{Gguf, TensorType, Writer};
use llama::{Adapter, Llama};
use tempfile::TempDir;

use super::{in_f32, largest_gap, options, rows, text_tokens, toy_file};

const RANK: usize = 4;
const ALPHA: f32 = 8.0;
const TARGETS: [&str; 5] = [
    "blk.0.attn_q.weight",
    "blk.0.attn_v.weight",
    "blk.1.attn_output.weight",
    "blk.1.ffn_down.weight",
    "output.weight",
];

/// `n` numbers between −1 and 1 that look random.
fn noise(n: usize, salt: u32) -> Vec<f32> {
    let step = |s: &u32| Some(s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(salt), step)
        .skip(3)
        .map(|s| (s >> 8) as f32 / (1 << 23) as f32 - 1.0)
        .take(n)
        .collect()
}

/// The two factors of one target: A has `RANK` rows of the input width, B has the output's rows.
struct Pair {
    name: &'static str,
    from: usize,
    to: usize,
    a: Vec<f32>,
    b: Vec<f32>,
}

fn pairs(base: &Path, size_of_b: f32) -> Vec<Pair> {
    let file = Gguf::open(base).unwrap();
    let pair = |(i, name): (usize, &'static str)| {
        let dims = file.tensor(name).unwrap().dims();
        let (from, to) = (dims[0] as usize, dims[1] as usize);
        let b = noise(RANK * to, 100 + i as u32);
        Pair {
            name,
            from,
            to,
            a: noise(RANK * from, i as u32)
                .iter()
                .map(|a| a * 0.1)
                .collect(),
            b: b.iter().map(|b| b * size_of_b).collect(),
        }
    };
    TARGETS.into_iter().enumerate().map(pair).collect()
}

fn described(architecture: &str) -> Writer {
    let mut writer = Writer::new();
    writer.set("general.type", "adapter").unwrap();
    writer.set("general.architecture", architecture).unwrap();
    writer.set("adapter.type", "lora").unwrap();
    writer.set("adapter.lora.alpha", ALPHA).unwrap();
    writer
}

fn put(writer: &mut Writer, name: &str, dims: [usize; 2], values: &[f32]) {
    let dims = dims.map(|dim| dim as u64);
    writer.tensor(name, &dims, TensorType::F32, values).unwrap();
}

fn write_adapter(path: &Path, pairs: &[Pair]) {
    let mut writer = described("llama");
    for Pair {
        name,
        from,
        to,
        a,
        b,
    } in pairs
    {
        put(&mut writer, &format!("{name}.lora_a"), [*from, RANK], a);
        put(&mut writer, &format!("{name}.lora_b"), [RANK, *to], b);
    }
    writer.write(path).unwrap();
}

/// W + scale · alpha / rank · B A, summed in f64.
fn merge(pair: &Pair, scale: f32, weights: &mut [f32]) {
    let factor = f64::from(scale * ALPHA) / RANK as f64;
    for row in 0..pair.to {
        for column in 0..pair.from {
            let sum: f64 = (0..RANK)
                .map(|r| {
                    f64::from(pair.b[row * RANK + r]) * f64::from(pair.a[r * pair.from + column])
                })
                .sum();
            let weight = &mut weights[row * pair.from + column];
            *weight = (f64::from(*weight) + factor * sum) as f32;
        }
    }
}

fn base() -> (TempDir, PathBuf) {
    let (folder, toy) = toy_file(7);
    let path = folder.path().join("base.gguf");
    in_f32(&toy, &path, &|_, _| ());
    (folder, path)
}

fn rows_of(path: &Path, adapter: Option<(&Path, f32)>) -> Vec<Vec<f32>> {
    let adapter = adapter.map(|(path, scale)| Adapter {
        path: path.to_owned(),
        scale,
    });
    let model = Llama::load(path, &options(adapter)).unwrap();
    rows(&model, &text_tokens(&model))
}

#[test]
fn an_adapter_whose_b_is_zero_changes_no_bit() {
    let (folder, base) = base();
    let adapter = folder.path().join("zero.gguf");
    write_adapter(&adapter, &pairs(&base, 0.0));
    assert_eq!(rows_of(&base, Some((&adapter, 1.0))), rows_of(&base, None));
}

#[test]
fn an_adapter_changes_logits_and_at_scale_zero_it_does_not() {
    let (folder, base) = base();
    let adapter = folder.path().join("some.gguf");
    write_adapter(&adapter, &pairs(&base, 0.1));
    let plain = rows_of(&base, None);
    let gap = largest_gap(&rows_of(&base, Some((&adapter, 1.0))), &plain);
    assert!(gap > 0.1, "{gap}");
    assert_eq!(rows_of(&base, Some((&adapter, 0.0))), plain);
}

#[test]
fn an_adapter_over_a_model_equals_the_merged_model_at_every_scale() {
    /// Seen: below 2e-3 at logits of size 10; the cache is f16, which rounds both ways apart.
    const BOUND: f32 = 0.02;
    let (folder, base) = base();
    let adapter = folder.path().join("some.gguf");
    let pairs = pairs(&base, 0.1);
    write_adapter(&adapter, &pairs);
    let plain = rows_of(&base, None);
    for scale in [-1.0f32, 0.25, 1.0, 2.0] {
        let merged = folder.path().join("merged.gguf");
        in_f32(&base, &merged, &|name, weights| {
            if let Some(pair) = pairs.iter().find(|pair| pair.name == name) {
                merge(pair, scale, weights);
            }
        });
        let merged = rows_of(&merged, None);
        let over = rows_of(&base, Some((&adapter, scale)));
        let (gap, moved) = (largest_gap(&over, &merged), largest_gap(&merged, &plain));
        println!("scale {scale}: merged moved {moved}, the adapter differs from it by {gap}");
        assert!(gap < BOUND, "scale {scale}: {gap}");
        assert!(moved > 10.0 * BOUND, "scale {scale}: {moved} shows nothing");
    }
}

/// Central differences, in which the quadratic part of the change falls out. Seen: a share of 0.06,
/// most of it the rounding of the f16 cache, which weighs more at smaller scales.
#[test]
fn a_small_scale_works_in_proportion() {
    let (folder, base) = base();
    let adapter = folder.path().join("some.gguf");
    write_adapter(&adapter, &pairs(&base, 0.1));
    let at = |scale: f32| {
        rows_of(&base, Some((&adapter, scale)))
            .into_iter()
            .flatten()
    };
    let moved = |scale: f32| -> Vec<f64> {
        let both = at(scale).zip(at(-scale));
        both.map(|(x, y)| f64::from(x) - f64::from(y)).collect()
    };
    let (one, two) = (moved(0.05), moved(0.1));
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let bent: Vec<f64> = one.iter().zip(&two).map(|(a, b)| b - 2.0 * a).collect();
    let share = norm(&bent) / norm(&two);
    println!("share of the change that is not linear: {share}");
    assert!(norm(&two) > 0.0 && share < 0.1, "{share}");
}

fn refusal(base: &Path, adapter: &Path) -> String {
    let adapter = Adapter {
        path: adapter.to_owned(),
        scale: 1.0,
    };
    let said = Llama::load(base, &options(Some(adapter)))
        .err()
        .expect("it must be refused")
        .to_string();
    assert!(said.contains("bad.gguf"), "the adapter is named: {said}");
    said
}

/// Puts the tensors into an adapter.
type Fill<'f> = &'f dyn Fn(&mut Writer);

#[test]
fn an_adapter_for_something_else_is_refused_in_words() {
    let (folder, base) = base();
    let bad = folder.path().join("bad.gguf");
    let q = "blk.0.attn_q.weight";
    let cases: [(&str, Fill<'_>); 5] = [
        ("shape", &|w| {
            put(w, &format!("{q}.lora_a"), [64, RANK], &noise(64 * RANK, 1));
            put(
                w,
                &format!("{q}.lora_b"),
                [RANK, 128],
                &noise(128 * RANK, 2),
            );
        }),
        ("transposed", &|w| {
            put(
                w,
                &format!("{q}.lora_a"),
                [128, RANK],
                &noise(128 * RANK, 1),
            );
            put(w, &format!("{q}.lora_b"), [2, 128], &noise(256, 2));
        }),
        ("missing", &|w| {
            put(
                w,
                &format!("{q}.lora_a"),
                [128, RANK],
                &noise(128 * RANK, 1),
            );
        }),
        ("does not exist", &|w| {
            put(
                w,
                "blk.9.attn_q.weight.lora_a",
                [128, RANK],
                &noise(128 * RANK, 1),
            );
            put(
                w,
                "blk.9.attn_q.weight.lora_b",
                [RANK, 128],
                &noise(128 * RANK, 2),
            );
        }),
        ("suffix", &|w| put(w, q, [128, 128], &noise(128 * 128, 1))),
    ];
    for (word, fill) in cases {
        let mut writer = described("llama");
        fill(&mut writer);
        writer.write(&bad).unwrap();
        let said = refusal(&base, &bad);
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn an_adapter_of_another_architecture_is_refused_with_both_names() {
    let (folder, base) = base();
    let bad = folder.path().join("bad.gguf");
    described("qwen2").write(&bad).unwrap();
    let said = refusal(&base, &bad);
    assert!(said.contains("qwen2") && said.contains("llama"), "{said}");
}

#[test]
fn a_file_that_is_no_adapter_is_refused_and_a_cut_one_too() {
    let (folder, base) = base();
    let bad = folder.path().join("bad.gguf");
    std::fs::copy(&base, &bad).unwrap();
    let said = refusal(&base, &bad);
    assert!(said.contains("adapter"), "{said}");

    write_adapter(&bad, &pairs(&base, 0.1));
    let bytes = std::fs::read(&bad).unwrap();
    for len in [0, 3, 40, 200, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&bad, &bytes[..len]).unwrap();
        refusal(&base, &bad);
    }
    std::fs::remove_file(&bad).unwrap();
    refusal(&base, &bad);
}

/// llama.cpp ends the process over these, so they are found beforehand.
#[test]
fn an_adapter_with_keys_or_tensors_of_the_wrong_kind_is_refused() {
    let (folder, base) = base();
    let bad = folder.path().join("bad.gguf");
    for wrong in [
        "general.type",
        "general.architecture",
        "adapter.type",
        "adapter.lora.alpha",
    ] {
        let mut writer = Writer::new();
        for (key, value) in [
            ("general.type", "adapter"),
            ("general.architecture", "llama"),
            ("adapter.type", "lora"),
        ] {
            if key != wrong {
                writer.set(key, value).unwrap();
            }
        }
        writer.set(wrong, 7u32).unwrap();
        writer.write(&bad).unwrap();
        let said = refusal(&base, &bad);
        assert!(said.contains(wrong), "{said}");
    }
    for (dims, kind) in [
        (vec![128u64, 4], TensorType::I32),
        (vec![128, 4], TensorType::F64),
        (vec![128, 4, 2], TensorType::F32),
        (vec![128], TensorType::F32),
    ] {
        let mut writer = described("llama");
        let elements: u64 = dims.iter().product();
        let bytes = vec![0; kind.bytes_of(elements).unwrap() as usize];
        let name = "blk.0.attn_q.weight";
        writer
            .encoded_tensor(&format!("{name}.lora_a"), &dims, kind, bytes)
            .unwrap();
        put(
            &mut writer,
            &format!("{name}.lora_b"),
            [4, 128],
            &noise(512, 2),
        );
        writer.write(&bad).unwrap();
        let said = refusal(&base, &bad);
        assert!(said.contains("lora_a"), "{said}");
    }
}
