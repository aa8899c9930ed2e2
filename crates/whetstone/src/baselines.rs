//! Baselines: names for runs, to compare with later. They lie in `baselines.json` of the folder that holds the runs.
//!
//! A name stands for a run's folder and copies nothing. A name whose run is gone is an error that says so, and never
//! another run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

const FILE: &str = "baselines.json";
/// The version of the file's meaning.
const SCHEMA_VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Baselines {
    schema_version: u32,
    /// The name of the run's folder, by name of the baseline.
    baselines: BTreeMap<String, String>,
}

/// The names of a folder of runs.
pub(crate) fn read(root: &Path) -> Result<Baselines> {
    let path = root.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let (schema_version, baselines) = (SCHEMA_VERSION, BTreeMap::new());
            return Ok(Baselines {
                schema_version,
                baselines,
            });
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let found: Baselines = serde_json::from_str(&text).map_err(|error| {
        Usage(format!(
            "{} is broken: {error}; delete it, and tag the runs anew",
            path.display()
        ))
    })?;
    if found.schema_version != SCHEMA_VERSION {
        let what = format!(
            "{} is of another version of whet, which has to change it",
            path.display()
        );
        return Err(Usage(what).into());
    }
    Ok(found)
}

fn write(root: &Path, baselines: &Baselines) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(baselines)?;
    ledger::write_derived(root, FILE, &bytes)?;
    Ok(())
}

/// The names that stand for a run.
pub(crate) fn of(names: &Baselines, folder: &Path) -> Vec<String> {
    let run = folder.file_name().unwrap_or_default().to_string_lossy();
    let mine = names.baselines.iter().filter(|(_, known)| **known == run);
    mine.map(|(name, _)| name.clone()).collect()
}

/// Gives a run a name, in the folder that holds it.
pub(crate) fn save(name: &str, folder: &Path, terminal: &Terminal) -> Result<()> {
    let whole = folder
        .canonicalize()
        .with_context(|| format!("cannot find {}", folder.display()))?;
    let root = whole.parent().unwrap_or(Path::new("/"));
    let run = whole
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut names = read(root)?;
    let before = names.baselines.insert(name.to_owned(), run.clone());
    write(root, &names)?;
    let moved = before
        .filter(|before| *before != run)
        .map_or_else(String::new, |before| format!(", and no longer {before}"));
    terminal.note(&format!("Baseline {name} is {run}{moved}"));
    Ok(())
}

/// Takes a name away.
pub(crate) fn forget(name: &str, root: &Path, terminal: &Terminal) -> Result<Exit> {
    let mut names = read(root)?;
    let Some(run) = names.baselines.remove(name) else {
        return Err(unknown(name, root, &names).into());
    };
    write(root, &names)?;
    terminal.note(&format!("{name} is no baseline any more; {run} stays"));
    Ok(Exit::Done)
}

/// Takes the names of a run away that was deleted.
pub(crate) fn forget_run(folder: &Path, terminal: &Terminal) -> Result<()> {
    let root = folder.parent().unwrap_or(Path::new("."));
    let mut names = read(root)?;
    for name in of(&names, folder) {
        names.baselines.remove(&name);
        write(root, &names)?;
        terminal.note(&format!("{name} is no baseline any more"));
    }
    Ok(())
}

/// The run that a word stands for: a baseline of one of these folders of runs; `None` if no name is this word.
///
/// # Errors
/// [`Usage`] if the name's run is gone.
pub(crate) fn find(word: &Path, roots: &[PathBuf]) -> Result<Option<PathBuf>> {
    let Some(name) = word.to_str() else {
        return Ok(None);
    };
    for root in roots {
        let Some(run) = read(root)?.baselines.get(name).cloned() else {
            continue;
        };
        // A name comes from a file, so it is a folder here and no way out.
        let folder = root.join(Path::new(&run).file_name().unwrap_or_default());
        return match folder.join("run.json").is_file() {
            true => Ok(Some(folder)),
            false => Err(Usage(format!(
                "the baseline {name} was {run}, which is no longer in {}; name another with `whet runs tag RUN {name}`",
                root.display()
            ))
            .into()),
        };
    }
    Ok(None)
}

fn unknown(name: &str, root: &Path, names: &Baselines) -> Usage {
    let known: Vec<&str> = names.baselines.keys().map(String::as_str).collect();
    let known = match known.as_slice() {
        [] => "there is none".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    Usage(format!(
        "no baseline in {} is called {name}; {known}",
        root.display()
    ))
}

/// What to say of a word that names neither a baseline nor a run.
pub(crate) fn nothing(word: &Path, root: &Path) -> Result<Usage> {
    let names = read(root)?;
    let Usage(what) = unknown(&word.display().to_string(), root, &names);
    Ok(Usage(format!("{what}, and no run either")))
}
