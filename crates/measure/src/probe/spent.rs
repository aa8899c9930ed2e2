//! Processor time of this program and of what it has started.
//!
//! The kernel adds the time of a process that has ended to whoever waited for it. So this process, its direct children,
//! and what either has waited for cover the programs of a sandbox as soon as they are over. Time of a grandchild that
//! still runs is told when it ends.

use super::gauge::{Gauge, Readings, put};
use super::load::names;
use super::text::Root;

/// Of the kernel's interface for programs, whatever ticks it has inside.
const TICKS_PER_SECOND: f64 = 100.0;
/// `utime`, `stime`, `cutime`, `cstime` among the fields behind the name of the program.
const TIMES: std::ops::Range<usize> = 11..15;

/// Counts from its making on.
pub(crate) struct Spent<'r> {
    root: Root<'r>,
    before: Option<u64>,
}

impl<'r> Spent<'r> {
    pub(crate) fn new(root: Root<'r>) -> Spent<'r> {
        Spent {
            root,
            before: ticks(root),
        }
    }
}

impl Gauge for Spent<'_> {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let now = ticks(self.root);
        let before = std::mem::replace(&mut self.before, now);
        // A child that somebody else waited for takes its time with it: then nothing is known of this interval.
        let passed = now
            .zip(before)
            .and_then(|(now, before)| now.checked_sub(before));
        let seconds = passed.map(|ticks| ticks as f64 / TICKS_PER_SECOND);
        put(into, "process_cpu_seconds", seconds);
    }

    /// What was spent before a lap belongs to another phase than what is spent after it.
    fn is_read_in_laps(&self) -> bool {
        true
    }
}

fn ticks(root: Root) -> Option<u64> {
    let own = of(root, "self")?;
    let threads = names(root, "proc/self/task").into_iter();
    let children = threads.filter_map(|thread| {
        root.value(&format!("proc/self/task/{thread}/children"))
            .ok()
    });
    let children: Vec<String> = children
        .flat_map(|all| {
            all.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    Some(
        own + children
            .iter()
            .filter_map(|child| of(root, child))
            .sum::<u64>(),
    )
}

/// Of one process; `None` if it is not there.
fn of(root: Root, process: &str) -> Option<u64> {
    let text = root.value(&format!("proc/{process}/stat")).ok()?;
    // A name may hold anything, parentheses and blanks too.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let times = fields.get(TIMES)?.iter();
    times.map(|time| time.parse::<u64>().ok()).sum()
}

#[cfg(test)]
#[path = "spent_tests.rs"]
mod tests;
