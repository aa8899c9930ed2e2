//! `whet run`, `whet check`, `whet init` and `whet schema`: recipes, from a file to folders of artifacts.
//!
//! Nothing is measured here: a recipe becomes trainings ([`trainings`]) and orders ([`mod@jobs`]), which the commands of
//! trainings and benchmarks carry out. Benchmarks are read twice: before anything is trained, by the places where
//! results will lie, so that a mistake costs no training; and with the results.

mod again;
mod begun;
mod fetch;
mod jobs;
mod results;
mod trainings;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use serde_json::json;

use super::bench::{Order, carry_out, documents, ended, newest, print};
use super::speculation;
use crate::cli::{Check, Format, Init, Run};
use crate::destination;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::recipe::{Change, PRESETS, Recipe, Target, method};
use crate::subject::Finder;
use crate::terminal::Terminal;
use again::again;
use fetch::fetch;
use jobs::{Job, Kind, chosen, is_meant, jobs, known_ids};
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
        let targets = chosen(recipe, target)?;
        known_ids(&targets, only)?;
        let (trainings, expected) = planned(recipe, &targets, artifacts)?;
        Ok(Work {
            jobs: jobs(recipe, &targets, (only, &expected))?,
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
        terminal.result(&serde_json::to_string_pretty(&plans(&work))?)?;
        return Ok(Exit::Done);
    }
    remark(&work, terminal);
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let needed = work.needed();
    fetch(&work, &needed, &finder)?;
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
        false => jobs(&recipe, &work.targets, (&flags.only, &results))?,
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
                Some(folder) => speculation::go_on(folder, finder).map(Some),
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
        terminal.result(&serde_json::to_string_pretty(&plans(&work))?)?;
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
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let runs = count(work.jobs.len(), "run");
    let all = match work.trainings.len() {
        0 => runs,
        n => format!("{}, {runs}", count(n, "training")),
    };
    terminal.note(&format!("The recipe is sound: {all}."));
    Ok(Exit::Done)
}

/// The resolved plans.
fn plans(work: &Work<'_>) -> serde_json::Value {
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
        json!({
            "name": job.name,
            "target": job.target,
            "benchmarks": job.ids,
            "models": job.models,
            "commands": job.commands,
            "plan": job.plan,
        })
    });
    json!({
        "recipe": work.recipe.name,
        "trainings": trainings.collect::<Vec<_>>(),
        "runs": runs.collect::<Vec<_>>(),
    })
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

/// Writes a recipe to begin with.
pub(crate) fn init(flags: &Init, terminal: &Terminal) -> Result<Exit> {
    let text = flags.preset.text();
    let path = match &flags.output {
        Some(path) if path == Path::new("-") => {
            terminal.result(text)?;
            return Ok(Exit::Done);
        }
        Some(path) => path.clone(),
        None => PathBuf::from(flags.preset.file()),
    };
    let name = path.display();
    if path.is_file() {
        let why = format!("{name} is there already; name another file with -o");
        return Err(Usage(why).into());
    }
    destination::check(&path)?;
    let mut file = File::create_new(&path).with_context(|| format!("cannot write {name}"))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {name}"))?;
    let check = flags.preset.check(&name.to_string());
    terminal.note(&format!("Wrote {name}. What it means: {check}"));
    Ok(Exit::Done)
}

/// Prints the schema of recipes.
pub(crate) fn schema(terminal: &Terminal) -> Result<Exit> {
    terminal.result(&serde_json::to_string_pretty(&crate::recipe::schema())?)?;
    Ok(Exit::Done)
}
