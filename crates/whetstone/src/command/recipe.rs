//! `whet run`, `whet check`, `whet init` and `whet schema`: recipes, from a file to folders of artifacts.
//!
//! Nothing is measured here: a recipe becomes orders ([`mod@jobs`]), which the commands of the benchmarks carry out.

mod jobs;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use serde_json::json;

use super::bench::{Order, carry_out, show};
use super::speculation;
use crate::cli::{Check, Format, Init, Run};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::recipe::{Change, PRESETS, Recipe, method};
use crate::subject::Finder;
use crate::terminal::Terminal;
use jobs::{Job, Work, jobs};

/// The recipe's text in a folder of artifacts.
const COPY: &str = "recipe.yml";

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

/// Carries out a recipe.
pub(crate) fn run(flags: &Run, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let source = Source::of(&flags.recipe)?;
    let recipe = source.read(&flags.set)?;
    let jobs = jobs(&recipe, flags.target.as_deref(), &flags.only)?;
    if flags.dry_run {
        terminal.result(&serde_json::to_string_pretty(&plans(&recipe, &jobs))?)?;
        return Ok(Exit::Done);
    }
    remark(&recipe, &jobs, terminal);
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let mut worst = Exit::Done;
    for mut job in jobs {
        if let Work::Speculation(asked) = &mut job.work {
            asked.runs.clone_from(&flags.output);
        }
        let (exit, folder) = match measure(&job, flags, &finder)? {
            Some(ended) => ended,
            None => return Ok(Exit::Interrupted),
        };
        ledger::write_derived(&folder, COPY, source.text.as_bytes())?;
        let exit = show(&folder, exit, flags.format, terminal)?;
        terminal.note(&format!("Artifacts: {}", folder.display()));
        if exit == Exit::Interrupted || finder.stop.load(Ordering::Relaxed) {
            return Ok(Exit::Interrupted);
        }
        if worst == Exit::Done {
            worst = exit;
        }
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
    let asked = match &job.work {
        Work::Plan(asked) => asked,
        Work::Speculation(asked) => {
            if flags.resume {
                anew("turns of guessing cannot be gone on with");
            }
            return speculation::measure(asked, finder).map(Some);
        }
    };
    let earlier = flags
        .resume
        .then(|| asked.earlier(&flags.output, &job.name));
    let order = match earlier.flatten() {
        Some(folder) => Some(Order::resumed(folder, finder)?),
        None => {
            if flags.resume {
                anew(&format!(
                    "no folder in {} has this plan",
                    flags.output.display()
                ));
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
fn remark(recipe: &Recipe, jobs: &[Job], terminal: &Terminal) {
    if !recipe.idle.is_empty() {
        terminal.note(&format!(
            "Of training, and without an effect here: {}",
            recipe.idle.join(", ")
        ));
    }
    for note in jobs.iter().flat_map(|job| &job.notes) {
        terminal.note(note);
    }
}

/// Says what a recipe means, or what is wrong with it.
pub(crate) fn check(flags: &Check, terminal: &Terminal) -> Result<Exit> {
    let recipe = Source::of(&flags.recipe)?.read(&flags.set)?;
    let jobs = jobs(&recipe, None, &[])?;
    remark(&recipe, &jobs, terminal);
    if flags.format == Format::Json {
        terminal.result(&serde_json::to_string_pretty(&plans(&recipe, &jobs))?)?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for job in &jobs {
        text += &format!("{} (target {})\n", job.name, job.target);
        for command in &job.commands {
            text += &format!("  {command}\n");
        }
    }
    terminal.result(&text)?;
    let n = jobs.len();
    let runs = if n == 1 { "run" } else { "runs" };
    terminal.note(&format!("The recipe is sound: {n} {runs}."));
    Ok(Exit::Done)
}

/// The resolved plans.
fn plans(recipe: &Recipe, jobs: &[Job]) -> serde_json::Value {
    let runs = jobs.iter().map(|job| {
        json!({
            "name": job.name,
            "target": job.target,
            "benchmarks": job.ids,
            "models": job.models,
            "commands": job.commands,
            "plan": job.plan,
        })
    });
    json!({"recipe": recipe.name, "runs": runs.collect::<Vec<_>>()})
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
    let mut file = match File::create_new(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let why = format!("{name} is there already; name another file with -o");
            return Err(Usage(why).into());
        }
        made => made.with_context(|| format!("cannot write {name}"))?,
    };
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
