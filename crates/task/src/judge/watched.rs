//! A sandbox with an eye on the limits, put between a judge and the real one.
//!
//! Judges know nothing of second looks. Whoever wants to know whether a verdict stood near a limit, or
//! wants everything done the slow way, gives the judge this sandbox instead.
//!
//! A kill that nobody here asked for counts as near a limit: when the host runs out of memory, the kernel ends
//! the programs in boxes first, and on a quieter machine it would not have.

use std::sync::atomic::{AtomicBool, Ordering};

use ledger::record::Way;
use sandbox::toolchain::lost_a_process;
use sandbox::{Badge, Ending, Fault, Limits, Outcome, Program, Sandbox};

/// The share of the CPU limit above which the load of the machine might have decided.
const NEAR: f64 = 0.7;

/// The signal that no program can catch.
pub(super) const KILL: i32 = 9;

/// A sandbox that remembers whether a program came near one of its limits of time, or was killed.
pub(super) struct Watched<'a> {
    inner: &'a dyn Sandbox,
    way: Way,
    near_limit: AtomicBool,
}

impl<'a> Watched<'a> {
    /// Looks at what `inner` does; with [`Way::Slow`] nothing is started from a warm interpreter or
    /// stays for another.
    pub(super) fn new(inner: &'a dyn Sandbox, way: Way) -> Self {
        Self {
            inner,
            way,
            near_limit: AtomicBool::new(false),
        }
    }

    /// Whether any program so far met its wall deadline, used most of its CPU time, or was killed by somebody else.
    pub(super) fn was_near_limit(&self) -> bool {
        self.near_limit.load(Ordering::Relaxed)
    }

    fn dressed(&self, program: &Program) -> Program {
        Program {
            warm: program.warm && self.way == Way::Fast,
            ..program.clone()
        }
    }

    fn look(&self, outcome: &Outcome, limits: &Limits) {
        let share = outcome.cpu_ns as f64 / limits.cpu.as_nanos() as f64;
        let near = outcome.ending == Ending::WallLimit || share > NEAR;
        if near || was_killed(outcome) {
            self.near_limit.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether it, or a process of a compiler, was killed and no limit was the reason. A program can kill itself so and
/// can print such words: then it is looked at twice, and that is all.
fn was_killed(outcome: &Outcome) -> bool {
    match outcome.ending {
        Ending::Signalled(signal) => signal == KILL,
        Ending::Exited(code) => code != 0 && lost_a_process(outcome),
        _ => false,
    }
}

impl Sandbox for Watched<'_> {
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        let outcome = self.inner.execute(&self.dressed(program), limits)?;
        self.look(&outcome, limits);
        Ok(outcome)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        let [(first, of_first), (second, of_second)] = pair;
        let (one, two) = (self.dressed(first), self.dressed(second));
        let outcomes = self.inner.converse([(&one, of_first), (&two, of_second)])?;
        self.look(&outcomes[0], of_first);
        self.look(&outcomes[1], of_second);
        Ok(outcomes)
    }

    fn consult(
        &self,
        (asker, of_asker): (&Program, &Limits),
        (resident, of_resident): (&Program, &Limits),
        question: &[u8],
    ) -> Result<Option<[Outcome; 2]>, Fault> {
        if self.way == Way::Slow {
            return Ok(None);
        }
        let pair = [(asker, of_asker), (resident, of_resident)];
        let outcomes = self.inner.consult(pair[0], pair[1], question)?;
        for (outcome, (_, limits)) in outcomes.iter().flatten().zip(pair) {
            self.look(outcome, limits);
        }
        Ok(outcomes)
    }

    fn badge(&self) -> &Badge {
        self.inner.badge()
    }
}
