//! What can go wrong before or while something is measured. A model that answers badly is no error.

use std::path::PathBuf;

/// An error of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A model cannot be loaded, or the engine failed.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// A benchmark could not be carried out.
    #[error(transparent)]
    Bench(#[from] bench::Error),
    /// A record could not be written or read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The report could not be made.
    #[error(transparent)]
    Report(#[from] report::Error),
    /// A model's chat template cannot be used.
    #[error(transparent)]
    Task(#[from] task::Error),
    /// What was asked for is impossible.
    #[error("{0}")]
    Plan(String),
    /// A file cannot be read or a folder not be made.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A benchmark of one's own failed.
    #[error("the benchmark {id} failed on {model}: {source}")]
    Own {
        /// Which.
        id: String,
        /// On which model.
        model: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
