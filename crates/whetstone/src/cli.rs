//! The words that `whet` understands. Doc comments are the help texts.

mod adapters;
mod bench;
mod choices;
mod collect;
mod custom;
mod data;
mod device;
mod doors;
mod help;
mod models;
mod numbers;
mod pretrain;
mod raft;
mod recipe;
mod runs;
mod sample;
mod speculation;
mod speed;
mod texts;
mod train;
mod variants;
mod view;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use adapters::{Adapters, ExportAdapter, Form};
pub(crate) use bench::{Bench, CodeFlags, JudgeFlags, Mode, Part, Preset, Prompt, RunFlags};
pub(crate) use choices::Shape;
pub(crate) use collect::Collect;
pub(crate) use data::{Checked, Data, Generated, Prepare, Split};
pub(crate) use device::Device;
pub(crate) use doors::{read, words};
pub(crate) use models::{Import, Make, Models, Quantize};
pub(crate) use numbers::Numbers;
pub(crate) use pretrain::Pretrain;
pub(crate) use raft::{
    Benchmark, FilterFlags, Full, MemoryFlags, Models as ModelSizes, RaftFlags, SamplingFlags,
    TrainingFlags,
};
pub(crate) use recipe::{Check, Init, Run};
pub(crate) use runs::{Compare, ImportRun, Report, Runs};
pub(crate) use sample::{Export, Judge, Sample, SampleGenerate, Source};
pub(crate) use speculation::Speculation;
pub(crate) use speed::Switch;
pub(crate) use texts::{Protocol, TextsFlags};
pub(crate) use train::{Sft, StepFlags, Train};
pub(crate) use variants::VariantsFlags;
pub(crate) use view::View;

/// Measures small language models: does the code they write compile, run and pass? How fast, how
/// much memory, how surprised by text? One run, one folder, every number with its interval.
#[derive(Debug, Parser)]
#[command(
    name = "whet",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  whet bench qwen2.5-coder-0.5b        report card of a model, in minutes
  whet generate smollm2-135m -p 'Once upon a time'
  whet run quick                       a recipe: what is measured of which models, in one file
  whet compare RUN RUN                 what changed between two runs, with intervals
  whet models ls                       which models can be named
  whet doctor                          what this machine can do, and what is missing")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes. Their heading keeps them from standing between a command's own.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Answer every question with yes (also set by CI=true)
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,
    /// No progress, only results and errors
    #[arg(long, short = 'q', global = true)]
    pub(crate) quiet: bool,
    /// Show the log on stderr (-vv for more, the engine's own log included)
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Write the log to a file
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) log_file: Option<PathBuf>,
    /// When to use colour; auto is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
    /// Never use the network
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Say beside numbers how published guides read them, such as "very fast" from 100 tok/s on (default)
    #[arg(long, global = true, overrides_with = "no_readings")]
    pub(crate) readings: bool,
    /// Numbers alone, without such readings
    #[arg(long, global = true, overrides_with = "readings")]
    pub(crate) no_readings: bool,
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure one or several models and write a report
    Bench(Box<Bench>),
    /// Carry out a recipe: models, trainings and benchmarks in one file
    Run(Run),
    /// Check a recipe: what is wrong in it, or which command lines it means
    Check(Check),
    /// Write a commented recipe to begin with
    Init(Init),
    /// Print the JSON Schema of recipes, for editors
    #[command(after_help = "Example:
  whet schema > whet-recipe.schema.json      beside the recipe, whose first line names it")]
    Schema,
    /// Generate text with a model
    Generate(Generate),
    /// Completions without verdicts, and verdicts without a model
    #[command(subcommand)]
    Sample(Sample),
    /// List, fetch and inspect suites of problems
    #[command(subcommand)]
    Tasks(Tasks),
    /// Make, inspect and check what models are trained on
    #[command(subcommand)]
    Data(Data),
    /// List, fetch, inspect, convert, quantise and delete models
    #[command(subcommand)]
    Models(Models),
    /// Train low-rank adapters for models, or all of their weights
    #[command(subcommand)]
    Train(Train),
    /// Write down where a draft model would have said something else than its target
    Collect(Collect),
    /// List trained adapters, find the best, write them in other forms
    #[command(subcommand)]
    Adapters(Adapters),
    /// RAFT as a published demo calls it
    #[command(subcommand, hide = true)]
    Benchmark(Benchmark),
    /// Make the report of runs anew from their records, and print it
    Report(Report),
    /// Show the answers of a run, one by one
    View(View),
    /// Compare runs, and check limits that they have to keep
    Compare(Compare),
    /// List, show, import, name and delete runs
    #[command(subcommand)]
    Runs(Runs),
    /// Show what this machine can do and what is missing, and attack the sandbox
    Doctor(Doctor),
    /// Try every part of the program, from the toolchain to the report
    Test(Test),
}

