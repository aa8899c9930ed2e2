//! What a model file says about its model, without running it.
//!
//! Every number here is arithmetic on the file's header. What the file does not say is `None` and not
//! a guess; where llama.cpp has a documented default (key-value heads, head sizes, window patterns)
//! that default is taken, because it is what will run. Architectures need no list: the keys
//! `<architecture>.…` of the GGUF specification are enough.

mod cache;
pub mod file_type;
mod keys;
mod weights;

use std::fmt;

use serde::Serialize;

pub use cache::{Cache, CacheLayer, CacheType, SlidingWindow};
pub use weights::{Experts, OutputMatrix, TypeShare, Weights};

use cache::Attention;
use keys::Keys;

use crate::{Error, Gguf, Value};

/// One whole number for each layer, first layer first; never empty.
///
/// In JSON it is one number when all layers agree and an array otherwise, as in a GGUF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerLayer(pub(crate) Vec<u32>);

impl PerLayer {
    /// The numbers, one per layer.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// The number that all layers share, if they do.
    pub fn uniform(&self) -> Option<u32> {
        let first = *self.0.first()?;
        self.0.iter().all(|&n| n == first).then_some(first)
    }
}

/// `9`, or `2–8` when layers differ.
impl fmt::Display for PerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (self.0.iter().min(), self.0.iter().max());
        match (min, max) {
            (Some(min), Some(max)) if min != max => write!(f, "{min}–{max}"),
            (Some(one), _) => write!(f, "{one}"),
            _ => f.write_str("–"),
        }
    }
}

impl Serialize for PerLayer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.uniform() {
            Some(one) => one.serialize(serializer),
            None => self.0.serialize(serializer),
        }
    }
}

/// What the file says about the tokenizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenizerFacts {
    /// The algorithm, e.g. `gpt2` (byte pairs) or `llama` (SentencePiece).
    pub model: Option<String>,
    /// The name of the splitting rule before byte pairs, e.g. `qwen2`.
    pub pre: Option<String>,
    /// The token that begins a text.
    pub bos: Option<u64>,
    /// The token that ends a text.
    pub eos: Option<u64>,
    /// Whether the first token is put before every prompt; `None` leaves it to the engine's default.
    pub add_bos: Option<bool>,
}

/// All facts of one model file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelFacts {
    /// The architecture's name, e.g. `llama` or `qwen2`.
    pub architecture: String,
    /// The model's own name.
    pub name: Option<String>,
    /// The recipe of quantisation that the file states, e.g. `Q4_K_M`; the types of the tensors, which
    /// a recipe mixes, are in `weights.types`.
    pub quantisation: Option<String>,
    /// The file's length in bytes.
    pub file_bytes: u64,
    /// Layers that are run for every token.
    pub n_layers: u32,
    /// Query heads.
    pub n_heads: PerLayer,
    /// Key-value heads.
    pub n_kv_heads: PerLayer,
    /// Elements of one key.
    pub head_dim_k: u32,
    /// Elements of one value.
    pub head_dim_v: u32,
    /// Elements of a hidden state.
    pub embedding_length: u32,
    /// Inner width of the feed-forward blocks.
    pub ffn_length: Option<PerLayer>,
    /// Tokens in the vocabulary.
    pub vocabulary: Option<u64>,
    /// The longest text the model was made for, in tokens.
    pub context_length: Option<u64>,
    /// The base of the rotary position angles; llama.cpp takes 10000 when the file has none.
    pub rope_base: Option<f64>,
    /// The sliding attention window, if there is one.
    pub sliding_window: Option<SlidingWindow>,
    /// The experts, if it is a mixture model.
    pub experts: Option<Experts>,
    /// Parameters, bytes and the cost of one token.
    pub weights: Weights,
    /// The key-value cache, layer by layer. It is not part of the JSON, which would grow by a row per
    /// layer; [`ModelFacts::kv_bytes_per_token`] is the number to record.
    #[serde(skip)]
    pub cache: Cache,
    /// The tokenizer.
    pub tokenizer: TokenizerFacts,
    /// The Jinja template that turns messages into a prompt.
    pub chat_template: Option<String>,
}

impl ModelFacts {
    /// Reads the facts out of an opened file.
    ///
    /// # Errors
    /// [`Error::MissingKey`] and [`Error::BadKey`] when the file does not describe a language model,
    /// [`Error::Split`] when it is one part of several.
    pub fn of(gguf: &Gguf) -> Result<Self, Error> {
        refuse_parts(gguf)?;
        let keys = Keys::of(gguf)?;
        let shape = Shape::of(&keys)?;
        let experts = Experts::of(&keys)?;
        let sliding_window = SlidingWindow::of(&keys, shape.blocks)?;
        let cache = Cache::of(&keys, &shape.attention(sliding_window.as_ref()))?;
        Ok(Self {
            architecture: keys.architecture.to_owned(),
            name: text(gguf, "general.name"),
            quantisation: gguf
                .get("general.file_type")
                .and_then(Value::as_u64)
                .and_then(file_type_name),
            file_bytes: gguf.file_bytes(),
            n_layers: shape.layers,
            n_heads: shape.heads,
            n_kv_heads: shape.kv_heads,
            head_dim_k: shape.key_dim,
            head_dim_v: shape.value_dim,
            embedding_length: shape.embedding,
            ffn_length: keys
                .per_layer("feed_forward_length", shape.blocks)?
                .map(|all| all.first(shape.layers)),
            vocabulary: vocabulary(&keys)?,
            context_length: keys.tokens("context_length")?,
            rope_base: keys.real("rope.freq_base")?,
            sliding_window,
            experts,
            weights: Weights::of(&keys, shape.layers, experts),
            cache,
            tokenizer: TokenizerFacts::of(gguf),
            chat_template: text(gguf, "tokenizer.chat_template"),
        })
    }

