//! How many operations a step of training is made of, whatever the machine.
//!
//! Counted are the products with matrices that loss and gradients need, two operations for each multiply–accumulate.
//! Attention over the context, norms, exponentials and the optimiser come on top; they are small for the models and lengths
//! of a training here. What is recomputed to save memory is no more work done, or a slower training would look faster.

use crate::memory::{matrices, table};
use crate::{Lora, Shape};

/// Operations of a step, forward and backward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operations {
    /// For each token that is read.
    pub token: u64,
    /// For each token that is learnt, on top: the output matrix.
    pub goal: u64,
}

impl Operations {
    /// Of a step that trains an adapter. A frozen matrix is used twice, forward and for the gradient of what went into
    /// it; a factor also for its own gradient.
    pub fn of(shape: &Shape, lora: &Lora) -> Self {
        Self {
            token: 2 * (2 * matrices(shape) + 3 * lora.elements(shape)),
            goal: 2 * 2 * table(shape),
        }
    }

    /// Of a step that trains every weight.
    pub fn of_all(shape: &Shape) -> Self {
        Self {
            token: 2 * 3 * matrices(shape),
            goal: 2 * 3 * table(shape),
        }
    }

    /// Of a step over so many tokens, of which so many are learnt.
    pub fn of_step(&self, tokens: usize, goals: usize) -> u64 {
        self.token * tokens as u64 + self.goal * goals as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    #[test]
    fn a_step_is_counted_by_how_often_each_matrix_takes_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.gguf");
        gguf::toy::write(&path, 3).unwrap();
        let file = gguf::Gguf::open(&path).unwrap();
        let shape = Shape::of(&file).unwrap();
        let weights = gguf::ModelFacts::of(&file).unwrap().weights;
        let body = weights.flops_per_token - weights.output_flops;
        let all = Operations::of_all(&shape);
        assert_eq!(all.token, 3 * body, "counted from the file's tensors");
        assert_eq!(all.goal, 3 * weights.output_flops);

        let lora = Lora {
            rank: 2,
            alpha: 4.0,
            targets: vec![Target::Query],
        };
        let sides = Target::Query.sides(&shape).iter().sum::<usize>();
        let factors = (2 * sides * shape.layers) as u64;
        let tuned = Operations::of(&shape, &lora);
        assert_eq!(tuned.token, 2 * body + 6 * factors);
        assert_eq!(tuned.goal, 2 * weights.output_flops);
        assert_eq!(tuned.of_step(10, 4), 10 * tuned.token + 4 * tuned.goal);
    }
}
