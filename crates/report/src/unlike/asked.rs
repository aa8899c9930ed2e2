//! What models were asked in two runs, and who judged what they answered.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::ModelRecord;

use crate::join::are_other_problems;

/// Hashes of prompts, by suite and problem.
type Prompts<'a> = BTreeMap<(&'a str, &'a str), &'a str>;

/// Names of suites whose problems are not the same.
pub(super) fn suites(first: &Run, other: &Run) -> Vec<String> {
    let differs = |name: &str, sha256: &str| {
        let mut theirs = other.header.suites.iter();
        let theirs = theirs.find(|suite| suite.name == name);
        theirs.is_some_and(|theirs| are_other_problems(&theirs.sha256, sha256))
    };
    let suites = first.header.suites.iter();
    let unlike = suites.filter(|suite| differs(&suite.name, &suite.sha256));
    unlike.map(|suite| suite.name.clone()).collect()
}

/// Names of suites of which it cannot be told whether their problems are the same.
pub(super) fn unchecked(first: &Run, other: &Run) -> Vec<String> {
    let is_unknown = |mine: &str, theirs: &str| mine.len() != theirs.len() || mine.is_empty();
    let mine = first.header.suites.iter().filter(|mine| {
        let mut theirs = other.header.suites.iter();
        theirs.any(|theirs| theirs.name == mine.name && is_unknown(&mine.sha256, &theirs.sha256))
    });
    mine.map(|suite| suite.name.clone()).collect()
}

/// Suites of which problems were put in other words, though the chat template does not account for it: only models of one
/// template are looked at, and of those only the first run's first, which the others are held against, and models of one file.
pub(super) fn prompts(first: &Run, other: &Run) -> Vec<String> {
    let apart = suites(first, other);
    let mut found = Vec::new();
    for (place, base) in first.header.models.iter().enumerate() {
        for model in &other.header.models {
            let is_held_against = place == 0 || is_one_file(base, model);
            if is_held_against && base.chat_template_sha256 == model.chat_template_sha256 {
                let (mine, theirs) = (asked(first, &base.name), asked(other, &model.name));
                found.extend(counted(&mine, &theirs, &apart));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_one_file(a: &ModelRecord, b: &ModelRecord) -> bool {
    !a.sha256.is_empty() && a.sha256 == b.sha256
}

/// The prompts of a model; texts that were brought in do not tell theirs.
fn asked<'a>(run: &'a Run, model: &str) -> Prompts<'a> {
    let attempts = run.attempts.iter();
    let told = attempts.filter(|a| a.key.model == model && !a.prompt_sha256.is_empty());
    told.map(|a| {
        let of = (a.key.suite.as_str(), a.key.problem.as_str());
        (of, a.prompt_sha256.as_str())
    })
    .collect()
}

/// `suite: 3 of 16 problems` for every suite with other prompts.
fn counted(mine: &Prompts<'_>, theirs: &Prompts<'_>, apart: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((suite, problem), prompt) in mine {
        if let Some(their) = theirs.get(&(*suite, *problem)) {
            let (n_other, n) = counts.entry(suite).or_default();
            *n_other += usize::from(their != prompt);
            *n += 1;
        }
    }
    let other = counts
        .into_iter()
        .filter(|(suite, (n_other, _))| *n_other > 0 && !apart.iter().any(|name| name == suite));
    other
        .map(|(suite, (n_other, n))| format!("{suite}: {n_other} of {n} problems"))
        .collect()
}

/// Models of one file whose chat templates were read differently.
pub(super) fn templates(first: &Run, other: &Run) -> Vec<String> {
    let mut found = Vec::new();
    for base in &first.header.models {
        let same = other.header.models.iter();
        for model in same.filter(|model| is_one_file(base, model)) {
            if let (Some(a), Some(b)) = (&base.chat_template_sha256, &model.chat_template_sha256)
                && a != b
            {
                found.push(format!("{} {} and {}", model.name, begin(a), begin(b)));
            }
        }
    }
    found
}

/// Enough of a hash to tell it from others.
fn begin(sha256: &str) -> &str {
    sha256.get(..8).unwrap_or(sha256)
}

/// Suites that different judges, or judges with different toolchains, looked at.
pub(super) fn judges(first: &Run, other: &Run) -> Vec<String> {
    let apart = suites(first, other);
    let shared = first.header.suites.iter().filter_map(|suite| {
        let mut theirs = other.header.suites.iter();
        let theirs = theirs.find(|theirs| theirs.name == suite.name)?;
        (!apart.contains(&suite.name)).then_some((suite, theirs))
    });
    let mut found = Vec::new();
    for (mine, theirs) in shared {
        let names = [first, other].map(|run| judges_of(run, &mine.name));
        if names.iter().all(|names| !names.is_empty()) && names[0] != names[1] {
            let words = names.map(|names| Vec::from_iter(names).join(" + "));
            found.push(format!("{} by {} and {}", mine.name, words[0], words[1]));
        }
        if let (Some(a), Some(b)) = (&mine.toolchain, &theirs.toolchain)
            && a != b
        {
            found.push(format!("{} with {a} and {b}", mine.name));
        }
    }
    found
}

fn judges_of<'a>(run: &'a Run, suite: &str) -> BTreeSet<&'a str> {
    let verdicts = run.verdicts.iter().filter(|v| v.key.suite == suite);
    verdicts.map(|verdict| verdict.judge.as_str()).collect()
}
