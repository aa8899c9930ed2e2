//! Where the bytes of a file go while it has no name yet. No format here.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::unwritable;
use crate::Error;

/// Takes the bytes of one announced tensor, in as many pieces as it likes.
pub struct Sink<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) path: PathBuf,
    pub(super) name: &'a str,
    pub(super) left: u64,
}

impl Sink<'_> {
    /// Writes the next bytes of the tensor.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Unwritable`] for more bytes than the tensor has.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| self.refuse("more bytes came than its shape takes"))?;
        self.out
            .write_all(bytes)
            .map_err(|source| io_at(&self.path, source))
    }

    pub(super) fn finish(&self) -> Result<(), Error> {
        match self.left {
            0 => Ok(()),
            left => Err(self.refuse(&format!("its last {left} bytes did not come"))),
        }
    }

    fn refuse(&self, what: &str) -> Error {
        unwritable(format!("tensor {:?}", self.name), what)
    }
}

pub(super) fn io_at(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        doing: "write",
        source,
    }
}
