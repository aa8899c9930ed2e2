//! Everything that can go wrong with a conversion, each as one sentence with cause, place and remedy.

use std::path::{Path, PathBuf};

/// The reason why a model was not converted. Nothing is at the wanted place then that was not there
/// before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation on a file.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation, as a verb ("open", "read").
        doing: &'static str,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// A file contradicts its format or itself.
    #[error("{path} is damaged: {what}; fetch or save it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The contradiction.
        what: String,
    },
    /// A file is sound and says something that has no counterpart here.
    #[error("{path}: {what}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do instead.
        what: String,
    },
    /// Something is not there that has to be.
    #[error("{path} has no {item}; {remedy}")]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        item: String,
        /// What to do.
        remedy: String,
    },
    /// A weight has no counterpart in the wanted precision.
    #[error("tensor {tensor}: value {index} is {value}, which {kind} cannot hold; {remedy}")]
    Unrepresentable {
        /// The tensor as GGUF calls it.
        tensor: String,
        /// The value's place.
        index: u64,
        /// The value.
        value: f32,
        /// The tensor type.
        kind: gguf::TensorType,
        /// What to do.
        remedy: &'static str,
    },
    /// The GGUF file could not be written.
    #[error(transparent)]
    Gguf(#[from] gguf::Error),
    /// The user asked to stop.
    #[error("stopped; nothing was written to {path}")]
    Stopped {
        /// Where the file would have been.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    pub(crate) fn unsupported(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    pub(crate) fn missing(path: &Path, item: impl Into<String>, remedy: &str) -> Self {
        Self::Missing {
            path: path.to_owned(),
            item: item.into(),
            remedy: remedy.to_owned(),
        }
    }
}

/// Names the file and the operation of a system's refusal.
pub(crate) fn io_at<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl Fn(std::io::Error) -> Error + 'a {
    move |source| Error::Io {
        path: path.to_owned(),
        doing,
        source,
    }
}
