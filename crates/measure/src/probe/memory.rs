//! Memory of this process and of the machine, in bytes.
//!
//! Resident memory and its peak are the kernel's `VmRSS` and `VmHWM`, which count pages of mapped
//! files as well: a model file that is mapped counts as far as it has been touched. The kernel
//! adds them up per processor and may lag by a few hundred KiB. Swapped-out pages are not in them.
//! A peak belongs to a phase only after [`reset_peak`] succeeded at the phase's start.

use std::fs;

use super::Absent;
use super::cgroup::memory_headroom;
use super::text::{Root, unreadable};

const STATUS: &str = "proc/self/status";
const CLEAR: &str = "proc/self/clear_refs";

/// Bytes of this process that are in memory now.
///
/// # Errors
/// [`Absent`] where the system does not tell.
pub fn resident_bytes() -> Result<u64, Absent> {
    resident_below(Root::machine())
}

pub(crate) fn resident_below(root: Root) -> Result<u64, Absent> {
    root.kib_field(STATUS, "VmRSS")
}

/// The most bytes of this process that were in memory at once, since its start or since the last
/// successful [`reset_peak`].
///
/// # Errors
/// [`Absent`] where the system does not tell.
pub fn peak_resident_bytes() -> Result<u64, Absent> {
    Root::machine().kib_field(STATUS, "VmHWM")
}

/// Starts a new peak at what is resident now. Affects the whole process.
///
/// # Errors
/// [`Absent`] where the kernel has no such switch or refuses it; peaks then count from the start of
/// the process, and whoever prints one says so.
pub fn reset_peak() -> Result<(), Absent> {
    reset_peak_below(Root::machine())
}

/// Bytes that this process could still take without swapping: what the machine has available, or
/// less where a control group allows less.
///
/// # Errors
/// [`Absent`] where the system does not tell.
pub fn available_bytes() -> Result<u64, Absent> {
    available_below(Root::machine())
}

/// Bytes of memory in the machine, as far as its kernel sees them.
///
/// # Errors
/// [`Absent`] where the system does not tell.
pub fn total_bytes() -> Result<u64, Absent> {
    total_below(Root::machine())
}

pub(crate) fn total_below(root: Root) -> Result<u64, Absent> {
    root.kib_field("proc/meminfo", "MemTotal")
}

pub(crate) fn available_below(root: Root) -> Result<u64, Absent> {
    let available = root.kib_field("proc/meminfo", "MemAvailable")?;
    Ok(memory_headroom(root).map_or(available, |headroom| headroom.min(available)))
}

fn reset_peak_below(root: Root) -> Result<(), Absent> {
    // Opened without creating: on a system without the switch no file may appear.
    let opened = fs::OpenOptions::new().write(true).open(root.path(CLEAR));
    let written = opened.and_then(|mut switch| std::io::Write::write_all(&mut switch, b"5"));
    written.map_err(|error| {
        unreadable(CLEAR, &error).with_remedy(
            "read the peak as one since the start of the process, or run each phase in a fresh one",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_switch_a_reset_is_refused_and_leaves_no_file() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("proc/self")).unwrap();
        let absent = reset_peak_below(Root::at(tree.path())).unwrap_err();
        assert!(absent.reason.contains("/proc/self/clear_refs") && absent.remedy.is_some());
        assert!(!tree.path().join(CLEAR).exists());
    }

    #[test]
    fn the_switch_gets_exactly_the_number_five() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("proc/self")).unwrap();
        fs::write(tree.path().join(CLEAR), "").unwrap();
        reset_peak_below(Root::at(tree.path())).unwrap();
        assert_eq!(fs::read_to_string(tree.path().join(CLEAR)).unwrap(), "5");
    }

    #[test]
    fn a_machine_that_tells_nothing_is_absent_and_not_zero() {
        let tree = tempfile::tempdir().unwrap();
        let root = Root::at(tree.path());
        for absent in [total_below(root), available_below(root)] {
            assert!(absent.unwrap_err().reason.contains("/proc/meminfo"));
        }
    }
}
