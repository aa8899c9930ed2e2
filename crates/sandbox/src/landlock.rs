//! The second lock on files, ports and signals: Landlock, where the kernel has it.
//!
//! The mounts alone already leave nothing to write but the scratch folder. Landlock says the same a
//! second time in another part of the kernel: read and execute anywhere, write to devices, everything
//! below the scratch folder; no TCP; no abstract sockets or signals beyond the box.
//!
//! Raw calls instead of the `landlock` crate: this runs after a fork, where that crate's lists would
//! allocate, and the rules name folders that exist only inside the box.
//!
//! Source: the kernel's `include/uapi/linux/landlock.h` and `Documentation/userspace-api/landlock.rst`.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::sys::{self, LandlockHandled};

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEVICE: u64 = 1 << 15;

const SCOPE_SIGNALS: u64 = 1 << 1;

/// The newest version whose rights this file knows; a newer kernel understands an older request.
pub(crate) const NEWEST: u32 = 7;

/// What a kernel of this version can deny, and the length of the attribute that says so.
fn handled(abi: u32) -> (LandlockHandled, usize) {
    let files = match abi {
        1 => 0x1FFF,
        2 => 0x3FFF,
        3 | 4 => 0x7FFF,
        _ => 0xFFFF,
    };
    let ports = if abi >= 4 { 3 } else { 0 };
    let scopes = if abi >= 6 { 3 } else { 0 };
    let length = match abi {
        1..=3 => 8,
        4 | 5 => 16,
        _ => 24,
    };
    (
        LandlockHandled {
            files,
            ports,
            scopes,
        },
        length,
    )
}

/// The folders that stay the same for every run in a cell.
pub(crate) struct Places {
    root: OwnedFd,
    devices: OwnedFd,
}

const PLACE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

impl Places {
    /// Opens them.
    pub(crate) fn open() -> Result<Self, Errno> {
        Ok(Self {
            root: rustix::fs::openat(CWD, c"/", PLACE, Mode::empty())?,
            devices: rustix::fs::openat(CWD, c"/dev", PLACE, Mode::empty())?,
        })
    }
}

/// Whether signals may leave the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// Only to those whose domain lies within.
    Scoped,
    /// To whomever the pid namespace holds: for an init whose program is no child of its own, and
    /// therefore in a domain beside its own.
    Free,
}

/// What a run is confined to, by [`sys::landlock_confine`]; there is none when the kernel has no Landlock (version 0), which the
/// badge then says. The rules cannot be made once for all runs: the scratch folder is a new one each time.
pub(crate) fn ruleset(
    abi: u32,
    places: &Places,
    signals: Signals,
) -> Result<Option<OwnedFd>, Errno> {
    if abi == 0 {
        return Ok(None);
    }
    let (mut all, length) = handled(abi);
    if signals == Signals::Free {
        all.scopes &= !SCOPE_SIGNALS;
    }
    let ruleset = sys::landlock_ruleset(&all, length)?;
    let scratch = rustix::fs::openat(CWD, c"/box", PLACE, Mode::empty())?;
    for (folder, rights) in [
        (&places.root, EXECUTE | READ_FILE | READ_DIR),
        (
            &places.devices,
            READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | IOCTL_DEVICE,
        ),
        (&scratch, all.files),
    ] {
        sys::landlock_allow(&ruleset, folder, rights & all.files)?;
    }
    Ok(Some(ruleset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_denies_at_least_what_the_one_before_did() {
        for abi in 1..NEWEST {
            let (older, short) = handled(abi);
            let (newer, long) = handled(abi + 1);
            assert_eq!(older.files & !newer.files, 0);
            assert!(older.ports <= newer.ports && older.scopes <= newer.scopes && short <= long);
        }
        assert_eq!(handled(NEWEST).1, size_of::<LandlockHandled>());
    }
}
