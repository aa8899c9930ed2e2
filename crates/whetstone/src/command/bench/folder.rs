//! A run's folder: its name, and when it was begun.

use std::path::Path;

use anyhow::Result;
use ledger::RunFolder;
use ledger::record::RunHeader;

/// Characters of `_YYYYMMDD_HHMMSS`, with which the name of a run ends.
const TIME_IN_NAME: usize = 16;

/// Makes the run folder. Runs of one model that start in one second get a number into their names,
/// before the time, which stays at the end.
pub(in crate::command) fn create(
    runs_root: &Path,
    mut header: RunHeader,
) -> Result<(RunFolder, RunHeader)> {
    /// More runs of one model in one second than anybody starts.
    const MOST: u32 = 100;
    let asked = header.run_id.clone();
    let (name, time) = asked.split_at(asked.len().saturating_sub(TIME_IN_NAME));
    for number in 2..MOST {
        match RunFolder::create(runs_root, &header) {
            Err(ledger::Error::Exists { .. }) => header.run_id = format!("{name}-{number}{time}"),
            made => return Ok((made?, header)),
        }
    }
    Ok((RunFolder::create(runs_root, &header)?, header))
}

/// The local start of a run as its header says it.
pub(super) fn started_at(header: &RunHeader) -> Option<jiff::civil::DateTime> {
    let text = header.started_at.get(..19)?;
    jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M:%S", text).ok()
}
