//! One layer: attention with grouped heads, then a gated feed-forward block, each added to what came in.

use rayon::prelude::*;

use crate::Error;
use crate::adapter::Target;
use crate::attention::{Heads, Seeing};
use crate::exponential::exp;
use crate::linear::Linear;
use crate::load::{Loader, Rows};
use crate::matrix::Matrix;
use crate::norm::Norm;
use crate::part::{Part, Weight};
use crate::places::Places;
use crate::trained::Trained;

/// The weights of one layer.
#[derive(Debug)]
pub(crate) struct Layer {
    heads: Heads,
    before_attention: Norm,
    before_gate: Norm,
    /// In the order of [`Target::ALL`].
    linears: [Linear; Target::ALL.len()],
}

/// What a layer computed on the way up and needs on the way back.
#[derive(Debug)]
pub(crate) struct Kept {
    input: Matrix,
    seeing: Seeing,
    seen: Matrix,
    middle: Matrix,
    gate: Matrix,
    up: Matrix,
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
            heads: Heads {
                queries: shape.heads,
                keys: shape.kv_heads,
                head: shape.head,
            },
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
        input: Matrix,
        places: &Places,
        trained: Trained<'_>,
    ) -> (Matrix, Kept) {
        let apply = |target: Target, x: &Matrix| {
            self.linears[target as usize].forward(x, trained.of(target))
        };
        let normed = self.before_attention.forward(&input);
        let mut seeing = Seeing {
            query: apply(Target::Query, &normed),
            key: apply(Target::Key, &normed),
            value: apply(Target::Value, &normed),
        };
        places.rotate(&mut seeing.query);
        places.rotate(&mut seeing.key);
        let seen = self.heads.attend(&seeing, places);
        let mut middle = apply(Target::Output, &seen);
        middle.add(&input);
        let normed = self.before_gate.forward(&middle);
        let (gate, up) = (apply(Target::Gate, &normed), apply(Target::Up, &normed));
        let mut output = apply(Target::Down, &gated(&gate, &up));
        output.add(&middle);
        let kept = Kept {
            input,
            seeing,
            seen,
            middle,
            gate,
            up,
        };
        (output, kept)
    }

    /// The gradients of what is trained, in the order of parameters, and of the input, if it is wanted, given that of the
    /// output.
    pub(crate) fn back(
        &self,
        kept: Kept,
        gradient: Matrix,
        (places, trained): (&Places, Trained<'_>),
        wants_input: bool,
    ) -> (Option<Matrix>, Vec<Matrix>) {
        let mut found: [Vec<Matrix>; Target::ALL.len()] = Default::default();
        let of_norm = |norm: &Norm, x: &Matrix, gradient: &Matrix| {
            trained.is_weights().then(|| norm.of_weight(x, gradient))
        };
        let mut back = |target: Target, x: &Matrix, gradient: &Matrix, to: Option<&mut Matrix>| {
            let linear = &self.linears[target as usize];
            found[target as usize] = linear.back(x, trained.of(target), gradient, to);
        };
        let mut of_inner = Matrix::zeros(kept.gate.dims());
        let inner = gated(&kept.gate, &kept.up);
        back(Target::Down, &inner, &gradient, Some(&mut of_inner));
        drop(inner);
        let (of_gate, of_up) = gated_back(kept.gate, kept.up, &of_inner);
        let normed = self.before_gate.forward(&kept.middle);
        let mut of_normed = Matrix::zeros(normed.dims());
        back(Target::Gate, &normed, &of_gate, Some(&mut of_normed));
        back(Target::Up, &normed, &of_up, Some(&mut of_normed));
        let of_gate_norm = of_norm(&self.before_gate, &kept.middle, &of_normed);
        let mut of_middle = self.before_gate.back(&kept.middle, of_normed);
        of_middle.add(&gradient);

        let mut of_seen = Matrix::zeros(kept.seen.dims());
        back(Target::Output, &kept.seen, &of_middle, Some(&mut of_seen));
        let mut of = self.heads.back(&kept.seeing, &of_seen, places);
        places.rotate_back(&mut of.query);
        places.rotate_back(&mut of.key);
        let normed = self.before_attention.forward(&kept.input);
        let mut of_normed = wants_input.then(|| Matrix::zeros(normed.dims()));
        for (target, gradient) in [
            (Target::Query, &of.query),
            (Target::Key, &of.key),
            (Target::Value, &of.value),
        ] {
            back(target, &normed, gradient, of_normed.as_mut());
        }
        let of_attention_norm = of_normed
            .as_ref()
            .and_then(|of_normed| of_norm(&self.before_attention, &kept.input, of_normed));
        let of_input = of_normed.map(|of_normed| {
            let mut of_input = self.before_attention.back(&kept.input, of_normed);
            of_input.add(&of_middle);
            of_input
        });
        let of_norms = of_attention_norm.into_iter().chain(of_gate_norm);
        (
            of_input,
            found.into_iter().flatten().chain(of_norms).collect(),
        )
    }

    /// All weights in the order of parameters.
    pub(crate) fn weights(&self, index: usize) -> impl Iterator<Item = Weight<'_>> {
        let of = |part: Part, values| Weight { part, values };
        let linears = Target::ALL.into_iter().zip(&self.linears);
        let matrices = linears.flat_map(move |(target, linear)| {
            let bias = linear.bias.iter();
            let bias = bias.map(move |bias| of(Part::Bias(index, target), bias));
            std::iter::once(of(Part::Matrix(index, target), &linear.weight)).chain(bias)
        });
        matrices.chain([
            of(Part::AttentionNorm(index), &self.before_attention.weight),
            of(Part::GateNorm(index), &self.before_gate.weight),
        ])
    }

    /// The same in the same order, to be moved.
    pub(crate) fn weights_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        let matrices = self.linears.iter_mut();
        let matrices =
            matrices.flat_map(|one| std::iter::once(&mut one.weight).chain(&mut one.bias));
        matrices.chain([
            &mut self.before_attention.weight,
            &mut self.before_gate.weight,
        ])
    }
}

impl Kept {
    /// The input alone, from which the rest can be computed again.
    pub(crate) fn into_input(self) -> Matrix {
        self.input
    }
}

/// Elements that threads take at a time.
const CHUNK: usize = 1 << 14;

/// silu(gate) · up, element by element.
fn gated(gate: &Matrix, up: &Matrix) -> Matrix {
    let mut inner = gate.clone();
    let chunks = inner.values_mut().par_chunks_mut(CHUNK);
    chunks
        .zip(up.values().par_chunks(CHUNK))
        .for_each(|(gate, up)| {
            let pairs = gate.iter_mut().zip(up);
            pairs.for_each(|(gate, up)| *gate = *gate * logistic(*gate) * up);
        });
    inner
}

/// The gradients of gate and up, in their place.
fn gated_back(mut gate: Matrix, mut up: Matrix, gradient: &Matrix) -> (Matrix, Matrix) {
    let gates = gate.values_mut().par_chunks_mut(CHUNK);
    let ups = up.values_mut().par_chunks_mut(CHUNK);
    let gradients = gradient.values().par_chunks(CHUNK);
    gates.zip(ups).zip(gradients).for_each(|((gate, up), g)| {
        for ((gate, up), g) in gate.iter_mut().zip(up).zip(g) {
            let share = logistic(*gate);
            let of_gate = g * *up * share * (1.0 + *gate * (1.0 - share));
            *up = g * *gate * share;
            *gate = of_gate;
        }
    });
    (gate, up)
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
