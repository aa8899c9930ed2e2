//! Tensors of the file become matrices of floats, one at a time, so that the encoded and the decoded
//! form of no more than one matrix are in memory together.
//!
//! Files of the family `llama` hold the rows of queries and keys in pairs (0, d/2, 1, d/2+1, …), because
//! llama.cpp rotates neighbours. They are put back into halves here, which is the order of the original
//! checkpoints, of the rotation in `places` and of every adapter that this room makes.

use std::collections::HashSet;

use gguf::{Gguf, Tensor as Stored};

use crate::Error;
use crate::dequantise::decode;
use crate::embedding::{self, Embedding};
use crate::linear::Linear;
use crate::matrix::Matrix;
use crate::norm::Norm;
use crate::shape::{Family, Shape};

/// Reads tensors and remembers which.
pub(crate) struct Loader<'a> {
    pub(crate) file: &'a Gguf,
    pub(crate) shape: &'a Shape,
    read: HashSet<String>,
}

/// How the rows of a matrix are to be ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    AsStored,
    /// Rows of so many heads that are rotated.
    Rotated {
        heads: usize,
    },
}

impl<'a> Loader<'a> {
    pub(crate) fn new(file: &'a Gguf, shape: &'a Shape) -> Self {
        Self {
            file,
            shape,
            read: HashSet::new(),
        }
    }

    /// A matrix and, if the file has one, its bias.
    pub(crate) fn linear(
        &mut self,
        stem: &str,
        [out, input]: [usize; 2],
        rows: Rows,
    ) -> Result<Linear, Error> {
        let values = self.values(&format!("{stem}.weight"), &[input, out])?;
        let values = self.in_halves(values, input, rows);
        let weight = Matrix::new([out, input], values);
        let name = format!("{stem}.bias");
        let bias = match self.file.tensor(&name) {
            Some(_) => {
                let values = self.values(&name, &[out])?;
                let values = self.in_halves(values, 1, rows);
                Some(Matrix::new([1, out], values))
            }
            None => None,
        };
        Ok(Linear { weight, bias })
    }

    pub(crate) fn norm(&mut self, name: &str) -> Result<Norm, Error> {
        let width = self.shape.width;
        Ok(Norm {
            weight: Matrix::new([1, width], self.values(name, &[width])?),
            epsilon: self.shape.epsilon,
        })
    }

    pub(crate) fn embedding(&mut self, name: &str) -> Result<Embedding, Error> {
        let stored = self.stored(name, &[self.shape.width, self.shape.vocabulary])?;
        let (kind, row_bytes) = (stored.kind(), stored.row_bytes() as usize);
        let bytes = self.file.tensor_bytes(name)?;
        if decode(kind, &bytes[..row_bytes]).is_none() {
            return Err(self.wrong(name, format!("its type {kind} is not decoded here")));
        }
        Ok(Embedding::Stored(embedding::Stored {
            bytes,
            kind,
            row_bytes,
            width: self.shape.width,
        }))
    }

    /// Per pair of elements a divisor of the angle, where the file has such a table.
    pub(crate) fn divisors(&mut self) -> Result<Option<Vec<f32>>, Error> {
        const NAME: &str = "rope_freqs.weight";
        match self.file.tensor(NAME) {
            Some(_) => self.values(NAME, &[self.shape.head / 2]).map(Some),
            None => Ok(None),
        }
    }

    /// Refuses a file that holds tensors nobody has asked for: they would have changed the result.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let stranger = self
            .file
            .tensors()
            .iter()
            .find(|tensor| !self.read.contains(tensor.name()));
        match stranger {
            Some(tensor) => Err(self.wrong(
                tensor.name(),
                "it is not part of this architecture as it is computed here".into(),
            )),
            None => Ok(()),
        }
    }

    fn values(&mut self, name: &str, dims: &[usize]) -> Result<Vec<f32>, Error> {
        let kind = self.stored(name, dims)?.kind();
        let bytes = self.file.tensor_bytes(name)?;
        decode(kind, &bytes)
            .ok_or_else(|| self.wrong(name, format!("its type {kind} is not decoded here")))
    }

    fn stored(&mut self, name: &str, dims: &[usize]) -> Result<&'a Stored, Error> {
        let Some(stored) = self.file.tensor(name) else {
            return Err(self.wrong(name, "the file does not have it".into()));
        };
        if !stored
            .dims()
            .iter()
            .map(|&dim| dim as usize)
            .eq(dims.iter().copied())
        {
            let found = stored.dims();
            return Err(self.wrong(name, format!("its shape is {found:?}, not {dims:?}")));
        }
        self.read.insert(name.to_owned());
        Ok(stored)
    }

    fn wrong(&self, tensor: &str, what: String) -> Error {
        Error::Tensor {
            path: self.file.path().to_owned(),
            tensor: tensor.to_owned(),
            what,
        }
    }

    fn in_halves(&self, values: Vec<f32>, row: usize, rows: Rows) -> Vec<f32> {
        match rows {
            Rows::Rotated { heads } if self.shape.family == Family::Llama => {
                let order = halves(heads, self.shape.head);
                reorder(&values, row, &order)
            }
            _ => values,
        }
    }
}

/// For each row in halves its place among rows in pairs.
pub(crate) fn halves(heads: usize, head: usize) -> Vec<usize> {
    (0..heads * head)
        .map(|row| {
            let (first, place) = (row / head * head, row % head);
            first + place % (head / 2) * 2 + place / (head / 2)
        })
        .collect()
}

/// For each row in pairs its place among rows in halves.
pub(crate) fn pairs(heads: usize, head: usize) -> Vec<usize> {
    (0..heads * head)
        .map(|row| {
            let (first, place) = (row / head * head, row % head);
            first + place % 2 * (head / 2) + place / 2
        })
        .collect()
}

/// Row `i` of the result is row `order[i]` of `values`.
pub(crate) fn reorder(values: &[f32], row: usize, order: &[usize]) -> Vec<f32> {
    order
        .iter()
        .flat_map(|&from| &values[from * row..(from + 1) * row])
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_pairs_undo_each_other() {
        assert_eq!(halves(1, 6), [0, 2, 4, 1, 3, 5]);
        for (heads, head) in [(1, 2), (3, 6), (4, 8)] {
            let rows: Vec<f32> = (0..heads * head * 2).map(|i| i as f32).collect();
            let there = reorder(&rows, 2, &pairs(heads, head));
            assert_eq!(reorder(&there, 2, &halves(heads, head)), rows);
        }
    }
}
