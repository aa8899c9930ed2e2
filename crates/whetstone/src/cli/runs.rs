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
  whet report comparison                 what `whet compare -o comparison` wrote, or `whet train raft -o DIR`, again

  whet report RUN --export tex=tables.tex --export parquet=results.parquet
  whet report A B --export csv=-         two runs side by side, to standard output
  whet report RUN --export png=figure.png --dpi 600
  whet report RUN --export 'lm-eval=results_{model}.json'
  whet report RUN --export github-summary=\"$GITHUB_STEP_SUMMARY\"
  whet report RAFT --export html=raft.html       before RAFT, and its best cycle

Tables, page and pictures are made from the records alone, and may be deleted at any time; what a run was told to
export when it was measured is written again if it is gone. With --export only that is written, and nothing printed.

Formats: md csv json jsonl sql parquet tex svg png html; lm-eval (lm-evaluation-harness), evalplus, hyperfine,
benchmark-bigger and benchmark-smaller (github-action-benchmark), hf-eval (.eval_results of the Hugging Face Hub),
github-summary; smallcoder, smallcoder-md and smallcoder-variants (the files of its scripts); halo-forge (results of its
`benchmark run`). hf-eval takes whole data sets measured here, and nothing that --limit cut or that was brought in. lm-eval,
hf-eval and halo-forge are of one model, evalplus is of one model and suite: where there are several, the path names
{model} and {suite}.")]
pub(crate) struct Report {
    /// Folders of runs, of comparisons and of RAFT, or their names below the folder of runs (default: the newest run)
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) root: PathBuf,
    /// What to print; json is one document, the scorecard or a list of them where several runs are named
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Dots on an inch of PNG pictures; their size on paper stays
    #[arg(long, value_name = "N", default_value_t = report::chart::DPI, value_parser = clap::value_parser!(u16).range(24..=1200))]
    pub(crate) dpi: u16,
    /// Write another format instead; may be given several times, and - is standard output
    #[arg(long, value_name = "FMT=PATH", value_parser = export)]
    pub(crate) export: Vec<(String, PathBuf)>,
}

/// `whet compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet compare runs/base_20260102_030405 runs/tuned_20260103_030405
  whet compare BASE TUNED --gate 'perplexity.ratio<1.05' --gate 'pass_at_1.difference>-2%'
  whet compare NEW --baseline main --fail-on-regression --noise-threshold 2%
  whet compare NEW1 NEW2 NEW3 --baseline OLD1 --baseline OLD2 --baseline OLD3 --fail-on-regression
  whet compare TEACHER STUDENT --checklist       four published gates of attention upcycling
  whet compare BASE TUNED -o comparison          page, tables and pictures into a folder

A gate is METRIC[.ratio|.difference] with <, <=, > or >= and a number. It is met or failed if the whole interval
is on one side, and inconclusive otherwise. It is held against every later model and every row of the metric. METRIC may
also be one of your own that the runs have.

With --fail-on-regression a row failed if its whole interval is worse than the noise threshold, and is
inconclusive if a part of it is. Without a threshold what is open is counted and decides nothing: no number of
repetitions excludes a regression of every size. Of every 40 rows that chance moves about one comes out worse though
nothing changed, and all rows are looked at: name those that matter with --metrics, or allow for noise.

Speeds, times, memory and energy of two separate runs also differ by what the machine did in between, which their
intervals do not know: they are inconclusive at most, and so are those of unlike machines or engines, and of a run
that warned of drift. Measure both models in one run, or give three runs or more of each side: with several --baseline
runs of the same models are taken together, and each run counts once.

A baseline is a run with a name: `whet runs tag RUN NAME`, `whet bench … --save-baseline NAME`, or --save-baseline
here, which names the last run unless something failed.

