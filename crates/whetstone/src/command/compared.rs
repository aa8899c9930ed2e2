//! Of which runs the folder of a comparison is, so that `whet report` makes it again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::Run;
use serde::{Deserialize, Serialize};

use super::compare::sides::opposed;
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

/// Notes the runs of both sides in their order, what the others are held against first.
pub(super) fn keep(folder: &Path, sides: [&[PathBuf]; 2]) -> Result<()> {
    let compared = |path: &PathBuf| -> Result<Compared> {
        Ok(Compared {
            path: std::path::absolute(path)?,
            run: ledger::read(path)?.header.run_id,
        })
    };
    let of_side = |side: &[PathBuf]| side.iter().map(compared).collect::<Result<Vec<Compared>>>();
    let sides = [of_side(sides[0])?, of_side(sides[1])?];
    ledger::write_derived(folder, FILE, &serde_json::to_vec_pretty(&sides)?)?;
    Ok(())
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
