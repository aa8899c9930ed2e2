//! The trainings of a recipe: planned before anything is done, carried out before anything is measured.
//!
//! A training is the words of `whet train TYPE`, with a folder of its own among the artifacts. `training.json` in it says
//! which words and which files it began with, so that `--resume` finds it again; its result is put beside as `ID.gguf`
//! when it is complete, and only then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;
use task::Suite;
use task::survey::Survey;

use super::begun::{Begun, begin, earlier, publish, result};
use super::jobs::is_meant;
use super::line;
use super::results::{Made, Results, is_of_adapter};
use crate::cli::{Cli, Command, Train};
use crate::command::data::leaks::{self, HeldOut};
use crate::command::train;
use crate::exit::{Exit, Usage};
use crate::recipe::{Mistake, Recipe, Target, Training};
use crate::subject::Finder;

/// One training of a recipe.
pub(super) struct Planned {
    pub(super) target: String,
    /// What its folder is called before its time.
    pub(super) name: String,
    training: Training,
    /// Of the command line, without the folder.
    words: Vec<String>,
    /// The command line that it stands for.
    pub(super) command: String,
    /// As `--dry-run` of that command prints it.
    pub(super) plan: Value,
}

impl Planned {
    pub(super) fn id(&self) -> &str {
        &self.training.id
    }

    /// The model that it begins with, as the recipe names it.
    pub(super) fn base(&self) -> Option<&str> {
        self.training.base()
    }

    /// The suites whose answers it judges.
    pub(super) fn suites(&self) -> Result<Vec<String>, Usage> {
        let what = parsed(&self.training, &self.words).map_err(Usage::from)?;
        Ok(match what {
            Train::Raft(flags) => [flags.suite, flags.held_out].concat(),
            _ => Vec::new(),
        })
    }

    /// Refuses examples that give away problems with which its results are measured.
    ///
    /// # Errors
    /// The rows, and a file that cannot be read.
    pub(super) fn keeps_apart<'s>(&self, measured: impl Iterator<Item = &'s Suite>) -> Result<()> {
        let Train::Sft(flags) = parsed(&self.training, &self.words).map_err(Usage::from)? else {
            return Ok(());
        };
        let Some(path) = train::sft_examples(&flags) else {
            return Ok(());
        };
        let held_out = HeldOut::of_suites(measured);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let leaks = held_out.leaks(&Survey::of(&text));
        let Some(what) = leaks::in_words(&leaks, &held_out.of) else {
            return Ok(());
        };
        let why = format!(
            "{}: {what}, with which the recipe measures; leave these rows out, or measure with other problems",
            path.display()
        );
        Err(Usage::from(self.training.mistake(&why)).into())
    }

    fn method(&self) -> &str {
        &self.training.method
    }

    /// The training with its folder, as the command line reads it; one that was begun goes on.
    fn with(&self, folder: &Path) -> Result<Train, Mistake> {
        let goes_on = self.method() == RAFT && train::raft::is_begun(folder);
        let folder = folder.display();
        let (words, flag) = match goes_on {
            true => (&self.words[..2], format!("--resume={folder}")),
            false => (&self.words[..], format!("--output={folder}")),
        };
        parsed(&self.training, &[words, &[flag]].concat())
    }
}

/// The training that its own command goes on with by another flag.
const RAFT: &str = "raft";

/// Plans the trainings of some targets, in their order, and says what they will leave, and everything that is wrong
/// with them.
pub(super) fn planned(
    recipe: &Recipe,
    targets: &[&Target],
    artifacts: &Path,
) -> (Vec<Planned>, Results, Vec<Mistake>) {
    let (mut all, mut results, mut mistakes) = (Vec::new(), Results::default(), Vec::new());
    for target in targets {
        for training in &target.trainings {
            let name = name(recipe, target, &training.id);
            match plan((target, &name), training, (&mut results, artifacts)) {
                Ok(planned) => all.push(planned),
                // Those behind it may begin with what it leaves.
                Err(mistake) => {
                    mistakes.push(mistake);
                    break;
                }
            }
        }
    }
    (all, results, mistakes)
}

