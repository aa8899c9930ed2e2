//! What a `whet bench` is asked to do: by its flags, or by the header of the run that it continues.
//!
//! Nothing is loaded or measured here; a wrong word is refused before either.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::plan::{CodePlan, DivergencePlan, EnergyPlan, LatencyPlan};
use bench::run::Material;
use bench::{Plan, Text};
use ledger::record::{RunHeader, Warning};
use task::{PromptProfile, Quiz, Suite};

use super::{reading, sweep};
use crate::cli::{Bench, Device, JudgeFlags, Mode, Numbers, Part, Preset, Prompt, Switch};
use crate::compute::Compute;
use crate::exit::Usage;
use crate::formats::Formats;
use crate::subject::{self, Finder};
use crate::{quizzes, suites, texts};

/// What is to be done: by flags, or by the header of an earlier run.
pub(in crate::command) struct Order {
    pub(in crate::command) plan: Plan,
    /// The suites that the plan names.
    pub(super) suites: Vec<Suite>,
    /// The texts of perplexity, those of divergence, and those on which caches are compared.
    pub(super) texts: [Vec<Text>; 3],
    /// The questions of multiple choice.
    pub(super) quizzes: Vec<Quiz>,
    pub(super) models: Vec<String>,
    /// The names under which an earlier run knows its models; empty for a new run.
    pub(super) names: Vec<String>,
    pub(super) resume: Option<PathBuf>,
    /// What has to be said if another device was asked for than computes.
    pub(super) fallback: Option<Warning>,
    /// What to write in the end, in which forms.
    pub(super) exports: Vec<(String, PathBuf)>,
    /// Which files of the report a recipe wants, all without a word; `None` leaves it as the folder has it.
    pub(in crate::command) formats: Option<Vec<String>>,
    /// What the run's folder is called before its time; `None` for its models.
    pub(in crate::command) name: Option<String>,
}

impl Order {
    pub(super) fn of(flags: &Bench, finder: &Finder<'_>) -> Result<Order> {
        match earlier(flags)? {
            Some(folder) => Order::resumed(folder, finder),
            None => Order::new(flags, finder),
        }
    }

    /// What has been read for the plan.
    pub(super) fn material(&self) -> Material<'_> {
        Material {
            suites: &self.suites,
            texts: &self.texts[0],
            compared: &self.texts[1],
            quizzes: &self.quizzes,
            cached: &self.texts[2],
        }
    }

    fn new(flags: &Bench, finder: &Finder<'_>) -> Result<Order> {
        let order = Order::of_plan(plan(flags)?, models(flags)?, finder)?;
        Ok(order.on(&flags.run.device))
    }

    /// Whether it is of an earlier run that has not come to its end.
    pub(super) fn is_to_go_on(&self) -> Result<bool> {
        let earlier = self.resume.as_ref().map(|folder| ledger::read(folder));
        Ok(earlier.transpose()?.is_some_and(|run| !run.is_complete()))
    }

    /// Lays the choice of files into the run's folder. It has to be known before the report is written, also of a run that is stopped.
    pub(super) fn choose_formats(&self, folder: &Path) -> Result<()> {
        match &self.formats {
            Some(words) => Formats::keep(folder, words),
            None => Ok(()),
        }
    }

    /// The same, asked for on a device.
    pub(in crate::command) fn on(self, device: &Device) -> Order {
        let fallback = device.fallback();
        Order { fallback, ..self }
    }

    /// A plan, with everything read that it names.
    pub(in crate::command) fn of_plan(
        mut plan: Plan,
        models: Vec<String>,
        finder: &Finder<'_>,
    ) -> Result<Order> {
        Ok(Order {
            suites: suites_of(&plan, finder)?,
            texts: texts::of_plan(&mut plan)?,
            quizzes: quizzes::of_plan(&mut plan)?,
            models,
            names: Vec::new(),
            resume: None,
            fallback: None,
            exports: Vec::new(),
            formats: None,
            name: None,
            plan,
        })
    }

    /// The order of an earlier run, to go on with it.
    pub(in crate::command) fn resumed(folder: PathBuf, finder: &Finder<'_>) -> Result<Order> {
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
        let mut plan: Plan = serde_json::from_value(run.header.plan.clone())
            .with_context(|| format!("the plan in {}/run.json", folder.display()))?;
        let suites = suites_of(&plan, finder)?;
        let texts = texts::of_plan(&mut plan)?;
        let quizzes = quizzes::of_plan(&mut plan)?;
        same_problems(&run.header, &suites)?;
        let records = || run.header.models.iter();
        let models = records().map(subject::word_of).collect();
        let names = records().map(|model| model.name.clone()).collect();
        Ok(Order {
            plan,
            suites,
            texts,
            quizzes,
            models,
            names,
            resume: Some(folder),
            fallback: None,
            exports: Vec::new(),
            formats: None,
            name: None,
        })
    }
}

/// The run that is to be gone on with, if one is.
pub(super) fn earlier(flags: &Bench) -> Result<Option<PathBuf>> {
    let Some(folder) = &flags.resume else {
        return Ok(None);
    };
    let newest = || ledger::latest(&flags.run.output);
    let nothing = || {
        let root = flags.run.output.display();
        Usage(format!("there is no run to resume in {root}"))
    };
    let folder = folder.clone().or_else(newest);
    Ok(Some(folder.ok_or_else(nothing)?))
}

