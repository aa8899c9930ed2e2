//! The run folder of completions that were brought in, and the verdicts on them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use bench::plan::CodePlan;
use bench::{Desk, Plan};
use ledger::record::RunHeader;
use ledger::{Run, RunFolder};
use measure::SystemClock;
use sandbox::{Cell, Sandbox};
use serde_json::{Value, json};

use super::IMPORTED;
use super::source::{Batch, set};
use crate::cli;
use crate::exit::{Exit, Usage};
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
    mut plan: Value,
    sandbox: Option<&dyn Sandbox>,
) -> Result<RunFolder> {
    let place = format!("/{IMPORTED}");
    set(&mut plan, &place, N, json!(batch.attempts.len()));
    let mut header = provenance::bare(&batch.models, batch.seed);
    header.plan = plan;
    header.engine = batch.engine.clone();
    header.models = batch.models.clone();
    header.suites = batch.records.clone();
    header.sandbox = sandbox.map(provenance::sandbox);
    let (mut folder, _) = super::super::bench::create(runs_root, None, header)?;
    for attempt in &batch.attempts {
        folder.append_attempt(attempt)?;
    }
    Ok(folder)
}

/// How many completions a run was begun with, beside where they came from.
const N: &str = "n";

/// The rules by which an interrupted run was judged.
///
/// # Errors
/// [`Usage`] if the folder is none that judging was begun in, or lacks completions.
pub(super) fn interrupted(folder: &Path) -> Result<CodePlan> {
    let run = ledger::read(folder)?;
    let refuse = |why: &str| Usage(format!("cannot go on in {}: {why}", folder.display()));
    let plan = &run.header.plan;
    let n = plan
        .pointer(&format!("/{IMPORTED}/{N}"))
        .and_then(Value::as_u64);
    let code = plan
        .get("code")
        .filter(|code| code.get("mode").is_some() && n.is_some())
        .ok_or_else(|| {
            refuse("it was not made by `whet sample judge`; without --resume its completions are judged in a folder of their own")
        })?;
    if n != Some(run.attempts.len() as u64) {
        return Err(refuse("not all completions had been copied; judge their source again").into());
    }
    let mut whole = serde_json::to_value(quick(run.header.seed)?)?;
    for (name, value) in code.as_object().into_iter().flatten() {
        set(&mut whole, "", name, value.clone());
    }
    serde_json::from_value(whole)
        .with_context(|| format!("the plan in {}/run.json", folder.display()))
}

/// The rules of judging that the flags ask for.
pub(super) fn asked(flags: &cli::Judge, seed: u64) -> Result<CodePlan> {
    let mut plan = quick(seed)?;
    super::super::bench::change_judging(&mut plan, &flags.judging);
    Ok(plan)
}

fn quick(seed: u64) -> Result<CodePlan> {
    let quick = Plan::quick(seed, subject::threads(None)).code;
    quick.context("the quick preset has code problems")
}

/// Completions about to be judged.
pub(super) struct Judging<'a> {
    pub(super) batch: &'a Batch,
    pub(super) plan: CodePlan,
    pub(super) cell: Option<&'a Cell>,
    pub(super) stop: &'a AtomicBool,
    pub(super) terminal: &'a Terminal,
}

impl Judging<'_> {
    /// Judges everything in a run folder of its own.
    pub(super) fn begin(&self, runs_root: &Path) -> Result<(Exit, PathBuf)> {
        let sandbox = self.cell.map(|cell| cell as &dyn Sandbox);
        let mut folder = begin(self.batch, runs_root, self.recorded()?, sandbox)?;
        let warning = self
            .cell
            .and_then(|cell| containment::warning(cell.badge()));
        if let Some(warning) = warning {
            self.terminal
                .note(&format!("{}: {}", warning.message, warning.advice));
            folder.append_warning(&warning)?;
        }
        self.carry_out(folder)
    }

    /// Judges what is not yet judged in a folder.
    pub(super) fn go_on(&self, folder: &Path) -> Result<(Exit, PathBuf)> {
        let (mut folder, run) = RunFolder::open(folder)?;
        self.say_if_moved(&mut folder, &run)?;
        self.terminal.note(&format!(
            "Going on in {}: {} of {} completions are judged",
            folder.path().display(),
            run.verdicts.len(),
            run.attempts.len()
        ));
        self.carry_out(folder)
    }

    /// With every completion judged nothing goes on. The engine is that of the source, and nothing is generated here.
    fn say_if_moved(&self, folder: &mut RunFolder, run: &Run) -> Result<()> {
        if run.verdicts.len() >= run.attempts.len() {
            return Ok(());
        }
        let sandbox = self.cell.map(|cell| provenance::sandbox(cell));
        let now = RunHeader {
            engine: run.header.engine.clone(),
            sandbox,
            ..provenance::bare(&[], run.header.seed)
        };
        super::super::bench::say_if_moved(folder, run, &now, self.terminal)
    }

    /// The plan for the record: what the source says, with the rules of this judging.
    fn recorded(&self) -> Result<Value> {
        let mut plan = self.batch.plan.clone();
        let rules = serde_json::to_value(&self.plan)?;
        for name in [
            "mode",
            "compiler",
            "verdict_cache",
            "audit",
            "judge_workers",
        ] {
            set(&mut plan, "/code", name, rules[name].clone());
        }
        if !self.plan.k.is_empty() {
            set(&mut plan, "/code", "k", json!(self.plan.k));
        }
        Ok(plan)
    }

    fn carry_out(&self, mut folder: RunFolder) -> Result<(Exit, PathBuf)> {
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
        let order = bench::code::Order {
            plan: &self.plan,
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
            threads: subject::threads(None),
            stop: self.stop,
            watcher: progress,
            meter: None,
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
}
