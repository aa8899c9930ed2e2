//! A toy model: a few hundred kilobytes that every GGUF engine can load, for tests without a network.
//!
//! It is a `llama` of two layers with random weights and a byte vocabulary, so any text has tokens
//! and comes back unchanged. The random output matrix favours printable characters, so what the toy
//! writes is nonsense, but it is text, differs from step to step and depends on the prompt; it never
//! ends by itself, so a test gets as many tokens as it asks for. Heads have 32 elements, so quantised
//! caches fit. Tensors are f32, f16, q8_0 and q4_0, so a reader meets all four.
//!
//! The same seed gives the same bytes on every machine: the generator is ChaCha8, and the weights come
//! from its integers by additions, multiplications and square roots only, which IEEE 754 rounds alike
//! everywhere. The required keys follow llama.cpp's `llama-model.cpp`, `models/llama.cpp` and
//! `llama-vocab.cpp`. It is not trained and says nothing about quality.

use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Error, Strings, TensorType, Writer};

/// Layers of the toy.
pub const LAYERS: u32 = 2;
/// Elements of its hidden state.
pub const WIDTH: u32 = 128;
/// Its query heads.
pub const HEADS: u32 = 4;
/// Its key-value heads.
pub const KV_HEADS: u32 = 2;
/// The inner width of its feed-forward blocks.
pub const FFN: u32 = 256;
/// The longest text it takes, in tokens.
pub const CONTEXT: u32 = 512;
/// Its tokens: unknown, begin, end, 256 bytes, and the space.
pub const VOCABULARY: u32 = 260;

const HEAD: u32 = WIDTH / HEADS;
const BEGIN: u32 = 1;
const END: u32 = 2;
const FIRST_BYTE: u32 = 3;
const SPACE: u32 = VOCABULARY - 1;

/// Spread of the scores that a favoured and that any other token can get.
const FAVOURED: f32 = 3.0;
const OTHER: f32 = 0.2;

const TEMPLATE: &str = "{% for turn in messages %}<|im_start|>{{ turn['role'] }}\n\
    {{ turn['content'] }}<|im_end|>\n\
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Writes the toy model of `seed` to `path`, replacing a file that is there.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn write(path: impl AsRef<Path>, seed: u64) -> Result<(), Error> {
    let mut writer = Writer::new();
    describe(&mut writer)?;
    vocabulary(&mut writer)?;
    weights(&mut writer, &mut ChaCha8Rng::seed_from_u64(seed))?;
    writer.write(path).map(|_bytes| ())
}

fn describe(writer: &mut Writer) -> Result<(), Error> {
    writer.set("general.architecture", "llama")?;
    writer.set("general.name", "toy")?;
    // The recipe Q8_0 of llama.cpp, which most matrices follow; quantisation format 2 is the current one.
    writer.set("general.file_type", 7_u32)?;
    writer.set("general.quantization_version", 2_u32)?;
    writer.set("llama.context_length", CONTEXT)?;
    writer.set("llama.embedding_length", WIDTH)?;
    writer.set("llama.block_count", LAYERS)?;
    writer.set("llama.feed_forward_length", FFN)?;
    writer.set("llama.attention.head_count", HEADS)?;
    writer.set("llama.attention.head_count_kv", KV_HEADS)?;
    writer.set("llama.attention.layer_norm_rms_epsilon", 1e-5_f32)?;
    writer.set("llama.rope.dimension_count", HEAD)?;
    writer.set("llama.rope.freq_base", 10_000.0_f32)?;
    writer.set("llama.vocab_size", VOCABULARY)?;
    Ok(())
}

