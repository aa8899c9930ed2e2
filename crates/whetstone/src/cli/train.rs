//! The words of `whet train`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::pretrain::{PRETRAIN_EXAMPLES, Pretrain};
use super::raft::{RAFT_EXAMPLES, RaftFlags};

/// `whet train`.
#[derive(Debug, Subcommand)]
pub(crate) enum Train {
    /// Train a low-rank adapter, or every weight, on prompts and answers
    #[command(after_help = SFT_EXAMPLES)]
    Sft(Box<Sft>),
    /// Train a SmallCoder shape from random weights, or a model's weights, on a folder of source files
    #[command(after_help = PRETRAIN_EXAMPLES)]
    Pretrain(Box<Pretrain>),
    /// Sample answers, keep what is right, train on it, measure again, cycle by cycle
    #[command(after_help = RAFT_EXAMPLES)]
    Raft(Box<RaftFlags>),
}

impl Train {
    /// The command below `whet train`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Train::Sft(_) => "sft",
            Train::Pretrain(_) => "pretrain",
            Train::Raft(_) => "raft",
        }
    }

    /// Whether only its plan is wanted.
    pub(crate) fn dry_run(&self) -> bool {
        match self {
            Train::Sft(flags) => flags.dry_run,
            Train::Pretrain(flags) => flags.dry_run,
            Train::Raft(flags) => flags.dry_run,
        }
    }

    /// The file of its settings.
    pub(crate) fn config(&self) -> Option<&PathBuf> {
        match self {
            Train::Sft(flags) => flags.config.as_ref(),
            Train::Pretrain(flags) => flags.config.as_ref(),
            Train::Raft(flags) => flags.config.as_ref(),
        }
    }
}

const SFT_EXAMPLES: &str = "Examples:
  whet train sft qwen2.5-coder-0.5b answers.jsonl
  whet train sft smollm2-135m answers.jsonl --epochs 1 --rank 8 --targets q_proj,v_proj
  whet train sft smollm2-135m answers.jsonl --full --batch 1 --recompute
  whet train sft smollm2-135m answers.jsonl --against humaneval,held-out.jsonl
  whet train sft --config sft.yml --epochs 1 --dry-run
  whet train sft qwen2.5-coder-0.5b data/failures -o data/checkpoints     what whet collect left
  whet generate smollm2-135m --chat -p 'Hello' --adapter runs/NAME/best/adapter.gguf

A line of the file is {\"prompt\", \"response\"}, {\"messages\": […]} or {\"text\"}. Only answers are learnt. A folder of
`whet collect` is read as well: a draft learns its target's answers, token by token as the target wrote them.
With --output FOLDER the same command goes on where it was interrupted. `whet init --preset sft` writes a file for
--config: every flag is a key of it, and what the command line says counts more.";

/// `whet train sft`.
#[derive(Debug, Args)]
pub(crate) struct Sft {
    /// A name of the catalogue or a path to a .gguf file
    #[arg(required_unless_present = "config")]
    pub(crate) model: Option<String>,
    /// JSON lines with prompts and answers, or a folder of `whet collect`
    #[arg(value_name = "DATA.jsonl", required_unless_present = "config")]
    pub(crate) examples: Option<PathBuf>,
    /// Take what the command line does not say from a file
    #[arg(long, value_name = "FILE.yml")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of this training; one that holds its checkpoint goes on (default: a new one in runs)
    #[arg(long, short = 'o', value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Print the resolved plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Train every weight and not an adapter; about eight times the memory
    #[arg(long, conflicts_with_all = ["rank", "alpha", "targets", "dropout"])]
    pub(crate) full: bool,
    /// Columns of the adapter's factors
    #[arg(long, default_value_t = 16)]
    pub(crate) rank: usize,
    /// The adapter is multiplied with alpha / rank (default: twice the rank)
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) alpha: Option<f64>,
    /// Which matrices get factors: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj (default: all)
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) targets: Vec<String>,
    /// Share of what factors read that is set to zero at each step (default: 0)
    #[arg(long, value_name = "SHARE")]
    pub(crate) dropout: Option<f64>,
    /// Leave out examples with more tokens than this
    #[arg(long, default_value_t = 1024, value_name = "TOKENS")]
    pub(crate) longest: usize,
    /// Refuse examples that overlap with problems of these suites or files (default: it is said of the bundled suites)
    #[arg(long, value_name = "SUITE|FILE,…", value_delimiter = ',', num_args = 1..)]
    pub(crate) against: Vec<String>,
    #[command(flatten)]
    pub(crate) steps: StepFlags,
}

/// How steps are taken; the same for every training that reads its examples from files.
#[derive(Debug, Default, Args)]
pub(crate) struct StepFlags {
    /// How often every example is seen (default: 3; with pretrain 1)
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
    /// End after so many steps, whatever is left
    #[arg(long, value_name = "STEPS")]
    pub(crate) max_steps: Option<usize>,
    /// Examples that are computed together (default: 2)
    #[arg(long)]
    pub(crate) batch: Option<usize>,
    /// Batches of which one step is made (default: 4)
    #[arg(long)]
    pub(crate) accumulate: Option<usize>,
    /// The greatest learning rate (default: 2e-4 for adapters, 2e-5 with --full, 5e-4 with pretrain)
    #[arg(long)]
    pub(crate) learning_rate: Option<f64>,
    /// Steps on which it rises to that, at most a quarter of all (default: 3)
    #[arg(long, value_name = "STEPS", conflicts_with = "warmup_ratio")]
    pub(crate) warmup: Option<usize>,
    /// The same as a share of all steps
    #[arg(long, value_name = "SHARE")]
    pub(crate) warmup_ratio: Option<f64>,
    /// Share by which matrices shrink per unit of learning rate (default: 0; with pretrain 0.1)
    #[arg(long, value_name = "SHARE")]
    pub(crate) weight_decay: Option<f64>,
    /// The greatest length of a gradient; a longer one is shortened (default: 1)
    #[arg(long, value_name = "LENGTH")]
    pub(crate) clip: Option<f64>,
    /// Share of the examples, or of the files, that is held out; examples with one prompt together (default: 0.05)
    #[arg(long, value_name = "SHARE")]
    pub(crate) held_out: Option<f64>,
    /// Steps between two looks at them (default: one look after each epoch)
    #[arg(long, value_name = "STEPS")]
    pub(crate) evaluate_every: Option<usize>,
    /// End after so many looks without gain; 0 is never (default: 3)
    #[arg(long, value_name = "LOOKS")]
    pub(crate) patience: Option<usize>,
    /// A look counts as a gain if it is better by so many nats per token (default: 0)
    #[arg(long, value_name = "NATS")]
    pub(crate) least_gain: Option<f64>,
    /// Steps between two checkpoints (default: 10; where all weights are trained 50)
    #[arg(long, value_name = "STEPS")]
    pub(crate) checkpoint_every: Option<usize>,
    /// Compute layers again on the way back: a third slower, much less memory
    #[arg(long)]
    pub(crate) recompute: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}