/// The words for the models, each with what `--adapter` lays over all.
pub(in crate::command) fn models(flags: &Bench) -> Result<Vec<String>> {
    subject::with_adapter(&flags.models, flags.run.adapter.as_deref())
}

/// The suites that a plan names, asked as the plan says. Without a word about it each model is asked in
/// the way that fits it, which is not known yet.
pub(in crate::command) fn suites_of(plan: &Plan, finder: &Finder<'_>) -> Result<Vec<Suite>> {
    let Some(code) = &plan.code else {
        return Ok(Vec::new());
    };
    let asked = |suite: Suite| match code.prompt {
        Some(profile) => suite.asked(profile),
        None => suite,
    };
    let words = code.suites.iter();
    let suites = words
        .map(|word| Ok(asked(suites::find(word, finder)?)))
        .collect::<Result<_>>()?;
    Ok(code.with_compiler(suites).map_err(Usage)?)
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
    let Compute { threads, device } = Compute::asked(flags.run.threads, &flags.run.device);
    let mut plan = match flags.preset {
        Preset::Quick => Plan::quick(flags.run.seed, threads),
        Preset::Smoke => Plan::smoke(flags.run.seed, threads),
    };
    plan.device = device;
    let wanted = |part: Part| flags.only.is_empty() || flags.only.contains(&part);
    plan.code = plan.code.filter(|_| wanted(Part::Code));
    plan.latency = plan.latency.filter(|_| wanted(Part::Latency));
    plan.memory = plan.memory.filter(|_| wanted(Part::Memory));
    plan.perplexity = plan.perplexity.filter(|_| wanted(Part::Perplexity));
    if flags.only.contains(&Part::Divergence) {
        plan.divergence = Some(DivergencePlan::bundled());
    }
    if flags.run.energy {
        plan.energy = Some(EnergyPlan::LONG);
    }
    change_code(&mut plan, flags);
    change_speed(&mut plan, flags);
    reading::change(&mut plan, flags);
    if flags.code.limit == Some(0) {
        return Err(Usage("--limit must be at least 1".into()).into());
    }
    plan.check().map_err(Usage)?;
    if plan
        .divergence
        .as_ref()
        .is_some_and(|plan| plan.caches.is_empty())
        && flags.models.len() < 2
    {
        return Err(Usage(bench::divergence::ALONE.into()).into());
    }
    for word in plan.code.iter().flat_map(|code| &code.suites) {
        suites::check(word)?;
    }
    Ok(plan)
}

/// Takes a value that was given.
pub(super) fn set<T: Clone>(place: &mut T, asked: &Option<T>) {
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
    code.whole_answers = asked.whole_answers;
    code.prompt = match asked.prompt {
        None | Some(Prompt::Auto) => None,
        Some(Prompt::EvalplusChat) => Some(PromptProfile::EvalplusChat),
        Some(Prompt::EvalplusBase) => Some(PromptProfile::EvalplusBase),
        Some(Prompt::Raw) => Some(PromptProfile::Raw),
    };
    change_judging(code, &flags.judging);
}

/// How completions are judged, wherever they come from.
pub(crate) fn change_judging(code: &mut CodePlan, asked: &JudgeFlags) {
    code.mode = match asked.mode {
        None | Some(Mode::Split) => bench::plan::Mode::Split,
        Some(Mode::Compat) => bench::plan::Mode::Compat,
        Some(Mode::Both) => bench::plan::Mode::Both,
    };
    code.k.clone_from(&asked.k);
    code.compiler.clone_from(&asked.compiler);
    code.verdict_cache = !asked.no_cache;
    set(&mut code.audit, &asked.audit);
}

fn change_speed(plan: &mut Plan, flags: &Bench) {
    if let Some(latency) = &mut plan.latency {
        if flags.thorough {
            *latency = LatencyPlan::thorough();
        }
        change_latency(latency, flags);
    }
    if let Some(memory) = &mut plan.memory {
        sweep::change(memory, flags);
    }
}

fn change_latency(latency: &mut LatencyPlan, flags: &Bench) {
    let asked = &flags.speed.prompts;
    replace(
        &mut latency.prompt_tokens,
        Numbers::all(&asked.prompt_tokens),
    );
    replace(
        &mut latency.generate_tokens,
        Numbers::all(&asked.generate_tokens),
    );
    replace(&mut latency.batch, Numbers::all(&asked.sequences));
    replace(&mut latency.depth, Numbers::all(&asked.depth));
    replace(&mut latency.threads, Numbers::all(&asked.try_threads));
    if asked.find_threads {
        latency.threads = up_to(subject::threads(None));
    }
    let switches = asked.use_cache.iter();
    replace(
        &mut latency.use_cache,
        switches.map(|switch| *switch == Switch::On).collect(),
    );
    replace(&mut latency.caches, flags.speed.cache.cache.clone());
    set(&mut latency.repeats, &asked.repeats);
    set(&mut latency.warmups, &asked.warmups);
}

/// 1, 2, 4 … and the number itself.
fn up_to(n: usize) -> Vec<usize> {
    let mut threads: Vec<usize> = std::iter::successors(Some(1), |n| Some(n * 2))
        .take_while(|some| *some < n)
        .collect();
    threads.push(n);
    threads
}

/// Takes a list that is not empty.
pub(super) fn replace<T>(place: &mut Vec<T>, asked: Vec<T>) {
    if !asked.is_empty() {
        *place = asked;
    }
}
