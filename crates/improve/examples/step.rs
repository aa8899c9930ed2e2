//! Times training steps on made-up tokens: `step MODEL.gguf [BATCH LENGTH RANK STEPS [recompute] [json]]`.
//!
//! All tokens but the first half of each sequence are learnt. Prints the shape, one line per step, and the peak of the
//! process's memory beside what was estimated; the first step is a warm-up. `benches/train-step.sh` reads the JSON.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for measuring by hand"
)]

use decoder::backward::{Recompute, slope};
use decoder::memory::Memory;
use decoder::{Adapter, Batch, Lora, Shape, Target, Transformer};
use improve::{AdamW, Recipe};
use measure::{Clock, SystemClock};
use serde_json::json;

fn main() {
    let (words, flags): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word != "recompute" && word != "json");
    let has = |flag: &str| flags.iter().any(|word| word == flag);
    let number = |at: usize, or: usize| words.get(at).map_or(or, |word| word.parse().unwrap());
    let (batch, length, rank, steps) = (number(1, 2), number(2, 256), number(3, 16), number(4, 3));
    let recompute = match has("recompute") {
        true => Recompute::Layers,
        false => Recompute::Nothing,
    };
    let say = |text: String, value: serde_json::Value| match has("json") {
        true => println!("{value}"),
        false => println!("{text}"),
    };
    let clock = SystemClock::start();
    let model = Transformer::load(words[0].as_ref()).unwrap();
    let shape = model.shape();
    say(format!("{shape:?}"), of_shape(shape));
    let lora = Lora {
        rank,
        alpha: 2.0 * rank as f64,
        targets: Target::ALL.to_vec(),
    };
    let mut adapter = Adapter::new(shape, &lora, 1).unwrap();
    let sequences = sequences(shape.vocabulary as u32, (batch, length));
    let mut adamw = AdamW::new(adapter.parameters().into_iter().map(|(_, own)| own));
    for step in 0..steps {
        let started = clock.now_ns();
        let weight = 1.0 / sequences.goals() as f64;
        let found = slope(&model, &adapter, &sequences, weight, recompute).unwrap();
        let how = (1e-4, &Recipe::default());
        adamw.step(adapter.parameters_mut(), &found.gradients, how);
        let seconds = (clock.now_ns() - started) as f64 / 1e9;
        let (tokens, loss) = (sequences.rows(), found.nats * weight);
        say(
            format!(
                "step {step}: loss {loss:.4}, {seconds:.2} s, {:.1} tok/s",
                tokens as f64 / seconds
            ),
            json!({"tokens": tokens, "seconds": seconds, "loss": loss}),
        );
    }
    let peak = measure::probe::memory::peak_resident_bytes().unwrap_or(0) >> 20;
    let estimate = Memory::of(shape, &lora, (batch, length), has("recompute")).total() >> 20;
    say(
        format!("peak {peak} MiB, estimate {estimate} MiB"),
        json!({"peak_mib": peak, "estimate_mib": estimate}),
    );
}

fn of_shape(shape: &Shape) -> serde_json::Value {
    json!({
        "family": shape.family.name(), "layers": shape.layers, "width": shape.width, "heads": shape.heads,
        "kv_heads": shape.kv_heads, "inner": shape.inner, "vocabulary": shape.vocabulary,
    })
}

/// Sequences whose second halves are learnt.
fn sequences(vocabulary: u32, (batch, length): (usize, usize)) -> Batch {
    let mut sequences = Batch::default();
    for sequence in 0..batch as u32 {
        let tokens = (0..=length as u32).map(|i| (i * 7919 + sequence * 104_729 + 17) % vocabulary);
        sequences
            .push(&tokens.collect::<Vec<u32>>(), length / 2)
            .unwrap();
    }
    sequences
}
