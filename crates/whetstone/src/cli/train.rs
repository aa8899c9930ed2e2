//! The words of `whet train`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::raft::{RAFT_EXAMPLES, RaftFlags};

/// `whet train`.
#[derive(Debug, Subcommand)]
pub(crate) enum Train {
    /// Train a low-rank adapter on prompts and answers
    #[command(after_help = "Examples:
  whet train sft qwen2.5-coder-0.5b answers.jsonl
  whet train sft smollm2-135m answers.jsonl --epochs 1 --rank 8 --targets q_proj,v_proj
  whet generate smollm2-135m --chat -p 'Hello' --adapter runs/NAME/best/adapter.gguf

A line of the file is {\"prompt\", \"response\"}, {\"messages\": […]} or {\"text\"}. Only answers are learnt.
With --output FOLDER the same command goes on where it was interrupted.")]
    Sft(Box<Sft>),
    /// Sample answers, keep what is right, train on it, measure again, cycle by cycle
    #[command(after_help = RAFT_EXAMPLES)]
    Raft(Box<RaftFlags>),
}

/// `whet train sft`.
#[derive(Debug, Args)]
pub(crate) struct Sft {
    /// A name of the catalogue or a path to a .gguf file
    pub(crate) model: String,
    /// JSON lines with prompts and answers
    #[arg(value_name = "DATA.jsonl")]
    pub(crate) examples: PathBuf,
    /// Folder of this training; one that holds its checkpoint goes on (default: a new one in runs)
    #[arg(long, short = 'o', value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Columns of the adapter's factors
    #[arg(long, default_value_t = 16)]
    pub(crate) rank: usize,
    /// The adapter is multiplied with alpha / rank (default: twice the rank)
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) alpha: Option<f64>,
    /// Which matrices get factors: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) targets: Vec<String>,
    /// How often every example is seen
    #[arg(long, default_value_t = 3)]
    pub(crate) epochs: usize,
    /// Examples that are computed together
    #[arg(long, default_value_t = 2)]
    pub(crate) batch: usize,
    /// Batches of which one step is made
    #[arg(long, default_value_t = 4)]
    pub(crate) accumulate: usize,
    /// The greatest learning rate
    #[arg(long, default_value_t = 2e-4)]
    pub(crate) learning_rate: f64,
    /// Leave out examples with more tokens than this
    #[arg(long, default_value_t = 1024, value_name = "TOKENS")]
    pub(crate) longest: usize,
    /// Share of the examples that is held out
    #[arg(long, default_value_t = 0.05, value_name = "SHARE")]
    pub(crate) held_out: f64,
    /// Steps between two looks at them (default: one look after each epoch)
    #[arg(
        long,
        default_value_t = 0,
        value_name = "STEPS",
        hide_default_value = true
    )]
    pub(crate) evaluate_every: usize,
    /// End after so many looks without gain; 0 is never
    #[arg(long, default_value_t = 3, value_name = "LOOKS")]
    pub(crate) patience: usize,
    /// Steps between two checkpoints
    #[arg(long, default_value_t = 10, value_name = "STEPS")]
    pub(crate) checkpoint_every: usize,
    /// Compute layers again on the way back: a third slower, much less memory
    #[arg(long)]
    pub(crate) recompute: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}
