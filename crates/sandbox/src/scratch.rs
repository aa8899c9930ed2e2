//! Scratch folders on the host's disk, for boxes that cannot mount one of their own (tier T2).
//!
//! One folder per sandbox, with one per cell in it that belongs to whoever the cell's programs are. Every run
//! finds its cell's folder empty. Its size is not a limit of the kernel: it is looked at, as memory is, and
//! what was found too large is ended.
//!
//! While a program lives, nothing here follows a link or changes anything ([`used`]); it is emptied by
//! processes that have no more rights than the program had, or when all of them are gone ([`empty`]).

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, StatVfsMountFlags, Uid,
};
use rustix::io::Errno;

use crate::fault::{Fault, Step};
use crate::identity::{Slot, Standing};

/// The folder of a sandbox, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one where programs can be executed and their users can come.
    pub(crate) fn make(standing: Standing) -> Result<Self, Fault> {
        // In memory first, as where it can be mounted.
        let places = ["/dev/shm".into(), std::env::temp_dir(), "/var/tmp".into()];
        let now = crate::clock::monotonic_ns();
        let name = format!("whet-box-{}-{now}", std::process::id());
        let fit = places.iter().filter(|place| is_fit(place, standing));
        let mut refused = Errno::NOEXEC;
        for place in fit {
            let path = place.join(&name);
            match std::fs::DirBuilder::new().mode(0o711).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) => refused = Errno::from_io_error(&error).unwrap_or(Errno::IO),
            }
        }
        Err(Fault::layer(Step::Scratch, refused))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of a cell that was made, to look at.
    pub(crate) fn of_slot(&self, slot: &Slot) -> Result<OwnedFd, Fault> {
        let path = of_slot(&self.0, slot.index());
        let found = rustix::fs::openat(CWD, &path, FOLDER | OFlags::RDONLY, Mode::empty());
        found.map_err(Fault::supervisor("open a scratch folder"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// The least room for scratch folders: twice the largest that a limit of ours allows.
const ROOM: u64 = 1 << 30;

/// Whether programs can be executed there, there is room, and users that nobody has may pass.
fn is_fit(place: &Path, standing: Standing) -> bool {
    let is_good = rustix::fs::statvfs(place).is_ok_and(|found| {
        let room = found.f_bavail.saturating_mul(found.f_frsize);
        !found.f_flag.contains(StatVfsMountFlags::NOEXEC) && room >= ROOM
    });
    is_good && may_be_used(place, standing)
}

/// Whether the programs of whoever we are can come there.
fn may_be_used(place: &Path, standing: Standing) -> bool {
    place.is_absolute() && (standing.is_user() || anybody_may_pass(place))
}

/// Whether a user without any rights of its own can come to what lies in this folder.
pub(crate) fn anybody_may_pass(folder: &Path) -> bool {
    folder.ancestors().all(|at| {
        let mode = std::fs::metadata(at).map(|found| found.permissions().mode());
        mode.is_ok_and(|mode| mode & 0o001 != 0)
    })
}

fn of_slot(top: &Path, slot: u32) -> PathBuf {
    top.join(slot.to_string())
}

/// Makes an empty folder for a cell, which belongs to this user.
pub(crate) fn prepare(top: &Path, slot: u32, owner: Option<(u32, u32)>) -> Result<CString, Errno> {
    let path = CString::new(of_slot(top, slot).as_os_str().as_bytes()).map_err(|_| Errno::INVAL)?;
    match rustix::fs::mkdir(path.as_c_str(), Mode::RWXU) {
        Ok(()) => {}
        Err(Errno::EXIST) => empty(&open(CWD, &path)?)?,
        Err(refused) => return Err(refused),
    }
    if let Some((uid, gid)) = owner {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::chownat(CWD, path.as_c_str(), Some(uid), Some(gid), flags)?;
    }
    Ok(path)
}

const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Opens a folder, and no link to one.
pub(crate) fn open(at: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(at, name, FOLDER | OFlags::RDONLY, Mode::empty())
}

/// The names in a folder.
fn names(folder: &OwnedFd) -> Result<Vec<(CString, FileType)>, Errno> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

/// Removes everything in a folder of which every user is gone.
///
/// Folders are lifted to the top before they are emptied, so depth costs neither stack nor descriptors.
pub(crate) fn empty(top: &OwnedFd) -> Result<(), Errno> {
    let mut lifted = 0_u64;
    loop {
        let found = names(top)?;
        if found.is_empty() {
            return Ok(());
        }
        for (name, _) in found {
            match rustix::fs::unlinkat(top, &name, AtFlags::empty()) {
                Ok(()) => {}
                Err(Errno::ISDIR | Errno::PERM) => {
                    flatten(top, &name, &mut lifted)?;
                    rustix::fs::unlinkat(top, &name, AtFlags::REMOVEDIR)?;
                }
                Err(refused) => return Err(refused),
            }
        }
    }
}

/// Empties one folder: files are removed, folders are lifted.
fn flatten(top: &OwnedFd, name: &CStr, lifted: &mut u64) -> Result<(), Errno> {
    allow(top, name)?;
    let folder = open(top, name)?;
    for (inner, _) in names(&folder)? {
        match rustix::fs::unlinkat(&folder, &inner, AtFlags::empty()) {
            Ok(()) => continue,
            Err(Errno::ISDIR | Errno::PERM) => allow(&folder, &inner)?,
            Err(refused) => return Err(refused),
        }
        loop {
            *lifted += 1;
            let to = CString::new(format!("lifted-{lifted}")).map_err(|_| Errno::INVAL)?;
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&folder, &inner, top, &to, flags) {
                Ok(()) => break,
                Err(Errno::EXIST) => {}
                Err(refused) => return Err(refused),
            }
        }
    }
    Ok(())
}

/// A program may take rights on a folder from itself.
fn allow(at: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    let found = rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return Err(Errno::NOTDIR);
    }
    rustix::fs::chmodat(at, name, Mode::RWXU, AtFlags::empty())
}

/// Removes the folder of a sandbox whose cells are gone. What cannot be removed stays.
pub(crate) fn remove(top: &Path) {
    if let Ok(name) = CString::new(top.as_os_str().as_bytes())
        && let Ok(folder) = open(CWD, &name)
    {
        let _ = empty(&folder);
        let _ = rustix::fs::rmdir(name.as_c_str());
    }
}

/// What lies in a scratch folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

impl Used {
    /// What cannot be looked into counts as everything.
    const ALL: Self = Self {
        bytes: u64::MAX,
        files: u64::MAX,
    };
}

/// Looks at a folder that a living program changes meanwhile. Stops when there are more files than `most`.
pub(crate) fn used(top: &OwnedFd, most: u64) -> Used {
    let mut waiting = vec![PathBuf::from(".")];
    let mut used = Used::default();
    while let Some(path) = waiting.pop() {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let flags = FOLDER | OFlags::RDONLY;
        let found = rustix::fs::openat2(top, &path, flags, Mode::empty(), resolve)
            .and_then(|folder| names(&folder).map(|names| (folder, names)));
        let (folder, names) = match found {
            Ok(found) => found,
            // Gone, or something else by now.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::AGAIN) => continue,
            Err(_) => return Used::ALL,
        };
        for (name, kind) in names {
            used.files += 1;
            if used.files > most {
                return used;
            }
            match kind {
                FileType::Directory => {
                    waiting.push(path.join(std::ffi::OsStr::from_bytes(name.to_bytes())))
                }
                FileType::RegularFile | FileType::Unknown => {
                    let look = rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW);
                    used.bytes += look.map_or(0, |found| found.st_blocks as u64 * 512);
                }
                _ => {}
            }
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let name = CString::new(folder.path().as_os_str().as_bytes()).unwrap();
        let fd = open(CWD, &name).unwrap();
        (folder, fd)
    }

    #[test]
    fn deep_folders_without_rights_and_links_are_removed_and_nothing_behind_them() {
        let (outside, _) = folder();
        fs::write(outside.path().join("kept"), "x").unwrap();
        let (folder, fd) = folder();
        let mut at = folder.path().to_owned();
        for _ in 0..300 {
            at.push("d");
            fs::create_dir(&at).unwrap();
        }
        fs::write(at.join("f"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        fs::create_dir(folder.path().join("lifted-1")).unwrap();
        fs::write(folder.path().join("lifted-1/x"), "x").unwrap();
        fs::set_permissions(folder.path().join("d/d"), PermissionsExt::from_mode(0o000)).unwrap();
        empty(&fd).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(outside.path().join("kept").exists());
    }

    #[test]
    fn a_look_counts_what_lies_there_and_follows_no_link() {
        let (folder, fd) = folder();
        assert_eq!(used(&fd, 10), Used::default());
        fs::create_dir(folder.path().join("d")).unwrap();
        fs::write(folder.path().join("d/f"), vec![1; 100_000]).unwrap();
        std::os::unix::fs::symlink("/usr", folder.path().join("link")).unwrap();
        let sparse = fs::File::create(folder.path().join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        let seen = used(&fd, 10);
        assert_eq!(seen.files, 4);
        assert!((100_000..200_000).contains(&seen.bytes), "{seen:?}");
        assert!(used(&fd, 2).files > 2, "it stops there");
    }

    #[test]
    fn a_folder_in_a_place_that_is_not_open_to_all_is_not_for_a_user_without_rights() {
        let (folder, _) = folder();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        assert!(!may_be_used(folder.path(), Standing::Root(1)));
        assert!(may_be_used(
            folder.path(),
            Standing::User { uid: 1, gid: 1 }
        ));
        assert!(!may_be_used(
            Path::new("relative"),
            Standing::User { uid: 1, gid: 1 }
        ));
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).unwrap();
        assert_eq!(
            may_be_used(folder.path(), Standing::Root(1)),
            anybody_may_pass(&std::env::temp_dir())
        );
    }
}
