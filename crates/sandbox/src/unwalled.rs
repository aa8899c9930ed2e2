//! A cell without namespaces (tier T2), for kernels and containers that refuse them.
//!
//! What stands between a program and the host is then: Landlock, which grants the list of the layout and the
//! scratch folder and nothing else; a sterner filter (`seccomp::unwalled`); an unused user number where we
//! are root; rlimits and the watch. The way of a run is the same as ever: warden, init, program. What differs:
//!
//! - The program's process itself puts up the last two layers, after it has begun a session and with it a
//!   process group. From then on nobody in the tree can leave that group, for the filter denies it, and the
//!   kernel signals a whole group in one step that no fork slips through. So killing the group kills all.
//! - Whoever loses its parent is adopted by the init, which reaps; by the warden, should the init be lost; and
//!   by the process that makes the cells, should both be. Each of them ends what it finds ([`sweep`]).
//! - The init stands outside of the program's Landlock domain, so that the program cannot signal it. Before
//!   version 6 Landlock does not stop signals; then one more filter lets the program signal only itself.
//!
//! What this does not keep in is said in the badge ([`exceptions`]).

use std::fs;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::{Gid, Uid};

use crate::boxes::Site;
use crate::identity::Standing;
use crate::landlock::SCOPES_SIGNALS;
use crate::sys::{self, Cloned};

/// Becomes the user that the programs of this cell are.
pub(crate) fn take_identity(site: &Site<'_>) -> Result<(), Errno> {
    match sys::drop_bounding_set() {
        // Whoever may not drop it may not use it either: nobody gets new privileges.
        Ok(()) | Err(Errno::PERM) => {}
        Err(refused) => return Err(refused),
    }
    if let Some((uid, gid)) = site.template.standing.owner(site.slot) {
        let (gid, uid) = (Gid::from_raw(gid), Uid::from_raw(uid));
        rustix::thread::set_thread_groups(&[])?;
        rustix::thread::set_thread_res_gid(gid, gid, gid)?;
        rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    }
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    rustix::process::chdir(site.folder.as_c_str())
}

/// Becomes the one to whom everybody below falls who loses its parent.
pub(crate) fn adopt() -> Result<(), Errno> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
}

/// Ends every child but these, each with its whole process group, and returns when they are gone.
pub(crate) fn sweep(keep: &[i32]) {
    // While none is reaped by the kernel, a number that is listed is that child's, and its group's.
    sys::notice_children();
    loop {
        let list = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let children = list
            .split_ascii_whitespace()
            .filter_map(|word| word.parse().ok());
        let strays: Vec<i32> = children.filter(|child| !keep.contains(child)).collect();
        for stray in strays.iter().filter_map(|&stray| Pid::from_raw(stray)) {
            end(stray);
        }
        while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some(_))) {}
        if strays.is_empty() {
            break;
        }
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        let _ = poll(&mut [], Some(&moment));
    }
    sys::ignore_children();
}

fn end(stray: Pid) {
    let own = rustix::process::getpgrp();
    if let Ok(group) = rustix::process::getpgid(Some(stray))
        && group != own
    {
        sys::kill_group(group.as_raw_nonzero().get());
    }
    let _ = rustix::process::kill_process(stray, Signal::KILL);
}

/// Waits for news on the socket beside these wardens. When one of them ends, what it left is ended. True
/// if it was the socket.
pub(crate) fn wait_beside(socket: &OwnedFd, wardens: &mut Vec<Cloned>) -> Result<bool, Errno> {
    let all = wardens.iter().map(|warden| &warden.pidfd).chain([socket]);
    let mut fds: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
    match poll(&mut fds, None) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(false),
        Err(errno) => return Err(errno),
    }
    let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
    let mut at = 0;
    wardens.retain(|_| {
        at += 1;
        !ready[at - 1]
    });
    if ready.len() > wardens.len() + 1 {
        sweep_beside(wardens);
    }
    Ok(ready.last() == Some(&true))
}

fn sweep_beside(wardens: &[Cloned]) {
    let keep: Vec<i32> = wardens.iter().map(|warden| warden.pid).collect();
    sweep(&keep);
}

/// Waits until these wardens have ended, and ends what they left.
pub(crate) fn outlive(wardens: Vec<Cloned>) {
    for warden in &wardens {
        let mut fds = [PollFd::new(&warden.pidfd, PollFlags::IN)];
        while !matches!(poll(&mut fds, None), Ok(1..)) {}
    }
    sweep(&[]);
}

/// What T3 keeps in and this does not.
pub(crate) fn exceptions(standing: Standing, landlock_abi: u32) -> Vec<String> {
    let mut all = vec![
        "names, sizes, owners and times of the host's files can be asked for; their content cannot be read",
        "process numbers of the host can be asked for: which exist, and whose session they belong to",
        "the host's name can be read, and that there is a network; nothing can be sent",
        "the size of the scratch folder is looked at every 20 ms and not enforced; files without a name are not seen",
        "programs cannot change modes, owners, times or attributes of files, begin a session or make named sockets",
        "no interpreter is kept warm: each program starts its own",
        "packages that are installed for Python can be read, though not imported: so can a benchmark's, if it is among them",
    ];
    match standing {
        Standing::Root(_) => {
            all.push("toolchains in folders that other users may not enter cannot be used");
        }
        Standing::User { .. } => {
            all.push("programs run as this user: only Landlock and the filter stand between them and its files");
            all.push("processes of a program are counted by the watch every 20 ms, not limited by the kernel");
        }
    }
    if landlock_abi < SCOPES_SIGNALS {
        all.push("a program's children can signal nobody, themselves included: an abort() of theirs looks like SIGSEGV or SIGTRAP");
    }
    all.into_iter().map(str::to_owned).collect()
}
