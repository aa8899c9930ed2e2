//! The resolved plan: every default filled in, stored in `run.json`, obeyed again on `--resume`.

mod accuracy;
mod context;
mod energy;
mod latency;
mod memory;
mod speculation;
mod texts;
mod variants;

use engine::{CacheKind, CacheKinds, Lanes, Sampling, Width};
use sandbox::toolchain;
use serde::{Deserialize, Serialize};
use task::{PromptProfile, Suite};

use crate::passages;
pub use accuracy::AccuracyPlan;
pub use context::{ContextPlan, RecallPlan};
pub use energy::EnergyPlan;
pub use latency::{LatencyPlan, Point};
pub use memory::{Filling, MemoryPlan};
pub use speculation::{Drafting, SpeculationPlan};
pub use texts::{DivergencePlan, PerplexityPlan};
pub use variants::{Shape, VariantsPlan};

/// Of how many verdicts of a fast way one is tried again by the slow one, unless asked otherwise: one in
/// twenty costs little and finds a way that is wrong in one of a hundred.
const AUDIT: f64 = 0.05;

/// Everything a run will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the preset it came from.
    pub preset: String,
    /// The run's seed.
    pub seed: u64,
    /// Threads of the engine.
    pub threads: usize,
    /// The graphics processor that models compute on, by the engine's name; `None` for the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Code problems, if wanted.
    pub code: Option<CodePlan>,
    /// Perplexity of the bundled passages, if wanted.
    pub perplexity: Option<PerplexityPlan>,
    /// Memory, if wanted.
    pub memory: Option<MemoryPlan>,
    /// Speed, if wanted.
    pub latency: Option<LatencyPlan>,
    /// Divergence of every other model, or of other caches, from the first model, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence: Option<DivergencePlan>,
    /// Multiple choice, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<AccuracyPlan>,
    /// Speed and recall at growing context, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextPlan>,
    /// The shapes of a family, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<VariantsPlan>,
    /// Speculative decoding, if wanted. It is carried out by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speculation: Option<SpeculationPlan>,
    /// How power at rest is found; `None` for a short look where power can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<EnergyPlan>,
}

/// Code problems: which, how often, how sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePlan {
    /// Suites by name or path. What they hold is found by whoever carries the plan out.
    pub suites: Vec<String>,
    /// Completions of each problem.
    pub samples: u32,
    /// Sampling temperature; 0 is greedy.
    pub temperature: f32,
    /// Keeps the k most likely tokens; 0 is off.
    pub top_k: usize,
    /// Nucleus share; 1 is off.
    pub top_p: f32,
    /// Floor relative to the most likely token; 0 is off.
    pub min_p: f32,
    /// Repetition penalty; 1 is off.
    pub repetition_penalty: f32,
    /// Requests served side by side.
    pub batch: usize,
    /// How steps are laid out.
    pub steps: Steps,
    /// Programs judged side by side.
    pub judge_workers: usize,
    /// At most so many problems of each suite, from its beginning.
    pub limit: Option<usize>,
    /// Which pass@k a report shows; empty for 1 and the largest that every problem has attempts for.
    #[serde(default)]
    pub k: Vec<u32>,
    /// The wording of function tasks; `None` for the one that fits the model.
    #[serde(default)]
    pub prompt: Option<PromptProfile>,
    /// How far function tasks keep their tests and the candidate apart.
    #[serde(default)]
    pub mode: Mode,
    /// What builds the programs of its language, by its name; `None` for the first that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    /// Whether an earlier verdict on the same program under the same circumstances is taken over.
    #[serde(default = "yes")]
    pub verdict_cache: bool,
    /// Share of the verdicts of a fast way that are tried again by the slow one, in 0..=1.
    #[serde(default)]
    pub audit: f64,
    /// Whether completions are judged; else they are only written down.
    #[serde(default = "yes")]
    pub judge: bool,
    /// Whether a model that is asked for a whole program may go on behind it. If not, an answer ends with the block that
    /// would be judged.
    #[serde(default = "yes")]
    pub whole_answers: bool,
}

/// What plans of earlier versions meant.
fn yes() -> bool {
    true
}

/// How far function tasks keep their tests and the candidate apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In two boxes, with plain data between them.
    #[default]
    Split,
    /// In one process, as in the published harnesses: the candidate can deceive its tests.
    Compat,
    /// Both, so that the difference can be seen.
    Both,
}

/// How decode steps are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steps {
    /// Whole tiles of rows: the same text at any batch size and after a resume.
    Deterministic,
    /// As many rows as there are busy lanes.
    Fast,
}

impl Plan {
    /// The preset that `whet bench MODEL` runs: a report card in minutes.
    pub fn quick(seed: u64, threads: usize) -> Plan {
        Plan {
            preset: "quick".into(),
            seed,
            threads,
            device: None,
            code: Some(CodePlan::quick(threads)),
            perplexity: Some(PerplexityPlan::passages(&passages::TEXTS)),
            memory: Some(MemoryPlan::of(&[512, 2048], &["f16", "q8_0"])),
            latency: Some(LatencyPlan::quick()),
            divergence: None,
            accuracy: None,
            context: None,
            variants: None,
            energy: None,
            speculation: None,
        }
    }

