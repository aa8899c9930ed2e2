//! `--export FORMAT=PATH`: what a run showed, in the forms that other programs read.
//!
//! Every form is made from the scorecard (or, where texts are wanted, from the records), one small file each; a form
//! that a run holds nothing for says what it would need. Forms that are of one model or one suite are written once
//! for each.

mod evalplus;
mod flat;
mod github;
mod halo_forge;
mod hub;
mod hyperfine;
mod lm_eval;
mod parquet;
mod smallcoder;
mod sql;

use ledger::Run;

use crate::chart::pictures;
use crate::error::Error;
use crate::export::{scorecard_csv, scorecard_json};
use crate::view::Scorecard;
use crate::{html, latex, markdown};

/// A form.
pub struct Format {
    /// What `--export` calls it.
    pub name: &'static str,
    /// What it is, in a line.
    pub says: &'static str,
    /// What one file of it is about.
    pub about: About,
    /// Whether it is put behind what a file already holds.
    pub appends: bool,
    write: fn(&Source<'_>) -> Result<Vec<u8>, Error>,
}

/// What one file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The whole run.
    Run,
    /// One model.
    Model,
    /// One model and one suite.
    Suite,
}

/// What a form is made from.
pub struct Source<'a> {
    /// The records.
    pub run: &'a Run,
    /// What they show.
    pub card: &'a Scorecard,
    /// The model, where a file is about one.
    pub model: &'a str,
    /// The suite, where a file is about one.
    pub suite: &'a str,
    /// Dots on an inch of a picture.
    pub dpi: u16,
}

const fn form(
    name: &'static str,
    says: &'static str,
    write: fn(&Source<'_>) -> Result<Vec<u8>, Error>,
) -> Format {
    let (about, appends) = (About::Run, false);
    Format {
        name,
        says,
        about,
        appends,
        write,
    }
}

/// Every form.
#[rustfmt::skip]
pub const FORMATS: [Format; 21] = [
    form("md", "Markdown, as report.md", |from| Ok(page(from).into_bytes())),
    form("csv", "a line for each number, as scorecard.csv", |from| scorecard_csv(from.card)),
    form("json", "the scorecard, as report.json", |from| scorecard_json(from.card)),
    form("jsonl", "a JSON object for each number", |from| flat::jsonl(from.card)),
    form("sql", "a table for SQLite and its like", |from| Ok(sql::text(from.card).into_bytes())),
    form("parquet", "a table for data frames", |from| parquet::bytes(from.card)),
    form("tex", "LaTeX tables with booktabs, as tables.tex", |from| Ok(latex::page(from.card).into_bytes())),
    form("svg", "the summary, or the only chart, as a drawing", |from| Ok(summary(from.card)?.svg.into_bytes())),
    form("png", "the summary, or the only chart, as a picture", |from| summary(from.card)?.png(from.dpi)),
    form("html", "the page, as report.html", |from| Ok(html::page(from.run, from.card, &pictures(from.card))?.into_bytes())),
    Format { about: About::Model, ..form("lm-eval", "results of lm-evaluation-harness", lm_eval::results) },
    Format { about: About::Suite, ..form("evalplus", "results of EvalPlus", evalplus::results) },
    form("hyperfine", "timed runs, as hyperfine writes them", hyperfine::results),
    form("benchmark-bigger", "github-action-benchmark, customBiggerIsBetter", github::bigger),
    form("benchmark-smaller", "github-action-benchmark, customSmallerIsBetter", github::smaller),
    Format { about: About::Model, ..form("hf-eval", "a file of .eval_results of the Hugging Face Hub", hub::results) },
    form("smallcoder", "results of SmallCoder's benchmark.py", smallcoder::results),
    form("smallcoder-md", "its page that compares models", smallcoder::page),
    form("smallcoder-variants", "results of its benchmark_variants.py", smallcoder::variants),
    Format { about: About::Model, ..form("halo-forge", "results of halo-forge's benchmark run", halo_forge::results) },
    Format { appends: true, ..form("github-summary", "the summary of a GitHub step: $GITHUB_STEP_SUMMARY", github::summary) },
];

/// The form of that name.
///
/// # Errors
/// A sentence with all names.
pub fn find(name: &str) -> Result<&'static Format, String> {
    let known = FORMATS.iter().find(|format| format.name == name);
    known.ok_or_else(|| {
        let names = FORMATS.iter().map(|format| format.name);
        format!(
            "no format is called {name}; there are {}",
            names.collect::<Vec<_>>().join(", ")
        )
    })
}

impl Format {
    /// One file of this form.
    ///
    /// # Errors
    /// [`Error::Nothing`] if the run holds nothing for it, and those of the writers.
    pub fn write(&self, from: &Source<'_>) -> Result<Vec<u8>, Error> {
        (self.write)(from)
    }

    /// What the files of this form are about, as pairs of model and suite: one for the run, or one for each.
    pub fn parts(&self, run: &Run) -> Vec<(String, String)> {
        let mut parts = Vec::new();
        let suites: Vec<&str> = match self.about {
            About::Suite => evalplus::suites(run),
            _ => vec![""],
        };
        for model in &run.header.models {
            parts.extend(
                suites
                    .iter()
                    .map(|suite| (model.name.clone(), (*suite).to_owned())),
            );
        }
        if self.about == About::Run {
            parts.truncate(1);
        }
        parts
    }

    fn nothing(&self, needs: &'static str) -> Error {
        Error::Nothing {
            format: self.name,
            needs,
        }
    }
}

/// The error of a form that a run holds nothing for.
fn nothing(name: &'static str, needs: &'static str) -> Error {
    match FORMATS.iter().find(|format| format.name == name) {
        Some(format) => format.nothing(needs),
        None => Error::Nothing {
            format: name,
            needs,
        },
    }
}

fn page(from: &Source<'_>) -> String {
    markdown::page(from.card, &[])
}

/// The picture of all charts; where there is one chart only, that one.
fn summary(card: &Scorecard) -> Result<crate::chart::Picture, Error> {
    let mut all = pictures(card);
    let at = all.iter().position(|picture| picture.stem == "summary");
    match all.is_empty() {
        false => Ok(all.swap_remove(at.unwrap_or(0))),
        true => Err(Error::Nothing {
            format: "a picture",
            needs: "code, speed, memory or perplexity that was measured",
        }),
    }
}

/// JSON, indented, with a line break at its end.
fn indented(value: &serde_json::Value) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The standard error of a mean, from the spread of what it is the mean of.
fn standard_error(raw: &[f64]) -> Option<f64> {
    let n = raw.len() as f64;
    (raw.len() > 1).then(|| {
        let mean = raw.iter().sum::<f64>() / n;
        let squares: f64 = raw.iter().map(|value| (value - mean).powi(2)).sum();
        (squares / (n - 1.0)).sqrt() / n.sqrt()
    })
}
