//! Who the program is on the host.
//!
//! As root the program must not be the host's user 0: the kernel exempts that user from the process
//! limit, and files that root owns stay readable to it. It gets a number that nobody has, one per
//! concurrent run. If no such number is mapped where we run, that is a fault; user 0 is never mapped.
//!
//! As an ordinary user the program is that user, the only one that the kernel lets us map; the fresh
//! user namespace hides other users' processes and the mount namespace hides the user's files.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

use crate::fault::{Fault, Step};
use crate::inside::INSIDE_ID;
use crate::plan::Groups;

/// The first of the numbers used as root: far above what systems hand out, below 2^31.
const FIRST: u32 = 1_850_000_000;
/// Runs at once in one process.
const SLOTS: u32 = 64;

static TAKEN: AtomicU64 = AtomicU64::new(0);

/// What the supervisor may map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Numbers from this one on, one per slot.
    Root(u32),
    /// Only the caller's own.
    User { uid: u32, gid: u32 },
}

impl Standing {
    /// Finds out where we stand.
    pub(crate) fn of_this_process() -> Result<Self, Fault> {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        let groups = fs::read_to_string("/proc/self/gid_map").unwrap_or_default();
        stand((uid, gid), std::process::id(), (&map, &groups))
            .ok_or_else(|| Fault::layer(Step::Identity, Errno::PERM))
    }

    /// Whether programs keep the caller's own number.
    pub(crate) fn is_user(self) -> bool {
        matches!(self, Self::User { .. })
    }

    /// The numbers that the programs of a slot have on the host, if they are not the caller's own.
    pub(crate) fn owner(self, slot: Numbered) -> Option<(u32, u32)> {
        match self {
            Self::Root(first) => Some((first + slot.0, first + slot.0)),
            Self::User { .. } => None,
        }
    }

    /// Whether further groups can be given up.
    pub(crate) fn groups(self) -> Groups {
        match self {
            Self::Root(_) => Groups::Drop,
            Self::User { .. } => Groups::Keep,
        }
    }
}

/// The rule behind [`Standing::of_this_process`].
fn stand((uid, gid): (u32, u32), process: u32, (map, groups): (&str, &str)) -> Option<Standing> {
    if uid != 0 {
        return Some(Standing::User { uid, gid });
    }
    // Process numbers go to 2^22, so no two supervisors of a host share a number.
    let wanted = FIRST + (process % (1 << 22)) * SLOTS;
    if covers(map, wanted) && covers(groups, wanted) {
        return Some(Standing::Root(wanted));
    }
    if let Some(low) = last_slots(map)
        && covers(groups, low)
        && covers(groups, low + SLOTS - 1)
    {
        return Some(Standing::Root(low));
    }
    // Root of a namespace that holds nobody else, and is somebody ordinary outside of it.
    let ordinary = extents(map).any(|(inside, outside, _)| inside == 0 && outside != 0);
    ordinary.then_some(Standing::User { uid, gid })
}

/// The lines of an id map: first inside, first outside, count.
fn extents(map: &str) -> impl Iterator<Item = (u64, u64, u64)> {
    map.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace().map(str::parse::<u64>);
        Some((
            words.next()?.ok()?,
            words.next()?.ok()?,
            words.next()?.ok()?,
        ))
    })
}

fn covers(map: &str, id: u32) -> bool {
    extents(map).any(|(inside, _, count)| (inside..inside + count).contains(&u64::from(id)))
}

/// The highest numbers of the largest extent, if it has room for them above the system's own users.
fn last_slots(map: &str) -> Option<u32> {
    let (inside, _, count) = extents(map).max_by_key(|(_, _, count)| *count)?;
    let low = (inside + count).checked_sub(u64::from(SLOTS))?;
    u32::try_from(low).ok().filter(|low| *low >= 60_000)
}

/// A slot of this process, given back when dropped.
pub(crate) struct Slot(u32);

/// The number of a slot that somebody else holds.
#[derive(Clone, Copy)]
pub(crate) struct Numbered(u32);

impl Numbered {
    /// The number.
    pub(crate) fn index(self) -> u32 {
        self.0
    }
}

impl Slot {
    /// Its number.
    pub(crate) fn index(&self) -> u32 {
        self.0
    }

    /// The slot of this number, held by the supervisor.
    pub(crate) fn number(index: u32) -> Numbered {
        Numbered(index % SLOTS)
    }

    /// Takes a free slot.
    pub(crate) fn take() -> Result<Self, Fault> {
        let mut now = TAKEN.load(Ordering::Relaxed);
        loop {
            let free = now.trailing_ones();
            if free >= SLOTS {
                return Err(Fault::Program {
                    what: format!("{SLOTS} programs already run at once in this process"),
                });
            }
            let with = now | (1 << free);
            match TAKEN.compare_exchange_weak(now, with, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(Self(free)),
                Err(changed) => now = changed,
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.fetch_and(!(1 << self.0), Ordering::AcqRel);
    }
}

/// Maps the identity of the box of process `pid`, which waits for it, and makes the box the first thing
/// that the kernel ends when memory runs out. The number cannot be reused: we have not reaped it.
pub(crate) fn map(pid: i32, standing: Standing, slot: Numbered) -> Result<(), Errno> {
    let put = |file: &str, text: String| put(pid, file, text);
    let (uid, gid) = match standing {
        Standing::Root(first) => (first + slot.0, first + slot.0),
        Standing::User { uid, gid } => {
            put("setgroups", "deny".to_owned())?;
            (uid, gid)
        }
    };
    put("uid_map", format!("{INSIDE_ID} {uid} 1"))?;
    put("gid_map", format!("{INSIDE_ID} {gid} 1"))?;
    end_first(pid)
}

/// Makes this process and what descends from it the first that the kernel ends when memory runs out.
pub(crate) fn end_first(pid: i32) -> Result<(), Errno> {
    put(pid, "oom_score_adj", "1000".to_owned())
}

fn put(pid: i32, file: &str, text: String) -> Result<(), Errno> {
    fs::write(format!("/proc/{pid}/{file}"), text)
        .map_err(|reason| Errno::from_io_error(&reason).unwrap_or(Errno::IO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "         0          0 4294967295\n";

    #[test]
    fn root_gets_a_number_that_nobody_has() {
        let Some(Standing::Root(first)) = stand((0, 0), u32::MAX, (WHOLE, WHOLE)) else {
            panic!("not root")
        };
        assert!(first >= FIRST && u64::from(first) + u64::from(SLOTS) < 1 << 31);
    }

    #[test]
    fn user_zero_is_never_mapped() {
        assert_eq!(stand((0, 0), 1, ("0 0 1\n", "0 0 1\n")), None);
        assert_eq!(stand((0, 0), 1, ("", "")), None);
    }

    #[test]
    fn a_container_with_a_range_uses_the_end_of_its_range() {
        let map = "0 1000 1\n1 100000 65536\n";
        assert_eq!(
            stand((0, 0), 1, (map, map)),
            Some(Standing::Root(65537 - SLOTS))
        );
    }

    #[test]
    fn root_of_a_namespace_of_one_is_an_ordinary_user() {
        let map = "0 1000 1\n";
        assert_eq!(
            stand((0, 0), 1, (map, map)),
            Some(Standing::User { uid: 0, gid: 0 })
        );
        assert_eq!(
            stand((1000, 100), 1, (WHOLE, WHOLE)),
            Some(Standing::User {
                uid: 1000,
                gid: 100
            })
        );
    }
}