/// What is printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// `whet generate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet generate smollm2-135m -p 'def fibonacci(n):'
  whet generate qwen2.5-coder-0.5b --chat -p 'Reverse a string in Rust'
  cat question.txt | whet generate qwen2.5-coder-0.5b --chat
  whet generate qwen2.5-coder-0.5b --chat -p 'Reverse a string in Rust' --dry-run
  whet generate qwen2.5-coder-1.5b --chat -f edit.txt --guess suffix --guesses 4
  whet generate qwen2.5-coder-1.5b --chat -f edit.txt --guess draft=qwen2.5-coder-0.5b --guesses 1")]
pub(crate) struct Generate {
    /// A name of the catalogue or a path to a .gguf file
    pub(crate) model: String,
    /// The prompt
    #[arg(long, short = 'p', conflicts_with = "file")]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from a file; - is standard input
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Put the prompt through the model's chat template
    #[arg(long)]
    pub(crate) chat: bool,
    /// System message of the chat
    #[arg(long, requires = "chat")]
    pub(crate) system: Option<String>,
    /// At most so many tokens
    #[arg(long, short = 'n', default_value_t = 512)]
    pub(crate) max_tokens: usize,
    /// Sampling temperature; 0 is greedy
    #[arg(long, default_value_t = 0.0)]
    pub(crate) temperature: f32,
    /// Keep the k most likely tokens; 0 is off
    #[arg(long, default_value_t = 0)]
    pub(crate) top_k: usize,
    /// Keep the smallest set of tokens with this share; 1 is off
    #[arg(long, default_value_t = 1.0)]
    pub(crate) top_p: f32,
    /// Keep tokens at least this likely relative to the best; 0 is off
    #[arg(long, default_value_t = 0.0)]
    pub(crate) min_p: f32,
    /// Repetition penalty; 1 is off
    #[arg(long, default_value_t = 1.0)]
    pub(crate) repetition_penalty: f32,
    /// End at this text; may be given several times
    #[arg(long)]
    pub(crate) stop: Vec<String>,
    /// Seed of the sampling
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Where models compute: auto, cpu, gpu, or gpu:1 for the second one
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device::parse)]
    pub(crate) device: Device,
    /// Lay a LoRA adapter (GGUF) over the model, optionally with a factor: FILE or FILE=0.5
    #[arg(long, value_name = "FILE[=SCALE]")]
    pub(crate) adapter: Option<String>,
    /// Guess ahead, and look at all guesses in one step: ngram (what followed here before), suffix, or draft=MODEL.
    /// The text stays the model's own; `whet bench spec` says what is gained here, and with how many guesses
    #[arg(long, value_name = "WHO")]
    pub(crate) guess: Option<String>,
    /// Guesses a step
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) guesses: usize,
    /// Print the text that the model would read, chat template and special tokens included, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `whet tasks`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// List the suites and what is already here
    #[command(after_help = "Examples:
  whet tasks ls
  whet tasks ls --format json")]
    Ls {
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Show a suite: how it is judged, what that needs, and its first problem
    #[command(after_help = "Examples:
  whet tasks show cpp-demo
  whet tasks show humaneval --answers")]
    Show {
        /// A name of the list or a path to a JSONL file
        suite: String,
        /// Show what is wanted, too
        #[arg(long)]
        answers: bool,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Judge a suite's own solutions and every known cheat: is it one to measure with?
    #[command(after_help = "Examples:
  whet tasks try humaneval
  whet tasks try my-problems.jsonl --together

All solutions have to pass, and no cheat may. If not, the exit code is 3.")]
    Try {
        /// Names of the list or paths to JSONL files; functions only
        #[arg(value_name = "SUITE", required = true)]
        suites: Vec<String>,
        /// Have the tests in the answer's process, as published harnesses do
        #[arg(long)]
        together: bool,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Fetch data sets into the cache, verified by SHA-256
    #[command(after_help = "Example:
  whet tasks pull humaneval")]
    Pull {
        /// Names of the list
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// `whet doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `whet test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// How much: smoke needs no network and no model; standard takes SmolLM2, full also trains it for a step
    #[arg(long, value_enum, default_value_t = Level::Smoke)]
    pub(crate) level: Level,
}

/// How much `whet test` tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// The toy model through every stage, in seconds
    Smoke,
    /// The same with SmolLM2
    Standard,
    /// standard and one training step
    Full,
}
