//! What llama.cpp would not survive, found beforehand.
//!
//! Where llama.cpp asserts or throws instead of answering, the whole process ends: over a repeated
//! token, a missing tokenizer, a byte without a token, an epsilon that is no number, over an adapter whose keys have other types than it expects, over a cache larger than memory (the
//! system grants the addresses and kills whoever touches them). Those cases are refused here. What
//! llama.cpp refuses by itself is left to it. Sources: `llama-vocab.cpp`, `llama-adapter.cpp`,
//! `llama-cparams.h` of the llama.cpp linked.

use std::collections::HashSet;

use engine::{CacheElements, SessionShape};
use gguf::{Array, Gguf, Strings, Tensor, TensorType, Value};

use crate::graphics::memory_for;

/// Sequences that a context may have (`LLAMA_MAX_SEQ`).
const MAX_SEQUENCES: usize = 256;
/// Cells are allotted in multiples of this, as llama.cpp does anyway.
const CELL_BLOCK: usize = 256;
/// The key of the vocabulary.
const TOKENS: &str = "tokenizer.ggml.tokens";
/// What `tokenizer.ggml.model` says of a SentencePiece vocabulary.
const SENTENCE_PIECE: &str = "llama";

/// The cells of a context for that shape on that device, or why there can be none.
pub(crate) fn cells(
    shape: SessionShape,
    elements: Option<CacheElements>,
    device: Option<&str>,
) -> Result<u32, String> {
    if shape.n_sequences == 0 || shape.capacity == 0 {
        return Err("it would hold nothing; ask for at least one sequence of one token".into());
    }
    if shape.n_sequences > MAX_SEQUENCES {
        return Err(format!(
            "llama.cpp serves at most {MAX_SEQUENCES} sequences; use fewer lanes"
        ));
    }
    // Positions are signed 32-bit numbers.
    let cells = shape
        .capacity
        .checked_next_multiple_of(CELL_BLOCK)
        .and_then(|cells| cells.checked_mul(shape.n_sequences))
        .and_then(|cells| i32::try_from(cells).ok())
        .ok_or("llama.cpp cannot count so many tokens; ask for fewer")?
        .unsigned_abs();
    if let Some(elements) = elements {
        let needed = elements.bytes(shape.cache).saturating_mul(cells.into());
        fits_memory(needed, device)?;
    }
    Ok(cells)
}

/// The cache alone must fit into the memory where it is computed with; a machine or card that does not tell is trusted.
fn fits_memory(needed: u64, device: Option<&str>) -> Result<(), String> {
    let Some(there) = memory_for(device).filter(|there| needed > *there) else {
        return Ok(());
    };
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    let there = match device {
        Some(name) => format!("{name} has {:.1} GiB of memory", gib(there)),
        None => format!("{:.1} GiB of memory are free", gib(there)),
    };
    Err(format!(
        "its cache takes {:.1} GiB and {there}; ask for fewer tokens or sequences, or for a smaller cache type",
        gib(needed)
    ))
}

/// The file's tokenizer and the constants of its norms, as far as llama.cpp would assert on them.
pub(crate) fn model(file: &Gguf, architecture: &str) -> Result<(), String> {
    for name in ["layer_norm_rms_epsilon", "layer_norm_epsilon"] {
        let key = format!("{architecture}.attention.{name}");
        match file.get(&key) {
            Some(Value::F32(epsilon)) if !(epsilon.is_finite() && *epsilon >= 0.0) => {
                return Err(format!("{key} is {epsilon}, not a number from 0 on"));
            }
            _ => {}
        }
    }
    let kind = file.get("tokenizer.ggml.model").and_then(Value::as_str);
    match (kind, file.get(TOKENS)) {
        (None | Some("no_vocab"), _) => Err("it has no tokenizer".into()),
        (Some(kind), Some(Value::Array(Array::String(tokens)))) => vocabulary(kind, tokens),
        _ => Ok(()),
    }
}

