//! Of which runs the folder of a comparison is, so that `whet report` makes it again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::Run;
use serde::{Deserialize, Serialize};

use super::compare::sides::opposed;
use super::train::raft;
use crate::exit::Usage;

/// The file that says it.
const FILE: &str = "comparison.json";

/// One run that was compared.
#[derive(Debug, Serialize, Deserialize)]
struct Compared {
    /// Its folder, from the root of the file system.
    path: PathBuf,
    /// Its name, by which another run in the same place is known.
    run: String,
}

/// One side of a comparison: the folders of its runs, each with the run's name.
pub(super) type Side = Vec<(PathBuf, String)>;

/// Notes the runs of both sides in their order, what the others are held against first.
pub(super) fn keep(folder: &Path, sides: [Side; 2]) -> Result<()> {
    let compared = |(path, run): (PathBuf, String)| -> Result<Compared> {
        let path = std::path::absolute(path)?;
        Ok(Compared { path, run })
    };
    let [base, later] = sides;
    let of_side = |side: Side| side.into_iter().map(compared).collect::<Result<Vec<_>>>();
    let sides = [of_side(base)?, of_side(later)?];
    ledger::write_derived(folder, FILE, &serde_json::to_vec_pretty(&sides)?)?;
    Ok(())
}

/// Reads one run.
///
/// # Errors
/// Those of reading, and of [`is_run`].
pub(super) fn one(folder: &Path) -> Result<Run> {
    is_run(folder)?;
    Ok(ledger::read(folder)?)
}

/// Refuses folders of other things, with what can be done with them.
///
/// # Errors
/// [`Usage`] for a folder of RAFT and for that of a comparison.
pub(super) fn is_run(folder: &Path) -> Result<(), Usage> {
    let place = folder.display();
    let known = folder.join("run.json").exists();
    match raft::holds(folder).filter(|_| !known) {
        Some(raft::Holds::Raft) => Err(Usage(format!(
            "{place} is a folder of RAFT and no run; `whet report {place}` prints it, and its evaluations are runs: {place}/baseline/prompts/run, {place}/final/prompts/run"
        ))),
        Some(raft::Holds::Full) => Err(Usage(format!(
            "{place} holds folders of RAFT and is no run; `whet report {place}` prints them"
        ))),
        None if !known && folder.join(FILE).is_file() => Err(Usage(format!(
            "{place} is a comparison and no run; `whet report {place}` prints it, and {FILE} in it names its runs"
        ))),
        None => Ok(()),
    }
}

/// Reads a run; of the folder of a comparison the runs that it is of, laid together.
///
/// # Errors
/// Those of reading; a comparison whose runs are not there any more, or are others.
pub(super) fn read(folder: &Path) -> Result<Run> {
    let path = folder.join(FILE);
    if folder.join("run.json").exists() || !path.is_file() {
        return Ok(ledger::read(folder)?);
    }
    let place = || format!("{}", path.display());
    let bytes = std::fs::read(&path).with_context(place)?;
    let [base, later]: [Vec<Compared>; 2] = serde_json::from_slice(&bytes).with_context(place)?;
    let of_side = |side: &[Compared]| -> Result<Vec<Run>, Usage> {
        side.iter().map(|one| one.read(folder)).collect()
    };
    let runs = opposed(of_side(&base)?, of_side(&later)?)?;
    Ok(report::join(&runs).map_err(Usage)?)
}

impl Compared {
    /// The run, if it is there and still that one.
    fn read(&self, folder: &Path) -> Result<Run, Usage> {
        let lost = |why: String| {
            Usage(format!(
                "{} compares the run {}, and {why}; compare anew with: whet compare RUN RUN -o {}",
                folder.display(),
                self.run,
                folder.display()
            ))
        };
        let run = ledger::read(&self.path).map_err(|error| lost(error.to_string()))?;
        match run.header.run_id == self.run {
            true => Ok(run),
            false => Err(lost(format!(
                "{} holds {} now",
                self.path.display(),
                run.header.run_id
            ))),
        }
    }
}
