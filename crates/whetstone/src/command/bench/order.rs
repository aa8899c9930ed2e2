//! What a `whet bench` is asked to do: by its flags, or by the header of the run that it continues.
//!
//! Nothing is loaded or measured here; a wrong word is refused before either.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::Plan;
use bench::plan::CodePlan;
use ledger::record::{ModelRecord, RunHeader};
use llama::Adapter;
use task::{PromptProfile, Suite};

use crate::cli::{Bench, JudgeFlags, Mode, Part, Preset, Prompt};
use crate::exit::Usage;
use crate::subject::{self, Finder};
use crate::suites;

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
    pub(super) fn of(flags: &Bench, finder: &Finder<'_>) -> Result<Order> {
        match &flags.resume {
            Some(folder) => Order::resumed(folder.as_deref(), flags, finder),
            None => Order::new(flags, finder),
        }
    }

    fn new(flags: &Bench, finder: &Finder<'_>) -> Result<Order> {
        let plan = plan(flags)?;
        let suites = suites_of(&plan, finder)?;
        let adapter = subject::adapter(flags.run.adapter.as_deref())?;
        Ok(Order {
            plan,
            suites,
            models: flags.models.clone(),
            names: Vec::new(),
            adapter,
            resume: None,
        })
    }

    fn resumed(folder: Option<&Path>, flags: &Bench, finder: &Finder<'_>) -> Result<Order> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => ledger::latest(&flags.run.output).ok_or_else(|| {
                Usage(format!(
                    "there is no run to resume in {}",
                    flags.run.output.display()
                ))
            })?,
        };
        let run = ledger::read(&folder)?;
        if run
            .header
            .plan
            .get(super::super::sample::IMPORTED)
            .is_some()
        {
            return Err(Usage(format!(
                "{} holds completions that were imported, and no model to go on with; judge them with `whet sample judge`",
                folder.display()
            ))
            .into());
        }
        let plan: Plan = serde_json::from_value(run.header.plan.clone())
            .with_context(|| format!("the plan in {}/run.json", folder.display()))?;
        let suites = suites_of(&plan, finder)?;
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

/// The suites that a plan names, asked as the plan says. Without a word about it each model is asked in
/// the way that fits it, which is not known yet.
fn suites_of(plan: &Plan, finder: &Finder<'_>) -> Result<Vec<Suite>> {
    let Some(code) = &plan.code else {
        return Ok(Vec::new());
    };
    let asked = |suite: Suite| match code.prompt {
        Some(profile) => suite.asked(profile),
        None => suite,
    };
    let words = code.suites.iter();
    words
        .map(|word| Ok(asked(suites::find(word, finder)?)))
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
pub(super) fn plan(flags: &Bench) -> Result<Plan> {
    let threads = subject::threads(flags.run.threads);
    let mut plan = match flags.preset {
        Preset::Quick => Plan::quick(flags.run.seed, threads),
        Preset::Smoke => Plan::smoke(flags.run.seed, threads),
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
    for word in plan.code.iter().flat_map(|code| &code.suites) {
        suites::known(word)?;
    }
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
    code.judge = !asked.unjudged;
    code.k.clone_from(&asked.k);
    code.prompt = match asked.prompt {
        None | Some(Prompt::Auto) => None,
        Some(Prompt::EvalplusChat) => Some(PromptProfile::EvalplusChat),
        Some(Prompt::EvalplusBase) => Some(PromptProfile::EvalplusBase),
        Some(Prompt::Raw) => Some(PromptProfile::Raw),
    };
    change_judging(code, &asked.judging);
}

/// How completions are judged, wherever they come from.
pub(crate) fn change_judging(code: &mut CodePlan, asked: &JudgeFlags) {
    code.mode = match asked.mode {
        None | Some(Mode::Split) => bench::plan::Mode::Split,
        Some(Mode::Compat) => bench::plan::Mode::Compat,
        Some(Mode::Both) => bench::plan::Mode::Both,
    };
    code.verdict_cache = !asked.no_cache;
    set(&mut code.audit, &asked.audit);
}

fn change_speed(plan: &mut Plan, flags: &Bench) {
    let asked = &flags.speed;
    if let Some(latency) = &mut plan.latency {
        let prompts = &asked.prompts;
        if !prompts.prompt_tokens.is_empty() {
            latency.prompt_tokens.clone_from(&prompts.prompt_tokens);
        }
        set(&mut latency.generate_tokens, &prompts.generate_tokens);
        set(&mut latency.repeats, &prompts.repeats);
        set(&mut latency.cache, &asked.cache.cache.first().cloned());
    }
    if let Some(memory) = &mut plan.memory {
        if !asked.contexts.contexts.is_empty() {
            memory.contexts.clone_from(&asked.contexts.contexts);
        }
        if !asked.cache.cache.is_empty() {
            memory.caches.clone_from(&asked.cache.cache);
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
