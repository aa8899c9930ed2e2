//! `whet train`: a model is made better at what its examples show.

mod curve;
mod progress;
pub(super) mod raft;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use decoder::export::Base;
use decoder::memory::Memory;
use decoder::{Lora, Shape, Target, Transformer};
use engine::{Model, Token};
use improve::sft::{Desk, End, Outcome, Training};
use improve::{Examples, Reader, Recipe, Split, TrainFolder};
use measure::SystemClock;
use task::chat::Specials;

use crate::cli::{Sft, Train};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;
use progress::Steps;

/// Carries out the method asked for.
pub(crate) fn run(what: &Train, terminal: &Terminal, offline: bool) -> Result<Exit> {
    match what {
        Train::Sft(flags) => {
            let (exit, said) = sft(flags, terminal, offline)?;
            terminal.result(&said)?;
            Ok(exit)
        }
        Train::Raft(flags) => raft::run(flags, terminal, offline),
    }
}

/// Trains; says how it ended, in words too.
pub(crate) fn sft(flags: &Sft, terminal: &Terminal, offline: bool) -> Result<(Exit, String)> {
    let recipe = recipe(flags);
    recipe.check().map_err(|error| Usage(error.to_string()))?;
    let lora = lora(flags)?;
    let text = std::fs::read_to_string(&flags.examples).map_err(|error| {
        let path = flags.examples.display();
        Usage(format!("cannot read the examples from {path}: {error}"))
    })?;
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    let located = finder.base(&flags.model)?;
    let shape = Shape::of(&gguf::Gguf::open(&located.path)?)?;
    lora.check(&shape)
        .map_err(|error| Usage(error.to_string()))?;
    let clock = SystemClock::start();
    let examples = examples(flags, &located, &text, &clock)?;
    terminal.note(&counted(&examples, flags.longest));
    let split = Split::new(examples.fitting, &recipe);
    fits(&shape, &lora, (&recipe, "--batch"), &split)?;
    let folder = TrainFolder::open(&folder(flags, &located.name))?;
    terminal.note(&format!("the training is in {}", folder.path().display()));
    let model = Transformer::load(&located.path)?;
    let base = Base {
        name: located.name.clone(),
        sha256: located.sha256.clone(),
    };
    let training = Training {
        model: &model,
        base: &base,
        lora: &lora,
        recipe: &recipe,
        split: &split,
    };
    let mut desk = Desk {
        folder: &folder,
        clock: &clock,
        watcher: &mut Steps::new(terminal),
        stop,
    };
    let outcome = improve::sft::train(&training, &mut desk)?;
    curve::write(folder.path(), &outcome.curve)?;
    let said = said(&outcome, &folder);
    let exit = match outcome.end {
        End::Stopped => Exit::Interrupted,
        End::Complete | End::NoGain => Exit::Done,
    };
    Ok((exit, said))
}

fn recipe(flags: &Sft) -> Recipe {
    Recipe {
        epochs: flags.epochs,
        batch: flags.batch,
        accumulate: flags.accumulate,
        learning_rate: flags.learning_rate,
        held_out: flags.held_out,
        evaluate_every: flags.evaluate_every,
        patience: flags.patience,
        checkpoint_every: flags.checkpoint_every,
        seed: flags.seed,
        recompute: flags.recompute,
        ..Recipe::default()
    }
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

/// The tokens of all examples. The engine is loaded for its tokenizer alone and gone afterwards.
fn examples(flags: &Sft, located: &Located, text: &str, clock: &SystemClock) -> Result<Examples> {
    let loaded = Loaded::open(located, 1, clock)?;
    let template = loaded.template()?;
    let tokenizer = loaded.llama.tokenizer();
    let named = |token: Option<Token>| token.map(|token| tokenizer.text(token));
    let context = loaded.llama.card().context_length;
    let reader = Reader {
        tokenizer,
        template: template.as_ref(),
        specials: Specials {
            bos: named(tokenizer.start()),
            eos: named(tokenizer.end()),
            // A date would make another text of the same examples tomorrow.
            now: None,
        },
        longest: match context {
            0 => flags.longest,
            most => flags.longest.min(most),
        },
    };
    let path = flags.examples.display().to_string();
    let examples = reader.read(&path, text);
    Ok(examples.map_err(|error| Usage(error.to_string()))?)
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

/// Refuses a training that would not fit into memory, with what would.
fn fits(
    shape: &Shape,
    lora: &Lora,
    (recipe, batch_flag): (&Recipe, &str),
    split: &Split,
) -> Result<()> {
    let Ok(available) = measure::probe::memory::available_bytes() else {
        return Ok(());
    };
    let all = split.trained.iter().chain(&split.held_out);
    let longest = all.map(|example| example.tokens.len()).max().unwrap_or(0);
    let of = |batch, recompute| Memory::of(shape, lora, (batch, longest), recompute).total();
    let needed = of(recipe.batch, recipe.recompute);
    if needed <= available {
        return Ok(());
    }
    let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
    let ways = [
        (recipe.batch, true, "--recompute".to_owned()),
        (1, true, format!("--recompute {batch_flag} 1")),
    ];
    let fitting = ways
        .iter()
        .find(|(batch, again, _)| of(*batch, *again) <= available);
    let remedy = match fitting {
        Some((batch, again, flag)) => {
            format!("{flag} takes {:.1} GiB", gib(of(*batch, *again)))
        }
        None => "a smaller model or a smaller --longest takes less".into(),
    };
    let message = format!(
        "the training needs about {:.1} GiB and {:.1} GiB of memory are free; {remedy}",
        gib(needed),
        gib(available)
    );
    Err(Usage(message)).context("nothing was loaded")
}

fn folder(flags: &Sft, model: &str) -> PathBuf {
    flags.output.clone().unwrap_or_else(|| {
        let now = jiff::Zoned::now().strftime("%Y%m%d_%H%M%S");
        Path::new("runs").join(format!("{model}_sft_{now}"))
    })
}

fn said(outcome: &Outcome, folder: &TrainFolder) -> String {
    let steps = outcome.steps;
    let why = match outcome.end {
        End::Complete => format!("{steps} steps"),
        End::NoGain => format!("{steps} steps, then no gain"),
        End::Stopped => {
            return format!(
                "stopped after {steps} steps; the same command with --output {} goes on",
                folder.path().display()
            );
        }
    };
    let losses = match (outcome.curve.first(), outcome.curve.last()) {
        (Some(first), Some(last)) => format!("; loss {:.3} → {:.3}", first.loss, last.loss),
        _ => String::new(),
    };
    let which = if outcome.best.is_some() {
        "best"
    } else {
        "final"
    };
    let best = outcome.best.map_or_else(String::new, |best| {
        format!("; held out {best:.3} nats per token at best")
    });
    format!("{why}{losses}{best}\n{}", folder.adapter(which).display())
}
