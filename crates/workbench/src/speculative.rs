//! Speculative decoding as a published suite has it: the target alone, with a draft, and with an adapted draft.
//!
//! Names and fields are those of that suite; what is measured, and that every answer is held against the target's own, is
//! the benchmark of `whet bench spec`. Means are means of rates over answers, as there.

use std::collections::BTreeMap;

use bench::Desk;
use bench::plan::{Drafting, SpeculationPlan};
use bench::speculation::prompts::{Prompt, Prompts};
use bench::speculation::{Cast, Gate};
use serde::{Deserialize, Serialize};

use crate::carry::{Work, on_a_desk, passing_folder};
use crate::{Error, Model};

/// Guesses of a pass at most.
const MOST_DRAFTED: usize = 8;

/// Who takes part.
#[derive(Clone, Copy)]
pub struct BenchmarkRunner<'a> {
    /// Whose answers they are.
    pub target: &'a Model,
    /// Who guesses.
    pub draft: &'a Model,
    /// The draft with an adapter, if there is one ([`Model::open_adapted`]).
    pub lora: Option<&'a Model>,
    /// Tokens of an answer, at most.
    pub max_tokens: usize,
    /// How often each prompt is answered by everyone.
    pub iterations: usize,
}

/// One mode's answers to one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkResult {
    /// Tokens of an answer through the whole time of it, mean over iterations.
    pub tokens_per_second: Option<f64>,
    /// Seconds, mean over iterations.
    pub time_to_last_token: Option<f64>,
    /// Share of the emitted tokens that were guessed; `None` where nobody guesses.
    pub acceptance_rate: Option<f64>,
    /// Tokens of all answers.
    pub total_tokens: f64,
}

/// One mode over all prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModeSummary {
    /// `target_only`, `spec_base` or `spec_lora`.
    pub mode: String,
    /// Mean over answers.
    pub avg_tokens_per_second: Option<f64>,
    /// Seconds, mean over answers.
    pub avg_time_to_last_token: Option<f64>,
    /// Share of the emitted tokens that were guessed; `None` where nobody guesses.
    pub avg_acceptance_rate: Option<f64>,
    /// Tokens of all answers.
    pub total_tokens: f64,
    /// Answers.
    pub num_prompts: usize,
    /// The slowest answer.
    pub min_tokens_per_second: Option<f64>,
    /// The fastest answer.
    pub max_tokens_per_second: Option<f64>,
}

/// A prompt with what each mode made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerPrompt {
    /// The whole prompt.
    pub full_prompt: String,
    /// Results by mode.
    #[serde(flatten)]
    pub modes: BTreeMap<String, Answered>,
}

/// What stands under a prompt: results, and words beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answered {
    /// A mode's results.
    Result(BenchmarkResult),
    /// Something else that the file says.
    Else(serde_json::Value),
}

/// All modes on all prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkSummary {
    /// By mode.
    pub summary: BTreeMap<String, ModeSummary>,
    /// In the order in which they were asked.
    pub per_prompt: Vec<PerPrompt>,
}

impl BenchmarkSummary {
    /// The mean speed of a mode as a multiple of the target's own.
    pub fn speedup(&self, mode: &str) -> Option<f64> {
        let speed = |mode: &str| self.summary.get(mode)?.avg_tokens_per_second;
        Some(speed(mode)? / speed("target_only")?)
    }
}

impl PerPrompt {
    /// The results of a mode.
    pub fn result(&self, mode: &str) -> Option<&BenchmarkResult> {
        match self.modes.get(mode)? {
            Answered::Result(result) => Some(result),
            Answered::Else(_) => None,
        }
    }
}

/// Answers the prompts in every mode, in turns. An answer that is not the target's own is an error.
///
/// ```
/// use workbench::Model;
/// use workbench::speculative::{BenchmarkRunner, run_benchmark_suite};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("toy.gguf");
/// # gguf::toy::write(&path, 7)?;
/// let (target, draft) = (Model::open_on(&path, 1)?, Model::open_on(&path, 1)?);
/// let runner = BenchmarkRunner { target: &target, draft: &draft, lora: None, max_tokens: 16, iterations: 1 };
/// let summary = run_benchmark_suite(&runner, &["Count to ten", "What is Rust?"])?;
/// assert_eq!(summary.per_prompt.len(), 2);
/// println!("{:?}", summary.speedup("spec_base"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Plan`] for a draft that does not fit, and those of the benchmark.
pub fn run_benchmark_suite(
    runner: &BenchmarkRunner<'_>,
    prompts: &[&str],
) -> Result<BenchmarkSummary, Error> {
    let prompts = asked(prompts)?;
    let mut work = Work::on(runner.target.threads());
    let plan = runner.plan(&prompts);
    work.plan.speculation = Some(plan.clone());
    let folder = passing_folder()?;
    let mut gate = Gate::default();
    let run = on_a_desk(
        &folder.path().join("run"),
        &[runner.target],
        &work,
        &mut |desk| {
            gate = runner.measure(&plan, &prompts, desk)?;
            Ok(())
        },
    )?;
    if gate.n_faults > 0 {
        let n = gate.n_faults;
        return Err(Error::Plan(format!(
            "guessing changed {n} answers; use `whet bench spec` to see which"
        )));
    }
    let texts = prompts
        .list
        .iter()
        .map(|one| (one.id.clone(), one.prompt.clone()));
    let suite = report::export::speculation_suite(&run, &texts.collect());
    let suite = suite.ok_or_else(|| Error::Plan("no prompt was answered".to_owned()))?;
    serde_json::from_value(suite).map_err(|error| Error::Plan(error.to_string()))
}

/// Prompts of a program, which have no file.
fn asked(prompts: &[&str]) -> Result<Prompts, Error> {
    if prompts.is_empty() {
        return Err(Error::Plan("there is no prompt to answer".to_owned()));
    }
    let prompt = |(at, text): (usize, &&str)| Prompt {
        id: format!("{:03}", at + 1),
        category: "own".to_owned(),
        prompt: (*text).to_owned(),
    };
    Ok(Prompts {
        name: "given".to_owned(),
        sha256: String::new(),
        list: prompts.iter().enumerate().map(prompt).collect(),
    })
}

impl BenchmarkRunner<'_> {
    fn measure(
        &self,
        plan: &SpeculationPlan,
        prompts: &Prompts,
        desk: &mut Desk<'_>,
    ) -> Result<Gate, Error> {
        let (target, draft) = (self.target.loaded()?, self.draft.loaded()?);
        let adapted = self.lora.map(Model::loaded).transpose()?;
        let lora = self.lora.zip(adapted.as_ref());
        let lora = lora
            .map(|(lora, loaded)| lora.subject(loaded))
            .transpose()?;
        let cast = Cast {
            target: &self.target.subject(&target)?,
            draft: Some(&self.draft.subject(&draft)?),
            lora: lora.as_ref(),
        };
        Ok(bench::speculation::measure(cast, plan, prompts, desk)?)
    }

    fn plan(&self, prompts: &Prompts) -> SpeculationPlan {
        let mut modes = vec![Drafting::Target, Drafting::Draft];
        modes.extend(self.lora.map(|_| Drafting::DraftLora));
        SpeculationPlan {
            modes,
            prompts: prompts.name.clone(),
            sha256: prompts.sha256.clone(),
            limit: None,
            max_tokens: self.max_tokens,
            iterations: self.iterations,
            draft_length: None,
            most_drafted: MOST_DRAFTED,
            whole_tiles: true,
            adapter: self
                .lora
                .and_then(Model::adapter)
                .map(|path| path.display().to_string()),
            adapter_skipped: None,
        }
    }
}
