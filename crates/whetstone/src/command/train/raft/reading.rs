//! `whet report` of a folder of RAFT: what was derived from its phases, made from them again.
//!
//! The loop itself reads a run that is over: every phase is on the disk, and it writes from them what it wrote when it
//! came to its end. So it is given a workshop that does nothing, and stops at once where a phase is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use improve::raft::{End, Lesson, Outcome, RaftFolder, Sampled, Sampling, Taught, Workshop};

use super::order::{FILE, Order};
use super::{COMPARISON, compare, ended, hardware, material, usage};
use crate::command::bench::write_report;
use crate::exit::Usage;
use crate::interrupt;
use crate::subject::Finder;
use crate::terminal::Terminal;

/// Which runs a folder of `whet benchmark full` holds, in their order.
const MODELS: &str = "models.json";

/// What the loop writes when it comes to its end, the summary first.
const WRITTEN: [&str; 3] = ["summary.json", "history.json", "raft_statistics.json"];

/// What a folder is that holds no run of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum Holds {
    /// One RAFT run.
    Raft,
    /// One of each model.
    Full,
}

/// What of RAFT a folder holds.
pub(in crate::command) fn holds(folder: &Path) -> Option<Holds> {
    let has = |name: &str| folder.join(name).is_file();
    match has(FILE) {
        true => Some(Holds::Raft),
        false => (has(MODELS) || has(COMPARISON)).then_some(Holds::Full),
    }
}

/// Notes which folders are the runs of a `whet benchmark full`.
pub(super) fn keep(output: &Path, folders: &[PathBuf]) -> Result<()> {
    let names = folders.iter().filter_map(|folder| folder.file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    ledger::write_derived(output, MODELS, &serde_json::to_vec(&names)?)?;
    Ok(())
}

/// Makes the derived files of a folder anew; what is to be said of each run, and where its summary lies.
///
/// # Errors
/// A run that is not over, and problems that cannot be had or have changed.
pub(in crate::command) fn anew(
    folder: &Path,
    what: Holds,
    terminal: &Terminal,
) -> Result<Vec<(String, PathBuf)>> {
    match what {
        Holds::Raft => Ok(vec![one(folder, terminal)?]),
        Holds::Full => {
            let folders = runs(folder)?;
            let all = folders.iter().map(|folder| one(folder, terminal));
            let said = all.collect::<Result<Vec<_>>>()?;
            compare(folder, &folders)?;
            Ok(said)
        }
    }
}

/// The runs of a `whet benchmark full`; where an older program noted none, in the order in which they were begun.
pub(super) fn runs(folder: &Path) -> Result<Vec<PathBuf>> {
    let path = folder.join(MODELS);
    let place = || format!("{}", path.display());
    if path.is_file() {
        let bytes = std::fs::read(&path).with_context(place)?;
        let names: Vec<String> = serde_json::from_slice(&bytes).with_context(place)?;
        return Ok(names.iter().map(|name| folder.join(name)).collect());
    }
    let entries = std::fs::read_dir(folder).with_context(place)?;
    let folders = entries.flatten().map(|entry| entry.path());
    let begun = folders.filter(|folder| folder.join(FILE).is_file());
    let dated = begun.map(|folder| Ok((Order::read(&folder)?.started_at, folder)));
    let mut dated = dated.collect::<Result<Vec<_>>>()?;
    dated.sort();
    Ok(dated.into_iter().map(|(_, folder)| folder).collect())
}

fn one(folder: &Path, terminal: &Terminal) -> Result<(String, PathBuf)> {
    let (order, raft, outcome) = over(folder, terminal)?;
    for run in hardware::runs(&raft, order.plan.cycles) {
        write_report(&run, &ledger::read(&run)?, terminal.readings())?;
    }
    let ended = ended(Some(&outcome), (&order, &raft), terminal)?;
    Ok((ended.said, folder.join("summary.json")))
}

/// What came of a run, from its phases.
///
/// # Errors
/// A run that is not over.
pub(super) fn over(folder: &Path, terminal: &Terminal) -> Result<(Order, RaftFolder, Outcome)> {
    let mut order = Order::read(folder)?;
    let finder = Finder {
        terminal,
        // A report fetches nothing.
        offline: true,
        stop: interrupt::sign(),
    };
    let asked = Order::find(&mut order.suites, &finder)?;
    let held_out = Order::find(&mut order.held_out, &finder)?;
    let material = material(&order, &order.model.name, [&asked, &held_out]);
    let raft = RaftFolder::open(folder)?;
    let then = Summary::of(folder)?;
    let outcome = improve::raft::run(&order.plan, &material, &raft, &mut Reader).map_err(usage)?;
    let over = outcome.filter(|outcome| outcome.end != End::Stopped);
    let outcome = over.ok_or_else(|| {
        let place = folder.display();
        Usage(format!(
            "{place} is not over, and has no report yet; go on with: whet train raft --resume {place}"
        ))
    })?;
    if let Some(then) = then.filter(|then| then.best != outcome.best) {
        return Err(then.put_back(folder, outcome.best));
    }
    Ok((order, raft, outcome))
}

/// What a folder says of the cycle that was measured at its end, before its summary is written anew.
pub(super) struct Summary {
    pub(super) best: Option<u32>,
    /// Of the files that are written anew those that are there.
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Summary {
    /// The summary of a run that is over; `None` where there is none.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Option<Summary>> {
        #[derive(serde::Deserialize)]
        struct Told {
            best: Option<u32>,
        }
        let mut files = Vec::new();
        for name in WRITTEN {
            let path = folder.join(name);
            if path.is_file() {
                let bytes = std::fs::read(&path);
                let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
                files.push((name, bytes));
            }
        }
        let Some((_, summary)) = files.iter().find(|(name, _)| *name == WRITTEN[0]) else {
            return Ok(None);
        };
        let told: Told = serde_json::from_slice(summary)
            .with_context(|| format!("{}", folder.join(WRITTEN[0]).display()))?;
        Ok(Some(Summary {
            best: told.best,
            files,
        }))
    }

    /// A rule that changed between two versions would give the last evaluation to a cycle that it is not of.
    fn put_back(self, folder: &Path, now: Option<u32>) -> anyhow::Error {
        let named = |cycle: Option<u32>| cycle.map_or("the base".into(), |n| format!("cycle {n}"));
        for (name, bytes) in &self.files {
            if let Err(error) = ledger::write_derived(folder, name, bytes) {
                return error.into();
            }
        }
        Usage(format!(
            "{}: the version of whet that carried it out took {} for the best and measured that one; this version would take {}, so its summary stays as it is",
            folder.display(),
            named(self.best),
            named(now)
        ))
        .into()
    }
}

/// A workshop that does no work.
struct Reader;

impl Workshop for Reader {
    type Error = anyhow::Error;

    fn sample(&mut self, _: &Sampling<'_>, _: &Path) -> Result<Option<Sampled>> {
        Ok(None)
    }

    fn train(&mut self, _: &Lesson<'_>) -> Result<Taught> {
        Ok(Taught::Stopped)
    }

    fn say(&mut self, _: &str) {}
}