Exit codes: 0 nothing failed, 3 a gate failed or something became worse, 5 what was asked for by name was not measured
at all, or, with --fail-on-inconclusive, something is inconclusive.")]
pub(crate) struct Compare {
    /// Run folders, or their names below the folder of runs; the first is what the others are held against
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) root: PathBuf,
    /// What the runs are held against: the name of a baseline, or a run; given several times, runs are what is counted
    #[arg(long, value_name = "NAME|RUN")]
    pub(crate) baseline: Vec<PathBuf>,
    /// Call the last run so afterwards, unless something failed
    #[arg(long, value_name = "NAME", value_parser = baseline_name)]
    pub(crate) save_baseline: Option<String>,
    /// Perplexity +5 % at most, decode 20 % faster, a cache of a third, accuracy 10 points lower at most
    #[arg(long)]
    pub(crate) checklist: bool,
    /// A claim that has to hold; may be given several times
    #[arg(long, value_name = "CLAIM", value_parser = claim)]
    pub(crate) gate: Vec<(String, Gate)>,
    /// End with exit code 3 if a number became worse, its whole interval considered
    #[arg(long)]
    pub(crate) fail_on_regression: bool,
    /// End with exit code 5 if nothing failed and a claim can be neither confirmed nor refuted
    #[arg(long)]
    pub(crate) fail_on_inconclusive: bool,
    /// Changes up to this share of the first run's number are no regression
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share, requires = "fail_on_regression")]
    pub(crate) noise_threshold: f64,
    /// Look for regressions in these metrics only; if one of them was not measured at all, the exit code is 5
    #[arg(
        long,
        value_name = "METRIC,…",
        value_delimiter = ',',
        requires = "fail_on_regression"
    )]
    pub(crate) metrics: Vec<String>,
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
    #[command(after_help = "Examples:
  whet runs ls
  whet runs ls --root artifacts
  whet runs ls --format json | jq -r '.[0].folder'     the newest")]
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
    /// Bring results of other programs in: llama-bench, lm-evaluation-harness, EvalPlus, halo-forge
    Import(ImportRun),
    /// Give a run a name to compare with later
    #[command(after_help = "Examples:
  whet runs tag qwen2.5-coder-0.5b_20260102_030405 main
  whet compare NEW --baseline main

A name stands for one run of a folder of runs; given again, it moves. Names are in baselines.json of that folder.")]
    Tag {
        /// A run folder, or its name below the folder of runs
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// Letters, digits, - _ and .
        #[arg(value_parser = baseline_name)]
        name: String,
        /// Folder of run folders
        #[arg(long, value_name = "DIR", default_value = "runs")]
        root: PathBuf,
    },
    /// Take the name from a run; the run stays
    #[command(after_help = "Example:
  whet runs untag main")]
    Untag {
        /// The name
        #[arg(value_parser = baseline_name)]
        name: String,
        /// Folder of run folders
        #[arg(long, value_name = "DIR", default_value = "runs")]
        root: PathBuf,
    },
    /// Delete runs, after a question
    #[command(after_help = "Examples:
  whet runs rm smollm2-135m_20260102_030405
  whet runs rm runs/smollm2-135m_* --yes")]
    Rm {
        /// Run folders, or their names below the folder of runs
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<PathBuf>,
        /// Folder of run folders
        #[arg(long, value_name = "DIR", default_value = "runs")]
        root: PathBuf,
    },
}

/// `whet runs import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet runs import llama-bench.json
  whet runs import results_2026-01-02T03-04-05.json --name my-model
  whet runs import humaneval_eval_results.json --name my-model
  whet runs import eval_results.json --suite my-problems
  whet runs import baseline_samples.jsonl --name before
  whet compare MINE THEIRS

Formats, told apart by their fields: llama-bench -o json or -o jsonl, results of lm-evaluation-harness,
eval_results of EvalPlus; results of `benchmark run`, summary.json and lines of samples of halo-forge. Completions
without verdicts are brought in with `whet sample import`.

Numbers are marked as brought in, with the SHA-256 of their file. What a file does not tell (n, spread, machine)
stays unknown.")]
pub(crate) struct ImportRun {
    /// A file of results
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What to call the model (default: as the file does, or the file's name)
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What to call the problems of EvalPlus's eval_results (default: as their ids do, or the file's name)
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Option<String>,
    /// Folder for run folders
    #[arg(long, short = 'o', value_name = "DIR", default_value = "runs")]
    pub(crate) output: PathBuf,
}

pub(super) fn baseline_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let sound = !text.is_empty() && !text.starts_with(['.', '-']) && text.chars().all(plain);
    match sound {
        true => Ok(text.to_owned()),
        false => {
            Err("a name has letters, digits, - _ and . in it, and begins with no . or -".to_owned())
        }
    }
}

pub(super) fn export(text: &str) -> Result<(String, PathBuf), String> {
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
