//! From flags to the numbers of a training, and how it ended in words.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use decoder::Shape;
use decoder::memory::Memory;
use improve::sft::{End, Outcome};
use improve::{Recipe, Split};
use ledger::Run;
use serde_json::json;

use super::{Ended, costs};
use crate::cli::StepFlags;
use crate::exit::{Exit, Usage};

/// Seconds of rest before a training, for the power without work, where something tells it.
pub(super) const REST: u32 = 5;

/// The greatest share of steps on which a learning rate rises.
const MOST_WARMUP: f64 = 0.25;

fn set<T: Copy>(place: &mut T, asked: Option<T>) {
    if let Some(value) = asked {
        *place = value;
    }
}

/// The numbers that flags say, over those of a method.
pub(super) fn recipe(flags: &StepFlags, usual: Recipe) -> Result<Recipe> {
    let mut recipe = Recipe {
        recompute: flags.recompute,
        seed: flags.seed,
        ..usual
    };
    set(&mut recipe.epochs, flags.epochs);
    set(&mut recipe.most_steps, flags.max_steps);
    set(&mut recipe.batch, flags.batch);
    set(&mut recipe.accumulate, flags.accumulate);
    set(&mut recipe.learning_rate, flags.learning_rate);
    set(&mut recipe.warmup, flags.warmup);
    set(&mut recipe.weight_decay, flags.weight_decay);
    set(&mut recipe.clip, flags.clip);
    set(&mut recipe.held_out, flags.held_out);
    set(&mut recipe.evaluate_every, flags.evaluate_every);
    set(&mut recipe.patience, flags.patience);
    set(&mut recipe.least_gain, flags.least_gain);
    set(&mut recipe.checkpoint_every, flags.checkpoint_every);
    let refused = |why: String| Err(Usage(why).into());
    if flags.max_steps == Some(0) {
        return refused("max_steps must be at least 1".into());
    }
    match flags.warmup_ratio {
        Some(share) if !(0.0..=MOST_WARMUP).contains(&share) => refused(format!(
            "warmup_ratio is {share}; it must be between 0 and {MOST_WARMUP}"
        )),
        _ => {
            recipe.check().map_err(|error| Usage(error.to_string()))?;
            Ok(recipe)
        }
    }
}

/// Turns a share of steps into steps, once it is known how many there are.
pub(super) fn warm_up(recipe: &mut Recipe, flags: &StepFlags, split: &Split) {
    if let Some(share) = flags.warmup_ratio {
        recipe.warmup = (split.all_steps(recipe) as f64 * share).ceil() as usize;
    }
}

/// The memory of batches of so many sequences, with or without recomputing.
pub(in crate::command) type Needs<'a> = &'a dyn Fn((usize, usize), bool) -> Memory;

/// Refuses a training that would not fit into memory, with what would.
pub(in crate::command) fn fits(
    needs: Needs<'_>,
    (recipe, batch_flag): (&Recipe, &str),
    split: &Split,
) -> Result<()> {
    let Ok(available) = measure::probe::memory::available_bytes() else {
        return Ok(());
    };
    fits_into(available, needs, (recipe, batch_flag), split)
}

fn fits_into(
    available: u64,
    needs: Needs<'_>,
    (recipe, batch_flag): (&Recipe, &str),
    split: &Split,
) -> Result<()> {
    let all = split.trained.iter().chain(&split.held_out);
    let longest = all.map(|example| example.tokens.len()).max().unwrap_or(0);
    let of = |batch, recompute| needs((batch, longest), recompute).total();
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
        None => "a smaller model, or shorter examples, take less; an adapter takes less than all weights".into(),
    };
    let message = format!(
        "the training needs about {:.1} GiB and {:.1} GiB of memory are free; {remedy}",
        gib(needed),
        gib(available)
    );
    Err(Usage(message)).context("nothing was loaded")
}

/// The memory of training every weight.
pub(super) fn all_weights(
    shape: &Shape,
    tied: bool,
) -> impl Fn((usize, usize), bool) -> Memory + '_ {
    move |rows, recompute| Memory::of_all(shape, tied, rows, recompute)
}

