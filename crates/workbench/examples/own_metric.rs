//! A metric of one's own: how many different words an answer has, of all its words.
//!
//! `cargo run --release -p workbench --example own_metric -- model.gguf`

use std::error::Error;
use std::io::Write;
use std::path::Path;
use workbench::{Benchmark, BenchmarkResult, BenchmarkRunner, BenchmarkSummary};
use workbench::{Better, Model, Values};

const QUESTIONS: [&str; 6] = [
    "What is a compiler?",
    "Describe a rainy day.",
    "How does a bicycle stay upright?",
    "Tell me about the sea.",
    "What do bees do in winter?",
    "Why is the sky blue?",
];

/// The share of different words, one value for each question.
struct Variety;

impl Benchmark for Variety {
    fn id(&self) -> &str {
        "variety"
    }

    fn run(&self, model: &Model) -> Result<BenchmarkResult, Box<dyn Error + Send + Sync>> {
        let mut shares = Vec::new();
        for question in QUESTIONS {
            let answer = model.answer(question, 64)?;
            let mut words: Vec<&str> = answer.text.split_whitespace().collect();
            let n = words.len().max(1);
            words.sort_unstable();
            words.dedup();
            shares.push(words.len() as f64 / n as f64);
        }
        let shares = Values::from(shares).of(QUESTIONS).better(Better::Higher);
        Ok(BenchmarkResult::new(self.id()).with("different_words_share", shares))
    }
}

/// Measures models and leaves a report in a folder.
pub(crate) fn variety(
    models: &[&Model],
    folder: &Path,
) -> Result<BenchmarkSummary, workbench::Error> {
    let summary = BenchmarkRunner::new(folder).with(Variety).run(models)?;
    summary.write_report()?;
    Ok(summary)
}

#[allow(dead_code, reason = "a test calls the function above")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a model file")?;
    let summary = variety(&[&Model::open(path)?], Path::new("variety"))?;
    std::io::stdout().write_all(summary.text().as_bytes())?;
    Ok(())
}
