//! What ends a training, or keeps it from beginning.

use std::path::{Path, PathBuf};

/// Lines with a fault that one message names; the rest is counted.
const SHOWN: usize = 5;

/// A line of a file of examples that is no example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model, the adapter or a batch, or a file that could not be written.
    #[error(transparent)]
    Decoder(#[from] decoder::Error),
    /// Lines that are no examples.
    #[error("{path}: {}; correct or remove {}", shown(.faults), if .faults.len() == 1 { "it" } else { "them" })]
    Rows {
        /// The file.
        path: String,
        /// Every line with a fault.
        faults: Vec<Fault>,
    },
    /// Nothing is left to train on.
    #[error("there is nothing to train on: {0}")]
    Nothing(String),
    /// A setting that no training can have.
    #[error("{0}")]
    Recipe(String),
    /// A number was not finite. What is kept was tried: a loss was computed with it, and was finite.
    #[error(
        "step {step}: the {what} is {value}; {}; a lower learning rate may help",
        left(*.kept, .folder)
    )]
    NotFinite {
        /// The step, counted from 1; for what is looked at between steps the one before.
        step: usize,
        /// The loss or the gradient.
        what: &'static str,
        /// What it was.
        value: f64,
        /// The last step whose weights were kept.
        kept: usize,
        /// Where they lie.
        folder: PathBuf,
    },
    /// A file of the training's folder.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened, and what to do.
        what: String,
    },
}

impl Error {
    pub(crate) fn file(path: &Path, what: impl std::fmt::Display) -> Self {
        Error::File {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

fn left(kept: usize, folder: &Path) -> String {
    match kept {
        0 => format!("no weights are kept in {}", folder.display()),
        kept => format!(
            "the weights after step {kept} are good, and lie in {}",
            folder.join("final").display()
        ),
    }
}

fn shown(faults: &[Fault]) -> String {
    let first = faults.iter().take(SHOWN);
    let first: Vec<String> = first
        .map(|fault| format!("line {}: {}", fault.line, fault.what))
        .collect();
    let more = match faults.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; {n} more lines have faults"),
    };
    format!("{}{more}", first.join("; "))
}
