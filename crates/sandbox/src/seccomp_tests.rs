//! The filter is read by an interpreter of its own, so that a wrong jump is seen here and not by a
//! program that slips through.

use super::rules::{NAMESPACE_FLAGS, SIBLING};
use super::*;

/// Interprets the instructions that the assembler uses, as the kernel does.
fn verdict(filter: &[sock_filter], arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut accumulator = 0_u32;
    let mut at = 0_usize;
    for _ in 0..filter.len() {
        let one = &filter[at];
        at += 1;
        let holds = match one.code {
            LOAD => {
                accumulator = match one.k {
                    0 => number,
                    4 => arch,
                    offset => {
                        let argument = arguments[(offset as usize - 16) / 8];
                        if offset % 8 == 0 {
                            argument as u32
                        } else {
                            (argument >> 32) as u32
                        }
                    }
                };
                continue;
            }
            RETURN => return one.k,
            JUMP_EQUAL => accumulator == one.k,
            JUMP_GREATER => accumulator > one.k,
            0x35 => accumulator >= one.k,
            JUMP_BITS => accumulator & one.k != 0,
            other => panic!("an instruction {other:#x} that the assembler should not make"),
        };
        at += usize::from(if holds { one.jt } else { one.jf });
    }
    panic!("the filter did not return");
}

/// What the kernel makes of the cell's filter and a run's: the sterner answer, and of two errors the one
/// of the filter that was installed last.
fn both(profile: Profile, arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    all(Tier::T3, profile, arch, (number, arguments))
}

fn all(tier: Tier, profile: Profile, arch: u32, (number, arguments): (u32, [u64; 6])) -> u32 {
    let filters = Filters::new(tier);
    let ours = verdict(filters.of(profile), arch, number, arguments);
    let cells = verdict(&filters.cell, arch, number, arguments);
    let sternness = |answer: u32| (answer & 0xFFFF_0000) as i32;
    if sternness(cells) < sternness(ours) {
        cells
    } else {
        ours
    }
}

fn run(number: i64, arguments: [u64; 6]) -> u32 {
    both(Profile::Run, ARCH, number as u32, arguments)
}

#[test]
fn the_warden_may_do_what_it_needs_and_nothing_more_than_that_differs() {
    let cell = Filters::new(Tier::T3).cell;
    for number in 0..NEWEST {
        let answer = verdict(&cell, ARCH, number, [u64::MAX; 6]);
        if answer != run(i64::from(number), [u64::MAX; 6]) {
            let mut known = NEEDED.iter().chain(DENIED_RUN).chain([&CLONE.number]);
            assert!(known.any(|&one| one == i64::from(number)), "call {number}");
            assert_eq!(answer, ALLOW);
        }
    }
}

const NONE: [u64; 6] = [0; 6];
const EPERM: u32 = ERROR | libc::EPERM as u32;
const ENOSYS: u32 = ERROR | libc::ENOSYS as u32;
const EACCES: u32 = ERROR | libc::EACCES as u32;

#[test]
fn every_path_of_the_filter_returns_for_every_number() {
    let both = [Tier::T2, Tier::T3].map(|tier| [(tier, Profile::Compile), (tier, Profile::Run)]);
    for (tier, profile) in both.concat() {
        let filters = Filters::new(tier);
        for filter in [&filters.cell[..], filters.of(profile)] {
            assert!(
                filter.len() < 4096,
                "the kernel takes at most 4096 instructions"
            );
            for number in 0..2000 {
                verdict(filter, ARCH, number, NONE);
                verdict(filter, ARCH, number, [u64::MAX; 6]);
            }
        }
    }
}

#[test]
fn what_ordinary_programs_need_is_allowed() {
    for number in [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_openat,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_brk,
        libc::SYS_execve,
        libc::SYS_wait4,
        libc::SYS_futex,
        libc::SYS_pipe2,
        libc::SYS_exit_group,
        libc::SYS_rt_sigaction,
        libc::SYS_close_range,
        libc::SYS_openat2,
        libc::SYS_getrandom,
        libc::SYS_rseq,
        libc::SYS_seccomp,
    ] {
        assert_eq!(run(number, NONE), ALLOW, "call {number}");
    }
}

