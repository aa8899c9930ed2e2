//! `whet data check`: what is in files of rows, what is wrong with them, and what they give away of the
//! problems that models are measured with.

use std::path::Path;

use anyhow::Result;
use report::untrusted::one_line;
use serde::Serialize;
use serde_json::json;
use task::overlap::{self, Likeness};
use task::survey::{Line, Shape, Survey};

use super::{faults, read};
use crate::cli::{Checked, Format};
use crate::exit::Exit;
use crate::subject::Finder;
use crate::suites;

/// Repetitions and overlaps that are named.
const SHOWN: usize = 10;

/// The word for every bundled suite.
const BUNDLED: &str = "the bundled suites";

pub(super) fn run(flags: &Checked, finder: &Finder<'_>) -> Result<Exit> {
    let held_out = HeldOut::of(&flags.against, finder)?;
    let mut found = Vec::new();
    for path in &flags.files {
        found.push(Found::of(path, &held_out)?);
    }
    let text = match flags.format {
        Format::Json => serde_json::to_string_pretty(&found)?,
        Format::Table => {
            let parts: Vec<String> = found.iter().map(|found| found.as_text(&held_out)).collect();
            parts.join("\n")
        }
    };
    finder.terminal.result(&text)?;
    Ok(match found.iter().all(Found::is_sound) {
        true => Exit::Done,
        false => Exit::Gate,
    })
}

/// Prompts that must not be trained on, and where they are from.
struct HeldOut {
    of: String,
    names: Vec<String>,
    prompts: Vec<String>,
}

impl HeldOut {
    fn of(words: &[String], finder: &Finder<'_>) -> Result<HeldOut> {
        let of = match words {
            [] => BUNDLED.to_owned(),
            words => words.join(", "),
        };
        let (names, prompts) = (Vec::new(), Vec::new());
        let mut held_out = HeldOut { of, names, prompts };
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

    /// A suite by its name, or a file of whatever shape.
    fn add(&mut self, word: &str, finder: &Finder<'_>) -> Result<()> {
        if !Path::new(word).is_file() {
            self.add_suite(&suites::find(word, finder)?);
            return Ok(());
        }
        let survey = Survey::of(&read(Path::new(word))?);
        if let Some((number, said)) = survey.faults.first() {
            let said = one_line(said);
            return Err(crate::exit::Usage(format!(
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

    fn add_suite(&mut self, suite: &task::Suite) {
        for problem in &suite.problems {
            self.names.push(format!("{} of {}", problem.id, suite.name));
            self.prompts.push(problem.prompt.clone());
        }
    }
}

/// What one file is like.
#[derive(Serialize)]
struct Found {
    file: String,
    n_rows: usize,
    shapes: serde_json::Map<String, serde_json::Value>,
    prompt_characters: Option<Lengths>,
    completion_characters: Option<Lengths>,
    faults: Vec<(usize, String)>,
    repeats: Vec<(usize, usize)>,
    overlaps: Vec<Leak>,
}

/// Shortest, middle and longest, in characters.
#[derive(Serialize)]
struct Lengths {
    min: usize,
    median: usize,
    max: usize,
}

/// A line that gives away a prompt.
#[derive(Serialize)]
struct Leak {
    line: usize,
    held_out: String,
    likeness: &'static str,
    share: Option<f64>,
}

impl Found {
    fn of(path: &Path, held_out: &HeldOut) -> Result<Found> {
        let survey = Survey::of(&read(path)?);
        let lengths = |of: &dyn Fn(&Line) -> String| {
            let lengths = survey.lines.iter().map(|line| of(line).chars().count());
            Lengths::of(lengths.filter(|n| *n > 0).collect())
        };
        let is_text = |line: &Line| line.entry.shape() == Shape::Text;
        Ok(Found {
            file: path.display().to_string(),
            n_rows: survey.lines.len(),
            shapes: shapes(&survey),
            prompt_characters: lengths(&|line| match is_text(line) {
                true => String::new(),
                false => line.entry.asked(),
            }),
            completion_characters: lengths(&|line| line.entry.learnt().to_owned()),
            repeats: survey.repeats(),
            overlaps: leaks(&survey, held_out),
            faults: survey.faults,
        })
    }

    /// Repetitions are no fault: several answers to one prompt may be equal.
    fn is_sound(&self) -> bool {
        self.n_rows > 0 && self.faults.is_empty() && self.overlaps.is_empty()
    }

    fn as_text(&self, held_out: &HeldOut) -> String {
        let shapes: Vec<String> = self
            .shapes
            .iter()
            .map(|(name, n)| format!("{n} × {name}"))
            .collect();
        let mut text = format!(
            "{}: {} rows ({})\n",
            self.file,
            self.n_rows,
            shapes.join(", ")
        );
        for (name, lengths) in [
            ("prompts", &self.prompt_characters),
            ("completions", &self.completion_characters),
        ] {
            if let Some(Lengths { min, median, max }) = lengths {
                text += &format!("  {name:<12} {min} to {max} characters, median {median}\n");
            }
        }
        text += &format!("  {:<12} {}\n", "malformed", self.faults.len());
        text += &format!("  {:<12} {}\n", "repeated", self.repeats.len());
        text += &format!(
            "  {:<12} {} of {} with {}\n",
            "overlapping",
            self.overlaps.len(),
            self.n_rows,
            held_out.of
        );
        text += &faults(&self.file, &self.faults);
        for (line, earlier) in self.repeats.iter().take(SHOWN) {
            text += &format!(
                "{}, line {line}: says what line {earlier} said\n",
                self.file
            );
        }
        for leak in self.overlaps.iter().take(SHOWN) {
            text += &format!("{}, {leak}\n", self.file);
        }
        for (name, n) in [
            ("repetitions", self.repeats.len()),
            ("overlaps", self.overlaps.len()),
        ] {
            if n > SHOWN {
                text += &format!(
                    "{}: {} more {name} (--format json names all)\n",
                    self.file,
                    n - SHOWN
                );
            }
        }
        text
    }
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

impl Lengths {
    fn of(mut lengths: Vec<usize>) -> Option<Lengths> {
        lengths.sort_unstable();
        Some(Lengths {
            min: *lengths.first()?,
            median: lengths[lengths.len() / 2],
            max: *lengths.last()?,
        })
    }
}

fn shapes(survey: &Survey) -> serde_json::Map<String, serde_json::Value> {
    let mut shapes: Vec<Shape> = survey.lines.iter().map(|line| line.entry.shape()).collect();
    shapes.sort_unstable();
    let counts = shapes.chunk_by(|left, right| left == right);
    counts
        .map(|same| (same[0].name().to_owned(), json!(same.len())))
        .collect()
}

fn leaks(survey: &Survey, held_out: &HeldOut) -> Vec<Leak> {
    let asked: Vec<String> = survey.lines.iter().map(|line| line.entry.asked()).collect();
    let found = overlap::find(&asked, &held_out.prompts);
    let leak = |overlap: &overlap::Overlap| {
        let (likeness, share) = match overlap.likeness {
            Likeness::Equal => ("equals", None),
            Likeness::Contained => ("holds", None),
            Likeness::Near(share) => ("is near", Some(share)),
            Likeness::Reworded => ("asks in other words for", None),
        };
        Leak {
            line: survey.lines[overlap.training].number,
            held_out: held_out.names[overlap.held_out].clone(),
            likeness,
            share,
        }
    };
    found.iter().map(leak).collect()
}
