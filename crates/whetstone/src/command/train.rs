//! `whet train`: a model is made better at what its examples show.

mod config;
mod curve;
mod pretrain;
mod progress;
pub(super) mod raft;
mod sft;
mod steps;

use std::path::{Path, PathBuf};

use anyhow::Result;
use improve::sft::{End, Outcome};

use crate::cli::Train;
use crate::exit::Exit;
use crate::terminal::Terminal;
use config::Configured;
pub(crate) use sft::sft;
pub(super) use steps::fits;

/// Carries out the method asked for, with what its file of settings says.
pub(crate) fn run(what: Train, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let configured = Configured::of(what, terminal)?;
    carry_out(&configured.what, terminal, offline).map_err(|error| configured.placed(error))
}

fn carry_out(what: &Train, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let (exit, said) = match what {
        Train::Sft(flags) => sft(flags, terminal, offline)?,
        Train::Pretrain(flags) => pretrain::pretrain(flags, terminal, offline)?,
        Train::Raft(flags) => return raft::run(flags, terminal, offline),
    };
    terminal.result(&said)?;
    Ok(exit)
}

fn ended(outcome: &Outcome) -> Exit {
    match outcome.end {
        End::Stopped => Exit::Interrupted,
        End::Complete | End::NoGain => Exit::Done,
    }
}

/// A folder for a training for which none was named.
fn new_folder(model: &str, method: &str) -> PathBuf {
    let now = jiff::Zoned::now().strftime("%Y%m%d_%H%M%S");
    Path::new("runs").join(format!("{model}_{method}_{now}"))
}