#[test]
fn every_denied_call_is_denied_whatever_its_arguments() {
    for &number in DENIED.iter().chain(DENIED_RUN).chain(NEEDED) {
        for arguments in [NONE, [u64::MAX; 6]] {
            assert_eq!(run(number, arguments), EPERM, "call {number}");
        }
    }
}

#[test]
fn a_compiler_may_make_memory_files_and_a_candidate_may_not() {
    let number = libc::SYS_memfd_create as u32;
    assert_eq!(both(Profile::Compile, ARCH, number, NONE), ALLOW);
    assert_eq!(both(Profile::Run, ARCH, number, NONE), EPERM);
}

#[test]
fn a_foreign_entry_kills() {
    for arch in [0x4000_0003, 0xC000_00B7, 0xC000_003E, 0, u32::MAX] {
        let expected = if arch == ARCH { ALLOW } else { KILL };
        assert_eq!(
            both(Profile::Run, arch, libc::SYS_read as u32, NONE),
            expected,
            "{arch:#x}"
        );
    }
    #[cfg(target_arch = "x86_64")]
    for number in [X32, X32 | 1, X32 | 101, u32::MAX] {
        assert_eq!(both(Profile::Run, ARCH, number, NONE), KILL, "{number:#x}");
    }
}

#[test]
fn what_this_file_does_not_know_is_not_there() {
    assert_eq!(run(i64::from(NEWEST), NONE), ALLOW);
    assert_eq!(run(i64::from(NEWEST) + 1, NONE), ENOSYS);
    assert_eq!(run(libc::SYS_clone3, NONE), ENOSYS);
}

#[test]
fn a_clone_is_allowed_exactly_without_namespace_flags() {
    let flags = |flags: u64| run(libc::SYS_clone, [flags, 0, 0, 0, 0, 0]);
    assert_eq!(flags(libc::SIGCHLD as u64), ALLOW);
    assert_eq!(
        flags((libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND) as u64),
        ALLOW
    );
    for bit in 0..32 {
        let denied = (NAMESPACE_FLAGS | SIBLING) & (1 << bit) != 0;
        assert_eq!(flags(1 << bit) == EPERM, denied, "bit {bit}");
    }
    assert_eq!(NAMESPACE_FLAGS.count_ones(), 7);
}

#[test]
fn arguments_are_judged_by_their_low_half_as_the_kernel_reads_them() {
    let high = 0xDEAD_BEEF_0000_0000_u64;
    for family in 0..64_u64 {
        let expected = if family == libc::AF_UNIX as u64 {
            ALLOW
        } else {
            EACCES
        };
        assert_eq!(run(libc::SYS_socket, [family, 0, 0, 0, 0, 0]), expected);
        assert_eq!(
            run(libc::SYS_socket, [family | high, 0, 0, 0, 0, 0]),
            expected
        );
    }
    for (command, expected) in [
        (0x5412, EPERM),
        (0x541C, EPERM),
        (0x5401, ALLOW),
        (0x5413, ALLOW),
    ] {
        assert_eq!(run(libc::SYS_ioctl, [0, command, 0, 0, 0, 0]), expected);
        assert_eq!(
            run(libc::SYS_ioctl, [0, command | high, 0, 0, 0, 0]),
            expected
        );
    }
    for (call, option) in [(libc::SYS_getsockopt, 77), (libc::SYS_setsockopt, 76)] {
        assert_eq!(run(call, [3, 1, option, 0, 0, 0]), EPERM);
        assert_eq!(run(call, [3, 1, 17, 0, 0, 0]), ALLOW);
    }
    assert_eq!(run(libc::SYS_prlimit64, [0, 7, 0, 0, 0, 0]), ALLOW);
    assert_eq!(run(libc::SYS_prlimit64, [1, 7, 0, 0, 0, 0]), EPERM);
    assert_eq!(run(libc::SYS_prlimit64, [0, 4, 0, 0, 0, 0]), EPERM);
    assert_eq!(run(libc::SYS_prlimit64, [1, 4, 0, 0, 0, 0]), EPERM);
    assert_eq!(run(libc::SYS_setrlimit, [4, 0, 0, 0, 0, 0]), EPERM);
    assert_eq!(run(libc::SYS_setrlimit, [7, 0, 0, 0, 0, 0]), ALLOW);
    for (command, expected) in [(1024, EPERM), (1026, EPERM), (1025, ALLOW), (2, ALLOW)] {
        assert_eq!(run(libc::SYS_fcntl, [0, command, 0, 0, 0, 0]), expected);
    }
    assert_eq!(run(libc::SYS_personality, [0, 0, 0, 0, 0, 0]), ALLOW);
    assert_eq!(
        run(libc::SYS_personality, [0xFFFF_FFFF, 0, 0, 0, 0, 0]),
        ALLOW
    );
    assert_eq!(
        run(libc::SYS_personality, [0x0040_0000, 0, 0, 0, 0, 0]),
        EPERM
    );
}

