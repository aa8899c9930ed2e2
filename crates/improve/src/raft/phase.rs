//! Phases on the disk: each has its own folder and is either wholly there or not at all.
//!
//! - `baseline/`, `final/`, `cycle_N/held_out/`: what was measured (`prompts/` and `held_out/` below the first two);
//! - `cycle_N/samples/`, `cycle_N/kept.jsonl`, `cycle_N/training/`, `cycle_N/checkpoint/` (the adapter for PEFT and as GGUF);
//! - `raft_statistics.json`, `history.json`, `summary.json`, written anew from the phases.
//!
//! A phase is complete when its `phase.json` is there: that file is written last, beside its place, and renamed. What
//! a phase left unfinished lies in its folder for whoever does its work; this room does not look into it.

use std::path::{Path, PathBuf};

use decoder::export::write_whole;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Drift, Effort, Sample, Sampled};
use crate::Error;
use crate::folder::checkpoint_in;

/// The folder of a run.
#[derive(Debug, Clone)]
pub struct RaftFolder {
    path: PathBuf,
}

impl RaftFolder {
    /// The folder at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(|error| Error::file(path, error))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a cycle, counted from 1.
    pub fn cycle(&self, cycle: u32) -> PathBuf {
        self.path.join(format!("cycle_{cycle}"))
    }

    /// Of so many cycles the first whose training is not over, and whether a checkpoint of it is there; `None` where
    /// all are.
    pub fn untrained(&self, cycles: u32) -> Option<(u32, bool)> {
        let training = |cycle| self.cycle(cycle).join("training");
        let is_open = |cycle: &u32| !training(*cycle).join(MARK).is_file();
        let cycle = (1..=cycles).find(is_open)?;
        let checkpoint = checkpoint_in(&training(cycle));
        Some((cycle, checkpoint.is_file()))
    }

    /// The adapter that a cycle trained, for engines that read GGUF.
    pub fn adapter(&self, cycle: u32) -> PathBuf {
        self.checkpoint(cycle).join("adapter.gguf")
    }

    /// The folder of the adapter that a cycle trained: for PEFT, and for engines that read GGUF.
    pub fn checkpoint(&self, cycle: u32) -> PathBuf {
        self.cycle(cycle).join("checkpoint")
    }
}

const MARK: &str = "phase.json";
const SAMPLES: &str = "samples.jsonl";

/// What a complete phase left.
pub(super) fn finished<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>, Error> {
    let path = folder.join(MARK);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(parse(&path, &bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(&path, error)),
    }
}

/// Marks a phase as complete.
pub(super) fn finish<T: Serialize>(folder: &Path, what: &T) -> Result<(), Error> {
    write_json(&folder.join(MARK), what)
}

/// The mark of a phase of sampling.
#[derive(Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    effort: Effort,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<Drift>,
}

/// What a complete phase of sampling left.
pub(super) fn sampled(folder: &Path) -> Result<Option<Sampled>, Error> {
    let Some(Mark { effort, drift }) = finished(folder)? else {
        return Ok(None);
    };
    let samples: Vec<Sample> = read_lines(&folder.join(SAMPLES))?;
    Ok(Some(Sampled {
        samples,
        drift,
        effort,
    }))
}

/// Writes the samples and then the mark.
pub(super) fn finish_sampling(folder: &Path, sampled: &Sampled) -> Result<(), Error> {
    write_lines(&folder.join(SAMPLES), &sampled.samples)?;
    let mark = Mark {
        effort: sampled.effort.clone(),
        drift: sampled.drift.clone(),
    };
    finish(folder, &mark)
}

pub(super) fn write_json<T: Serialize>(path: &Path, what: &T) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(what).map_err(|error| Error::file(path, error))?;
    text.push(b'\n');
    write(path, &text)
}

/// One JSON object a line.
pub(super) fn write_lines<T: Serialize>(path: &Path, all: &[T]) -> Result<(), Error> {
    let mut text = Vec::new();
    for one in all {
        serde_json::to_writer(&mut text, one).map_err(|error| Error::file(path, error))?;
        text.push(b'\n');
    }
    write(path, &text)
}

/// Whole or not at all; the folder is made if it is not there.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    }
    Ok(write_whole(path, bytes)?)
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
    let lines = text.lines();
    lines.map(|line| parse(path, line.as_bytes())).collect()
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    let failed = |error: serde_json::Error| {
        Error::file(
            path,
            format!("{error}; delete its folder to do the phase again"),
        )
    };
    serde_json::from_slice(bytes).map_err(failed)
}
