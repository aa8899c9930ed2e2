//! Benchmarks of one's own: one trait.

use std::collections::BTreeMap;

use bench::Desk;
use ledger::record::Measurement;

use crate::{Error, Model};

/// Something that is measured of a model.
///
/// Two methods: its name, which is the heading of its section in every report, and how one model is measured. Whatever
/// comes back is written down as raw values; value, n and interval of each metric are the report's doing, and two models
/// are compared as they are for every other benchmark of repeated values, by the ratio of medians.
///
/// ```
/// use workbench::{Benchmark, BenchmarkResult, BenchmarkRunner, Model};
///
/// /// How many bytes an answer has.
/// struct Length;
///
/// impl Benchmark for Length {
///     fn id(&self) -> &str {
///         "length"
///     }
///
///     fn run(&self, model: &Model) -> Result<BenchmarkResult, Box<dyn std::error::Error + Send + Sync>> {
///         let answers = ["What is Rust?", "Count to ten"].map(|question| model.answer(question, 16));
///         let bytes = answers.into_iter().map(|answer| Ok(answer?.text.len() as f64));
///         let bytes = bytes.collect::<Result<Vec<f64>, workbench::Error>>()?;
///         Ok(BenchmarkResult::new(self.id()).with("answer_bytes", bytes))
///     }
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("toy.gguf");
/// # gguf::toy::write(&path, 7)?;
/// let model = Model::open_on(&path, 1)?;
/// let summary = BenchmarkRunner::new(folder.path().join("run")).with(Length).run(&[&model])?;
/// assert_eq!(summary.number("length", "answer_bytes", model.name()).n, 2);
/// # Ok(())
/// # }
/// ```
pub trait Benchmark {
    /// Its name; none of the benchmarks that there are already.
    fn id(&self) -> &str;

    /// Measures one model.
    ///
    /// # Errors
    /// Whatever keeps it from measuring; the run then ends with [`Error::Own`].
    fn run(
        &self,
        model: &Model,
    ) -> Result<BenchmarkResult, Box<dyn std::error::Error + Send + Sync>>;
}

/// What a benchmark of one's own found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BenchmarkResult {
    /// Whose it is.
    pub benchmark_id: String,
    /// By metric, one value for each independent thing that was looked at.
    pub metrics: BTreeMap<String, Vec<f64>>,
}

impl BenchmarkResult {
    /// A result without a metric yet.
    pub fn new(benchmark_id: &str) -> BenchmarkResult {
        BenchmarkResult {
            benchmark_id: benchmark_id.to_owned(),
            metrics: BTreeMap::new(),
        }
    }

    /// The same with one metric more.
    pub fn with(mut self, metric: &str, values: Vec<f64>) -> BenchmarkResult {
        self.metrics.insert(metric.to_owned(), values);
        self
    }
}

/// Names of sections that reports make themselves.
const TAKEN: [&str; 12] = [
    "accuracy",
    "cache_quality",
    "code",
    "context",
    "custom",
    "divergence",
    "hardware",
    "latency",
    "memory",
    "perplexity",
    "speculation",
    "variants",
];

/// Measures a model and writes down what was found.
pub(crate) fn record(
    benchmark: &dyn Benchmark,
    model: &Model,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let id = benchmark.id();
    if TAKEN.contains(&id) {
        return Err(Error::Plan(format!(
            "a benchmark of your own must not be called {id}, there is one; give it another id"
        )));
    }
    let failed = |source| Error::Own {
        id: id.to_owned(),
        model: model.name().to_owned(),
        source,
    };
    let result = benchmark.run(model).map_err(failed)?;
    for (metric, values) in result.metrics {
        if measure::metric::find(&metric).is_some() {
            return Err(Error::Plan(format!(
                "{id} calls a metric {metric}, which means something else already; give it another name"
            )));
        }
        let reason = values.is_empty().then(|| format!("{id} found no value"));
        desk.folder.append_measurement(&Measurement {
            model: model.name().to_owned(),
            benchmark: id.to_owned(),
            metric,
            conditions: BTreeMap::new(),
            values,
            reason,
        })?;
    }
    Ok(())
}
