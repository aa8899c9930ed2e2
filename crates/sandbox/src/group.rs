//! Control groups of version 2: what makes memory and processes of a run a limit of the kernel (tier T4).
//!
//! A sandbox has one folder in the hierarchy, with one leaf in it for each cell. A run's program joins its
//! cell's leaf before it is executed, through a descriptor that the supervisor opened, so everything that it
//! touches is charged there and everything that it starts is counted there. The cell's own processes stay
//! outside: when memory runs out the kernel ends the whole leaf, and the init lives on to report it.
//!
//! Joining is a write to `cgroup.procs` and not `CLONE_INTO_CGROUP`: the kernel asks the rights of whoever
//! opened the file for the one and of whoever clones for the other, and that is a user whom nobody knows.
//!
//! A folder carries the number of its owner in its name. It is removed by the process that makes the cells,
//! or by the supervisor, or by the next sandbox that finds it without its owner ([`sweep`]).

mod books;
mod leaf;
mod place;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::event::{Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::fault::{Fault, Step};

pub(crate) use leaf::Leaf;
pub use leaf::Used;
pub(crate) use place::{find, remedy};

/// What the policy's hash says of a leaf; another meaning of the limits is another line.
pub(crate) const POLICY: &str = "leaf-1: memory.max is memory and scratch folder together, no swap, the group ends as one; pids.max is processes";

/// How the names of our folders begin; an owner's mark follows.
const FOLDER: &str = "whet-leaves-";

/// What a leaf needs, and so must be handed down to it.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// How long a leaf may take to become empty when it was told to end, in milliseconds.
const EMPTY_MS: u32 = 10_000;

/// The folder of a sandbox, removed when dropped.
pub(crate) struct Leaves(PathBuf);

impl Leaves {
    /// Makes one below `base`, and removes those whose owners are gone.
    pub(crate) fn make(base: &Path) -> Result<Self, Fault> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        sweep(base);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let own = mark(std::process::id()).ok_or_else(|| refused(Errno::NOENT))?;
        let made = Self(base.join(format!("{FOLDER}{own}-{number}")));
        fs::create_dir(&made.0).map_err(|error| refused(errno(&error)))?;
        hand_down(&made.0).map_err(refused)?;
        Ok(made)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The leaf of a cell: empty, and with everything set that is the same for all runs.
    pub(crate) fn of_slot(&self, slot: u32) -> Result<Leaf, Fault> {
        Leaf::make(&self.0.join(slot.to_string())).map_err(refused)
    }
}

impl Drop for Leaves {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn refused(errno: Errno) -> Fault {
    Fault::layer(Step::Group, errno)
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// Writes a setting.
fn put(folder: &Path, name: &str, value: &str) -> Result<(), Errno> {
    // Not created: a name that the kernel does not offer there is an error.
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).open(folder.join(name));
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, value.as_bytes()));
    written.map_err(|error| errno(&error))
}

/// Lets the folders below this one have the controllers.
fn hand_down(folder: &Path) -> Result<(), Errno> {
    put(folder, "cgroup.subtree_control", "+memory +pids")
}

/// Whether nothing lives in a group; a group that is gone holds nothing.
fn is_empty(folder: &Path) -> bool {
    match fs::read_to_string(folder.join("cgroup.events")) {
        Ok(text) => books::value(&text, "populated") == Some(0),
        Err(_) => !folder.exists(),
    }
}

/// Waits until nothing lives in a group. What is found alive is ended at once when that is wanted, and else when a
/// moment has passed in which what is already ended could have gone.
fn until_empty(folder: &Path, at_once: bool) -> bool {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };
    let patience = if at_once { 0 } else { 100 };
    for tried in 0..EMPTY_MS {
        if is_empty(folder) {
            return true;
        }
        // Linux 5.14 and newer have it, as everything here needs. Where it is refused the group is another user's,
        // and waiting for it would help nobody.
        if tried == patience && put(folder, "cgroup.kill", "1").is_err() {
            return is_empty(folder);
        }
        let _ = poll(&mut [], Some(&moment));
    }
    false
}

