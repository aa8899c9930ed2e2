//! The words of `whet bench variants`.

use std::path::PathBuf;

use clap::Args;

use super::models::Precision;

pub(super) const VARIANTS_EXAMPLES: &str = "Examples:
  whet bench variants                                  three shapes, q8_0 and q4_0
  whet bench variants --all --precision q4_0           with the long contexts
  whet bench variants smallcoder-tiny --precision f16,q8_0,q4_0
  whet bench variants --checkpoints ./trained --tokenizer ./CodeLlama-7b-hf

No trained weights of this family were published, so files with random weights are written for
it: they show speed and memory, and are marked untrained everywhere. Long shapes have the same
weights as plain ones and are measured at the end of a full context. A folder of checkpoints is
searched for pretrained_smallcoder_tiny.pt and its sisters, or folders of that name
as `whet train pretrain` writes them into best/ and final/; those that are there are measured
instead, and asked for code. Files go to the cache, below made/, and are deleted when the run is
complete unless --keep is given.";

/// `whet bench variants`.
#[derive(Debug, Args)]
pub(crate) struct VariantsFlags {
    /// Shapes; see --list (default: smallcoder-tiny, smallcoder-small, smallcoder-medium)
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// All six shapes, those with long contexts included
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,
    /// Print the six shapes and stop
    #[arg(long)]
    pub(crate) list: bool,
    /// How weights are stored: f16, q8_0, q4_0. Each is a file of its own; f16 doubles the time and the disk
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TYPE,…", default_values_t = [Precision::Q8_0, Precision::Q4_0])]
    pub(crate) precision: Vec<Precision>,
    /// A folder that may hold trained weights, pretrained_NAME.pt or the folder pretrained_NAME
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// The tokenizer of those weights: a folder, or `bytes` for a placeholder (speed and memory only)
    #[arg(long, value_name = "FOLDER|bytes", requires = "checkpoints")]
    pub(crate) tokenizer: Option<String>,
    /// Only the first problems, of trained weights
    #[arg(long, value_name = "N")]
    pub(crate) prompts: Option<usize>,
    /// Measure at this many tokens instead of each shape's own limit
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<usize>,
    /// Tokens decoded after each prompt
    #[arg(long, value_name = "N")]
    pub(crate) generate_tokens: Option<usize>,
    /// Timed runs of each shape
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<usize>,
    /// Keep the files that were made
    #[arg(long)]
    pub(crate) keep: bool,
}
