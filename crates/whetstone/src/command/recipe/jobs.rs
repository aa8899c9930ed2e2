//! From a recipe to runs: which benchmarks share one, what each is called, and the plan of it.
//!
//! A benchmark is read as the command line that it stands for. Benchmarks of one target that have the same models,
//! seed and threads, and are of different kinds, are one run, as they would be in `whet bench`; whatever else is a
//! run of its own.

use std::path::{Path, PathBuf};

use anyhow::Result;
use bench::Plan;
use clap::Parser;
use ledger::record::ModelRecord;

use super::line;
use super::results::{Results, names};
use crate::cli::{Bench, Cli, Command, Device, Speculation};
use crate::command::bench::{Order, models as models_of, newest, plan_of};
use crate::command::speculation;
use crate::exit::Usage;
use crate::recipe::{Benchmark, Mistake, Recipe, Target, nearest};
use crate::subject::{self, Finder};

/// Longest part of a folder's name that comes from ids of benchmarks.
const MOST_OF_IDS: usize = 60;

/// One run of a recipe.
pub(super) struct Job {
    /// What its folder is called before its time.
    pub(super) name: String,
    pub(super) target: String,
    /// The benchmarks of it, by their ids.
    pub(super) ids: Vec<String>,
    pub(super) models: Vec<String>,
    /// The command lines that it stands for.
    pub(super) commands: Vec<String>,
    pub(super) notes: Vec<String>,
    /// The plan as its run's header has it.
    pub(super) plan: Plan,
    /// Which files of its report are written; all if none are named.
    pub(super) formats: Vec<String>,
    pub(super) kind: Kind,
}

/// Who carries a job out.
pub(super) enum Kind {
    Plan(Box<Asked>),
    Speculation(Box<Speculation>),
}

/// A plan and the words that belong to it.
pub(super) struct Asked {
    plan: Plan,
    models: Vec<String>,
    device: Device,
}

/// The runs of some targets, or of some of their benchmarks, with the models that trainings left; and everything that
/// is wrong with them.
pub(super) fn jobs(
    recipe: &Recipe,
    targets: &[&Target],
    (only, results): (&[String], &Results),
) -> (Vec<Job>, Vec<Mistake>) {
    let (mut jobs, mut mistakes) = (Vec::new(), Vec::new());
    for target in targets {
        let (mut of_target, more) = of_target(target, only, results);
        name_all(&mut of_target, recipe, target);
        jobs.extend(of_target);
        mistakes.extend(more);
    }
    (jobs, mistakes)
}

/// The targets that are meant: all, or the one that is named, by its own name or another.
pub(super) fn chosen<'r>(
    recipe: &'r Recipe,
    target: Option<&str>,
) -> Result<Vec<&'r Target>, Usage> {
    let Some(name) = target else {
        return Ok(recipe.targets.iter().collect());
    };
    let find = |name: &str| recipe.targets.iter().find(|target| target.name == name);
    let others = || recipe.entrypoints.iter();
    let other = others().find(|(known, _)| known == name);
    let found = find(name).or_else(|| find(&other?.1));
    let others = others().map(|(known, _)| known);
    let names = recipe.targets.iter().map(|target| &target.name);
    let names: Vec<&str> = names.chain(others).map(String::as_str).collect();
    match found {
        Some(target) => Ok(vec![target]),
        None => Err(unknown("--target", name, &names)),
    }
}

/// Refuses ids that neither a run nor a benchmark has, those of trainings that nobody carries out, and targets that have
/// neither.
pub(super) fn known_ids(targets: &[&Target], only: &[String]) -> Result<(), Usage> {
    let mut foreign = targets.iter().flat_map(|target| &target.foreign);
    if let Some(one) = foreign.find(|one| only.contains(&one.id)) {
        return Err(Mistake::at(&one.place, one.why()).into());
    }
    let runs = targets.iter().flat_map(|target| &target.trainings);
    let benchmarks = targets.iter().flat_map(|target| &target.benchmarks);
    let ids = runs.map(|run| run.id.as_str());
    let ids: Vec<&str> = ids.chain(benchmarks.map(|one| one.id.as_str())).collect();
    if ids.is_empty() {
        return Err(Usage("the recipe measures nothing; add benchmarks".into()));
    }
    match only.iter().find(|id| !ids.contains(&id.as_str())) {
        Some(id) => Err(unknown("--only", id, &ids)),
        None => Ok(()),
    }
}

