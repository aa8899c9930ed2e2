//! From what was seen to an [`Ending`]: a pure rule, so that the same observations always give the same
//! word, whatever the watch happened to notice first.
//!
//! Order: a flood, then CPU time by the kernel's book, then what the supervisor stopped for, then wall
//! time by the init's clock, then the program's own end.

use crate::group::Used;
use crate::limits::Limits;
use crate::program::{Ending, Program};
use crate::report::Ended;
use crate::supervise::Stop;

/// The rule.
pub(crate) fn ending(stop: Option<Stop>, flooded: bool, ended: &Ended, limits: &Limits) -> Ending {
    let asked = ended.asked == 1;
    if flooded {
        return Ending::OutputLimit;
    }
    if u128::from(ended.cpu_ns) > limits.cpu.as_nanos() {
        return Ending::CpuLimit;
    }
    match stop {
        Some(Stop::Cpu) if asked => return Ending::CpuLimit,
        Some(Stop::Memory) if asked => return Ending::MemoryLimit,
        Some(Stop::Disk) if asked => return Ending::DiskLimit,
        Some(Stop::Processes) if asked => return Ending::ProcessLimit,
        Some(Stop::Wall) if asked => return Ending::WallLimit,
        _ => {}
    }
    if u128::from(ended.wall_ns) > limits.wall.as_nanos() {
        return Ending::WallLimit;
    }
    natural(ended.status)
}

/// What the end means when the kernel ended the tree for its memory: then it looks like any signal. A flood and
/// CPU time come first, as in [`ending`].
pub(crate) fn with_memory(ending: Ending, booked: Option<&Used>) -> Ending {
    match ending {
        Ending::OutputLimit | Ending::CpuLimit => ending,
        _ if booked.is_some_and(|used| used.memory_kills > 0) => Ending::MemoryLimit,
        _ => ending,
    }
}

/// The kernel's wait status: the low seven bits hold a signal, the next byte a code.
fn natural(status: u64) -> Ending {
    match (status & 0x7F) as i32 {
        0 => Ending::Exited(((status >> 8) & 0xFF) as i32),
        libc::SIGXCPU => Ending::CpuLimit,
        libc::SIGXFSZ => Ending::FileLimit,
        signal => Ending::Signalled(signal),
    }
}

/// Whether a failed exec is the program's own doing: its file lies in the scratch folder.
pub(crate) fn is_own_file(program: &Program) -> bool {
    program.argv.first().is_some_and(|path| {
        path.strip_prefix(Program::FOLDER)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: u64, cpu_ns: u64, wall_ns: u64, asked: u64) -> Ended {
        Ended {
            status,
            cpu_ns,
            wall_ns,
            max_rss_bytes: 0,
            floor_bytes: 0,
            asked,
        }
    }

    #[test]
    fn codes_and_signals_are_told_apart() {
        let limits = Limits::run();
        for (status, expected) in [
            (0, Ending::Exited(0)),
            (1 << 8, Ending::Exited(1)),
            (255 << 8, Ending::Exited(255)),
            (6, Ending::Signalled(6)),
            (6 | 0x80, Ending::Signalled(6)),
            (9, Ending::Signalled(9)),
            (24, Ending::CpuLimit),
            (25, Ending::FileLimit),
        ] {
            assert_eq!(
                ending(None, false, &ended(status, 1, 1, 0), &limits),
                expected,
                "{status}"
            );
        }
    }

    #[test]
    fn the_book_decides_and_not_what_the_watch_noticed() {
        let limits = Limits::run();
        let cpu = limits.cpu.as_nanos() as u64;
        let wall = limits.wall.as_nanos() as u64;
        assert_eq!(
            ending(None, false, &ended(0, cpu + 1, 1, 0), &limits),
            Ending::CpuLimit
        );
        assert_eq!(
            ending(None, false, &ended(0, cpu, 1, 0), &limits),
            Ending::Exited(0)
        );
        assert_eq!(
            ending(
                Some(Stop::Wall),
                false,
                &ended(9, cpu + 1, wall + 1, 1),
                &limits
            ),
            Ending::CpuLimit
        );
        assert_eq!(
            ending(None, false, &ended(0, 1, wall + 1, 0), &limits),
            Ending::WallLimit
        );
        assert_eq!(
            ending(Some(Stop::Cpu), true, &ended(9, cpu + 1, 1, 1), &limits),
            Ending::OutputLimit
        );
        // The program ended by itself before it saw the supervisor's wish.
        assert_eq!(
            ending(Some(Stop::Memory), false, &ended(0, 1, 1, 0), &limits),
            Ending::Exited(0)
        );
        assert_eq!(
            ending(Some(Stop::Memory), false, &ended(9, 1, 1, 1), &limits),
            Ending::MemoryLimit
        );
    }

    #[test]
    fn what_the_kernel_ended_for_its_memory_met_the_memory_limit() {
        let used = |memory_kills| Used {
            cpu_ns: 1,
            peak_bytes: None,
            memory_kills,
            refused_forks: 0,
        };
        let killed = Ending::Signalled(9);
        assert_eq!(with_memory(killed, Some(&used(1))), Ending::MemoryLimit);
        // A child was ended for it, and with the whole group the parent, however that looks.
        assert_eq!(
            with_memory(Ending::Exited(0), Some(&used(2))),
            Ending::MemoryLimit
        );
        assert_eq!(with_memory(killed, Some(&used(0))), killed);
        assert_eq!(with_memory(killed, None), killed);
        for first in [Ending::CpuLimit, Ending::OutputLimit] {
            assert_eq!(with_memory(first, Some(&used(1))), first);
        }
    }

    #[test]
    fn only_files_of_the_scratch_folder_are_the_programs_own() {
        assert!(is_own_file(&Program::new(["/box/prog"])));
        for other in ["/usr/bin/g++", "/boxer/prog", "/box"] {
            assert!(!is_own_file(&Program::new([other])));
        }
    }
}