    /// The preset of `whet test`: a little of everything.
    pub fn smoke(seed: u64, threads: usize) -> Plan {
        let mut plan = Plan::quick(seed, threads);
        plan.preset = "smoke".into();
        plan.energy = Some(EnergyPlan::NONE);
        if let Some(code) = &mut plan.code {
            code.samples = 1;
            code.batch = 4;
            code.steps = Steps::Deterministic;
            code.limit = Some(3);
        }
        plan.memory = Some(MemoryPlan::of(&[256], &["f16", "q8_0"]));
        plan.latency = Some(LatencyPlan {
            prompt_tokens: vec![32],
            generate_tokens: vec![8],
            repeats: 3,
            ..LatencyPlan::quick()
        });
        plan
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        some(self.threads, "--threads")?;
        if let Some(code) = &self.code {
            code.sampling().check()?;
            some(code.samples as usize, "--samples")?;
            some(code.batch, "--batch")?;
            some(code.judge_workers, "the number of judges")?;
            some(code.limit.unwrap_or(1), "--limit")?;
            code.check_judging()?;
        }
        if let Some(perplexity) = &self.perplexity {
            perplexity.check()?;
        }
        if let Some(divergence) = &self.divergence {
            divergence.check()?;
        }
        if let Some(accuracy) = &self.accuracy {
            some(accuracy.limit.unwrap_or(1), "--limit")?;
        }
        if let Some(context) = &self.context {
            context.check()?;
        }
        if let Some(memory) = &self.memory {
            memory.check()?;
        }
        if let Some(latency) = &self.latency {
            latency.check()?;
        }
        if let Some(variants) = &self.variants {
            variants.check()?;
        }
        if let Some(speculation) = &self.speculation {
            speculation.check()?;
        }
        Ok(())
    }
}

fn some(n: usize, what: &str) -> Result<(), String> {
    match n {
        0 => Err(format!("{what} must be at least 1")),
        _ => Ok(()),
    }
}

impl CodePlan {
    fn quick(threads: usize) -> CodePlan {
        CodePlan {
            suites: vec!["python-core".into(), "cpp-demo".into()],
            samples: 4,
            temperature: 0.7,
            top_k: 50,
            top_p: 0.9,
            min_p: 0.0,
            repetition_penalty: 1.0,
            batch: 16,
            steps: Steps::Deterministic,
            judge_workers: threads,
            limit: None,
            k: Vec::new(),
            prompt: None,
            mode: Mode::Split,
            compiler: None,
            verdict_cache: true,
            audit: AUDIT,
            judge: true,
            whole_answers: false,
        }
    }

    /// pass@k is a statement about k attempts, so there have to be as many.
    fn check_judging(&self) -> Result<(), String> {
        if self.k.contains(&0) {
            return Err("--k must be at least 1".into());
        }
        if let Some(k) = self.k.iter().find(|k| **k > self.samples) {
            return Err(format!(
                "--k {k} needs at least as many --samples, and there are {}",
                self.samples
            ));
        }
        if !(0.0..=1.0).contains(&self.audit) {
            return Err(format!(
                "--audit {} is no share between 0 and 1",
                self.audit
            ));
        }
        Ok(())
    }

    /// The suites, those in the language of the plan's compiler with it.
    ///
    /// # Errors
    /// A sentence that names the remedy: there is no such compiler, or no suite for it.
    pub fn with_compiler(&self, mut suites: Vec<Suite>) -> Result<Vec<Suite>, String> {
        let Some(name) = &self.compiler else {
            return Ok(suites);
        };
        let Some((_, language)) = toolchain::names().find(|(known, _)| known == name) else {
            let known: Vec<_> = toolchain::names().map(|(name, _)| name).collect();
            return Err(format!(
                "--compiler {name} is not known; it is one of {}",
                known.join(", ")
            ));
        };
        let mut is_used = false;
        for suite in &mut suites {
            if suite.language.boxed() == language && suite.judge.builds() {
                suite.toolchain = Some(name.clone());
                is_used = true;
            }
        }
        match is_used {
            true => Ok(suites),
            false => Err(format!(
                "--compiler {name} builds {}, and no suite here is of that language; name one with --suite",
                language.name()
            )),
        }
    }

    /// How tokens are chosen.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
        }
    }

    /// How requests are laid over a model, each with room for `capacity` tokens.
    pub fn lanes(&self, capacity: usize) -> Lanes {
        Lanes {
            n: self.batch,
            capacity,
            width: match self.steps {
                Steps::Deterministic => Width::DETERMINISTIC,
                Steps::Fast => Width::FAST,
            },
            cache: CacheKinds::both(CacheKind::F16),
        }
    }
}