/// No token may stand in a vocabulary twice, as llama.cpp reads it: up to a NUL byte, and with a name
/// of its own for each empty token. A SentencePiece vocabulary has a token for every byte.
fn vocabulary(kind: &str, tokens: &Strings) -> Result<(), String> {
    let mut seen = HashSet::with_capacity(tokens.len());
    let nul = |token: &[u8]| token.iter().position(|byte| *byte == 0);
    for token in tokens.iter() {
        let token = &token[..nul(token).unwrap_or(token.len())];
        if !token.is_empty() && !seen.insert(token) {
            return Err(format!(
                "{TOKENS} holds {:?} twice, so the file is damaged; fetch it again",
                String::from_utf8_lossy(token)
            ));
        }
    }
    let lacks = |byte: &u8| {
        let name = format!("<0x{byte:02X}>");
        !seen.contains(name.as_bytes()) && !seen.contains(&[*byte][..])
    };
    match (kind == SENTENCE_PIECE)
        .then(|| (1..=u8::MAX).find(lacks))
        .flatten()
    {
        Some(byte) => Err(format!(
            "{TOKENS} has no token for the byte {byte:#04x}, so not every text can be read; fetch the file again or take another conversion"
        )),
        None => Ok(()),
    }
}

/// A LoRA adapter for that architecture, as far as the file's header tells.
pub(crate) fn adapter(file: &Gguf, architecture: &str) -> Result<(), String> {
    let expected = |key: &str, wanted: &str| match file.get(key) {
        Some(Value::String(found)) if found == wanted => Ok(()),
        Some(found) => Err(format!(
            "{key} is {}, not \"{wanted}\"; give a LoRA adapter made for this model",
            shown(found)
        )),
        None => Err(format!(
            "it is no LoRA adapter: {key} is missing; convert the adapter with llama.cpp's convert_lora_to_gguf.py"
        )),
    };
    expected("general.type", "adapter")?;
    expected("adapter.type", "lora")?;
    expected("general.architecture", architecture)?;
    let alpha = "adapter.lora.alpha";
    match file.get(alpha) {
        None | Some(Value::F32(_)) => {}
        Some(found) => return Err(format!("{alpha} is {}, not an f32", found.describe())),
    }
    file.tensors().iter().try_for_each(factor)
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.describe(), |text| format!("{text:?}"))
}

/// A factor is a matrix of a type that llama.cpp can multiply by.
fn factor(tensor: &Tensor) -> Result<(), String> {
    use TensorType::{BF16, F16, F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0};
    let name = tensor.name();
    if !name.ends_with(".lora_a") && !name.ends_with(".lora_b") {
        return Ok(());
    }
    if tensor.dims().len() != 2 || tensor.elements() == 0 {
        return Err(format!(
            "tensor {name} has the shape {:?}; a LoRA factor is a matrix",
            tensor.dims()
        ));
    }
    match tensor.kind() {
        F32 | F16 | BF16 | Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 => Ok(()),
        other => Err(format!(
            "tensor {name} is stored as {other}; a LoRA factor is f32, f16, bf16, q4_0, q4_1, q5_0, q5_1 or q8_0"
        )),
    }
}

#[cfg(test)]
mod tests {
    use engine::{CacheKind, CacheKinds};

    use super::*;

    #[test]
    fn a_cache_on_a_card_is_not_held_against_the_memory_of_the_machine() {
        let shape = SessionShape {
            n_sequences: 1,
            capacity: 1 << 30,
            cache: CacheKinds::both(CacheKind::F16),
        };
        // Four pebibytes.
        let elements = Some(CacheElements {
            k: 1 << 20,
            v: 1 << 20,
        });
        let refused = cells(shape, elements, None).unwrap_err();
        assert!(refused.contains("of memory are free"), "{refused}");
        // Nothing tells what a card holds that is not there; llama.cpp answers then.
        assert_eq!(cells(shape, elements, Some("Abacus7")), Ok(1 << 30));
    }
}