/// Ends whatever lives in a sandbox's folder and removes it.
pub(crate) fn remove(folder: &Path) {
    let Ok(found) = fs::read_dir(folder) else {
        return;
    };
    let leaves = found.flatten().filter(|entry| entry.path().is_dir());
    for leaf in leaves.map(|entry| entry.path()) {
        until_empty(&leaf, true);
        let _ = fs::remove_dir(leaf);
    }
    let _ = fs::remove_dir(folder);
}

/// Removes the folders of owners that are gone. Those of others' namespaces are left: their numbers say nothing here.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.strip_prefix(FOLDER).is_some_and(is_without_owner) {
            remove(&entry.path());
        }
    }
}

/// Who a process is, told from every other that had or will have its number: its namespace, its number, its start.
fn mark(pid: u32) -> Option<String> {
    let namespace = fs::metadata("/proc/self/ns/pid").ok()?.ino();
    let book = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let start = books::start(&String::from_utf8_lossy(&book))?;
    Some(format!("{namespace}-{pid}-{start}"))
}

/// Whether the owner that is named behind the beginning of a folder's name is gone for certain.
fn is_without_owner(rest: &str) -> bool {
    let Some((owner, _)) = rest.rsplit_once('-') else {
        return false;
    };
    let words: Vec<Option<u64>> = owner.split('-').map(|word| word.parse().ok()).collect();
    let [Some(namespace), Some(pid), Some(_)] = words[..] else {
        return false;
    };
    let (Ok(pid), Ok(here)) = (u32::try_from(pid), fs::metadata("/proc/self/ns/pid")) else {
        return false;
    };
    here.ino() == namespace && !is_alive(pid, owner)
}

/// Whether a process may still be who bears this mark. Its book may be hidden from this user; then it is.
fn is_alive(pid: u32, owner: &str) -> bool {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let is_gone = number.is_none_or(|pid| test_kill_process(pid) == Err(Errno::SRCH));
    !is_gone && mark(pid).is_none_or(|now| now == owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_this_process_has_an_owner_and_those_of_the_dead_have_none() {
        let own = mark(std::process::id()).unwrap();
        assert!(!is_without_owner(&format!("{own}-0")));
        let [namespace, pid, start] = own.split('-').collect::<Vec<_>>()[..] else {
            panic!("{own}")
        };
        // The number lives on, in another process.
        assert!(is_without_owner(&format!("{namespace}-{pid}-1{start}-0")));
        // Above every number that a kernel gives.
        assert!(is_without_owner(&format!("{namespace}-4194305-{start}-0")));
        for others in ["", "x", "1-2-3-0", &format!("{namespace}-x-{start}-0")] {
            assert!(!is_without_owner(others), "{others}");
        }
    }

    #[test]
    fn a_start_removes_what_the_dead_left_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let own = mark(std::process::id()).unwrap();
        let namespace = own.split('-').next().unwrap();
        let dead = base.path().join(format!("{FOLDER}{namespace}-4194305-7-0"));
        let others = ["whet-home", "app.slice", &format!("{FOLDER}1-4194305-7-0")];
        let living = base.path().join(format!("{FOLDER}{own}-999"));
        fs::create_dir_all(dead.join("3")).unwrap();
        let kept: Vec<PathBuf> = others.iter().map(|name| base.path().join(name)).collect();
        for folder in kept.iter().chain([&living]) {
            fs::create_dir(folder).unwrap();
        }
        // In a real hierarchy this file is the kernel's and goes with the folder.
        let events = dead.join("3/cgroup.events");
        fs::write(&events, "populated 0\nfrozen 0\n").unwrap();
        sweep(base.path());
        assert!(events.exists(), "only folders are removed, never a file");
        fs::remove_file(&events).unwrap();
        sweep(base.path());
        assert!(!dead.exists());
        assert!(kept.iter().chain([&living]).all(|folder| folder.exists()));
    }

    #[test]
    fn a_folder_in_which_nothing_can_be_set_is_a_fault_that_says_what_to_do() {
        let base = tempfile::tempdir().unwrap();
        // No hierarchy: there is no file to write to, and none is made.
        let fault = Leaves::make(base.path()).err().unwrap().to_string();
        assert!(
            fault.contains("control group") && fault.contains("systemd-run"),
            "{fault}"
        );
        assert_eq!(
            fs::read_dir(base.path()).unwrap().count(),
            0,
            "nothing is left of it"
        );
    }
}
