//! A phase of training: kept samples become examples, and an adapter is trained on them.
//!
//! The prompt of an example is token for token the one that was sampled with: same wording, same template, same
//! date. What is learnt is what the plan keeps of the answer, up to and with the token that ends it; an answer that the
//! limit cut gets no end.

use std::path::Path;

use anyhow::{Context, Result};
use bench::desk::Unwatched;
use decoder::Transformer;
use decoder::export::Base;
use decoder::memory::Memory;
use engine::{Special, Token, Tokenizer};
use improve::raft::{Broken, Effort, HeldBack, Kept, Lesson, Sample, Taught, Trained};
use improve::sft::{Desk, End, Outcome, Training};
use improve::{Example, Point, Split, TrainFolder, Tuned, mean_loss};
use ledger::Run;
use ledger::record::Finish;
use measure::{Clock, SystemClock};
use serde_json::json;
use task::chat::{Message, Specials, Turn};
use task::prompt::Shape;
use task::{PromptProfile, Suite};

use super::hardware;
use super::workshop::Shop;
use crate::command::train::book::Book;
use crate::command::train::memory::{Flags, fits};
use crate::command::train::progress::Steps;
use crate::command::train::{costs, curve};
use crate::compute::Compute;
use crate::exit::Usage;
use crate::subject::Loaded;

/// Behind an answer whose code block was begun for the model and ended by its closing fence.
const CLOSING: &str = "\n```\n";

/// Trains, or goes on.
pub(super) fn train(shop: &Shop<'_>, lesson: &Lesson<'_>) -> Result<Taught> {
    let clock = SystemClock::start();
    let [all, held_out] = examples(shop, lesson, &clock)?;
    let longest = shop.plan.longest;
    let n_all = all.len();
    let fitting = |all: Vec<Example>| -> Vec<Example> {
        let all = all.into_iter();
        all.filter(|example| example.tokens.len() <= longest)
            .collect()
    };
    let (fitting, held_out) = (fitting(all), fitting(held_out));
    let too_long = n_all - fitting.len();
    if too_long > 0 {
        shop.terminal.note(&format!(
            "{too_long} of {n_all} rows have more than {longest} tokens and are left out"
        ));
    }
    if fitting.is_empty() {
        return Err(Usage(format!(
            "all rows have more than {longest} tokens; a greater --longest takes them"
        ))
        .into());
    }
    let rows = fitting.len();
    let split = Split {
        trained: fitting,
        held_out,
    };
    fits_now(shop, lesson, &split)?;
    let folder = TrainFolder::open(&lesson.training)?;
    let went_on = folder.curve().is_file();
    let (outcome, run) = steps(shop, (lesson, &split), &folder)?;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            let seconds = hardware::lasted(&run);
            let effort = effort((&[], &run), seconds, went_on);
            let why = error.to_string();
            return Ok(Taught::Broken(Box::new(Broken { why, effort })));
        }
    };
    if outcome.end == End::Stopped {
        return Ok(Taught::Stopped);
    }
    let which = outcome.best.map_or("final", |_| "best");
    copy(&lesson.training.join(which), &lesson.checkpoint)?;
    curve::write(folder.path(), &outcome.curve)?;
    let earlier = &outcome.curve[..outcome.earlier_steps.min(outcome.curve.len())];
    let earlier: u64 = earlier.iter().map(|point| point.ns).sum();
    let seconds = (clock.now_ns() + earlier) as f64 / 1e9;
    Ok(Taught::Trained(Box::new(Trained {
        steps: outcome.steps,
        most_steps: outcome.of,
        end: outcome.end,
        held_back: held_back(&outcome, &split),
        rows,
        too_long,
        mean_loss: mean_loss(&outcome.curve),
        first_loss: outcome.curve.first().map(|point| point.loss),
        last_loss: outcome.curve.last().map(|point| point.loss),
        tokens: outcome.curve.iter().map(|point| point.tokens).sum(),
        effort: effort((&outcome.curve, &run), seconds, went_on),
    })))
}