/// How a training ended, in words and in `summary.json`; `file` is told whether it is the best or the last that is meant.
pub(super) fn ended(
    (outcome, split): (&Outcome, &Split),
    (folder, run): (&Path, &Run),
    file: impl Fn(&str) -> PathBuf,
) -> Result<Ended> {
    if outcome.end == End::Stopped {
        return Ok(Ended {
            exit: Exit::Interrupted,
            said: format!(
                "stopped after {} steps; the same command with --output {} goes on",
                outcome.steps,
                folder.display()
            ),
            result: None,
        });
    }
    let result = match outcome.best {
        Some(_) => file("best"),
        None => file("final"),
    };
    let text = serde_json::to_vec_pretty(&summary((outcome, split), run, &result))?;
    ledger::write_derived(folder, "summary.json", &text)?;
    Ok(Ended {
        exit: Exit::Done,
        said: format!(
            "{}\n{}\n{}",
            said(outcome, split),
            costs::words(run),
            result.display()
        ),
        result: Some(result),
    })
}

fn summary((outcome, split): (&Outcome, &Split), run: &Run, result: &Path) -> serde_json::Value {
    let loss = |point: Option<&improve::Point>| point.map(|point| point.loss);
    json!({
        "end": outcome.end,
        "steps": outcome.steps,
        "most_steps": outcome.of,
        "tokens": outcome.curve.iter().map(|point| point.tokens).sum::<usize>(),
        "learnt_tokens": outcome.curve.iter().map(|point| point.goals).sum::<usize>(),
        "first_loss": loss(outcome.curve.first()),
        "last_loss": loss(outcome.curve.last()),
        "held_out": {
            "examples": split.held_out.len(),
            "tokens": split.held_out.iter().map(improve::Example::goals).sum::<usize>(),
            "before": outcome.before,
            "best": outcome.best,
            "best_step": outcome.best_step,
        },
        "costs": costs::of_phases(run),
        "energy": costs::energy(run),
        "result": result,
    })
}

fn said(outcome: &Outcome, split: &Split) -> String {
    let steps = outcome.steps;
    let why = match outcome.end {
        End::NoGain => format!("{steps} steps, then no gain"),
        _ => format!("{steps} steps"),
    };
    let losses = match (outcome.curve.first(), outcome.curve.last()) {
        (Some(first), Some(last)) => format!("; loss {:.3} → {:.3}", first.loss, last.loss),
        _ => String::new(),
    };
    let before = outcome
        .before
        .map_or_else(String::new, |before| format!("{before:.3} → "));
    let after = outcome
        .best_step
        .map_or_else(String::new, |step| format!(", after step {step}"));
    let best = outcome.best.map_or_else(String::new, |best| {
        let n = split.held_out.len();
        format!("; held out {before}{best:.3} nats per token at best{after} (n = {n} examples)")
    });
    format!("{why}{losses}{best}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use improve::Example;

    fn split() -> Split {
        let example = Example {
            tokens: vec![1; 101],
            learnt_from: 1,
        };
        Split {
            trained: vec![example],
            held_out: Vec::new(),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_setting_that_would() {
        let needs = |(batch, longest): (usize, usize), recompute: bool| Memory {
            weights: 1 << 30,
            layers: ((batch * longest) as u64) << if recompute { 20 } else { 24 },
            logits: 0,
            trained: 0,
        };
        let recipe = Recipe::default();
        let said = |gib: f64| {
            let available = (gib * (1u64 << 30) as f64) as u64;
            fits_into(available, &needs, (&recipe, "--batch"), &split())
                .map_err(|error| error.root_cause().to_string())
        };
        assert!(said(9.0).is_ok());
        assert!(
            said(2.0)
                .unwrap_err()
                .contains("; --recompute takes 1.2 GiB")
        );
        assert!(
            said(1.1)
                .unwrap_err()
                .contains("; --recompute --batch 1 takes 1.1 GiB")
        );
        assert!(said(0.5).unwrap_err().contains("a smaller model"));
    }

    #[test]
    fn a_share_of_steps_to_warm_up_is_counted_when_steps_are_known() {
        let flags = StepFlags {
            warmup_ratio: Some(0.2),
            ..StepFlags::default()
        };
        let mut recipe = recipe(&flags, Recipe::default()).unwrap();
        recipe.epochs = 12;
        warm_up(&mut recipe, &flags, &split());
        assert_eq!(recipe.warmup, 3);
    }
}
