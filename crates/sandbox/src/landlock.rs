//! The second lock on files, ports and signals: Landlock, where the kernel has it.
//!
//! The mounts alone already leave nothing to write but the scratch folder. Landlock says the same a
//! second time in another part of the kernel: read and execute anywhere, write to devices, everything
//! below the scratch folder; no TCP; no abstract sockets or signals beyond the box.
//!
//! Where no namespace can be had (tier T2) it is the first and only lock on files, and read and execute are
//! granted for the list of the layout alone.
//!
//! Raw calls instead of the `landlock` crate: this runs after a fork, where that crate's lists would
//! allocate, and the rules name folders that exist only inside the box.
//!
//! Source: the kernel's `include/uapi/linux/landlock.h` and `Documentation/userspace-api/landlock.rst`.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::layout::{Kind, Layout};
use crate::sys::{self, LandlockHandled};

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEVICE: u64 = 1 << 15;

const SCOPE_SIGNALS: u64 = 1 << 1;

/// The oldest version that can be the only lock on files: before it, a file could be cut short.
pub(crate) const OLDEST_ALONE: u32 = 3;

/// The first version that keeps signals within.
pub(crate) const SCOPES_SIGNALS: u32 = 6;

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

/// What stays the same for every run in a cell: what may be opened besides the scratch folder, and how.
pub(crate) struct Places(Vec<(OwnedFd, u64)>);

const PLACE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

const READ: u64 = EXECUTE | READ_FILE | READ_DIR;
const DEVICE: u64 = READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEVICE;

impl Places {
    /// Of a cell that has a root of its own, in which nothing lies but what may be read.
    pub(crate) fn within() -> Result<Self, Errno> {
        let places = [(c"/", READ), (c"/dev", READ_DIR | DEVICE)];
        Self::open(places.into_iter())
    }

    /// Of a cell that sees the host's root: the list of the layout.
    pub(crate) fn on_the_host(layout: &Layout) -> Result<Self, Errno> {
        let rights = |kind| match kind {
            Kind::Folder => READ,
            Kind::File => READ & !READ_DIR,
            Kind::Device => DEVICE,
            Kind::Empty => 0,
        };
        // What cannot be covered cannot be taken back from a rule on the folder around it either.
        let mounts = layout
            .mounts
            .iter()
            .filter(|mount| mount.kind != Kind::Empty);
        Self::open(mounts.map(|mount| (mount.source.as_c_str(), rights(mount.kind))))
    }

    fn open<'a>(places: impl Iterator<Item = (&'a CStr, u64)>) -> Result<Self, Errno> {
        let open =
            |(path, rights)| Ok((rustix::fs::openat(CWD, path, PLACE, Mode::empty())?, rights));
        Ok(Self(places.map(open).collect::<Result<_, Errno>>()?))
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
    (places, scratch): (&Places, &CStr),
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
    let scratch = rustix::fs::openat(CWD, scratch, PLACE, Mode::empty())?;
    for (place, rights) in &places.0 {
        sys::landlock_allow(&ruleset, place, rights & all.files)?;
    }
    sys::landlock_allow(&ruleset, &scratch, all.files)?;
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
