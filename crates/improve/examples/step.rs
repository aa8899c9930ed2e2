//! Times training steps on made-up tokens: `step MODEL.gguf [BATCH LENGTH RANK STEPS [recompute]]`.
//!
//! All tokens but the first half of each sequence are learnt. Prints one line per step and the peak of the
//! process's memory; the first step is a warm-up.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for measuring by hand"
)]

use decoder::backward::{Recompute, slope};
use decoder::memory::Memory;
use decoder::{Adapter, Batch, Lora, Target, Transformer};
use improve::{AdamW, Recipe};
use measure::{Clock, SystemClock};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, or: usize| words.get(at).map_or(or, |word| word.parse().unwrap());
    let (batch, length, rank, steps) = (number(1, 2), number(2, 256), number(3, 16), number(4, 3));
    let again = words.get(5).is_some();
    let recompute = if again {
        Recompute::Layers
    } else {
        Recompute::Nothing
    };
    let clock = SystemClock::start();
    let model = Transformer::load(words[0].as_ref()).unwrap();
    let mib = |bytes: u64| bytes >> 20;
    let resident = || mib(measure::probe::memory::resident_bytes().unwrap_or(0));
    println!(
        "loaded in {:.1} s, {} MiB",
        clock.now_ns() as f64 / 1e9,
        resident()
    );
    let lora = Lora {
        rank,
        alpha: 2.0 * rank as f64,
        targets: Target::ALL.to_vec(),
    };
    let mut adapter = Adapter::new(model.shape(), &lora, 1).unwrap();
    let vocabulary = model.shape().vocabulary as u32;
    let mut sequences = Batch::default();
    for sequence in 0..batch as u32 {
        let tokens = (0..=length as u32).map(|i| (i * 7919 + sequence * 104_729 + 17) % vocabulary);
        sequences
            .push(&tokens.collect::<Vec<u32>>(), length / 2)
            .unwrap();
    }
    let mut adamw = AdamW::new(adapter.parameters().into_iter().map(|(_, own)| own));
    for step in 0..steps {
        let started = clock.now_ns();
        let weight = 1.0 / sequences.goals() as f64;
        let found = slope(&model, &adapter, &sequences, weight, recompute).unwrap();
        let how = (1e-4, &Recipe::default());
        adamw.step(adapter.parameters_mut(), &found.gradients, how);
        let seconds = (clock.now_ns() - started) as f64 / 1e9;
        println!(
            "step {step}: loss {:.4}, {seconds:.2} s, {:.1} tok/s",
            found.nats * weight,
            sequences.rows() as f64 / seconds
        );
    }
    let peak = measure::probe::memory::peak_resident_bytes().unwrap_or(0);
    let estimate = Memory::of(model.shape(), &lora, (batch, length), again);
    println!(
        "peak {} MiB, estimate {} MiB {estimate:?}",
        mib(peak),
        mib(estimate.total())
    );
}
