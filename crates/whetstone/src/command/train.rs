//! `whet train`: a model is made better at what its examples show.

mod book;
mod config;
mod costs;
mod curve;
mod memory;
mod pretrain;
mod progress;
pub(super) mod raft;
mod sft;
mod steps;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use crate::cli::Train;
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;
use config::Configured;
pub(super) use sft::file as sft_examples;
pub(crate) use sft::sft;

/// How a training ended.
pub(crate) struct Ended {
    pub(super) exit: Exit,
    /// In words; empty if they were said already.
    pub(super) said: String,
    /// The adapter, or the model, that came of it; `None` if it was stopped, or if nothing is better than its base.
    pub(super) result: Option<PathBuf>,
}

/// Carries out the method asked for, with what its file of settings says.
pub(crate) fn run(what: Train, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let configured = Configured::of(what, terminal)?;
    print(&configured.what, terminal, offline).map_err(|error| configured.placed(error))
}

fn print(what: &Train, terminal: &Terminal, offline: bool) -> Result<Exit> {
    if what.dry_run() {
        terminal.result(&serde_json::to_string_pretty(&plan(what)?)?)?;
        return Ok(Exit::Done);
    }
    let ended = carry_out(what, terminal, offline)?;
    if !ended.said.is_empty() {
        terminal.result(&ended.said)?;
    }
    Ok(ended.exit)
}

/// Trains.
pub(super) fn carry_out(what: &Train, terminal: &Terminal, offline: bool) -> Result<Ended> {
    match what {
        Train::Sft(flags) => sft(flags, terminal, offline),
        Train::Pretrain(flags) => pretrain::pretrain(flags, terminal, offline),
        Train::Raft(flags) => raft::run(flags, terminal, offline),
    }
}

/// What would be done, with every default filled in; nothing is loaded.
pub(super) fn plan(what: &Train) -> Result<Value> {
    match what {
        Train::Sft(flags) => sft::plan(flags),
        Train::Pretrain(flags) => pretrain::plan(flags),
        Train::Raft(flags) => raft::plan(flags),
    }
}

/// What a training learns from, each file with its SHA-256, a folder of sources with a number that stands for it.
///
/// # Errors
/// [`Usage`] where it is not there.
pub(super) fn data(what: &Train) -> Result<Vec<(String, String)>> {
    match what {
        Train::Sft(flags) => sft::file(flags).map_or(Ok(Vec::new()), |path| Ok(vec![sum(&path)?])),
        Train::Pretrain(flags) => Ok(vec![pretrain::sum(flags)?]),
        Train::Raft(flags) => {
            let words = flags.suite.iter().chain(&flags.held_out).map(Path::new);
            let history = flags.sampling.history.as_deref();
            words
                .chain(history)
                .filter(|path| path.is_file())
                .map(sum)
                .collect()
        }
    }
}

fn sum(path: &Path) -> Result<(String, String)> {
    let name = path.display().to_string();
    if !path.is_file() {
        return Err(Usage(format!("there is no file {name} to learn from; `whet data prepare` and `whet data generate` write such files")).into());
    }
    Ok((name, hub::sha256_file(path)?))
}

/// A folder for a training for which none was named.
fn new_folder(model: &str, method: &str) -> PathBuf {
    let now = jiff::Zoned::now().strftime("%Y%m%d_%H%M%S");
    Path::new("runs").join(format!("{model}_{method}_{now}"))
}
