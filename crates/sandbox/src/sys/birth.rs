//! How processes begin here: by clones into namespaces, by the libc's fork once, and by exec.

use std::ffi::{CStr, CString};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::raw::{c_char, c_int, c_long, c_void};

use rustix::io::Errno;

use super::{answer, errno, exit};

/// Namespaces that a clone is put into; none of them for one that stays in its parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Namespaces(c_int);

impl Namespaces {
    pub(crate) const NONE: Self = Self(0);
    /// Those of a cell. Its processes stay in the host's pid namespace; each run gets its own.
    pub(crate) const CELL: Self = Self(CELL);
    /// Those of a run.
    pub(crate) const RUN: Self = Self(RUN);
}

const CELL: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

const RUN: c_int = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC;

/// Ends the process at once when it is dropped: a panic in the child must never unwind into the
/// copy of the supervisor's stack.
struct NeverReturn;

impl Drop for NeverReturn {
    fn drop(&mut self) {
        exit(70);
    }
}

/// A process with its handle.
pub(crate) struct Cloned {
    /// Its number in the supervisor's pid namespace.
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

/// Starts `child` in a copy of this process inside these namespaces. Not by `clone3`, which containers deny
/// whose filter cannot see its flags.
///
/// `child` may only do what [`fork_boxes`] allows its own, and must end the process itself.
pub(crate) fn clone_cell<T>(
    child: fn(&T),
    with: &T,
    namespaces: Namespaces,
) -> Result<Cloned, Errno> {
    let mut pidfd: c_int = -1;
    let flags = namespaces.0 | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: without CLONE_VM and with no stack given, clone is a fork: the child continues here on a
    // private copy of this stack. The handle is written to the third argument on both architectures; the
    // others are not read.
    let made = unsafe {
        let (none, pidfd) = (0_usize, &raw mut pidfd);
        libc::syscall(
            libc::SYS_clone,
            c_long::from(flags),
            none,
            pidfd,
            none,
            none,
        )
    };
    let pid = part(made, child, with)?;
    // SAFETY: the kernel wrote a new descriptor that nothing else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Cloned { pid, pidfd })
}

/// Memory for the calls of a process that shares the rest with its parent.
pub(crate) struct Stack(Box<[u8]>);

impl Stack {
    /// Room for a few small calls.
    pub(crate) fn new() -> Self {
        Self(vec![0; 128 * 1024].into())
    }

    /// Its aligned upper end, where a stack begins.
    fn top(&self) -> *mut c_void {
        let end = self.0.as_ptr_range().end;
        // SAFETY: the stack is longer than 16 bytes, so the pointer stays within it.
        unsafe { end.sub(end.addr() % 16).cast_mut().cast() }
    }
}

/// What a process that shares its parent's memory shall do. It is read from there, so it lives with the
/// parent until the process is gone or has executed.
pub(crate) struct Call<'a, T> {
    child: fn(&T),
    with: &'a T,
    stack: &'a Stack,
}

impl<'a, T> Call<'a, T> {
    /// `child` may only do what an async-signal handler may do, on `stack`, which nobody else uses
    /// meanwhile, and must execute or end the process itself.
    pub(crate) fn new(child: fn(&T), with: &'a T, stack: &'a Stack) -> Self {
        Self { child, with, stack }
    }

    extern "C" fn begin(call: *mut c_void) -> c_int {
        let _end = NeverReturn;
        // SAFETY: the pointer that `clone` below was given, to a call that lives as long as this process.
        let call = unsafe { &*call.cast::<Self>() };
        (call.child)(call.with);
        exit(70);
    }

    fn clone(&self, flags: c_int, pidfd: &mut c_int) -> Result<i32, Errno> {
        let with = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the stack grows downwards from its aligned end and is this call's alone; `pidfd` is
        // written before the call returns.
        let made = unsafe {
            libc::clone(
                Self::begin,
                self.stack.top(),
                flags | libc::CLONE_VM | libc::SIGCHLD,
                with,
                std::ptr::from_mut(pidfd),
            )
        };
        answer(c_long::from(made)).map(|pid| pid as i32)
    }

    /// Starts it in this very memory inside these namespaces, which saves copying the page tables
    /// and taking the copy down. The caller keeps what the call reads alive and unchanged until the process
    /// is gone.
    pub(crate) fn begin_run(&self, namespaces: Namespaces) -> Result<Cloned, Errno> {
        let mut pidfd = -1;
        let pid = self.clone(namespaces.0 | libc::CLONE_PIDFD, &mut pidfd)?;
        // SAFETY: the kernel wrote a new descriptor that nothing else owns.
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        Ok(Cloned { pid, pidfd })
    }

    /// Starts it in this very memory and waits until it has executed a program or ended. Returns its number.
    pub(crate) fn spawn(&self) -> Result<i32, Errno> {
        self.clone(libc::CLONE_VFORK, &mut -1)
    }
}

/// Forks this process by the libc's own fork, which leaves its allocator usable in the child even when
/// other threads were in it (glibc, and musl since 1.2.2). Other locks stay as they were: `child` may
/// allocate, but may not print, log or touch the environment. It must end the process itself.
pub(crate) fn fork_boxes<T>(child: fn(&T), with: &T) -> Result<i32, Errno> {
    // SAFETY: the child runs only `child` and ends.
    part(c_long::from(unsafe { libc::fork() }), child, with)
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
