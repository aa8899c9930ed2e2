//! Counts parameters and bytes, and what decoding one token costs.
//!
//! Decoding one token alone reads every weight once, with these exceptions: a table that is only
//! looked up (a token embedding that is not also the output matrix, position and per-layer
//! embeddings) gives one row; of expert tensors only the used share is read; layers that only
//! predict further tokens ahead (`nextn_predict_layers`) are not run. Cache reads and activations are
//! not weights and not counted here. For encoder-decoder models the encoder is counted too, which is
//! too much.

use std::collections::BTreeMap;

use serde::Serialize;

use super::keys::Keys;
use crate::{Error, Gguf, Tensor, TensorType};

const EMBEDDING: &str = "token_embd.weight";
const OUTPUT: &str = "output.weight";
const LOOKED_UP: [&str; 3] = [
    "per_layer_token_embd.weight",
    "position_embd.weight",
    "token_types.weight",
];

/// Where the matrix comes from that turns a hidden state into scores for every token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMatrix {
    /// The token embedding serves as output matrix too: the file has no `output.weight`.
    Tied,
    /// The file has an `output.weight`.
    Own,
    /// There is none: the model is an encoder, or the file holds only a vocabulary.
    Absent,
}

/// All tensors of one type together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TypeShare {
    /// The number of tensors.
    pub tensors: u64,
    /// Their elements.
    pub elements: u64,
    /// Their bytes, padding not counted.
    pub bytes: u64,
}

/// Experts of a mixture model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Experts {
    /// Experts in each layer.
    pub count: u32,
    /// Experts that one token is sent to.
    pub used: u32,
}

/// The sizes of the weights and the cost of one decoded token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Weights {
    /// Elements of all tensors in the file, as llama.cpp counts them.
    pub parameters: u64,
    /// Elements of the token embedding; 0 when the file has none.
    pub embedding_parameters: u64,
    /// Where the output matrix comes from.
    pub output: OutputMatrix,
    /// Bytes of all tensors, padding not counted.
    pub bytes: u64,
    /// The same, by tensor type in the order of ggml's type numbers.
    pub types: BTreeMap<TensorType, TypeShare>,
    /// Weight bytes read to decode one token alone (see the module for what is left out).
    pub bytes_per_token: u64,
    /// Floating-point operations of the matrix products for one token: two for each matrix element
    /// that takes part. Attention over the context comes on top and grows with it.
    pub flops_per_token: u64,
    /// Of these, the products with quantised matrices, that is, all but floats of 16, 32 and 64 bits.
    pub quantised_flops: u64,
    /// Of `flops_per_token`, the product with the output matrix.
    pub output_flops: u64,
    /// Of `flops_per_token`, the feed-forward part of the last layer, its experts by the share that is used.
    pub last_ffn_flops: u64,
    /// Of `output_flops`, those with quantised weights.
    #[serde(skip)]
    pub quantised_output_flops: u64,
    /// Of `last_ffn_flops`, those with quantised weights.
    #[serde(skip)]
    pub quantised_last_ffn_flops: u64,
}

impl Weights {
    pub(super) fn of(keys: &Keys<'_>, layers: u32, experts: Option<Experts>) -> Self {
        let gguf = keys.gguf;
        let output = output_matrix(keys);
        let mut weights = Self {
            parameters: 0,
            embedding_parameters: gguf.tensor(EMBEDDING).map_or(0, Tensor::elements),
            output,
            bytes: 0,
            types: BTreeMap::new(),
            bytes_per_token: 0,
            flops_per_token: 0,
            quantised_flops: 0,
            output_flops: 0,
            last_ffn_flops: 0,
            quantised_output_flops: 0,
            quantised_last_ffn_flops: 0,
        };
        for tensor in gguf.tensors() {
            weights.count(tensor);
            let flops = weights.charge(tensor, &Part::of(tensor, output, layers, experts));
            let quantised = if is_quantised(tensor) { flops } else { 0 };
            if tensor.name() == multiplied_last(output) {
                weights.output_flops += flops;
                weights.quantised_output_flops += quantised;
            }
            if is_last_ffn(tensor.name(), layers) {
                weights.last_ffn_flops += flops;
                weights.quantised_last_ffn_flops += quantised;
            }
        }
        weights
    }

