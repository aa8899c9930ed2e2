//! How much of a speed is the harness's own: an engine that takes exactly so long, measured as any other.
//!
//! `cargo bench -p bench --bench harness`. The scripted engine waits by spinning until its time is over and then
//! hands out a row; what the benchmark reports beyond that time is the harness: its clock, its loop, the
//! greedy choice over the vocabulary, and the hardware monitor where it runs. The choice is part of the speed
//! by definition (see docs/METRICS.md) and therefore shown apart, by a vocabulary of two. Nothing is asserted:
//! times of a shared machine are read by a person.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use bench::desk::Unwatched;
use bench::plan::LatencyPlan;
use bench::{Desk, Meter, Subject, latency};
use engine::toy::Bytes;
use engine::{Error, Feed, Model, ModelCard, Row, Session, SessionShape, Tokenizer};
use ledger::record::{RunHeader, SCHEMA_VERSION};
use ledger::{Run, RunFolder};
use measure::probe::Hardware;
use measure::{Clock, Monitor, SystemClock, monitor, quantile};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// Tokens of the prompt, and after it.
const N_PROMPT: usize = 128;
const N_NEW: usize = 33;

fn main() -> Done<()> {
    println!(
        "step       vocabulary  monitor  first token   step, median   harness's share of a step"
    );
    for step_ns in [1_000_000, 5_000_000, 20_000_000] {
        for n_vocab in [2, 49_152, 151_936] {
            for watched in [false, true] {
                let clock = SystemClock::start();
                let model = Scripted::new(step_ns, n_vocab, clock);
                report(&model, &timed(&model, watched)?, watched);
            }
        }
    }
    Ok(())
}

fn report(model: &Scripted, [first, step]: &[f64; 2], watched: bool) {
    let over = |found: &f64, known: u64| (found / known as f64 - 1.0) * 100.0;
    println!(
        "{:>5.1} ms  {:>10}  {:>7}  {:>+9.3} %  {:>9.4} ms  {:>+22.3} %",
        model.step_ns as f64 / 1e6,
        model.logits.len(),
        if watched { "on" } else { "off" },
        over(first, model.step_ns * N_PROMPT as u64 / 8),
        step / 1e6,
        over(step, model.step_ns),
    );
}

/// Medians of the time to the first token and between two tokens.
fn timed(model: &Scripted, watched: bool) -> Done<[f64; 2]> {
    let root = tempfile::tempdir()?;
    let header = header();
    let (mut folder, earlier) = (RunFolder::create(root.path(), &header)?, Run::new(header));
    let start = || Monitor::start(Hardware::find().gauges, model.clock, monitor::EVERY);
    let monitor = watched
        .then(start)
        .transpose()
        .map_err(|absent| absent.reason)?;
    let mut desk = Desk {
        folder: &mut folder,
        earlier: &earlier,
        clock: &model.clock,
        sandbox: None,
        fast_ways: None,
        precedents: None,
        threads: 1,
        stop: &AtomicBool::new(false),
        watcher: &mut Unwatched,
        meter: monitor
            .as_ref()
            .map(|monitor| Meter::new(monitor, &earlier, 0)),
    };
    let subject = Subject {
        name: "scripted".into(),
        model,
        chat: None,
        now: None,
        load_ns: 0,
    };
    latency::measure(&[subject], &plan(), &mut desk)?;
    let run = ledger::read(folder.path())?;
    let median = |metric: &str| {
        let of = run.measurements.iter().find(|one| one.metric == metric);
        of.and_then(|one| quantile(&one.values, 0.5))
            .unwrap_or(f64::NAN)
    };
    Ok([median("time_to_first_token_ns"), median("inter_token_ns")])
}

fn plan() -> LatencyPlan {
    LatencyPlan {
        prompt_tokens: vec![N_PROMPT],
        generate_tokens: vec![N_NEW],
        repeats: 5,
        warmups: 1,
        ..LatencyPlan::quick()
    }
}

fn header() -> RunHeader {
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: "harness".into(),
        started_at: String::new(),
        whet_version: String::new(),
        command: Vec::new(),
        plan: serde_json::Value::Null,
        seed: 1,
        machine: BTreeMap::new(),
        engine: BTreeMap::new(),
        models: Vec::new(),
        sandbox: None,
        suites: Vec::new(),
    }
}

/// An engine that takes the same time for each token fed alone, and an eighth of it for each of a prompt.
struct Scripted {
    card: ModelCard,
    clock: SystemClock,
    step_ns: u64,
    logits: Vec<f32>,
}

impl Scripted {
    fn new(step_ns: u64, n_vocab: usize, clock: SystemClock) -> Scripted {
        let card = ModelCard {
            name: "scripted".into(),
            architecture: "none".into(),
            n_vocab,
            context_length: 4096,
            n_parameters: 0,
            weight_bytes: 0,
            adapter_bytes: 0,
            bytes_per_token: 0,
            flops_per_token: 0,
            flops_per_row: 0,
            quantised_flops: 0,
            quantised_flops_per_row: 0,
            cache_elements: None,
            device: None,
        };
        // Rising and falling, so that the choice is no foregone one.
        let logits = (0..n_vocab).map(|at| (at as f32 * 0.37).sin()).collect();
        Scripted {
            card,
            clock,
            step_ns,
            logits,
        }
    }
}

impl Model for Scripted {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Bytes
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(ScriptedSession {
            model: self,
            shape,
            lens: vec![0; shape.n_sequences],
        }))
    }
}

struct ScriptedSession<'m> {
    model: &'m Scripted,
    shape: SessionShape,
    lens: Vec<usize>,
}

impl Session for ScriptedSession<'_> {
    fn shape(&self) -> SessionShape {
        self.shape
    }

    fn len(&self, sequence: usize) -> usize {
        self.lens[sequence]
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        let (model, started) = (self.model, self.model.clock.now_ns());
        let takes = |feed: &Feed<'_>| match feed.tokens.len() as u64 {
            1 => model.step_ns,
            n => n * model.step_ns / 8,
        };
        let until = started + feeds.iter().map(takes).sum::<u64>();
        while model.clock.now_ns() < until {
            std::hint::spin_loop();
        }
        for (at, feed) in feeds.iter().enumerate() {
            self.lens[feed.sequence] += feed.tokens.len();
            on_row(Row {
                feed: at,
                offset: feed.tokens.len() - 1,
                logits: &model.logits,
            });
        }
        Ok(())
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.lens[to] = self.lens[from];
        Ok(())
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.lens[sequence] = len;
        Ok(())
    }

    fn cache_bytes(&self) -> u64 {
        0
    }
}
