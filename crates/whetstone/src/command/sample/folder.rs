//! The run folder of completions that were brought in, and the verdicts on them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use bench::plan::CodePlan;
use bench::{Desk, Plan};
use ledger::RunFolder;
use measure::SystemClock;
use sandbox::{Cell, Sandbox};
use serde_json::json;

use super::source::{Batch, set};
use crate::cli;
use crate::exit::Exit;
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::{caches, containment, provenance, subject};

/// Writes the completions into a run folder of their own.
pub(super) fn imported(batch: &Batch, runs_root: &Path) -> Result<PathBuf> {
    let folder = begin(batch, runs_root, batch.plan.clone(), None)?;
    Ok(folder.path().to_owned())
}

fn begin(
    batch: &Batch,
    runs_root: &Path,
    plan: serde_json::Value,
    sandbox: Option<&dyn Sandbox>,
) -> Result<RunFolder> {
    let mut header = provenance::bare(&batch.models, batch.seed);
    header.plan = plan;
    header.engine = batch.engine.clone();
    header.models = batch.models.clone();
    header.suites = batch.records.clone();
    header.sandbox = sandbox.map(provenance::sandbox);
    let (mut folder, _) = super::super::bench::create(runs_root, header)?;
    for attempt in &batch.attempts {
        folder.append_attempt(attempt)?;
    }
    Ok(folder)
}

/// Completions about to be judged.
pub(super) struct Judging<'a> {
    pub(super) batch: &'a Batch,
    pub(super) flags: &'a cli::Judge,
    pub(super) cell: Option<&'a Cell>,
    pub(super) stop: &'a AtomicBool,
    pub(super) terminal: &'a Terminal,
}

impl Judging<'_> {
    /// Judges everything; returns how it ended and the run folder.
    pub(super) fn carry_out(&self) -> Result<(Exit, PathBuf)> {
        let mut plan = self.batch.plan.clone();
        if !self.flags.k.is_empty() {
            set(&mut plan, "/code", "k", json!(self.flags.k));
        }
        let sandbox = self.cell.map(|cell| cell as &dyn Sandbox);
        let mut folder = begin(self.batch, &self.flags.source.output, plan, sandbox)?;
        let warning = self
            .cell
            .and_then(|cell| containment::warning(cell.badge()));
        if let Some(warning) = warning {
            self.terminal
                .note(&format!("{}: {}", warning.message, warning.advice));
            folder.append_warning(&warning)?;
        }
        let mut progress = Progress::new(self.terminal);
        self.judge(&mut folder, &mut progress)?;
        progress.clear();
        let exit = match self.stop.load(Ordering::Relaxed) {
            true => Exit::Interrupted,
            false => Exit::Done,
        };
        Ok((exit, folder.path().to_owned()))
    }

    fn judge(&self, folder: &mut RunFolder, progress: &mut Progress) -> Result<()> {
        let threads = subject::threads(None);
        let plan = self.plan(threads)?;
        let order = bench::code::Order {
            plan: &plan,
            suites: &self.batch.suites,
            seed: self.batch.seed,
        };
        let earlier = ledger::read(folder.path())?;
        let precedents = self.cell.and_then(|_| caches::precedents());
        let fast_ways = self.cell.and_then(|_| caches::fast_ways());
        let mut desk = Desk {
            folder,
            earlier: &earlier,
            clock: &SystemClock::start(),
            sandbox: self.cell.map(|cell| cell as &dyn Sandbox),
            fast_ways: fast_ways.as_deref(),
            precedents: precedents.as_ref(),
            threads,
            stop: self.stop,
            watcher: progress,
        };
        for model in &self.batch.models {
            for suite in &self.batch.suites {
                if !bench::code::judge(&model.name, suite, &order, &mut desk)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The plan of judging alone.
    fn plan(&self, threads: usize) -> Result<CodePlan> {
        let quick = Plan::quick(self.batch.seed, threads).code;
        let mut plan = quick.context("the quick preset has code problems")?;
        super::super::bench::change_judging(&mut plan, &self.flags.judging);
        Ok(plan)
    }
}
