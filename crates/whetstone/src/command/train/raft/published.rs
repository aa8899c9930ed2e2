//! The files of a RAFT run once more, where halo-forge's demo leaves them and under its names.
//!
//! Only what tools of others look for: samples, and what the monitor saw of each phase. They are copies; the run goes on
//! from its own files alone. A phase that was not there (no adapter to look at in the end) leaves none.

use std::path::Path;

use anyhow::{Context, Result};
use improve::raft::RaftFolder;

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

fn copy(folder: &RaftFolder, from: &Path, name: &str) -> Result<()> {
    if from.is_file() {
        let bytes =
            std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        ledger::write_derived(folder.path(), name, &bytes)?;
    }
    Ok(())
}
