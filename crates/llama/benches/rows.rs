//! What a step over 1, 2, 3 … rows costs, through the traits of `engine`.
//!
//! `benches/rows.sh MODEL.gguf` runs this beside llama.cpp's own program. By itself:
//! `cargo bench -p llama --bench rows -- MODEL.gguf [--threads N] [--rounds N] [--rows 1,2,3]`. Each round times every
//! number of rows once in two shapes: *lanes* (as many sequences, a token each, as in decoding side by side) and
//! *sequence* (so many tokens of one sequence, as in looking at guesses). One JSON line for each number of rows, times
//! in nanoseconds. Nothing here is asserted: times of a shared machine are read by a person.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::PathBuf;

use engine::{CacheKind, CacheKinds, Feed, Logits, Model, Session, SessionShape, Token, sampling};
use llama::{Llama, Options};
use measure::clock::{Clock, SystemClock};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// Tokens that every sequence holds before a step.
const DEPTH: usize = 16;

fn main() -> Done<()> {
    let order = Order::read(std::env::args().skip(1))?;
    let model = Llama::load(
        &order.model,
        &Options {
            name: "model".into(),
            threads: order.threads,
            device: None,
            adapter: None,
        },
    )?;
    let most = order.rows.iter().copied().max().unwrap_or(1);
    let mut lanes = Bench::open(&model, most, 1)?;
    let mut sequence = Bench::open(&model, 1, most)?;
    let clock = SystemClock::start();
    let mut times = vec![(Vec::new(), Vec::new()); order.rows.len()];
    // The round before the first warms up.
    for round in 0..=order.rounds {
        for (n, (of_lanes, of_sequence)) in order.rows.iter().zip(&mut times) {
            let took = (lanes.step(*n, 1, &clock)?, sequence.step(1, *n, &clock)?);
            if round > 0 {
                of_lanes.push(took.0);
                of_sequence.push(took.1);
            }
        }
    }
    for (rows, (lanes, sequence)) in order.rows.iter().zip(&times) {
        let line = serde_json::json!({"rows": rows, "lanes_ns": lanes, "sequence_ns": sequence});
        println!("{line}");
    }
    Ok(())
}

/// What the command line asks for.
struct Order {
    model: PathBuf,
    threads: usize,
    rounds: usize,
    rows: Vec<usize>,
}

impl Order {
    fn read(words: impl Iterator<Item = String>) -> Done<Order> {
        let mut order = Order {
            model: PathBuf::new(),
            threads: std::thread::available_parallelism()?.get(),
            rounds: 5,
            rows: (1..=32).collect(),
        };
        // Cargo adds --bench.
        let mut words = words.filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            let mut value = || {
                let missing = || format!("{word} needs a value");
                words.next().ok_or_else(missing)
            };
            match word.as_str() {
                "--threads" => order.threads = value()?.parse()?,
                "--rounds" => order.rounds = value()?.parse()?,
                "--rows" => {
                    let rows = value()?;
                    order.rows = rows.split(',').map(str::parse).collect::<Result<_, _>>()?;
                }
                _ => order.model = PathBuf::from(word),
            }
        }
        if order.model.as_os_str().is_empty() || order.rows.contains(&0) {
            return Err("give the path of a GGUF file, and numbers of rows from 1 on".into());
        }
        Ok(order)
    }
}

/// Sequences that hold a text and are fed further tokens again and again.
struct Bench<'m> {
    session: Box<dyn Session + 'm>,
    /// The token that is fed again and again: which one does not matter to the kernels.
    token: Token,
}

impl<'m> Bench<'m> {
    fn open(model: &'m dyn Model, n_sequences: usize, most: usize) -> Done<Bench<'m>> {
        let mut session = model.open(SessionShape {
            n_sequences,
            capacity: DEPTH + most,
            cache: CacheKinds::both(CacheKind::F16),
        })?;
        let token = Token::try_from(model.card().n_vocab / 2)?;
        let text = [token; DEPTH];
        for sequence in 0..n_sequences {
            let feed = Feed {
                sequence,
                tokens: &text,
                logits: Logits::None,
            };
            session.feed(&[feed], &mut |_| ())?;
        }
        Ok(Bench { session, token })
    }

    /// Nanoseconds of one step in which each of the first sequences gets so many tokens and every row is looked at.
    fn step(&mut self, n_sequences: usize, n_tokens: usize, clock: &dyn Clock) -> Done<u64> {
        let tokens = vec![self.token; n_tokens];
        let feeds: Vec<Feed<'_>> = (0..n_sequences)
            .map(|sequence| Feed {
                sequence,
                tokens: &tokens,
                logits: Logits::All,
            })
            .collect();
        let started = clock.now_ns();
        let mut chosen = 0;
        self.session
            .feed(&feeds, &mut |row| chosen ^= sampling::greedy(row.logits))?;
        // The choice must not be optimised away.
        std::hint::black_box(chosen);
        let took = clock.now_ns() - started;
        for sequence in 0..n_sequences {
            self.session.rewind(sequence, DEPTH)?;
        }
        Ok(took)
    }
}
