//! What can go wrong with a run folder.
//!
//! Every message names the file, the cause and what to do about it. A failed write never damages the
//! records before it; [`crate::RunFolder`] says how.

use std::io;
use std::path::PathBuf;

/// A run folder could not be created, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A run of that name is already there; nothing was touched.
    #[error("the run folder {} exists already; choose another name, or continue it with --resume", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A name that is not one plain path inside the folder.
    #[error(
        "`{name}` cannot name {what}: use letters, digits, `-`, `_` and `.`, with no leading dot and no way out of the folder"
    )]
    Name {
        /// What was to be named.
        what: &'static str,
        /// The name asked for.
        name: String,
    },
    /// There is no `run.json`: not a run folder, or one whose start was cut short.
    #[error("{} holds no run.json: it is no run folder, or a run was killed before it began; `whet runs ls` lists the runs that there are", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// Too little space to begin.
    #[error("only {free} bytes are free for {}, and a run wants at least {needed}; free some space or choose another folder", path.display())]
    NoSpace {
        /// Where the run was to go.
        path: PathBuf,
        /// Free bytes for this user.
        free: u64,
        /// Bytes wanted.
        needed: u64,
    },
    /// Another process writes this run.
    #[error("{} is being written by another process; wait for it or stop it first", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The records mean something that this program does not know.
    #[error("{} was written with schema version {found}, this program knows version {known}; use a matching program", path.display())]
    Version {
        /// `run.json`.
        path: PathBuf,
        /// What the file says.
        found: u64,
        /// [`crate::record::SCHEMA_VERSION`].
        known: u32,
    },
    /// A whole line that is no record of its file. A torn last line is no error.
    #[error("{} line {line} is no valid record ({message}); restore the file, or delete that line and the run can be read again", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// A number that JSON cannot hold.
    #[error(
        "{field} of a {record} is {value}, which no file may hold; record a missing number with its reason instead"
    )]
    NotFinite {
        /// The kind of record.
        record: &'static str,
        /// Which field.
        field: String,
        /// NaN or an infinity.
        value: f64,
    },
    /// A measurement without values and without a reason.
    #[error(
        "the measurement {metric} of {model} has neither a value nor a reason; say why it is missing"
    )]
    Unexplained {
        /// The model.
        model: String,
        /// The metric.
        metric: String,
    },
    /// A record could not be turned into JSON.
    #[error("a {record} cannot be written as JSON; report this")]
    Encode {
        /// The kind of record.
        record: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// An append failed and was undone: the file ends with its last whole record.
    #[error("{} could not take another record and was left as it was; free some space or mend the disk, then continue with --resume", path.display())]
    Append {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier append failed and could not be undone, so that another one would bury the torn line.
    #[error("{} takes no more records because an earlier failed write could not be undone; continue with --resume", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// For `map_err`: names the action and the place.
pub(crate) fn io_at(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |source| Error::Io {
        action,
        path,
        source,
    }
}
