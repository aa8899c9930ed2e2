//! The words of `whet bench perplexity` and `whet bench divergence`: which texts, and how they are cut.

use clap::{Args, ValueEnum};

pub(super) const PERPLEXITY_EXAMPLES: &str =
    "Protocols (p1 to p4 are other names of llama-cpp, gptq, sliding and lm-eval):
  passages   each document by itself, from its first byte to its last (default)
  llama-cpp  disjoint chunks of 512 tokens, the second half of each scored (llama-perplexity)
  gptq       disjoint chunks of 2048 tokens, all scored (GPTQ, AWQ)
  sliding    windows of 1024 tokens that move by half of that
  rows       windows of 2048 tokens, each predicted from the first on, as trainers read a flat file of ids;
             --stride 1 is how some benchmarks do it, whose windows then score the same few tokens
  lm-eval    whole documents in rolling windows, per word as well (lm-evaluation-harness wikitext)

Examples:
  whet bench perplexity smollm2-135m
  whet bench perplexity A.gguf B.gguf --protocol llama-cpp --text wiki.test.raw --limit-chunks 40
  whet bench perplexity smollm2-135m --protocol lm-eval --text pages.jsonl --field page
  whet bench perplexity smollm2-135m --protocol gptq --text test-00000-of-00001.parquet
  whet bench perplexity smollm2-135m --protocol rows --text ids.npy --context 1024 --limit-chunks 100

Numbers of different protocols cannot be compared, whatever they are called elsewhere.";

pub(super) const DIVERGENCE_EXAMPLES: &str = "Examples:
  whet bench divergence f16.gguf q4_k_m.gguf
  whet bench divergence smollm2-135m --cache q8_0,q4_0
  whet bench divergence f16.gguf q8_0.gguf --text wiki.test.raw --limit-chunks 40

All models must share one vocabulary. Reference and candidates are loaded together.";

/// What `perplexity` and `divergence` read, and how.
#[derive(Debug, Default)]
pub(crate) struct TextFlags {
    pub(crate) cutting: CuttingFlags,
    pub(crate) texts: TextsFlags,
    pub(crate) caches: Vec<String>,
}

/// How a text is cut for its perplexity.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Protocol")]
pub(crate) struct CuttingFlags {
    /// How a text is cut, and what of it is scored
    #[arg(long, value_enum, default_value_t = Protocol::Passages)]
    pub(crate) protocol: Protocol,
    /// Tokens by which windows move (default: half a window of sliding, a whole one of rows)
    #[arg(long, value_name = "N")]
    pub(crate) stride: Option<usize>,
}

/// Which texts, and how much of them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Texts")]
pub(crate) struct TextsFlags {
    /// Texts: code, prose (bundled), or files: plain text, WikiText, .jsonl, .parquet, token ids in .npy (default: both
    /// bundled texts)
    #[arg(long, value_delimiter = ',', value_name = "TEXT,…", num_args = 1..)]
    pub(crate) text: Vec<String>,
    /// The field of a .jsonl line, or the column of a .parquet file, that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub(crate) field: String,
    /// Tokens in a window (default: the protocol's own)
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<usize>,
    /// Only the first chunks, documents or rows of each text
    #[arg(long, value_name = "N")]
    pub(crate) limit_chunks: Option<usize>,
}

/// Traditions of measuring perplexity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Each document by itself
    #[default]
    Passages,
    /// As llama-perplexity
    #[value(alias = "p1")]
    LlamaCpp,
    /// As GPTQ and AWQ
    #[value(alias = "p2")]
    Gptq,
    /// Overlapping windows
    #[value(alias = "p3")]
    Sliding,
    /// Rows of ids as trainers read them
    Rows,
    /// As lm-evaluation-harness's wikitext
    #[value(alias = "p4")]
    LmEval,
}
