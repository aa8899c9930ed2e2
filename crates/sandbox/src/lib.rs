//! Running programs that nobody has read.
//!
//! A model writes a program; a compiler reads it, and then it runs. Both are done in a box: compiling is
//! the same threat as running. Nothing here is ever run outside of one, and there is no switch for it.
//!
//! # What the box keeps in (tier T3, Linux)
//!
//! - Files: an empty read-only root with the system's programs and libraries; no home, no `/proc`, no
//!   sockets of the host; a scratch folder in memory with caps on bytes and files.
//! - Processes: a pid namespace of its own, so nothing outside can be seen, signalled or traced; when a
//!   verdict is given, every process of the program is gone and reaped.
//! - Network: an empty network namespace, and only local sockets can be made at all.
//! - The kernel: no capabilities, no new privileges, no nested namespaces, a filter over rare system
//!   calls, Landlock as a second lock on files where the kernel has it.
//! - The machine: CPU time of the tree, wall time, processes, address space of each process, touched
//!   memory of the tree, output, file sizes, open files. The environment is a list of constants.
//!
//! It works as root (programs become a user number that nobody has) and as an ordinary user.
//!
//! Where this process has a control group of version 2 to divide, each run has a leaf of its own (`group`), and
//! memory and processes of the whole tree are limits of the kernel: tier T4.
//!
//! Where the kernel refuses namespaces there is tier T2, by Landlock, a sterner filter and a process group that
//! nobody can leave (`unwalled`); [`Badge::exceptions`] lists what it does not keep in. Below it nothing runs.
//!
//! # What it does not keep in
//!
//! - A bug of the kernel that the allowed system calls can reach, and side channels of the processor
//!   (timing, caches, the `cpuid` instruction). For programs that attack on purpose, use a machine.
//! - Memory of the whole tree as a hard limit, below T4: there it is watched every 20 ms, so a
//!   burst of several processes can overshoot for that long. One process alone meets its address space
//!   limit in the kernel. The scratch folder lives in memory beside the memory limit.
//! - Saturation of memory bandwidth and shared caches: it slows neighbours down, within the limits.
//! - CPU time of a process whose parent ignores SIGCHLD, below T4: it is seen only while it lives; the wall
//!   limit bounds it.
//! - What a program says. Exit code 0 and printed words are claims of the program, never evidence; the
//!   checker must not share the box with the candidate.
//! - Programs that need `/proc`, `/dev/stdin`, `/dev/shm` or a network find none.
//! - Kernel name and version, the processor's model and the number of cores can be read.
//!
//! # How it is built
//!
//! When a [`Cell`] is opened, a small process is forked that makes the cells from then on, so that a
//! supervisor with gigabytes of memory is not copied for each of them. A cell has its own user, mount, net,
//! ipc, uts and cgroup namespaces, its own user number, a minimal read-only root, and a process that lives
//! in it, the warden. There are as many as there were ever runs at once; two runs never share one at a time, and
//! after any fault a cell is thrown away.
//!
//! Each run is a clone of the warden into fresh pid, ipc and mount namespaces.
//! That clone is the run's init: it mounts a fresh scratch folder, gives up every capability, confines itself by
//! Landlock and a second filter, starts the program as process 2, reaps what it leaves and collects the wanted
//! files. The supervisor watches streams, deadlines and the tree. A program may also begin as a fork of a warm
//! interpreter of the cell ([`Warm`]), under the same init, layers and limits. A program of ours may stay in its
//! box and answer one question after another ([`Sandbox::consult`]).
//!
//! Open the sandbox early: what the process holds then is what the small process copies.

#![allow(
    clippy::disallowed_methods,
    reason = "this crate is where programs are started"
)]

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!("the sandbox is built for Linux on x86-64 and arm64 only");

mod badge;
mod boxes;
mod cell;
mod clock;
mod cost;
mod fault;
mod fittings;
mod fresh;
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod identity;
mod infant;
mod init;
mod inside;
mod landlock;
mod layout;
mod limits;
mod line;
mod nursery;
mod order;
mod outcome;
mod pace;
mod packet;
mod plan;
mod pool;
mod probe;
mod program;
mod report;
mod request;
mod resident;
mod scratch;
mod scripted;
mod seccomp;
mod stream;
mod supervise;
#[allow(
    unsafe_code,
    reason = "the system calls that no library offers without allocating"
)]
mod sys;
mod template;
pub mod toolchain;
mod tree;
mod unwalled;
mod verdict;
mod warden;

pub use badge::{Badge, Tier};
pub use cell::Cell;
pub use cost::{SpawnCost, spawn_cost};
pub use fault::{Fault, Step};
pub use fittings::{Fittings, Warm};
pub use group::Used;
pub use layout::check_readable;
pub use limits::{LIMITS_PROFILE, Limits};
pub use nursery::DRIVER_TEXT;
pub use pace::Pace;
pub use probe::{Check, Held, probe};
pub use program::{Captured, Ending, File, Mode, Outcome, Profile, Program};
pub use scripted::Scripted;

/// A place where programs run that nobody has read.
pub trait Sandbox: Send + Sync {
    /// Runs one program to its end or to a limit, and returns when nothing of it is left.
    ///
    /// # Errors
    ///
    /// A fault of the harness, never of the program: then there is no verdict.
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault>;

    /// Runs two programs side by side, each in a box of its own, until both are gone.
    ///
    /// Descriptor 3 of each is one end of a stream socket between them; nothing else connects them. When
    /// one ends its end closes and the other reads the end of file; each has its own deadlines.
    ///
    /// # Errors
    ///
    /// A fault of the harness for either of them: then there is no verdict on both.
    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault>;

    /// Has a resident answer a question about a program that runs meanwhile.
    ///
    /// As [`Sandbox::converse`], but the second program stays in its box when it has answered, for the next
    /// question. Descriptor 3 of the first is its end of a stream socket. Descriptor 3 of the resident is a socket that
    /// keeps packets apart, on which it gets the question with the other end of that connection as a descriptor,
    /// and on which it answers: packets that begin with `+`, the last one with `.`. It has its limits of time for each
    /// question. Its standard output in the outcome is the answer.
    ///
    /// A resident must be one that no question and no asker can change for the next: that is the caller's to
    /// see to. `None` if nobody can stay here or no answer came; then [`Sandbox::converse`] decides.
    ///
    /// # Errors
    ///
    /// A fault of the harness.
    fn consult(
        &self,
        _asker: (&Program, &Limits),
        _resident: (&Program, &Limits),
        _question: &[u8],
    ) -> Result<Option<[Outcome; 2]>, Fault> {
        Ok(None)
    }

    /// The containment that the ways of running give.
    fn badge(&self) -> &Badge;
}
