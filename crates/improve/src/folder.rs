//! Where a training leaves its files:
//!
//! - `checkpoint.safetensors`: everything needed to go on (see `checkpoint`);
//! - `curve.jsonl`: one line per step;
//! - `best/` and `final/`: the adapter with the least surprise at the held-out examples, and the last one; each
//!   with a PEFT folder and a GGUF file.

use std::io::Write;
use std::path::{Path, PathBuf};

use decoder::export::{self, Base};
use decoder::{Adapter, Shape};

use crate::Error;

/// The folder of one training.
#[derive(Debug, Clone)]
pub struct TrainFolder {
    path: PathBuf,
}

impl TrainFolder {
    /// The folder at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(|error| Error::file(path, error))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that a training goes on from.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// The file of the curve.
    pub fn curve(&self) -> PathBuf {
        self.path.join("curve.jsonl")
    }

    /// The GGUF file of the adapter `which` (`best` or `final`).
    pub fn adapter(&self, which: &str) -> PathBuf {
        self.path.join(which).join("adapter.gguf")
    }

    pub(crate) fn export(
        &self,
        which: &str,
        adapter: &Adapter,
        (shape, base): (&Shape, &Base),
    ) -> Result<(), Error> {
        let folder = self.path.join(which);
        export::peft(adapter, base, &folder)?;
        Ok(export::gguf(adapter, shape, base, &self.adapter(which))?)
    }
}

/// Writes a file beside its place and renames it over it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::file(path, format!("not written: {error}"));
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
