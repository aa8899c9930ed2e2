//! The words of `perplexity` and `divergence`: which texts, how much of them, and how they are cut.

use clap::{Args, ValueEnum};

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
    /// Tokens by which sliding windows move (default: half a window)
    #[arg(long, value_name = "N")]
    pub(crate) stride: Option<usize>,
}

/// Which texts, and how much of them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Texts")]
pub(crate) struct TextsFlags {
    /// Texts: code, prose (bundled), or files: plain text, WikiText, .jsonl, token ids in .npy (default: both
    /// bundled texts)
    #[arg(long, value_delimiter = ',', value_name = "TEXT,…", num_args = 1..)]
    pub(crate) text: Vec<String>,
    /// The field of a .jsonl line that holds its text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub(crate) field: String,
    /// Tokens in a window (default: the protocol's own)
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<usize>,
    /// Only the first chunks or documents of each text
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
    /// As lm-evaluation-harness's wikitext
    #[value(alias = "p4")]
    LmEval,
}