/// SentencePiece style. The sign "▁" has a token of its own because engines write every space as
/// that sign before they look for tokens; without it a space would come back as three odd bytes.
fn vocabulary(writer: &mut Writer) -> Result<(), Error> {
    const NORMAL: i32 = 1;
    const UNKNOWN: i32 = 2;
    const CONTROL: i32 = 3;
    const BYTE: i32 = 6;
    let special = ["<unk>", "<s>", "</s>"].map(str::to_owned);
    let bytes = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>"));
    let tokens: Strings = special
        .into_iter()
        .chain(bytes)
        .chain(["▁".to_owned()])
        .collect();
    let mut kinds = vec![BYTE; tokens.len()];
    kinds[..FIRST_BYTE as usize].copy_from_slice(&[UNKNOWN, CONTROL, CONTROL]);
    kinds[SPACE as usize] = NORMAL;
    writer.set("tokenizer.ggml.model", "llama")?;
    writer.set("tokenizer.ggml.pre", "default")?;
    let scores = vec![0.0_f32; tokens.len()];
    writer.set("tokenizer.ggml.tokens", tokens)?;
    writer.set("tokenizer.ggml.scores", scores)?;
    writer.set("tokenizer.ggml.token_type", kinds)?;
    writer.set("tokenizer.ggml.bos_token_id", BEGIN)?;
    writer.set("tokenizer.ggml.eos_token_id", END)?;
    writer.set("tokenizer.ggml.unknown_token_id", 0_u32)?;
    writer.set("tokenizer.ggml.add_bos_token", true)?;
    writer.set("tokenizer.ggml.add_eos_token", false)?;
    // No space of its own before the text: "ab" is two tokens after the begin token.
    writer.set("tokenizer.ggml.add_space_prefix", false)?;
    writer.set("tokenizer.chat_template", TEMPLATE)?;
    Ok(())
}

fn weights(writer: &mut Writer, rng: &mut ChaCha8Rng) -> Result<(), Error> {
    use TensorType::{F16, F32, Q4_0, Q8_0};
    let (width, kv) = (WIDTH, KV_HEADS * HEAD);
    let embedding = uniform(rng, VOCABULARY * width, 1.0);
    writer.tensor(
        "token_embd.weight",
        &[width.into(), VOCABULARY.into()],
        F16,
        &embedding,
    )?;
    let output = output(rng);
    writer.tensor(
        "output.weight",
        &[width.into(), VOCABULARY.into()],
        Q8_0,
        &output,
    )?;
    for layer in 0..LAYERS {
        let ones = vec![1.0; width as usize];
        writer.tensor(
            &format!("blk.{layer}.attn_norm.weight"),
            &[width.into()],
            F32,
            &ones,
        )?;
        writer.tensor(
            &format!("blk.{layer}.ffn_norm.weight"),
            &[width.into()],
            F32,
            &ones,
        )?;
        // Input width, output width, spread of an output when the input has spread 1. Queries and keys
        // are wide enough that attention prefers some places; values weigh as much as the embedding.
        for (name, kind, from, to, spread) in [
            ("attn_q", Q8_0, width, width, 1.5),
            ("attn_k", Q8_0, width, kv, 1.5),
            ("attn_v", Q8_0, width, kv, 1.5),
            ("attn_output", Q8_0, width, width, 1.5),
            ("ffn_gate", Q4_0, width, FFN, 1.5),
            ("ffn_up", Q4_0, width, FFN, 1.5),
            ("ffn_down", Q4_0, FFN, width, 1.5),
        ] {
            let values = uniform(rng, from * to, spread / (from as f32).sqrt());
            writer.tensor(
                &format!("blk.{layer}.{name}.weight"),
                &[from.into(), to.into()],
                kind,
                &values,
            )?;
        }
    }
    writer.tensor(
        "output_norm.weight",
        &[width.into()],
        F32,
        &vec![1.0; width as usize],
    )?;
    Ok(())
}

/// One row per token, long for printable characters and short for the rest.
fn output(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let root = (WIDTH as f32).sqrt();
    (0..VOCABULARY)
        .flat_map(|token| {
            uniform(
                rng,
                WIDTH,
                if favoured(token) { FAVOURED } else { OTHER } / root,
            )
        })
        .collect()
}

/// Printable ASCII and the line feed; the space as its own token and not as byte 32, so that the
/// tokens of a written text are the tokens that were written.
fn favoured(token: u32) -> bool {
    let byte = token
        .checked_sub(FIRST_BYTE)
        .and_then(|byte| u8::try_from(byte).ok());
    token == SPACE || byte.is_some_and(|byte| byte.is_ascii_graphic() || byte == b'\n')
}

/// `count` numbers with mean 0 and the given standard deviation.
fn uniform(rng: &mut ChaCha8Rng, count: u32, deviation: f32) -> Vec<f32> {
    let reach = 3.0_f32.sqrt() * deviation;
    (0..count)
        .map(|_| {
            // 23 bits and a half step are exact in an f32; the half step makes the numbers symmetric.
            let unit = ((rng.next_u32() >> 9) as f32 + 0.5) / 8_388_608.0;
            (2.0 * unit - 1.0) * reach
        })
        .collect()
}
