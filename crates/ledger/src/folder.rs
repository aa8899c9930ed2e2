//! The one writer of a run folder.
//!
//! `run.json` is written once; every other record is appended as one whole line and flushed before
//! the call returns. A failed append leaves the file with its last whole record (see `tape`). An
//! exclusive lock on the file `lock` keeps a second writer out; the system drops it when the process
//! ends, however it ends. Readers take no lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::derived::{write_derived, write_whole};
use crate::error::{Error, io_at};
use crate::line::{Record, encode};
use crate::read::{HEADER, read};
use crate::record::{
    Answer, Attempt, Audit, Done, HardwareSample, Measurement, RunHeader, TimedRun, Verdict,
    Warning,
};
use crate::run::{Run, TornTail};
use crate::tape::Tape;

/// Free bytes that [`RunFolder::create`] asks for. A run of the built-in suites writes a few MiB; the
/// rest is room for charts, and for noticing a full disk before hours of work rather than after.
pub const MIN_FREE_BYTES: u64 = 64 << 20;

/// The file that carries the lock; it stays empty.
pub(crate) const LOCK: &str = "lock";

/// A run folder, open for writing by this process alone.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    attempts: Tape,
    verdicts: Tape,
    audits: Tape,
    measurements: Tape,
    answers: Tape,
    timings: Tape,
    hardware: Tape,
    warnings: Tape,
    done: Tape,
    has_grown: bool,
    lock: File,
}

