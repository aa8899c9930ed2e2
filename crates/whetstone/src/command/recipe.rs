//! `whet run`, `whet check`, `whet init` and `whet schema`: recipes, from a file to folders of artifacts.
//!
//! Nothing is measured here: a recipe becomes trainings ([`trainings`]) and orders ([`mod@jobs`]), which the commands of
//! trainings and benchmarks carry out. Benchmarks are read twice: before anything is trained, by the places where
//! results will lie, so that a mistake costs no training; and with the results.

mod again;
mod begun;
mod init;
mod jobs;
mod prepare;
mod results;
mod trainings;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::Result;
use serde_json::json;

use super::bench::{Order, carry_out, documents, ended, newest, print};
use super::speculation;
use crate::cli::{Check, Format, Run};
use crate::exit::{Exit, Usage};
use crate::formats::Formats;
use crate::interrupt;
use crate::recipe::{Change, PRESETS, Recipe, Target, method, refusal};
use crate::subject::Finder;
use crate::terminal::Terminal;
use crate::words::{as_written, count};
use again::again;
pub(crate) use init::{init, schema};
use jobs::{Job, Kind, chosen, is_meant, jobs, known_ids};
use prepare::prepare;
use results::Results;
use trainings::{Planned, School, Went, planned};

/// The recipe's text in a folder of artifacts.
const COPY: &str = "recipe.yml";
/// Where artifacts go if nothing is said about it.
const ARTIFACTS: &str = "artifacts";

/// A recipe's text and what it is called.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// A file, or else a recipe that comes with the program.
    fn of(word: &Path) -> Result<Source> {
        let name = word.display().to_string();
        let stem = |file: &str| file.trim_end_matches(".yml") == name;
        let preset = PRESETS.into_iter().find(|preset| stem(preset.file()));
        if let (false, Some(preset)) = (word.exists(), preset) {
            return Ok(Source {
                name: preset.file().to_owned(),
                text: preset.text().to_owned(),
            });
        }
        let text = std::fs::read_to_string(word).map_err(|error| {
            Usage(format!(
                "cannot read the recipe {name}: {error}; `whet init` writes one to begin with"
            ))
        })?;
        Ok(Source { name, text })
    }

    fn read(&self, sets: &[String]) -> Result<Recipe> {
        if let Some(method) = method(&self.text, &self.name) {
            return Err(Usage(format!(
                "{} holds the settings of a training and is no recipe; use `whet train {method} --config {}`",
                self.name, self.name
            ))
            .into());
        }
        let changes = sets.iter().map(|text| Change::read(text));
        let changes: Vec<Change> = changes.collect::<Result<_, _>>().map_err(Usage::from)?;
        let folder = Path::new(&self.name).parent().unwrap_or(Path::new(""));
        Ok(Recipe::read(&self.text, &self.name, folder, &changes)?)
    }
}

/// A recipe on its way: what is to be trained and measured of it.
struct Work<'r> {
    recipe: &'r Recipe,
    targets: Vec<&'r Target>,
    only: &'r [String],
    trainings: Vec<Planned>,
    /// Where results will lie.
    expected: Results,
    jobs: Vec<Job>,
}

impl<'r> Work<'r> {
    fn of(
        recipe: &'r Recipe,
        (target, only): (Option<&str>, &'r [String]),
        artifacts: &Path,
    ) -> Result<Work<'r>> {
        let mut mistakes = recipe.mistakes.clone();
        let targets = match (chosen(recipe, target), mistakes.is_empty()) {
            (Ok(targets), _) => targets,
            (Err(unknown), true) => return Err(unknown.into()),
            // The name may be the one that is misspelt there.
            (Err(_), false) => return Err(refusal(&mistakes).into()),
        };
        if mistakes.is_empty() {
            known_ids(&targets, only)?;
        }
        let (trainings, expected, more) = planned(recipe, &targets, artifacts);
        // Without what a training would leave, nobody knows whether a benchmark is right.
        let are_all_planned = more.is_empty();
        mistakes.extend(more);
        let (jobs, more) = jobs(recipe, &targets, (only, &expected));
        mistakes.extend(more.into_iter().filter(|_| are_all_planned));
        if !mistakes.is_empty() {
            return Err(refusal(&mistakes).into());
        }
        Ok(Work {
            jobs,
            recipe,
            targets,
            only,
            trainings,
            expected,
        })
    }

