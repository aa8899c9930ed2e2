//! Which tensors a decoder has in GGUF, and what each is called where it comes from.
//!
//! Names on the left are llama.cpp's (`llama-arch.cpp`), on the right PyTorch's. Shapes are compared
//! here, so that everything after may index without a doubt.

use std::collections::BTreeSet;
use std::path::Path;

use gguf::TensorType;

use crate::attention::Rotation;
use crate::config::{Decoder, Family};
use crate::precision::Role;
use crate::stored::Tensors;
use crate::{Error, Precision};

/// A tensor that the file will have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// The name where it comes from; empty for what is computed.
    pub(crate) source: String,
    /// A row's length first, as GGUF has it.
    pub(crate) dims: Vec<u64>,
    pub(crate) role: Role,
    /// Rows of a head whose halves are interleaved; 0 where rows stay.
    pub(crate) interleaved: u32,
}

/// The factors of the rotation, which no checkpoint holds.
pub(crate) const ROPE_FACTORS: &str = "rope_freqs.weight";
const EMBEDDING: &str = "model.embed_tokens.weight";
const OUTPUT: &str = "lm_head.weight";

impl Wanted {
    /// Its type in a file of that precision.
    pub(crate) fn kind(&self, precision: Precision) -> TensorType {
        precision.kind(self.role, self.dims.first().copied().unwrap_or(1))
    }

    fn new(name: String, source: String, dims: &[u64], role: Role) -> Self {
        Self {
            name,
            source,
            dims: dims.to_vec(),
            role,
            interleaved: 0,
        }
    }
}

/// All tensors of a decoder, biases aside, in the order of the file.
pub(crate) fn of(decoder: &Decoder, tied: bool) -> Vec<Wanted> {
    let (width, vocabulary) = (u64::from(decoder.width), u64::from(decoder.vocabulary));
    let table = |name: &str, source: &str| {
        Wanted::new(
            name.into(),
            source.into(),
            &[width, vocabulary],
            Role::Table,
        )
    };
    let mut all = vec![table("token_embd.weight", EMBEDDING)];
    if matches!(decoder.rotation, Rotation::Llama3 { .. }) {
        let pairs = u64::from(decoder.head / 2);
        all.push(Wanted::new(
            ROPE_FACTORS.into(),
            String::new(),
            &[pairs],
            Role::Vector,
        ));
    }
    for layer in 0..decoder.layers {
        all.extend(block(decoder, layer));
    }
    let norm = ("output_norm.weight", "model.norm.weight");
    all.push(Wanted::new(
        norm.0.into(),
        norm.1.into(),
        &[width],
        Role::Vector,
    ));
    if !tied {
        all.push(table("output.weight", OUTPUT));
    }
    all
}

fn block(decoder: &Decoder, layer: u32) -> Vec<Wanted> {
    let (width, ffn) = (u64::from(decoder.width), u64::from(decoder.ffn));
    let (query, key) = (decoder.query(), decoder.key());
    let named = |name: &str, source: &str, dims: &[u64], role: Role| {
        Wanted::new(
            format!("blk.{layer}.{name}.weight"),
            format!("model.layers.{layer}.{source}.weight"),
            dims,
            role,
        )
    };
    let matrix =
        |name: &str, source: &str, dims: [u64; 2]| named(name, source, &dims, Role::Matrix);
    let norm = |name: &str, source: &str| named(name, source, &[width], Role::Vector);
    let mut all = vec![
        norm("attn_norm", "input_layernorm"),
        matrix("attn_q", "self_attn.q_proj", [width, query]),
        matrix("attn_k", "self_attn.k_proj", [width, key]),
        matrix("attn_v", "self_attn.v_proj", [width, key]),
        matrix("attn_output", "self_attn.o_proj", [query, width]),
        norm("ffn_norm", "post_attention_layernorm"),
        matrix("ffn_gate", "mlp.gate_proj", [width, ffn]),
        matrix("ffn_up", "mlp.up_proj", [width, ffn]),
        matrix("ffn_down", "mlp.down_proj", [ffn, width]),
    ];
    if decoder.family == Family::Llama {
        for rotated in &mut all[1..3] {
            rotated.interleaved = decoder.head;
        }
    }
    all
}

/// The tensors for a file of these tensors: with the biases that are there, nothing missing, nothing
/// of a wrong shape, nothing left over.
pub(crate) fn fit(decoder: &Decoder, tensors: &Tensors, path: &Path) -> Result<Vec<Wanted>, Error> {
    let has_output = tensors.get(OUTPUT).is_some();
    let tied = decoder.tied.unwrap_or(!has_output);
    let mut all = Vec::new();
    for wanted in of(decoder, tied) {
        let bias = bias_of(&wanted).filter(|bias| tensors.get(&bias.source).is_some());
        all.push(wanted);
        all.extend(bias);
    }
    for wanted in all.iter().filter(|wanted| !wanted.source.is_empty()) {
        check(wanted, tensors, path)?;
    }
    refuse_leftovers(&all, tensors, path)?;
    Ok(all)
}

/// The bias that a linear layer may have.
fn bias_of(wanted: &Wanted) -> Option<Wanted> {
    if wanted.role != Role::Matrix {
        return None;
    }
    let renamed = |name: &str| Some(format!("{}.bias", name.strip_suffix(".weight")?));
    Some(Wanted {
        name: renamed(&wanted.name)?,
        source: renamed(&wanted.source)?,
        dims: vec![wanted.dims[1]],
        role: Role::Vector,
        interleaved: wanted.interleaved,
    })
}

fn check(wanted: &Wanted, tensors: &Tensors, path: &Path) -> Result<(), Error> {
    let Some(stored) = tensors.get(&wanted.source) else {
        let remedy = "the configuration promises it; fetch the folder again";
        return Err(Error::missing(path, &wanted.source, remedy));
    };
    if stored.shape.iter().rev().eq(&wanted.dims) {
        return Ok(());
    }
    let promised: Vec<u64> = wanted.dims.iter().rev().copied().collect();
    let what = format!(
        "{} has the shape {:?}, and the configuration promises {promised:?}",
        wanted.source, stored.shape
    );
    Err(Error::damaged(&stored.path, what))
}

/// A tensor that nobody asks for means that the model computes something else than is converted.
/// Exceptions: a tied output that was stored nevertheless, and rotations that are recomputed.
fn refuse_leftovers(all: &[Wanted], tensors: &Tensors, path: &Path) -> Result<(), Error> {
    let known: BTreeSet<&str> = all.iter().map(|wanted| wanted.source.as_str()).collect();
    let harmless = |name: &str| name == OUTPUT || name.contains(".rotary_emb.");
    match tensors
        .names()
        .find(|name| !known.contains(name) && !harmless(name))
    {
        None => Ok(()),
        Some(name) => Err(Error::unsupported(
            path,
            format!(
                "it has the tensor {name}, which this architecture does not have; it is another model than its configuration says"
            ),
        )),
    }
}
