//! A run being carried out: models are loaded one after another, and their numbers written into its folder.
//!
//! What is asked for and where the files lie is known by now. A model is in memory alone while it is measured by
//! itself; only what is measured side by side has all of them loaded. What is deliberately not here: fetching,
//! opening the sandbox, and reports.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use bench::run::Ended;
use bench::{Desk, Subject, trial};
use ledger::record::{Done, ModelRecord, RunHeader};
use ledger::{Run, RunFolder};
use measure::SystemClock;
use sandbox::{Cell, Sandbox};

use super::describe::describe;
use super::folder::{create, say_if_moved, started_at};
use super::hardware::Watched;
use super::order::Order;
use crate::command::export;
use crate::compute::Compute;
use crate::exit::{Exit, Usage, unusable};
use crate::subject::{Loaded, Located};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::words::count;
use crate::{caches, containment, provenance};

/// A run about to be carried out.
pub(super) struct Job<'a> {
    pub(super) order: &'a Order,
    pub(super) located: &'a [Located],
    pub(super) cell: Option<&'a Cell>,
    pub(super) watched: Watched,
    pub(super) stop: &'a AtomicBool,
    pub(super) terminal: &'a Terminal,
}

impl Job<'_> {
    /// Measures everything; returns how it ended and the run folder.
    pub(super) fn carry_out(&self, runs_root: &Path) -> Result<(Exit, PathBuf)> {
        let clock = self.watched.clock;
        let mut progress = Progress::new(self.terminal);
        let others = self.others_alone()?;
        let first = self.load(0, &clock)?;
        let (mut folder, earlier) = self.folder(runs_root, (&first, others), &clock)?;
        let now = started_at(&earlier.header);
        let precedents = self.cell.and_then(|_| caches::precedents());
        let fast_ways = self.cell.and_then(|_| caches::fast_ways());
        let mut desk = Desk {
            folder: &mut folder,
            earlier: &earlier,
            clock: &clock,
            sandbox: self.cell.map(|cell| cell as &dyn Sandbox),
            fast_ways: fast_ways.as_deref(),
            precedents: precedents.as_ref(),
            threads: self.order.plan.threads,
            stop: self.stop,
            watcher: &mut progress,
            meter: self.watched.meter(&earlier),
        };
        self.watched
            .begin(self.located, &self.order.plan, &mut desk, self.terminal)?;
        let ended = self.measure(first, now, &mut desk)?;
        if ended == Ended::Complete {
            self.watched
                .end(&self.order.plan, &mut desk, self.terminal)?;
        }
        progress.clear();
        let path = folder.path().to_owned();
        if ended != Ended::Complete {
            return Ok((Exit::Interrupted, path));
        }
        if earlier.is_open() {
            folder.append_done(&Done::end())?;
        }
        Ok((Exit::Done, path))
    }

    fn load(&self, index: usize, clock: &SystemClock) -> Result<Loaded> {
        let compute = Compute::of(&self.order.plan);
        Loaded::open(&self.located[index], &compute, clock)
    }

    /// Each model by itself, then all of them side by side for divergence and in turns for speed.
    fn measure(
        &self,
        first: Loaded,
        now: Option<jiff::civil::DateTime>,
        desk: &mut Desk<'_>,
    ) -> Result<Ended> {
        let clock = SystemClock::start();
        let (plan, material) = (&self.order.plan, self.order.material());
        let mut loaded = vec![first];
        for index in 0..self.located.len() {
            if index > 0 {
                instead(&mut loaded, || self.load(index, &clock))?;
            }
            if bench::run::alone(&loaded[0].subject(now)?, plan, material, desk)?
                == Ended::Interrupted
            {
                return Ok(Ended::Interrupted);
            }
        }
        if !bench::run::is_shared(plan) {
            return Ok(Ended::Complete);
        }
        let last = loaded.pop();
        for index in 0..self.located.len() - 1 {
            loaded.push(self.load(index, &clock)?);
        }
        loaded.extend(last);
        let subjects: Vec<Subject<'_>> = loaded
            .iter()
            .map(|model| model.subject(now))
            .collect::<Result<_>>()?;
        Ok(bench::run::together(&subjects, plan, material, desk)?)
    }

    /// Opens the run folder, new or old, and says what will be done.
    fn folder(
        &self,
        runs_root: &Path,
        (first, others): (&Loaded, Option<Vec<ModelRecord>>),
        clock: &SystemClock,
    ) -> Result<(RunFolder, Run)> {
        if let Some(path) = &self.order.resume {
            let (mut folder, run) = RunFolder::open(path)?;
            self.same_files(&run.header)?;
            self.say_if_moved(&mut folder, &run)?;
            self.order.choose_formats(path)?;
            self.terminal.note(&format!(
                "Going on with {}, which has {} and {}.",
                path.display(),
                count(run.attempts.len(), "completion"),
                count(run.verdicts.len(), "verdict")
            ));
            return Ok((folder, run));
        }
        let header = self.header(first, others)?;
        let (mut folder, header) = create(runs_root, self.order.name.as_deref(), header)?;
        export::keep(folder.path(), &self.order.exports)?;
        self.order.choose_formats(folder.path())?;
        if let Some(warning) = self
            .cell
            .and_then(|cell| containment::warning(cell.badge()))
        {
            self.terminal
                .note(&format!("{}: {}", warning.message, warning.advice));
            folder.append_warning(&warning)?;
        }
        let compute = Compute::of(&self.order.plan);
        for warning in compute.warning().iter().chain(&self.order.fallback) {
            folder.append_warning(warning)?;
        }
        self.announce(first, clock, folder.path())?;
        let mut run = Run::new(header);
        run.done.push(Done::beginning());
        folder.append_done(&run.done[0])?;
        Ok((folder, run))
    }

    /// With nothing left to measure a run does not go on.
    fn say_if_moved(&self, folder: &mut RunFolder, run: &Run) -> Result<()> {
        if run.is_complete() {
            return Ok(());
        }
        let now = RunHeader {
            engine: provenance::engine(&Compute::of(&self.order.plan)),
            sandbox: self.sandbox().map(provenance::sandbox),
            ..provenance::bare(&[], run.header.seed)
        };
        say_if_moved(folder, run, &now, self.terminal)
    }

    /// What a new run writes down of the models after the first, looked at before that one is in memory. Nothing where
    /// all of them are measured side by side, and have to fit together anyway.
    fn others_alone(&self) -> Result<Option<Vec<ModelRecord>>> {
        let is_alone = !bench::run::is_shared(&self.order.plan);
        let is_wanted = is_alone && self.order.resume.is_none();
        is_wanted.then(|| self.others(None)).transpose()
    }

    /// Loads and checks each model after the first.
    fn others(&self, first: Option<&Loaded>) -> Result<Vec<ModelRecord>> {
        let clock = SystemClock::start();
        let mut records = Vec::new();
        for (index, located) in self.located.iter().enumerate().skip(1) {
            let loaded = self.load(index, &clock)?;
            self.check(&loaded)?;
            let is_compared = self.order.plan.divergence.is_some();
            if let Some(first) = first.filter(|_| is_compared) {
                let pair = [first.subject(None)?, loaded.subject(None)?];
                bench::divergence::check(&pair, &self.order.texts[1]).map_err(unusable)?;
            }
            records.push(provenance::model(located, &loaded)?);
        }
        Ok(records)
    }

    fn header(&self, first: &Loaded, others: Option<Vec<ModelRecord>>) -> Result<RunHeader> {
        let plan = &self.order.plan;
        let suites = provenance::suites(
            &self.order.suites,
            &first.subject(Some(jiff::Zoned::now().datetime()))?,
            self.order.plan.code.as_ref().and_then(|code| code.prompt),
        )?;
        let mut models = vec![provenance::model(&self.located[0], first)?];
        self.check(first)?;
        models.extend(match others {
            Some(others) => others,
            None => self.others(Some(first))?,
        });
        let mut header = provenance::header(provenance::Known {
            plan,
            models,
            suites,
            sandbox: self.sandbox(),
        })?;
        header.machine.extend(self.watched.facts());
        Ok(header)
    }

    fn sandbox(&self) -> Option<&dyn Sandbox> {
        self.cell.map(|cell| cell as &dyn Sandbox)
    }

    /// What cannot be done with a model is said before the long work starts.
    fn check(&self, loaded: &Loaded) -> Result<()> {
        let subject = loaded.subject(None)?;
        bench::run::check(&subject, &self.order.plan, self.order.material()).map_err(unusable)
    }

    /// A resumed run must find the very files it began with.
    fn same_files(&self, header: &RunHeader) -> Result<()> {
        for (record, located) in header.models.iter().zip(self.located) {
            same_files(located, record)?;
        }
        Ok(())
    }

    fn announce(&self, first: &Loaded, clock: &SystemClock, folder: &Path) -> Result<()> {
        let plan = &self.order.plan;
        let rates = trial::run(&first.subject(None)?, plan, clock)?;
        let first_bytes = first.llama.facts().file_bytes as f64;
        let weight: f64 = self
            .located
            .iter()
            .filter_map(|model| std::fs::metadata(&model.path).ok())
            .map(|file| file.len() as f64 / first_bytes)
            .sum();
        let material = self.order.material();
        let seconds = trial::estimate_seconds(plan, material, rates) * weight;
        let quality = match trial::quality_seconds(plan, material, rates) * weight {
            0.0 => String::new(),
            seconds => format!(", {} of it for quality", roughly(seconds)),
        };
        let names: Vec<&str> = self
            .located
            .iter()
            .map(|model| model.name.as_str())
            .collect();
        let names = match names.len() {
            0..=3 => names.join(" and "),
            n => format!("{n} models"),
        };
        let by = match &self.order.name {
            Some(_) => format!("by the recipe {}", plan.preset),
            None => format!("with the {} preset", plan.preset),
        };
        self.terminal.note(&format!("Measuring {names} {by}:"));
        for line in describe(plan, &self.order.suites) {
            self.terminal.note(&format!("  {line}"));
        }
        self.terminal.note(&format!(
            "About {}{quality} (from a short trial). Everything goes to {}.",
            roughly(seconds),
            folder.display()
        ));
        Ok(())
    }
}

