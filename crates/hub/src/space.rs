//! Whether the disk can hold what is about to be written.
//!
//! A full disk is better found before the first byte than after a gigabyte. Where the system does
//! not tell (anything but Unix here), nothing is checked and the write itself will fail.

use std::path::Path;

use crate::Error;

/// An error if fewer than `needed` bytes are free for this user on the disk of `folder`.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn ensure(folder: &Path, needed: u64) -> Result<(), Error> {
    match free(folder) {
        Some(free) if free < needed => Err(Error::NoSpace {
            folder: folder.to_path_buf(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

/// A size for people, in units of a million bytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_millions_of_bytes() {
        assert_eq!(megabytes(98_362_432), "98.3 MB");
        assert_eq!(megabytes(0), "0.0 MB");
    }

    #[cfg(unix)]
    #[test]
    fn more_than_any_disk_holds_is_refused_and_nothing_is_not() {
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path(), 0).unwrap();
        let said = ensure(folder.path(), u64::MAX).unwrap_err().to_string();
        assert!(
            said.contains("needed") && said.contains("WHET_CACHE"),
            "{said}"
        );
    }
}
