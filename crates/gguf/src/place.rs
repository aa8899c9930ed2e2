//! How a file comes to its name: whole and on the disk, or not at all.

use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// An empty file in the folder of `path`, gone again unless it is put in its place. Readable by whom the user's umask
/// allows, as any other file; the library's default is private.
///
/// # Errors
/// Those of the system.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder.unwrap_or(Path::new(".")))
}

/// Flushes the file to the disk and renames it over what was there.
///
/// # Errors
/// Those of the system; what was there is then untouched.
pub fn put_in_place(file: NamedTempFile, path: &Path) -> io::Result<File> {
    file.as_file().sync_all()?;
    Ok(file.persist(path)?)
}
