//! The run folder of completions that were brought in, and the verdicts on them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use bench::Watcher;
use ledger::RunFolder;
use ledger::record::Attempt;
use sandbox::{Cell, Fault, Sandbox, Scripted};
use serde_json::json;
use task::Suite;
use task::judge;

use super::source::{Batch, set};
use crate::cli;
use crate::exit::Exit;
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::{containment, provenance, subject};

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
        for suite in &self.batch.suites {
            self.judge(suite, &mut folder, &mut progress)?;
        }
        progress.clear();
        let exit = match self.stop.load(Ordering::Relaxed) {
            true => Exit::Interrupted,
            false => Exit::Done,
        };
        Ok((exit, folder.path().to_owned()))
    }

    fn judge(&self, suite: &Suite, folder: &mut RunFolder, progress: &mut Progress) -> Result<()> {
        let judge = judge::Judge::for_suite(suite)?;
        let jobs = jobs(suite, &judge, &self.batch.attempts);
        let nothing_runs = Scripted::new(|_, _| {
            let what = "this judge runs no program".into();
            Err(Fault::Script { what })
        });
        let sandbox = self
            .cell
            .map_or(&nothing_runs as &dyn Sandbox, |cell| cell as &dyn Sandbox);
        progress.begin(&format!("{}: judging", suite.name), jobs.len() as u64);
        let (mut n_judged, mut failed) = (0, None);
        let workers = subject::threads(None);
        let _ = judge::judge_all(&jobs, workers, sandbox, &mut |verdict| {
            n_judged += 1;
            progress.advance(n_judged, "");
            failed = folder.append_verdict(&verdict).err();
            match failed.is_some() || self.stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn jobs<'a>(
    suite: &'a Suite,
    judge: &'a judge::Judge,
    attempts: &'a [Attempt],
) -> Vec<judge::Job<'a>> {
    let of_suite = attempts
        .iter()
        .filter(|attempt| attempt.key.suite == suite.name);
    of_suite
        .filter_map(|attempt| {
            Some(judge::Job {
                key: attempt.key.clone(),
                judge,
                problem: suite.problem(&attempt.key.problem)?,
                text: &attempt.text,
            })
        })
        .collect()
}
