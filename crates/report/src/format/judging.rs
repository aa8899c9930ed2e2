//! How attempts ended and how they were judged, in words.

use ledger::record::{Integrity, Way};

use crate::view::{Judging, Outcome, Section};

/// `pass 40 · wrong_output 31 · stopped: cpu_limit 3`, one line per model, in the run's order.
pub fn endings(section: &Section) -> Vec<String> {
    let models = section.causes.first().map_or(0, |cause| cause.counts.len());
    (0..models).map(|model| ending(section, model)).collect()
}

fn ending(section: &Section, model: usize) -> String {
    let counted = |outcome: Outcome| {
        let causes = section
            .causes
            .iter()
            .filter(move |cause| cause.outcome == outcome && cause.counts[model] > 0);
        let words: Vec<String> = causes
            .map(|cause| format!("{} {}", cause.cause, cause.counts[model]))
            .collect();
        words.join(" · ")
    };
    let set_off = |outcome: Outcome| match counted(outcome) {
        words if words.is_empty() => words,
        words if words.starts_with(outcome.word()) => words,
        words => format!("{}: {words}", outcome.word()),
    };
    let parts = [
        counted(Outcome::Right),
        counted(Outcome::Graded),
        counted(Outcome::Wrong),
        set_off(Outcome::Stopped),
        set_off(Outcome::NotJudged),
    ];
    joined(parts.into_iter())
}

/// Under which circumstances the programs were judged, one line per model that had any.
pub fn judging(section: &Section) -> Vec<String> {
    let many = section.judging.len() > 1;
    let line = |judging: &Judging| {
        let name = if many {
            format!("{}: ", judging.model)
        } else {
            String::new()
        };
        format!("{name}{}", circumstances(judging))
    };
    let silent = |judging: &&Judging| judging.executed > 0 || judging.rejudged > 0;
    section.judging.iter().filter(silent).map(line).collect()
}

fn circumstances(judging: &Judging) -> String {
    let integrity = judging.integrity.iter().map(|(integrity, count)| {
        let words = match integrity {
            Integrity::Outside => "output compared outside of the box",
            Integrity::Split => "tests in another box",
            Integrity::Shared => "tests in the candidate's process",
        };
        format!("{words} {count}")
    });
    let ways = judging.ways.iter().map(|(way, count)| match way {
        Way::Slow => format!("slow way {count}"),
        Way::Fast => format!("fast way {count}"),
    });
    let cached = match judging.cached {
        0 => String::new(),
        count => format!("from the verdict cache {count}"),
    };
    joined(integrity.chain(ways).chain([cached, rejudged(judging)]))
}

fn rejudged(judging: &Judging) -> String {
    let changed = match judging.flipped() {
        0 => "none changed".to_owned(),
        count => {
            let flips = judging.flips.iter();
            let words: Vec<String> = flips
                .map(|flip| format!("{} → {} {}", flip.from, flip.to, flip.count))
                .collect();
            format!("{count} changed ({})", words.join(", "))
        }
    };
    match judging.rejudged {
        0 => String::new(),
        count => format!("{count} re-judged alone, {changed}"),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}
