//! What can go wrong between a model file and its gradients.

use std::path::PathBuf;

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error(transparent)]
    Gguf(#[from] gguf::Error),
    /// The file asks for something that is not computed here.
    #[error("{} cannot be trained: {what}", path.display())]
    Unsupported {
        /// The model file.
        path: PathBuf,
        /// What it asks for, and what there is instead.
        what: String,
    },
    /// A tensor is missing or has another shape than the metadata say.
    #[error("{}: tensor {tensor}: {what}", path.display())]
    Tensor {
        /// The model file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// What is wrong with it.
        what: String,
    },
    /// An adapter was asked for that cannot exist.
    #[error("no such adapter: {0}")]
    Lora(String),
    /// A batch that the model cannot take.
    #[error("the model cannot take these tokens: {0}")]
    Batch(String),
    /// An adapter's file is not written or not read.
    #[error("{}: {what}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        what: String,
    },
}
