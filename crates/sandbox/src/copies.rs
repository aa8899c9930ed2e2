//! Small things of the host's `/etc` that lie in the box as copies.
//!
//! Each run begins with a copy of every mount of its cell, which costs more than all of these files hold. So they
//! are read when the sandbox is opened and written into the root of each cell: the linker's cache and settings, and
//! the links of the alternatives, through which `c++` or `awk` are found.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::init;

/// What is copied, folders before what is in them.
pub(crate) const FROM_ETC: [&str; 4] =
    ["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"];

/// The largest file that is copied, in bytes. A cell's root lies in memory.
const MOST_BYTES: u64 = 2 << 20;
/// The most things that are copied from a folder.
const MOST_THINGS: usize = 2048;

/// A copy and its path inside, without the leading slash.
pub(crate) struct Copy {
    path: CString,
    holds: Holds,
}

enum Holds {
    Nothing,
    Bytes(Vec<u8>),
    /// The path that a link leads to.
    Way(CString),
}

/// Reads a file, or a folder with the links and plain files in it. What not everybody may read is left out.
pub(crate) fn read(path: &Path) -> Vec<Copy> {
    let holds = match path.is_dir() {
        true => Some(Holds::Nothing),
        false => bytes(path),
    };
    let Some(first) = holds.and_then(|holds| copy(path, holds)) else {
        return Vec::new();
    };
    let within = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut within: Vec<_> = within.map(|entry| entry.path()).collect();
    within.sort();
    let found = within.iter().filter_map(|path| match path.read_link() {
        Ok(way) => copy(path, Holds::Way(c_string(&way)?)),
        Err(_) => copy(path, bytes(path)?),
    });
    let mut copies = vec![first];
    copies.extend(found.filter(is_wanted).take(MOST_THINGS));
    copies
}

fn copy(path: &Path, holds: Holds) -> Option<Copy> {
    let path = c_string(path.strip_prefix("/").unwrap_or(path))?;
    Some(Copy { path, holds })
}

fn c_string(path: &Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}

/// What is in a plain file that everybody may read.
fn bytes(path: &Path) -> Option<Holds> {
    let about = path.metadata().ok()?;
    let is_open = about.is_file() && about.mode() & 0o004 != 0 && about.len() <= MOST_BYTES;
    let read = is_open.then(|| std::fs::read(path))?;
    read.ok().map(Holds::Bytes)
}

/// Most of the alternatives are pages of manuals, which no program asks for.
fn is_wanted(copy: &Copy) -> bool {
    match &copy.holds {
        Holds::Way(way) => !way.to_bytes().windows(5).any(|part| part == b"/man/"),
        _ => true,
    }
}

/// Writes the copies below `root`, where the folders around them are.
pub(crate) fn write(copies: &[Copy], root: &OwnedFd) -> Result<(), Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    for Copy { path, holds } in copies {
        let path = path.as_c_str();
        match holds {
            Holds::Nothing => rustix::fs::mkdirat(root, path, Mode::from_raw_mode(0o755))?,
            Holds::Way(way) => rustix::fs::symlinkat(way.as_c_str(), root, path)?,
            Holds::Bytes(bytes) => {
                let file = rustix::fs::openat(root, path, flags, Mode::from_raw_mode(0o444))?;
                init::write_all(&file, bytes)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_links_of_a_folder_lie_in_the_box_if_everybody_may_read_them() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().canonicalize().unwrap().join("some");
        std::fs::create_dir_all(folder.join("deeper")).unwrap();
        std::fs::write(folder.join("plain"), b"\0text").unwrap();
        std::fs::write(folder.join("private"), b"secret").unwrap();
        let nobody = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(folder.join("private"), nobody).unwrap();
        for (way, name) in [
            ("/usr/bin/nowhere", "awk"),
            ("/usr/share/man/man1/x", "awk.1"),
        ] {
            std::os::unix::fs::symlink(way, folder.join(name)).unwrap();
        }
        let box_root = tempfile::tempdir().unwrap();
        let within = box_root.path().join(folder.strip_prefix("/").unwrap());
        std::fs::create_dir_all(within.parent().unwrap()).unwrap();
        let root = OwnedFd::from(std::fs::File::open(box_root.path()).unwrap());
        write(&read(&folder), &root).unwrap();
        assert_eq!(std::fs::read(within.join("plain")).unwrap(), b"\0text");
        let way = within.join("awk").read_link().unwrap();
        assert_eq!(way, Path::new("/usr/bin/nowhere"));
        assert_eq!(within.read_dir().unwrap().count(), 2);
        assert!(read(&folder.join("absent")).is_empty());
    }
}
