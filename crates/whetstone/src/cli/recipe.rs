//! The words of `whet run`, `whet check`, `whet schema` and `whet init`.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use crate::recipe::Preset;

/// `whet run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet init --preset quick                        write a commented recipe, quick.yml
  whet check quick.yml                            what it means, as command lines
  whet run quick.yml                              every target of it
  whet run paper.yml --target paper --resume      go on with what an interrupt left
  whet run paper.yml --set student=./my.gguf --set targets.draft.seed=7
  whet run quick.yml --only memory --dry-run      the resolved plans, and nothing else
  whet run lora.yml --only tuned                  a training alone

A recipe is another way to write command lines: each benchmark is `whet bench NAME` with the flags that its config
says. Benchmarks of a target that have the same models and are of different types share one run, and one folder of
artifacts: ARTIFACTS/NAME_YYYYMMDD_HHMMSS. Its runs are trainings, `whet train TYPE`; they come first, and what is trained
already is not trained again with --resume.

Paths in a recipe are read from the folder where whet is started, files that it includes (!include) from its own.

Exit codes are those of `whet bench`; 2 if the recipe is wrong, 3 also if a training left nothing better than its base.")]
pub(crate) struct Run {
    /// A file, or a recipe that comes with the program: quick, paper, variants, speculative, lora, raft
    pub(crate) recipe: PathBuf,
    /// Only this target (default: all, in their order)
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Option<String>,
    /// Only these trainings and benchmarks, by their id
    #[arg(long, value_delimiter = ',', value_name = "ID,…")]
    pub(crate) only: Vec<String>,
    /// Change a variable, or a key by its path
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print the resolved plans and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on with the newest folder of each training and each run, where there is one
    #[arg(long)]
    pub(crate) resume: bool,
    /// Folder for the folders of artifacts
    #[arg(long, short = 'o', value_name = "DIR", default_value = "artifacts")]
    pub(crate) output: PathBuf,
    /// What to print: a table at the end of each run, or one JSON document at the end of all, a list where there are several
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet check paper.yml
  whet check paper.yml --set student=./my.gguf
  whet check quick --format json

Nothing is fetched or measured. Mistakes are named by file, line and column; the exit code is then 2.")]
pub(crate) struct Check {
    /// A file, or a recipe that comes with the program: quick, paper, variants, speculative, lora, raft
    pub(crate) recipe: PathBuf,
    /// Change a variable, or a key by its path
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet init                                quick.yml, into this folder
  whet init --preset paper
  whet init --preset variants -o -         to standard output
  whet init --preset lora                  an adapter is trained and compared with its model
  whet init --preset raft                  it learns from its own right answers first
  whet init --preset raft-settings         settings for whet train raft --config raft-settings.yml

A file that is there already stays as it is.")]
pub(crate) struct Init {
    /// Which recipe to begin with
    #[arg(long, value_enum, default_value_t = Preset::Quick)]
    pub(crate) preset: Preset,
    /// Where to write it; - is standard output (default: PRESET.yml)
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
