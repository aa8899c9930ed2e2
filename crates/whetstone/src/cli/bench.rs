//! The words of `whet bench`: the whole with its presets, and each benchmark by itself.
//!
//! `whet bench code MODEL` is the long way to write `whet bench MODEL --only code`, with a help that
//! shows the flags of that benchmark alone. Both become one and the same [`Bench`].

mod alone;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;
use super::choices::ReadingFlags;
use super::device::Device;
use super::speed::{FillingFlags, SpeedFlags};
use super::texts::TextFlags;
use super::variants::VariantsFlags;
use alone::Alone;

/// What says how a run is made, arguments and groups of them. A run that goes on has all of it from its own record,
/// so such a word beside `--resume` would do nothing.
const PLANNING: [&str; 13] = [
    "models",
    "preset",
    "only",
    "seed",
    "threads",
    "adapter",
    "device",
    "energy",
    "CodeFlags",
    "JudgeFlags",
    "PromptFlags",
    "ContextFlag",
    "CacheFlag",
];

/// `whet bench`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  whet bench qwen2.5-coder-0.5b               the quick preset: code, speed, memory, perplexity
  whet bench smollm2-135m ./my-model.gguf     two models, compared on the same problems
  whet bench code smollm2-135m --suite cpp-demo --samples 10 --k 1,10
  whet bench A --only latency --prompt-tokens 512 --generate-tokens 64 --format json
  whet bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b
  whet bench --resume                         go on with the newest interrupted run

A model whose file is called like a command is given as ./code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 guessing changed an answer, 4 some completions could not be judged,
130 interrupted (resume with --resume).")]
pub(crate) struct Bench {
    #[command(subcommand)]
    alone: Option<Alone>,
    /// Models: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
    #[arg(value_name = "MODEL", required_unless_present = "resume")]
    pub(crate) models: Vec<String>,
    /// What to run
    #[arg(long, value_enum, default_value_t = Preset::Quick)]
    pub(crate) preset: Preset,
    /// Only these benchmarks
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) only: Vec<Part>,
    /// Go on with an interrupted run (the newest one if no folder is given)
    #[arg(long, value_name = "RUN", num_args = 0..=1, conflicts_with_all = PLANNING)]
    pub(crate) resume: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub(crate) run: RunFlags,
    #[command(flatten)]
    pub(crate) code: CodeFlags,
    #[command(flatten)]
    pub(crate) judging: JudgeFlags,
    #[command(flatten)]
    pub(crate) speed: SpeedFlags,
    /// Speed or memory is measured as one would publish it, and not as the preset has it.
    #[arg(skip)]
    pub(crate) thorough: bool,
    /// What `memory` sweeps besides; the words stand in its own help.
    #[arg(skip)]
    pub(crate) filling: FillingFlags,
    /// The shapes of `variants`, which brings its own models.
    #[arg(skip)]
    pub(crate) variants: Option<Box<VariantsFlags>>,
    /// What `perplexity` and `divergence` read; their words stand in their own help.
    #[arg(skip)]
    pub(crate) text: TextFlags,
    /// What `accuracy` and `context` ask.
    #[arg(skip)]
    pub(crate) reading: ReadingFlags,
}

impl Bench {
    /// The code benchmark alone, without judging.
    pub(crate) fn samples_only(models: Vec<String>, code: CodeFlags, run: RunFlags) -> Bench {
        Bench {
            alone: None,
            models,
            preset: Preset::Quick,
            only: vec![Part::Code],
            resume: None,
            thorough: false,
            run,
            code: CodeFlags {
                unjudged: true,
                ..code
            },
            judging: JudgeFlags::default(),
            speed: SpeedFlags::default(),
            filling: FillingFlags::default(),
            variants: None,
            text: TextFlags::default(),
            reading: ReadingFlags::default(),
        }
    }
}

