//! `whet train pretrain`: a folder of source files becomes windows of tokens, and every weight learns the next one.
//!
//! A shape begins with the random weights that its untrained files have, drawn from the same seed; they stand in
//! `start.gguf` until the training is complete, because what is written takes tokenizer and sizes from it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use bench::desk::Unwatched;
use decoder::Shape;
use decoder::export::Base;
use engine::Model;
use improve::sft::{Desk, End, Training};
use improve::sources::{ENDINGS, Sources};
use improve::{Recipe, Split, TrainFolder, Whole};
use measure::SystemClock;
use model::Precision;
use model::variants::{self, Variant};
use serde_json::json;

use super::book::Book;
use super::memory::Flags;
use super::progress::Steps;
use super::{Ended, curve, memory, steps};
use crate::cli::Pretrain;
use crate::command::models::watching;
use crate::compute::Compute;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::words::count;

/// The numbers of a training that begins with nothing learnt, where they differ from those of one on answers.
fn usual() -> Recipe {
    Recipe {
        epochs: 1,
        learning_rate: 5e-4,
        weight_decay: 0.1,
        checkpoint_every: 50,
        ..Recipe::default()
    }
}

/// What a training begins with.
enum Start<'a> {
    Shape(Variant),
    Model(&'a str),
}

/// Trains.
pub(super) fn pretrain(flags: &Pretrain, terminal: &Terminal, offline: bool) -> Result<Ended> {
    let start = Start::of(flags)?;
    let mut recipe = steps::recipe(&flags.steps, usual())?;
    let sources = read(flags)?;
    terminal.note(&found(&sources));
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let folder = match &flags.output {
        Some(folder) => folder.clone(),
        None => super::new_folder(&start.name(), "pretrain"),
    };
    let folder = TrainFolder::open(&folder)?;
    let Some(located) = start.located((&folder, recipe.seed), &finder)? else {
        return Ok(Ended {
            exit: Exit::Interrupted,
            said: "stopped before the first step".into(),
            result: None,
        });
    };
    let clock = SystemClock::start();
    let split = split((flags, &recipe), &located, &sources, &clock)?;
    terminal.note(&counted(&split, &folder));
    steps::warm_up(&mut recipe, &flags.steps, &split);
    fits(&located, &recipe, &split)?;
    let base = Base {
        name: start.title(&located),
        sha256: located.sha256.clone(),
    };
    let plan = plan(flags)?;
    let plan = (&plan, recipe.seed);
    let mut book = Book::open(folder.path(), &located, plan, BTreeMap::new())?;
    let (clock, mut unwatched) = (book.clock(), Unwatched);
    let hand = book.hand(steps::REST, (finder.stop, &mut unwatched), terminal)?;
    let mut watcher = Steps::new(terminal, hand);
    let training = Training {
        learner: &mut Whole::load(&located.path, base, &start.folder())?,
        recipe: &recipe,
        split: &split,
    };
    let mut desk = Desk {
        folder: &folder,
        clock: &clock,
        watcher: &mut watcher,
        stop: finder.stop,
    };
    let outcome = improve::sft::train(training, &mut desk)?;
    watcher.end(&outcome)?;
    curve::write(folder.path(), &outcome.curve)?;
    if outcome.end != End::Stopped {
        start.clear(&located)?;
    }
    let file = |which: &str| folder.model(which);
    steps::ended(
        (&outcome, &split),
        (folder.path(), &book.close(terminal)?),
        file,
    )
}

impl<'a> Start<'a> {
    fn of(flags: &'a Pretrain) -> Result<Self> {
        let (word, model) = (flags.shape.as_deref(), flags.from.as_deref());
        match (word, model) {
            (Some(_), Some(_)) => {
                let why = "shape and from are two beginnings; one of them is enough";
                Err(Usage(why.into()).into())
            }
            (None, Some(model)) => Ok(Start::Model(model)),
            (None, None) => {
                let why = "neither the command line nor the file of --config says which shape";
                Err(Usage(why.into()).into())
            }
            (Some(word), None) => {
                let lower = word.to_lowercase();
                let found = variants::ALL
                    .into_iter()
                    .find(|one| one.name == lower || short(one) == lower);
                let names: Vec<&str> = variants::ALL.iter().map(short).collect();
                let why = format!("there is no shape {word}; there are {}", names.join(", "));
                Ok(Start::Shape(found.ok_or(Usage(why))?))
            }
        }
    }

    /// For the name of a folder of a training.
    fn name(&self) -> String {
        match self {
            Start::Shape(variant) => variant.name.to_owned(),
            Start::Model(word) => crate::subject::name_of(word),
        }
    }

    fn title(&self, located: &Located) -> String {
        match self {
            Start::Shape(variant) => variant.title.to_owned(),
            Start::Model(_) => located.name.clone(),
        }
    }

    /// What the folder for `transformers` is called: of a shape, what `whet bench variants` looks for.
    fn folder(&self) -> String {
        match self {
            Start::Shape(variant) => format!("pretrained_{}", variant.name.replace('-', "_")),
            Start::Model(_) => "transformers".into(),
        }
    }

