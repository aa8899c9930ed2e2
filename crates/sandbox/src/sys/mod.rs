//! The system calls that no library makes without allocating: the only folder with `unsafe`.
//!
//! `fork_boxes` is for the supervisor; the rest is for what descends from it: forks of a process that may
//! have had many threads, where a lock held by another thread stays held for ever. Therefore everything here
//! is async-signal-safe: raw system calls on memory made before the clone, with no allocation, no lock, no
//! formatting and no panic. What `rustix` offers with the same property is taken from there.
//!
//! Sources: the man pages of each call in section 2; the kernel's `include/uapi/linux/landlock.h`.

mod birth;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::raw::{c_int, c_long};

use rustix::io::Errno;
use rustix::process::Pid;

pub(crate) use birth::{Call, Cloned, Namespaces, Stack, Strings, clone_cell, exec, fork_boxes};

use crate::inside::Reach;
use crate::plan::PEER;

/// The last error of this thread. Nothing here allocates: an `io::Error` of the system is a number.
fn errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

/// Turns a system call's answer into a result.
fn answer(value: c_long) -> Result<c_long, Errno> {
    if value < 0 { Err(errno()) } else { Ok(value) }
}

/// Lets the kernel reap the children of this process by itself.
pub(crate) fn ignore_children() {
    // SAFETY: SIG_IGN is a valid disposition.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
    }
}

/// Undoes [`ignore_children`] in a process that has children to reap.
pub(crate) fn notice_children() {
    // SAFETY: SIG_DFL is a valid disposition.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

/// Ends the process without running any exit handler.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: _exit has no precondition.
    unsafe { libc::_exit(code) }
}

/// Puts every signal back to its default, also those that the supervisor ignores (Rust ignores
/// SIGPIPE), which a clone and an exec would otherwise hand on.
pub(crate) fn default_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL is a valid disposition; refusals (SIGKILL, SIGSTOP, 32, 33) change nothing.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

fn block(signals: &[c_int]) -> libc::sigset_t {
    // SAFETY: `set` is initialised by sigemptyset before use and outlives the call.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for &signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
        set
    }
}

/// Blocks SIGCHLD and returns a descriptor that is readable while a child waits to be reaped.
pub(crate) fn child_signals() -> Result<OwnedFd, Errno> {
    let set = block(&[libc::SIGCHLD]);
    // SAFETY: `set` is initialised; a descriptor that is returned is fresh and owned by nobody.
    unsafe {
        let fd = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        answer(c_long::from(fd))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Lets every signal through again (an exec would hand a blocked mask on).
pub(crate) fn unblock_signals() {
    block(&[]);
}

fn close_range(first: u32, last: u32, flags: u32) -> Result<(), Errno> {
    // SAFETY: only called in a child that owns nothing it will drop: it leaves by exec or _exit.
    answer(unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) }).map(drop)
}

/// Closes every descriptor but `keep`, which must be sorted.
pub(crate) fn close_except(keep: &[RawFd]) -> Result<(), Errno> {
    let mut first = 0_u32;
    for &fd in keep {
        let fd = fd as u32;
        if fd > first {
            close_range(first, fd - 1, 0)?;
        }
        first = fd + 1;
    }
    close_range(first, u32::MAX, 0)
}

/// Marks every descriptor from 3 upwards to be closed by the exec.
pub(crate) fn close_on_exec() -> Result<(), Errno> {
    close_range(3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC)
}

/// A descriptor by its number, for the copy of the table that a clone has. It has to be open.
pub(crate) fn borrowed(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: whoever owns it does not close it in this copy of the table while it is used; a number that
    // is not open is answered with an error.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Lets the next program that is executed keep what this process may do: to mount and to change roots.
pub(crate) fn keep_capabilities() -> Result<(), Errno> {
    const SYS_CHROOT: c_int = 18;
    const SYS_ADMIN: c_int = 21;
    for capability in [SYS_CHROOT, SYS_ADMIN] {
        // SAFETY: PR_CAP_AMBIENT takes numbers.
        answer(c_long::from(unsafe {
            libc::prctl(
                libc::PR_CAP_AMBIENT,
                libc::PR_CAP_AMBIENT_RAISE,
                capability,
                0,
                0,
            )
        }))?;
    }
    Ok(())
}

/// Puts the connection with the counterpart where the program expects it, open across the exec.
pub(crate) fn become_peer(connection: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: dup2 takes two numbers; what lay at the second is closed, and nothing of ours is owned there.
    answer(c_long::from(unsafe {
        libc::dup2(connection.as_raw_fd(), PEER)
    }))
    .map(drop)
}

/// Adds mount attributes (`MOUNT_ATTR_*`) to the mount at `fd`, and to all beneath it if asked.
pub(crate) fn restrict_mount(fd: &OwnedFd, attributes: u64, reach: Reach) -> Result<(), Errno> {
    let mut attr = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = match reach {
        Reach::Mount => libc::AT_EMPTY_PATH,
        Reach::Tree => libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
    };
    // SAFETY: `attr` lives through the call and its true size is passed.
    answer(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw mut attr,
            size_of::<libc::mount_attr>(),
        )
    })
    .map(drop)
}

