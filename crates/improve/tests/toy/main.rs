//! Training on the toy model: reading examples, the loop, and going on after an interruption.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

mod examples;
mod loops;
mod sources;
mod whole;

use engine::{Special, Token, Tokenizer};

/// The toy's tokenizer: bytes from 3 on, 1 begins, 2 ends.
pub(crate) struct Bytes;

/// Three control tokens and the bytes.
pub(crate) const N_VOCAB: usize = 259;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str, special: Special) -> Vec<Token> {
        let (text, ends) = match (special, text.strip_suffix("</s>")) {
            (Special::Parse, Some(text)) => (text, true),
            _ => (text, false),
        };
        let bytes = text.bytes().map(|byte| 3 + Token::from(byte));
        bytes.chain(ends.then_some(2)).collect()
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        token
            .checked_sub(3)
            .map_or(Vec::new(), |byte| vec![byte as u8])
    }

    fn text(&self, token: Token) -> String {
        String::from_utf8_lossy(&self.bytes(token)).into_owned()
    }

    fn is_end(&self, token: Token) -> bool {
        token == 2
    }

    fn start(&self) -> Option<Token> {
        Some(1)
    }

    fn end(&self) -> Option<Token> {
        Some(2)
    }
}
