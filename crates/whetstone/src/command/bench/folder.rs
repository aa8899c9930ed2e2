//! A run's folder: its name, when it was begun, and whether it goes on as it began.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ledger::record::RunHeader;
use ledger::{Run, RunFolder};
use report::Origin;

use crate::terminal::Terminal;

/// Characters of `_YYYYMMDD_HHMMSS`, with which the name of a run ends.
const TIME_IN_NAME: usize = 16;

/// Makes the run folder, called like its models or as `name` says. Runs of one name that start in one second get a
/// number into their names, before the time, which stays at the end.
pub(in crate::command) fn create(
    runs_root: &Path,
    name: Option<&str>,
    mut header: RunHeader,
) -> Result<(RunFolder, RunHeader)> {
    /// More runs of one model in one second than anybody starts.
    const MOST: u32 = 100;
    let asked = header.run_id.clone();
    let (models, time) = asked.split_at(asked.len().saturating_sub(TIME_IN_NAME));
    let name = name.unwrap_or(models);
    header.run_id = format!("{name}{time}");
    for number in 2..MOST {
        match RunFolder::create(runs_root, &header) {
            Err(ledger::Error::Exists { .. }) => header.run_id = format!("{name}-{number}{time}"),
            made => return Ok((made?, header)),
        }
    }
    Ok((RunFolder::create(runs_root, &header)?, header))
}

/// The newest run below a folder whose name is this one and a time, and which does what is wanted.
pub(in crate::command) fn newest(
    runs_root: &Path,
    name: &str,
    is_wanted: impl Fn(&RunHeader) -> bool,
) -> Option<PathBuf> {
    dated(runs_root, name).into_iter().find(|folder| {
        let run = ledger::read(folder);
        run.is_ok_and(|run| is_wanted(&run.header))
    })
}

/// Says in what a run that goes on differs from its beginning, and writes it down once.
pub(in crate::command) fn say_if_moved(
    folder: &mut RunFolder,
    run: &Run,
    now: &RunHeader,
    terminal: &Terminal,
) -> Result<()> {
    let moved = Origin::of(now).moved_from(Origin::of(&run.header));
    let Some(warning) = moved else {
        return Ok(());
    };
    terminal.note(&format!("{}; {}", warning.message, warning.advice));
    if !run.warnings.contains(&warning) {
        folder.append_warning(&warning)?;
    }
    Ok(())
}

/// The folders below another one whose name is this one and a time, newest first.
pub(in crate::command) fn dated(root: &Path, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let is_named = |folder: &PathBuf| {
        let found = folder.file_name().unwrap_or_default().to_string_lossy();
        let parts = found.split_at_checked(found.len().saturating_sub(TIME_IN_NAME));
        parts.is_some_and(|(begin, _)| begin == name)
    };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(is_named);
    folders.sort();
    folders.reverse();
    folders
}

/// The local start of a run as its header says it.
pub(in crate::command) fn started_at(header: &RunHeader) -> Option<jiff::civil::DateTime> {
    let text = header.started_at.get(..19)?;
    jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M:%S", text).ok()
}
