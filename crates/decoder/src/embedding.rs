//! The table of tokens, kept as it is stored: a batch needs a few hundred of its rows, and all of them
//! as floats would take as much memory as a quarter of a small model.

use gguf::TensorType;

use crate::dequantise::decode;
use crate::matrix::Matrix;

/// Encoded rows, one for each token.
#[derive(Debug)]
pub(crate) struct Embedding {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: TensorType,
    pub(crate) row_bytes: usize,
    pub(crate) width: usize,
}

impl Embedding {
    /// The rows of these tokens, shape (tokens, width). Every token lies inside the table.
    pub(crate) fn rows(&self, tokens: &[u32]) -> Matrix {
        let values = tokens.iter().flat_map(|&token| {
            let start = token as usize * self.row_bytes;
            decode(self.kind, &self.bytes[start..start + self.row_bytes])
                .expect("the type and the length were checked when the table was loaded")
        });
        Matrix::new([tokens.len(), self.width], values.collect())
    }
}
