//! The words of `whet train raft`, and of the demo by which others know it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Prompt;
use super::device::Device;

/// `whet benchmark`, as halo-forge says it.
#[derive(Debug, Subcommand)]
pub(crate) enum Benchmark {
    /// RAFT on the sixteen small C++ programs, and what it changed
    #[command(after_help = "Examples:
  whet benchmark full --model qwen2.5-coder-0.5b --cycles 2
  whet benchmark full --suite medium --output results

It is `whet train raft MODEL --suite cpp-demo` for each model, with a folder for each and a comparison of all.")]
    Full(Full),
}

/// `whet benchmark full`.
#[derive(Debug, Args)]
pub(crate) struct Full {
    /// A name of the catalogue or a path to a .gguf file
    #[arg(long, required_unless_present = "suite", conflicts_with = "suite")]
    pub(crate) model: Option<String>,
    /// Turns of sampling, judging and training
    #[arg(long, default_value_t = 2)]
    pub(crate) cycles: u32,
    /// Several models in a row
    #[arg(long, value_enum)]
    pub(crate) suite: Option<Models>,
    /// Folder for the results
    #[arg(
        long,
        short = 'o',
        value_name = "DIR",
        default_value = "results/benchmarks"
    )]
    pub(crate) output: PathBuf,
    /// Only the first of the sixteen programs
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Print the resolved plans and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't', value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// Models by size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Models {
    /// qwen2.5-coder-0.5b
    Small,
    /// qwen2.5-coder-0.5b and 1.5b
    Medium,
    /// Every size of qwen2.5-coder that the catalogue has
    All,
}

pub(super) const RAFT_EXAMPLES: &str = "Examples:
  whet train raft qwen2.5-coder-0.5b --suite cpp-demo
  whet train raft qwen2.5-coder-0.5b --suite mine.jsonl --held-out held.jsonl --cycles 3 -n 8
  whet train raft smollm2-135m --suite cpp-demo --preset aggressive --dry-run
  whet train raft --config raft-settings.yml
  whet train raft --resume runs/qwen2.5-coder-0.5b_raft_20260102_030405
  whet bench code qwen2.5-coder-0.5b --suite held.jsonl --adapter runs/NAME/best/adapter.gguf

Presets: strict trains on exact answers alone, makes 40 steps of each cycle or one epoch, and ends after a cycle without gain; conservative, aggressive and
production are halo-forge's numbers. A cycle that held-out problems chose looks better on them than it is: give two
suites with --held-out CHOOSES,REPORTS, and the second has no part in the choice. Every answer runs in the sandbox; without one nothing is sampled.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing was kept to train on, or a training broke off and no
adapter before it is better than the base, 130 interrupted (go on with --resume).";

/// What says how a run is made, arguments and groups of them. A run that goes on has all of it from its folder, so such
/// a word beside `--resume` would do nothing.
const PLANNING: [&str; 14] = [
    "model",
    "suite",
    "held_out",
    "limit",
    "held_out_limit",
    "preset",
    "output",
    "config",
    "seed",
    "threads",
    "device",
    "SamplingFlags",
    "FilterFlags",
    "TrainingFlags",
];

/// `whet train raft`.
#[derive(Debug, Args)]
pub(crate) struct RaftFlags {
    /// A name of the catalogue or a path to a .gguf file
    #[arg(required_unless_present_any = ["resume", "config"])]
    pub(crate) model: Option<String>,
    /// Problems to train on: names of `whet tasks ls` or paths to JSONL files
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "NAME,…",
        required_unless_present_any = ["resume", "config"]
    )]
    pub(crate) suite: Vec<String>,
    /// Problems that are only measured; they choose the best cycle, of several suites the first alone
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) held_out: Vec<String>,
    /// Only the first problems of each suite to train on
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Only the first problems of each held-out suite
    #[arg(long, value_name = "N")]
    pub(crate) held_out_limit: Option<usize>,
    /// A whole set of numbers: strict, conservative, aggressive, production
    #[arg(long, default_value = "strict", value_name = "NAME")]
    pub(crate) preset: String,
    /// Folder of this run (default: a new one in runs)
    #[arg(long, short = 'o', value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Take what the command line does not say from a file
    #[arg(long, value_name = "FILE.yml")]
    pub(crate) config: Option<PathBuf>,
    /// Go on with an interrupted run, by what its folder says; of its settings only --longest and --recompute may be
    /// given anew, for a training that does not fit into memory
    #[arg(long, value_name = "FOLDER", conflicts_with_all = PLANNING)]
    pub(crate) resume: Option<PathBuf>,
    /// Print the resolved plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Where answers are generated; weights are trained on the processor: auto, cpu, gpu, or gpu:1 for the second one
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = super::device::parse)]
    pub(crate) device: Device,
    #[command(flatten)]
    pub(crate) sampling: SamplingFlags,
    #[command(flatten)]
    pub(crate) filter: FilterFlags,
    #[command(flatten)]
    pub(crate) training: TrainingFlags,
    #[command(flatten)]
    pub(crate) memory: MemoryFlags,
}

