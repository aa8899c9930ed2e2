//! What a `whet bench` is asked to do: by its flags, or by the header of the run that it continues.
//!
//! Nothing is loaded or measured here; a wrong word is refused before either.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::Plan;
use ledger::record::{ModelRecord, RunHeader};
use llama::Adapter;
use task::Suite;

use crate::cli::{Bench, Part, Preset};
use crate::exit::Usage;
use crate::subject;

/// What is to be done: by flags, or by the header of an earlier run.
pub(super) struct Order {
    pub(super) plan: Plan,
    /// The suites that the plan names.
    pub(super) suites: Vec<Suite>,
    pub(super) models: Vec<String>,
    /// The names under which an earlier run knows its models; empty for a new run.
    pub(super) names: Vec<String>,
    pub(super) adapter: Option<Adapter>,
    pub(super) resume: Option<PathBuf>,
}

impl Order {
    pub(super) fn of(flags: &Bench) -> Result<Order> {
        match &flags.resume {
            Some(folder) => Order::resumed(folder.as_deref(), flags),
            None => Order::new(flags),
        }
    }

    fn new(flags: &Bench) -> Result<Order> {
        let plan = plan(flags)?;
        let suites = suites(&plan)?;
        let adapter = subject::adapter(flags.adapter.as_deref())?;
        Ok(Order {
            plan,
            suites,
            models: flags.models.clone(),
            names: Vec::new(),
            adapter,
            resume: None,
        })
    }

    fn resumed(folder: Option<&Path>, flags: &Bench) -> Result<Order> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => ledger::latest(&flags.output).ok_or_else(|| {
                Usage(format!(
                    "there is no run to resume in {}",
                    flags.output.display()
                ))
            })?,
        };
        let run = ledger::read(&folder)?;
        let plan: Plan = serde_json::from_value(run.header.plan.clone())
            .with_context(|| format!("the plan in {}/run.json", folder.display()))?;
        let suites = suites(&plan)?;
        same_problems(&run.header, &suites)?;
        let of_models = |field: fn(&ModelRecord) -> &String| {
            run.header.models.iter().map(field).cloned().collect()
        };
        let models = of_models(|model| &model.path);
        let names = of_models(|model| &model.name);
        let adapter = subject::adapter(
            run.header
                .engine
                .get("adapter")
                .and_then(|word| word.as_str()),
        )?;
        Ok(Order {
            plan,
            suites,
            models,
            names,
            adapter,
            resume: Some(folder),
        })
    }
}

/// The suites that a plan names.
fn suites(plan: &Plan) -> Result<Vec<Suite>> {
    let words = plan.code.iter().flat_map(|code| &code.suites);
    words
        .map(|word| {
            let found = task::catalog::find(word).map_err(|error| Usage(error.to_string()))?;
            Ok(found.clone())
        })
        .collect()
}

/// A resumed run must ask the very questions it began with.
fn same_problems(header: &RunHeader, suites: &[Suite]) -> Result<()> {
    for record in &header.suites {
        let found = suites.iter().find(|suite| suite.name == record.name);
        if found.is_none_or(|suite| suite.sha256 != record.sha256) {
            return Err(Usage(format!(
                "the problems of {} are not those that this run began with (SHA-256 then {}); start a new run",
                record.name, record.sha256
            ))
            .into());
        }
    }
    Ok(())
}

/// The preset with the user's changes.
fn plan(flags: &Bench) -> Result<Plan> {
    let threads = subject::threads(flags.threads);
    let mut plan = match flags.preset {
        Preset::Quick => Plan::quick(flags.seed, threads),
        Preset::Smoke => Plan::smoke(flags.seed, threads),
    };
    let wanted = |part: Part| flags.only.is_empty() || flags.only.contains(&part);
    plan.code = plan.code.filter(|_| wanted(Part::Code));
    plan.latency = plan.latency.filter(|_| wanted(Part::Latency));
    plan.memory = plan.memory.filter(|_| wanted(Part::Memory));
    plan.perplexity = plan.perplexity.filter(|_| wanted(Part::Perplexity));
    change_code(&mut plan, flags);
    change_speed(&mut plan, flags);
    if flags.code.limit == Some(0) {
        return Err(Usage("--limit must be at least 1".into()).into());
    }
    plan.check().map_err(Usage)?;
    Ok(plan)
}

fn set<T: Clone>(place: &mut T, asked: &Option<T>) {
    if let Some(value) = asked {
        *place = value.clone();
    }
}

fn change_code(plan: &mut Plan, flags: &Bench) {
    let Some(code) = &mut plan.code else { return };
    let asked = &flags.code;
    if !asked.suite.is_empty() {
        code.suites.clone_from(&asked.suite);
    }
    set(&mut code.samples, &asked.samples);
    set(&mut code.temperature, &asked.temperature);
    set(&mut code.top_k, &asked.top_k);
    set(&mut code.top_p, &asked.top_p);
    set(&mut code.min_p, &asked.min_p);
    set(&mut code.repetition_penalty, &asked.repetition_penalty);
    set(&mut code.batch, &asked.batch);
    if asked.limit.is_some() {
        code.limit = asked.limit;
    }
    if asked.fast {
        code.steps = bench::plan::Steps::Fast;
    }
}

fn change_speed(plan: &mut Plan, flags: &Bench) {
    let asked = &flags.speed;
    if let Some(latency) = &mut plan.latency {
        if !asked.prompt_tokens.is_empty() {
            latency.prompt_tokens.clone_from(&asked.prompt_tokens);
        }
        set(&mut latency.generate_tokens, &asked.generate_tokens);
        set(&mut latency.repeats, &asked.repeats);
        set(&mut latency.cache, &asked.cache.first().cloned());
    }
    if let Some(memory) = &mut plan.memory {
        if !asked.contexts.is_empty() {
            memory.contexts.clone_from(&asked.contexts);
        }
        if !asked.cache.is_empty() {
            memory.caches.clone_from(&asked.cache);
        }
    }
}

/// What a plan will do, a line for each benchmark.
pub(super) fn describe(plan: &Plan, suites: &[Suite]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(memory) = &plan.memory {
        lines.push(format!(
            "memory      {} tokens of context, cache {}",
            list(&memory.contexts),
            memory.caches.join(" and ")
        ));
    }
    if let Some(code) = &plan.code {
        let suites: Vec<String> = suites
            .iter()
            .map(|suite| {
                format!(
                    "{} ({} problems)",
                    suite.name,
                    code.limit.unwrap_or(usize::MAX).min(suite.problems.len())
                )
            })
            .collect();
        lines.push(format!(
            "code        {}, {} completions of each",
            suites.join(", "),
            code.samples
        ));
    }
    if let Some(perplexity) = &plan.perplexity {
        lines.push(format!(
            "perplexity  bundled texts: {}",
            perplexity.texts.join(", ")
        ));
    }
    if let Some(latency) = &plan.latency {
        lines.push(format!(
            "latency     prompts of {} tokens, {} tokens after each, {} timed runs",
            list(&latency.prompt_tokens),
            latency.generate_tokens,
            latency.repeats
        ));
    }
    lines
}

fn list(numbers: &[usize]) -> String {
    numbers
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(" and ")
}
