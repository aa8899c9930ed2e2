//! Benchmarks of one's own: one trait.

use std::collections::{BTreeMap, BTreeSet};

use bench::Desk;
use ledger::record::{Good, Measurement, Own};
use measure::Better;

use crate::{Error, Model};

/// Something that is measured of a model.
///
/// Two methods: its name, which is the heading of its section in every report, and how one model is measured. Whatever
/// comes back is written down as raw values; value, n and interval of each metric are the report's doing. Values that know
/// what they are of ([`Values::of`]) are compared in pairs; all others are repetitions of one thing, and compared by the
/// ratio of medians. With a good side ([`Values::better`]) `whet compare` finds regressions of them.
///
/// ```
/// use workbench::{Benchmark, BenchmarkResult, BenchmarkRunner, Better, Model, Values};
///
/// const QUESTIONS: [&str; 2] = ["What is Rust?", "Count to ten"];
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
///         let answers = QUESTIONS.map(|question| model.answer(question, 16));
///         let bytes = answers.into_iter().map(|answer| Ok(answer?.text.len() as f64));
///         let bytes = bytes.collect::<Result<Vec<f64>, workbench::Error>>()?;
///         let bytes = Values::from(bytes).of(QUESTIONS).better(Better::Lower);
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
    pub metrics: BTreeMap<String, Values>,
}

/// The values of a metric of one's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// One for each independent thing that was looked at.
    pub values: Vec<f64>,
    /// Which way is good.
    pub better: Better,
    /// What each of them is of; empty if they are repetitions of one thing.
    pub items: Vec<String>,
}

impl From<Vec<f64>> for Values {
    /// Repetitions without a good side.
    fn from(values: Vec<f64>) -> Values {
        Values {
            values,
            better: Better::Neither,
            items: Vec::new(),
        }
    }
}

impl Values {
    /// The same with a good side.
    pub fn better(self, better: Better) -> Values {
        Values { better, ..self }
    }

    /// The same with what each value is of, by an id: models are paired by it.
    pub fn of(self, items: impl IntoIterator<Item = impl Into<String>>) -> Values {
        let items = items.into_iter().map(Into::into).collect();
        Values { items, ..self }
    }

    /// Checks that there is one id for each value, if there is any.
    fn check(&self) -> Result<(), String> {
        let (n, n_ids) = (self.values.len(), self.items.len());
        let ids: BTreeSet<&String> = self.items.iter().collect();
        match n_ids {
            0 => Ok(()),
            _ if n_ids != n => Err(format!("{n_ids} ids for {n} values; give one for each")),
            _ if ids.len() < n_ids => {
                Err("an id that stands twice; give each value its own".into())
            }
            _ => Ok(()),
        }
    }
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
    pub fn with(mut self, metric: &str, values: impl Into<Values>) -> BenchmarkResult {
        self.metrics.insert(metric.to_owned(), values.into());
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
        let refused = |why: String| Error::Plan(format!("{id} has for {metric} {why}"));
        values.check().map_err(refused)?;
        let reason = values
            .values
            .is_empty()
            .then(|| format!("{id} found no value"));
        let better = match values.better {
            Better::Higher => Some(Good::Higher),
            Better::Lower => Some(Good::Lower),
            Better::Neither => None,
        };
        desk.folder.append_measurement(&Measurement {
            model: model.name().to_owned(),
            benchmark: id.to_owned(),
            metric,
            conditions: BTreeMap::new(),
            values: values.values,
            reason,
            told: None,
            own: Some(Own {
                better,
                items: values.items,
            }),
        })?;
    }
    Ok(())
}
