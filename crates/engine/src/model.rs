//! A model, its tokenizer, and the growing sequences it is fed.
//!
//! *Feed* and *rewind* express everything: prefill feeds many tokens, decoding feeds one, a
//! perplexity run feeds a block and asks for every row, verifying a draft feeds k+1 and rewinds.
//! Several sequences advance in one [`Session::feed`], so that batching needs no second trait.

use std::path::Path;

use crate::Error;

/// A token id of one model's vocabulary.
pub type Token = u32;

/// What can be known of a model without running it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// The name by which reports call it.
    pub name: String,
    /// The architecture's name in the file, `qwen2` for instance.
    pub architecture: String,
    /// Entries of the vocabulary, that is the width V of a row of logits.
    pub n_vocab: usize,
    /// Tokens of context it was trained for.
    pub context_length: usize,
    /// Parameters, shared ones counted once.
    pub n_parameters: u64,
    /// Bytes of all weights.
    pub weight_bytes: u64,
    /// Bytes of the adapter that is laid over them; none without one.
    pub adapter_bytes: u64,
    /// Bytes of weights that decoding one token has to read.
    pub bytes_per_token: u64,
    /// Multiply–accumulate operations of all matrices for one token, times two.
    pub flops_per_token: u64,
    /// Of these, what is computed only for tokens whose row of logits is asked for.
    pub flops_per_row: u64,
    /// Of `flops_per_token`, those with quantised weights.
    pub quantised_flops: u64,
    /// Of `flops_per_row`, those with quantised weights.
    pub quantised_flops_per_row: u64,
    /// Elements that one token adds to the cache, over all layers; `None` if the file does not tell.
    pub cache_elements: Option<CacheElements>,
    /// The graphics processor that computes, by the engine's name; `None` for the processor.
    pub device: Option<String>,
}

/// Elements that one token adds to the two halves of a cache, over all layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheElements {
    /// Of the keys.
    pub k: u64,
    /// Of the values.
    pub v: u64,
}

impl CacheElements {
    /// Bytes that one token adds, block scales counted.
    pub fn bytes(self, kinds: CacheKinds) -> u64 {
        kinds.k.bytes(self.k) + kinds.v.bytes(self.v)
    }
}

/// How one cached key or value element is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CacheKind {
    /// 16-bit floats.
    F16,
    /// 8-bit blocks of 32 with a 16-bit scale: 8.5 bits an element.
    Q8_0,
    /// 4-bit blocks of 32 with a 16-bit scale: 4.5 bits an element.
    Q4_0,
}

impl CacheKind {
    /// All kinds, widest first.
    pub const ALL: [CacheKind; 3] = [CacheKind::F16, CacheKind::Q8_0, CacheKind::Q4_0];

    /// Its name in tables, flags and records.
    pub fn name(self) -> &'static str {
        match self {
            CacheKind::F16 => "f16",
            CacheKind::Q8_0 => "q8_0",
            CacheKind::Q4_0 => "q4_0",
        }
    }

    /// Bytes of so many elements (a multiple of 32), scales counted.
    pub fn bytes(self, n_elements: u64) -> u64 {
        let bytes_per_block = match self {
            CacheKind::F16 => 32 * 2,
            CacheKind::Q8_0 => 32 + 2,
            CacheKind::Q4_0 => 16 + 2,
        };
        n_elements / 32 * bytes_per_block
    }
}

impl std::str::FromStr for CacheKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f16" | "fp16" => Ok(CacheKind::F16),
            "q8_0" | "q8" => Ok(CacheKind::Q8_0),
            "q4_0" | "q4" => Ok(CacheKind::Q4_0),
            _ => Err(format!(
                "no cache type is called {text}; there are f16, q8_0 and q4_0"
            )),
        }
    }
}

/// The kinds of the two halves of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKinds {
    /// Of the keys.
    pub k: CacheKind,
    /// Of the values.
    pub v: CacheKind,
}

impl CacheKinds {
    /// The same kind for keys and values.
    pub fn both(kind: CacheKind) -> CacheKinds {
        CacheKinds { k: kind, v: kind }
    }
}

/// What a session must be able to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionShape {
    /// Sequences that grow side by side.
    pub n_sequences: usize,
    /// Tokens that each of them can hold.
    pub capacity: usize,
    /// How the cache is stored.
    pub cache: CacheKinds,
}

