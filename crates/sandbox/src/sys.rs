//! The system calls that no library makes without allocating: the only file with `unsafe`.
//!
//! `fork_zygote` is for the supervisor; the rest is for the zygote and for what it clones. They descend
//! from a fork of a process that may have had many threads, where a lock held by another thread stays
//! held for ever. Therefore everything here is async-signal-safe: raw system calls on memory made before the clone, with no
//! allocation, no lock, no formatting and no panic.
//! What `rustix` offers with the same property is taken from there.
//!
//! Sources: the man pages of each call in section 2; the kernel's `include/uapi/linux/landlock.h`.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::raw::{c_char, c_int, c_long};

use rustix::io::Errno;

use crate::inside::Reach;
use crate::plan::PEER;

/// The namespaces of one run: every kind that an unprivileged process can make.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Handled signals go back to their default in the child, at the moment of the clone
/// (`linux/sched.h`; the libc crate has no name for it).
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;

/// The last error of this thread. Nothing here allocates: an `io::Error` of the system is a number.
fn errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

/// Turns a system call's answer into a result.
fn answer(value: c_long) -> Result<c_long, Errno> {
    if value < 0 { Err(errno()) } else { Ok(value) }
}

/// Ends the process at once when it is dropped: a panic in the child must never unwind into the
/// copy of the supervisor's stack.
struct NeverReturn;

impl Drop for NeverReturn {
    fn drop(&mut self) {
        exit(70);
    }
}

/// A process made by [`clone_cell`].
pub(crate) struct Cloned {
    /// Its number in the supervisor's pid namespace; it stays reserved until the process is reaped.
    pub(crate) pid: i32,
    /// A handle that names this process and no later one.
    pub(crate) pidfd: OwnedFd,
}

/// Goes on as `child` when `made` says that this is the new process, and never comes back from there.
fn part<T>(made: c_long, child: fn(&T), with: &T) -> Result<i32, Errno> {
    if answer(made)? == 0 {
        let _end = NeverReturn;
        child(with);
        exit(70);
    }
    Ok(made as i32)
}

/// Starts `child` in a copy of this process inside fresh namespaces of all seven kinds.
///
/// `child` may only do what an async-signal handler may do, and must end the process itself.
pub(crate) fn clone_cell<T>(child: fn(&T), with: &T) -> Result<Cloned, Errno> {
    let mut pidfd: c_int = -1;
    // SAFETY: without CLONE_VM and with no stack given, clone3 is a fork: the child continues here on
    // a private copy of this stack. All zero is a valid argument; it outlives the call and has the
    // size that is passed.
    let made = unsafe {
        let mut args: libc::clone_args = std::mem::zeroed();
        args.flags = NAMESPACES as u64 | libc::CLONE_PIDFD as u64 | CLONE_CLEAR_SIGHAND;
        args.pidfd = (&raw mut pidfd) as u64;
        args.exit_signal = libc::SIGCHLD as u64;
        libc::syscall(
            libc::SYS_clone3,
            &raw mut args,
            size_of::<libc::clone_args>(),
        )
    };
    let pid = part(made, child, with)?;
    // SAFETY: the kernel wrote a new descriptor that nothing else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Cloned { pid, pidfd })
}

/// Forks inside the cell, without glibc's fork, which takes allocator and atfork locks.
pub(crate) fn fork_inside<T>(child: fn(&T), with: &T) -> Result<(), Errno> {
    // SAFETY: a clone with only an exit signal is a fork; no pointer is handed to the kernel.
    let made = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD as c_long, 0, 0, 0, 0) };
    part(made, child, with).map(drop)
}

/// Forks this process by the libc's own fork, which leaves its allocator usable in the child even when
/// other threads were in it (glibc, and musl since 1.2.2). Other locks stay as they were: `child` may
/// allocate, but may not print, log or touch the environment. It must end the process itself.
pub(crate) fn fork_zygote<T>(child: fn(&T), with: &T) -> Result<i32, Errno> {
    // SAFETY: the child runs only `child` and ends.
    part(c_long::from(unsafe { libc::fork() }), child, with)
}

/// Lets the kernel reap the children of this process by itself.
pub(crate) fn ignore_children() {
    // SAFETY: SIG_IGN is a valid disposition.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
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

/// Puts the connection with the counterpart where the program expects it, open across the exec.
pub(crate) fn become_peer(connection: &OwnedFd) -> Result<(), Errno> {
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

/// An argument or environment list in the form that exec takes, made before the clone.
pub(crate) struct Strings {
    owned: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl Strings {
    /// Prepares the list; the pointers stay valid as long as the value lives.
    pub(crate) fn new(owned: Vec<CString>) -> Self {
        let mut pointers: Vec<_> = owned.iter().map(|one| one.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Self { owned, pointers }
    }

    /// The first string: the path of the program.
    pub(crate) fn first(&self) -> Option<&CStr> {
        self.owned.first().map(CString::as_c_str)
    }
}

/// Replaces the process by the program; returns only to say why not.
pub(crate) fn exec(argv: &Strings, env: &Strings) -> Errno {
    let Some(path) = argv.first() else {
        return Errno::NOENT;
    };
    // SAFETY: both lists end in a null pointer and point into strings that `argv` and `env` own.
    unsafe {
        libc::execve(path.as_ptr(), argv.pointers.as_ptr(), env.pointers.as_ptr());
    }
    errno()
}