fn unknown(flag: &str, word: &str, known: &[&str]) -> Usage {
    let remedy = match nearest(word, known) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", known.join(", ")),
    };
    Usage(format!("{flag}: the recipe has no {word}; {remedy}"))
}

/// Whether a run or a benchmark is meant: every one, if none are named.
pub(super) fn is_meant(only: &[String], id: &str) -> bool {
    only.is_empty() || only.iter().any(|named| named == id)
}

fn of_target(target: &Target, only: &[String], results: &Results) -> (Vec<Job>, Vec<Mistake>) {
    let (mut jobs, mut mistakes) = (Vec::<Job>::new(), Vec::new());
    let meant = target.benchmarks.iter();
    for benchmark in meant.filter(|benchmark| is_meant(only, &benchmark.id)) {
        if let Some(mistake) = of_another_program(target, benchmark) {
            mistakes.push(mistake);
            continue;
        }
        match job(target, benchmark, results) {
            Ok(new) => match jobs.iter_mut().find(|job| job.can_take(&new)) {
                Some(job) => job.take(new),
                None => jobs.push(new),
            },
            Err(more) => mistakes.extend(more),
        }
    }
    (jobs, mistakes)
}

/// A mistake if a benchmark needs what a training of another program would have left.
fn of_another_program(target: &Target, benchmark: &Benchmark) -> Option<Mistake> {
    let words = benchmark.models.iter().map(String::as_str);
    let words = words.chain(benchmark.adapter());
    let needed = words
        .flat_map(names)
        .find_map(|name| target.foreign.iter().find(|one| one.id == name));
    let needed = needed.map(|one| benchmark.mistake(&one.why()));
    needed.or_else(|| benchmark.lacks.clone())
}

/// `RECIPE`, `RECIPE-TARGET` where there are several, and the ids behind it where a target has several runs.
fn name_all(jobs: &mut [Job], recipe: &Recipe, target: &Target) {
    let name = match recipe.targets.len() {
        1 => recipe.name.clone(),
        _ => format!("{}-{}", recipe.name, target.name),
    };
    let several = jobs.len() > 1;
    for job in jobs {
        let ids: String = job.ids.join("-").chars().take(MOST_OF_IDS).collect();
        let name = match several {
            true => format!("{name}-{ids}"),
            false => name.clone(),
        };
        job.rename(&crate::provenance::safe(&name), &recipe.name);
    }
}

/// The run of one benchmark, or all that is wrong with it. The command line stops at the first mistake, so whatever it
/// complains of is taken out and the rest read again. Of a benchmark that was not whole before only complaints about
/// what it does say are believed, and so it is with every later one: what is missing may be what was taken out.
fn job(target: &Target, benchmark: &Benchmark, results: &Results) -> Result<Job, Vec<Mistake>> {
    let (mut tried, mut mistakes) = (benchmark.clone(), Vec::new());
    loop {
        let why = match attempt(target, &tried, results) {
            Ok(job) if benchmark.is_whole && mistakes.is_empty() => return Ok(job),
            Ok(_) => return Err(mistakes),
            Err(why) => why,
        };
        let blamed = tried.blamed(&why);
        if blamed.is_some() || benchmark.is_whole && mistakes.is_empty() {
            mistakes.push(tried.mistake(&why));
        }
        match blamed {
            Some(at) => tried = tried.without(at),
            None => return Err(mistakes),
        }
    }
}