    /// Bytes that one more token adds to the cache of all layers, block scales included, as long as
    /// no sliding window is full. Keys and values are counted apart: K and V may differ in type and size.
    ///
    /// # Errors
    /// [`Error::CacheUnknown`], and [`Error::CacheBlock`] when a type's blocks do not divide a head.
    pub fn kv_bytes_per_token(&self, keys: CacheType, values: CacheType) -> Result<u64, Error> {
        self.kv_bytes(1, keys, values)
    }

    /// Bytes of the cache after `tokens` tokens of one text. A layer with a sliding window holds at
    /// most the window; engines round up and may keep more, so this is the least that is needed.
    ///
    /// # Errors
    /// As [`ModelFacts::kv_bytes_per_token`].
    pub fn kv_bytes(&self, tokens: u64, keys: CacheType, values: CacheType) -> Result<u64, Error> {
        let layers = match &self.cache {
            Cache::Layers(layers) => layers,
            Cache::Unknown(why) => {
                let architecture = self.architecture.clone();
                return Err(Error::CacheUnknown {
                    architecture,
                    why: why.clone(),
                });
            }
        };
        layers.iter().try_fold(0_u64, |sum, layer| {
            let held = layer.window.map_or(tokens, |window| tokens.min(window));
            let bytes = layer.bytes_per_token(keys, values)?.saturating_mul(held);
            Ok(sum.saturating_add(bytes))
        })
    }
}

impl PerLayer {
    fn first(mut self, layers: u32) -> Self {
        self.0.truncate(layers as usize);
        self
    }
}

/// The sizes that the other facts rest on.
struct Shape {
    /// Layers in the file.
    blocks: u32,
    /// Layers that are run: the file's without those that only predict ahead.
    layers: u32,
    heads: PerLayer,
    kv_heads: PerLayer,
    key_dim: u32,
    value_dim: u32,
    embedding: u32,
}

impl Shape {
    fn of(keys: &Keys<'_>) -> Result<Self, Error> {
        let blocks = keys.layers()?;
        let ahead = keys.width("nextn_predict_layers")?.unwrap_or(0);
        let layers = blocks.saturating_sub(ahead).max(1);
        let embedding = keys
            .width("embedding_length")?
            .ok_or_else(|| keys.missing("embedding_length"))?;
        let heads = keys.per_layer("attention.head_count", blocks)?;
        let heads = heads.ok_or_else(|| keys.missing("attention.head_count"))?;
        let kv_heads = keys
            .per_layer("attention.head_count_kv", blocks)?
            .unwrap_or_else(|| heads.clone());
        // Hybrid models have layers without heads; the usual head size follows from one that has some.
        let some_heads = heads.0.iter().copied().find(|&n| n > 0);
        let usual = some_heads.map_or(0, |n| embedding / n);
        Ok(Self {
            blocks,
            layers,
            key_dim: keys.width("attention.key_length")?.unwrap_or(usual),
            value_dim: keys.width("attention.value_length")?.unwrap_or(usual),
            heads: heads.first(layers),
            kv_heads: kv_heads.first(layers),
            embedding,
        })
    }

    fn attention<'a>(&'a self, window: Option<&'a SlidingWindow>) -> Attention<'a> {
        Attention {
            layers: self.layers,
            kv_heads: &self.kv_heads,
            key_dim: self.key_dim,
            value_dim: self.value_dim,
            window,
        }
    }
}

impl TokenizerFacts {
    fn of(gguf: &Gguf) -> Self {
        let id = |key: &str| gguf.get(key).and_then(Value::as_u64);
        Self {
            model: text(gguf, "tokenizer.ggml.model"),
            pre: text(gguf, "tokenizer.ggml.pre"),
            bos: id("tokenizer.ggml.bos_token_id"),
            eos: id("tokenizer.ggml.eos_token_id"),
            add_bos: gguf
                .get("tokenizer.ggml.add_bos_token")
                .and_then(Value::as_bool),
        }
    }
}

fn text(gguf: &Gguf, key: &str) -> Option<String> {
    gguf.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn file_type_name(code: u64) -> Option<String> {
    file_type::name(code).map(str::to_owned)
}

fn refuse_parts(gguf: &Gguf) -> Result<(), Error> {
    match gguf.get("split.count").and_then(Value::as_u64) {
        Some(count) if count > 1 => Err(Error::Split {
            path: gguf.path().to_owned(),
            count,
        }),
        _ => Ok(()),
    }
}

/// The length of the token list, else what the metadata states, else the rows of the embedding.
fn vocabulary(keys: &Keys<'_>) -> Result<Option<u64>, Error> {
    let listed = keys
        .gguf
        .get("tokenizer.ggml.tokens")
        .and_then(Value::as_array)
        .map(|list| list.len() as u64);
    let rows = || {
        keys.gguf
            .tensor("token_embd.weight")
            .and_then(|tensor| tensor.dims().get(1).copied())
    };
    Ok(listed.or(keys.tokens("vocab_size")?).or_else(rows))
}
