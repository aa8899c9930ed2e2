//! The words of `whet adapters`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `whet adapters`.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapters {
    /// List the adapters below a folder, the newest first; of a RAFT run its best and its last
    #[command(after_help = "Examples:
  whet adapters ls
  whet adapters ls data/checkpoints --format json")]
    Ls {
        /// Where to look
        #[arg(value_name = "DIR", default_value = "runs")]
        folder: PathBuf,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Print the path of the newest adapter called best or final, or of the latest of all; of a RAFT run, best is that
    /// of the cycle that held-out problems chose
    #[command(after_help = "Examples:
  whet adapters which best
  whet bench MODEL --adapter \"$(whet adapters which best runs/MODEL_sft_20260102_030405)\"")]
    Which {
        /// best, final or latest
        #[arg(value_parser = ["best", "final", "latest"])]
        which: String,
        /// Where to look
        #[arg(value_name = "DIR", default_value = "runs")]
        folder: PathBuf,
    },
    /// Write an adapter as a PEFT folder or a GGUF file, or fold it into its model
    Export(Box<ExportAdapter>),
}

/// `whet adapters export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet adapters export runs/NAME/best/adapter.gguf --model qwen2.5-coder-0.5b --to merged
  whet adapters export lora.gguf --model base.gguf --to peft -o lora-peft
  whet adapters export lora-peft --model base.gguf --to gguf
  whet adapters export lora.gguf --model base.gguf --to merged --type f16 -o tuned.gguf

A merged model rounds the change together with the weights: q8_0 keeps nearly all of it, q4_0 may swallow much.
Matrices without factors keep the type they have. Measure the merged file: whet bench divergence BASE MERGED.")]
pub(crate) struct ExportAdapter {
    /// The adapter's .gguf file, or the folder of a PEFT adapter
    pub(crate) adapter: PathBuf,
    /// The model that it was trained for: a name of the catalogue or a path to a .gguf file
    #[arg(long, short = 'm')]
    pub(crate) model: String,
    /// What to write
    #[arg(long, value_enum)]
    pub(crate) to: Form,
    /// How merged matrices are stored
    #[arg(long = "type", value_enum, default_value_t = super::models::Precision::Q8_0)]
    pub(crate) precision: super::models::Precision,
    /// Where to write [default: named after model and adapter, in this folder]
    #[arg(long, short = 'o', value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// What an adapter becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// adapter_config.json and adapter_model.safetensors, for transformers and vLLM
    Peft,
    /// A GGUF file of the adapter, for whet and llama.cpp
    Gguf,
    /// A GGUF file of model and adapter together
    Merged,
}