    /// The file of the first weights; `None` if the user stopped it while it was made.
    fn located(
        &self,
        (folder, seed): (&TrainFolder, u64),
        finder: &Finder<'_>,
    ) -> Result<Option<Located>> {
        let variant = match self {
            Start::Model(word) => return finder.base(word)?.hashed().map(Some),
            Start::Shape(variant) => variant,
        };
        let path = folder.path().join("start.gguf");
        if !path.is_file() {
            let mut progress = Progress::new(finder.terminal);
            let mut watch = watching(&mut progress, "drawing the first weights", finder.stop);
            let made = variant.write(&path, Precision::F32, seed, &mut watch);
            drop(watch);
            progress.clear();
            match made {
                Err(model::Error::Stopped { .. }) => return Ok(None),
                other => other?,
            };
        }
        Ok(Some(Located {
            name: variant.name.to_owned(),
            path,
            sha256: None,
            adapter: None,
        }))
    }

    /// Deletes the first weights, which the seed makes again.
    fn clear(&self, located: &Located) -> Result<()> {
        if matches!(self, Start::Shape(_)) {
            std::fs::remove_file(&located.path)?;
        }
        Ok(())
    }
}

/// The name of a shape without that of its family.
fn short(variant: &Variant) -> &'static str {
    variant.name.trim_start_matches("smallcoder-")
}

/// The folder of sources.
fn data(flags: &Pretrain) -> Result<&Path> {
    let found = flags.data.as_deref();
    let why = "neither the command line nor the file of --config says where the data are";
    let data = found.ok_or_else(|| Usage(why.into()))?;
    if !data.is_dir() {
        let why = format!("--data {}: there is no such folder", data.display());
        return Err(Usage(why).into());
    }
    Ok(data)
}

fn endings(flags: &Pretrain) -> Vec<String> {
    let named = flags.endings.iter().map(|one| one.trim_start_matches('.'));
    match flags.endings.is_empty() {
        true => ENDINGS.map(str::to_owned).to_vec(),
        false => named.map(str::to_owned).collect(),
    }
}

/// The sources in it.
fn read(flags: &Pretrain) -> Result<Sources> {
    if flags.window == 0 {
        return Err(Usage("window must be at least 1".into()).into());
    }
    let sources = Sources::read(data(flags)?, &endings(flags));
    Ok(sources.map_err(|error| Usage(error.to_string()))?)
}

/// The folder with a number that stands for what is read of it.
pub(super) fn sum(flags: &Pretrain) -> Result<(String, String)> {
    let (folder, sources) = (data(flags)?, read(flags)?);
    let texts: Vec<&str> = sources
        .files
        .iter()
        .map(|file| file.text.as_str())
        .collect();
    let sum = engine::seed::derive(0, &texts, 0);
    Ok((folder.display().to_string(), format!("{sum:016x}")))
}

fn found(sources: &Sources) -> String {
    let bytes: usize = sources.files.iter().map(|file| file.text.len()).sum();
    format!(
        "{} with {}; left out: {} whose text another one has, {} that are empty, too long or no UTF-8",
        count(sources.files.len(), "file"),
        crate::subject::size(bytes as u64),
        sources.equal,
        sources.unfit
    )
}

/// The engine is loaded for its tokenizer alone and gone afterwards.
fn split(
    (flags, recipe): (&Pretrain, &Recipe),
    located: &Located,
    sources: &Sources,
    clock: &SystemClock,
) -> Result<Split> {
    let loaded = Loaded::open(located, &Compute::ONE_THREAD, clock)?;
    let window = match loaded.llama.card().context_length {
        0 => flags.window,
        most => flags.window.min(most),
    };
    let how = (recipe.held_out, recipe.seed);
    Ok(sources.split(loaded.llama.tokenizer(), window, how))
}

fn fits(located: &Located, recipe: &Recipe, split: &Split) -> Result<()> {
    let file = gguf::Gguf::open(&located.path)?;
    let (shape, tied) = (Shape::of(&file)?, file.tensor("output.weight").is_none());
    let how = (recipe, Flags::OF_STEPS);
    memory::fits(&memory::all_weights(&shape, tied), how, split.longest())
}

fn counted(split: &Split, folder: &TrainFolder) -> String {
    let tokens = |side: &[improve::Example]| -> usize { side.iter().map(|one| one.goals()).sum() };
    format!(
        "{} windows with {} tokens to learn, {} with {} tokens held out; the training is in {}",
        split.trained.len(),
        tokens(&split.trained),
        split.held_out.len(),
        tokens(&split.held_out),
        folder.path().display()
    )
}

/// The resolved plan.
pub(super) fn plan(flags: &Pretrain) -> Result<serde_json::Value> {
    let start = Start::of(flags)?;
    let recipe = steps::recipe(&flags.steps, usual())?;
    let from = match start {
        Start::Shape(_) => None,
        Start::Model(word) => Some(word),
    };
    let shape = match start {
        Start::Shape(variant) => Some(variant.name),
        Start::Model(_) => None,
    };
    Ok(json!({
        "method": "pretrain",
        "shape": shape,
        "from": from,
        "data": flags.data,
        "endings": endings(flags),
        "window": flags.window,
        "output": flags.output,
        "warmup_ratio": flags.steps.warmup_ratio,
        "recipe": recipe,
    }))
}
