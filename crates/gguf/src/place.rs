//! How a file comes to its name: whole and on the disk, or not at all.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// An empty file in the folder of `path`, gone again unless it is put in its place. Readable by whom the user's umask
/// allows, as any other file; the library's default is private.
///
/// # Errors
/// Those of the system.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder_of(path))
}

/// Flushes what lies at the file's name to the disk and renames it over what was there.
///
/// By name, because a writer that was given the path may have renamed a private file of its own over it, as
/// `safetensors` does: neither its bytes nor its permissions are those of the handle.
///
/// # Errors
/// Those of the system; what was there is then untouched.
pub fn put_in_place(file: NamedTempFile, path: &Path) -> io::Result<File> {
    let whole = OpenOptions::new().read(true).write(true).open(&file)?;
    whole.set_permissions(file.as_file().metadata()?.permissions())?;
    whole.sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    {
        // The rename itself is only durable once the folder is; some file systems refuse this.
        let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    }
    Ok(whole)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    let named = folder.filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_a_writer_renamed_over_the_part_is_what_comes_to_the_name_with_ordinary_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        std::fs::write(&path, "before").unwrap();
        let ordinary = std::fs::metadata(&path).unwrap().permissions().mode();
        let part = beside(&path).unwrap();
        let mut own = NamedTempFile::new_in(folder.path()).unwrap();
        io::Write::write_all(&mut own, b"after").unwrap();
        own.persist(part.path()).unwrap();
        let (mut file, mut found) = (put_in_place(part, &path).unwrap(), String::new());
        file.read_to_string(&mut found).unwrap();
        assert_eq!(found, "after");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "after");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode, ordinary);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
