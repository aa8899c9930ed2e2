//! The words of `whet models`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `whet models`.
#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// List the catalogue and what is already here
    #[command(after_help = "Examples:
  whet models ls
  whet models ls --format json | jq -r '.[] | select(.state == \"here\") | .path'")]
    Ls {
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Fetch models into the cache, verified by SHA-256; resumes
    #[command(after_help = "Example:
  whet models pull smollm2-135m qwen2.5-coder-0.5b")]
    Pull {
        /// Names of the catalogue
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Show what can be known of a model without running it
    #[command(after_help = "Examples:
  whet models show smollm2-135m
  whet models show ./student.gguf --format json")]
    Show {
        /// A name of the catalogue or a path to a .gguf file
        model: String,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Delete fetched models from the cache, after a question
    #[command(after_help = "Examples:
  whet models rm smollm2-135m
  whet models rm qwen2.5-coder-0.5b qwen2.5-coder-1.5b --yes

Only what `whet models pull` put into the cache is deleted, unfinished downloads included. Files of the Hugging Face
cache and files named by their path are not touched. `whet models pull` fetches a model again.")]
    Rm {
        /// Names of the catalogue
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Convert a Hugging Face folder or a PyTorch checkpoint to GGUF
    Import(Import),
    /// Write a shape of the SmallCoder family with random weights, to measure speed and memory
    Make(Make),
    /// Store a model's weights in fewer bits, by llama.cpp's own quantiser
    Quantize(Quantize),
}

/// `whet models import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Folders: config.json, tokenizer.json and safetensors files (whole or sharded) of the Llama and Qwen2
families, as save_pretrained writes them. Checkpoints: what torch.save wrote of the SmallCoder family.
They are read without executing anything in them.

Examples:
  whet models import ./Qwen2.5-Coder-0.5B-Instruct
  whet models import ./SmolLM2-135M --type q8_0 -o smollm2-q8_0.gguf
  whet models import best_model.pt --tokenizer ./CodeLlama-7b-hf
  whet models import best_model.pt --tokenizer bytes     (speed and memory only)")]
pub(crate) struct Import {
    /// A folder, or a .pt file
    pub(crate) from: PathBuf,
    /// Where to write [default: the source's name and the type, in this folder]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How matrices are stored
    #[arg(long = "type", value_enum, default_value_t = Precision::F16)]
    pub(crate) precision: Precision,
    /// A folder with the tokenizer, or `bytes` for a placeholder
    #[arg(long, value_name = "FOLDER|bytes")]
    pub(crate) tokenizer: Option<String>,
    /// The model's name in the file [default: the source's]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// llama.cpp's name of the rule that splits text, where it is not recognised
    #[arg(long, value_name = "NAME")]
    pub(crate) pre: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `whet models make`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shapes: smallcoder-tiny (100 M), smallcoder-small (194 M), smallcoder-medium (304 M), and each with
a longer context: smallcoder-tiny-lc, smallcoder-small-lc, smallcoder-medium-lc.

The weights are random and the file says so: it can be measured for speed and memory, and for nothing
else. The same shape, type and seed give the same bytes on every machine.

Examples:
  whet models make smallcoder-tiny
  whet models make smallcoder-medium-lc --type q4_0 -o medium.gguf
  whet models make smallcoder-small --type q8_0 --seed 7")]
pub(crate) struct Make {
    /// The shape
    pub(crate) shape: String,
    /// Where to write [default: the shape's name, untrained and the type, in this folder]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How matrices are stored
    #[arg(long = "type", value_enum, default_value_t = Precision::F16)]
    pub(crate) precision: Precision,
    /// Seed of the weights
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `whet models quantize`.
#[derive(Debug, Args)]
#[command(visible_alias = "quantise")]
#[command(after_help = "\
Takes a file in f32, f16 or bf16. Weights that were quantised before carry a rounding error that no
format takes back; rounding them again adds to it, so that has to be asked for.

Examples:
  whet models quantize Qwen2.5-Coder-0.5B-Instruct-f16.gguf --to q4_k_m
  whet models quantize model-f16.gguf --to q8_0 -o model-q8_0.gguf
  whet models quantize smollm2-135m --to q4_0 --allow-requantize")]
pub(crate) struct Quantize {
    /// A name of the catalogue or a path to a .gguf file
    pub(crate) model: String,
    /// What the weights become
    #[arg(long, value_enum)]
    pub(crate) to: Mixture,
    /// Where to write [default: the model's name and the type, in this folder]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Threads (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Round weights again that were quantised before
    #[arg(long)]
    pub(crate) allow_requantize: bool,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// How a converted model's matrices are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Precision {
    /// 32-bit floats
    F32,
    /// 16-bit floats
    F16,
    /// 8 bits
    #[value(name = "q8_0")]
    Q8_0,
    /// 4 bits; token table and output 8
    #[value(name = "q4_0")]
    Q4_0,
}

/// What a quantised model's weights become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mixture {
    /// 16-bit floats
    F16,
    /// 8 bits
    #[value(name = "q8_0")]
    Q8_0,
    /// 4 bits
    #[value(name = "q4_0")]
    Q4_0,
    /// 4 bits with finer scales, 6 for the sensitive matrices
    #[value(name = "q4_k_m")]
    Q4KM,
}

impl Precision {
    /// As the converter calls it.
    pub(crate) fn of_model(self) -> model::Precision {
        match self {
            Self::F32 => model::Precision::F32,
            Self::F16 => model::Precision::F16,
            Self::Q8_0 => model::Precision::Q8_0,
            Self::Q4_0 => model::Precision::Q4_0,
        }
    }

    /// As a model file calls it.
    pub(crate) fn of_tensor(self) -> gguf::TensorType {
        match self {
            Self::F32 => gguf::TensorType::F32,
            Self::F16 => gguf::TensorType::F16,
            Self::Q8_0 => gguf::TensorType::Q8_0,
            Self::Q4_0 => gguf::TensorType::Q4_0,
        }
    }
}

impl Mixture {
    /// As the engine calls it.
    pub(crate) fn of_engine(self) -> llama::Mixture {
        match self {
            Self::F16 => llama::Mixture::F16,
            Self::Q8_0 => llama::Mixture::Q8_0,
            Self::Q4_0 => llama::Mixture::Q4_0,
            Self::Q4KM => llama::Mixture::Q4KM,
        }
    }
}
