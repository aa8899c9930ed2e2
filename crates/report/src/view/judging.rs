//! Under which circumstances the attempts at a suite were judged.
//!
//! Counts are facts and carry no interval. A verdict belongs to a sandbox, a toolchain and a way of
//! running; where these differ inside one suite, a note says so, because its numbers are then not of
//! one kind.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{Integrity, Setting, Verdict, Way};
use serde::Serialize;

use super::code::Judged;

/// How the programs of one model were judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judging {
    /// The model.
    pub model: String,
    /// Verdicts whose circumstances are recorded: those for which something was executed.
    pub executed: usize,
    /// How many of them were held apart from what judges them, and how far.
    pub integrity: BTreeMap<Integrity, usize>,
    /// How many of them came by which way.
    pub ways: BTreeMap<Way, usize>,
    /// How many of them were taken over from an earlier verdict on the same program.
    pub cached: usize,
    /// Verdicts that were found near a limit and judged again, alone on the machine.
    pub rejudged: usize,
    /// Those among them that came out otherwise, most frequent first.
    pub flips: Vec<Flip>,
}

/// A verdict that changed when it was judged again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Flip {
    /// The cause at first.
    pub from: String,
    /// The cause that counts.
    pub to: String,
    /// How often.
    pub count: usize,
}

impl Judging {
    /// How many verdicts changed.
    pub fn flipped(&self) -> usize {
        self.flips.iter().map(|flip| flip.count).sum()
    }
}

/// One entry per model, in the run's order; empty if nothing was executed.
pub(super) fn of(run: &Run, per_model: &[Vec<Judged<'_>>]) -> Vec<Judging> {
    let models = run.header.models.iter().map(|model| model.name.as_str());
    let all: Vec<Judging> = models
        .zip(per_model)
        .map(|(model, attempts)| one(model, attempts))
        .collect();
    let silent = |judging: &Judging| judging.executed == 0 && judging.rejudged == 0;
    if all.iter().all(silent) {
        return Vec::new();
    }
    all
}

fn one(model: &str, attempts: &[Judged<'_>]) -> Judging {
    let verdicts = || attempts.iter().filter_map(|judged| judged.verdict);
    let mut judging = Judging {
        model: model.to_owned(),
        executed: 0,
        integrity: BTreeMap::new(),
        ways: BTreeMap::new(),
        cached: 0,
        rejudged: verdicts()
            .filter(|verdict| verdict.first_cause.is_some())
            .count(),
        flips: flips(verdicts()),
    };
    for setting in verdicts().filter_map(|verdict| verdict.setting.as_ref()) {
        judging.executed += 1;
        judging.cached += usize::from(setting.cached);
        *judging.integrity.entry(setting.integrity).or_default() += 1;
        *judging.ways.entry(setting.way).or_default() += 1;
    }
    judging
}

fn flips<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Vec<Flip> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for verdict in verdicts {
        match verdict.first_cause.as_deref() {
            Some(first) if first != verdict.cause => {
                *counts.entry((first, &verdict.cause)).or_default() += 1;
            }
            _ => {}
        }
    }
    let mut flips: Vec<Flip> = counts
        .into_iter()
        .map(|((from, to), count)| Flip {
            from: from.to_owned(),
            to: to.to_owned(),
            count,
        })
        .collect();
    flips.sort_by_key(|flip| std::cmp::Reverse(flip.count));
    flips
}

/// What to say if the verdicts of one model are not all of one kind.
pub(super) fn doubt(model: &str, attempts: &[Judged<'_>]) -> Option<String> {
    let settings = attempts
        .iter()
        .filter_map(|judged| judged.verdict?.setting.as_ref());
    let settings: Vec<&Setting> = settings.collect();
    let differing = [
        ("tier", distinct(&settings, |setting| &setting.tier)),
        (
            "sandbox policy",
            distinct(&settings, |setting| &setting.policy_sha256),
        ),
        (
            "toolchain",
            distinct(&settings, |setting| &setting.toolchain_sha256),
        ),
    ];
    let words: Vec<&str> = differing
        .iter()
        .filter(|(_, count)| *count > 1)
        .map(|(what, _)| *what)
        .collect();
    (!words.is_empty()).then(|| {
        format!(
            "{model}: its verdicts do not all have the same {}; see code.csv",
            words.join(" and ")
        )
    })
}

fn distinct(settings: &[&Setting], field: impl Fn(&Setting) -> &String) -> usize {
    let values: BTreeSet<&String> = settings.iter().map(|setting| field(setting)).collect();
    values.len()
}
