//! Whether a training fits into memory, asked before anything is loaded for it, and which setting would.
//!
//! What is free is that of this moment; what is needed is the formula of `decoder::memory`, which leans to the high side.

use anyhow::{Context, Result};
use decoder::Shape;
use decoder::memory::Memory;
use improve::Recipe;

use crate::exit::Usage;

/// The memory of batches of so many sequences of so many tokens, with or without recomputing.
pub(super) type Needs<'a> = &'a dyn Fn((usize, usize), bool) -> Memory;

/// The flags of a command that make a training smaller, beside `--recompute`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags<'a> {
    /// How many rows are computed together; `None` where that cannot be changed any more.
    pub(super) batch: Option<&'a str>,
    /// Leaves longer rows out, and from how many tokens on any are left; `None` where nothing may be left out.
    pub(super) longest: Option<(&'a str, usize)>,
}

impl Flags<'_> {
    /// Those of a training whose every row is learnt.
    pub(super) const OF_STEPS: Flags<'static> = Flags {
        batch: Some("--batch"),
        longest: None,
    };
}

/// Refuses a training on rows of at most so many tokens that would not fit into memory, with what would.
pub(super) fn fits(needs: Needs<'_>, how: (&Recipe, Flags<'_>), longest: usize) -> Result<()> {
    let Ok(available) = measure::probe::memory::available_bytes() else {
        return Ok(());
    };
    fits_into(available, needs, how, longest)
}

fn fits_into(
    available: u64,
    needs: Needs<'_>,
    (recipe, flags): (&Recipe, Flags<'_>),
    longest: usize,
) -> Result<()> {
    let of = |rows, recompute| needs(rows, recompute).total();
    let needed = of((recipe.batch, longest), recipe.recompute);
    if needed <= available {
        return Ok(());
    }
    let ways = ways(available, &of, (recipe, flags), longest);
    let remedy = match ways.is_empty() {
        false => ways.join("; "),
        true => "a smaller model, or shorter examples, take less; an adapter takes less than all weights".into(),
    };
    let message = format!(
        "the training needs about {:.1} GiB and {:.1} GiB of memory are free; {remedy}",
        gib(needed),
        gib(available)
    );
    Err(Usage(message)).context("nothing was loaded")
}

/// What fits: the first setting with which every row is learnt, and the one that leaves the fewest out.
fn ways(
    available: u64,
    of: &dyn Fn((usize, usize), bool) -> u64,
    (recipe, flags): (&Recipe, Flags<'_>),
    longest: usize,
) -> Vec<String> {
    let takes = |rows, recompute| gib(of(rows, recompute));
    let fits = |rows: (usize, usize), recompute| of(rows, recompute) <= available;
    let mut all = vec![((recipe.batch, longest), "--recompute".to_owned())];
    all.extend(
        flags
            .batch
            .map(|flag| ((1, longest), format!("--recompute {flag} 1"))),
    );
    let whole = all.into_iter().find(|(rows, _)| fits(*rows, true));
    let whole = whole.map(|(rows, flag)| format!("{flag} takes {:.1} GiB", takes(rows, true)));
    let shorter = flags.longest.and_then(|(flag, least)| {
        let again = [recipe.recompute, true];
        again.into_iter().find_map(|recompute| {
            let most = most(longest, |tokens| fits((recipe.batch, tokens), recompute));
            let added = match recompute && !recipe.recompute {
                true => "--recompute ",
                false => "",
            };
            (most >= least).then(|| {
                format!(
                    "{added}{flag} {most}, which leaves longer rows out, takes {:.1} GiB",
                    takes((recipe.batch, most), recompute)
                )
            })
        })
    });
    whole.into_iter().chain(shorter).collect()
}

/// The greatest number up to `all` that fits, 0 if none does.
fn most(all: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut fitting, mut beyond) = (0, all + 1);
    while beyond - fitting > 1 {
        let middle = fitting + (beyond - fitting) / 2;
        match fits(middle) {
            true => fitting = middle,
            false => beyond = middle,
        }
    }
    fitting
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

/// The memory of training every weight.
pub(super) fn all_weights(
    shape: &Shape,
    tied: bool,
) -> impl Fn((usize, usize), bool) -> Memory + '_ {
    move |rows, recompute| Memory::of_all(shape, tied, rows, recompute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(gib: f64, flags: Flags<'_>) -> Result<(), String> {
        let needs = |(batch, longest): (usize, usize), recompute: bool| Memory {
            weights: 1 << 30,
            layers: ((batch * longest) as u64) << if recompute { 20 } else { 24 },
            logits: 0,
            trained: 0,
        };
        let recipe = Recipe::default();
        let available = (gib * (1u64 << 30) as f64) as u64;
        fits_into(available, &needs, (&recipe, flags), 101)
            .map_err(|error| error.root_cause().to_string())
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_setting_that_would() {
        let said = |gib| said(gib, Flags::OF_STEPS);
        assert!(said(9.0).is_ok());
        assert!(
            said(2.0)
                .unwrap_err()
                .ends_with("; --recompute takes 1.2 GiB")
        );
        assert!(
            said(1.1)
                .unwrap_err()
                .ends_with("; --recompute --batch 1 takes 1.1 GiB")
        );
        assert!(said(0.5).unwrap_err().contains("a smaller model"));
    }

    #[test]
    fn where_long_rows_may_be_left_out_the_greatest_length_that_fits_is_named() {
        let flags = |least| Flags {
            batch: None,
            longest: Some(("--longest", least)),
        };
        // Two rows of 32 tokens at 16 MiB a token are the GiB that is left.
        assert!(said(2.0, flags(20)).unwrap_err().ends_with(
            "; --recompute takes 1.2 GiB; --longest 32, which leaves longer rows out, takes 2.0 GiB"
        ));
        // No row is that short, so layers are computed again besides.
        let both = said(1.1, flags(33)).unwrap_err();
        assert!(
            both.ends_with(
                "; --recompute --longest 51, which leaves longer rows out, takes 1.1 GiB"
            ),
            "{both}"
        );
        assert!(
            said(1.1, flags(52))
                .unwrap_err()
                .contains("a smaller model")
        );
    }
}
