//! What the key-value cache of a model costs, computed from its metadata.
//!
//! Per layer and token the cache holds one key and one value for each key-value head. The rules of
//! llama.cpp are followed (`llama-hparams.cpp`, `llama-kv-cache.cpp`, `src/models/*.cpp`): per-layer
//! head counts, layers with a sliding window and their own head sizes, layers that share another
//! layer's cache, recurrent layers without one, and multi-head latent attention, which stores no
//! values. Where the file does not say enough the answer is a reason and not a number.
//!
//! Not counted: recurrent states and the padding an engine adds; both do not grow with the text.

use std::fmt;

use serde::Serialize;

use super::PerLayer;
use super::keys::Keys;
use crate::{Error, TensorType};

/// The element type in which an engine keeps keys or values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    /// Half floats, 2 bytes per element: the usual default.
    F16,
    /// Blocks of 32 bytes with one half-float scale, 34/32 bytes per element.
    #[serde(rename = "q8_0")]
    Q8_0,
    /// Blocks of 32 half bytes with one half-float scale, 18/32 bytes per element.
    #[serde(rename = "q4_0")]
    Q4_0,
}

impl CacheType {
    /// All cache types, the most exact first.
    pub const ALL: [Self; 3] = [Self::F16, Self::Q8_0, Self::Q4_0];

    /// The tensor type of the cache.
    pub fn tensor_type(self) -> TensorType {
        match self {
            Self::F16 => TensorType::F16,
            Self::Q8_0 => TensorType::Q8_0,
            Self::Q4_0 => TensorType::Q4_0,
        }
    }
}

impl fmt::Display for CacheType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tensor_type().fmt(f)
    }
}

/// The cache of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLayer {
    /// Key-value heads; 0 when the layer keeps nothing (recurrent, or sharing another layer's cache).
    pub heads: u32,
    /// Elements in one key.
    pub key_dim: u32,
    /// Elements in one value; 0 when values are derived from the keys.
    pub value_dim: u32,
    /// The number of tokens after which old entries are dropped, if they are.
    pub window: Option<u64>,
}

/// The cache of all layers, or the reason why it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cache {
    /// One entry per layer.
    Layers(Vec<CacheLayer>),
    /// Why the file does not tell.
    Unknown(String),
}

/// A sliding attention window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlidingWindow {
    /// How many tokens a windowed layer looks back.
    pub tokens: u64,
    /// Which layers are windowed; `None` when neither the file nor llama.cpp's defaults name any,
    /// and every layer keeps the whole text.
    pub layers: Option<Vec<bool>>,
}

pub(super) struct Attention<'a> {
    pub(super) layers: u32,
    pub(super) kv_heads: &'a PerLayer,
    pub(super) key_dim: u32,
    pub(super) value_dim: u32,
    pub(super) window: Option<&'a SlidingWindow>,
}

impl SlidingWindow {
    pub(super) fn of(keys: &Keys<'_>, layers: u32) -> Result<Option<Self>, Error> {
        const PATTERN: &str = "attention.sliding_window_pattern";
        let stated = keys.tokens("attention.sliding_window")?;
        let tokens = match (keys.architecture, stated) {
            // llama.cpp's chunked attention has a fixed length unless it is switched off.
            ("llama4", None | Some(1..)) => 8192,
            ("gemma2", None) => 4096,
            (_, None | Some(0)) => return Ok(None),
            (_, Some(tokens)) => tokens,
        };
        let flags = match keys.flags(PATTERN, layers)? {
            Some(flags) => Some(flags),
            None => {
                let stated = if keys.get(PATTERN).is_some() {
                    keys.width(PATTERN)?
                } else {
                    None
                };
                default_pattern(keys.architecture, layers).map(|(period, dense)| {
                    let period = stated.unwrap_or(period);
                    (0..layers)
                        .map(|layer| windowed(layer, period, dense))
                        .collect()
                })
            }
        };
        Ok(Some(Self {
            tokens,
            layers: flags,
        }))
    }
}

/// Which layer of a period sees the whole text.
#[derive(Clone, Copy)]
enum Dense {
    First,
    Last,
}

fn windowed(layer: u32, period: u32, dense: Dense) -> bool {
    match (period, dense) {
        (0, _) => true,
        (period, Dense::First) => !layer.is_multiple_of(period),
        (period, Dense::Last) => layer % period < period - 1,
    }
}

