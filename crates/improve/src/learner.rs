//! What a training moves: an adapter beside a frozen model, or every weight of a model.
//!
//! The loop of [`crate::sft`] knows a list of matrices, their gradients and how to write them; whatever it can train is
//! one of these. The order of the matrices never changes, because the optimiser's means and checkpoints follow it.

use std::path::{Path, PathBuf};

use decoder::backward::{Pass, Slope, of_adapter, of_weights};
use decoder::export::{self, Base};
use decoder::{Adapter, Batch, Lora, Matrix, Operations, Part, Transformer};

use crate::{Error, TrainFolder};

/// Something that can be trained.
pub trait Learner {
    /// What of which model is trained, in words that a checkpoint is held against.
    fn what(&self) -> String;

    /// The model that it began with.
    fn base(&self) -> &Base;

    /// What is moved, always in the same order.
    fn parameters(&self) -> Vec<&Matrix>;

    /// The same, to be moved.
    fn parameters_mut(&mut self) -> Vec<&mut Matrix>;

    /// Whether weight decay shrinks each of them.
    fn shrinks(&self) -> Vec<bool> {
        vec![true; self.parameters().len()]
    }

    /// What a step of it takes.
    fn operations(&self) -> Operations;

    /// The loss of a batch and its gradients, one for each parameter.
    ///
    /// # Errors
    /// [`Error::Decoder`] for a batch that the model cannot take.
    fn slope(&self, batch: &Batch, pass: &Pass) -> Result<Slope, Error>;

    /// The surprise at a batch in nats, summed.
    ///
    /// # Errors
    /// As [`Learner::slope`].
    fn nats(&self, batch: &Batch) -> Result<f64, Error>;

    /// Writes what others load, below `which` (`best` or `final`) of the folder.
    ///
    /// # Errors
    /// [`Error::Decoder`] and [`Error::File`].
    fn export(&self, folder: &TrainFolder, which: &str) -> Result<(), Error>;
}

/// An adapter for a frozen model.
#[derive(Debug)]
pub struct Tuned<'a> {
    model: &'a Transformer,
    base: &'a Base,
    adapter: Adapter,
}

impl<'a> Tuned<'a> {
    /// A new adapter.
    ///
    /// # Errors
    /// As [`Adapter::new`].
    pub fn new(
        model: &'a Transformer,
        base: &'a Base,
        lora: &Lora,
        seed: u64,
    ) -> Result<Self, Error> {
        Ok(Self {
            adapter: Adapter::new(model.shape(), lora, seed)?,
            model,
            base,
        })
    }

    /// The adapter as it is now.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }
}

impl Learner for Tuned<'_> {
    fn what(&self) -> String {
        let lora = self.adapter.lora();
        let targets: Vec<&str> = lora.targets.iter().map(|target| target.name()).collect();
        let Lora { rank, alpha, .. } = lora;
        format!("rank {rank}, alpha {alpha}, {}", targets.join(" "))
    }

    fn base(&self) -> &Base {
        self.base
    }

    fn parameters(&self) -> Vec<&Matrix> {
        let parameters = self.adapter.parameters().into_iter();
        parameters.map(|(_, own)| own).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Matrix> {
        self.adapter.parameters_mut().collect()
    }

    fn operations(&self) -> Operations {
        Operations::of(self.model.shape(), self.adapter.lora())
    }

    fn slope(&self, batch: &Batch, pass: &Pass) -> Result<Slope, Error> {
        Ok(of_adapter(self.model, &self.adapter, batch, pass)?)
    }

    fn nats(&self, batch: &Batch) -> Result<f64, Error> {
        Ok(self.model.nats(batch, Some(&self.adapter))?)
    }

    fn export(&self, folder: &TrainFolder, which: &str) -> Result<(), Error> {
        folder.export(which, &self.adapter, (self.model.shape(), self.base))
    }
}

/// A model all of whose weights are trained.
#[derive(Debug)]
pub struct Whole {
    model: Transformer,
    base: Base,
    /// The file that it was loaded from.
    file: PathBuf,
    /// What the folder for `transformers` is called.
    folder: String,
}

impl Whole {
    /// Loads a model to be trained; `folder` is what its folder for `transformers` will be called.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    pub fn load(file: &Path, base: Base, folder: &str) -> Result<Self, Error> {
        Ok(Self {
            model: Transformer::trainable(file)?,
            base,
            file: file.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// The model as it is now.
    pub fn model(&self) -> &Transformer {
        &self.model
    }
}

impl Learner for Whole {
    fn what(&self) -> String {
        "all weights".into()
    }

    fn base(&self) -> &Base {
        &self.base
    }

    fn parameters(&self) -> Vec<&Matrix> {
        let weights = self.model.weights().into_iter();
        weights.map(|weight| weight.values).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Matrix> {
        self.model.weights_mut()
    }

    fn shrinks(&self) -> Vec<bool> {
        let parts = self.model.weights().into_iter().map(|weight| weight.part);
        parts.map(Part::is_matrix).collect()
    }

    fn operations(&self) -> Operations {
        Operations::of_all(self.model.shape())
    }

    fn slope(&self, batch: &Batch, pass: &Pass) -> Result<Slope, Error> {
        Ok(of_weights(&self.model, batch, pass)?)
    }

    fn nats(&self, batch: &Batch) -> Result<f64, Error> {
        Ok(self.model.nats(batch, None)?)
    }

    fn export(&self, folder: &TrainFolder, which: &str) -> Result<(), Error> {
        let path = folder.model(which);
        let parent = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(|error| Error::file(parent, error))?;
        export::model(&self.model, &self.file, &self.base.name, &path)?;
        match export::folder(&self.model, &self.file, &parent.join(&self.folder)) {
            // What llama.cpp runs may have no class in `transformers`.
            Err(decoder::Error::Unsupported { .. }) => Ok(()),
            other => Ok(other?),
        }
    }
}
