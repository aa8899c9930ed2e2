//! The words of the speed and the memory benchmark.

use clap::{Args, ValueEnum};

use super::Numbers;
use super::numbers::cache_type;

/// Flags of the speed and memory benchmarks.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Speed and memory")]
pub(crate) struct SpeedFlags {
    #[command(flatten)]
    pub(crate) prompts: PromptFlags,
    #[command(flatten)]
    pub(crate) contexts: ContextFlag,
    #[command(flatten)]
    pub(crate) cache: CacheFlag,
}

/// Flags of the speed benchmark. Lists may hold ranges.
#[derive(Debug, Default, Args)]
pub(crate) struct PromptFlags {
    /// Prompt lengths, in tokens: 128,512 or 128-2048*2 or 256-1024+256 [default: 128,512]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) prompt_tokens: Vec<Numbers>,
    /// Tokens decoded after each prompt [default: 128; in a preset 64]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) generate_tokens: Vec<Numbers>,
    /// Sequences read and decoded side by side [default: 1]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) sequences: Vec<Numbers>,
    /// Tokens that a sequence holds before its prompt is read, with --use-cache on alone [default: 0]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) depth: Vec<Numbers>,
    /// Threads of the engine to try, one after the other
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) try_threads: Vec<Numbers>,
    /// Try 1, 2, 4 … threads up to the processors, and say how many suffice
    #[arg(long, conflicts_with = "try_threads")]
    pub(crate) find_threads: bool,
    /// Whether keys and values are kept from token to token: on, off or both [default: on]
    #[arg(long, value_delimiter = ',', value_name = "on,off")]
    pub(crate) use_cache: Vec<Switch>,
    /// Timed runs of each combination [default: 10; in a preset 6]
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<usize>,
    /// Untimed runs first, at least [default: 3; in a preset 1]
    #[arg(long, value_name = "N")]
    pub(crate) warmups: Option<usize>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Kept
    On,
    /// Computed anew
    Off,
}

/// The flag of the memory benchmark.
#[derive(Debug, Default, Args)]
pub(crate) struct ContextFlag {
    /// Context lengths in tokens: 512,2048 or 2048-32768*2
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) contexts: Vec<Numbers>,
}

/// The flag of both.
#[derive(Debug, Default, Args)]
pub(crate) struct CacheFlag {
    /// Cache types: f16, q8_0, q4_0
    #[arg(long, value_delimiter = ',', value_name = "TYPE,…", value_parser = cache_type)]
    pub(crate) cache: Vec<String>,
}

/// Flags of the memory benchmark by itself.
#[derive(Debug, Default, Args)]
pub(crate) struct FillingFlags {
    /// Sequences side by side, each of that length: 1,4 or 1-16*2
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) sequences: Vec<Numbers>,
    /// Leave the peak of the process out
    #[arg(long)]
    pub(crate) no_peak: bool,
    /// Leave the cache's own size out
    #[arg(long)]
    pub(crate) no_kvcache: bool,
    /// Leave out what each cache type costs in perplexity and divergence
    #[arg(long)]
    pub(crate) no_quality: bool,
}

pub(super) const MEMORY_EXAMPLES: &str = "Examples:
  whet bench memory smollm2-135m
  whet bench memory smollm2-135m --contexts 512-8192*2 --sequences 1,4 --cache f16,q8_0,q4_0
  whet bench memory A B --contexts 4096 --no-quality

Every combination of the lists is measured by itself: the cache by its formula and as allocated,
what the process grew by, its peak, and how much of the mapped weights is in memory. Beside it
stands what each cache type costs: perplexity and divergence from an f16 cache, on the first
chunks of the bundled code. A combination that does not fit into the memory that is free is left
out, and its row says why.";
