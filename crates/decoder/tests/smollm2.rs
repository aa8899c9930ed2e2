//! The real SmolLM2-135M (Q4_K_M: five stored types, a tied head, nine heads of three) against llama.cpp.
//!
//! llama.cpp rounds what it multiplies with quantised weights to eight bits, so logits differ by a few tenths;
//! the surprise at a text, which sums over them, is much closer.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot prepare its files has failed"
)]

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use decoder::{Batch, Transformer};
use engine::{CacheKind, CacheKinds, Feed, Logits, Model, SessionShape, Special, Token};
use llama::{Llama, Options};

const TEXT: &str = "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n\nThe sun rises in the east and sets in the west.";

fn file() -> PathBuf {
    let entry = hub::find("smollm2-135m").unwrap();
    let cache = hub::Cache::from_env().unwrap();
    let sources = hub::Sources::from_env(hub::Offline::No);
    let stop = AtomicBool::new(false);
    hub::pull(entry, &cache, &sources, &mut hub::Silent, &stop)
        .unwrap_or_else(|error| panic!("this test needs smollm2-135m: {error}"))
}

fn theirs(path: &std::path::Path) -> (Vec<Token>, Vec<Vec<f32>>) {
    let options = Options {
        name: "smollm2-135m".into(),
        threads: 1,
        adapter: None,
    };
    let model = Llama::load(path, &options).unwrap();
    let tokens = model.tokenizer().encode(TEXT, Special::Plain);
    let mut session = model
        .open(SessionShape {
            n_sequences: 1,
            capacity: 256,
            cache: CacheKinds::both(CacheKind::F16),
        })
        .unwrap();
    let mut rows = Vec::new();
    let feed = Feed {
        sequence: 0,
        tokens: &tokens,
        logits: Logits::All,
    };
    session
        .feed(&[feed], &mut |row| rows.push(row.logits.to_vec()))
        .unwrap();
    (tokens, rows)
}

fn nats(row: &[f32], token: Token) -> f64 {
    let most = row.iter().copied().fold(f32::MIN, f32::max);
    let sum: f64 = row.iter().map(|&l| f64::from(l - most).exp()).sum();
    sum.ln() - f64::from(row[token as usize] - most)
}

#[test]
fn logits_and_surprise_are_those_of_llama_cpp() {
    let path = file();
    let (tokens, theirs) = theirs(&path);
    let model = Transformer::load(&path).unwrap();
    let logits = model.logits(&tokens, None).unwrap();
    let [_, vocabulary] = logits.dims();
    let ours: Vec<f32> = logits.into_data().try_into_vec().unwrap();
    let ours: Vec<&[f32]> = ours.chunks(vocabulary).collect();
    let pairs = ours.iter().zip(&theirs);
    let squares: f64 = pairs
        .clone()
        .flat_map(|(a, b)| a.iter().zip(b))
        .map(|(a, b)| f64::from(a - b).powi(2))
        .sum();
    let typical = (squares / (ours.len() * vocabulary) as f64).sqrt();
    let same = pairs
        .filter(|(a, b)| most_likely(a) == most_likely(b))
        .count();
    let n = tokens.len() - 1;
    let mean = |rows: &dyn Fn(usize) -> f64| (0..n).map(rows).sum::<f64>() / n as f64;
    let own = mean(&|i| nats(ours[i], tokens[i + 1]));
    let their = mean(&|i| nats(&theirs[i], tokens[i + 1]));
    println!(
        "typical gap {typical}, {same} of {} agree, nats {own} and {their}",
        n + 1
    );
    assert!(typical < 0.2, "{typical}");
    assert!(same * 100 >= (n + 1) * 95, "{same} of {}", n + 1);
    assert!((own - their).abs() < 0.02 * their, "{own} {their}");
    let mut batch = Batch::default();
    batch.push(&tokens, 1).unwrap();
    let loss = model.nats(&batch, None).unwrap() / n as f64;
    assert!((loss - own).abs() < 1e-3, "{loss} {own}");
}

fn most_likely(row: &[f32]) -> usize {
    (0..row.len())
        .max_by(|&a, &b| row[a].total_cmp(&row[b]))
        .unwrap()
}