/// The pattern that llama.cpp assumes when the file has none (calls of `load_swa_pattern`).
fn default_pattern(architecture: &str, layers: u32) -> Option<(u32, Dense)> {
    Some(match architecture {
        "gemma2" | "gpt-oss" => (2, Dense::Last),
        "gemma3n" => (5, Dense::Last),
        "gemma3" | "gemma-embedding" => (6, Dense::Last),
        "plamo3" => (8, Dense::Last),
        "exaone4" if layers != 64 => return None,
        "llama4" | "cohere2" | "olmo2" | "exaone4" | "exaone-moe" | "afmoe" | "mellum"
        | "muse-glimmer" => (4, Dense::Last),
        "modern-bert" => (3, Dense::First),
        "cohere2moe" | "smallthinker" | "laguna" => (4, Dense::First),
        _ => return None,
    })
}

impl Cache {
    pub(super) fn of(keys: &Keys<'_>, attention: &Attention<'_>) -> Result<Self, Error> {
        if let Some(why) = obstacle(keys, attention.kv_heads) {
            return Ok(Self::Unknown(why));
        }
        let key_dim_windowed = keys
            .width("attention.key_length_swa")?
            .unwrap_or(attention.key_dim);
        let value_dim_windowed = keys
            .width("attention.value_length_swa")?
            .unwrap_or(attention.value_dim);
        let latent = keys.width("attention.key_length_mla")?.unwrap_or(0) > 0;
        let owners = owners(keys, attention.layers)?;
        let interval = keys.width("full_attention_interval")?.unwrap_or(0);
        let layer = |index: u32| {
            let window = attention
                .window
                .filter(|w| w.layers.as_ref().is_some_and(|l| l[index as usize]));
            let recurrent = interval > 0 && !(index + 1).is_multiple_of(interval);
            let keeps = index < owners && !recurrent;
            let (key_dim, value_dim) = match window {
                Some(_) => (key_dim_windowed, value_dim_windowed),
                None => (attention.key_dim, attention.value_dim),
            };
            CacheLayer {
                heads: if keeps {
                    attention.kv_heads.0[index as usize]
                } else {
                    0
                },
                key_dim,
                value_dim: if latent { 0 } else { value_dim },
                window: window.map(|w| w.tokens),
            }
        };
        Ok(Self::Layers((0..attention.layers).map(layer).collect()))
    }
}

/// The first so many layers own a cache; later ones read an earlier layer's.
fn owners(keys: &Keys<'_>, layers: u32) -> Result<u32, Error> {
    if keys.architecture == "gemma3n" {
        return Ok(layers.min(20));
    }
    let shared = keys.width("attention.shared_kv_layers")?.unwrap_or(0);
    Ok(layers.saturating_sub(shared))
}

fn obstacle(keys: &Keys<'_>, kv_heads: &PerLayer) -> Option<String> {
    let has = |suffix: &str| keys.get(suffix).is_some();
    if has("attention.indexer.head_count") {
        return Some("its sparse attention keeps an index beside the keys".to_owned());
    }
    if has("attention.recurrent_layers") {
        return Some("its recurrent layers are listed in a way that is not read here".to_owned());
    }
    let recurrent = has("ssm.state_size") || has("ssm.conv_kernel") || has("wkv.head_size");
    let told = has("full_attention_interval")
        || kv_heads.0.contains(&0)
        || keys.architecture == "falcon-h1";
    (recurrent && !told)
        .then(|| "it has recurrent layers and the file does not say which".to_owned())
}

impl CacheLayer {
    /// Bytes that one token adds to this layer.
    ///
    /// # Errors
    /// [`Error::CacheBlock`] when the type's blocks do not divide a head; llama.cpp refuses that too.
    pub fn bytes_per_token(&self, keys: CacheType, values: CacheType) -> Result<u64, Error> {
        if self.heads == 0 {
            return Ok(0);
        }
        let one = head_bytes(keys, self.key_dim)? + head_bytes(values, self.value_dim)?;
        Ok(u64::from(self.heads) * one)
    }
}

fn head_bytes(kind: CacheType, head: u32) -> Result<u64, Error> {
    let (head, block) = (u64::from(head), kind.tensor_type().block_len());
    kind.tensor_type()
        .bytes_of(head)
        .ok_or(Error::CacheBlock { kind, block, head })
}