/// Flags of every benchmark.
#[derive(Debug, Args)]
#[command(next_help_heading = "This run")]
pub(crate) struct RunFlags {
    /// Folder for run folders
    #[arg(long, short = 'o', value_name = "DIR", default_value = "runs")]
    pub(crate) output: PathBuf,
    /// Print the resolved plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What to print at the end
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Seed of the run; everything random is derived from it
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Lay a LoRA adapter (GGUF) over the model, optionally with a factor: FILE or FILE=0.5
    #[arg(long, value_name = "FILE[=SCALE]")]
    pub(crate) adapter: Option<String>,
    /// Where models compute: auto, cpu, gpu, or gpu:1 for the second one; what is not there falls back to the processor, with a warning in the report
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = super::device::parse)]
    pub(crate) device: Device,
    /// At the end write another format, too (see `whet report --help`); {stamp} in the path is the run's time
    #[arg(long, value_name = "FMT=PATH", value_parser = super::runs::export)]
    pub(crate) export: Vec<(String, PathBuf)>,
    /// Give the run a name to compare with: `whet compare RUN --baseline NAME`
    #[arg(long, value_name = "NAME", value_parser = super::runs::baseline_name)]
    pub(crate) save_baseline: Option<String>,
    /// Measure energy with care: 30 seconds of rest come first and 30 last, and a machine that tells no power is refused
    #[arg(long)]
    pub(crate) energy: bool,
}

/// Flags of the code benchmark.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Code")]
pub(crate) struct CodeFlags {
    /// Suites of problems: names of `whet tasks ls` or paths to JSONL files [default: python-core,cpp-demo]
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) suite: Vec<String>,
    /// Completions of each problem [default: 4]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) samples: Option<u32>,
    /// Only the first problems of each suite
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How function tasks are worded [default: auto]
    #[arg(long, value_enum, value_name = "WORDING")]
    pub(crate) prompt: Option<Prompt>,
    /// Sampling temperature; 0 is greedy [default: 0.7]
    #[arg(long, value_name = "X")]
    pub(crate) temperature: Option<f32>,
    /// Keep the k most likely tokens; 0 is off [default: 50]
    #[arg(long, value_name = "K")]
    pub(crate) top_k: Option<usize>,
    /// Keep the smallest set of tokens with this share; 1 is off [default: 0.9]
    #[arg(long, value_name = "SHARE")]
    pub(crate) top_p: Option<f32>,
    /// Keep tokens at least this likely relative to the best; 0 is off [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub(crate) min_p: Option<f32>,
    /// Repetition penalty; 1 is off [default: 1]
    #[arg(long, value_name = "X")]
    pub(crate) repetition_penalty: Option<f32>,
    /// Completions generated side by side [default: 16]
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<usize>,
    /// Same text at any batch size and after a resume: steps are filled up to whole tiles of 8 rows (default)
    #[arg(long, conflicts_with = "fast")]
    pub(crate) deterministic: bool,
    /// Let steps have just the rows that work: faster at the end, texts may depend on the batch
    #[arg(long)]
    pub(crate) fast: bool,
    /// Let answers to whole-program tasks go on behind their code block, which changes no verdict
    #[arg(long)]
    pub(crate) whole_answers: bool,
    /// Write completions down and judge none.
    #[arg(skip)]
    pub(crate) unjudged: bool,
}

/// Flags about how programs are judged.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct JudgeFlags {
    /// Which pass@k to show; each needs as many samples [default: 1 and the number of samples]
    #[arg(long, value_delimiter = ',', value_name = "K,…")]
    pub(crate) k: Vec<u32>,
    /// How far function tasks keep their tests and the candidate apart
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,
    /// What builds the programs of its language, clang++ for instance [default: the first that is there]
    #[arg(long, value_name = "NAME")]
    pub(crate) compiler: Option<String>,
    /// Judge everything anew, taking over no earlier verdict
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Share of fast verdicts to try again the slow way, 0 to 1 [default: 0.05]
    #[arg(long, value_name = "SHARE")]
    pub(crate) audit: Option<f64>,
}

/// How function tasks are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prompt {
    /// evalplus-chat for models with a chat template, evalplus-base for others
    Auto,
    /// As EvalPlus asks chat models: an instruction, and the answer begun
    EvalplusChat,
    /// As EvalPlus asks base models: the stub to go on with
    EvalplusBase,
    /// The problem's text as it stands
    Raw,
}

/// How far function tasks keep their tests and the candidate apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Tests in another box, plain data between (default)
    Split,
    /// One process, as in the published harnesses; it can be deceived
    Compat,
    /// Both ways, and the difference
    Both,
}

/// Named plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Code, speed, memory and perplexity in minutes
    Quick,
    /// A little of everything in seconds
    Smoke,
}

/// Benchmarks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Code problems
    Code,
    /// Prefill and decode speed
    Latency,
    /// Memory by context length and cache type
    Memory,
    /// Perplexity of the bundled texts
    Perplexity,
    /// Divergence from the first model, on the bundled texts
    Divergence,
    /// Multiple choice on the bundled questions
    Accuracy,
    /// Speed, memory and recall at growing context
    Context,
}
