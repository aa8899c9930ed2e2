//! The files of a RAFT run once more, where halo-forge's demo leaves them and under its names.
//!
//! Only what tools of others look for: samples, and what the monitor saw of each phase. They are copies; the run goes on
//! from its own files alone. A phase that was not there (no adapter to look at in the end) leaves none.
//!
//! And the adapters where every training leaves its own: `best/` is that of the best cycle, `final/` that of the last one.

use std::path::Path;

use anyhow::{Context, Result};
use improve::raft::{Outcome, RaftFolder};

/// The files of a phase here.
const SAMPLES: &str = "samples.jsonl";
const HARDWARE: &str = "run/hardware.csv";

/// Writes the copies of all phases.
pub(super) fn write(folder: &RaftFolder, cycles: u32) -> Result<()> {
    let looks = ["baseline", "final"].map(|phase| {
        let place = folder.path().join(phase).join("prompts");
        (place, format!("{phase}_"))
    });
    let cycles = (1..=cycles).map(|cycle| {
        let place = folder.cycle(cycle).join("samples");
        (place, format!("cycle_{cycle}/"))
    });
    for (place, prefix) in looks.into_iter().chain(cycles) {
        copy(
            folder,
            &place.join(SAMPLES),
            &format!("{prefix}samples.jsonl"),
        )?;
        copy(
            folder,
            &place.join(HARDWARE),
            &format!("{prefix}hardware.csv"),
        )?;
    }
    Ok(())
}

/// Puts the best adapter and the last one into `best/` and `final/`; without a best one there is no `best/`.
pub(super) fn adapters(folder: &RaftFolder, outcome: &Outcome) -> Result<()> {
    let mut trained = outcome.cycles.iter().filter(|one| one.trained.is_some());
    let last = trained.next_back().map(|cycle| cycle.cycle);
    for (name, cycle) in [("best", outcome.best), ("final", last)] {
        if let Some(cycle) = cycle {
            let to = folder.path().join(name);
            let failed = || {
                format!(
                    "cannot put the adapter of cycle {cycle} to {}",
                    to.display()
                )
            };
            twin(&folder.checkpoint(cycle), &to).with_context(failed)?;
        }
    }
    Ok(())
}

/// The files of a folder under a second name, as copies where the system has no such names.
fn twin(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let path = to.join(entry.file_name());
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        if std::fs::hard_link(entry.path(), &path).is_err() {
            std::fs::copy(entry.path(), &path)?;
        }
    }
    Ok(())
}

fn copy(folder: &RaftFolder, from: &Path, name: &str) -> Result<()> {
    if from.is_file() {
        let bytes =
            std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        ledger::write_derived(folder.path(), name, &bytes)?;
    }
    Ok(())
}