impl RunFolder {
    /// Makes the folder `runs_root/run_id` (and `runs_root` where it is missing) and writes `run.json`.
    /// Every file is created at once, so that a folder that cannot be written is found now.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Name`] if `run_id` is no plain folder name, [`Error::NoSpace`] below
    /// [`MIN_FREE_BYTES`], [`Error::Io`] where the system refuses.
    pub fn create(runs_root: &Path, header: &RunHeader) -> Result<RunFolder, Error> {
        let path = runs_root.join(folder_name(&header.run_id)?);
        fs::create_dir_all(runs_root).map_err(io_at("create", runs_root))?;
        check_space(runs_root)?;
        fs::create_dir(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists { path: path.clone() },
            _ => io_at("create", &path)(error),
        })?;
        let folder = RunFolder::tapes(&path, lock(&path)?, &[])?;
        let text = serde_json::to_vec_pretty(header).map_err(|source| Error::Encode {
            record: "run header",
            source,
        })?;
        write_whole(&path.join(HEADER), &text)?;
        Ok(folder)
    }

    /// Opens a run to continue it, with what it holds. A torn last line is cut off its file and named
    /// in [`Run::torn`].
    ///
    /// # Errors
    /// [`Error::Locked`] if another process writes it, and those of [`read`].
    pub fn open(path: &Path) -> Result<(RunFolder, Run), Error> {
        if !path.join(HEADER).is_file() {
            return Err(Error::NotARun {
                path: path.to_owned(),
            });
        }
        let lock = lock(path)?;
        let run = read(path)?;
        let folder = RunFolder::tapes(path, lock, &run.torn)?;
        Ok((folder, run))
    }

    /// Where the run lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends to `attempts.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses; the records before it stay whole.
    pub fn append_attempt(&mut self, attempt: &Attempt) -> Result<(), Error> {
        self.attempts.append(&encode(attempt)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `verdicts.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a score that is no number, [`Error::Append`] if the disk refuses.
    pub fn append_verdict(&mut self, verdict: &Verdict) -> Result<(), Error> {
        self.verdicts.append(&encode(verdict)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `audits.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses.
    pub fn append_audit(&mut self, audit: &Audit) -> Result<(), Error> {
        self.audits.append(&encode(audit)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `measurements.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a value that is no number, [`Error::Unexplained`] for neither value
    /// nor reason, [`Error::Append`] if the disk refuses.
    pub fn append_measurement(&mut self, measurement: &Measurement) -> Result<(), Error> {
        self.measurements.append(&encode(measurement)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `answers.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses.
    pub fn append_answer(&mut self, answer: &Answer) -> Result<(), Error> {
        self.answers.append(&encode(answer)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `timings.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses.
    pub fn append_timing(&mut self, timed: &TimedRun) -> Result<(), Error> {
        self.timings.append(&encode(timed)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Appends to `hardware.jsonl`, all in one write, and flushes once.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a reading that is no number, [`Error::Append`] if the disk refuses; then none
    /// of them is in the file.
    pub fn append_hardware(&mut self, samples: &[HardwareSample]) -> Result<(), Error> {
        let mut lines = Vec::new();
        for sample in samples {
            lines.extend(encode(sample)?);
        }
        match lines.is_empty() {
            true => Ok(()),
            false => self.hardware.append(&lines),
        }
    }

    /// Appends to `warnings.jsonl` and flushes.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses.
    pub fn append_warning(&mut self, warning: &Warning) -> Result<(), Error> {
        self.warnings.append(&encode(warning)?)
    }

    /// Appends to `progress.jsonl` and flushes. To be called after the step's own records.
    ///
    /// # Errors
    /// [`Error::Append`] if the disk refuses.
    pub fn append_done(&mut self, done: &Done) -> Result<(), Error> {
        self.done.append(&encode(done)?)?;
        self.has_grown = true;
        Ok(())
    }

    /// Whether a result was written since the folder was opened: anything but warnings and samples.
    pub fn has_grown(&self) -> bool {
        self.has_grown
    }

    /// [`write_derived`] into this folder.
    ///
    /// # Errors
    /// Those of [`write_derived`].
    pub fn write_derived(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        write_derived(&self.path, name, bytes)
    }

    fn tapes(path: &Path, lock: File, torn: &[TornTail]) -> Result<RunFolder, Error> {
        Ok(RunFolder {
            path: path.to_owned(),
            attempts: tape::<Attempt>(path, torn)?,
            verdicts: tape::<Verdict>(path, torn)?,
            audits: tape::<Audit>(path, torn)?,
            measurements: tape::<Measurement>(path, torn)?,
            answers: tape::<Answer>(path, torn)?,
            timings: tape::<TimedRun>(path, torn)?,
            hardware: tape::<HardwareSample>(path, torn)?,
            warnings: tape::<Warning>(path, torn)?,
            done: tape::<Done>(path, torn)?,
            has_grown: false,
            lock,
        })
    }
}

impl Drop for RunFolder {
    /// Closing the file would not be enough while a child process still holds a copy of it.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

fn tape<R: Record>(folder: &Path, torn: &[TornTail]) -> Result<Tape, Error> {
    let path = folder.join(R::FILE);
    let len = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        other => other.map_err(io_at("look at", &path))?.len(),
    };
    let torn_bytes = torn
        .iter()
        .find(|tail| tail.file == R::FILE)
        .map_or(0, |tail| tail.bytes);
    Tape::open(&path, len.saturating_sub(torn_bytes))
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io_at("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(io_at("lock", &path)(error)),
    }
}

/// One visible path component that means the same on every system.
fn folder_name(run_id: &str) -> Result<&str, Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if run_id.is_empty() || run_id.starts_with('.') || !run_id.chars().all(allowed) {
        return Err(Error::Name {
            what: "a run",
            name: run_id.to_owned(),
        });
    }
    Ok(run_id)
}

#[cfg(unix)]
fn check_space(path: &Path) -> Result<(), Error> {
    let space = rustix::fs::statvfs(path)
        .map_err(|error| io_at("measure the free space of", path)(error.into()))?;
    enough(path, space.f_bavail.saturating_mul(space.f_frsize))
}

/// Elsewhere a full disk is found by the first append.
#[cfg(not(unix))]
fn check_space(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn enough(path: &Path, free: u64) -> Result<(), Error> {
    if free < MIN_FREE_BYTES {
        return Err(Error::NoSpace {
            path: path.to_owned(),
            free,
            needed: MIN_FREE_BYTES,
        });
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_nearly_full_disk_is_refused_before_the_first_token() {
        let refused = enough(Path::new("runs"), MIN_FREE_BYTES - 1)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("67108863") && refused.contains("runs"),
            "{refused}"
        );
        assert!(enough(Path::new("runs"), MIN_FREE_BYTES).is_ok());
    }
}
