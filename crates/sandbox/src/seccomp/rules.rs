//! What the filter denies: the tables that the assembler turns into instructions.
//!
//! A call is in one list only. What a rule cannot see (memory behind a pointer) is not asked here.

pub(super) const NAMESPACE_FLAGS: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32;

/// The number of the limit on core files.
pub(super) const CORE: u32 = libc::RLIMIT_CORE;

/// A sibling instead of a child: the parent of a warm interpreter's fork is outside of its box, so the
/// sibling's would be too; nothing would watch it, and nobody would reap it.
pub(super) const SIBLING: u32 = libc::CLONE_PARENT as u32;

/// What a rule asks of the low half of one argument.
pub(super) enum Asks {
    /// It is one of these.
    OneOf(&'static [u32]),
    /// It is none of these.
    NoneOf(&'static [u32]),
    /// It has none of these bits.
    NoBits(u32),
}

/// A call that is allowed under a condition on one argument.
pub(super) struct Rule {
    pub(super) number: i64,
    pub(super) argument: u32,
    pub(super) asks: Asks,
    pub(super) otherwise: i32,
}

/// Denied to programs; the warden makes its runs with it.
pub(super) const CLONE: Rule = Rule {
    number: libc::SYS_clone,
    argument: 0,
    asks: Asks::NoBits(NAMESPACE_FLAGS | SIBLING),
    otherwise: libc::EPERM,
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        number: libc::SYS_socket,
        argument: 0,
        asks: Asks::OneOf(&[libc::AF_UNIX as u32]),
        otherwise: libc::EACCES,
    },
    Rule {
        number: libc::SYS_getsockopt,
        argument: 2,
        // SO_PEERPIDFD: a handle of the process that made the connection.
        asks: Asks::NoneOf(&[77]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_setsockopt,
        argument: 2,
        // SO_PASSPIDFD: handles of the processes that write to it.
        asks: Asks::NoneOf(&[76]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_ioctl,
        argument: 1,
        // TIOCSTI and TIOCLINUX push characters into a terminal.
        asks: Asks::NoneOf(&[0x5412, 0x541C]),
        otherwise: libc::EPERM,
    },
    // Two questions on one call: the limit of somebody else, and the one of core files, of which only
    // the value that we set keeps a crash from starting the host's handler.
    Rule {
        number: libc::SYS_prlimit64,
        argument: 0,
        asks: Asks::OneOf(&[0]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_prlimit64,
        argument: 1,
        asks: Asks::NoneOf(&[CORE]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_setrlimit,
        argument: 0,
        asks: Asks::NoneOf(&[CORE]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_fcntl,
        argument: 1,
        // F_SETLEASE makes writers of the host wait; F_NOTIFY tells who uses its folders.
        asks: Asks::NoneOf(&[1024, 1026]),
        otherwise: libc::EPERM,
    },
    Rule {
        number: libc::SYS_personality,
        argument: 0,
        asks: Asks::OneOf(&[0, u32::MAX]),
        otherwise: libc::EPERM,
    },
];

/// Denied to every program and to the warden.
pub(super) const DENIED: &[i64] = &[
    // Reaching into other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // Large kernel machines with a long history.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_inotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_inotify_add_watch,
    // Mounts, roots and namespaces.
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    457, // statmount
    458, // listmount
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // The machine itself.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    // Shared memory that no limit counts, and queues.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_shmdt,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    447, // memfd_secret
    // Scheduling classes.
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setparam,
];

/// Denied to a candidate's program and open to a compiler.
pub(super) const DENIED_RUN: &[i64] = &[
    libc::SYS_memfd_create,
    // Descriptors on their way through sockets: one that holds the socket's own other end keeps a
    // connection open for ever, and the kernel's search for such circles was broken more than once.
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
];

/// Denied to every program and needed by the warden or a warm interpreter: a run's filter denies it.
pub(super) const NEEDED: &[i64] = &[libc::SYS_mount, libc::SYS_setns];