/// Refuses rows that do not fit into the memory that is free now. Of the settings those are named with which the run can
/// go on.
fn fits_now(shop: &Shop<'_>, lesson: &Lesson<'_>, split: &Split) -> Result<()> {
    let needs = |rows, recompute| Memory::of(&shop.shape, &shop.lora, rows, recompute);
    let shortest = split.trained.iter().map(|example| example.tokens.len());
    let flags = Flags {
        batch: None,
        longest: shortest.min().map(|least| ("--longest", least)),
    };
    fits(&needs, (&lesson.recipe, flags), split.longest()).with_context(|| {
        format!(
            "{}: it goes on with such a setting by `whet train raft --resume {}`",
            lesson.phase,
            shop.folder.display()
        )
    })
}

fn held_back(outcome: &Outcome, split: &Split) -> Option<HeldBack> {
    Some(HeldBack {
        rows: split.held_out.len(),
        tokens: split.held_out.iter().map(Example::goals).sum(),
        before: outcome.before?,
        best: outcome.best?,
        best_step: outcome.best_step?,
    })
}

/// The steps, and their record; instead of an outcome there may be a number that is not finite.
fn steps(
    shop: &Shop<'_>,
    (lesson, split): (&Lesson<'_>, &Split),
    folder: &TrainFolder,
) -> Result<(Result<Outcome, improve::Error>, Run)> {
    let plan = json!({ "phase": lesson.phase, "recipe": lesson.recipe });
    let plan = (&plan, lesson.recipe.seed);
    let mut book = Book::open(folder.path(), shop.located, plan, hardware::rest(shop)?)?;
    let (clock, mut unwatched) = (book.clock(), Unwatched);
    // The first phase of the run has rested.
    let hand = book.hand(0, (shop.stop, &mut unwatched), shop.terminal)?;
    let mut watcher = Steps::new(shop.terminal, hand);
    let model = Transformer::load(&shop.located.path)?;
    let base = Base {
        name: shop.located.name.clone(),
        sha256: shop.located.sha256.clone(),
    };
    let training = Training {
        learner: &mut Tuned::new(&model, &base, &shop.lora, lesson.recipe.seed)?,
        recipe: &lesson.recipe,
        split,
    };
    let mut desk = Desk {
        folder,
        clock: &clock,
        watcher: &mut watcher,
        stop: shop.stop,
    };
    let outcome = improve::sft::train(training, &mut desk);
    let outcome = match outcome {
        Ok(outcome) => {
            watcher.end(&outcome)?;
            Ok(outcome)
        }
        Err(error @ improve::Error::NotFinite { .. }) => {
            watcher.break_off()?;
            Err(error)
        }
        Err(error) => return Err(error.into()),
    };
    Ok((outcome, book.close(shop.terminal)?))
}

fn effort((curve, run): (&[Point], &Run), seconds: f64, went_on: bool) -> Effort {
    let tokens: usize = curve.iter().map(|point| point.tokens).sum();
    let ns: u64 = curve.iter().map(|point| point.ns).sum();
    Effort {
        seconds,
        tokens_per_s: (ns > 0).then(|| tokens as f64 * 1e9 / ns as f64),
        went_on,
        costs: costs::of_phases(run),
        hardware: hardware::seen(run, seconds),
        ..Effort::default()
    }
}

/// The adapter's files where they are looked for.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("cannot copy the adapter to {}", to.display());
    std::fs::create_dir_all(to).with_context(failed)?;
    for entry in std::fs::read_dir(from).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        std::fs::copy(entry.path(), to.join(entry.file_name())).with_context(failed)?;
    }
    Ok(())
}

