//! The decoder room: the model of a GGUF file as matrices through which gradients flow.
//!
//! Why it exists: llama.cpp runs a model and cannot train it. Here the same file becomes a transformer
//! whose loss can be differentiated with respect to a low-rank adapter, and the adapter becomes a file
//! that llama.cpp and other engines load. What a file holds is what is trained on: weights are
//! dequantised from it, so that the adapter fits the base that will be served.
//!
//! What it deliberately does not do: it has no cache and generates no text (that is `llama`), knows no
//! tokenizer, reads no data set, has no optimiser (that is `improve`), and never changes the weights of
//! the file. Families: Llama and Qwen2, as llama.cpp names them; anything in a file that would change the
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
pub mod export;
mod layer;
mod linear;
mod load;
mod loss;
mod matrix;
pub mod memory;
mod norm;
mod places;
mod product;
mod shape;
mod transformer;

pub use adapter::{Adapter, Lora, Target};
pub use error::Error;
pub use matrix::Matrix;
pub use places::Batch;
pub use shape::{Family, Shape};
pub use transformer::Transformer;