    /// The trainings whose results something needs that is carried out.
    fn needed(&self) -> Vec<bool> {
        let mut words: Vec<(&str, &str)> = Vec::new();
        for target in &self.targets {
            let meant = target.benchmarks.iter();
            for one in meant.filter(|one| is_meant(self.only, &one.id)) {
                let models = one.models.iter().map(String::as_str).chain(one.adapter());
                words.extend(models.map(|word| (target.name.as_str(), word)));
            }
        }
        let mut needed = vec![false; self.trainings.len()];
        for (at, one) in self.trainings.iter().enumerate().rev() {
            let names = |(target, word): &(&str, &str)| {
                let named = self.expected.named(target, word);
                named
                    .iter()
                    .any(|made| made.target == one.target && made.id == one.id())
            };
            needed[at] = words.iter().any(names);
            if needed[at] || is_meant(self.only, one.id()) {
                words.extend(one.base().map(|base| (one.target.as_str(), base)));
            }
        }
        needed
    }
}

/// Carries out a recipe.
pub(crate) fn run(flags: &Run, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let source = Source::of(&flags.recipe)?;
    let recipe = source.read(&flags.set)?;
    let asked = (flags.target.as_deref(), &flags.only[..]);
    let work = Work::of(&recipe, asked, &flags.output)?;
    if flags.dry_run {
        terminal.result(&serde_json::to_string_pretty(&plans(&work)?)?)?;
        return Ok(Exit::Done);
    }
    remark(&work, terminal);
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let needed = work.needed();
    prepare(&work, &needed, (flags, &finder))?;
    let school = School {
        artifacts: &flags.output,
        resume: flags.resume,
        only: &flags.only,
        copy: (COPY, &source.text),
        finder: &finder,
    };
    let results = match school.all(&work.trainings, (&work.expected, &needed))? {
        Went::On(results) => results,
        Went::Ended(exit) => return Ok(exit),
    };
    let jobs = match work.trainings.is_empty() {
        true => work.jobs,
        false => match jobs(&recipe, &work.targets, (&flags.only, &results)) {
            (jobs, mistakes) if mistakes.is_empty() => jobs,
            (_, mistakes) => return Err(refusal(&mistakes).into()),
        },
    };
    measure_all(jobs, flags, (&source, &finder))
}