/// For which of the tokens fed a row of logits is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logits {
    /// For none of them.
    None,
    /// For the last one.
    Last,
    /// For the one at this offset within the feed and all after it.
    From(usize),
    /// For every one.
    All,
}

impl Logits {
    /// Whether the token at `offset` of a feed of `n` tokens wants a row.
    pub fn wants(self, offset: usize, n: usize) -> bool {
        match self {
            Logits::None => false,
            Logits::Last => offset + 1 == n,
            Logits::From(first) => offset >= first,
            Logits::All => true,
        }
    }
}

/// Tokens to append to one sequence.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// The sequence, counted from 0.
    pub sequence: usize,
    /// The tokens, in order; never empty.
    pub tokens: &'a [Token],
    /// Which rows are wanted.
    pub logits: Logits,
}

/// One row of logits: what the model expects after one of the tokens fed.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Index of the [`Feed`] it belongs to.
    pub feed: usize,
    /// Index of the token within that feed.
    pub offset: usize,
    /// Unnormalised log-probabilities, shape (V).
    pub logits: &'a [f32],
}

/// Sequences that grow, each with its cache.
///
/// **Determinism.** A row depends on the tokens of its own sequence; whether it is bit-equal
/// whatever is fed beside it is up to the implementation (see [`crate::generate::Width`]).
pub trait Session {
    /// What it can hold.
    fn shape(&self) -> SessionShape;

    /// Tokens that a sequence holds now.
    fn len(&self, sequence: usize) -> usize;

    /// Appends tokens, each feed to its own sequence, and hands over the rows asked for, feed by
    /// feed and in the order of the tokens. A sequence appears in at most one feed.
    ///
    /// # Errors
    /// [`Error::TooLong`] before anything is fed if a sequence would outgrow the session;
    /// [`Error::Backend`] if the computation failed, after which the session is not to be used.
    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error>;

    /// Makes sequence `to` an independent copy of sequence `from`.
    ///
    /// # Errors
    /// [`Error::Backend`] if the implementation cannot copy.
    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error>;

    /// Forgets every token of a sequence from position `len` on. A sequence that is shorter stays.
    ///
    /// # Errors
    /// [`Error::Backend`] if the architecture cannot forget a part (recurrent state).
    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error>;

    /// Bytes that the cache buffers of this session occupy.
    fn cache_bytes(&self) -> u64;

    /// Bytes of the buffers that computing needs beside the cache; 0 if the implementation does not say.
    fn scratch_bytes(&self) -> u64 {
        0
    }
}

/// Whether special tokens written out in a text become those tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// `<|im_start|>` in the text is that token: for rendered chat templates.
    Parse,
    /// It is plain text: for whatever a user or a model wrote.
    Plain,
}

/// Text to tokens and back.
pub trait Tokenizer {
    /// The tokens of a text, without any token added in front.
    fn encode(&self, text: &str, special: Special) -> Vec<Token>;

    /// The bytes that a token stands for; none for control tokens. A character may span tokens.
    fn bytes(&self, token: Token) -> Vec<u8>;

    /// A token as its vocabulary writes it: `<|im_end|>` for a control token.
    fn text(&self, token: Token) -> String;

    /// Whether a token ends the model's turn.
    fn is_end(&self, token: Token) -> bool;

    /// The token that must stand in front of every text, for models that want one.
    fn start(&self) -> Option<Token>;

    /// The token that ends a text, used as context of last resort where there is no start token.
    fn end(&self) -> Option<Token>;
}

/// Weights with a shape and a tokenizer, able to open sessions.
pub trait Model {
    /// What is known of it.
    fn card(&self) -> &ModelCard;

    /// Its tokenizer.
    fn tokenizer(&self) -> &dyn Tokenizer;

    /// The file that its weights were read from, if there is one.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Error::Open`] if it does not fit into memory or the cache kind is not supported.
    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error>;

    /// Opens a session that computes with so many threads, at least one, instead of those the model was
    /// loaded for. A model that knows no threads opens it as any other.
    ///
    /// # Errors
    /// As [`Model::open`].
    fn open_with(
        &self,
        shape: SessionShape,
        threads: usize,
    ) -> Result<Box<dyn Session + '_>, Error> {
        let _ = threads;
        self.open(shape)
    }

    /// Gives back to the system what closed sessions left with the allocator, so that memory read from now on is that of
    /// what is in use. A model that keeps nothing has nothing to do.
    fn give_back(&self) {}
}
