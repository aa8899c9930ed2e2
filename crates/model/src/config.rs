//! What a model's `config.json` says of its shape, checked before any weight is read.
//!
//! A field that would change what the model computes and has no counterpart in llama.cpp is an error,
//! not a field to be passed over: a conversion that loads and answers nonsense is the worst outcome.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::attention::Rotation;

/// What kind of decoder it is; the name is that of llama.cpp's architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Llama,
    Qwen2,
}

impl Family {
    pub(crate) fn architecture(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
        }
    }
}

/// The shape of a decoder: embedding, layers of attention and feed-forward blocks, norm, output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoder {
    pub(crate) family: Family,
    pub(crate) layers: u32,
    pub(crate) width: u32,
    pub(crate) ffn: u32,
    pub(crate) heads: u32,
    pub(crate) kv_heads: u32,
    pub(crate) head: u32,
    pub(crate) vocabulary: u32,
    pub(crate) context: u32,
    pub(crate) epsilon: f32,
    pub(crate) rope_base: f32,
    pub(crate) rotation: Rotation,
    /// Whether the output matrix is the token table; `None` where the file decides.
    pub(crate) tied: Option<bool>,
}

/// The ids that a configuration gives to special tokens.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SpecialIds {
    pub(crate) bos: Option<u32>,
    pub(crate) eos: Option<u32>,
    pub(crate) pad: Option<u32>,
}

/// The fields of a configuration that are looked at; all others say nothing about the shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    architectures: Vec<String>,
    model_type: Option<String>,
    hidden_size: Option<u64>,
    intermediate_size: Option<u64>,
    num_hidden_layers: Option<u64>,
    num_attention_heads: Option<u64>,
    num_key_value_heads: Option<u64>,
    head_dim: Option<u64>,
    vocab_size: Option<u64>,
    max_position_embeddings: Option<u64>,
    rms_norm_eps: Option<f64>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<Value>,
    tie_word_embeddings: Option<bool>,
    hidden_act: Option<String>,
    use_sliding_window: Option<bool>,
    quantization_config: Option<Value>,
    bos_token_id: Option<Value>,
    eos_token_id: Option<Value>,
    pad_token_id: Option<Value>,
}

/// The largest number of each kind; what is beyond is damage and not a model.
const MOST_LAYERS: u64 = 1024;
const MOST: u64 = 1 << 24;
const MOST_CONTEXT: u64 = u32::MAX as u64;

impl Config {
    /// Reads the text of a `config.json`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::damaged(path, error.to_string()))
    }

    /// The fields of a configuration that came without a file.
    pub(crate) fn from_value(value: Value, path: &Path) -> Result<Self, Error> {
        serde_json::from_value(value)
            .map_err(|error| Error::damaged(path, format!("its configuration: {error}")))
    }

    /// The family, from the class that saved the model.
    pub(crate) fn family(&self, path: &Path) -> Result<Family, Error> {
        let class = self.architectures.first().map(String::as_str);
        match (class, self.model_type.as_deref()) {
            (Some("LlamaForCausalLM"), _) | (None, Some("llama")) => Ok(Family::Llama),
            (Some("Qwen2ForCausalLM"), _) | (None, Some("qwen2")) => Ok(Family::Qwen2),
            (class, kind) => {
                let found = class.or(kind).unwrap_or("no architecture");
                let what = format!(
                    "it is a {found}; LlamaForCausalLM and Qwen2ForCausalLM are converted here, for others take llama.cpp's own converter"
                );
                Err(Error::unsupported(path, what))
            }
        }
    }

    /// The shape, with every relation between its numbers checked.
    pub(crate) fn decoder(&self, family: Family, path: &Path) -> Result<Decoder, Error> {
        self.refuse_what_changes_the_model(path)?;
        let field = |name, value, most| number(path, name, value, most);
        let width = field("hidden_size", self.hidden_size, MOST)?;
        let heads = field("num_attention_heads", self.num_attention_heads, MOST)?;
        let kv = self.num_key_value_heads.or(self.num_attention_heads);
        let derived = || {
            width
                .is_multiple_of(heads)
                .then(|| u64::from(width / heads))
        };
        let head = self.head_dim.or_else(derived);
        let scaling = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let in_scaling = scaling.and_then(|map| map.get("rope_theta")?.as_f64());
        let decoder = Decoder {
            family,
            layers: field("num_hidden_layers", self.num_hidden_layers, MOST_LAYERS)?,
            width,
            ffn: field("intermediate_size", self.intermediate_size, MOST)?,
            heads,
            kv_heads: field("num_key_value_heads", kv, MOST)?,
            head: field("head_dim", head, MOST)?,
            vocabulary: field("vocab_size", self.vocab_size, MOST)?,
            context: field(
                "max_position_embeddings",
                self.max_position_embeddings,
                MOST_CONTEXT,
            )?,
            epsilon: positive(path, "rms_norm_eps", self.rms_norm_eps.unwrap_or(1e-6))?,
            rope_base: positive(
                path,
                "rope_theta",
                self.rope_theta.or(in_scaling).unwrap_or(10_000.0),
            )?,
            rotation: Rotation::parse(scaling, path)?,
            tied: self.tie_word_embeddings,
        };
        decoder.check(path)?;
        Ok(decoder)
    }

    /// The ids of special tokens; of a list the first counts.
    pub(crate) fn special_ids(&self) -> SpecialIds {
        SpecialIds {
            bos: first_id(self.bos_token_id.as_ref()),
            eos: first_id(self.eos_token_id.as_ref()),
            pad: first_id(self.pad_token_id.as_ref()),
        }
    }

    fn refuse_what_changes_the_model(&self, path: &Path) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::unsupported(path, what));
        if self.quantization_config.is_some() {
            return refuse("its weights are quantised already; give the model before that".into());
        }
        if self.use_sliding_window == Some(true) {
            return refuse("it attends through a sliding window, which llama.cpp does not do for this architecture".into());
        }
        match self.hidden_act.as_deref() {
            None | Some("silu" | "swish") => Ok(()),
            Some(other) => refuse(format!(
                "its activation is {other}; llama.cpp computes this architecture with silu"
            )),
        }
    }
}