/// The run of one benchmark, or the first thing that is wrong with it.
fn attempt(target: &Target, benchmark: &Benchmark, results: &Results) -> Result<Job, String> {
    let models = benchmark.models.iter();
    let models = models.map(|word| results.word(&target.name, word));
    let models = models.collect::<Result<Vec<String>, Usage>>();
    let models = models.map_err(|Usage(why)| why)?;
    let adapter = benchmark.adapter();
    let adapter = adapter.and_then(|word| results.adapter(&target.name, word));
    let path = adapter.map(|made| made.path.display().to_string());
    let benchmark = &benchmark.on(models, path.as_deref());
    let words = benchmark.words();
    let flags = parsed(benchmark, &words)?;
    let refused = |error: anyhow::Error| format!("{error:#}");
    let mut notes = Vec::new();
    let (plan, kind) = match flags.into_speculation() {
        Ok(mut flags) => {
            flags.promised = adapter.map(|made| made.path.clone());
            flags.iterations = flags.iterations.saturating_mul(benchmark.repeats as usize);
            let plan = speculation::plan_of(&flags).map_err(refused)?;
            (plan, Kind::Speculation(flags))
        }
        Err(flags) => {
            let flags = flags.resolved();
            let mut plan = plan_of(&flags).map_err(refused)?;
            if benchmark.repeats > 1 && !repeat(&mut plan, benchmark.repeats) {
                notes.push(format!(
                    "{} is measured once and not {} times: nothing in it varies",
                    benchmark.id, benchmark.repeats
                ));
            }
            let asked = Asked {
                plan: plan.clone(),
                models: models_of(&flags).map_err(refused)?,
                device: flags.run.device.clone(),
            };
            notes.extend(asked.device.fallback().map(|warning| warning.message));
            (plan, Kind::Plan(Box::new(asked)))
        }
    };
    let words = match counted(&plan, &kind).filter(|_| benchmark.repeats > 1) {
        Some((flag, count)) => Benchmark::saying(&words, flag, count),
        None => words,
    };
    Ok(Job {
        name: String::new(),
        target: target.name.clone(),
        ids: vec![benchmark.id.clone()],
        models: benchmark.models.clone(),
        commands: vec![line(&words)],
        notes,
        plan,
        formats: target.formats.clone(),
        kind,
    })
}

/// The flag that says how often what varies is measured, and how often that is.
fn counted(plan: &Plan, kind: &Kind) -> Option<(&'static str, u64)> {
    if let Kind::Speculation(flags) = kind {
        return Some(("iterations", flags.iterations as u64));
    }
    let latency = plan.latency.as_ref().map(|latency| latency.repeats);
    let context = plan.context.as_ref().map(|context| context.repeats);
    let variants = plan.variants.as_ref().map(|variants| variants.repeats);
    let repeats = latency.or(context).or(variants);
    let samples = plan
        .code
        .as_ref()
        .map(|code| ("samples", code.samples.into()));
    samples.or(repeats.map(|repeats| ("repeats", repeats as u64)))
}

/// The words as the command line reads them.
fn parsed(benchmark: &Benchmark, words: &[String]) -> Result<Bench, String> {
    let needs_models = benchmark.models.is_empty();
    let all = std::iter::once("whet").chain(words.iter().map(String::as_str));
    let cli = Cli::try_parse_from(all).map_err(|error| {
        let text = error.to_string();
        match needs_models && text.contains("required") {
            true => "it names no models; write models: [student], for instance".to_owned(),
            false => first_sentence(&text).to_owned(),
        }
    })?;
    match cli.command {
        Command::Bench(flags) => Ok(*flags),
        _ => Err("it is no benchmark".to_owned()),
    }
}

/// Of a message of the command line what is wrong, without its help.
fn first_sentence(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ")
}

