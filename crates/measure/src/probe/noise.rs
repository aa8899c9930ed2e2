//! Is somebody else using this machine? Doubts about a measurement, as typed findings.
//!
//! Three questions. *Before* a run: does the load average stand above what this process itself put
//! into it ([`Snapshot::doubts`])? *After* it: of the processor time that passed between two
//! snapshots, how much was spent by others, and how much did the host withhold
//! ([`doubts_between`])? The second one is sharp, since the kernel counts both; the first is a
//! hint, because a load average remembers a minute and the own part in it is estimated. Work of
//! child processes counts as own once they have been waited for. And does the frequency move: is the governor one that lowers
//! it ([`governor_doubt`]), and did it ([`frequency_doubt`])?
//!
//! Doubts are data. Nothing is dropped, repeated or printed here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Absent;
use super::Fact;
use super::cpu::{governor, usable_count};
use super::host::load_1m;
use super::text::Root;

/// Load of others that is worth a doubt: this share of the usable processors, and at least
/// [`LEAST_LOAD`].
const LOAD_SHARE: f64 = 0.1;
/// Load below which a busy minute of housekeeping is not worth a doubt.
const LEAST_LOAD: f64 = 0.5;
/// Processors' worth of foreign work, as a share of all, that is worth a doubt.
const WORK_SHARE: f64 = 0.05;
/// Share of stolen time that is worth a doubt.
const STEAL_SHARE: f64 = 0.01;
/// Lowest over highest frequency below which it moved.
const STEADY_SHARE: f64 = 0.9;
/// The counters of the processors.
pub(crate) const STAT: &str = "proc/stat";
/// The only governor that keeps the frequency up.
const STEADY_GOVERNOR: &str = "performance";
/// The kernel reports ticks of 1/100 s to programs, whatever it uses inside.
const TICKS_PER_S: f64 = 100.0;
/// Below half a second per processor the ticks are too coarse to divide.
const LEAST_TICKS: f64 = 50.0;

/// A reason to doubt a timing taken on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The load average stands above what this process caused.
    OtherLoad {
        /// The machine's load over one minute.
        load_1m: f64,
        /// The part of it that this process is estimated to have caused.
        own: f64,
        /// Processors this process may use.
        processors: usize,
    },
    /// Other processes worked while this one measured.
    OtherWork {
        /// Processors' worth of their work.
        busy: f64,
        /// Processors of the machine.
        processors: usize,
    },
    /// The host of this virtual machine gave processor time to others.
    Steal {
        /// Share of all processor time between the snapshots.
        share: f64,
    },
    /// The kernel may lower the frequency of processors that wait.
    Governor {
        /// The governors of the usable processors.
        names: String,
    },
    /// The mean frequency of the processors that worked moved.
    Frequency {
        /// The lowest reading.
        lowest_hz: f64,
        /// The highest.
        highest_hz: f64,
    },
}

/// The kernel's counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    load_1m: f64,
    ticks: Ticks,
    own: OwnTicks,
    usable: usize,
}

/// Processor time of the whole machine since boot, summed over its processors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) total: u64,
    pub(crate) busy: u64,
    pub(crate) steal: u64,
    processors: usize,
}

/// Processor time of this process and its finished children, and the process's age.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OwnTicks {
    spent: u64,
    age: f64,
}

/// Reads the counters now.
///
/// # Errors
/// [`Absent`] where the system does not keep them.
pub fn snapshot() -> Result<Snapshot, Absent> {
    snapshot_below(Root::machine())
}

pub(crate) fn snapshot_below(root: Root) -> Result<Snapshot, Absent> {
    let ticks = Ticks::read(root)?;
    let own = OwnTicks::read(root)?;
    Ok(Snapshot {
        load_1m: load_1m(root)?,
        ticks,
        own,
        usable: usable_count(root)?,
    })
}

impl Snapshot {
    /// Doubts about a measurement that starts now.
    pub fn doubts(&self) -> Vec<Doubt> {
        // A load average forgets with a time constant of one minute: k busy threads add about
        // k t / 60 s while young and k in the long run.
        let own = self.own.spent as f64 / self.own.age.max(60.0 * TICKS_PER_S);
        let worth_it = (LOAD_SHARE * self.usable as f64).max(LEAST_LOAD);
        let doubt = Doubt::OtherLoad {
            load_1m: self.load_1m,
            own,
            processors: self.usable,
        };
        if self.load_1m - own > worth_it {
            vec![doubt]
        } else {
            Vec::new()
        }
    }
}

