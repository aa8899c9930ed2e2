//! Where a training leaves its files:
//!
//! - `checkpoint.safetensors`: everything needed to go on (see `checkpoint`);
//! - `curve.jsonl`: one line per step;
//! - `best/` and `final/`: the weights with the least surprise at the held-out examples, and the last ones; of an
//!   adapter a PEFT folder and `adapter.gguf`, of a whole model `model.gguf` and a folder for `transformers`.

use std::io::Write;
use std::path::{Path, PathBuf};

use decoder::export::{self, Base};
use decoder::{Adapter, Shape};
use tempfile::NamedTempFile;

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
        checkpoint_in(&self.path)
    }

    /// The file of the curve.
    pub fn curve(&self) -> PathBuf {
        self.path.join("curve.jsonl")
    }

    /// The GGUF file of the adapter `which` (`best` or `final`).
    pub fn adapter(&self, which: &str) -> PathBuf {
        self.path.join(which).join("adapter.gguf")
    }

    /// The GGUF file of the whole model `which` (`best` or `final`).
    pub fn model(&self, which: &str) -> PathBuf {
        self.path.join(which).join("model.gguf")
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

/// The file that the training in a folder goes on from.
pub(crate) fn checkpoint_in(folder: &Path) -> PathBuf {
    folder.join("checkpoint.safetensors")
}

/// Writes a file beside its place and renames it over it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = beside(path)?;
    file.write_all(bytes)
        .map_err(|error| Error::file(path, format!("not written: {error}")))?;
    put_in_place(file, path)
}

/// An empty file in the same folder.
pub(crate) fn beside(path: &Path) -> Result<NamedTempFile, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // Readable by whom the user's umask allows, as any other file; the library's default is private.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
        .tempfile_in(folder)
        .map_err(|error| Error::file(path, format!("not written: {error}")))
}

/// Renames it, whole and on the disk, over what was there.
pub(crate) fn put_in_place(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::file(path, format!("not written: {error}"));
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
