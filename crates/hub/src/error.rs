//! What can go wrong while a file is found, fetched or checked.
//!
//! One enum for the room. [`Halt`] is its inner companion: it tells a failure of one source (try the
//! next) from a failure of this machine or a wish of the user (stop).

use std::io;
use std::path::{Path, PathBuf};

use crate::space::megabytes;

/// Why a file could not be named, found or brought into the cache.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No entry has this name.
    #[error("no {what} is called `{name}`{}; known: {}", meant(*.suggestion), .known.join(", "))]
    Unknown {
        /// What was looked for: a model, a data set.
        what: &'static str,
        /// The name as typed.
        name: String,
        /// The entry that was probably meant.
        suggestion: Option<&'static str>,
        /// All names.
        known: Vec<&'static str>,
    },
    /// Neither `WHET_CACHE` nor a home folder says where the cache lies.
    #[error("cannot tell where the cache folder is: {cause}; set WHET_CACHE to a folder")]
    NoCacheFolder {
        /// What was missing.
        cause: String,
    },
    /// The machine refused a file operation.
    #[error("cannot {action} {}: {source}; check the folder's permissions and space, or set WHET_CACHE to another folder", .path.display())]
    Io {
        /// The operation, as a verb: "write to", "lock".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The disk cannot hold the file.
    #[error("{} has {} free, but {} are needed; free some space or set WHET_CACHE to a folder on another disk", .folder.display(), megabytes(*.free), megabytes(*.needed))]
    NoSpace {
        /// The cache folder.
        folder: PathBuf,
        /// Bytes still to be written.
        needed: u64,
        /// Bytes this user may still write.
        free: u64,
    },
    /// The user asked to stop.
    #[error("stopped before `{name}` was complete; the same command goes on where it stopped")]
    Interrupted {
        /// The entry's name.
        name: String,
    },
    /// Every source failed or was closed.
    #[error("cannot get `{name}`:{}\n  remedy: {remedy}", listed(.attempts))]
    Unavailable {
        /// The entry's name.
        name: String,
        /// The sources in the order they were tried.
        attempts: Vec<Attempt>,
        /// What a person can do.
        remedy: String,
    },
}

/// One source that did not deliver, and its own reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The source, as a person would call it.
    pub source: String,
    /// Its reason, without a trailing full stop.
    pub cause: String,
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn listed(attempts: &[Attempt]) -> String {
    let line = |attempt: &Attempt| format!("\n  {}: {}", attempt.source, attempt.cause);
    attempts.iter().map(line).collect()
}

/// Why one source stopped.
#[derive(Debug)]
pub(crate) enum Halt {
    /// This source cannot deliver; another may.
    Next(String),
    /// No source can help.
    Fatal(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Fatal(error)
    }
}

/// A closure for `map_err` that says what was tried on which path.
pub(crate) fn io_at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io {
        action,
        path,
        source,
    }
}