/// Repeats what varies from time to time; whether anything does.
fn repeat(plan: &mut Plan, n: u32) -> bool {
    let times = n as usize;
    let mut counts: Vec<&mut usize> = Vec::new();
    counts.extend(plan.latency.as_mut().map(|latency| &mut latency.repeats));
    counts.extend(plan.context.as_mut().map(|context| &mut context.repeats));
    counts.extend(plan.variants.as_mut().map(|variants| &mut variants.repeats));
    let timed = !counts.is_empty();
    for count in counts {
        *count = count.saturating_mul(times);
    }
    if let Some(code) = &mut plan.code {
        code.samples = code.samples.saturating_mul(n);
    }
    timed || plan.code.is_some()
}

impl Job {
    /// Whether a benchmark can be measured in this run.
    fn can_take(&self, other: &Job) -> bool {
        let (Kind::Plan(mine), Kind::Plan(theirs)) = (&self.kind, &other.kind) else {
            return false;
        };
        let alone = |asked: &Asked| asked.plan.variants.is_some();
        let same = mine.models == theirs.models;
        let (a, b) = (&mine.plan, &theirs.plan);
        let same = same
            && (a.seed, a.threads, &a.energy) == (b.seed, b.threads, &b.energy)
            && a.device == b.device;
        same && !alone(mine) && !alone(theirs) && !overlap(a, b)
    }

    fn take(&mut self, other: Job) {
        self.plan = joined(
            std::mem::replace(&mut self.plan, other.plan.clone()),
            other.plan,
        );
        if let Kind::Plan(asked) = &mut self.kind {
            asked.plan = self.plan.clone();
        }
        self.ids.extend(other.ids);
        self.commands.extend(other.commands);
        self.notes.extend(other.notes);
    }

    fn rename(&mut self, name: &str, recipe: &str) {
        name.clone_into(&mut self.name);
        recipe.clone_into(&mut self.plan.preset);
        match &mut self.kind {
            Kind::Plan(asked) => asked.plan.preset = recipe.to_owned(),
            Kind::Speculation(flags) => flags.name = Some(name.to_owned()),
        }
    }
}

/// Whether two plans ask for the same kind of benchmark.
fn overlap(a: &Plan, b: &Plan) -> bool {
    a.code.is_some() && b.code.is_some()
        || a.perplexity.is_some() && b.perplexity.is_some()
        || a.memory.is_some() && b.memory.is_some()
        || a.latency.is_some() && b.latency.is_some()
        || a.divergence.is_some() && b.divergence.is_some()
        || a.accuracy.is_some() && b.accuracy.is_some()
        || a.context.is_some() && b.context.is_some()
}

fn joined(a: Plan, b: Plan) -> Plan {
    Plan {
        code: a.code.or(b.code),
        perplexity: a.perplexity.or(b.perplexity),
        memory: a.memory.or(b.memory),
        latency: a.latency.or(b.latency),
        divergence: a.divergence.or(b.divergence),
        accuracy: a.accuracy.or(b.accuracy),
        context: a.context.or(b.context),
        ..b
    }
}

impl Asked {
    /// The order of a new run; `None` if the user stopped while its files were made.
    pub(super) fn order(&self, finder: &Finder<'_>) -> Result<Option<Order>> {
        if self.plan.variants.is_some() {
            let order = Order::of_shapes(self.plan.clone(), finder)?;
            return Ok(order.map(|order| order.on(&self.device)));
        }
        let order = Order::of_plan(self.plan.clone(), self.models.clone(), finder)?;
        Ok(Some(order.on(&self.device)))
    }

    /// The newest folder of that name that has this plan and these models.
    pub(super) fn earlier(&self, artifacts: &Path, name: &str) -> Option<PathBuf> {
        newest(artifacts, name, |header| {
            let plan = serde_json::from_value::<Plan>(header.plan.clone());
            let is_named = |(model, word): (&ModelRecord, &String)| subject::is_named(model, word);
            let same_models = self.plan.variants.is_some()
                || header.models.len() == self.models.len()
                    && header.models.iter().zip(&self.models).all(is_named);
            same_models && plan.is_ok_and(|plan| plan == self.plan)
        })
    }
}