fn measure_all(
    jobs: Vec<Job>,
    flags: &Run,
    (source, finder): (&Source, &Finder<'_>),
) -> Result<Exit> {
    let terminal = finder.terminal;
    let mut worst = Exit::Done;
    let mut runs = Vec::new();
    for mut job in jobs {
        if let Kind::Speculation(asked) = &mut job.kind {
            asked.runs.clone_from(&flags.output);
            asked.formats = Some(job.formats.clone());
        }
        let (exit, folder) = match measure(&job, flags, finder)? {
            Some(ended) => ended,
            None => {
                worst = Exit::Interrupted;
                break;
            }
        };
        ledger::write_derived(&folder, COPY, source.text.as_bytes())?;
        let run = ledger::read(&folder)?;
        if flags.format == Format::Table {
            print(&run, Format::Table, terminal)?;
        }
        let exit = ended(&run, &folder, exit, terminal);
        terminal.note(&format!("Artifacts: {}", folder.display()));
        runs.push(run);
        if exit == Exit::Interrupted || finder.stop.load(Ordering::Relaxed) {
            worst = Exit::Interrupted;
            break;
        }
        if worst == Exit::Done {
            worst = exit;
        }
    }
    if flags.format == Format::Json {
        documents(&runs, terminal)?;
    }
    if worst == Exit::Interrupted {
        terminal.note(&format!("The whole recipe goes on with: {}", again(flags)));
    }
    Ok(worst)
}

/// Carries out one run; `None` if it was stopped before it had a folder.
fn measure(job: &Job, flags: &Run, finder: &Finder<'_>) -> Result<Option<(Exit, PathBuf)>> {
    let anew = |why: &str| {
        let name = &job.name;
        finder
            .terminal
            .note(&format!("{name}: {why}; it begins anew"));
    };
    let no_folder = format!("no folder in {} has this plan", flags.output.display());
    let asked = match &job.kind {
        Kind::Plan(asked) => asked,
        Kind::Speculation(asked) => {
            let earlier = || {
                newest(&flags.output, &job.name, |header| {
                    speculation::has_asked(header, asked, &job.plan)
                })
            };
            return match flags.resume.then(earlier).flatten() {
                Some(folder) => {
                    Formats::keep(&folder, &job.formats)?;
                    speculation::go_on(folder, finder).map(Some)
                }
                None => {
                    if flags.resume {
                        anew(&no_folder);
                    }
                    speculation::measure(asked, finder).map(Some)
                }
            };
        }
    };
    let earlier = flags
        .resume
        .then(|| asked.earlier(&flags.output, &job.name));
    let order = match earlier.flatten() {
        Some(folder) => Some(Order::resumed(folder, finder)?),
        None => {
            if flags.resume {
                anew(&no_folder);
            }
            asked.order(finder)?
        }
    };
    let Some(mut order) = order else {
        return Ok(None);
    };
    order.name = Some(job.name.clone());
    order.formats = Some(job.formats.clone());
    carry_out(&order, &flags.output, finder).map(Some)
}

/// What a reader of the recipe might not expect.
fn remark(work: &Work<'_>, terminal: &Terminal) {
    let idle = &work.recipe.idle;
    if !idle.is_empty() {
        terminal.note(&format!(
            "Of training, and without an effect here: {}",
            idle.join(", ")
        ));
    }
    for one in work.targets.iter().flat_map(|target| &target.foreign) {
        terminal.note(&format!(
            "{}: the training of another program, {}, is not carried out; models are those that the recipe names",
            one.place, one.id
        ));
    }
    for note in work.jobs.iter().flat_map(|job| &job.notes) {
        terminal.note(note);
    }
}

/// Says what a recipe means, or what is wrong with it.
pub(crate) fn check(flags: &Check, terminal: &Terminal) -> Result<Exit> {
    let recipe = Source::of(&flags.recipe)?.read(&flags.set)?;
    let work = Work::of(&recipe, (None, &[]), Path::new(ARTIFACTS))?;
    remark(&work, terminal);
    if flags.format == Format::Json {
        terminal.result(&serde_json::to_string_pretty(&plans(&work)?)?)?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for one in &work.trainings {
        text += &format!(
            "{} (training of target {})\n  {}\n",
            one.name, one.target, one.command
        );
    }
    for job in &work.jobs {
        text += &format!("{} (target {})\n", job.name, job.target);
        for command in &job.commands {
            text += &format!("  {command}\n");
        }
    }
    terminal.result(&text)?;
    let runs = count(work.jobs.len(), "run");
    let all = match work.trainings.len() {
        0 => runs,
        n => format!("{}, {runs}", count(n, "training")),
    };
    terminal.note(&format!("The recipe is sound: {all}."));
    Ok(Exit::Done)
}

/// The resolved plans.
fn plans(work: &Work<'_>) -> Result<serde_json::Value> {
    let meant = work.trainings.iter();
    let trainings = meant
        .filter(|one| is_meant(work.only, one.id()))
        .map(|one| {
            json!({
                "name": one.name,
                "target": one.target,
                "id": one.id(),
                "command": one.command,
                "plan": one.plan,
            })
        });
    let runs = work.jobs.iter().map(|job| {
        Ok(json!({
            "name": job.name,
            "target": job.target,
            "benchmarks": job.ids,
            "models": job.models,
            "commands": job.commands,
            "plan": as_written(&job.plan)?,
        }))
    });
    Ok(json!({
        "recipe": work.recipe.name,
        "trainings": trainings.collect::<Vec<_>>(),
        "runs": runs.collect::<Result<Vec<_>>>()?,
    }))
}

/// Words as a shell would have to be given them behind the program's name.
fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("whet {}", words.join(" "))
}

/// A word as a shell would have to be given it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,/:+*@%".contains(c);
    match word.chars().all(plain) && !word.is_empty() {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