/// Refuses a model whose file, or that of the adapter over it, is not the one whose hash was written down.
pub(in crate::command) fn same_files(located: &Located, then: &ModelRecord) -> Result<()> {
    same_file(&located.path, &then.sha256)?;
    let laid = located.adapter.as_ref().zip(then.adapter.as_ref());
    laid.map_or(Ok(()), |(laid, then)| same_file(&laid.path, &then.sha256))
}

/// Refuses a file that is not the one whose hash was written down.
pub(in crate::command) fn same_file(path: &Path, then: &str) -> Result<()> {
    let sha256 = hub::sha256_file(path)?;
    if sha256 == then {
        return Ok(());
    }
    Err(Usage(format!(
        "{} is not the file that this run began with (SHA-256 {sha256}, then {then}); start a new run",
        path.display()
    ))
    .into())
}

/// A guess of a time, no finer than it is.
fn roughly(seconds: f64) -> String {
    match seconds < 90.0 {
        true => format!("{seconds:.0} seconds"),
        false => format!("{:.0} minutes", seconds / 60.0),
    }
}

/// Lets go of what is held before the next one is made: two models that fit one after the other need not fit together.
fn instead<T>(held: &mut Vec<T>, next: impl FnOnce() -> Result<T>) -> Result<()> {
    held.clear();
    held.push(next()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn the_model_before_is_gone_when_the_next_one_is_loaded() {
        let model = Rc::new(1);
        let mut held = vec![Rc::clone(&model)];
        let next = || {
            assert_eq!(Rc::strong_count(&model), 1, "nobody holds it any more");
            Ok(Rc::new(2))
        };
        instead(&mut held, next).unwrap();
        assert_eq!(held, [Rc::new(2)]);
        assert!(instead(&mut held, || anyhow::bail!("it cannot be read")).is_err());
    }
}
