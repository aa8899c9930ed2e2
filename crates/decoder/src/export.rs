//! What was trained becomes files that others load: an adapter a PEFT folder for `transformers` and the engines that
//! read its adapters, or a GGUF file for llama.cpp; a whole model a folder or a GGUF file as well.
//!
//! Both hold the same numbers as f32. The rows of queries and keys are kept in halves here, as `transformers`
//! has them; a GGUF file of a Llama has them in pairs, so the rows of B go back into pairs for it. Files are
//! written beside their place and renamed over it.

mod llama_cpp;
mod peft;
mod weights;

use std::fmt::Display;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::Error;

pub use llama_cpp::gguf;
pub(crate) use llama_cpp::{in_order_of_file, rows_of_file, tensor_name};
pub(crate) use peft::name as peft_name;
pub use peft::peft;
pub use weights::{folder, model};

/// The model that an adapter belongs to, as its files say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its name, for people.
    pub name: String,
    /// The SHA-256 of its file in lower-case hex, if it was taken.
    pub sha256: Option<String>,
}

/// Has a file written under a temporary name beside its place, and renames it over what was there once it is on the disk.
///
/// # Errors
/// [`Error::File`]; what was there is then untouched.
pub fn put<W: Display>(
    path: &Path,
    write: impl FnOnce(&mut NamedTempFile) -> Result<(), W>,
) -> Result<(), Error> {
    let failed = |source: &dyn Display| Error::File {
        path: path.to_owned(),
        what: format!("not written: {source}"),
    };
    let mut file = gguf::beside(path).map_err(|source| failed(&source))?;
    write(&mut file).map_err(|source| failed(&source))?;
    gguf::put_in_place(file, path).map_err(|source| failed(&source))?;
    Ok(())
}

/// [`put`] for bytes that are there.
///
/// # Errors
/// [`Error::File`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    put(path, |file| file.write_all(bytes))
}
