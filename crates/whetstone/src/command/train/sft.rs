//! `whet train sft`: prompts and answers become examples, and an adapter or a whole model learns them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use bench::desk::Unwatched;
use decoder::export::Base;
use decoder::memory::Memory;
use decoder::{Lora, Shape, Target, Transformer};
use engine::{Model, Token};
use improve::sft::{Desk, Outcome, Training};
use improve::{Examples, Learner, Reader, Recipe, Split, TrainFolder, Tuned, Whole};
use measure::SystemClock;
use serde_json::json;
use task::chat::Specials;
use task::survey::Survey;

use super::book::Book;
use super::memory::Flags;
use super::progress::Steps;
use super::{Ended, curve, memory, steps};
use crate::cli::Sft;
use crate::command::data::leaks::{self, HeldOut};
use crate::compute::Compute;
use crate::exit::Usage;
use crate::interrupt;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;

/// Greatest rate and steps between checkpoints where every weight is trained: a step moves more, and a checkpoint holds
/// three times the model.
const FULL_RATE: f64 = 2e-5;
const FULL_CHECKPOINT_EVERY: usize = 50;
/// What a folder for `transformers` is called.
const FOLDER: &str = "transformers";

/// What is asked for, with every default filled in.
struct Order<'a> {
    flags: &'a Sft,
    model: &'a str,
    examples: PathBuf,
    recipe: Recipe,
    /// `None` to train every weight.
    lora: Option<Lora>,
}

/// The resolved plan.
pub(super) fn plan(flags: &Sft) -> Result<serde_json::Value> {
    Ok(Order::of(flags)?.plan())
}

/// Trains.
pub(crate) fn sft(flags: &Sft, terminal: &Terminal, offline: bool) -> Result<Ended> {
    let order = Order::of(flags)?;
    let text = std::fs::read_to_string(&order.examples).map_err(|error| {
        let path = order.examples.display();
        Usage(format!("cannot read the examples from {path}: {error}"))
    })?;
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    order.apart(&text, &finder)?;
    let located = finder.base(order.model)?.hashed()?;
    let file = gguf::Gguf::open(&located.path)?;
    let shape = Shape::of(&file)?;
    let tied = file.tensor("output.weight").is_none();
    let clock = SystemClock::start();
    if let Some(lora) = &order.lora {
        lora.check(&shape)
            .map_err(|error| Usage(error.to_string()))?;
    }
    let examples = order.examples(&located, &text, &clock)?;
    terminal.note(&counted(&examples, flags.longest));
    let mut recipe = order.recipe.clone();
    let split = Split::new(examples.fitting, &recipe);
    held_out(&recipe, &split)
        .iter()
        .for_each(|said| terminal.note(said));
    steps::warm_up(&mut recipe, &flags.steps, &split);
    let (how, longest) = ((&recipe, Flags::OF_STEPS), split.longest());
    match &order.lora {
        Some(lora) => {
            let needs = |rows, recompute| Memory::of(&shape, lora, rows, recompute);
            memory::fits(&needs, how, longest)?;
        }
        None => memory::fits(&memory::all_weights(&shape, tied), how, longest)?,
    }
    let folder = TrainFolder::open(&place(flags, &located.name))?;
    terminal.note(&format!("the training is in {}", folder.path().display()));
    let plan = order.plan();
    let plan = (&plan, recipe.seed);
    let mut book = Book::open(folder.path(), &located, plan, BTreeMap::new())?;
    let (clock, mut unwatched) = (book.clock(), Unwatched);
    let hand = book.hand(steps::REST, (finder.stop, &mut unwatched), terminal)?;
    let mut watcher = Steps::new(terminal, hand);
    let mut desk = Desk {
        folder: &folder,
        clock: &clock,
        watcher: &mut watcher,
        stop: finder.stop,
    };
    let outcome = order.train(&located, (&recipe, &split), &mut desk)?;
    watcher.end(&outcome)?;
    curve::write(folder.path(), &outcome.curve)?;
    let file = |which: &str| order.result(&folder, which);
    steps::ended(
        (&outcome, &split),
        (folder.path(), &book.close(terminal)?),
        file,
    )
}

impl<'a> Order<'a> {
    fn of(flags: &'a Sft) -> Result<Self> {
        let usual = match flags.full {
            false => Recipe::default(),
            true => Recipe {
                learning_rate: FULL_RATE,
                checkpoint_every: FULL_CHECKPOINT_EVERY,
                ..Recipe::default()
            },
        };
        let mut recipe = steps::recipe(&flags.steps, usual)?;
        recipe.dropout = flags.dropout.unwrap_or(0.0);
        recipe.check().map_err(|error| Usage(error.to_string()))?;
        let lacking = |what: &str| {
            let why = format!("neither the command line nor the file of --config says {what}");
            Usage(why)
        };
        Ok(Order {
            flags,
            model: flags
                .model
                .as_deref()
                .ok_or_else(|| lacking("which model"))?,
            examples: file(flags).ok_or_else(|| lacking("where the examples are"))?,
            recipe,
            lora: match flags.full {
                true => None,
                false => Some(lora(flags)?),
            },
        })
    }

