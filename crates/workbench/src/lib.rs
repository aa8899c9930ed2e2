//! Whetstone as a library: models are opened, benchmarks are run on them, and numbers come back as typed values.
//!
//! Everything here is a thin coat over the room `bench`: the same benchmarks, written into the same records, read by the
//! same report, so a number from a program of yours is the number that `whet` prints. A benchmark by itself leaves
//! nothing behind; a [`BenchmarkRunner`] leaves a run folder with its report.
//!
//! ```
//! use workbench::{LatencyBenchmark, MemoryBenchmark, Model, PerplexityBenchmark};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("toy.gguf");
//! # gguf::toy::write(&path, 7)?;
//! let model = Model::open_on(&path, 1)?; // one thread
//!
//! let result = PerplexityBenchmark::bundled("prose")?.num_batches(4).run(&model)?;
//! println!("perplexity {}, n {}", result.perplexity, result.perplexity.n);
//!
//! for row in LatencyBenchmark::new(&[16, 32], &[4]).timed_runs(2).run(&model)? {
//!     println!("prompt {}: {}", row.prompt_tokens, row.decode_tokens_per_s);
//! }
//!
//! for row in MemoryBenchmark::new(&[64], &["f16", "q8_0"]).run(&model)? {
//!     println!("{} {}: {}", row.context_tokens, row.cache, row.kv_allocated_bytes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A metric of one's own needs one trait, [`Benchmark`]; `examples/own_metric.rs` adds one. Speculative decoding in the
//! form of a published suite is [`speculative::run_benchmark_suite`].
//!
//! What is deliberately not here: fetching models, a command line, training, and anything that runs what a model
//! wrote. For code problems there is `whet bench code`, which opens a sandbox first.

mod benchmark;
mod carry;
mod error;
mod latency;
mod memory;
mod model;
mod number;
mod perplexity;
mod runner;
pub mod speculative;

pub use benchmark::{Benchmark, BenchmarkResult, Values};
pub use engine::Completion;
pub use error::Error;
pub use latency::{LatencyBenchmark, LatencyResult};
pub use measure::Better;
pub use memory::{MemoryBenchmark, MemoryResult};
pub use model::Model;
pub use number::Number;
pub use perplexity::{PerplexityBenchmark, PerplexityResult};
pub use report::Scorecard;
pub use runner::{BenchmarkRunner, BenchmarkSummary};
pub use task::{Case, Custom};
