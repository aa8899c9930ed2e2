//! How a text is cut into windows before its perplexity is taken.
//!
//! The same model on the same text gets numbers that differ by tens of percent, because traditions differ in
//! how much context stands before a scored token. Each tradition is a [`Protocol`] here, to the letter
//! of the program that its numbers come from, and never the default for another. What is scored
//! together (a chunk, a document) is a [`Block`]: the unit of observation, of resuming, and of pairing.

mod cut;

use engine::score::{self, Window};
use engine::{ModelCard, Token, Tokenizer};
use serde::{Deserialize, Serialize};

use crate::plan::PerplexityPlan;
use crate::text::Text;

/// A tradition of measuring perplexity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Short passages, each scored by itself to its last byte.
    #[default]
    Passages,
    /// llama.cpp's `llama-perplexity`: disjoint chunks of 512, the second half of each scored.
    LlamaCpp,
    /// GPTQ and AWQ: disjoint chunks of 2048, every token scored that has one before it.
    Gptq,
    /// Windows that move by a stride, so that every token has much context.
    Sliding,
    /// Rows of ids, each one longer than the context, which is scored whole: how trainers look at a flat file
    /// of ids.
    Rows,
    /// lm-evaluation-harness: whole documents in rolling windows, per word of the original.
    LmEval,
}

impl Protocol {
    /// The name in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Passages => "passages",
            Protocol::LlamaCpp => "llama-cpp",
            Protocol::Gptq => "gptq",
            Protocol::Sliding => "sliding",
            Protocol::Rows => "rows",
            Protocol::LmEval => "lm-eval",
        }
    }

    /// Tokens that a window holds unless asked otherwise; `None` for as many as the model was trained for.
    fn usual_context(self) -> Option<usize> {
        match self {
            Protocol::LlamaCpp => Some(512),
            Protocol::Gptq | Protocol::Rows => Some(2048),
            Protocol::Sliding => Some(1024),
            Protocol::Passages | Protocol::LmEval => None,
        }
    }
}

/// A protocol with its lengths filled in for one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The tradition.
    pub protocol: Protocol,
    /// Tokens that a model sees at most before the last one it is asked about.
    pub context: usize,
    /// Tokens by which windows move.
    pub stride: usize,
    /// At most so many blocks, from the beginning; of rows, at most so many windows.
    pub limit: Option<usize>,
}

impl Rule {
    /// The rule of a plan for that model.
    ///
    /// # Errors
    /// A context that the model was not trained for, or lengths that leave nothing to score.
    pub fn of(plan: &PerplexityPlan, card: &ModelCard) -> Result<Rule, String> {
        let trained = card.context_length;
        let usual = plan.protocol.usual_context();
        if plan.protocol == Protocol::Passages && plan.context.is_none() {
            return Ok(Rule {
                protocol: plan.protocol,
                context: usize::MAX,
                stride: usize::MAX,
                limit: plan.limit_chunks,
            });
        }
        let context = plan.context.or(usual).unwrap_or(trained);
        if context == 0 {
            return Err(format!(
                "{} does not say for how many tokens of context it was trained; give --context",
                card.name
            ));
        }
        if trained > 0 && context > trained {
            return Err(format!(
                "a context of {context} tokens is longer than the {trained} that {} was trained for; give a smaller --context",
                card.name
            ));
        }
        let usual = match plan.protocol {
            Protocol::Rows => context,
            _ => context / 2,
        };
        let stride = plan.stride.unwrap_or(usual).max(1);
        // A window that scores all of its tokens would have none to predict the first one from.
        if plan.protocol == Protocol::Sliding && stride >= context {
            return Err(format!(
                "a stride of {stride} leaves tokens without any context in windows of {context}; give a smaller --stride"
            ));
        }
        if plan.protocol == Protocol::Rows && stride > context {
            return Err(format!(
                "a stride of {stride} passes over tokens between rows of {context}; give a smaller --stride"
            ));
        }
        Ok(Rule {
            protocol: plan.protocol,
            context,
            stride,
            limit: plan.limit_chunks,
        })
    }
}

/// What is scored together: a chunk, or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Windows, as pieces of one of the lists of tokens.
    pieces: Vec<Piece>,
    /// Bytes of text that the scored tokens stand for.
    pub n_bytes: u64,
    /// Words of the original; only [`Protocol::LmEval`] counts them.
    pub n_words: Option<u64>,
}

/// A window before its tokens are copied: an optional start token, and a range of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    list: usize,
    start: Option<Token>,
    range: std::ops::Range<usize>,
    n_scored: usize,
}

/// A text cut by a rule for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    lists: Vec<Vec<Token>>,
    /// The blocks, in the order of the text.
    pub blocks: Vec<Block>,
    /// Start tokens that stand in front of a chunk, document or the whole text: 1 or 0.
    pub n_start: u32,
}

impl Cut {
    /// Cuts a text.
    ///
    /// # Errors
    /// Too few tokens (with both numbers), ids that are not in the vocabulary, or a rule that makes no
    /// sense for what the text holds.
    pub fn of(
        text: &Text,
        rule: Rule,
        tokenizer: &dyn Tokenizer,
        n_vocab: usize,
    ) -> Result<Cut, String> {
        cut::cut(text, rule, tokenizer, n_vocab)
    }

    /// The windows of a block.
    pub fn windows<'c>(&'c self, block: &'c Block) -> impl Iterator<Item = Window> + 'c {
        block.pieces.iter().map(|piece| {
            let tokens = &self.lists[piece.list][piece.range.clone()];
            Window {
                tokens: piece
                    .start
                    .into_iter()
                    .chain(tokens.iter().copied())
                    .collect(),
                n_scored: piece.n_scored,
            }
        })
    }

    /// Tokens scored in a block.
    pub fn n_scored(&self, block: &Block) -> usize {
        block.pieces.iter().map(|piece| piece.n_scored).sum()
    }

    /// Tokens of the longest window that have to be fed.
    pub fn longest(&self) -> usize {
        let pieces = self.blocks.iter().flat_map(|block| &block.pieces);
        pieces.map(Piece::n_fed).max().unwrap_or(0)
    }

    /// Tokens that all windows feed together.
    pub fn n_fed(&self) -> usize {
        self.blocks.iter().map(|block| self.n_fed_of(block)).sum()
    }

    /// Tokens that the windows of a block feed.
    pub fn n_fed_of(&self, block: &Block) -> usize {
        block.pieces.iter().map(Piece::n_fed).sum()
    }
}

impl Piece {
    fn n_fed(&self) -> usize {
        score::n_fed(usize::from(self.start.is_some()) + self.range.len())
    }
}