/// How prompts are sampled and measured.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct SamplingFlags {
    /// Turns of sampling, judging and training
    #[arg(long, alias = "num-cycles")]
    pub(crate) cycles: Option<u32>,
    /// Completions of each prompt in a cycle
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) samples_per_prompt: Option<u32>,
    /// Sampling temperature of the first cycle
    #[arg(long, alias = "temperature-start")]
    pub(crate) temperature: Option<f32>,
    /// Sampling temperature of the last cycle
    #[arg(long, value_name = "TEMPERATURE")]
    pub(crate) temperature_end: Option<f32>,
    /// Keep the k most likely tokens; 0 is off
    #[arg(long)]
    pub(crate) top_k: Option<usize>,
    /// Keep the smallest set of tokens with this share; 1 is off
    #[arg(long)]
    pub(crate) top_p: Option<f32>,
    /// At most so many tokens of a completion (default: what the suite allows)
    #[arg(long, value_name = "TOKENS")]
    pub(crate) max_new_tokens: Option<u32>,
    /// So many of the problems to train on are measured before and after, chosen by the seed; 0 is none (default: all)
    #[arg(long, value_name = "N")]
    pub(crate) measure_prompts: Option<usize>,
    /// Completions of each prompt where it is measured
    #[arg(long, value_name = "N")]
    pub(crate) measure_samples: Option<u32>,
    /// Sampling temperature where it is measured
    #[arg(long, value_name = "TEMPERATURE")]
    pub(crate) measure_temperature: Option<f32>,
    /// Completions generated side by side
    #[arg(long)]
    pub(crate) batch: Option<usize>,
    /// How function tasks are worded, in sampling and in training
    #[arg(long, value_enum)]
    pub(crate) prompt: Option<Prompt>,
    /// Which prompts a cycle samples: none, complexity, progressive, adaptive, historical
    #[arg(long, value_name = "NAME")]
    pub(crate) curriculum: Option<String>,
    /// history.json of an earlier run, for the curriculum historical
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
}

/// Which samples are kept.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Keeping")]
pub(crate) struct FilterFlags {
    /// The least worth of a sample that is kept; 1 is an exact answer
    #[arg(long, value_name = "REWARD")]
    pub(crate) reward_threshold: Option<f64>,
    /// Of those the best share
    #[arg(long, value_name = "SHARE")]
    pub(crate) keep_top_percent: Option<f64>,
    /// With fewer samples above the threshold take so many of the best, whatever they are worth
    #[arg(long, value_name = "N")]
    pub(crate) min_samples: Option<usize>,
    /// At most so many of one prompt and cycle
    #[arg(long, value_name = "N")]
    pub(crate) per_prompt: Option<usize>,
    /// Have so many repairs written for failed answers to prompts that no sample solved, and keep those that pass
    #[arg(long, value_name = "N")]
    pub(crate) repairs: Option<u32>,
    /// How the threshold changes from cycle to cycle: fixed, warmup, annealing, adaptive
    #[arg(long, value_name = "NAME")]
    pub(crate) reward_shaping: Option<String>,
}

/// How an adapter is trained.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct TrainingFlags {
    /// The greatest learning rate of the first cycle
    #[arg(long, alias = "lr", value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,
    /// Each cycle's learning rate is the one before times this
    #[arg(long, alias = "lr-decay-per-cycle", value_name = "FACTOR")]
    pub(crate) lr_decay: Option<f64>,
    /// How often every row is seen in a cycle (default: as often as 40 steps need, at least once)
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
    /// End a cycle's training after so many steps (default: 40, or one epoch if that is more)
    #[arg(long, value_name = "STEPS")]
    pub(crate) max_steps: Option<usize>,
    /// Share of the problems whose kept answers are not trained on but tell when to stop; at least four problems
    /// must have some (default: none)
    #[arg(long, value_name = "SHARE")]
    pub(crate) hold_back: Option<f64>,
    /// Steps between two looks at them; 0 is one look after each epoch (default: 10)
    #[arg(long, value_name = "STEPS")]
    pub(crate) evaluate_every: Option<usize>,
    /// End a cycle's training after so many looks without gain; 0 is never (default: 2)
    #[arg(long, value_name = "LOOKS")]
    pub(crate) patience: Option<usize>,
    /// A look counts as a gain if it is better by so many nats per token (default: 0.005)
    #[arg(long, value_name = "NATS")]
    pub(crate) least_gain: Option<f64>,
    /// End the run after so many cycles without gain on held-out problems; 0 is never (default: 1)
    #[arg(long, value_name = "CYCLES")]
    pub(crate) cycle_patience: Option<u32>,
    /// Rows that are computed together
    #[arg(long, value_name = "ROWS")]
    pub(crate) train_batch: Option<usize>,
    /// Batches of which one step is made
    #[arg(long, value_name = "BATCHES")]
    pub(crate) accumulate: Option<usize>,
    /// Share by which factors shrink per unit of learning rate
    #[arg(long, value_name = "SHARE")]
    pub(crate) weight_decay: Option<f64>,
    /// The greatest length of a gradient; a longer one is shortened
    #[arg(long, value_name = "LENGTH")]
    pub(crate) clip: Option<f64>,
    /// Steps on which the learning rate rises to its greatest
    #[arg(long, value_name = "STEPS")]
    pub(crate) warmup: Option<usize>,
    /// Columns of the adapter's factors
    #[arg(long)]
    pub(crate) rank: Option<usize>,
    /// The adapter is multiplied with alpha / rank (default: twice the rank)
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) alpha: Option<f64>,
    /// Share of what factors read that is set to zero at each step
    #[arg(long, value_name = "SHARE")]
    pub(crate) dropout: Option<f64>,
    /// Which matrices get factors (default: all seven)
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) targets: Vec<String>,
}

/// What makes a training smaller. A run that goes on may be given it, because it may be what it lacks.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct MemoryFlags {
    /// Leave out rows with more tokens than this
    #[arg(long, value_name = "TOKENS")]
    pub(crate) longest: Option<usize>,
    /// Compute layers again on the way back: a third slower, much less memory
    #[arg(long)]
    pub(crate) recompute: bool,
}
