//! llama.cpp in this process, behind the traits of `engine`.
//!
//! The only room that links llama.cpp. It loads GGUF files, tokenizes, opens sessions with a choice
//! of cache types and threads, lays a LoRA adapter over a model, and quantises files. Files are checked
//! by our own reader first: llama.cpp never sees a cut or malformed one. What llama.cpp logs goes to
//! `tracing`, and its last complaint into our error.
//!
//! It does not sample, schedule, render chat templates or read a clock.
//!
//! Sequences live in separate streams of the cache, so that the keys of one never lie between those
//! of another: attention then adds up the same numbers in the same order, whoever runs beside.

mod graph;
mod graphics;
mod guard;
mod heap;
mod load;
mod log;
#[cfg(all(
    test,
    target_os = "linux",
    target_arch = "x86_64",
    target_feature = "avx2",
    target_feature = "fma",
    target_feature = "f16c",
    not(target_feature = "avx512f"),
    not(target_feature = "avxvnni"),
))]
mod q5_0;
mod quantize;
mod session;
mod settings;
mod tokenizer;
mod version;

pub use graphics::{Graphics, graphics, memory_for};
pub use load::{Adapter, Llama, Options};
pub use quantize::{Mixture, Quantise, quantise, rounded};
pub use version::{Build, build, facts};
