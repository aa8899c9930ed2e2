//! The words of `whet sample`: completions without verdicts, and verdicts without a model.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CodeFlags, Format, RunFlags};
use crate::cli::bench::JudgeFlags;

/// `whet sample`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sample {
    /// Let a model answer the problems of a suite, and judge nothing
    #[command(after_help = "Examples:
  whet sample generate smollm2-135m --suite cpp-demo -n 10
  whet sample generate A --suite python-core -n 1 -o samples.jsonl

With -o FILE.jsonl the completions are written as EvalPlus samples, too; the run folder is then
made in runs.")]
    Generate(Box<SampleGenerate>),
    /// Judge completions of a file or of an earlier run, and write a report
    #[command(after_help = "Examples:
  whet sample judge samples.jsonl --suite cpp-demo --name my-model
  whet sample judge samples.jsonl.gz --suite humaneval
  whet sample judge runs/smollm2-135m_20260102_030405
  whet sample judge --resume runs/my-model_20260102_030405

With --resume the folder is one that this command made and that was interrupted.")]
    Judge(Judge),
    /// Make a run folder of completions, and judge nothing
    Import(Source),
    /// Write the completions of a run as EvalPlus samples
    Export(Export),
}

/// `whet sample generate`.
#[derive(Debug, Args)]
pub(crate) struct SampleGenerate {
    /// Models: names of the catalogue or paths to .gguf files
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<String>,
    #[command(flatten)]
    pub(crate) code: CodeFlags,
    #[command(flatten)]
    pub(crate) run: RunFlags,
}

/// Where completions come from, and how to call them.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// EvalPlus samples (a JSONL file, plain or .gz, or a folder of solutions), or a run folder
    #[arg(value_name = "FILE|FOLDER|RUN")]
    pub(crate) source: PathBuf,
    /// The suite they answer; a run folder knows its own
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Option<String>,
    /// What to call the model (default: the file's name)
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Folder for run folders
    #[arg(long, short = 'o', value_name = "DIR", default_value = "runs")]
    pub(crate) output: PathBuf,
}

/// `whet sample judge`.
#[derive(Debug, Args)]
pub(crate) struct Judge {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Go on in this run folder, in which judging was interrupted, as it was begun
    #[arg(long, conflicts_with_all = [
        "suite", "name", "k", "mode", "compiler", "no_cache", "audit",
    ])]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) judging: JudgeFlags,
    /// What to print at the end
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet sample export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A run folder
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// The file to write; - is standard output
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// Only this model, where the run has several
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Only this suite, where the run has several
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Option<String>,
}
