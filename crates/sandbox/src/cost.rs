//! What a boxed start costs on this machine, for the doctor and for reports.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::clock::monotonic_ns;
use crate::fault::Fault;
use crate::{Limits, Program, Sandbox};

/// Medians of starting a program that does nothing, until it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnCost {
    /// In the sandbox.
    pub boxed: Duration,
    /// Outside of it, as any program is started.
    pub bare: Duration,
    /// Starts of each.
    pub n: usize,
}

const NOTHING: &str = "/bin/true";
const ROUNDS: usize = 51;

/// Measures both, taking turns, so that a busy moment meets both.
///
/// # Errors
///
/// A fault of the sandbox, or that this machine has no `/bin/true`.
pub fn spawn_cost(sandbox: &dyn Sandbox) -> Result<SpawnCost, Fault> {
    let (program, limits) = (Program::new([NOTHING]), Limits::run());
    sandbox.execute(&program, &limits)?;
    let (mut boxed, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = monotonic_ns();
        sandbox.execute(&program, &limits)?;
        boxed.push(monotonic_ns() - start);
        let start = monotonic_ns();
        start_bare()?;
        bare.push(monotonic_ns() - start);
    }
    Ok(SpawnCost {
        boxed: median(boxed),
        bare: median(bare),
        n: ROUNDS,
    })
}

fn start_bare() -> Result<(), Fault> {
    let status = Command::new(NOTHING)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.map(drop).map_err(|source| Fault::Supervisor {
        doing: "start a program to compare with",
        source,
    })
}

fn median(mut times: Vec<u64>) -> Duration {
    times.sort_unstable();
    Duration::from_nanos(times.get(times.len() / 2).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_costs_something_and_a_median_is_in_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), Duration::from_nanos(5));
        let cost = spawn_cost(&crate::Cell::open().unwrap()).unwrap();
        assert!(cost.boxed > Duration::ZERO && cost.bare > Duration::ZERO);
    }
}
