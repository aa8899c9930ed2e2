//! The folder of a training: what it began with, how it is found again, and where its result is put.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::command::bench::dated;

/// The file that says what a folder's training is.
const FILE: &str = "training.json";

/// `training.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) id: String,
    pub(super) words: Vec<String>,
    /// The files that these words name, each with its SHA-256; a folder of sources with a number that stands for it.
    pub(super) files: BTreeMap<String, String>,
}

/// Where the result of a training lies.
pub(super) fn result(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.gguf"))
}

/// The folders of trainings of that name that began with the same, newest first.
pub(super) fn earlier(artifacts: &Path, name: &str, begun: &Begun) -> Vec<PathBuf> {
    let same = |folder: &PathBuf| {
        let bytes = std::fs::read(folder.join(FILE)).ok();
        let read = bytes.and_then(|bytes| serde_json::from_slice::<Begun>(&bytes).ok());
        read.is_some_and(|read| read == *begun)
    };
    dated(artifacts, name).into_iter().filter(same).collect()
}

/// Makes the folder of a new training. Where one of that name was begun in the same second, the next one is waited for,
/// so that all are found by name and time.
pub(super) fn begin(artifacts: &Path, name: &str, begun: &Begun) -> Result<PathBuf> {
    /// Looks at the clock, so many and so far apart.
    const MOST: u32 = 100;
    const APART: Duration = Duration::from_millis(100);
    let cannot = |path: &Path| format!("cannot make the folder {}", path.display());
    std::fs::create_dir_all(artifacts).with_context(|| cannot(artifacts))?;
    for _ in 0..MOST {
        let now = jiff::Zoned::now().strftime("%Y%m%d_%H%M%S");
        let folder = artifacts.join(format!("{name}_{now}"));
        match std::fs::create_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                std::thread::sleep(APART);
            }
            made => {
                made.with_context(|| cannot(&folder))?;
                ledger::write_derived(&folder, FILE, &serde_json::to_vec_pretty(begun)?)?;
                return Ok(folder);
            }
        }
    }
    anyhow::bail!(
        "others began trainings called {name} in {} in every second",
        artifacts.display()
    )
}

/// Puts a result under its name, whole or not at all; as a second name of the file where the system can.
pub(super) fn publish(made: &Path, path: &Path) -> Result<()> {
    let cannot = || format!("cannot put {} to {}", made.display(), path.display());
    if std::fs::hard_link(made, path).is_ok() {
        return Ok(());
    }
    let part = path.with_extension("part");
    std::fs::copy(made, &part).with_context(cannot)?;
    std::fs::rename(&part, path).with_context(cannot)
}
