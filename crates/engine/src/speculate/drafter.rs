//! Whoever guesses what a model will say.

use crate::sampling::Chances;
use crate::{Error, Sampling, Token};

use super::Pace;

/// Where guesses come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Nobody guessed.
    None,
    /// Another model.
    Model,
    /// An earlier place of the same sequence.
    Ngram,
    /// Anything read or generated so far.
    Suffix,
    /// A drafter that is not from here.
    Other,
}

impl Source {
    /// All of them.
    pub const ALL: [Source; 5] = [
        Source::None,
        Source::Model,
        Source::Ngram,
        Source::Suffix,
        Source::Other,
    ];

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Source::None => "none",
            Source::Model => "model",
            Source::Ngram => "ngram",
            Source::Suffix => "suffix",
            Source::Other => "other",
        }
    }
}

/// A sequence that wants guesses.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// A number that this sequence keeps and no other gets.
    pub sequence: u64,
    /// Prompt and completion so far; never empty.
    pub history: &'a [Token],
    /// At most so many guesses.
    pub n: usize,
    /// Tokens that the answer may still get.
    pub n_left: usize,
    /// How the model itself will choose.
    pub sampling: Sampling,
    /// The seed of the request.
    pub seed: u64,
}

/// One guessed token.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The token. It need not exist in the model's vocabulary.
    pub token: Token,
    /// How likely the drafter itself thinks it is, from 0 to 1. For a guess that was drawn it must not
    /// depend on which token was drawn (see [`crate::sampling`]'s rule of rejection).
    pub confidence: f32,
    /// The distribution that it was drawn from; `None` for a guess that was not drawn.
    pub drawn_from: Option<Chances>,
}

/// What a drafter says will follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The tokens, in order.
    pub guesses: Vec<Guess>,
    /// Where they come from.
    pub source: Source,
}

impl Draft {
    /// No guess.
    pub fn nothing() -> Draft {
        Draft {
            guesses: Vec::new(),
            source: Source::None,
        }
    }

    /// Tokens found somewhere, with one confidence for all.
    pub(crate) fn found(tokens: Vec<Token>, confidence: f32, source: Source) -> Draft {
        let guess = |token| Guess {
            token,
            confidence,
            drawn_from: None,
        };
        Draft {
            guesses: tokens.into_iter().map(guess).collect(),
            source,
        }
    }
}

/// Guesses what follows. It may be wrong, late or hostile: the engine's output does not depend on it.
pub trait Drafter {
    /// One draft for each sequence, in their order. `pace` says how far guessing pays.
    ///
    /// # Errors
    /// Those of a model behind it.
    fn propose(&mut self, asks: &[Ask<'_>], pace: &mut Pace) -> Result<Vec<Draft>, Error>;

    /// Memory that it holds by itself: caches and indices, not the weights of a model. In bytes.
    fn bytes(&self) -> u64 {
        0
    }

    /// Is told how a sequence has grown: first with its prompt, then whenever tokens were added.
    fn learn(&mut self, sequence: u64, history: &[Token]) {
        let _ = (sequence, history);
    }
}
