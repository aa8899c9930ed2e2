//! What the hardware does while something is trained, written down as a benchmark's: a run folder beside the weights.
//!
//! `run/` in the folder of a training has samples, speed of each step and a report. Its phases are `train`, `evaluate`
//! (looks at held-out examples) and `keep` (writing weights); loading belongs to none. A training that goes on adds a
//! session, so steps that were lost with a killed process cost their energy, and count it, twice.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use bench::desk::{Place, Unwatched};
use bench::meter::BANDWIDTH;
use bench::{Desk, Work};
use improve::Point;
use improve::sft::{Doing, End, Outcome};
use ledger::record::{Done, RunHeader};
use ledger::{Run, RunFolder};
use measure::SystemClock;
use measure::probe::{Arithmetic, Numbers, multiply_rate};
use serde_json::{Value, json};

use crate::command::bench::{Watched, write_report};
use crate::provenance;
use crate::subject::Located;
use crate::terminal::Terminal;

/// The run folder's name.
pub(super) const RUN: &str = "run";

/// The record of one training.
pub(super) struct Book {
    watched: Watched,
    folder: RunFolder,
    earlier: Run,
    place: PathBuf,
    model: String,
}

impl Book {
    /// Opens the record, or begins one, and begins to watch. `plan` is what the training was told.
    pub(super) fn open(
        training: &Path,
        located: &Located,
        (plan, seed): (&Value, u64),
        known: BTreeMap<String, Value>,
    ) -> Result<Book> {
        let watched = Watched::start();
        let place = training.join(RUN);
        let (folder, earlier) = match place.join("run.json").is_file() {
            true => RunFolder::open(&place)?,
            false => {
                let mut header = header(located, (plan, seed))?;
                header.machine.extend(watched.facts());
                header.machine.extend(known);
                if place.exists() {
                    // Its header is written last: killed before that, the folder holds nothing and would be in the way.
                    std::fs::remove_dir_all(&place)
                        .with_context(|| format!("cannot remove {}", place.display()))?;
                }
                let folder = RunFolder::create(training, &header)?;
                (folder, Run::new(header))
            }
        };
        Ok(Book {
            watched,
            folder,
            earlier,
            place,
            model: located.name.clone(),
        })
    }

    /// The clock that the monitor goes by.
    pub(super) fn clock(&self) -> SystemClock {
        self.watched.clock
    }

    /// A hand to write in it, after a rest of so many seconds where that teaches something.
    pub(super) fn hand<'a>(
        &'a mut self,
        rest_seconds: u32,
        (stop, unwatched): (&'a AtomicBool, &'a mut Unwatched),
        terminal: &Terminal,
    ) -> Result<Hand<'a>> {
        let mut desk = Desk {
            folder: &mut self.folder,
            earlier: &self.earlier,
            clock: &self.watched.clock,
            sandbox: None,
            fast_ways: None,
            precedents: None,
            threads: 1,
            stop,
            watcher: unwatched,
            meter: self.watched.meter(&self.earlier),
        };
        let models = std::slice::from_ref(&self.model);
        self.watched
            .begin_of(models, rest_seconds, &mut desk, terminal)?;
        Ok(Hand {
            desk,
            model: &self.model,
            failed: None,
        })
    }

    /// The record, read back, after its report was written.
    pub(super) fn close(self, terminal: &Terminal) -> Result<Run> {
        let run = ledger::read(&self.place)?;
        write_report(&self.place, &run, terminal.readings())?;
        Ok(run)
    }
}

fn header(located: &Located, (plan, seed): (&Value, u64)) -> Result<RunHeader> {
    let models = vec![provenance::model_file(located)?];
    let bare = provenance::bare(&models, seed);
    Ok(RunHeader {
        run_id: RUN.into(),
        plan: json!({ "preset": "train", "training": plan }),
        engine: BTreeMap::from([
            ("name".to_owned(), json!("whetstone's decoder")),
            ("version".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
        ]),
        models,
        ..bare
    })
}

/// Writes while the training goes on.
pub(super) struct Hand<'a> {
    desk: Desk<'a>,
    model: &'a str,
    /// The first thing that could not be written; the training itself goes on.
    failed: Option<bench::Error>,
}

impl Hand<'_> {
    /// Ends what was being done, of which so many tokens were read.
    pub(super) fn turns(&mut self, tokens: usize, next: Doing) {
        let phase = match next {
            Doing::Train => "train",
            Doing::Look => "evaluate",
            Doing::Keep => "keep",
        };
        self.desk.turn(tokens as u64, Work::of(self.model, phase));
    }

    /// A step is over.
    pub(super) fn stepped(&mut self, step: usize) {
        let name = format!("train/{step}");
        let written = match self.desk.is_done(self.model, &name) {
            true => self.desk.keep_samples(),
            false => self.desk.done(self.model, &name),
        };
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// No step follows.
    pub(super) fn break_off(&mut self) -> Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error).context("the record of the training");
        }
        Ok(self.desk.turn_away()?)
    }

    /// The training is over, or stopped.
    pub(super) fn end(mut self, outcome: &Outcome) -> Result<()> {
        self.break_off()?;
        if outcome.end == End::Stopped || self.desk.is_done(self.model, "train") {
            return Ok(());
        }
        self.speed(outcome)?;
        self.desk.done(self.model, "train")?;
        Ok(self.desk.folder.append_done(&Done::end())?)
    }

    /// Tokens and operations per second of each step, beside what the processor can do.
    fn speed(&mut self, outcome: &Outcome) -> Result<()> {
        let timed: Vec<&Point> = outcome.curve.iter().filter(|one| one.ns > 0).collect();
        if timed.is_empty() {
            return Ok(());
        }
        let each = |of: &dyn Fn(&Point) -> f64| -> Vec<f64> {
            let rate = |point: &&Point| of(point) * 1e9 / point.ns as f64;
            timed.iter().map(rate).collect()
        };
        let of_step = |point: &Point| outcome.operations.of_step(point.tokens, point.goals) as f64;
        let (tokens, operations) = (each(&|point| point.tokens as f64), each(&of_step));
        let place = Place::new(self.model, "train");
        let desk = &mut self.desk;
        desk.record(&place, "train_tokens_per_s", tokens)?;
        desk.record(&place, "train_operations_per_s", operations.clone())?;
        let threads = NonZeroUsize::new(decoder::threads()).unwrap_or(NonZeroUsize::MIN);
        desk.turn(0, Work::of_none(BANDWIDTH));
        let ceiling = multiply_rate(desk.clock, threads, Numbers::Float32);
        desk.turn_away()?;
        let ceiling = ceiling.map_err(|absent| absent.to_string());
        let shares =
            |found: &Arithmetic| operations.iter().map(|rate| rate / found.best()).collect();
        let share = ceiling.as_ref().map(shares).map_err(Clone::clone);
        desk.note(&place, "arithmetic_share", share)?;
        let place = place
            .with("threads", threads.get())
            .with("numbers", Numbers::Float32.name());
        let passes = ceiling.map(|found| found.operations_per_s_samples);
        desk.note(&place, "arithmetic_operations_per_s", passes)?;
        Ok(())
    }
}