/// Doubts about what was measured between two snapshots.
///
/// # Errors
/// [`Absent`] where less than half a second lies between them, or they are in the wrong order.
pub fn doubts_between(before: &Snapshot, after: &Snapshot) -> Result<Vec<Doubt>, Absent> {
    let processors = after.ticks.processors;
    let passed = after.ticks.total.saturating_sub(before.ticks.total) as f64;
    if passed < LEAST_TICKS * processors as f64 {
        return Err(Absent::because(
            "less than half a second lies between the snapshots, too little for the kernel's ticks",
        ));
    }
    let share = |before: u64, after: u64| after.saturating_sub(before) as f64 / passed;
    let own = share(before.own.spent, after.own.spent);
    let others = (share(before.ticks.busy, after.ticks.busy) - own).max(0.0);
    let stolen = share(before.ticks.steal, after.ticks.steal);
    let busy = others * processors as f64;
    let work = (others > WORK_SHARE).then_some(Doubt::OtherWork { busy, processors });
    let steal = (stolen > STEAL_SHARE).then_some(Doubt::Steal { share: stolen });
    Ok(work.into_iter().chain(steal).collect())
}

/// A doubt about timings of this machine from its governors; none where it tells none, as in most virtual machines.
pub fn governor_doubt() -> Option<Doubt> {
    governor_doubt_below(Root::machine())
}

fn governor_doubt_below(root: Root) -> Option<Doubt> {
    match governor(root) {
        Ok(Fact::Text(names)) if names != STEADY_GOVERNOR => Some(Doubt::Governor { names }),
        _ => None,
    }
}

/// A doubt from the lowest and the highest mean frequency of processors that worked.
pub fn frequency_doubt(lowest_hz: f64, highest_hz: f64) -> Option<Doubt> {
    (lowest_hz < STEADY_SHARE * highest_hz).then_some(Doubt::Frequency {
        lowest_hz,
        highest_hz,
    })
}

impl Ticks {
    /// Reads `/proc/stat`.
    pub(crate) fn read(root: Root) -> Result<Self, Absent> {
        Self::of(&root.text(STAT)?)
    }

    /// From the text of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. Guest time is
    /// already inside of user time.
    pub(crate) fn of(text: &str) -> Result<Self, Absent> {
        let all = text
            .lines()
            .find_map(|line| line.strip_prefix("cpu "))
            .and_then(numbers);
        let all = all.filter(|ticks| ticks.len() >= 4);
        let all = all
            .ok_or_else(|| Absent::because(format!("/{STAT} holds no line of processor times")))?;
        Ok(Self {
            total: all.iter().take(8).fold(0, |sum, n| sum.saturating_add(*n)),
            busy: busy(&all),
            steal: all.get(7).copied().unwrap_or(0),
            processors: each(text).count().max(1),
        })
    }
}

/// The busy ticks of each processor by its number, from the text of `/proc/stat`.
pub(crate) fn busy_of_each(text: &str) -> BTreeMap<usize, u64> {
    let told = each(text).filter_map(|(number, ticks)| Some((number, busy(&numbers(ticks)?))));
    told.collect()
}

/// The lines of single processors: number and ticks.
fn each(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().filter_map(|line| {
        let (number, ticks) = line.strip_prefix("cpu")?.split_once(' ')?;
        Some((number.parse().ok()?, ticks))
    })
}

/// Of the ticks of a line those in which somebody worked.
fn busy(ticks: &[u64]) -> u64 {
    let worked = [0_usize, 1, 2, 5, 6]
        .iter()
        .filter_map(|place| ticks.get(*place));
    worked.fold(0, |sum, ticks| sum.saturating_add(*ticks))
}

impl OwnTicks {
    /// Reads fields 14 to 17 and 22 of `/proc/self/stat`, counted behind the program's name, which
    /// may itself hold spaces and brackets.
    fn read(root: Root) -> Result<Self, Absent> {
        const FILE: &str = "proc/self/stat";
        let text = root.text(FILE)?;
        let cut = || Absent::because(format!("/{FILE} is cut short"));
        let (_, rest) = text.rsplit_once(") ").ok_or_else(cut)?;
        let (_state, rest) = rest.split_once(' ').ok_or_else(cut)?;
        let fields: Vec<i64> = rest
            .split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect();
        let (times, start) = (
            fields.get(10..14).ok_or_else(cut)?,
            fields.get(18).ok_or_else(cut)?,
        );
        let uptime = root.first_real("proc/uptime")? * TICKS_PER_S;
        let spent = times
            .iter()
            .map(|ticks| u64::try_from(*ticks).unwrap_or(0))
            .sum();
        Ok(Self {
            spent,
            age: (uptime - *start as f64).max(0.0),
        })
    }
}

fn numbers(line: &str) -> Option<Vec<u64>> {
    line.split_whitespace()
        .map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
#[path = "noise_tests.rs"]
mod tests;
