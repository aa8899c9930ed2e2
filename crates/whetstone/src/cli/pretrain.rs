//! The words of `whet train pretrain`.

use std::path::PathBuf;

use clap::Args;

use super::train::StepFlags;

pub(super) const PRETRAIN_EXAMPLES: &str = "Examples:
  whet train pretrain --shape tiny --data ./src -o tiny
  whet train pretrain --shape small-lc --data ./src --window 1024 --batch 1 --recompute
  whet train pretrain --from smollm2-135m --data ./src --endings rs,toml --max-steps 200
  whet bench variants smallcoder-tiny --checkpoints tiny/best --tokenizer bytes

Every token of the files is learnt, in windows that are cut from all files in a row. Whole files are held out. A shape
has the tokenizer that its untrained files have: one token for each byte. With --output FOLDER the same command goes on
where it was interrupted. best/ and final/ hold model.gguf and a folder for transformers without a tokenizer.";

/// `whet train pretrain`.
#[derive(Debug, Args)]
pub(crate) struct Pretrain {
    /// A SmallCoder shape to begin with random weights: tiny, small, medium, tiny-lc, small-lc, medium-lc
    #[arg(long, value_name = "NAME", required_unless_present_any = ["from", "config"], conflicts_with = "from")]
    pub(crate) shape: Option<String>,
    /// A model to go on from instead: a name of the catalogue or a path to a .gguf file
    #[arg(long, value_name = "MODEL")]
    pub(crate) from: Option<String>,
    /// A folder of source files
    #[arg(long, value_name = "FOLDER", required_unless_present = "config")]
    pub(crate) data: Option<PathBuf>,
    /// Take what the command line does not say from a file
    #[arg(long, value_name = "FILE.yml")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of this training; one that holds its checkpoint goes on (default: a new one in runs)
    #[arg(long, short = 'o', value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Print the resolved plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Endings of the files that are read (default: those of common languages)
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) endings: Vec<String>,
    /// Tokens of a window, at most the model's context
    #[arg(long, default_value_t = 512, value_name = "TOKENS")]
    pub(crate) window: usize,
    #[command(flatten)]
    pub(crate) steps: StepFlags,
}
