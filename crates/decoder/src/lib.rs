//! The decoder room: the model of a GGUF file as matrices through which gradients flow.
//!
//! Why it exists: llama.cpp runs a model and cannot train it. Here the same file becomes a transformer
//! whose loss can be differentiated with respect to a low-rank adapter or to all of its weights, and what was
//! trained becomes a file that llama.cpp and other engines load. What a file holds is what is trained on: weights are
//! dequantised from it, so that the adapter fits the base that will be served.
//!
//! What it deliberately does not do: it has no cache and generates no text (that is `llama`), knows no
//! tokenizer, reads no data set, has no optimiser (that is `improve`), and never writes to the file that it read. Families: Llama and Qwen2, as llama.cpp names them; anything in a file that would change the
//! result and is not computed here is refused.
//!
//! Sources: the layouts of `ggml/src/ggml-quants.c`, `src/models/llama.cpp` and `src/models/qwen2.cpp` of
//! the pinned llama.cpp; Hu et al. 2021, "LoRA"; the block formats of the Python package gguf.

pub mod adapter;
mod attention;
pub mod backward;
pub mod dequantise;
mod embedding;
mod error;
mod exponential;
pub mod export;
mod fuse;
mod layer;
mod linear;
mod load;
mod loss;
mod matrix;
pub mod memory;
mod norm;
mod operations;
mod part;
mod places;
mod product;
pub mod read;
mod shape;
mod trained;
mod transformer;

/// Threads that compute, all of them at a time.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

pub use adapter::{Adapter, Lora, Target};
pub use error::Error;
pub use fuse::fuse;
pub use matrix::Matrix;
pub use operations::Operations;
pub use part::{Part, Weight};
pub use places::Batch;
pub use shape::{Family, Shape};
pub use transformer::Transformer;
