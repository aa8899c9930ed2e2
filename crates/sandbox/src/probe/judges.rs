//! How the end of an attack is judged: by what came out, by the bait, and last by the attacker's own words.

use std::path::PathBuf;

use super::attacks::limits;
use super::{Arena, Held};
use crate::group::Used;
use crate::program::{Ending, Outcome};

fn no(what: impl Into<String>) -> (Held, String) {
    (Held::No, what.into())
}

/// The attacker must have come to its end saying that it failed, and the bait must agree.
pub(super) fn denied(arena: &Arena<'_>, outcome: &Outcome) -> (Held, String) {
    if let Some(taken) = taken(arena, outcome) {
        return no(taken);
    }
    let said = String::from_utf8_lossy(&outcome.stdout.bytes).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    match lines.split_last() {
        Some((&"done", [])) => no("the attacker tried nothing"),
        Some((&"done", tries)) if tries.iter().all(|line| line.starts_with("denied ")) => {
            (Held::Yes, tries.join("; "))
        }
        _ => {
            let stderr = String::from_utf8_lossy(&outcome.stderr.bytes);
            let why = stderr.lines().last().unwrap_or_default();
            no(format!(
                "the attacker said {said:?} and ended with {} {why}",
                outcome.ending
            ))
        }
    }
}

/// What happened to the bait, if anything did.
fn taken(arena: &Arena<'_>, outcome: &Outcome) -> Option<String> {
    let secret = arena.bait.secret.as_bytes();
    let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret);
    let streams = [&outcome.stdout.bytes, &outcome.stderr.bytes];
    let back = outcome.collected.iter().map(|file| &file.bytes);
    if streams.into_iter().chain(back).any(|bytes| holds(bytes)) {
        return Some("the bait was read".to_owned());
    }
    if !arena.bait.untouched() {
        return Some("the bait was changed".to_owned());
    }
    let called = arena.bait.called();
    (!called.is_empty()).then(|| format!("the host was called by {}", called.join(", ")))
}

/// What an attack on something that can be used up comes to.
fn held(holds: bool, outcome: &Outcome) -> (Held, String) {
    let detail = format!(
        "{} after {} ms",
        outcome.ending,
        outcome.wall_ns / 1_000_000
    );
    (if holds { Held::Yes } else { Held::No }, detail)
}

pub(super) fn ends(outcome: &Outcome, ending: Ending) -> (Held, String) {
    held(outcome.ending == ending, outcome)
}

pub(super) fn memory_limit(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let by_group = |used: Used| used.memory_kills > 0;
    let stopped = !arena.has_leaves() || out.booked.is_some_and(by_group);
    held(stopped && out.ending == Ending::MemoryLimit, out)
}

pub(super) fn output_limit(_: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let kept = out.stdout.bytes.len() as u64 <= limits().stdout_bytes;
    held(kept && out.ending == Ending::OutputLimit, out)
}

/// The number that the attacker printed at last lies there; or, where only the watch counts, it was ended.
fn bounded(
    arena: &Arena<'_>,
    out: &Outcome,
    (range, limit): (std::ops::RangeInclusive<u64>, Ending),
) -> (Held, String) {
    let stopped = !arena.is_counted() && out.ending == limit;
    let refused =
        out.ending.is_clean() && number(out).is_some_and(|number| range.contains(&number));
    held(stopped || refused, out)
}

pub(super) fn processes_bounded(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let by_group = |used: Used| used.refused_forks > 0;
    if arena.has_leaves() && !out.booked.is_some_and(by_group) {
        return no("the control group refused no fork");
    }
    bounded(arena, out, (2..=limits().processes, Ending::ProcessLimit))
}

pub(super) fn disk_bounded(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let room = limits().scratch_bytes;
    bounded(arena, out, (room / 2..=room, Ending::DiskLimit))
}

pub(super) fn files_bounded(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let most = limits().scratch_inodes;
    bounded(arena, out, (most / 2..=most, Ending::DiskLimit))
}

pub(super) fn one_file_bounded(_: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let most = limits().file_bytes;
    let refused = number(out).is_some_and(|bytes| (most / 2..=most).contains(&bytes));
    held(refused && out.ending.is_clean(), out)
}

/// The number that the attacker printed.
fn number(outcome: &Outcome) -> Option<u64> {
    let text = std::str::from_utf8(&outcome.stdout.bytes).ok()?;
    text.trim().parse().ok()
}

pub(super) fn killed_at_the_entry(_: &Arena<'_>, out: &Outcome) -> (Held, String) {
    // Where the kernel has no such entry, using it is a fault of the program's.
    let killed = [libc::SIGSYS, libc::SIGSEGV].map(Ending::Signalled);
    held(
        killed.contains(&out.ending) && out.stdout.bytes.is_empty(),
        out,
    )
}

pub(super) fn nothing_came_back(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    if let Some(taken) = taken(arena, out) {
        return no(taken);
    }
    let left = out.stdout.bytes.starts_with(b"left");
    held(
        left && out.ending.is_clean() && out.collected.is_empty(),
        out,
    )
}

pub(super) fn not_compiled(arena: &Arena<'_>, out: &Outcome) -> (Held, String) {
    if let Some(taken) = taken(arena, out) {
        return no(taken);
    }
    let refused = matches!(out.ending, Ending::Exited(code) if code != 0);
    // The compiler has to say that it could not read it: any other error is no answer.
    let bait = arena
        .bait
        .files
        .first()
        .map(|path| path.display().to_string());
    let said = String::from_utf8_lossy(&out.stderr.bytes);
    let is_named = bait.is_some_and(|bait| said.contains(&bait));
    held(refused && is_named && out.collected.is_empty(), out)
}

/// A daemon carries a mark as its name; no process of the host may carry it any more.
pub(super) fn left_nothing(_: &Arena<'_>, out: &Outcome) -> (Held, String) {
    let said = String::from_utf8_lossy(&out.stdout.bytes);
    let Some(mark) = said
        .trim()
        .strip_prefix("left ")
        .filter(|_| out.ending.is_clean())
    else {
        return held(false, out);
    };
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return no("the host's processes cannot be looked at");
    };
    let marked = |folder: PathBuf| {
        std::fs::read(folder.join("comm"))
            .is_ok_and(|name| String::from_utf8_lossy(&name).trim() == mark)
    };
    let survives = processes.flatten().any(|entry| marked(entry.path()));
    held(!survives, out)
}
