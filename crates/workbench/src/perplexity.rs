//! How surprised a model is by a text.

use std::path::Path;

use bench::plan::PerplexityPlan;
use bench::{Protocol, Text};
use report::Scorecard;
use serde_json::{Map, json};

use crate::carry::{Work, in_passing};
use crate::number::find;
use crate::{Error, Model, Number};

/// The benchmark's name in records.
pub(crate) const NAME: &str = "perplexity";

/// Perplexity of one text.
///
/// ```no_run
/// use workbench::{Model, PerplexityBenchmark};
/// # fn main() -> Result<(), workbench::Error> {
/// let model = Model::open("model.gguf")?;
/// let benchmark = PerplexityBenchmark::file("wiki.test.raw")?.block_size(2048).num_batches(100);
/// println!("{}", benchmark.run(&model)?.perplexity);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PerplexityBenchmark {
    /// Every setting, for what has no method here.
    pub plan: PerplexityPlan,
    text: Text,
}

/// What a perplexity came to.
#[derive(Debug, Clone, PartialEq)]
pub struct PerplexityResult {
    /// The text's name.
    pub text: String,
    /// Per token of the model's own tokenizer.
    pub perplexity: Number,
    /// Comparable between tokenizers; absent for texts of token ids.
    pub bits_per_byte: Number,
}

impl PerplexityBenchmark {
    /// A bundled text (`code` or `prose`), passage by passage.
    ///
    /// # Errors
    /// [`Error::Plan`] if there is no such text.
    pub fn bundled(name: &str) -> Result<PerplexityBenchmark, Error> {
        let text = Text::bundled(name);
        let text = text.ok_or_else(|| {
            Error::Plan(format!(
                "there is no bundled text {name}; there are code and prose"
            ))
        })?;
        Ok(PerplexityBenchmark::of(text, Protocol::Passages))
    }

    /// A file: plain text, JSON lines, Parquet, or token ids in `.npy`; in rows of 2048 tokens unless said
    /// otherwise.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::Plan`] if it is no text.
    pub fn file(path: impl AsRef<Path>) -> Result<PerplexityBenchmark, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = Text::read(&name, &bytes, "text").map_err(Error::Plan)?;
        Ok(PerplexityBenchmark::of(text, Protocol::Rows))
    }

    fn of(text: Text, protocol: Protocol) -> PerplexityBenchmark {
        let plan = PerplexityPlan {
            sha256: vec![text.sha256.clone()],
            protocol,
            ..PerplexityPlan::passages(&[&text.name])
        };
        PerplexityBenchmark { plan, text }
    }

    /// Tokens that are scored together.
    pub fn block_size(mut self, tokens: usize) -> PerplexityBenchmark {
        self.plan.context = Some(tokens);
        self
    }

    /// At most so many blocks; passages of a bundled text.
    pub fn num_batches(mut self, n: usize) -> PerplexityBenchmark {
        self.plan.limit_chunks = Some(n);
        self
    }

    /// The tradition by which a text is cut.
    pub fn protocol(mut self, protocol: Protocol) -> PerplexityBenchmark {
        self.plan.protocol = protocol;
        self
    }

    /// Measures a model.
    ///
    /// # Errors
    /// Those of the benchmark.
    pub fn run(&self, model: &Model) -> Result<PerplexityResult, Error> {
        let mut work = Work::on(model.threads());
        self.add_to(&mut work)?;
        let card = Scorecard::of(&in_passing(model, &work)?);
        Ok(self.read(&card, model.name()))
    }

    pub(crate) fn add_to(&self, work: &mut Work) -> Result<(), Error> {
        match &mut work.plan.perplexity {
            None => work.plan.perplexity = Some(self.plan.clone()),
            Some(plan) => {
                let alike = |plan: &PerplexityPlan| PerplexityPlan {
                    texts: Vec::new(),
                    sha256: Vec::new(),
                    ..plan.clone()
                };
                if alike(plan) != alike(&self.plan) {
                    let why = "texts of one run are cut in one way; use a runner for each";
                    return Err(Error::Plan(why.to_owned()));
                }
                plan.texts.extend(self.plan.texts.clone());
                plan.sha256.extend(self.plan.sha256.clone());
            }
        }
        work.texts.push(self.text.clone());
        Ok(())
    }

    /// What a scorecard says of it.
    pub(crate) fn read(&self, card: &Scorecard, model: &str) -> PerplexityResult {
        let conditions = Map::from_iter([("text".to_owned(), json!(self.text.name))]);
        let number = |metric: &str| find(card, (NAME, model), metric, &conditions);
        PerplexityResult {
            text: self.text.name.clone(),
            perplexity: number("perplexity"),
            bits_per_byte: number("bits_per_byte"),
        }
    }
}