    fn count(&mut self, tensor: &Tensor) {
        self.parameters += tensor.elements();
        self.bytes += tensor.bytes();
        let share = self.types.entry(tensor.kind()).or_default();
        share.tensors += 1;
        share.elements += tensor.elements();
        share.bytes += tensor.bytes();
    }

    /// The operations that it costs a token.
    fn charge(&mut self, tensor: &Tensor, part: &Part) -> u64 {
        self.bytes_per_token += match part {
            Part::Whole => tensor.bytes(),
            Part::Row => tensor.row_bytes().min(tensor.bytes()),
            Part::Experts(experts) => experts.share(tensor.bytes()),
            Part::Nothing => 0,
        };
        let flops = match part {
            _ if tensor.dims().len() < 2 => 0,
            Part::Whole => 2 * tensor.elements(),
            Part::Experts(experts) => 2 * experts.share(tensor.elements()),
            Part::Row | Part::Nothing => 0,
        };
        self.flops_per_token += flops;
        if is_quantised(tensor) {
            self.quantised_flops += flops;
        }
        flops
    }
}

impl Experts {
    pub(super) fn of(keys: &Keys<'_>) -> Result<Option<Self>, Error> {
        let count = keys.width("expert_count")?.unwrap_or(0);
        let used = keys.width("expert_used_count")?.unwrap_or(0);
        Ok((count > 0).then_some(Self {
            count,
            used: used.min(count),
        }))
    }

    fn share(self, of: u64) -> u64 {
        (u128::from(of) * u128::from(self.used) / u128::from(self.count)) as u64
    }
}

/// How much of a tensor one decoded token touches.
enum Part {
    Whole,
    Row,
    Experts(Experts),
    Nothing,
}

impl Part {
    fn of(tensor: &Tensor, output: OutputMatrix, layers: u32, experts: Option<Experts>) -> Self {
        let name = tensor.name();
        if LOOKED_UP.contains(&name) || (name == EMBEDDING && output != OutputMatrix::Tied) {
            return Self::Row;
        }
        if layer(name).is_some_and(|number| number >= layers) {
            return Self::Nothing;
        }
        match experts {
            Some(experts) if name.contains("_exps.") => Self::Experts(experts),
            _ => Self::Whole,
        }
    }
}

fn is_quantised(tensor: &Tensor) -> bool {
    tensor.kind().block_len() > 1
}

/// The layer number in a name such as `blk.3.ffn_up.weight`.
fn layer(name: &str) -> Option<u32> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}

/// The tensor that serves as output matrix; no tensor is called "".
fn multiplied_last(output: OutputMatrix) -> &'static str {
    match output {
        OutputMatrix::Own => OUTPUT,
        OutputMatrix::Tied => EMBEDDING,
        OutputMatrix::Absent => "",
    }
}

fn is_last_ffn(name: &str, layers: u32) -> bool {
    let is_last = layer(name).is_some_and(|number| number + 1 == layers);
    is_last
        && name
            .split('.')
            .nth(2)
            .is_some_and(|part| part.starts_with("ffn_"))
}

fn output_matrix(keys: &Keys<'_>) -> OutputMatrix {
    let gguf: &Gguf = keys.gguf;
    let encoder = keys.get("attention.causal").and_then(crate::Value::as_bool) == Some(false);
    match (gguf.tensor(OUTPUT), gguf.tensor(EMBEDDING)) {
        (Some(_), _) => OutputMatrix::Own,
        (None, Some(_)) if !encoder => OutputMatrix::Tied,
        _ => OutputMatrix::Absent,
    }
}
