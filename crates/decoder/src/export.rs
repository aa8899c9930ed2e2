//! What was trained becomes files that others load: an adapter a PEFT folder for `transformers` and the engines that
//! read its adapters, or a GGUF file for llama.cpp; a whole model a folder or a GGUF file as well.
//!
//! Both hold the same numbers as f32. The rows of queries and keys are kept in halves here, as `transformers`
//! has them; a GGUF file of a Llama has them in pairs, so the rows of B go back into pairs for it. Files are
//! written beside their place and renamed over it.

mod llama_cpp;
mod peft;
mod weights;

use std::io::Write;
use std::path::Path;

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

/// An empty file in a folder, to be renamed once it is whole. Readable by whom the user's umask allows, as any other; the
/// library's default is private.
fn beside(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source: std::io::Error| Error::File {
        path: path.to_owned(),
        what: format!("not written: {source}"),
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = beside(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
