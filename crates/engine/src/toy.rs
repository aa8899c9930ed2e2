//! A model without weights: logits are a hash of the tokens so far.
//!
//! It is exact (no rounding depends on a batch), instant, and as strict about lengths as a real
//! one. It knows bytes; its texts are noise.

use std::cell::Cell;

use crate::{
    CacheElements, CacheKind, CacheKinds, Error, Feed, Model, ModelCard, Row, Session,
    SessionShape, Special, Token, Tokenizer,
};

/// Ids below 256 are bytes.
const START: Token = 256;
const END: Token = 257;
const N_VOCAB: usize = 258;
/// What one token pretends to add to the cache.
const CACHE_ELEMENTS: CacheElements = CacheElements { k: 32, v: 32 };

/// The toy model.
pub struct Toy {
    seed: u64,
    card: ModelCard,
}

impl Toy {
    /// A toy whose texts depend on the seed.
    pub fn new(seed: u64) -> Toy {
        let card = ModelCard {
            name: "toy".into(),
            architecture: "hash".into(),
            n_vocab: N_VOCAB,
            context_length: 4096,
            n_parameters: 0,
            weight_bytes: 0,
            adapter_bytes: 0,
            bytes_per_token: 0,
            flops_per_token: 0,
            flops_per_row: 0,
            quantised_flops: 0,
            quantised_flops_per_row: 0,
            cache_elements: Some(CACHE_ELEMENTS),
            device: None,
        };
        Toy { seed, card }
    }
}

impl Model for Toy {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Bytes
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(ToySession {
            seed: self.seed,
            shape,
            sequences: vec![Vec::new(); shape.n_sequences],
            n_rows: Cell::new(0),
        }))
    }
}

/// The tokenizer of bytes.
pub struct Bytes;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str, _special: Special) -> Vec<Token> {
        text.bytes().map(Token::from).collect()
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        u8::try_from(token).map_or(Vec::new(), |byte| vec![byte])
    }

    fn text(&self, token: Token) -> String {
        match token {
            START => "<s>".into(),
            END => "</s>".into(),
            byte => String::from_utf8_lossy(&self.bytes(byte)).into_owned(),
        }
    }

    fn is_end(&self, token: Token) -> bool {
        token == END
    }

    fn start(&self) -> Option<Token> {
        Some(START)
    }

    fn end(&self) -> Option<Token> {
        Some(END)
    }
}

struct ToySession {
    seed: u64,
    shape: SessionShape,
    sequences: Vec<Vec<Token>>,
    n_rows: Cell<u64>,
}

impl Session for ToySession {
    fn shape(&self) -> SessionShape {
        self.shape
    }

    fn len(&self, sequence: usize) -> usize {
        self.sequences[sequence].len()
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        for feed in feeds {
            let needed = self.len(feed.sequence) + feed.tokens.len();
            if needed > self.shape.capacity {
                return Err(Error::TooLong {
                    needed,
                    capacity: self.shape.capacity,
                });
            }
        }
        for (feed_idx, feed) in feeds.iter().enumerate() {
            for (offset, token) in feed.tokens.iter().enumerate() {
                self.sequences[feed.sequence].push(*token);
                if feed.logits.wants(offset, feed.tokens.len()) {
                    let logits = logits_after(self.seed, &self.sequences[feed.sequence]);
                    self.n_rows.set(self.n_rows.get() + 1);
                    on_row(Row {
                        feed: feed_idx,
                        offset,
                        logits: &logits,
                    });
                }
            }
        }
        Ok(())
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.sequences[to] = self.sequences[from].clone();
        Ok(())
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.sequences[sequence].truncate(len);
        Ok(())
    }

    fn cache_bytes(&self) -> u64 {
        let per_token = CACHE_ELEMENTS.bytes(self.shape.cache);
        self.shape.n_sequences as u64 * self.shape.capacity as u64 * per_token
    }
}

/// A chain of FNV-1a over the tokens, spread by SplitMix64; printable bytes are likelier.
fn logits_after(seed: u64, tokens: &[Token]) -> Vec<f32> {
    let chain = tokens
        .iter()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, token| {
            (hash ^ u64::from(*token)).wrapping_mul(0x0100_0000_01b3)
        });
    (0..N_VOCAB as u64)
        .map(|id| {
            let noise = (split_mix(chain ^ id) >> 40) as f32 / (1u64 << 24) as f32;
            let printable = if (32..127).contains(&id) { 3.0 } else { 0.0 };
            noise * 6.0 + printable
        })
        .collect()
}

fn split_mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The cache kinds of a plain test session.
pub const F16: CacheKinds = CacheKinds {
    k: CacheKind::F16,
    v: CacheKind::F16,
};
