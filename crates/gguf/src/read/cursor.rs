//! A forward reader that knows where the file ends.
//!
//! Every length is checked against the bytes that are left *before* memory is taken for it, so a
//! four-byte lie in a small file cannot cost a gigabyte. Buffered reads instead of a memory map: the
//! header is read once, front to back, and a file that shrinks under a map would kill the process.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::Error;

/// Metadata and tensor infos together stay below this; the largest published headers have about 20 MB.
pub(super) const MAX_HEADER_BYTES: u64 = 256 << 20;

const BUFFER_BYTES: usize = 256 << 10;

pub(super) struct Cursor {
    file: BufReader<File>,
    path: PathBuf,
    at: u64,
    len: u64,
    item: String,
}

impl Cursor {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let io = |doing| {
            let path = path.to_owned();
            move |source| Error::Io {
                path,
                doing,
                source,
            }
        };
        // A pipe would block in `open` for ever, so the kind is asked by name first.
        if !std::fs::metadata(path).map_err(io("open"))?.is_file() {
            return Err(Error::NotAFile {
                path: path.to_owned(),
            });
        }
        let file = File::open(path).map_err(io("open"))?;
        let len = file.metadata().map_err(io("read"))?.len();
        Ok(Self {
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            path: path.to_owned(),
            at: 0,
            len,
            item: "the header".to_owned(),
        })
    }

    /// Names what is read next, for the messages.
    pub(super) fn enter(&mut self, item: String) {
        self.item = item;
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Checks that `count` things of at least `each` bytes can follow.
    pub(super) fn expect(&self, count: u64, each: u64) -> Result<(), Error> {
        let end = count.saturating_mul(each).saturating_add(self.at);
        if end > self.len {
            return Err(self.cut(end));
        }
        if end > MAX_HEADER_BYTES {
            return Err(self.limit("header bytes", end, MAX_HEADER_BYTES));
        }
        Ok(())
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.expect(bytes.len() as u64, 1)?;
        self.file.read_exact(bytes).map_err(|source| {
            if source.kind() == ErrorKind::UnexpectedEof {
                // The file shrank while it was read.
                return self.cut(self.at + bytes.len() as u64);
            }
            Error::Io {
                path: self.path.clone(),
                doing: "read",
                source,
            }
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    /// `len` bytes; the caller has bounded `len`.
    pub(super) fn vec(&mut self, len: u64) -> Result<Vec<u8>, Error> {
        self.expect(len, 1)?;
        let mut bytes = vec![0; self.size(len)?];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A length that fits this machine's memory addresses.
    pub(super) fn size(&self, len: u64) -> Result<usize, Error> {
        usize::try_from(len).map_err(|_| self.limit("bytes", len, usize::MAX as u64))
    }

    /// A length prefix, bounded by `limit` and by the bytes left.
    pub(super) fn string_len(&mut self, limit: u64) -> Result<usize, Error> {
        let len = self.u64()?;
        self.expect(len, 1)?;
        if len > limit {
            return Err(self.limit("string bytes", len, limit));
        }
        self.size(len)
    }

    pub(super) fn string(&mut self, limit: u64) -> Result<String, Error> {
        let len = self.string_len(limit)?;
        let bytes = self.vec(len as u64)?;
        String::from_utf8(bytes).map_err(|_| self.damaged("the text is not UTF-8"))
    }

    pub(super) fn cut(&self, end: u64) -> Error {
        Error::Cut {
            path: self.path.clone(),
            item: self.item.clone(),
            end,
            len: self.len,
        }
    }

    pub(super) fn limit(&self, unit: &str, count: u64, limit: u64) -> Error {
        let item = format!("{} ({unit})", self.item);
        Error::Limit {
            path: self.path.clone(),
            item,
            count,
            limit,
        }
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            item: self.item.clone(),
            what: what.into(),
        }
    }
}