/// Empties the bounding set of capabilities: no later exec can gain one.
pub(crate) fn drop_bounding_set() -> Result<(), Errno> {
    for capability in 0..64_u64 {
        // SAFETY: PR_CAPBSET_DROP takes one number.
        match answer(c_long::from(unsafe {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0)
        })) {
            Ok(_) => {}
            // The kernel knows no capability of this number, nor a higher one.
            Err(Errno::INVAL) if capability > 0 => return Ok(()),
            Err(refused) => return Err(refused),
        }
    }
    Ok(())
}

/// The Landlock version of the running kernel, or 0 where it has none.
pub(crate) fn landlock_abi() -> u32 {
    // SAFETY: with a null attribute and the version flag the call only answers a number.
    let abi = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0,
            1,
        )
    };
    u32::try_from(abi).unwrap_or(0)
}

/// The attribute of `landlock_create_ruleset`: the rights that are denied unless a rule grants them.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LandlockHandled {
    /// Rights on files.
    pub(crate) files: u64,
    /// Rights on TCP ports.
    pub(crate) ports: u64,
    /// Scopes: abstract sockets and signals.
    pub(crate) scopes: u64,
}

/// Makes a ruleset; `size` is the length of the attribute that this kernel knows.
pub(crate) fn landlock_ruleset(handled: &LandlockHandled, size: usize) -> Result<OwnedFd, Errno> {
    let size = size.min(size_of::<LandlockHandled>());
    // SAFETY: the attribute lives through the call and `size` does not exceed it.
    let fd = answer(unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::from_ref(handled),
            size,
            0,
        )
    })?;
    // SAFETY: the kernel returned a new descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Grants `rights` beneath the open directory `under`.
pub(crate) fn landlock_allow(ruleset: &OwnedFd, under: &OwnedFd, rights: u64) -> Result<(), Errno> {
    #[repr(C, packed)]
    struct Beneath {
        rights: u64,
        parent: i32,
    }
    let rule = Beneath {
        rights,
        parent: under.as_raw_fd(),
    };
    // SAFETY: rule type 1 (path beneath) takes this packed structure, which lives through the call.
    answer(unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            1,
            &raw const rule,
            0,
        )
    })
    .map(drop)
}

/// Confines this process and all its later children to the ruleset, for ever.
pub(crate) fn landlock_confine(ruleset: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: the call takes a descriptor and flags.
    answer(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) })
        .map(drop)
}

/// Installs a system call filter, for ever.
pub(crate) fn install_filter(filter: &[libc::sock_filter]) -> Result<(), Errno> {
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).map_err(|_| Errno::INVAL)?,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: `program` points at `filter.len()` instructions and the kernel only reads them.
    answer(c_long::from(unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
            0,
            0,
        )
    }))
    .map(drop)
}

/// Kills every process of this pid namespace but the caller. Only for the namespace's init.
pub(crate) fn kill_all() {
    // SAFETY: kill takes two numbers. Outside a pid namespace of its own -1 would reach the host, so
    // this refuses unless the caller is process 1.
    unsafe {
        if libc::getpid() == 1 {
            libc::kill(-1, libc::SIGKILL);
        }
    }
}

/// A child that has ended and is not reaped yet, if there is one.
pub(crate) fn ended_child() -> Option<Pid> {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: an all-zero siginfo is valid and names no process; waitid fills it.
    let found = unsafe {
        let mut found: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_ALL, 0, &raw mut found, options);
        found.si_pid()
    };
    Pid::from_raw(found)
}

/// Kills every process of the group that `leader` leads. The caller has not reaped the leader, so the number
/// is that group's and no other's; where there is no such group, nothing happens.
pub(crate) fn kill_group(leader: i32) {
    // SAFETY: kill takes two numbers. -1 and 0 would mean others than a group.
    unsafe {
        if leader > 1 {
            libc::kill(-leader, libc::SIGKILL);
        }
    }
}

/// What the reaped children of this process used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time together, in nanoseconds.
    pub(crate) cpu_ns: u64,
    /// The largest resident set of any one of them, in bytes.
    pub(crate) max_rss_bytes: u64,
}

/// Whose usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The calling process.
    Own,
    /// Its reaped children and theirs.
    Children,
}

/// Asks the kernel for resource usage.
pub(crate) fn usage(whose: Whose) -> Usage {
    let who = match whose {
        Whose::Own => libc::RUSAGE_SELF,
        Whose::Children => libc::RUSAGE_CHILDREN,
    };
    // SAFETY: an all-zero rusage is valid, and getrusage fills it; with these arguments it cannot fail.
    let raw = unsafe {
        let mut raw: libc::rusage = std::mem::zeroed();
        libc::getrusage(who, &raw mut raw);
        raw
    };
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1_000;
    Usage {
        cpu_ns: ns(raw.ru_utime) + ns(raw.ru_stime),
        max_rss_bytes: raw.ru_maxrss as u64 * 1024,
    }
}

/// CPU time that the threads of a process have used so far, in nanoseconds; nothing when it is gone.
pub(crate) fn cpu_ns_of(pid: i32) -> Option<u64> {
    // SAFETY: both calls fill what they are given; an all-zero timespec is valid.
    unsafe {
        let mut clock = 0;
        let mut time: libc::timespec = std::mem::zeroed();
        let is_read = libc::clock_getcpuclockid(pid, &raw mut clock) == 0
            && libc::clock_gettime(clock, &raw mut time) == 0;
        is_read.then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }
}
