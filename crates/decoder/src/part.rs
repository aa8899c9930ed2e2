//! The parts of a model that hold weights, and what they are called in files.
//!
//! Their order is fixed, as that of an adapter's parameters is: the table of tokens where it is not the head as well,
//! layer by layer the matrices with their biases and then the two norms, the last norm, the head. Gradients, optimisers
//! and checkpoints rely on it.

use crate::adapter::Target;
use crate::matrix::Matrix;

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The table of tokens; of a tied model the head as well.
    Table,
    /// A matrix of a layer.
    Matrix(usize, Target),
    /// Its bias.
    Bias(usize, Target),
    /// The norm before a layer's attention.
    AttentionNorm(usize),
    /// The norm before a layer's feed-forward block.
    GateNorm(usize),
    /// The norm before the head.
    LastNorm,
    /// The head of a model that is not tied.
    Head,
}

/// A part with its numbers; a vector is a matrix of one row.
#[derive(Debug, Clone, Copy)]
pub struct Weight<'a> {
    /// Which part.
    pub part: Part,
    /// Its numbers.
    pub values: &'a Matrix,
}

impl Part {
    /// The name of its tensor in a GGUF file.
    pub fn in_gguf(self) -> String {
        match self {
            Part::Table => "token_embd.weight".into(),
            Part::Matrix(layer, target) => format!("blk.{layer}.{}.weight", target.in_gguf()),
            Part::Bias(layer, target) => format!("blk.{layer}.{}.bias", target.in_gguf()),
            Part::AttentionNorm(layer) => format!("blk.{layer}.attn_norm.weight"),
            Part::GateNorm(layer) => format!("blk.{layer}.ffn_norm.weight"),
            Part::LastNorm => "output_norm.weight".into(),
            Part::Head => "output.weight".into(),
        }
    }

    /// The name of its tensor in a checkpoint of `transformers`.
    pub fn in_transformers(self) -> String {
        let of = |layer: usize, rest: &str| format!("model.layers.{layer}.{rest}");
        match self {
            Part::Table => "model.embed_tokens.weight".into(),
            Part::Matrix(layer, target) => of(layer, &target.in_transformers()) + ".weight",
            Part::Bias(layer, target) => of(layer, &target.in_transformers()) + ".bias",
            Part::AttentionNorm(layer) => of(layer, "input_layernorm.weight"),
            Part::GateNorm(layer) => of(layer, "post_attention_layernorm.weight"),
            Part::LastNorm => "model.norm.weight".into(),
            Part::Head => "lm_head.weight".into(),
        }
    }

    /// Whether it is a matrix; norms and biases are vectors, which weight decay leaves alone.
    pub fn is_matrix(self) -> bool {
        matches!(self, Part::Table | Part::Matrix(..) | Part::Head)
    }
}