impl Decoder {
    /// Elements of all query heads of one token.
    pub(crate) fn query(&self) -> u64 {
        u64::from(self.heads) * u64::from(self.head)
    }

    /// Elements of all key heads of one token.
    pub(crate) fn key(&self) -> u64 {
        u64::from(self.kv_heads) * u64::from(self.head)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::damaged(path, what));
        if !self.heads.is_multiple_of(self.kv_heads) {
            return refuse(format!(
                "{} attention heads cannot share {} key-value heads",
                self.heads, self.kv_heads
            ));
        }
        if !self.head.is_multiple_of(2) {
            return refuse(format!("a head of {} elements has no pairs", self.head));
        }
        if self.family == Family::Qwen2 && self.query() != u64::from(self.width) {
            let what = format!(
                "{} heads of {} elements are not its width of {}; llama.cpp expects that of qwen2",
                self.heads, self.head, self.width
            );
            return Err(Error::unsupported(path, what));
        }
        Ok(())
    }
}

fn number(path: &Path, name: &str, value: Option<u64>, most: u64) -> Result<u32, Error> {
    let Some(value) = value else {
        let remedy = "give the config.json that was saved with the model";
        return Err(Error::missing(path, name, remedy));
    };
    match u32::try_from(value) {
        Ok(fitting) if fitting > 0 && value <= most => Ok(fitting),
        _ => Err(Error::damaged(
            path,
            format!("{name} is {value}, which is no size of a model"),
        )),
    }
}

fn positive(path: &Path, name: &str, value: f64) -> Result<f32, Error> {
    let narrow = value as f32;
    if narrow.is_finite() && narrow > 0.0 {
        return Ok(narrow);
    }
    Err(Error::damaged(
        path,
        format!("{name} is {value}, not a number above 0"),
    ))
}

fn first_id(value: Option<&Value>) -> Option<u32> {
    let value = value?;
    let id = value.as_u64().or_else(|| value.get(0)?.as_u64())?;
    u32::try_from(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 64,
        "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 300, "max_position_embeddings": 128,
        "rms_norm_eps": 1e-5, "rope_theta": 5000.0, "tie_word_embeddings": false,
        "bos_token_id": 1, "eos_token_id": [2, 3], "hidden_act": "silu"}"#;

    fn decoder(text: &str) -> Result<Decoder, Error> {
        let path = Path::new("config.json");
        let config = Config::parse(text, path)?;
        config.decoder(config.family(path)?, path)
    }

    #[test]
    fn a_configuration_is_read_with_what_follows_from_it() {
        let found = decoder(SOUND).unwrap();
        assert_eq!((found.head, found.kv_heads), (16, 2));
        assert_eq!(found.rope_base, 5000.0);
        assert_eq!(found.tied, Some(false));
        let config = Config::parse(SOUND, Path::new("c")).unwrap();
        assert_eq!(config.special_ids().eos, Some(2), "the first of a list");
    }

    #[test]
    fn the_base_may_stand_among_the_parameters_of_rotation() {
        let moved = SOUND.replace(
            r#""rope_theta": 5000.0"#,
            r#""rope_parameters": {"rope_type": "default", "rope_theta": 7.0}"#,
        );
        assert_eq!(decoder(&moved).unwrap().rope_base, 7.0);
    }

    #[test]
    fn what_would_make_another_model_is_refused_by_name() {
        for (old, new, word) in [
            ("LlamaForCausalLM", "GemmaForCausalLM", "GemmaForCausalLM"),
            ("\"silu\"", "\"gelu\"", "gelu"),
            ("\"hidden_size\": 64", "\"hidden_size\": 0", "hidden_size"),
            ("\"hidden_size\": 64", "\"hidden_size\": 66", "head_dim"),
            (
                "\"num_hidden_layers\": 2",
                "\"num_hidden_layers\": 9999999",
                "num_hidden_layers",
            ),
            (
                "\"num_key_value_heads\": 2",
                "\"num_key_value_heads\": 3",
                "cannot share",
            ),
            ("\"vocab_size\": 300,", "", "vocab_size"),
            ("1e-5", "-1e-5", "rms_norm_eps"),
            ("1e-5", "\"small\"", "invalid type"),
            (
                "\"hidden_act\"",
                "\"quantization_config\": {}, \"hidden_act\"",
                "quantised",
            ),
            (
                "\"hidden_act\"",
                "\"use_sliding_window\": true, \"hidden_act\"",
                "window",
            ),
        ] {
            let said = decoder(&SOUND.replace(old, new)).unwrap_err().to_string();
            assert!(said.contains(word), "{new}: {said}");
            assert!(said.contains("config.json"), "{said}");
        }
    }
}
