//! A model file that is not complete yet: bytes are appended, hashed and counted in one go.
//!
//! The part carries its own name until its size and SHA-256 are the entry's; only then is it renamed.
//! It deliberately knows nothing of where the bytes come from.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::catalogue::Entry;
use crate::digest::{CHUNK, hex};
use crate::error::{Halt, io_at};
use crate::progress::Job;

/// An open part file, its length and the running sum of its bytes.
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    hash: Sha256,
    bytes: u64,
    /// How many of the bytes an earlier run wrote.
    kept: u64,
}

impl Part {
    /// Opens or creates the part and keeps its first `keep` bytes (all, if there are fewer), which
    /// are read once to continue their sum.
    pub(crate) fn open(path: &Path, keep: u64, job: &mut Job) -> Result<Part, Error> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(io_at("write to", path))?;
        let length = file.metadata().map_err(io_at("look at", path))?.len();
        let kept = length.min(keep);
        file.set_len(kept).map_err(io_at("shorten", path))?;
        let mut part = Part {
            file,
            path: path.to_path_buf(),
            hash: Sha256::new(),
            bytes: 0,
            kept,
        };
        part.read_kept(job)?;
        Ok(part)
    }

    fn read_kept(&mut self, job: &mut Job) -> Result<(), Error> {
        if self.kept > 0 {
            job.progress.stage("reading what is already here");
        }
        let mut buffer = vec![0; CHUNK];
        while self.bytes < self.kept {
            job.go_on()?;
            let read = self
                .file
                .read(&mut buffer)
                .map_err(io_at("read", &self.path))?;
            if read == 0 {
                self.kept = self.bytes;
            }
            self.hash.update(&buffer[..read]);
            self.bytes += read as u64;
        }
        Ok(())
    }

    /// How many bytes are in the part.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether bytes of an earlier run are in it.
    pub(crate) fn resumed(&self) -> bool {
        self.kept > 0
    }

    /// Adds bytes at the end.
    pub(crate) fn append(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(chunk)
            .map_err(io_at("write to", &self.path))?;
        self.hash.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(())
    }

    /// Throws all bytes away.
    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(io_at("shorten", &self.path))?;
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(io_at("rewind", &self.path))?;
        (self.hash, self.bytes, self.kept) = (Sha256::new(), 0, 0);
        Ok(())
    }

    /// Brings the bytes to the disk, so that a record of them is true even after a power cut.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync_all().map_err(io_at("write to", &self.path))
    }

    /// Checks size and sum; a wrong part is emptied, because going on from it could never succeed.
    pub(crate) fn check(&mut self, entry: &Entry) -> Result<(), Halt> {
        let sum = hex(self.hash.clone());
        if self.bytes == entry.bytes && sum == entry.sha256 {
            return Ok(());
        }
        let bytes = self.bytes;
        self.restart()?;
        Err(Halt::Next(if bytes == entry.bytes {
            format!(
                "it delivered other bytes: SHA-256 {sum} instead of {}",
                entry.sha256
            )
        } else {
            format!("it delivered {bytes} bytes instead of {}", entry.bytes)
        }))
    }

    /// Gives a checked part its final name, durably.
    pub(crate) fn publish(self, target: &Path) -> Result<(), Error> {
        self.sync()?;
        drop(self.file);
        std::fs::rename(&self.path, target).map_err(io_at("rename to", target))?;
        #[cfg(unix)]
        if let Some(folder) = target.parent() {
            // The rename itself is only durable once the folder is; some file systems refuse this.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}
