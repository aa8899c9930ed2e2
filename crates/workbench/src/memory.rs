//! What a context costs in memory.

use bench::plan::MemoryPlan;
use report::Scorecard;
use serde_json::{Map, json};

use crate::carry::{Work, in_passing};
use crate::number::find;
use crate::{Error, Model, Number};

/// The benchmark's name in records.
pub(crate) const NAME: &str = "memory";

/// Memory at every combination of context lengths and cache types.
///
/// ```no_run
/// use workbench::{MemoryBenchmark, Model};
/// # fn main() -> Result<(), workbench::Error> {
/// let model = Model::open("model.gguf")?;
/// for row in MemoryBenchmark::new(&[1024, 2048], &["f16", "q8_0"]).run(&model)? {
///     println!("{} {}: {}", row.context_tokens, row.cache, row.kv_allocated_bytes);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryBenchmark {
    /// Every setting, for what has no method here.
    pub plan: MemoryPlan,
}

/// Memory at one combination, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryResult {
    /// Tokens that each sequence holds.
    pub context_tokens: usize,
    /// Sequences side by side.
    pub sequences: usize,
    /// Cache type.
    pub cache: String,
    /// The cache by its formula.
    pub kv_logical_bytes: Number,
    /// What the engine says it allocated.
    pub kv_allocated_bytes: Number,
    /// What the process grew by.
    pub resident_bytes: Number,
    /// The most that the process held on the way.
    pub peak_resident_bytes: Number,
}

impl MemoryBenchmark {
    /// These lengths with these cache types (`f16`, `q8_0`, `q4_0`), one sequence.
    pub fn new(sequence_lengths: &[usize], quantization_modes: &[&str]) -> MemoryBenchmark {
        MemoryBenchmark {
            plan: MemoryPlan::of(sequence_lengths, quantization_modes),
        }
    }

    /// Sequences side by side.
    pub fn batch_sizes(mut self, sequences: &[usize]) -> MemoryBenchmark {
        self.plan.sequences = sequences.to_vec();
        self
    }

    /// Measures a model; one result for each combination.
    ///
    /// # Errors
    /// Those of the benchmark.
    pub fn run(&self, model: &Model) -> Result<Vec<MemoryResult>, Error> {
        let mut work = Work::on(model.threads());
        work.plan.memory = Some(self.plan.clone());
        let card = Scorecard::of(&in_passing(model, &work)?);
        Ok(read(&self.plan, &card, model.name()))
    }
}

/// What a scorecard says of each combination.
pub(crate) fn read(plan: &MemoryPlan, card: &Scorecard, model: &str) -> Vec<MemoryResult> {
    let fillings = plan.fillings().into_iter();
    let result = |filling: bench::plan::Filling| {
        let conditions = Map::from_iter([
            ("context_tokens".to_owned(), json!(filling.n_tokens)),
            ("sequences".to_owned(), json!(filling.n_sequences)),
            ("cache".to_owned(), json!(filling.cache.name())),
        ]);
        let number = |metric: &str| find(card, (NAME, model), metric, &conditions);
        MemoryResult {
            context_tokens: filling.n_tokens,
            sequences: filling.n_sequences,
            cache: filling.cache.name().to_owned(),
            kv_logical_bytes: number("kv_logical_bytes"),
            kv_allocated_bytes: number("kv_allocated_bytes"),
            resident_bytes: number("resident_bytes"),
            peak_resident_bytes: number("peak_resident_bytes"),
        }
    };
    fillings.map(result).collect()
}
