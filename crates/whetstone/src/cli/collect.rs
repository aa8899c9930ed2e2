//! The words of `whet collect`.

use std::path::PathBuf;

use clap::Args;

use super::device::Device;

/// `whet collect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet collect qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b
  whet collect A --draft B -f prompts.txt --limit 50 -m 256
  whet collect A --draft B -p 'Reverse a string in Rust'

The target answers greedily; both models read the answer, and every place at which the draft would have said
something else is written down with both tokens, how sure each model was, and the target's likeliest tokens.
failures.jsonl, replay_buffer.jsonl and rate_tracker.json follow from collected.jsonl. The same command goes on
where it was interrupted: prompts that are there already are not asked again. An adapter learns from it:

  whet train sft DRAFT data/failures -o data/checkpoints
  whet bench spec TARGET --draft DRAFT -a best")]
pub(crate) struct Collect {
    /// Whose answers they are: a name of the catalogue or a path to a .gguf file
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// A smaller model with the same vocabulary
    #[arg(long, value_name = "MODEL")]
    pub(crate) draft: String,
    /// Prompts: a file with one a line, # for comments (default: 25 bundled ones)
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) prompts_file: Option<PathBuf>,
    /// A prompt; may be given several times
    #[arg(
        long,
        short = 'p',
        value_name = "TEXT",
        conflicts_with = "prompts_file"
    )]
    pub(crate) prompt: Vec<String>,
    /// Only so many prompts, drawn at random
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Tokens of an answer, at most
    #[arg(long, short = 'm', value_name = "N", default_value_t = 256)]
    pub(crate) max_tokens: usize,
    /// Folder of what is collected
    #[arg(long, short = 'o', value_name = "DIR", default_value = "data/failures")]
    pub(crate) output: PathBuf,
    /// Seed of the draw
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Where models compute: auto, cpu, gpu, or gpu:1 for the second one
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = super::device::parse)]
    pub(crate) device: Device,
}
