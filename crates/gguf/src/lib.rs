//! The GGUF room: reads, describes and writes model files without running them.
//!
//! Why it exists: most of what a user asks about a model (size, quantisation, cache cost per token,
//! template) is written in the first megabytes of its file, and a damaged download should be refused
//! here with a sentence and not inside an inference engine with an abort.
//!
//! What it deliberately does not do: no tensor arithmetic beyond decoding a few block formats, no
//! network, no dependency on llama.cpp. The layout follows `ggml/include/gguf.h` and the GGUF
//! specification of the ggml project; block formats follow `ggml/src/ggml-common.h`.

#![forbid(unsafe_code)]

mod error;
pub mod facts;
mod place;
pub mod quant;
pub mod read;
pub mod tensor;
pub mod toy;
pub mod value;
pub mod write;

pub use error::Error;
pub use facts::{CacheType, ModelFacts};
pub use place::{beside, put_in_place};
pub use read::Gguf;
pub use tensor::{Tensor, TensorType};
pub use value::{Array, Strings, Value};
pub use write::{Sink, Writer};
