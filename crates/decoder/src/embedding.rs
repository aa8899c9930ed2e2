//! The table of tokens. A frozen one is kept as it is stored: a batch needs a few hundred of its rows, and all of them
//! as floats would take as much memory as a quarter of a small model. One that is trained is floats, or the head.

use gguf::TensorType;

use crate::dequantise::decode;
use crate::matrix::Matrix;
use crate::places::Batch;

/// Rows, one for each token.
#[derive(Debug)]
pub(crate) enum Embedding {
    /// As the file has them.
    Stored(Stored),
    /// Floats of its own.
    Floats(Matrix),
    /// Those of the head.
    Head,
}

/// Encoded rows.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: TensorType,
    pub(crate) row_bytes: usize,
    pub(crate) width: usize,
}

impl Embedding {
    /// The rows of these tokens, shape (tokens, width). Every token lies inside the table.
    pub(crate) fn rows(&self, tokens: &[u32], head: &Matrix) -> Matrix {
        let places = tokens.iter().map(|&token| token as usize);
        let (values, width): (Vec<f32>, usize) = match self {
            Embedding::Stored(stored) => {
                (places.flat_map(|t| stored.row(t)).collect(), stored.width)
            }
            Embedding::Floats(table) => (floats(places, table), table.columns()),
            Embedding::Head => (floats(places, head), head.columns()),
        };
        Matrix::new([tokens.len(), width], values)
    }

    /// A table that can be trained.
    pub(crate) fn in_floats(self, is_head: bool) -> Self {
        match self {
            Embedding::Stored(_) if is_head => Embedding::Head,
            Embedding::Stored(stored) => Embedding::Floats(stored.all()),
            other => other,
        }
    }
}

impl Stored {
    fn row(&self, token: usize) -> Vec<f32> {
        let start = token * self.row_bytes;
        self.decoded(&self.bytes[start..start + self.row_bytes])
    }

    fn all(&self) -> Matrix {
        let values = self.decoded(&self.bytes);
        Matrix::new([values.len() / self.width, self.width], values)
    }

    fn decoded(&self, bytes: &[u8]) -> Vec<f32> {
        decode(self.kind, bytes)
            .expect("the type and the length were checked when the table was loaded")
    }
}

fn floats(places: impl Iterator<Item = usize>, table: &Matrix) -> Vec<f32> {
    places.flat_map(|token| table.row(token)).copied().collect()
}

/// Adds the gradient of a batch's rows to that of the table.
pub(crate) fn add_rows(of_table: &mut Matrix, of_rows: &Matrix, batch: &Batch) {
    for (row, &token) in batch.tokens.iter().enumerate() {
        let to = of_table.row_mut(token as usize).iter_mut();
        to.zip(of_rows.row(row)).for_each(|(to, g)| *to += g);
    }
}
