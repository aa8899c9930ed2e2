//! Several benchmarks on one or more models, in one run with its report.

use std::path::{Path, PathBuf};

use bench::Plan;
use ledger::Run;
use report::{Colour, Scorecard, scorecard_text};
use serde_json::Map;
use task::Custom;

use crate::benchmark::Benchmark;
use crate::carry::{Work, carry_out};
use crate::latency::{self, LatencyBenchmark, LatencyResult};
use crate::memory::{self, MemoryBenchmark, MemoryResult};
use crate::number::find;
use crate::perplexity::{PerplexityBenchmark, PerplexityResult};
use crate::{Error, Model, Number};

/// Columns of [`BenchmarkSummary::text`].
const WIDTH: u16 = 80;

/// Carries benchmarks out, one run for all of them. Each model is measured with the others put aside
/// ([`Model::put_aside`]), so that no memory of theirs stands in its figures; only speeds of several models are taken in
/// turns. Every later model is compared with the first.
///
/// ```
/// use workbench::{BenchmarkRunner, Case, Custom, MemoryBenchmark, Model, PerplexityBenchmark};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # for (name, seed) in [("a", 7), ("b", 8)] {
/// #     gguf::toy::write(folder.path().join(format!("{name}.gguf")), seed)?;
/// # }
/// # let at = |name: &str| folder.path().join(name);
/// let (a, b) = (Model::open_on(at("a.gguf"), 1)?, Model::open_on(at("b.gguf"), 1)?);
/// let manners = Custom {
///     id: "manners".into(),
///     description: String::new(),
///     data: vec![Case {
///         id: None,
///         prompt: "Say hello".into(),
///         max_tokens: Some(8),
///         expected_behavior: vec!["contains: hello".to_owned().try_into()?],
///     }],
/// };
/// let summary = BenchmarkRunner::new(at("nightly"))
///     .perplexity(PerplexityBenchmark::bundled("prose")?.num_batches(4))
///     .memory(MemoryBenchmark::new(&[64], &["f16"]))
///     .custom(manners)
///     .run(&[&a, &b])?;
/// assert_eq!(summary.memory("b").len(), 1);
/// summary.write_report()?; // report.html and its sisters, into the folder
/// # assert!(at("nightly").join("report.html").is_file());
/// # Ok(())
/// # }
/// ```
pub struct BenchmarkRunner {
    folder: PathBuf,
    perplexity: Vec<PerplexityBenchmark>,
    latency: Option<LatencyBenchmark>,
    memory: Option<MemoryBenchmark>,
    custom: Vec<Custom>,
    own: Vec<Box<dyn Benchmark>>,
}

/// What a run showed.
#[derive(Debug)]
pub struct BenchmarkSummary {
    /// The run folder.
    pub folder: PathBuf,
    /// Everything that reports say, as typed values.
    pub card: Scorecard,
    run: Run,
    plan: Plan,
    perplexity: Vec<PerplexityBenchmark>,
}

impl BenchmarkRunner {
    /// A runner that leaves its records in a new folder.
    pub fn new(folder: impl Into<PathBuf>) -> BenchmarkRunner {
        BenchmarkRunner {
            folder: folder.into(),
            perplexity: Vec::new(),
            latency: None,
            memory: None,
            custom: Vec::new(),
            own: Vec::new(),
        }
    }

    /// Adds a text; several have to be cut in one way.
    pub fn perplexity(mut self, benchmark: PerplexityBenchmark) -> BenchmarkRunner {
        self.perplexity.push(benchmark);
        self
    }

    /// Measures speed; the last one counts.
    pub fn latency(mut self, benchmark: LatencyBenchmark) -> BenchmarkRunner {
        self.latency = Some(benchmark);
        self
    }

    /// Measures memory; the last one counts.
    pub fn memory(mut self, benchmark: MemoryBenchmark) -> BenchmarkRunner {
        self.memory = Some(benchmark);
        self
    }

    /// Adds prompts with what the answers are expected to do; each is answered once, by the likeliest tokens.
    pub fn custom(mut self, custom: Custom) -> BenchmarkRunner {
        self.custom.push(custom);
        self
    }

    /// Adds a benchmark of one's own.
    pub fn with(mut self, benchmark: impl Benchmark + 'static) -> BenchmarkRunner {
        self.own.push(Box::new(benchmark));
        self
    }

    /// Measures the models.
    ///
    /// # Errors
    /// [`Error::Plan`] for what is impossible, [`Error::Ledger`] if the folder is there already, and those of the
    /// benchmarks. What was measured by then is in the folder.
    pub fn run(self, models: &[&Model]) -> Result<BenchmarkSummary, Error> {
        let threads = models.first().map_or(1, |model| model.threads());
        let mut work = Work::on(threads);
        for benchmark in &self.perplexity {
            benchmark.add_to(&mut work)?;
        }
        work.plan.latency = self.latency.map(|benchmark| benchmark.plan);
        work.plan.memory = self.memory.map(|benchmark| benchmark.plan);
        for custom in &self.custom {
            work.suites.push(custom.suite().map_err(Error::Plan)?);
        }
        if !self.custom.is_empty() {
            let code = Plan::quick(work.plan.seed, threads).code;
            work.plan.code = code.map(|code| bench::plan::CodePlan {
                suites: self.custom.iter().map(|custom| custom.id.clone()).collect(),
                samples: 1,
                temperature: 0.0,
                ..code
            });
        }
        work.own = self.own;
        let run = carry_out(&self.folder, models, &work)?;
        Ok(BenchmarkSummary {
            folder: self.folder,
            card: Scorecard::of(&run),
            run,
            plan: work.plan,
            perplexity: self.perplexity,
        })
    }
}

impl BenchmarkSummary {
    /// The perplexities of a model.
    pub fn perplexity(&self, model: &str) -> Vec<PerplexityResult> {
        let all = self.perplexity.iter();
        all.map(|benchmark| benchmark.read(&self.card, model))
            .collect()
    }

    /// The speeds of a model; empty if none was measured.
    pub fn latency(&self, model: &str) -> Vec<LatencyResult> {
        let plan = self.plan.latency.as_ref();
        plan.map_or(Vec::new(), |plan| {
            latency::read(plan, &self.card, (model, self.plan.threads))
        })
    }

    /// The memory of a model; empty if none was measured.
    pub fn memory(&self, model: &str) -> Vec<MemoryResult> {
        let plan = self.plan.memory.as_ref();
        plan.map_or(Vec::new(), |plan| memory::read(plan, &self.card, model))
    }

    /// The first number of a metric in a benchmark's section, for instance one of your own.
    pub fn number(&self, benchmark: &str, metric: &str, model: &str) -> Number {
        find(&self.card, (benchmark, model), metric, &Map::new())
    }

    /// The scorecard as `whet` prints it, 80 columns wide and without colour.
    pub fn text(&self) -> String {
        scorecard_text(&self.card, WIDTH, Colour::Never)
    }

    /// Writes every file of the report into the run folder, and returns it.
    ///
    /// # Errors
    /// Those of the report and of writing.
    pub fn write_report(&self) -> Result<&Path, Error> {
        for (name, bytes) in report::files_of(&self.run, &self.card)? {
            ledger::write_derived(&self.folder, &name, &bytes)?;
        }
        Ok(&self.folder)
    }
}
