//! Answers whose every pass was watched.

use serde::{Deserialize, Serialize};

/// `answers.jsonl`: one answer of a benchmark of speculative decoding, with the times of its parts. What the
/// measurements say of it is derived from here, and an interrupted run goes on after the last whole one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which turn through all prompts, from 0.
    pub iteration: u64,
    /// The prompt's name.
    pub prompt: String,
    /// Who answered: the target alone, or a way of guessing.
    pub mode: String,
    /// The tokens, the end-of-turn token not among them.
    pub tokens: Vec<u32>,
    /// The same as text; bytes that are no UTF-8 are replaced.
    pub text: String,
    /// From the prompt to the first token.
    pub first_ns: u64,
    /// From the prompt to the last token.
    pub total_ns: u64,
    /// Guessing, over all passes.
    pub draft_ns: u64,
    /// What the first pass took of that: a draft reads the prompt there.
    pub first_draft_ns: u64,
    /// Looking at the guesses.
    pub check_ns: u64,
    /// Looks of the target, in order; none if nobody guessed.
    pub passes: Vec<AnswerPass>,
}

/// One look of the target at guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerPass {
    /// Guesses that were looked at.
    pub drafted: u64,
    /// How many of them, from the first on, were taken over.
    pub accepted: u64,
}