/// `RECIPE-ID`, or `RECIPE-TARGET-ID` where there are several targets.
fn name(recipe: &Recipe, target: &Target, id: &str) -> String {
    let name = match recipe.targets.len() {
        1 => format!("{}-{id}", recipe.name),
        _ => format!("{}-{}-{id}", recipe.name, target.name),
    };
    crate::provenance::safe(&name)
}

fn plan(
    (target, name): (&Target, &str),
    training: &Training,
    (results, artifacts): (&mut Results, &Path),
) -> Result<Planned, Mistake> {
    let folder = artifacts.join(name);
    let resolved = on_results(&target.name, training, results)?;
    let words = resolved.words()?;
    let what = parsed(&resolved, &words)?;
    let refused = |error: anyhow::Error| training.mistake(&format!("{error:#}"));
    train::data(&what).map_err(refused)?;
    let base = resolved.base().filter(|_| is_of_adapter(&what));
    results.all.push(Made {
        target: target.name.clone(),
        id: training.id.clone(),
        path: result(&folder, &training.id),
        base: base.map(str::to_owned),
    });
    let output = format!("--output={}", folder.display());
    Ok(Planned {
        target: target.name.clone(),
        name: name.to_owned(),
        training: training.clone(),
        command: line(&[&words[..], &[output]].concat()),
        plan: train::plan(&what).map_err(refused)?,
        words,
    })
}

/// The training with the model that it begins with, which may be the result of an earlier one.
fn on_results(target: &str, training: &Training, results: &Results) -> Result<Training, Mistake> {
    let Some(base) = training.base() else {
        return Ok(training.clone());
    };
    if let Some(made) = results
        .named(target, base)
        .iter()
        .find(|made| made.base.is_some())
    {
        let why = format!(
            "{} is an adapter, and a training begins with a whole model; give that run full: true",
            made.id
        );
        return Err(training.mistake(&why));
    }
    let word = results.word(target, base);
    let word = word.map_err(|Usage(why)| training.mistake(&why))?;
    Ok(training.on(&word))
}

/// The words as the command line reads them.
fn parsed(training: &Training, words: &[String]) -> Result<Train, Mistake> {
    let all = std::iter::once("whet").chain(words.iter().map(String::as_str));
    let cli = Cli::try_parse_from(all).map_err(|error| {
        let text = error.to_string();
        // What is missing stands in the lines below.
        let lines: Vec<&str> = text
            .lines()
            .take_while(|line| !line.is_empty())
            .map(str::trim)
            .collect();
        training.mistake(lines.join(" ").trim_start_matches("error: "))
    })?;
    match cli.command {
        Command::Train(what) => Ok(what),
        _ => Err(training.mistake("it is no training")),
    }
}

/// How the trainings of a recipe went.
pub(super) enum Went {
    /// Their results are there.
    On(Results),
    /// The user stopped one, or one has no result.
    Ended(Exit),
}

/// Who trains, and what is to be trained.
pub(super) struct School<'a> {
    pub(super) artifacts: &'a Path,
    pub(super) resume: bool,
    /// The runs that are carried out; others are looked for if something needs them.
    pub(super) only: &'a [String],
    /// The recipe's text, for the folders.
    pub(super) copy: (&'a str, &'a str),
    pub(super) finder: &'a Finder<'a>,
}

