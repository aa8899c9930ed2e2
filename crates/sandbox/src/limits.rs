//! What one program may use.
//!
//! The numbers are a profile with a version, because they are part of what a verdict means: the same
//! program under other limits is another measurement. They travel in the badge's hash.
//!
//! The clock of a verdict is CPU time; wall time is only a backstop (twice the CPU limit and a
//! second more), so a busy laptop does not turn a pass into a fail. Touched memory of the whole tree
//! is watched every [`WATCH_MS`] milliseconds; the address space of each process is a hard limit.
//! It is larger than the memory limit because a thread's stack reserves `stack_bytes` of address
//! space without touching it: at 512 MiB and 64 MiB per stack no program could start eight threads.
//! Runtimes that reserve address space by the gigabyte (Go, Node) have no limit on it; what they may
//! write to is limited instead.
//!
//! On a slow machine the limits of time are longer, by a whole factor ([`Pace`]): they stand for work.
//! What a program is given as files lies in the scratch folder on top of its size.

use std::time::Duration;

use crate::pace::Pace;
use crate::program::File;

/// The version of the tables below.
pub const LIMITS_PROFILE: &str = "limits-3";

/// The tables as they are in force at this pace, in words.
pub(crate) fn profile(pace: Pace) -> String {
    match pace {
        Pace::ORDINARY => LIMITS_PROFILE.to_owned(),
        _ => format!(
            "{LIMITS_PROFILE}, times × {}: this machine is slow",
            pace.factor()
        ),
    }
}

/// How often the watch looks at the tree, in milliseconds.
pub(crate) const WATCH_MS: u64 = 20;

const MIB: u64 = 1 << 20;

/// The kernel's word for "as much as you like".
const UNLIMITED: u64 = libc::RLIM_INFINITY;

/// The limits of one program and everything that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU time of the whole tree.
    pub cpu: Duration,
    /// Time on the wall from the start of the program.
    pub wall: Duration,
    /// Touched memory of the whole tree, in bytes; killed when a look finds a tenth more. At tier T4 the
    /// kernel allows exactly so much and the scratch folder's size, together.
    pub memory_bytes: u64,
    /// Address space of each process, in bytes; enforced by the kernel.
    pub address_bytes: u64,
    /// Private memory of each process that can be written to, stacks of threads included, in bytes;
    /// enforced by the kernel.
    pub data_bytes: u64,
    /// Stack of the first thread, and address space reserved by each further one, in bytes.
    pub stack_bytes: u64,
    /// Processes and threads that exist at once.
    pub processes: u64,
    /// How much of standard output is kept, in bytes; the rest is read and thrown away.
    pub stdout_bytes: u64,
    /// How much of standard error is kept, in bytes; the rest is read and thrown away.
    pub stderr_bytes: u64,
    /// How much may come out of either stream before the program is killed, in bytes.
    pub flood_bytes: u64,
    /// The largest file that can be written, and that is collected, in bytes.
    pub file_bytes: u64,
    /// The size of the scratch folder, in bytes, beside the files that the program is given. It lives in memory.
    pub scratch_bytes: u64,
    /// Files and folders in the scratch folder.
    pub scratch_inodes: u64,
    /// Open files of each process.
    pub open_files: u64,
}

impl Limits {
    /// The limits for running a candidate's program.
    pub fn run() -> Self {
        Self {
            cpu: Duration::from_secs(3),
            wall: Duration::from_secs(7),
            memory_bytes: 512 * MIB,
            address_bytes: 1024 * MIB,
            data_bytes: UNLIMITED,
            stack_bytes: 64 * MIB,
            processes: 16,
            stdout_bytes: MIB,
            stderr_bytes: MIB / 16,
            flood_bytes: 4 * MIB,
            file_bytes: 16 * MIB,
            scratch_bytes: 32 * MIB,
            scratch_inodes: 2048,
            open_files: 64,
        }
    }

    /// The limits for compiling it.
    pub fn compile() -> Self {
        Self {
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(21),
            memory_bytes: 1024 * MIB,
            address_bytes: 1536 * MIB,
            data_bytes: UNLIMITED,
            stack_bytes: 64 * MIB,
            processes: 32,
            stdout_bytes: MIB / 16,
            stderr_bytes: MIB / 16,
            flood_bytes: 8 * MIB,
            file_bytes: 64 * MIB,
            scratch_bytes: 128 * MIB,
            scratch_inodes: 4096,
            open_files: 256,
        }
    }

    /// The limits for running a program with a runtime that reserves address space and keeps threads of
    /// its own: Go, JavaScript.
    pub fn run_managed() -> Self {
        Self {
            memory_bytes: 1024 * MIB,
            address_bytes: UNLIMITED,
            data_bytes: 2048 * MIB,
            processes: 64,
            scratch_bytes: 64 * MIB,
            open_files: 256,
            ..Self::run()
        }
    }

    /// The limits for a syntax check by such a runtime.
    pub fn compile_managed() -> Self {
        Self {
            address_bytes: UNLIMITED,
            data_bytes: 2048 * MIB,
            processes: 64,
            ..Self::compile()
        }
    }

    /// The limits for a compiler that optimises across a whole library: Rust, Go.
    pub fn compile_large() -> Self {
        Self {
            cpu: Duration::from_secs(30),
            wall: Duration::from_secs(61),
            memory_bytes: 2048 * MIB,
            address_bytes: UNLIMITED,
            data_bytes: 3072 * MIB,
            processes: 128,
            file_bytes: 256 * MIB,
            scratch_bytes: 512 * MIB,
            scratch_inodes: 16_384,
            open_files: 1024,
            ..Self::compile()
        }
    }

    /// The same limits where work takes longer.
    #[must_use]
    pub fn at(&self, pace: Pace) -> Self {
        Self {
            cpu: self.cpu * pace.factor(),
            wall: self.wall * pace.factor(),
            ..self.clone()
        }
    }

    /// The same limits with room for these files: how large a program is must not decide whether it can be
    /// started.
    pub(crate) fn with_room_for(&self, files: &[File]) -> Self {
        let page = rustix::param::page_size() as u64;
        let pages = files
            .iter()
            .map(|file| (file.bytes.len() as u64).next_multiple_of(page));
        Self {
            scratch_bytes: self.scratch_bytes.saturating_add(pages.sum()),
            ..self.clone()
        }
    }

    /// Where the watch kills: a tenth above the memory limit.
    pub(crate) fn memory_kill_bytes(&self) -> u64 {
        self.memory_bytes + self.memory_bytes / 10
    }
}
