//! What stands behind an n, and the words for it.

use serde::Serialize;

/// What a cell's n counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Problems; the attempts at one problem are one thing.
    Problems,
    /// Passages of text.
    Passages,
    /// Chunks of text, which the tokenizer cuts.
    Chunks,
    /// Whole documents.
    Documents,
    /// Tokens of text.
    Tokens,
    /// Prompts; the answers to one prompt are one thing.
    Prompts,
    /// Passes of a model over guesses.
    Passes,
    /// Repeated measurements.
    Repetitions,
    /// Whole runs; the repetitions inside of one are one thing.
    Runs,
    /// Things that a benchmark of one's own looked at, by their ids.
    Items,
    /// Looks at the hardware.
    Samples,
    /// Stretches of one kind of work, of which energy is a sum.
    Stretches,
    /// Answers: the right ones, where energy is shared among them.
    Answers,
    /// Texts that were completed twice.
    Texts,
    /// Verdicts that were tried again.
    Verdicts,
}

impl Counted {
    /// The word for one of them.
    pub(super) fn one(self) -> &'static str {
        match self {
            Counted::Problems => "problem",
            Counted::Passages => "passage",
            Counted::Chunks => "chunk",
            Counted::Documents => "document",
            Counted::Tokens => "token",
            Counted::Prompts => "prompt",
            Counted::Passes => "pass",
            Counted::Repetitions => "repetition",
            Counted::Runs => "run",
            Counted::Items => "item",
            Counted::Samples => "sample",
            Counted::Stretches => "stretch",
            Counted::Answers => "answer",
            Counted::Texts => "text",
            Counted::Verdicts => "verdict",
        }
    }

    /// The word for several.
    pub(super) fn many(self) -> &'static str {
        match self {
            Counted::Problems => "problems",
            Counted::Passages => "passages",
            Counted::Chunks => "chunks",
            Counted::Documents => "documents",
            Counted::Tokens => "tokens",
            Counted::Prompts => "prompts",
            Counted::Passes => "passes",
            Counted::Repetitions => "repetitions",
            Counted::Runs => "runs",
            Counted::Items => "items",
            Counted::Samples => "samples",
            Counted::Stretches => "stretches",
            Counted::Answers => "answers",
            Counted::Texts => "texts",
            Counted::Verdicts => "verdicts",
        }
    }
}
