//! What the benchmark of speculative decoding runs.

use serde::{Deserialize, Serialize};

/// Who guesses, and how far ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drafting {
    /// Nobody: what everything else is held against.
    Target,
    /// The draft, by the advisor's length or a given one.
    Draft,
    /// The draft with its adapter, by the same length.
    DraftLora,
    /// The draft, as far as it pays.
    Adaptive,
    /// An earlier place of the same text, as far as it pays.
    Ngram,
    /// Anything read or written so far, as far as it pays.
    Suffix,
    /// Suffixes first, the draft where they have nothing.
    Hybrid,
}

impl Drafting {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Drafting; 7] = [
        Drafting::Target,
        Drafting::Draft,
        Drafting::DraftLora,
        Drafting::Adaptive,
        Drafting::Ngram,
        Drafting::Suffix,
        Drafting::Hybrid,
    ];

    /// Its name in records and flags.
    pub fn name(self) -> &'static str {
        match self {
            Drafting::Target => "target",
            Drafting::Draft => "draft",
            Drafting::DraftLora => "draft_lora",
            Drafting::Adaptive => "adaptive",
            Drafting::Ngram => "ngram",
            Drafting::Suffix => "suffix",
            Drafting::Hybrid => "hybrid",
        }
    }

    /// Whether it needs a second model.
    pub fn needs_draft(self) -> bool {
        !matches!(self, Drafting::Target | Drafting::Ngram | Drafting::Suffix)
    }

    /// Whether it guesses as far as it pays, by what it has seen so far.
    pub fn adapts(self) -> bool {
        !matches!(
            self,
            Drafting::Target | Drafting::Draft | Drafting::DraftLora
        )
    }
}

/// Speculative decoding: who guesses, on which prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeculationPlan {
    /// Who guesses; the target alone comes first.
    pub modes: Vec<Drafting>,
    /// The bundled prompts, or the path of a file.
    pub prompts: String,
    /// SHA-256 of them.
    pub sha256: String,
    /// At most so many prompts; of the bundled ones the categories are kept in balance.
    pub limit: Option<usize>,
    /// Tokens of an answer, at most.
    pub max_tokens: usize,
    /// How often every prompt is answered by everyone.
    pub iterations: usize,
    /// Guesses of a pass with a fixed length; `None` for what the advisor finds best.
    pub draft_length: Option<usize>,
    /// Guesses of a pass at most.
    pub most_drafted: usize,
    /// Every step in whole tiles, so that ties are broken as they are without guesses.
    pub whole_tiles: bool,
    /// The file of the draft's adapter.
    pub adapter: Option<String>,
    /// Why there is no phase with an adapter although one was asked for.
    pub adapter_skipped: Option<String>,
}

impl SpeculationPlan {
    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        let range = |n: usize, most: usize, what: &str| match n {
            0 => Err(format!("{what} must be at least 1")),
            n if n > most => Err(format!("{what} is {n}; more than {most} make no sense")),
            _ => Ok(()),
        };
        range(self.max_tokens, 100_000, "--max-tokens")?;
        range(self.iterations, 1000, "--iterations")?;
        range(self.limit.unwrap_or(1), usize::MAX, "--limit")?;
        range(self.draft_length.unwrap_or(1), 64, "--draft-length")?;
        match self.modes.as_slice() {
            [Drafting::Target, _, ..] => Ok(()),
            // Only the phase with an adapter was asked for, and it is skipped.
            [Drafting::Target] if self.adapter_skipped.is_some() => Ok(()),
            _ => Err("there is nothing to hold against the target alone; name a --draft, or --modes ngram,suffix".into()),
        }
    }
}