    /// The resolved plan.
    fn plan(&self) -> serde_json::Value {
        let adapter = self.lora.as_ref().map(|lora| {
            let targets: Vec<&str> = lora.targets.iter().map(|target| target.name()).collect();
            json!({"rank": lora.rank, "alpha": lora.alpha, "targets": targets})
        });
        json!({
            "method": "sft",
            "model": self.model,
            "examples": self.examples,
            "output": self.flags.output,
            "longest": self.flags.longest,
            "full": self.flags.full,
            "adapter": adapter,
            "warmup_ratio": self.flags.steps.warmup_ratio,
            "recipe": self.recipe,
        })
    }

    /// Refuses examples that overlap with what `--against` names. Where it names nothing, an overlap with the bundled suites is
    /// said and no more: what they are measured with afterwards is not known here.
    fn apart(&self, text: &str, finder: &Finder<'_>) -> Result<()> {
        let held_out = HeldOut::of(&self.flags.against, finder)?;
        let leaks = held_out.leaks(&Survey::of(text));
        let Some(what) = leaks::in_words(&leaks, &held_out.of) else {
            return Ok(());
        };
        let examples = self.examples.display();
        if self.flags.against.is_empty() {
            finder.terminal.note(&format!(
                "{examples}: {what}; measured with these problems the model will look better than it is (whet data check {examples} names all)"
            ));
            return Ok(());
        }
        Err(Usage(format!(
            "{examples}: {what}; leave these rows out (whet data check {examples} --against {} names all)",
            self.flags.against.join(",")
        ))
        .into())
    }

    /// The tokens of all examples. The engine is loaded for its tokenizer alone and gone afterwards.
    fn examples(&self, located: &Located, text: &str, clock: &SystemClock) -> Result<Examples> {
        let loaded = Loaded::open(located, &Compute::ONE_THREAD, clock)?;
        let template = loaded.template()?;
        let tokenizer = loaded.llama.tokenizer();
        let named = |token: Option<Token>| token.map(|token| tokenizer.text(token));
        let longest = self.flags.longest;
        let reader = Reader {
            tokenizer,
            template: template.as_ref(),
            specials: Specials {
                bos: named(tokenizer.start()),
                eos: named(tokenizer.end()),
                // A date would make another text of the same examples tomorrow.
                now: None,
            },
            longest: match loaded.llama.card().context_length {
                0 => longest,
                most => longest.min(most),
            },
            n_vocab: loaded.llama.card().n_vocab,
        };
        let path = self.examples.display().to_string();
        let examples = reader.read(&path, text);
        Ok(examples.map_err(|error| Usage(error.to_string()))?)
    }

    fn train(
        &self,
        located: &Located,
        (recipe, split): (&Recipe, &Split),
        desk: &mut Desk<'_>,
    ) -> Result<Outcome> {
        let base = Base {
            name: located.name.clone(),
            sha256: located.sha256.clone(),
        };
        let mut train = |learner: &mut dyn Learner| {
            let training = Training {
                learner,
                recipe,
                split,
            };
            improve::sft::train(training, desk)
        };
        Ok(match &self.lora {
            None => train(&mut Whole::load(&located.path, base, FOLDER)?)?,
            Some(lora) => {
                let model = Transformer::load(&located.path)?;
                train(&mut Tuned::new(&model, &base, lora, recipe.seed)?)?
            }
        })
    }

    fn result(&self, folder: &TrainFolder, which: &str) -> PathBuf {
        match self.lora {
            Some(_) => folder.adapter(which),
            None => folder.model(which),
        }
    }
}

/// The file of the examples; of a folder of `whet collect` its record.
pub(in crate::command) fn file(flags: &Sft) -> Option<PathBuf> {
    let path = flags.examples.as_deref()?;
    let inside = path.join(improve::collect::RECORD);
    Some(match inside.is_file() {
        true => inside,
        false => path.to_owned(),
    })
}

fn lora(flags: &Sft) -> Result<Lora> {
    let named = flags.targets.iter().map(|name| Target::parse(name));
    let targets = named.collect::<Result<Vec<Target>, _>>();
    let targets = targets.map_err(|error| Usage(error.to_string()))?;
    Ok(Lora {
        rank: flags.rank,
        alpha: flags.alpha.unwrap_or(2.0 * flags.rank as f64),
        targets: match targets.is_empty() {
            true => Target::ALL.to_vec(),
            false => targets,
        },
    })
}

/// What is held out, where something was to be; whole prompts may make it more than was asked for.
fn held_out(recipe: &Recipe, split: &Split) -> Option<String> {
    let (n, all) = (
        split.held_out.len(),
        split.held_out.len() + split.trained.len(),
    );
    if recipe.held_out == 0.0 || all < 2 {
        return None;
    }
    Some(match n {
        0 => "No example is held out, because all have the same prompt; all steps are taken".into(),
        n => format!(
            "{n} of {all} examples are held out ({:.0} %, {:.0} % were asked for), all answers to a prompt together",
            100.0 * n as f64 / all as f64,
            100.0 * recipe.held_out
        ),
    })
}

fn counted(examples: &Examples, longest: usize) -> String {
    let tokens: usize = examples.fitting.iter().map(|e| e.tokens.len()).sum();
    let goals: usize = examples.fitting.iter().map(improve::Example::goals).sum();
    let left_out = match examples.too_long.len() {
        0 => String::new(),
        n => format!("; {n} with more than {longest} tokens are left out"),
    };
    format!(
        "{} examples, {tokens} tokens, {goals} of them learnt{left_out}",
        examples.fitting.len()
    )
}

fn place(flags: &Sft, model: &str) -> PathBuf {
    flags
        .output
        .clone()
        .unwrap_or_else(|| super::new_folder(model, "sft"))
}
