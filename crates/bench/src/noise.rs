//! What else the machine did while speed was measured, as warnings.
//!
//! Before a run: whether it is busy, and whether it may lower its frequency. From the first timed run to the last: what
//! other programs and the host took, and whether the frequency moved. Each warning says what to do; nothing is dropped
//! or repeated here.

use ledger::record::Warning;
use measure::probe::noise::{self, Doubt, Snapshot};

use crate::Error;
use crate::desk::Desk;
use crate::plan::Plan;

/// Readings of the frequency below which nothing is said of it.
const LEAST_READINGS: usize = 3;

/// The lowest and the highest frequency that samples told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frequencies {
    lowest_hz: f64,
    highest_hz: f64,
    n: usize,
}

impl Frequencies {
    /// None were read yet.
    pub(crate) const NONE: Frequencies = Frequencies {
        lowest_hz: f64::MAX,
        highest_hz: 0.0,
        n: 0,
    };

    /// One more reading.
    pub(crate) fn add(&mut self, hz: f64) {
        self.lowest_hz = self.lowest_hz.min(hz);
        self.highest_hz = self.highest_hz.max(hz);
        self.n += 1;
    }

    fn doubt(self) -> Option<Doubt> {
        let told = self.n >= LEAST_READINGS;
        told.then(|| noise::frequency_doubt(self.lowest_hz, self.highest_hz))?
    }
}

/// Writes down what makes speeds doubtful before the run begins, and hands it over to be said. Nothing for plans that
/// measure no speed, and for runs that are complete.
///
/// # Errors
/// Those of the ledger.
pub fn at_start(plan: &Plan, desk: &mut Desk<'_>) -> Result<Vec<Warning>, Error> {
    let is_timed = plan.latency.is_some()
        || plan.context.is_some()
        || plan.variants.is_some()
        || plan.speculation.is_some();
    if !is_timed || desk.earlier.is_complete() {
        return Ok(Vec::new());
    }
    let load = noise::snapshot().map(|now| now.doubts());
    let doubts = load.unwrap_or_default().into_iter();
    let mut new = Vec::new();
    for warning in doubts.chain(noise::governor_doubt()).map(doubtful) {
        if desk.warn(&warning)? {
            new.push(warning);
        }
    }
    Ok(new)
}

/// Looks at the machine from its beginning to its end.
pub(crate) struct Watch(Option<Snapshot>);

impl Watch {
    /// Begins to look.
    pub(crate) fn begin(desk: &mut Desk<'_>) -> Watch {
        if let Some(meter) = &mut desk.meter {
            meter.watch_frequency();
        }
        Watch::of_others()
    }

    /// The same without the frequency, for work with several numbers of threads in turns: processors clock higher the
    /// fewer of them work, and that is no trouble of the machine.
    pub(crate) fn of_others() -> Watch {
        Watch(noise::snapshot().ok())
    }

    /// What was seen since. Of less than half a second the kernel's counters tell nothing.
    pub(crate) fn end(self, desk: &mut Desk<'_>) -> Vec<Warning> {
        let both = self.0.zip(noise::snapshot().ok());
        let between = both.and_then(|(before, after)| noise::doubts_between(&before, &after).ok());
        let meter = desk.meter.as_mut();
        let moved = meter.and_then(|meter| meter.seen_frequency()?.doubt());
        let doubts = between.unwrap_or_default().into_iter().chain(moved);
        doubts.map(doubtful).collect()
    }
}

/// A doubt about timings, in words.
fn doubtful(doubt: Doubt) -> Warning {
    const OTHERS: &str = "close other programs and measure again, or compare only within this run";
    let (kind, message, advice) = match doubt {
        Doubt::OtherLoad {
            load_1m,
            own,
            processors,
        } => (
            "other_load",
            format!(
                "in the minute before the run the load average was {load_1m:.1}, {own:.1} of it from this program, on {processors} processors"
            ),
            "close other programs, or wait a minute if they have ended, and measure again; or compare only within this run",
        ),
        Doubt::OtherWork { busy, processors } => (
            "other_work",
            format!(
                "other programs used {busy:.1} of {processors} processors while speed was measured"
            ),
            OTHERS,
        ),
        Doubt::Steal { share } => (
            "steal",
            format!(
                "the host took {:.0} % of this machine's processor time while speed was measured",
                share * 100.0
            ),
            OTHERS,
        ),
        Doubt::Governor { names } => (
            "governor",
            format!(
                "the frequency governor is {names}: processors that wait may be slowed down, and first runs with them"
            ),
            "choose the governor performance (cpupower frequency-set -g performance, as root) and measure again; or compare only within this run",
        ),
        Doubt::Frequency {
            lowest_hz,
            highest_hz,
        } => (
            "frequency",
            format!(
                "the processors that worked ran at {:.2} to {:.2} GHz while speed was measured",
                lowest_hz / 1e9,
                highest_hz / 1e9
            ),
            "fix the frequency below its boost, let the machine cool and keep it on mains power; or compare only within this run",
        ),
    };
    Warning {
        kind: kind.into(),
        message,
        advice: advice.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(readings: &[f64]) -> Option<String> {
        let mut all = Frequencies::NONE;
        readings.iter().for_each(|hz| all.add(*hz));
        all.doubt().map(|doubt| doubtful(doubt).message)
    }

    #[test]
    fn a_frequency_that_moves_is_said_in_gigahertz_and_a_steady_one_or_a_glance_is_not() {
        assert_eq!(seen(&[3.0e9, 2.9e9, 3.0e9]), None);
        assert_eq!(seen(&[3.0e9, 2.0e9]), None, "two readings are a glance");
        let said = seen(&[3.0e9, 2.5e9, 3.2e9]).unwrap();
        assert!(said.contains("2.50 to 3.20 GHz"), "{said}");
    }
}
