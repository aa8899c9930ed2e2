//! How fast prompts are read and tokens follow.

use bench::plan::LatencyPlan;
use report::Scorecard;
use serde_json::{Map, json};

use crate::carry::{Work, in_passing};
use crate::number::find;
use crate::{Error, Model, Number};

/// The benchmark's name in records.
pub(crate) const NAME: &str = "latency";

/// Speed at every combination of prompt and generation lengths.
///
/// ```no_run
/// use workbench::{LatencyBenchmark, Model};
/// # fn main() -> Result<(), workbench::Error> {
/// let model = Model::open("model.gguf")?;
/// let benchmark = LatencyBenchmark::new(&[512, 1024], &[128]).batch_sizes(&[1, 4]).timed_runs(10);
/// for row in benchmark.run(&model)? {
///     println!("{} × {}: {}", row.sequences, row.prompt_tokens, row.decode_tokens_per_s);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyBenchmark {
    /// Every setting, for what has no method here.
    pub plan: LatencyPlan,
}

/// Speed at one combination.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyResult {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens decoded after it.
    pub generate_tokens: usize,
    /// Sequences side by side.
    pub sequences: usize,
    /// Cache type.
    pub cache: String,
    /// How fast the prompt is read.
    pub prefill_tokens_per_s: Number,
    /// How fast tokens follow, (n − 1) between the first and the last.
    pub decode_tokens_per_s: Number,
    /// From the prompt to its first token, in nanoseconds.
    pub time_to_first_token_ns: Number,
    /// From the prompt to the last token, in nanoseconds.
    pub end_to_end_ns: Number,
}

impl LatencyBenchmark {
    /// These lengths; after three warm-ups ten timed runs that take turns.
    pub fn new(prompt_lengths: &[usize], generation_lengths: &[usize]) -> LatencyBenchmark {
        LatencyBenchmark {
            plan: LatencyPlan {
                prompt_tokens: prompt_lengths.to_vec(),
                generate_tokens: generation_lengths.to_vec(),
                ..LatencyPlan::thorough()
            },
        }
    }

    /// Sequences side by side.
    pub fn batch_sizes(mut self, sequences: &[usize]) -> LatencyBenchmark {
        self.plan.batch = sequences.to_vec();
        self
    }

    /// Untimed runs first, exactly so many.
    pub fn warmup_runs(mut self, n: usize) -> LatencyBenchmark {
        self.plan.warmups = n;
        self.plan.settle = None;
        self
    }

    /// Timed runs.
    pub fn timed_runs(mut self, n: usize) -> LatencyBenchmark {
        self.plan.repeats = n;
        self
    }

    /// Cache types: `f16`, `q8_0`, `q4_0`.
    pub fn caches(mut self, names: &[&str]) -> LatencyBenchmark {
        self.plan.caches = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Measures a model; one result for each combination.
    ///
    /// # Errors
    /// Those of the benchmark.
    pub fn run(&self, model: &Model) -> Result<Vec<LatencyResult>, Error> {
        let mut work = Work::on(model.threads());
        work.plan.latency = Some(self.plan.clone());
        let card = Scorecard::of(&in_passing(model, &work)?);
        Ok(read(&self.plan, &card, (model.name(), model.threads())))
    }
}

/// What a scorecard says of each combination.
pub(crate) fn read(
    plan: &LatencyPlan,
    card: &Scorecard,
    (model, threads): (&str, usize),
) -> Vec<LatencyResult> {
    let points = plan.points(threads).into_iter();
    let result = |point: bench::plan::Point| {
        let conditions = Map::from_iter([
            ("prompt_tokens".to_owned(), json!(point.n_prompt)),
            ("generate_tokens".to_owned(), json!(point.n_new)),
            ("batch".to_owned(), json!(point.batch)),
            ("depth".to_owned(), json!(point.depth)),
            ("threads".to_owned(), json!(point.threads)),
            ("cache".to_owned(), json!(point.cache.name())),
            ("use_cache".to_owned(), json!(point.use_cache)),
        ]);
        let number = |metric: &str| find(card, (NAME, model), metric, &conditions);
        LatencyResult {
            prompt_tokens: point.n_prompt,
            generate_tokens: point.n_new,
            sequences: point.batch,
            cache: point.cache.name().to_owned(),
            prefill_tokens_per_s: number("prefill_tokens_per_s"),
            decode_tokens_per_s: number("decode_tokens_per_s"),
            time_to_first_token_ns: number("time_to_first_token_ns"),
            end_to_end_ns: number("end_to_end_ns"),
        }
    };
    points.map(result).collect()
}
