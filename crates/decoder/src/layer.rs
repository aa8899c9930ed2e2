//! One layer: attention with grouped heads, then a gated feed-forward block, each added to what came in.

use burn_tensor::{Tensor, activation};

use crate::Error;
use crate::adapter::{LayerFactors, Target};
use crate::linear::Linear;
use crate::load::{Loader, Rows};
use crate::norm::Norm;
use crate::places::Places;

/// The weights of one layer.
#[derive(Debug)]
pub(crate) struct Layer {
    heads: usize,
    kv_heads: usize,
    head: usize,
    before_attention: Norm,
    before_gate: Norm,
    /// In the order of [`Target::ALL`].
    linears: [Linear; Target::ALL.len()],
}

impl Layer {
    pub(crate) fn load(loader: &mut Loader<'_>, index: usize) -> Result<Self, Error> {
        let shape = loader.shape;
        let mut linears = Vec::new();
        for target in Target::ALL {
            let rows = match target {
                Target::Query => Rows::Rotated { heads: shape.heads },
                Target::Key => Rows::Rotated {
                    heads: shape.kv_heads,
                },
                _ => Rows::AsStored,
            };
            let stem = format!("blk.{index}.{}", target.in_gguf());
            linears.push(loader.linear(&stem, target.sides(shape), rows)?);
        }
        Ok(Self {
            heads: shape.heads,
            kv_heads: shape.kv_heads,
            head: shape.head,
            before_attention: loader.norm(&format!("blk.{index}.attn_norm.weight"))?,
            before_gate: loader.norm(&format!("blk.{index}.ffn_norm.weight"))?,
            linears: linears
                .try_into()
                .expect("one linear was pushed for each target"),
        })
    }

    /// Rows of shape (tokens, width) in and out.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        places: &Places,
        factors: &LayerFactors,
    ) -> Tensor<2> {
        let apply = |target: Target, x: Tensor<2>| {
            self.linears[target as usize].forward(x, factors.of(target))
        };
        let normed = self.before_attention.forward(x.clone());
        let query = apply(Target::Query, normed.clone());
        let key = apply(Target::Key, normed.clone());
        let value = apply(Target::Value, normed);
        let seen = self.attend([query, key, value], places);
        let x = x + apply(Target::Output, seen);
        let normed = self.before_gate.forward(x.clone());
        let gate = activation::silu(apply(Target::Gate, normed.clone()));
        let inner = gate * apply(Target::Up, normed);
        x + apply(Target::Down, inner)
    }

    fn attend(&self, [query, key, value]: [Tensor<2>; 3], places: &Places) -> Tensor<2> {
        let [tokens, _] = query.dims();
        let split = |x: Tensor<2>, heads: usize| x.reshape([tokens, heads, self.head]);
        let scale = 1.0 / (self.head as f64).sqrt();
        let query = places.rotate(split(query, self.heads)).mul_scalar(scale);
        let key = places.rotate(split(key, self.kv_heads));
        let value = split(value, self.kv_heads);
        let sequences = places.spans.iter().map(|span| {
            // (tokens, heads, head) becomes (heads, tokens of this sequence, head).
            let own = |x: &Tensor<3>| {
                let [_, heads, head] = x.dims();
                x.clone()
                    .slice([span.clone(), 0..heads, 0..head])
                    .swap_dims(0, 1)
            };
            self.attend_one([own(&query), own(&key), own(&value)], places)
        });
        Tensor::cat(sequences.collect(), 0)
    }

    /// One sequence. The query heads of a group lie behind one another, so a group is one matrix.
    fn attend_one(&self, [query, key, value]: [Tensor<3>; 3], places: &Places) -> Tensor<2> {
        let [heads, len, head] = query.dims();
        let group = heads / self.kv_heads;
        let grouped = query.reshape([self.kv_heads, group * len, head]);
        let scores = grouped.matmul(key.swap_dims(1, 2));
        let scores = scores.reshape([heads, len, len]);
        let hidden = places.hidden(len).expand([heads, len, len]);
        let weights = activation::softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 2);
        let weights = weights.reshape([self.kv_heads, group * len, len]);
        let seen = weights.matmul(value).reshape([heads, len, head]);
        seen.swap_dims(0, 1).reshape([len, heads * head])
    }
}