fn unwalled_run(number: i64, arguments: [u64; 6]) -> u32 {
    all(Tier::T2, Profile::Run, ARCH, (number as u32, arguments))
}

#[test]
fn without_walls_everything_is_denied_that_is_denied_behind_them() {
    for profile in [Profile::Compile, Profile::Run] {
        for number in 0..NEWEST + 2 {
            for arguments in [NONE, [1; 6], [u64::MAX; 6], [8, 8, 8, 8, 8, 8]] {
                let walled = both(profile, ARCH, number, arguments);
                let unwalled = all(Tier::T2, profile, ARCH, (number, arguments));
                assert!(walled == ALLOW || unwalled != ALLOW, "call {number}");
            }
        }
    }
}

#[test]
fn without_walls_nobody_is_reached_by_sockets_names_or_numbers() {
    for &number in unwalled::DENIED {
        for profile in [Profile::Compile, Profile::Run] {
            for arguments in [NONE, [u64::MAX; 6]] {
                let answer = all(Tier::T2, profile, ARCH, (number as u32, arguments));
                assert_ne!(answer, ALLOW, "call {number}");
            }
        }
    }
    let address = |length| unwalled_run(libc::SYS_sendto, [3, 1, 1, 0, 1 << 32, length]);
    assert_eq!((address(0), address(16)), (ALLOW, EACCES));
    assert_eq!(address(1 << 32), ALLOW, "the kernel reads the low half");
    let pair = |family| unwalled_run(libc::SYS_socketpair, [family, 1, 0, 1, 0, 0]);
    assert_eq!((pair(libc::AF_UNIX as u64), pair(30)), (ALLOW, EACCES));
    let priority = |which, who| unwalled_run(libc::SYS_setpriority, [which, who, 5, 0, 0, 0]);
    assert_eq!(priority(0, 0), ALLOW);
    for (which, who) in [(0, 7), (1, 0), (2, 0), (2, 7)] {
        assert_eq!(priority(which, who), EPERM, "{which} {who}");
    }
    let affinity = |who| unwalled_run(libc::SYS_sched_setaffinity, [who, 8, 1, 0, 0, 0]);
    assert_eq!((affinity(0), affinity(7)), (ALLOW, EPERM));
    for (command, expected) in [
        (8, EPERM),
        (10, EPERM),
        (15, EPERM),
        (1024, EPERM),
        (2, ALLOW),
    ] {
        let got = unwalled_run(libc::SYS_fcntl, [0, command, 0, 0, 0, 0]);
        assert_eq!(got, expected, "fcntl {command}");
    }
    assert_eq!(unwalled_run(libc::SYS_prctl, [4, 0, 0, 0, 0, 0]), EPERM);
    assert_eq!(unwalled_run(libc::SYS_prctl, [15, 0, 0, 0, 0, 0]), ALLOW);
}

#[test]
fn a_process_that_may_signal_itself_alone_signals_nobody_else() {
    let filter = own_signals(4711);
    let ask = |number: i64, who: u64| verdict(&filter, ARCH, number as u32, [who, 9, 9, 9, 9, 9]);
    for call in [
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_tgkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
    ] {
        assert_eq!(ask(call, 4711), ALLOW);
        for other in [0, 1, 4712, u64::MAX, -4711_i64 as u64] {
            assert_eq!(ask(call, other), EPERM, "call {call} to {other}");
        }
    }
    assert_eq!(ask(libc::SYS_read, 1), ALLOW);
}
