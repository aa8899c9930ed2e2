//! Where leaves may be made: detection, and room for them where this process has a group to itself.
//!
//! Groups of the hierarchy belong to somebody, on most systems to systemd, and only what was given to us is
//! used: the group in which this process stands, if it hands memory and pids down already or holds nobody else
//! (`systemd-run … whet`); as root the top of the hierarchy. A group with processes cannot hand anything
//! down, so from a group of its own this process first moves into a folder below it ([`HOME`]).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{CONTROLLERS, FOLDER, books, hand_down, put};
use crate::fault::{Fault, Step};

/// Where this process lives in a group that it had to itself.
const HOME: &str = "whet-home";

/// Finds a group below which leaves can be made.
pub(crate) fn find() -> Result<PathBuf, Fault> {
    // Two threads would each find the other in the way.
    static ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let seen = Seen {
        mounts: &read("/proc/self/mountinfo"),
        own: &read("/proc/self/cgroup"),
        swaps: &read("/proc/swaps"),
        pid: std::process::id(),
        is_root: rustix::process::geteuid().is_root(),
    };
    seen.place().map_err(|lack| Fault::Layer {
        step: Step::Group,
        reason: std::io::Error::other(lack.to_string()),
        remedy: lack.remedy(),
    })
}

/// What the kernel says of this process and its groups.
struct Seen<'a> {
    mounts: &'a str,
    own: &'a str,
    swaps: &'a str,
    pid: u32,
    is_root: bool,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
enum Lack {
    /// No hierarchy of version 2 is mounted, or this process is not in what is shown of it.
    Hierarchy,
    /// It has not got the controllers.
    Controllers,
    /// The group of this process is not for us to divide.
    Shared,
    /// It was to be divided and the kernel refused.
    Refused(rustix::io::Errno),
    /// There is swap, and it cannot be forbidden to a group.
    Swap,
}

impl fmt::Display for Lack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hierarchy => {
                out.write_str("no control group of version 2 that holds this process is mounted")
            }
            Self::Controllers => out.write_str(
                "the control groups of version 2 have no memory and pids controllers here",
            ),
            Self::Shared => out.write_str(
                "the control group of this process is shared with others or may not be divided",
            ),
            Self::Refused(errno) => write!(
                out,
                "the control group of this process cannot be divided: {}",
                std::io::Error::from(*errno)
            ),
            Self::Swap => out
                .write_str("there is swap, and this kernel cannot keep a control group out of it"),
        }
    }
}

impl Lack {
    fn remedy(&self) -> String {
        match self {
            Self::Hierarchy => "mount it (`mount -t cgroup2 none /sys/fs/cgroup`), or show it to the container".to_owned(),
            Self::Controllers => "version 1 holds them: boot with `systemd.unified_cgroup_hierarchy=1`, or with `cgroup_no_v1=memory,pids`".to_owned(),
            Self::Shared | Self::Refused(_) => remedy(),
            Self::Swap => "turn swap off (`swapoff -a`), or boot with `swapaccount=1`".to_owned(),
        }
    }
}

/// How a group of its own is had.
pub(crate) fn remedy() -> String {
    "start it with a control group of its own: `systemd-run --user --scope -p Delegate=yes whet …`, as root without `--user`".to_owned()
}

impl Seen<'_> {
    fn place(&self) -> Result<PathBuf, Lack> {
        let mounted = books::mounted(self.mounts).ok_or(Lack::Hierarchy)?;
        let own = books::own(self.own).ok_or(Lack::Hierarchy)?;
        let below = Path::new(own)
            .strip_prefix(&mounted.root)
            .map_err(|_| Lack::Hierarchy)?;
        // A group outside of what this namespace shows begins with two dots.
        let is_outside = below.components().any(|part| part.as_os_str() == "..");
        let (top, group) = (
            PathBuf::from(&mounted.at),
            Path::new(&mounted.at).join(below),
        );
        if is_outside || !group.is_dir() {
            return Err(Lack::Hierarchy);
        }
        let place = self.candidates(&top, &group)?;
        // A kernel without it has no swap, or counts none.
        let has_swap = self.swaps.lines().count() > 1;
        match has_swap && !can_forbid_swap(&place) {
            true => Err(Lack::Swap),
            false => Ok(place),
        }
    }

    fn candidates(&self, top: &Path, group: &Path) -> Result<PathBuf, Lack> {
        // Somebody of ours has divided it already.
        if let Some(ours) = group.ancestors().find(|at| is_ours(at))
            && let Some(above) = ours.parent()
            && hands_down(above)
        {
            return Ok(above.to_owned());
        }
        if hands_down(group) && is_writable(group) {
            return Ok(group.to_owned());
        }
        let has = |folder: &Path| books::holds(&read(folder, "cgroup.controllers"), &CONTROLLERS);
        if group != top && has(group) && self.is_alone(group) {
            return self
                .divide(group)
                .map(|()| group.to_owned())
                .map_err(Lack::Refused);
        }
        if self.is_root && hands_down(top) && is_writable(top) {
            return Ok(top.to_owned());
        }
        Err(match has(top) {
            true => Lack::Shared,
            false => Lack::Controllers,
        })
    }

    /// Whether nobody but this process is in a group.
    fn is_alone(&self, group: &Path) -> bool {
        read(group, "cgroup.procs").trim() == self.pid.to_string()
    }

    /// Moves this process out of its group into one below, so that the group can hand its controllers down.
    fn divide(&self, group: &Path) -> Result<(), rustix::io::Errno> {
        let home = group.join(HOME);
        match fs::create_dir(&home) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(super::errno(&error));
            }
            _ => put(&home, "cgroup.procs", &self.pid.to_string())?,
        }
        hand_down(group).inspect_err(|_| {
            // As it was: who cannot have a leaf has no use for a home.
            let _ = put(group, "cgroup.procs", &self.pid.to_string());
            let _ = fs::remove_dir(&home);
        })
    }
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// Whether groups below this one have the controllers.
fn hands_down(folder: &Path) -> bool {
    books::holds(&read(folder, "cgroup.subtree_control"), &CONTROLLERS)
}

/// Whether groups can be made here, and processes moved between them.
fn is_writable(folder: &Path) -> bool {
    let may = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    may(folder) && may(&folder.join("cgroup.procs"))
}

/// Whether a group is one that this program made: those of others may begin with its name.
fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name == HOME || name.starts_with(FOLDER)
}

/// Whether groups below have a limit on swap: a group of any kind shows it, but the top.
fn can_forbid_swap(place: &Path) -> bool {
    let trial = place.join(format!("{FOLDER}trial-{}", std::process::id()));
    let made = fs::create_dir(&trial).is_ok();
    let can = trial.join("memory.swap.max").exists();
    if made {
        let _ = fs::remove_dir(&trial);
    }
    can
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
