//! `whet data check`: what is in files of rows, what is wrong with them, and what they give away of the
//! problems that models are measured with.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use task::survey::{Line, Shape, Survey};

use super::leaks::{HeldOut, Leak};
use super::{faults, read};
use crate::cli::{Checked, Format};
use crate::exit::Exit;
use crate::subject::Finder;

/// Repetitions and overlaps that are named.
const SHOWN: usize = 10;

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
            overlaps: held_out.leaks(&survey),
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
