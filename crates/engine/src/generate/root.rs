//! The prompt read last, kept for whoever asks for the same.

use crate::model::{Feed, Logits, Session, Token};
use crate::request::Request;
use crate::{Error, Row};

/// The sequence that reads prompts, with what it holds.
pub(crate) struct Root {
    pub(crate) sequence: usize,
    tokens: Vec<Token>,
    /// The row after the last token of the prompt.
    pub(crate) logits: Vec<f32>,
}

impl Root {
    pub(crate) fn new(sequence: usize) -> Root {
        Root {
            sequence,
            tokens: Vec::new(),
            logits: Vec::new(),
        }
    }

    /// Brings the root to the end of a prompt. Prompts are read alone and split only where the request
    /// says, so that their bits depend on nothing else.
    pub(crate) fn read(&mut self, session: &mut dyn Session, asked: &Request) -> Result<(), Error> {
        if self.tokens == asked.prompt && session.len(self.sequence) >= self.tokens.len() {
            return session.rewind(self.sequence, asked.prompt.len());
        }
        let (shared, rest) = asked.prompt.split_at(asked.n_shared);
        // Without a rest there would be no row after the last token.
        let keeps = !rest.is_empty()
            && self.tokens.starts_with(shared)
            && session.len(self.sequence) >= shared.len();
        let n_kept = if keeps { shared.len() } else { 0 };
        session.rewind(self.sequence, n_kept)?;
        let wanted = if rest.is_empty() {
            Logits::Last
        } else {
            Logits::None
        };
        if n_kept == 0 {
            self.feed(session, shared, wanted)?;
        }
        self.feed(session, rest, Logits::Last)?;
        asked.prompt.clone_into(&mut self.tokens);
        Ok(())
    }

    fn feed(
        &mut self,
        session: &mut dyn Session,
        tokens: &[Token],
        logits: Logits,
    ) -> Result<(), Error> {
        if tokens.is_empty() {
            return Ok(());
        }
        let feed = Feed {
            sequence: self.sequence,
            tokens,
            logits,
        };
        session.feed(&[feed], &mut |row: Row<'_>| {
            row.logits.clone_into(&mut self.logits);
        })
    }
}
