//! What rows give away of the problems that models are measured with.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use report::untrusted::one_line;
use serde::Serialize;
use task::Suite;
use task::overlap::{self, Likeness};
use task::survey::Survey;

use super::read;
use crate::exit::Usage;
use crate::subject::Finder;
use crate::suites;

/// The word for every bundled suite.
const BUNDLED: &str = "the bundled suites";

/// Prompts that must not be trained on, and where they are from.
pub(in crate::command) struct HeldOut {
    /// All of them, for people.
    pub(in crate::command) of: String,
    names: Vec<String>,
    prompts: Vec<String>,
}

/// A line that gives away a prompt.
#[derive(Serialize)]
pub(in crate::command) struct Leak {
    line: usize,
    held_out: String,
    likeness: &'static str,
    share: Option<f64>,
}

impl HeldOut {
    /// The prompts of suites and of files of whatever shape; of every bundled suite where none is named.
    ///
    /// # Errors
    /// A suite that cannot be had, and a file that cannot be read.
    pub(in crate::command) fn of(words: &[String], finder: &Finder<'_>) -> Result<HeldOut> {
        let of = match words {
            [] => BUNDLED.to_owned(),
            words => words.join(", "),
        };
        let mut held_out = HeldOut::none(of);
        for word in words {
            held_out.add(word, finder)?;
        }
        if words.is_empty() {
            task::catalog::suites()
                .iter()
                .for_each(|suite| held_out.add_suite(suite));
        }
        Ok(held_out)
    }

    /// The prompts of these suites.
    pub(in crate::command) fn of_suites<'s>(suites: impl Iterator<Item = &'s Suite>) -> HeldOut {
        let mut held_out = HeldOut::none(String::new());
        let mut names = Vec::new();
        for suite in suites {
            held_out.add_suite(suite);
            names.push(suite.name.as_str());
        }
        held_out.of = names.join(", ");
        held_out
    }

    fn none(of: String) -> HeldOut {
        HeldOut {
            of,
            names: Vec::new(),
            prompts: Vec::new(),
        }
    }

    /// A suite by its name, or a file of whatever shape.
    fn add(&mut self, word: &str, finder: &Finder<'_>) -> Result<()> {
        if !Path::new(word).is_file() {
            self.add_suite(&suites::find(word, finder)?);
            return Ok(());
        }
        let survey = Survey::of(&read(Path::new(word))?);
        if let Some((number, said)) = survey.faults.first() {
            let said = one_line(said);
            return Err(Usage(format!(
                "cannot check against {word}: line {number}: {said}"
            ))
            .into());
        }
        for line in &survey.lines {
            self.names.push(format!("line {} of {word}", line.number));
            self.prompts.push(line.entry.asked());
        }
        Ok(())
    }

    fn add_suite(&mut self, suite: &Suite) {
        for problem in &suite.problems {
            self.names.push(format!("{} of {}", problem.id, suite.name));
            self.prompts.push(problem.prompt.clone());
        }
    }

    /// The lines that give a prompt away: in what they ask, or word for word in what is learnt of them.
    pub(in crate::command) fn leaks(&self, survey: &Survey) -> Vec<Leak> {
        let lines = survey.lines.iter();
        let asked: Vec<String> = lines.clone().map(|line| line.entry.asked()).collect();
        let learnt: Vec<String> = lines.map(|line| line.entry.learnt().to_owned()).collect();
        let mut found = overlap::find(&asked, &self.prompts);
        let mut known: BTreeSet<_> = found
            .iter()
            .map(|one| (one.training, one.held_out))
            .collect();
        for one in overlap::find(&learnt, &self.prompts) {
            let is_word_for_word = matches!(one.likeness, Likeness::Equal | Likeness::Contained);
            if is_word_for_word && known.insert((one.training, one.held_out)) {
                found.push(one);
            }
        }
        found.sort_by_key(|one| (one.training, one.held_out));
        found.iter().map(|one| self.leak(survey, one)).collect()
    }

    fn leak(&self, survey: &Survey, overlap: &overlap::Overlap) -> Leak {
        let (likeness, share) = match overlap.likeness {
            Likeness::Equal => ("equals", None),
            Likeness::Contained => ("holds", None),
            Likeness::Near(share) => ("is near", Some(share)),
            Likeness::Reworded => ("asks in other words for", None),
        };
        Leak {
            line: survey.lines[overlap.training].number,
            held_out: self.names[overlap.held_out].clone(),
            likeness,
            share,
        }
    }
}

/// How many rows these are of, and the first of them, in words; `None` without any.
pub(in crate::command) fn in_words(leaks: &[Leak], of: &str) -> Option<String> {
    let first = leaks.first()?;
    let rows: BTreeSet<usize> = leaks.iter().map(|leak| leak.line).collect();
    Some(match rows.len() {
        1 => format!("one row overlaps with {of}: {first}"),
        n => format!("{n} rows overlap with {of}; the first is {first}"),
    })
}

impl std::fmt::Display for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = self
            .share
            .map_or_else(String::new, |share| format!(" ({share:.2})"));
        let held_out = one_line(&self.held_out);
        write!(f, "line {}: {}{share} {held_out}", self.line, self.likeness)
    }
}
