//! How far a cycle's adapter is from its base, at the end of the phase that measured held-out prompts with it.

use anyhow::{Context, Result};
use bench::run::Ended;
use bench::{Desk, Subject};
use engine::Special;
use engine::score::Window;
use improve::raft::{Drift, Sample};
use ledger::Run;

use super::training::prompt_of;
use super::workshop::Shop;
use crate::subject::Loaded;

/// Answers that are looked at, each to a prompt of its own: enough for an interval, and the work of some seconds a
/// hundred million parameters.
const ANSWERS: usize = 8;

/// Holds a model with its adapter against its base, which is loaded beside it. Whatever cannot be had for that is a reason in
/// the records, and no end of the run.
pub(super) fn measure(
    shop: &Shop<'_>,
    subject: &Subject<'_>,
    samples: &[Sample],
    desk: &mut Desk<'_>,
) -> Result<Ended> {
    if desk.is_done(&subject.name, bench::drift::NAME) {
        return Ok(Ended::Complete);
    }
    let base = match Loaded::open(shop.located, shop.compute, desk.clock) {
        Ok(base) => base,
        // No room for a second model: the run has done without this look before.
        Err(error) => {
            bench::drift::absent(subject, &format!("{error:#}"), desk)?;
            return Ok(Ended::Complete);
        }
    };
    let answers = spread(samples).into_iter();
    let answers = answers.map(|sample| window(shop, subject, sample));
    let answers: Vec<Window> = answers.collect::<Result<_>>()?;
    let base = base.subject(Some(shop.now))?;
    bench::run::drift(subject, base.model, &answers, desk).context("how far from the base")
}

/// What the records say of it; `None` where it was not looked at.
pub(super) fn of(run: &Run, seed: u64) -> Option<Drift> {
    let values = |metric: &str| {
        let found = run.measurements.iter().find(|one| one.metric == metric);
        found.map_or(&[][..], |one| one.values.as_slice())
    };
    Drift::of(bench::drift::METRICS.map(values), seed)
}

/// First answers to prompts that lie evenly among all; those that say nothing are left out.
fn spread(samples: &[Sample]) -> Vec<&Sample> {
    let firsts = samples
        .iter()
        .filter(|one| one.sample_idx == 0 && !one.text.is_empty());
    let firsts: Vec<&Sample> = firsts.collect();
    let n = firsts.len().min(ANSWERS);
    (0..n).map(|i| firsts[i * firsts.len() / n]).collect()
}

/// An answer behind its prompt. The token that ended it is not in the records, and not looked at.
fn window(shop: &Shop<'_>, subject: &Subject<'_>, sample: &Sample) -> Result<Window> {
    let (_, mut tokens) = prompt_of(shop, subject, sample)?;
    let answer = subject
        .model
        .tokenizer()
        .encode(&sample.text, Special::Plain);
    tokens.extend(&answer);
    Ok(Window {
        tokens,
        n_scored: answer.len(),
    })
}
