//! The sizes of a transformer and the rules of its arithmetic, read from the file's metadata.
//!
//! Whatever would change the result and is not computed here is refused: an answer that is nearly right
//! would be trained on without anybody noticing.

use gguf::{Gguf, ModelFacts, Value};

use crate::Error;

/// Which of llama.cpp's architectures a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `llama`: rows of queries and keys lie in the interleaved order of rotation.
    Llama,
    /// `qwen2`: rows lie in halves, and queries, keys and values have biases.
    Qwen2,
}

impl Family {
    /// llama.cpp's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Llama => "llama",
            Family::Qwen2 => "qwen2",
        }
    }
}

/// The shape of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Its architecture.
    pub family: Family,
    /// Layers.
    pub layers: usize,
    /// Elements of a hidden state.
    pub width: usize,
    /// Query heads.
    pub heads: usize,
    /// Key-value heads; they divide the query heads.
    pub kv_heads: usize,
    /// Elements of one head, an even number.
    pub head: usize,
    /// Inner width of the feed-forward blocks.
    pub inner: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// What is added to the mean square before its root is taken.
    pub epsilon: f64,
    /// The base of the angles of rotation.
    pub rope_base: f64,
    /// What positions are divided by; 1 for most models.
    pub rope_stretch: f64,
}

/// Keys of an architecture that would change the arithmetic.
const REFUSED: [&str; 10] = [
    "attention.scale",
    "attention.clamp_kqv",
    "attention.max_alibi_bias",
    "attention.sliding_window",
    "attention.temperature_scale",
    "embedding_scale",
    "residual_scale",
    "logit_scale",
    "attn_logit_softcapping",
    "final_logit_softcapping",
];

impl Shape {
    /// Reads the shape out of an opened file.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another architecture or arithmetic, [`Error::Gguf`] for bad metadata.
    pub fn of(file: &Gguf) -> Result<Self, Error> {
        let facts = ModelFacts::of(file)?;
        let refuse = |what: String| Error::Unsupported {
            path: file.path().to_owned(),
            what,
        };
        let family = family(&facts.architecture).map_err(refuse)?;
        let key = |suffix: &str| format!("{}.{suffix}", facts.architecture);
        if let Some(odd) = REFUSED
            .iter()
            .find(|suffix| file.get(&key(suffix)).is_some())
        {
            return Err(refuse(format!(
                "it sets {}, which is not computed here",
                key(odd)
            )));
        }
        if facts.experts.is_some() {
            return Err(refuse("it is a mixture of experts".into()));
        }
        let number = |suffix: &str| file.get(&key(suffix)).and_then(Value::as_f64);
        let missing = |what: &str| refuse(format!("its metadata have no {}", key(what)));
        let shape = Shape {
            family,
            layers: facts.n_layers as usize,
            width: facts.embedding_length as usize,
            heads: uniform(&facts.n_heads, "query heads").map_err(refuse)?,
            kv_heads: uniform(&facts.n_kv_heads, "key-value heads").map_err(refuse)?,
            head: facts.head_dim_k as usize,
            inner: facts
                .ffn_length
                .as_ref()
                .ok_or_else(|| missing("feed_forward_length"))
                .and_then(|inner| uniform(inner, "feed-forward widths").map_err(refuse))?,
            vocabulary: facts
                .vocabulary
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| missing("vocab_size"))?,
            epsilon: number("attention.layer_norm_rms_epsilon")
                .ok_or_else(|| missing("attention.layer_norm_rms_epsilon"))?,
            rope_base: facts.rope_base.unwrap_or(10_000.0),
            rope_stretch: stretch(file, &facts.architecture).map_err(refuse)?,
        };
        shape.check(&facts, file).map_err(refuse)?;
        Ok(shape)
    }

    fn check(&self, facts: &ModelFacts, file: &Gguf) -> Result<(), String> {
        if facts.head_dim_k != facts.head_dim_v {
            return Err("its keys and values differ in width".into());
        }
        if self.heads == 0 || self.kv_heads == 0 || !self.heads.is_multiple_of(self.kv_heads) {
            return Err(format!(
                "{} query heads cannot share {} key-value heads",
                self.heads, self.kv_heads
            ));
        }
        if self.head == 0 || !self.head.is_multiple_of(2) {
            return Err(format!("heads of {} elements cannot be rotated", self.head));
        }
        let rotated = file
            .get(&format!("{}.rope.dimension_count", facts.architecture))
            .and_then(Value::as_u64);
        match rotated {
            Some(n) if n != self.head as u64 => Err(format!(
                "it rotates {n} of the {} elements of a head; only all of them are rotated here",
                self.head
            )),
            _ => Ok(()),
        }
    }
}

fn family(architecture: &str) -> Result<Family, String> {
    match architecture {
        "llama" => Ok(Family::Llama),
        "qwen2" => Ok(Family::Qwen2),
        other => Err(format!(
            "its architecture is {other}; llama and qwen2 can be trained"
        )),
    }
}

fn uniform(numbers: &gguf::facts::PerLayer, what: &str) -> Result<usize, String> {
    let number = numbers.uniform();
    number
        .map(|n| n as usize)
        .ok_or_else(|| format!("its layers differ in their {what}"))
}

/// The divisor of positions under linear scaling.
fn stretch(file: &Gguf, architecture: &str) -> Result<f64, String> {
    let get = |suffix: &str| file.get(&format!("{architecture}.rope.{suffix}"));
    let kind = get("scaling.type")
        .and_then(Value::as_str)
        .unwrap_or("linear");
    let factor = get("scaling.factor").or_else(|| get("scale_linear"));
    let factor = factor.and_then(Value::as_f64).unwrap_or(0.0);
    match kind {
        "none" => Ok(1.0),
        "linear" if factor == 0.0 => Ok(1.0),
        "linear" if factor > 0.0 && factor.is_finite() => Ok(factor),
        _ => Err(format!(
            "its rotation is scaled by the rule {kind:?} with factor {factor}; none and linear are computed here"
        )),
    }
}
