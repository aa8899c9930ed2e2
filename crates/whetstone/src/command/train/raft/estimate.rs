//! Whether the trainings of a run fit into memory, asked before its folder is made.
//!
//! A cycle is sampled for hours before it trains, so the longest row that may come of a prompt is counted at once: its
//! tokens, and as many as an answer may have. The rows themselves are counted again when they are there.

use anyhow::Result;
use decoder::memory::Memory;
use decoder::{Lora, Shape};
use measure::SystemClock;
use task::Suite;

use super::order::Order;
use super::training::prompt_tokens;
use crate::command::train::memory::{Flags, fits};
use crate::compute::Compute;
use crate::subject::{Loaded, Located};

/// Refuses a run whose longest rows would not fit. The engine is loaded for its tokenizer alone and gone afterwards.
pub(super) fn check(
    order: &Order,
    asked: &[Suite],
    located: &Located,
    (shape, lora): (&Shape, &Lora),
) -> Result<()> {
    let loaded = Loaded::open(located, &Compute::ONE_THREAD, &SystemClock::start())?;
    let subject = loaded.subject(Some(order.now()?))?;
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for suite in asked {
        let mut alone = Suite {
            problems: Vec::new(),
            ..suite.clone()
        };
        for problem in &suite.problems {
            alone.problems = vec![problem.clone()];
            let (_, tokens) = prompt_tokens(&subject, &alone, order.prompt)?;
            shortest = shortest.min(tokens.len());
            longest = longest.max(tokens.len() + suite.max_tokens as usize);
        }
    }
    let plan = &order.plan;
    let needs = |rows, recompute| Memory::of(shape, lora, rows, recompute);
    let flags = Flags {
        batch: Some("--train-batch"),
        // A prompt alone is nothing to learn.
        longest: Some(("--longest", shortest.saturating_add(1))),
    };
    fits(&needs, (&plan.recipe, flags), longest.min(plan.longest))
}
