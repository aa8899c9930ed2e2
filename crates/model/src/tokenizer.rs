//! The tokenizer of a model as GGUF has it: a list of tokens with kinds, and the rules that join them.
//!
//! Two styles are converted: byte-level BPE (llama.cpp's `gpt2`), and SentencePiece BPE with bytes to
//! fall back on (llama.cpp's `llama`). Which one a file has is read from its own rules. A tokenizer that
//! llama.cpp would apply differently is an error: text would be cut into tokens that the model never
//! saw, and every quality number would be wrong without a sign of it.

mod bytes;
mod file;
mod merged;
mod pieces;
mod special;
mod split;

use std::path::Path;

use crate::Error;
use crate::config::SpecialIds;
use crate::stored::text;
use file::File;
use special::Settings;

pub(crate) use bytes::{FEWEST, placeholder};

/// The largest tokenizer file that is read; those of large vocabularies have about 20 MB.
const MAX_FILE: u64 = 256 << 20;

/// What a token is, in GGUF's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// Ids of tokens with a meaning.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Special {
    pub(crate) bos: Option<u32>,
    pub(crate) eos: Option<u32>,
    pub(crate) eot: Option<u32>,
    pub(crate) unknown: Option<u32>,
    pub(crate) pad: Option<u32>,
}

/// A tokenizer in GGUF's terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Vocabulary {
    pub(crate) model: &'static str,
    pub(crate) pre: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) kinds: Vec<i32>,
    /// Empty for byte-level BPE.
    pub(crate) scores: Vec<f32>,
    /// Empty for SentencePiece.
    pub(crate) merges: Vec<String>,
    pub(crate) special: Special,
    pub(crate) adds_bos: bool,
    pub(crate) adds_eos: bool,
    pub(crate) adds_space: Option<bool>,
    pub(crate) template: Option<String>,
    /// Whether the original composes accents (NFC) before it cuts text, which llama.cpp does not.
    pub(crate) composes: bool,
}

/// How a tokenizer is fitted to a model.
pub(crate) struct Fitting<'a> {
    /// Rows of the token table.
    pub(crate) rows: u32,
    /// What the model's configuration says; the tokenizer's own word counts more.
    pub(crate) ids: SpecialIds,
    /// The name of a splitting rule that llama.cpp knows, in place of the one found.
    pub(crate) pre: Option<&'a str>,
    /// Whether tokens beyond the last row may be dropped, as for a tokenizer that came separately.
    pub(crate) may_shrink: bool,
}

/// Reads the tokenizer of a folder.
pub(crate) fn load(folder: &Path, fitting: &Fitting<'_>) -> Result<Vocabulary, Error> {
    let path = folder.join("tokenizer.json");
    if !path.is_file() {
        return Err(lacking(folder));
    }
    let file = File::parse(&text(&path, MAX_FILE)?, &path)?;
    let settings = Settings::load(folder)?;
    let mut list = file.list(fitting, &path)?;
    let mut vocabulary = if file.model.byte_fallback {
        pieces::vocabulary(&file, &mut list, &path)?
    } else {
        merged::vocabulary(&file, fitting.pre, &path)?
    };
    vocabulary.special = settings.special(&list, &fitting.ids);
    (vocabulary.adds_bos, vocabulary.adds_eos) = settings.added(&file, &list, &vocabulary.special);
    vocabulary.template = settings.template;
    vocabulary.kinds = list.kinds.iter().map(|kind| *kind as i32).collect();
    vocabulary.tokens = list.tokens;
    Ok(vocabulary)
}

fn lacking(folder: &Path) -> Error {
    let remedy = if folder.join("tokenizer.model").exists() {
        "it holds tokenizer.model; AutoTokenizer.from_pretrained(...).save_pretrained(...) makes one of it"
    } else {
        "give a folder with config.json, tokenizer.json and safetensors files"
    };
    Error::missing(folder, "tokenizer.json", remedy)
}
