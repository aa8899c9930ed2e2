//! The words of `whet report`, `whet compare` and `whet runs`: what is done with runs that are there.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use measure::Gate;

use super::Format;

/// `whet report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet report                            the newest run below ./runs
  whet report runs/a_20260102_030405     that one
  whet report */ --quiet                 all of a folder, without printing

  whet report RUN --export tex=tables.tex --export parquet=results.parquet
  whet report A B --export csv=-         two runs side by side, to standard output
  whet report RUN --export 'lm-eval=results_{model}.json'
  whet report RUN --export github-summary=\"$GITHUB_STEP_SUMMARY\"

Tables, page and pictures are made from the records alone, and may be deleted at any time. With --export only that
is written, and nothing printed.

Formats: md csv json jsonl sql parquet tex svg png html; lm-eval (lm-evaluation-harness), evalplus, hyperfine,
benchmark-bigger and benchmark-smaller (github-action-benchmark), hf-eval (.eval_results of the Hugging Face Hub),
github-summary. lm-eval and hf-eval are of one model, evalplus is of one model and suite: where there are several, the
path names {model} and {suite}.")]
pub(crate) struct Report {
    /// Run folders, or their names below the folder of runs (default: the newest)
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) root: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write another format instead; may be given several times, and - is standard output
    #[arg(long, value_name = "FMT=PATH", value_parser = export)]
    pub(crate) export: Vec<(String, PathBuf)>,
}

/// `whet compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet compare runs/base_20260102_030405 runs/tuned_20260103_030405
  whet compare BASE TUNED --gate 'perplexity.ratio<1.05' --gate 'pass_at_1.difference>-2%'
  whet compare BASE TUNED --fail-on-regression --noise-threshold 1%
  whet compare BASE TUNED -o comparison          page, tables and pictures into a folder

A gate is METRIC[.ratio|.difference] with <, <=, > or >= and a number. It is met or failed if the whole interval
is on one side, and inconclusive otherwise. It is held against every later model and every row of the metric.

Exit codes: 0 all met, 3 a gate failed or something became worse, 5 nothing failed but a gate is inconclusive.")]
pub(crate) struct Compare {
    /// Run folders, or their names below the folder of runs; the first is what the others are held against
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) root: PathBuf,
    /// A claim that has to hold; may be given several times
    #[arg(long, value_name = "CLAIM", value_parser = claim)]
    pub(crate) gate: Vec<(String, Gate)>,
    /// End with exit code 3 if a number became worse, its whole interval considered
    #[arg(long)]
    pub(crate) fail_on_regression: bool,
    /// Changes up to this share of the first run's number are no regression
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share, requires = "fail_on_regression")]
    pub(crate) noise_threshold: f64,
    /// Write the comparison's report into a folder
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet runs`.
#[derive(Debug, Subcommand)]
pub(crate) enum Runs {
    /// List runs, newest first
    Ls {
        /// Folder of run folders
        #[arg(long, value_name = "DIR", default_value = "runs")]
        root: PathBuf,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Print a run's scorecard, and write nothing
    Show(Report),
    /// Delete runs, after a question
    Rm {
        /// Run folders, or their names below the folder of runs
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<PathBuf>,
        /// Folder of run folders
        #[arg(long, value_name = "DIR", default_value = "runs")]
        root: PathBuf,
    },
}

fn export(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').unwrap_or((text, ""));
    report::publish::find(name)?;
    match path {
        "" => Err(format!(
            "where to? write --export {name}=PATH, or {name}=- for standard output"
        )),
        path => Ok((name.to_owned(), path.into())),
    }
}

fn claim(text: &str) -> Result<(String, Gate), String> {
    Ok((text.to_owned(), text.parse()?))
}

fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    let sound = number.ok().filter(|share| (0.0..1.0).contains(share));
    sound.ok_or_else(|| "it must be a share such as 1% or 0.01".to_owned())
}