/// Each row that is trained on as often as it counts, and each that is held back once. The engine is loaded for its
/// tokenizer alone and gone afterwards.
fn examples(
    shop: &Shop<'_>,
    lesson: &Lesson<'_>,
    clock: &SystemClock,
) -> Result<[Vec<Example>; 2]> {
    let loaded = Loaded::open(shop.located, &Compute::ONE_THREAD, clock)?;
    let scribe = Scribe::new(shop, &loaded)?;
    let mut trained = Vec::new();
    for row in lesson.rows {
        let example = scribe.example(row)?;
        trained.extend((0..row.times).map(|_| example.clone()));
    }
    let held_back = lesson.held_back.iter().map(|row| scribe.example(row));
    Ok([trained, held_back.collect::<Result<_>>()?])
}

/// The tokens with which a model is asked the first problem of a suite, and their shape.
pub(super) fn prompt_tokens(
    subject: &bench::Subject<'_>,
    suite: &Suite,
    profile: Option<PromptProfile>,
) -> Result<(Shape, Vec<Token>)> {
    let rendered = bench::code::first_prompt(subject, suite, profile)?;
    let tokens = bench::code::tokens(subject.model.tokenizer(), &rendered);
    Ok((rendered.shape, tokens))
}

/// The tokens with which a model was asked for a sample, and their shape.
pub(super) fn prompt_of(
    shop: &Shop<'_>,
    subject: &bench::Subject<'_>,
    sample: &Sample,
) -> Result<(Shape, Vec<Token>)> {
    let gone = || format!("the prompt {} is not there any more", sample.key());
    let suite = shop.suite(&sample.suite).with_context(gone)?;
    let problem = suite.problem(&sample.prompt_id).with_context(gone)?;
    let alone = Suite {
        problems: vec![problem.clone()],
        ..suite.clone()
    };
    prompt_tokens(subject, &alone, shop.prompt)
}

/// Turns rows into tokens.
struct Scribe<'a> {
    shop: &'a Shop<'a>,
    subject: bench::Subject<'a>,
    /// What ends an answer in a conversation.
    end_of_turn: Option<Token>,
}

impl<'a> Scribe<'a> {
    fn new(shop: &'a Shop<'a>, loaded: &'a Loaded) -> Result<Self> {
        let subject = loaded.subject(Some(shop.now))?;
        let end_of_turn = end_of_turn(&subject);
        Ok(Self {
            shop,
            subject,
            end_of_turn,
        })
    }

    fn example(&self, row: &Kept) -> Result<Example> {
        let sample = &row.sample;
        let (shape, mut tokens) = prompt_of(self.shop, &self.subject, sample)?;
        let tokenizer = self.subject.model.tokenizer();
        let learnt_from = tokens.len();
        tokens.extend(tokenizer.encode(&row.learnt, Special::Plain));
        let was_begun = shape == Shape::ChatBegun;
        if was_begun && sample.finish == Finish::StopString {
            tokens.extend(tokenizer.encode(CLOSING, Special::Plain));
        }
        if row.is_cut() {
            return Ok(Example {
                tokens,
                learnt_from,
            });
        }
        let is_chat = matches!(
            shape,
            Shape::Chat | Shape::ChatWithoutSystem | Shape::ChatBegun
        );
        let end = if is_chat { self.end_of_turn } else { None };
        tokens.extend(end.or(tokenizer.end()));
        Ok(Example {
            tokens,
            learnt_from,
        })
    }
}

/// The first token that ends a text behind an answer, as the model's template writes conversations.
fn end_of_turn(subject: &bench::Subject<'_>) -> Option<Token> {
    const ANSWER: &str = "-the-answer-stands-here-";
    let tokenizer: &dyn Tokenizer = subject.model.tokenizer();
    let text = |token: Option<Token>| token.map(|token| tokenizer.text(token));
    let specials = Specials {
        bos: text(tokenizer.start()),
        eos: text(tokenizer.end()),
        now: subject.now,
    };
    let talk = [Message::new("user", "?"), Message::new("assistant", ANSWER)];
    let template = subject.chat.as_ref()?;
    let whole = template.render(&talk, &specials, Turn::Complete).ok()?;
    let (_, tail) = whole.split_once(ANSWER)?;
    let tail = tokenizer.encode(tail, Special::Parse);
    tail.into_iter().find(|token| tokenizer.is_end(*token))
}
