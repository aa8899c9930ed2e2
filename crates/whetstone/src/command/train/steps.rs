//! From flags to the numbers of a training, and how it ended in words.

use std::path::{Path, PathBuf};

use anyhow::Result;
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
        "training_loss": improve::mean_loss(&outcome.curve),
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
        (Some(first), Some(last)) => format!(
            "; loss {:.3} at the first step, {:.3} at the last",
            first.loss, last.loss
        ),
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
