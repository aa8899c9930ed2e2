//! Models of other formats become GGUF files here, value by value.
//!
//! Why it exists: `gguf` describes and writes files and knows no arithmetic on tensors, and llama.cpp
//! reads nothing but GGUF. What lies between is here: reading Hugging Face folders and PyTorch
//! checkpoints, renaming tensors, reordering the rows of rotary attention, rounding to block formats,
//! and the untrained shapes whose speed and memory are measured.
//!
//! Nothing in a file is trusted and nothing in it is executed: a checkpoint's pickle is interpreted by
//! a machine that knows tensors and nothing else. Weights pass through in pieces of a few megabytes,
//! so memory does not grow with the model. A file carries its name only when it is whole.
//!
//! What it deliberately does not do: run models, k-quants (llama.cpp's own quantiser makes those),
//! families other than Llama and Qwen2, downloads, printing.

#![forbid(unsafe_code)]

mod attention;
mod config;
mod convert;
mod error;
mod folder;
#[doc(hidden)]
pub mod fuzzing;
mod layout;
mod metadata;
mod pour;
mod precision;
mod stored;
mod tokenizer;
mod torch;
pub mod variants;

pub use convert::{Imported, Options, Tokens, import, name_of};
pub use error::Error;
pub use pour::{Step, Watch};
pub use precision::Precision;
