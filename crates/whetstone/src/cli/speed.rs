//! The words of the speed and the memory benchmark.

use clap::{Args, ValueEnum};

use super::Numbers;

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
    /// Prompt lengths, in tokens: 128,512 or 128-2048*2 or 256-1024+256
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) prompt_tokens: Vec<Numbers>,
    /// Tokens decoded after each prompt
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) generate_tokens: Vec<Numbers>,
    /// Sequences read and decoded side by side
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) sequences: Vec<Numbers>,
    /// Tokens that a sequence holds before its prompt is read
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) depth: Vec<Numbers>,
    /// Threads of the engine to try, one after the other
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) try_threads: Vec<Numbers>,
    /// Try 1, 2, 4 … threads up to the processors, and say how many suffice
    #[arg(long, conflicts_with = "try_threads")]
    pub(crate) find_threads: bool,
    /// Whether keys and values are kept from token to token: on, off or both
    #[arg(long, value_delimiter = ',', value_name = "on,off")]
    pub(crate) use_cache: Vec<Switch>,
    /// Timed runs of each combination
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<usize>,
    /// Untimed runs first, at least
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
    #[arg(long, value_delimiter = ',', value_name = "TYPE,…")]
    pub(crate) cache: Vec<String>,
}
