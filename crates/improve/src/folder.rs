//! Where a training leaves its files:
//!
//! - `checkpoint.safetensors`: everything needed to go on (see `checkpoint`);
//! - `curve.jsonl`: one line per step;
//! - `best/` and `final/`: the weights with the least surprise at the held-out examples, and the last ones; of an
//!   adapter a PEFT folder and `adapter.gguf`, of a whole model `model.gguf` and a folder for `transformers`.

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
