//! The words of `whet data`: what models are trained on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `whet data`.
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// List the problem families with an example of each
    #[command(after_help = "Examples:
  whet data ls
  whet data ls unseen                    families that no bundled suite has
  whet data ls gcd,transpose --format json")]
    Ls {
        /// Families: all, demo (those of cpp-demo), unseen, or names
        #[arg(value_name = "NAME", value_delimiter = ',', default_value = "all")]
        families: Vec<String>,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Make problems with exact answers: the tasks of families with other constants
    Generate(Generated),
    /// Show the first rows of a file as a model will meet them
    #[command(after_help = "Examples:
  whet data preview train.jsonl
  whet data preview problems.jsonl -n 10
  whet data preview rows.jsonl.gz -n 1 --whole")]
    Preview {
        /// Rows or problems, plain or gzip
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// So many rows
        #[arg(short = 'n', value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        n: u32,
        /// All of each text, however long
        #[arg(long)]
        whole: bool,
    },
    /// Look through rows: shapes, lengths, faults, repetitions, and what they give away of a suite
    Check(Checked),
    /// Turn published solutions into rows to train on
    Prepare(Prepare),
}

/// `whet data generate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet data generate -n 400 -o problems.jsonl
  whet data generate --families demo -n 200 --split held-out=0.2 -o demo.jsonl
  whet data generate --families gcd,lcm --language python -n 20 -o two.jsonl
  whet bench code MODEL --suite problems.jsonl

The same words give the same file on every machine. No problem is one of a bundled suite, and no two are
alike (see `whet data check`). With --split every family's problems are divided, and the second part goes
to a file of its own: demo.held-out.jsonl beside demo.jsonl.")]
pub(crate) struct Generated {
    /// Families: all, demo (those of cpp-demo), unseen, or names of `whet data ls`
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub(crate) families: Vec<String>,
    /// So many problems, the families taking turns
    #[arg(short = 'n', value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) n: u32,
    /// Decides constants and wordings
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The language that is asked for
    #[arg(long, value_enum, default_value_t = Language::Cpp)]
    pub(crate) language: Language,
    /// Put a share of each family's problems into a file of its own
    #[arg(long, value_name = "NAME=SHARE", value_parser = split)]
    pub(crate) split: Option<Split>,
    /// The file to write (JSON lines)
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `whet data check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet data check train.jsonl
  whet data check train.jsonl --against cpp-demo,held-out.jsonl
  whet data check *.jsonl --against humaneval --format json

Rows have prompt and response (or completion), messages, text, or a prompt alone; problems have the fields of
`whet data generate` or of a published suite. A row overlaps with a problem that is measured with if it has
the same words, holds the whole prompt, or shares four in five of all runs of five words with it.

Exit codes: 0 sound, 2 wrong usage, 3 a row is malformed or overlaps.")]
pub(crate) struct Checked {
    /// Rows or problems, plain or gzip
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Suites, or files whose prompts must not be trained on (default: every bundled suite)
    #[arg(long, value_name = "SUITE|FILE,…", value_delimiter = ',', num_args = 1..)]
    pub(crate) against: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet data prepare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet data prepare mbpp.jsonl -o train.jsonl
  whet data prepare codeforces-cots.jsonl.gz --language cpp --limit 4000 -o cpp.jsonl
  whet data prepare humaneval -o humaneval-rows.jsonl
  whet data prepare mine.jsonl --language python -o python.jsonl

Sources, told apart by their fields: function tasks with solutions (HumanEval, MBPP, EvalPlus), answers to
contest problems (generation beside prompt or description), and rows of your own. Each row that is written
has prompt, completion and metadata. Lines without an answer and in other languages are counted and left
out; if a line is malformed, nothing is written. Exit code 3 says so.")]
pub(crate) struct Prepare {
    /// A file of JSON lines, plain or gzip, or a data set of `whet tasks ls`
    pub(crate) source: String,
    /// Only answers in this language
    #[arg(long, value_enum)]
    pub(crate) language: Option<Language>,
    /// A sample of so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Decides which rows the sample holds
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Keep what stands between <think> and </think> in an answer
    #[arg(long)]
    pub(crate) keep_reasoning: bool,
    /// The file to write (JSON lines)
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// A part of the problems, and how it is called.
#[derive(Debug, Clone)]
pub(crate) struct Split {
    pub(crate) name: String,
    pub(crate) share: f64,
}

fn split(text: &str) -> Result<Split, String> {
    let wrong = || "it must be a name and a share between 0 and 1, such as held-out=0.2".to_owned();
    let (name, share) = text.split_once('=').ok_or_else(wrong)?;
    let share: f64 = share.parse().map_err(|_| wrong())?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty()
        || !name.chars().all(is_word)
        || share <= 0.0
        || share.is_nan()
        || share >= 1.0
    {
        return Err(wrong());
    }
    let name = name.to_owned();
    Ok(Split { name, share })
}

/// Languages that programs can be asked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// C17
    C,
    /// C++17
    Cpp,
    /// Go
    Go,
    /// JavaScript for Node
    Javascript,
    /// Python 3
    Python,
    /// Rust
    Rust,
}

impl Language {
    /// As suites call it.
    pub(crate) fn of_task(self) -> task::Language {
        match self {
            Language::C => task::Language::C,
            Language::Cpp => task::Language::Cpp,
            Language::Go => task::Language::Go,
            Language::Javascript => task::Language::JavaScript,
            Language::Python => task::Language::Python,
            Language::Rust => task::Language::Rust,
        }
    }
}
