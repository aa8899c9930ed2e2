//! The whole model: table of tokens, layers, last normalisation, head.

use std::path::Path;

use gguf::Gguf;

use crate::adapter::{Adapter, LayerFactors};
use crate::embedding::Embedding;
use crate::layer::Layer;
use crate::load::{Loader, Rows};
use crate::matrix::Matrix;
use crate::norm::Norm;
use crate::places::{Batch, Places, frequencies};
use crate::product::product;
use crate::{Error, Shape, loss};

/// A model file as matrices of floats. Its weights are frozen: nothing here can change them.
#[derive(Debug)]
pub struct Transformer {
    pub(crate) shape: Shape,
    embedding: Embedding,
    frequencies: Vec<f64>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) last_norm: Norm,
    /// Shape (vocabulary, width): the file's own head, or its table of tokens where it has none.
    pub(crate) head: Matrix,
}

impl Transformer {
    /// Loads a GGUF file. Takes four bytes for every weight.
    ///
    /// # Errors
    /// [`Error::Unsupported`] and [`Error::Tensor`] for a file that is not computed here,
    /// [`Error::Gguf`] for one that cannot be read.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let file = Gguf::open(path)?;
        let shape = Shape::of(&file)?;
        let mut loader = Loader::new(&file, &shape);
        let embedding = loader.embedding("token_embd.weight")?;
        let divisors = loader.divisors()?;
        let layers = (0..shape.layers)
            .map(|index| Layer::load(&mut loader, index))
            .collect::<Result<_, _>>()?;
        let last_norm = loader.norm("output_norm.weight")?;
        let own_head = file.tensor("output.weight").is_some();
        let stem = if own_head { "output" } else { "token_embd" };
        let head = loader.linear(stem, [shape.vocabulary, shape.width], Rows::AsStored)?;
        if head.bias.is_some() {
            return Err(Error::Unsupported {
                path: path.to_owned(),
                what: "its head has a bias".into(),
            });
        }
        loader.finish()?;
        Ok(Self {
            frequencies: frequencies(&shape, divisors.as_deref()),
            embedding,
            layers,
            last_norm,
            head: head.weight,
            shape,
        })
    }

    /// The sizes of the model.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The logits after every token of one sequence, shape (tokens, vocabulary).
    ///
    /// # Errors
    /// [`Error::Batch`] for a token that is not in the vocabulary or no token at all.
    pub fn logits(&self, tokens: &[u32], adapter: Option<&Adapter>) -> Result<Matrix, Error> {
        let rows = self.hidden(&Batch::reading(tokens), adapter)?;
        let rows = self.last_norm.forward(&rows);
        Ok(product(rows.view(), self.head.transposed()))
    }

    /// The surprise at all goals of a batch, in nats, summed.
    ///
    /// # Errors
    /// As [`Transformer::logits`].
    pub fn nats(&self, batch: &Batch, adapter: Option<&Adapter>) -> Result<f64, Error> {
        let rows = loss::rows(&self.hidden(batch, adapter)?, batch);
        let rows = self.last_norm.forward(&rows);
        Ok(loss::nats(&rows, &self.head, batch))
    }

    fn hidden(&self, batch: &Batch, adapter: Option<&Adapter>) -> Result<Matrix, Error> {
        let (mut rows, places) = self.enter(batch)?;
        let none = LayerFactors::default();
        for (index, layer) in self.layers.iter().enumerate() {
            let factors = adapter.map_or(&none, |adapter| &adapter.layers[index]);
            rows = layer.forward(rows, &places, factors).0;
        }
        Ok(rows)
    }

    /// The rows of a batch's tokens, and where they stand.
    pub(crate) fn enter(&self, batch: &Batch) -> Result<(Matrix, Places), Error> {
        if batch.tokens.is_empty() {
            return Err(Error::Batch("there are none".into()));
        }
        let goals = batch.goals.iter().map(|goal| goal.token);
        let strange = batch
            .tokens
            .iter()
            .copied()
            .chain(goals)
            .find(|&token| token as usize >= self.shape.vocabulary);
        if let Some(token) = strange {
            return Err(Error::Batch(format!(
                "token {token} is not among the {} of the vocabulary",
                self.shape.vocabulary
            )));
        }
        let places = Places::new(batch, &self.frequencies);
        Ok((self.embedding.rows(&batch.tokens), places))
    }
}
