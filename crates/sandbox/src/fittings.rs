//! What a cell is fitted with beside the system's own folders.

use std::path::PathBuf;

use crate::program::File;

/// What every run in a cell finds there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fittings {
    /// Files and folders that can be read, at the same paths as outside.
    pub readable: Vec<PathBuf>,
    /// Interpreters that are kept warm.
    pub warm: Vec<Warm>,
}

/// An interpreter that is started once and forked for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warm {
    /// The interpreter's absolute path and its flags. A program whose words are these and one script is
    /// forked from it.
    pub argv: Vec<String>,
    /// Modules of ours that it imports before any candidate is seen. They are trusted.
    pub modules: Vec<File>,
    /// Names of standard modules that it imports likewise.
    pub imports: Vec<String>,
}
