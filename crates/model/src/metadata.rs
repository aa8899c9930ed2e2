//! The metadata that llama.cpp needs to load a decoder, under its names (`llama-arch.cpp`).

use gguf::{Strings, Writer};

use crate::attention::Rotation;
use crate::config::Decoder;
use crate::tokenizer::Vocabulary;
use crate::{Error, Precision};

/// The number of the current block formats (`GGML_QNT_VERSION`).
const QUANTIZATION_VERSION: u32 = 2;

/// What a file says of its model besides shape and tokenizer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Title {
    pub(crate) name: String,
    /// Further keys of the section `general`, in order.
    pub(crate) general: Vec<(&'static str, String)>,
}

/// Everything but the tensors.
pub(crate) fn describe(
    writer: &mut Writer,
    title: &Title,
    decoder: &Decoder,
    vocabulary: &Vocabulary,
    precision: Precision,
) -> Result<(), Error> {
    let architecture = decoder.family.architecture();
    writer.set("general.architecture", architecture)?;
    writer.set("general.type", "model")?;
    writer.set("general.name", title.name.as_str())?;
    for (key, value) in &title.general {
        writer.set(&format!("general.{key}"), value.as_str())?;
    }
    writer.set("general.file_type", precision.file_type())?;
    writer.set("general.quantization_version", QUANTIZATION_VERSION)?;
    shape(writer, architecture, decoder)?;
    tokens(writer, vocabulary)
}

fn shape(writer: &mut Writer, architecture: &str, decoder: &Decoder) -> Result<(), Error> {
    let key = |name: &str| format!("{architecture}.{name}");
    for (name, value) in [
        ("vocab_size", decoder.vocabulary),
        ("context_length", decoder.context),
        ("embedding_length", decoder.width),
        ("block_count", decoder.layers),
        ("feed_forward_length", decoder.ffn),
        ("attention.head_count", decoder.heads),
        ("attention.head_count_kv", decoder.kv_heads),
        ("attention.key_length", decoder.head),
        ("attention.value_length", decoder.head),
        ("rope.dimension_count", decoder.head),
    ] {
        writer.set(&key(name), value)?;
    }
    writer.set(&key("attention.layer_norm_rms_epsilon"), decoder.epsilon)?;
    writer.set(&key("rope.freq_base"), decoder.rope_base)?;
    match decoder.rotation {
        Rotation::Linear { factor } => {
            writer.set(&key("rope.scaling.type"), "linear")?;
            writer.set(&key("rope.scaling.factor"), factor)?;
        }
        Rotation::Yarn { factor, original } => {
            writer.set(&key("rope.scaling.type"), "yarn")?;
            writer.set(&key("rope.scaling.factor"), factor)?;
            writer.set(&key("rope.scaling.original_context_length"), original)?;
        }
        // The factors of Llama 3 are a tensor.
        Rotation::Plain | Rotation::Llama3 { .. } => {}
    }
    Ok(())
}

fn tokens(writer: &mut Writer, vocabulary: &Vocabulary) -> Result<(), Error> {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    let list = |texts: &[String]| texts.iter().collect::<Strings>();
    writer.set(&key("model"), vocabulary.model)?;
    writer.set(&key("pre"), vocabulary.pre.as_str())?;
    writer.set(&key("tokens"), list(&vocabulary.tokens))?;
    if !vocabulary.scores.is_empty() {
        writer.set(&key("scores"), vocabulary.scores.clone())?;
    }
    writer.set(&key("token_type"), vocabulary.kinds.clone())?;
    if !vocabulary.merges.is_empty() {
        writer.set(&key("merges"), list(&vocabulary.merges))?;
    }
    let special = &vocabulary.special;
    for (name, id) in [
        ("bos_token_id", special.bos),
        ("eos_token_id", special.eos),
        ("eot_token_id", special.eot),
        ("unknown_token_id", special.unknown),
        ("padding_token_id", special.pad),
    ] {
        if let Some(id) = id {
            writer.set(&key(name), id)?;
        }
    }
    writer.set(&key("add_bos_token"), vocabulary.adds_bos)?;
    writer.set(&key("add_eos_token"), vocabulary.adds_eos)?;
    if let Some(prefix) = vocabulary.adds_space {
        writer.set(&key("add_space_prefix"), prefix)?;
    }
    if let Some(template) = &vocabulary.template {
        writer.set("tokenizer.chat_template", template.as_str())?;
    }
    Ok(())
}
