//! The small file beside a model that says "this one was hashed": `<file>.ok.json`.
//!
//! Hashing half a gigabyte at every start would cost seconds, so the sum is computed once and holds
//! for as long as the size and the time of last change stay the same. A seal guards against damage
//! and exchange by accident, not against somebody who also forges the seal.

use std::fs::Metadata;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// What was true when the file was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// Lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Time of last change, nanoseconds since 1970.
    pub(crate) mtime: u64,
    /// The file, where it does not lie beside the seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
}

/// The time of last change in nanoseconds since 1970; `None` where the system does not tell it or
/// it lies before 1970, and then nothing can be sealed.
pub(crate) fn changed(file: &Metadata) -> Option<u64> {
    let since = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// The value in a JSON file, or `None` when it is missing or unreadable; a broken seal only means
/// that the file is hashed again.
pub(crate) fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Replaces a JSON file in one step.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".seal-");
    // All users of a shared cache may read it, within the user's umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    serde_json::to_writer(&mut file, value)?;
    file.write_all(b"\n")?;
    file.persist(path)?;
    Ok(())
}
