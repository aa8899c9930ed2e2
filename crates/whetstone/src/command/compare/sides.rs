//! The runs that stand on the two sides of a comparison.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use ledger::Run;

use super::super::compared::{self, Side};
use super::super::runs::find;
use crate::baselines;
use crate::cli::Compare;
use crate::exit::Usage;

/// Folders of runs: what the others are held against, and the others.
pub(super) struct Sides {
    baselines: Vec<PathBuf>,
    named: Vec<PathBuf>,
}

impl Sides {
    /// The runs that words name.
    ///
    /// # Errors
    /// [`Usage`] for a word that names none.
    pub(super) fn named(flags: &Compare) -> Result<Sides> {
        let named: Vec<PathBuf> = flags
            .runs
            .iter()
            .map(|word| find(word, &flags.root))
            .collect::<Result<_>>()?;
        // Where the runs lie is where their names are; the folder of runs comes after that.
        let beside = named.first().and_then(|folder| folder.parent());
        let roots: Vec<PathBuf> = beside
            .map(Path::to_owned)
            .into_iter()
            .chain([flags.root.clone()])
            .collect();
        let baselines = flags
            .baseline
            .iter()
            .map(|word| baseline(word, &roots, &flags.root));
        Ok(Sides {
            baselines: baselines.collect::<Result<_>>()?,
            named,
        })
    }

    pub(super) fn is_one_run(&self) -> bool {
        self.baselines.is_empty() && self.named.len() == 1
    }

    /// The run that was named last.
    pub(super) fn last(&self) -> Option<&PathBuf> {
        self.named.last()
    }

    /// The runs, as [`opposed`] has them, and how each of both sides is called, what the others are held against first.
    ///
    /// # Errors
    /// Those of [`opposed`] and of reading.
    pub(super) fn read(&self) -> Result<(Vec<Run>, [Side; 2])> {
        let (base, later) = (read(&self.baselines)?, read(&self.named)?);
        let sides = [
            named_as(&self.baselines, &base),
            named_as(&self.named, &later),
        ];
        Ok((opposed(base, later)?, sides))
    }
}

fn named_as(folders: &[PathBuf], runs: &[Run]) -> Side {
    let ids = runs.iter().map(|run| run.header.run_id.clone());
    folders.iter().cloned().zip(ids).collect()
}

/// The runs of two sides in one row, what the others are held against first. Where several baselines are named, runs of the
/// same models are taken together on both sides.
///
/// # Errors
/// [`Usage`] if the baselines are of unlike models, or a run stands in it twice.
pub(in super::super) fn opposed(base: Vec<Run>, later: Vec<Run>) -> Result<Vec<Run>, Usage> {
    if base.len() < 2 {
        return Ok([base, later].concat());
    }
    let mut seen = BTreeSet::new();
    let mut ids = base.iter().chain(&later).map(|run| &run.header.run_id);
    if let Some(twice) = ids.find(|id| !seen.insert(*id)) {
        let what =
            format!("{twice} is named twice; where runs are what is counted, each counts once");
        return Err(Usage(what));
    }
    let base = report::pool(&base);
    if let [first, other, ..] = base.as_slice() {
        let ids = (&first.header.run_id, &other.header.run_id);
        let what = format!(
            "the baselines {} and {} are not of the same models; several baselines are runs of one thing",
            ids.0, ids.1
        );
        return Err(Usage(what));
    }
    Ok([base, report::pool(&later)].concat())
}

fn read(folders: &[PathBuf]) -> Result<Vec<Run>> {
    folders.iter().map(|folder| compared::one(folder)).collect()
}

/// The folder of a baseline: a name, or a run.
fn baseline(word: &Path, roots: &[PathBuf], root: &Path) -> Result<PathBuf> {
    match baselines::find(word, roots)? {
        Some(folder) => Ok(folder),
        None => match find(word, root) {
            Ok(folder) => Ok(folder),
            Err(_) => Err(baselines::nothing(word, &roots[0])?.into()),
        },
    }
}
