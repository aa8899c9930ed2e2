//! Reading a run folder, without a lock and without changing a byte.
//!
//! A reader may look while a writer appends: it sees every record that was whole when it came by, and
//! takes the one being written for a torn tail. Unknown fields are passed over and stay in the file;
//! an unknown schema version is refused, because then known fields may mean something else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, io_at};
use crate::line::{Record, decode};
use crate::record::{RunHeader, SCHEMA_VERSION};
use crate::run::{Run, TornTail};

/// The header's file. It is the last file of a new folder: with it, the run exists.
pub(crate) const HEADER: &str = "run.json";

/// Reads the run in that folder.
///
/// # Errors
/// [`Error::NotARun`] without a `run.json`, [`Error::Version`] if it means something unknown,
/// [`Error::Broken`] if a whole line is no record.
pub fn read(path: &Path) -> Result<Run, Error> {
    let mut run = Run::new(header(path)?);
    run.attempts = records(path, &mut run.torn)?;
    run.verdicts = records(path, &mut run.torn)?;
    run.audits = records(path, &mut run.torn)?;
    run.measurements = records(path, &mut run.torn)?;
    run.answers = records(path, &mut run.torn)?;
    run.timings = records(path, &mut run.torn)?;
    run.hardware = records(path, &mut run.torn)?;
    run.warnings = records(path, &mut run.torn)?;
    run.done = records(path, &mut run.torn)?;
    Ok(run.without_repeats())
}

/// The newest run under `runs_root`, by the `_YYYYMMDD_HHMMSS` at the end of its name (local time of
/// its start; of equal times, the last name in byte order; names without a time come before all
/// others). `None` if there is no run, or no such folder.
pub fn latest(runs_root: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(runs_root).ok()?;
    let runs = entries
        .flatten()
        .filter(|entry| entry.path().join(HEADER).is_file());
    let newest = runs.map(|entry| entry.file_name()).max_by_key(|name| {
        let name = name.to_string_lossy().into_owned();
        (start_time(&name).map(str::to_owned), name)
    })?;
    Some(runs_root.join(newest))
}

/// `YYYYMMDD_HHMMSS` at the end of a run's name.
fn start_time(name: &str) -> Option<&str> {
    let (_, time) = name.split_at_checked(name.len().checked_sub(15)?)?;
    let shape = |(place, byte): (usize, u8)| match place {
        8 => byte == b'_',
        _ => byte.is_ascii_digit(),
    };
    time.bytes().enumerate().all(shape).then_some(time)
}

/// Whether there is no such file, also because what was taken for its folder is a file.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn header(folder: &Path) -> Result<RunHeader, Error> {
    let path = folder.join(HEADER);
    let bytes = match fs::read(&path) {
        Err(error) if is_missing(&error) => {
            return Err(Error::NotARun {
                path: folder.to_owned(),
            });
        }
        other => other.map_err(io_at("read", &path))?,
    };
    let broken = |error: serde_json::Error| Error::Broken {
        path: path.clone(),
        line: error.line(),
        message: error.to_string(),
    };
    let version: Version = serde_json::from_slice(&bytes).map_err(broken)?;
    if version.schema_version != u64::from(SCHEMA_VERSION) {
        return Err(Error::Version {
            path,
            found: version.schema_version,
            known: SCHEMA_VERSION,
        });
    }
    serde_json::from_slice(&bytes).map_err(broken)
}

/// Read before anything else, because the rest may not even parse.
#[derive(Deserialize)]
struct Version {
    schema_version: u64,
}

/// A missing file is an empty one: a folder may be older than a kind of record.
fn records<R: Record>(folder: &Path, torn: &mut Vec<TornTail>) -> Result<Vec<R>, Error> {
    let path = folder.join(R::FILE);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(io_at("read", &path))?,
    };
    let decoded = decode(&path, &bytes)?;
    if decoded.torn_bytes > 0 {
        torn.push(TornTail {
            file: R::FILE.to_owned(),
            bytes: decoded.torn_bytes,
        });
    }
    Ok(decoded.records)
}
