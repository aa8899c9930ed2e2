//! What choosing a token costs, by rule: microseconds for a row of 151,936 logits, as Qwen2's vocabulary has them.
//!
//! `cargo bench -p engine --bench sampling`. Rules take turns in each of 31 rounds; printed are the median and the
//! least. Logits are made so that a few tokens are likely and the rest are a broad tail, as models' rows are.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it timed, and this room knows no clock of ours"
)]

use std::hint::black_box;
use std::time::Instant;

use engine::{Sampler, Sampling};

const N_VOCAB: usize = 151_936;
const ROUNDS: usize = 31;
const PICKS: usize = 20;

fn main() {
    let rules = rules();
    let rows: Vec<Vec<f32>> = (0..PICKS as u64).map(row).collect();
    let mut micros = vec![Vec::new(); rules.len()];
    for round in 0..ROUNDS {
        for ((_, sampling), micros) in rules.iter().zip(&mut micros) {
            let mut sampler = Sampler::new(*sampling, round as u64);
            let started = Instant::now();
            for row in &rows {
                black_box(sampler.pick(black_box(row), &[]));
            }
            micros.push(started.elapsed().as_secs_f64() * 1e6 / PICKS as f64);
        }
    }
    println!("{:<28} {:>9} {:>9}", "rule", "median", "least");
    for ((name, _), mut micros) in rules.into_iter().zip(micros) {
        micros.sort_by(f64::total_cmp);
        println!(
            "{name:<28} {:>6.0} µs {:>6.0} µs",
            micros[ROUNDS / 2],
            micros[0]
        );
    }
}

fn rules() -> [(&'static str, Sampling); 5] {
    let plain = Sampling::with_temperature;
    [
        ("greedy", Sampling::GREEDY),
        ("temperature 1", plain(1.0)),
        (
            "temperature 1, top-p 0.95",
            Sampling {
                top_p: 0.95,
                ..plain(1.0)
            },
        ),
        (
            "temperature 1, min-p 0.05",
            Sampling {
                min_p: 0.05,
                ..plain(1.0)
            },
        ),
        (
            "0.7, top-k 50, top-p 0.9",
            Sampling {
                top_k: 50,
                top_p: 0.9,
                ..plain(0.7)
            },
        ),
    ]
}

/// Logits of a broad tail and of eight likely tokens.
fn row(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut uniform = || (next() >> 40) as f32 / (1 << 24) as f32;
    let mut row: Vec<f32> = (0..N_VOCAB)
        .map(|_| 3.0 * (uniform() + uniform() + uniform() + uniform()) - 6.0)
        .collect();
    for i in 0..8 {
        let place = (uniform() * N_VOCAB as f32) as usize % N_VOCAB;
        row[place] = 18.0 - i as f32;
    }
    row
}
