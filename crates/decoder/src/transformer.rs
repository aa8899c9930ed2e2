//! The whole model: table of tokens, layers, last normalisation, head.

use std::path::Path;

use gguf::Gguf;

use crate::adapter::{Adapter, LayerFactors};
use crate::embedding::Embedding;
use crate::layer::Layer;
use crate::load::{Loader, Rows};
use crate::matrix::Matrix;
use crate::norm::Norm;
use crate::part::{Part, Weight};
use crate::places::{Batch, Places, frequencies};
use crate::product::product;
use crate::trained::Trained;
use crate::{Error, Shape, loss};

/// A model file as matrices of floats.
#[derive(Debug)]
pub struct Transformer {
    pub(crate) shape: Shape,
    pub(crate) embedding: Embedding,
    frequencies: Vec<f64>,
    /// Whether the file has no head of its own.
    tied: bool,
    /// Whether the file brings a table of divisors for the rotation.
    pub(crate) has_divisors: bool,
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
            tied: !own_head,
            has_divisors: divisors.is_some(),
            embedding,
            layers,
            last_norm,
            head: head.weight,
            shape,
        })
    }

    /// Loads a GGUF file whose weights are to be trained: its table of tokens becomes floats as well, or is the head
    /// where the file has none of its own.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    pub fn trainable(path: &Path) -> Result<Self, Error> {
        let model = Self::load(path)?;
        Ok(Self {
            embedding: model.embedding.in_floats(model.tied),
            ..model
        })
    }

    /// Every weight that can be trained, in the order of parameters; a table that is kept as it is stored cannot.
    pub fn weights(&self) -> Vec<Weight<'_>> {
        let table = match &self.embedding {
            Embedding::Floats(table) => Some(Weight {
                part: Part::Table,
                values: table,
            }),
            Embedding::Stored(_) | Embedding::Head => None,
        };
        let layers = self.layers.iter().enumerate();
        let layers = layers.flat_map(|(index, layer)| layer.weights(index));
        let norm = Weight {
            part: Part::LastNorm,
            values: &self.last_norm.weight,
        };
        let head = Weight {
            part: if self.tied { Part::Table } else { Part::Head },
            values: &self.head,
        };
        table
            .into_iter()
            .chain(layers)
            .chain([norm, head])
            .collect()
    }

    /// The same in the same order, to be moved.
    pub fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let table = match &mut self.embedding {
            Embedding::Floats(table) => Some(table),
            Embedding::Stored(_) | Embedding::Head => None,
        };
        let layers = self.layers.iter_mut().flat_map(Layer::weights_mut);
        let ends = [&mut self.last_norm.weight, &mut self.head];
        table.into_iter().chain(layers).chain(ends).collect()
    }

    /// Whether table of tokens and head are one matrix.
    pub fn is_tied(&self) -> bool {
        self.tied
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
            let trained = Trained::Factors(factors, None);
            rows = layer.forward(rows, &places, trained).0;
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
        Ok((self.embedding.rows(&batch.tokens, &self.head), places))
    }
}
