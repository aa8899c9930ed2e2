//! Files that can be made again from the records: reports, tables, pictures.
//!
//! They appear whole or not at all (written beside their place, then renamed over it), so that a
//! reader never sees half a report. Of two writers of one name the last one wins. The records
//! themselves cannot be written this way.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, io_at};
use crate::folder::LOCK;
use crate::line::FILES;
use crate::read::HEADER;

/// Writes `folder/name` atomically and returns its path. `name` may lead into a subfolder
/// (`charts/speed.svg`), which is made. Takes no lock: a report of a running run is allowed.
///
/// # Errors
/// [`Error::Name`] if the name leaves the folder or is one of the records' own files, [`Error::Io`]
/// if the disk refuses; then a former file of that name is still there.
pub fn write_derived(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
    let refused = || Error::Name {
        what: "a derived file",
        name: name.to_owned(),
    };
    if !is_derived(name) {
        return Err(refused());
    }
    let path = folder.join(name);
    write_whole(&path, bytes)?;
    Ok(path)
}

/// Writes a file by renaming a finished one over it, flushed to disk.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io_at("create", parent))?;
    let mut part = part_file(parent).map_err(io_at("create a file in", parent))?;
    part.write_all(bytes)
        .and_then(|()| part.as_file().sync_data())
        .map_err(io_at("write", path))?;
    part.persist(path)
        .map_err(|error| io_at("replace", path)(error.error))?;
    Ok(())
}

/// A file that is to be renamed over its place. Readable by whom the user's umask allows, as any other file; the library's
/// default is private.
pub(crate) fn part_file(parent: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(parent)
}

/// Whether a run cannot make a file of that name again: its header, its lock, and whatever it appends to.
fn is_own(name: &OsStr) -> bool {
    let mut own = [HEADER, LOCK].into_iter().chain(FILES);
    own.any(|own| name.eq_ignore_ascii_case(own))
}

/// Whether a path is one of the records of a run: a file of such a name beside a header.
pub fn is_record(path: &Path) -> bool {
    is_own(path.file_name().unwrap_or_default()) && path.with_file_name(HEADER).is_file()
}

fn is_derived(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let plain =
        parts.all(|part| matches!(part, Component::Normal(name) if is_visible(name.to_str())));
    plain && !name.is_empty() && !name.ends_with('/') && !is_own(OsStr::new(name))
}

fn is_visible(part: Option<&str>) -> bool {
    part.is_some_and(|part| !part.starts_with('.') && !part.contains(['\\', '\0', ':']))
}
