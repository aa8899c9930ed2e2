//! What is denied to programs where no namespaces stand between them and the host (tier T2).
//!
//! Landlock confines what is opened, but not what is done to a file by its name or its owner, and not what
//! a process does to others of the same user. So this denies: sockets other than unnamed pairs; modes,
//! owners, times and attributes of files, for the program may be the owner of files outside; priorities and
//! processors of others; and leaving the process group, because the whole group is what is killed.

use libc::sock_filter;

use super::rules::{Asks, Rule};
use super::{ALLOW, JUMP_EQUAL, LOAD, OFFSET_NUMBER, RETURN, error, jump, one};

/// Denied whatever the arguments.
pub(super) const DENIED: &[i64] = &[
    // Sockets that could reach somebody. A pair without names cannot, and stays.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Files by name or owner.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    452, // fchmodat2
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    // The process group.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_ioprio_set,
];

/// Denied under a condition.
pub(super) const RULES: &[Rule] = &[
    // Space that is taken in no time, so that no look could be in time. Who asks for it can go without.
    Rule {
        number: libc::SYS_fallocate,
        argument: 0,
        asks: Asks::OneOf(&[]),
        otherwise: libc::EOPNOTSUPP,
    },
    Rule {
        number: libc::SYS_socketpair,
        argument: 0,
        asks: Asks::OneOf(&[libc::AF_UNIX as u32]),
        otherwise: libc::EACCES,
    },
    Rule {
        number: libc::SYS_sendto,
        argument: 5,
        // The length of an address: what has none goes to the other end of the pair.
        asks: Asks::OneOf(&[0]),
        otherwise: libc::EACCES,
    },
    Rule {
        number: libc::SYS_prctl,
        argument: 0,
        // PR_SET_DUMPABLE: a process that cannot be looked into cannot be watched.
        asks: Asks::NoneOf(&[libc::PR_SET_DUMPABLE as u32]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_sched_setaffinity,
        argument: 0,
        asks: Asks::OneOf(&[0]),
        otherwise: libc::EPERM,
    },
    // Its own priority and nobody else's.
    Rule {
        number: libc::SYS_setpriority,
        argument: 0,
        asks: Asks::OneOf(&[libc::PRIO_PROCESS]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_setpriority,
        argument: 1,
        asks: Asks::OneOf(&[0]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_fcntl,
        argument: 1,
        // F_SETOWN, F_SETSIG, F_SETOWN_EX: signals of one's choice to another process.
        asks: Asks::NoneOf(&[8, 10, 15]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_ioctl,
        argument: 1,
        // FIOSETOWN, SIOCSPGRP: the same by another name.
        asks: Asks::NoneOf(&[0x8901, 0x8902]),
        otherwise: libc::EPERM,
    },
];

/// The calls that send a signal to the process that their first argument names.
const SIGNALS: [i64; 5] = [
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
];

const OWN: usize = SIGNALS.len() + 6;

/// A filter of [`own_signals`].
pub(super) type OwnSignals = [sock_filter; OWN];

/// A filter that lets a process signal nobody but itself, for kernels whose Landlock does not stop signals.
/// It is made after the fork, because it holds the process's own number; what that process forks can then
/// signal nobody at all, itself included.
pub(crate) const fn own_signals(process: u32) -> OwnSignals {
    let mut code = [error(libc::EPERM); OWN];
    code[0] = one(LOAD, OFFSET_NUMBER);
    let mut at = 0;
    while at < SIGNALS.len() {
        let to_the_argument = SIGNALS.len() - at;
        code[1 + at] = jump(JUMP_EQUAL, SIGNALS[at] as u32, to_the_argument as u8, 0);
        at += 1;
    }
    code[1 + at] = one(RETURN, ALLOW);
    code[2 + at] = one(LOAD, 16);
    code[3 + at] = jump(JUMP_EQUAL, process, 0, 1);
    code[4 + at] = one(RETURN, ALLOW);
    code
}