impl School<'_> {
    /// Carries out the trainings that were chosen, and finds those that are needed besides.
    pub(super) fn all(
        &self,
        planned: &[Planned],
        (expected, needed): (&Results, &[bool]),
    ) -> Result<Went> {
        let mut results = Results::default();
        for ((one, expected), needed) in planned.iter().zip(&expected.all).zip(needed) {
            let mut made = expected.clone();
            // An earlier training of this call may be what it begins with.
            let one = &one.anew(&results)?;
            if let Some(base) = &mut made.base {
                *base = one.training.base().unwrap_or_default().to_owned();
            }
            if is_meant(self.only, one.id()) {
                match self.train(one)? {
                    Ok(path) => made.path = path,
                    Err(exit) => return Ok(Went::Ended(exit)),
                }
            } else if *needed {
                made.path = self.find(one)?;
            }
            results.all.push(made);
        }
        Ok(Went::On(results))
    }

    /// The result of a training that is not carried out now.
    fn find(&self, one: &Planned) -> Result<PathBuf> {
        let begun = one.begun()?;
        let folders = earlier(self.artifacts, &one.name, &begun);
        let mut results = folders.iter().map(|folder| result(folder, one.id()));
        match results.find(|path| path.is_file()) {
            Some(path) => {
                let note = format!("{}: its result is {}", one.id(), path.display());
                self.finder.terminal.note(&note);
                Ok(path)
            }
            None => {
                let id = one.id();
                let why = format!(
                    "{id}: it is not trained yet, or was trained with other settings or files; add {id} to --only, or leave --only away"
                );
                Err(Usage::from(Mistake::at(&one.training.place, why)).into())
            }
        }
    }

    /// Trains, goes on, or finds that it is done; the result, or how it ended without one.
    fn train(&self, one: &Planned) -> Result<Result<PathBuf, Exit>> {
        let terminal = self.finder.terminal;
        let begun = one.begun()?;
        let there = match self.resume {
            true => earlier(self.artifacts, &one.name, &begun)
                .into_iter()
                .next(),
            false => None,
        };
        let path = there.as_ref().map(|folder| result(folder, one.id()));
        if let Some(path) = path.filter(|path| path.is_file()) {
            terminal.note(&format!(
                "{}: it is trained already, {}",
                one.id(),
                path.display()
            ));
            return Ok(Ok(path));
        }
        let folder = match there {
            Some(folder) => folder,
            None => begin(self.artifacts, &one.name, &begun)?,
        };
        let (name, text) = self.copy;
        ledger::write_derived(&folder, name, text.as_bytes())?;
        terminal.note(&format!("Training {} in {}", one.id(), folder.display()));
        let what = one.with(&folder).map_err(Usage::from)?;
        let ended = train::carry_out(&what, terminal, self.finder.offline);
        let ended = ended.map_err(|error| one.placed(error))?;
        if ended.exit == Exit::Interrupted {
            terminal.note("Interrupted; the same command with --resume goes on");
            return Ok(Err(Exit::Interrupted));
        }
        terminal.note(&ended.said);
        let Some(made) = ended.result else {
            let why = "nothing came of it that is better than its base, so nothing is measured";
            terminal.note(&format!("{}: {why}", one.id()));
            return Ok(Err(Exit::Gate));
        };
        let path = result(&folder, one.id());
        publish(&made, &path)?;
        Ok(Ok(path))
    }
}

impl Planned {
    /// The same with the words that hold now: results of earlier trainings have got their places.
    fn anew(&self, results: &Results) -> Result<Planned, Usage> {
        let training = on_results(&self.target, &self.training, results)?;
        Ok(Planned {
            target: self.target.clone(),
            name: self.name.clone(),
            words: training.words()?,
            training,
            command: self.command.clone(),
            plan: self.plan.clone(),
        })
    }

    fn placed(&self, error: anyhow::Error) -> anyhow::Error {
        match error.downcast_ref::<Usage>() {
            Some(Usage(why)) => Usage::from(self.training.mistake(why)).into(),
            None => error,
        }
    }

    /// What it begins with: its words, and what the files hold that they name.
    fn begun(&self) -> Result<Begun> {
        let what = parsed(&self.training, &self.words).map_err(Usage::from)?;
        let data = train::data(&what).map_err(|error| self.placed(error))?;
        let mut files: BTreeMap<String, String> = data.into_iter().collect();
        if let Some(base) = self.base().filter(|base| Path::new(base).is_file()) {
            files.insert(base.to_owned(), hub::sha256_file(Path::new(base))?);
        }
        Ok(Begun {
            id: self.id().to_owned(),
            words: self.words.clone(),
            files,
        })
    }
}
