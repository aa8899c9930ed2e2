//! A file that only grows by whole lines.
//!
//! An append is one write of one line, then `fdatasync`. If any of it fails (a full disk writes a
//! part of a line and then refuses), the file is cut back to where it was, so that a later append
//! cannot bury half a line in the middle. If even the cut fails, the tape closes itself: reopening
//! the run cuts the torn tail.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, io_at};

/// What a tape needs of a file; tests put a failing disk behind it.
pub(crate) trait Medium: Write {
    /// Makes what was written survive a crash.
    fn sync(&mut self) -> io::Result<()>;
    /// Shortens to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

impl Medium for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// One append-only file of a run.
#[derive(Debug)]
pub(crate) struct Tape<M = File> {
    path: PathBuf,
    medium: M,
    len: u64,
    closed: bool,
}

impl Tape<File> {
    /// Opens or creates a file and cuts it to its whole records.
    pub(crate) fn open(path: &Path, whole_bytes: u64) -> Result<Tape<File>, Error> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(io_at("open for appending", path))?;
        let found = file.metadata().map_err(io_at("look at", path))?.len();
        if found > whole_bytes {
            file.set_len(whole_bytes)
                .map_err(io_at("cut the torn last line of", path))?;
            file.sync_data().map_err(io_at("flush", path))?;
        }
        Ok(Tape::new(path, file, whole_bytes))
    }
}

impl<M: Medium> Tape<M> {
    pub(crate) fn new(path: &Path, medium: M, len: u64) -> Tape<M> {
        Tape {
            path: path.to_owned(),
            medium,
            len,
            closed: false,
        }
    }

    /// Appends one whole line and flushes it, or leaves the file as it was.
    pub(crate) fn append(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.closed {
            return Err(Error::Closed {
                path: self.path.clone(),
            });
        }
        if let Err(source) = self
            .medium
            .write_all(line)
            .and_then(|()| self.medium.sync())
        {
            self.closed = self.medium.cut(self.len).is_err();
            return Err(Error::Append {
                path: self.path.clone(),
                source,
            });
        }
        self.len += line.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
