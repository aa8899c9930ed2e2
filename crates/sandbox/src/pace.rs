//! How slow this machine is, so that a limit in seconds stands for the same work on every machine.
//!
//! A limit that fits an ordinary server's core would turn right answers into `cpu_limit` on a board computer or in an
//! emulator. So a small interpreter of our own, which does what interpreters do (unpredictable jumps, a table in
//! the first cache), runs a fixed program once in the life of this process, and the limits of time grow by a
//! whole factor where it takes much longer than usual. The factor is a power of two with a wide first step, so
//! that it is the same in every run on one machine: it is part of the policy's hash, of every verdict's
//! circumstances and of the key under which verdicts are kept.
//!
//! What this does not measure: a toolchain that is slow on a fast machine, and neighbours, who take time on the
//! wall and hardly any of the processor's.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use crate::clock;

/// By how much the limits of time are longer than on an ordinary machine; 1, 2, 4 and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pace(u32);

/// What the fixed program takes on an ordinary core of a server: 4.35 to 4.53 ms on an AMD EPYC of a virtual machine
/// (2026-11-27, `docs/LOG.md`).
const ORDINARY: Duration = Duration::from_micros(4_400);

/// A machine may be so much slower before anything changes: the limits have that much room by themselves.
const ROOM: u32 = 2;

/// No machine gets more; beyond it, it is not fit for judging.
const MOST: u32 = 64;

/// How often the program runs; the fastest time counts, because neighbours only ever add.
const TIMES: usize = 5;

impl Pace {
    /// An ordinary machine's.
    pub const ORDINARY: Self = Self(1);

    /// This machine's, measured when it is first asked for: 22 ms on an ordinary one.
    pub fn of_this_machine() -> Self {
        static MEASURED: OnceLock<Pace> = OnceLock::new();
        *MEASURED.get_or_init(|| Self::of(fastest()))
    }

    /// The pace of a machine that takes so long.
    fn of(took: Duration) -> Self {
        let mut factor = 1;
        while factor < MOST && took > ORDINARY * ROOM * factor {
            factor *= 2;
        }
        Self(factor)
    }

    /// The factor.
    pub fn factor(self) -> u32 {
        self.0
    }
}

fn fastest() -> Duration {
    let once = |_| {
        let start = clock::own_cpu_ns();
        black_box(interpret(black_box(&PROGRAM), STEPS));
        Duration::from_nanos(clock::own_cpu_ns() - start)
    };
    (0..TIMES).map(once).min().unwrap_or(ORDINARY)
}

/// What the machine below can do.
#[derive(Clone, Copy)]
enum Order {
    Add,
    Multiply,
    Rotate,
    Load,
    Store,
    Skip,
}

const PROGRAM: [Order; 12] = [
    Order::Multiply,
    Order::Load,
    Order::Add,
    Order::Skip,
    Order::Rotate,
    Order::Store,
    Order::Add,
    Order::Load,
    Order::Skip,
    Order::Multiply,
    Order::Store,
    Order::Rotate,
];

const STEPS: u32 = 600_000;

/// Runs the program round and round; the same number on every machine.
fn interpret(program: &[Order], steps: u32) -> u64 {
    let mut table = [1_u64; 1024];
    let (mut value, mut other, mut at) = (0x9E37_79B9_7F4A_7C15_u64, 1_u64, 0);
    for step in 0..steps {
        let place = (value >> 54) as usize;
        match program[at] {
            Order::Add => value = value.wrapping_add(other),
            // The number of the step keeps the rest from coming to rest.
            Order::Multiply => {
                value = value
                    .wrapping_mul(0xD134_2543_DE82_EF95)
                    .wrapping_add(u64::from(step) << 1 | 1);
            }
            Order::Rotate => value = value.rotate_left(23) ^ other,
            Order::Load => other = table[place],
            Order::Store => table[place] = value,
            Order::Skip => at += (value >> 63) as usize,
        }
        at = (at + 1) % program.len();
    }
    value ^ other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn an_ordinary_machine_keeps_its_limits_and_a_slow_one_gets_time_for_the_same_work() {
        for (times_slower, factor) in [
            (0.3, 1),
            (1.0, 1),
            (1.99, 1),
            (2.1, 2),
            (3.9, 2),
            (10.0, 8),
            (100.0, 64),
            (1e6, MOST),
        ] {
            assert_eq!(
                Pace::of(ORDINARY.mul_f64(times_slower)),
                Pace(factor),
                "{times_slower}"
            );
        }
        let limits = Limits::run().at(Pace(8));
        let usual = Limits::run();
        assert_eq!((limits.cpu, limits.wall), (usual.cpu * 8, usual.wall * 8));
        assert_eq!(
            Limits {
                cpu: usual.cpu,
                wall: usual.wall,
                ..limits
            },
            usual
        );
    }

    #[test]
    fn the_fixed_program_does_the_same_work_everywhere_and_its_time_grows_with_it() {
        assert_eq!(interpret(&PROGRAM, 1000), interpret(&PROGRAM, 1000));
        let ends: std::collections::BTreeSet<u64> = (5000..5100)
            .map(|steps| interpret(&PROGRAM, steps))
            .collect();
        assert!(ends.len() > 50, "it came to rest: {ends:?}");
        let took = fastest();
        assert!(
            took > Duration::from_micros(100),
            "{took:?}: it was left out"
        );
    }
}
