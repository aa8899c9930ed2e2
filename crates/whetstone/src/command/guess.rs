//! Who guesses ahead for `whet generate`, as `--guess` names it.

use anyhow::Result;
use engine::speculate::{Drafter, Guessing, Length, ModelDraft, Ngram, Pair, Speculative, Suffix};
use engine::{Engine, Lanes, Pass, Plain};
use measure::Clock;

use crate::cli::Generate;
use crate::compute::Compute;
use crate::exit::Usage;
use crate::subject::{Finder, Loaded};

/// The most guesses a step: beyond them no machine gains.
const MOST: usize = 64;

/// Someone who guesses ahead.
pub(super) enum Guesser {
    /// Nobody: one token a step.
    Nobody,
    /// What followed the latest equal place of the text.
    Ngram,
    /// What followed most often.
    Suffix,
    /// A smaller model.
    Draft(Box<Loaded>),
}

/// How guesses fared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fared {
    n_passes: usize,
    n_guesses: usize,
    n_right: usize,
}

impl Guesser {
    /// Whom the command line asks for; a draft is loaded, and refused if it speaks of other tokens.
    ///
    /// # Errors
    /// [`Usage`] for a word that names nobody, a number that cannot be, and a draft that cannot serve; those of loading.
    pub(super) fn of(
        flags: &Generate,
        target: &Loaded,
        (compute, clock): (&Compute, &dyn Clock),
        finder: &Finder<'_>,
    ) -> Result<Guesser> {
        let Some(word) = &flags.guess else {
            return Ok(Guesser::Nobody);
        };
        if !(1..=MOST).contains(&flags.guesses) {
            let why = format!("--guesses must be from 1 to {MOST}");
            return Err(Usage(why).into());
        }
        match (word.as_str(), word.strip_prefix("draft=")) {
            ("ngram", _) => Ok(Guesser::Ngram),
            ("suffix", _) => Ok(Guesser::Suffix),
            (_, Some(model)) => {
                let draft = Loaded::open(&finder.locate(model)?, compute, clock)?;
                let pair = Pair::of(&target.llama, &draft.llama).map_err(Usage)?;
                if let Some(doubt) = pair.doubt {
                    finder.terminal.note(&doubt);
                }
                Ok(Guesser::Draft(Box::new(draft)))
            }
            (other, None) => Err(Usage(format!(
                "--guess {other}: nobody is called so; there are ngram, suffix and draft=MODEL"
            ))
            .into()),
        }
    }

    /// The engine that writes with these guesses.
    ///
    /// # Errors
    /// No room for the draft's cache.
    pub(super) fn engine<'m>(
        &'m self,
        target: &'m Loaded,
        lanes: Lanes,
        n_guesses: usize,
    ) -> Result<Box<dyn Engine + 'm>> {
        let drafter: Box<dyn Drafter + 'm> = match self {
            Guesser::Nobody => return Ok(Box::new(Plain::new(&target.llama, lanes))),
            Guesser::Ngram => Box::new(Ngram::USUAL),
            Guesser::Suffix => Box::new(Suffix::new()),
            Guesser::Draft(draft) => {
                let capacity = lanes.capacity + n_guesses + 1;
                let likeliest = Guessing::Likeliest;
                Box::new(ModelDraft::new(
                    &draft.llama,
                    1,
                    capacity,
                    lanes.cache,
                    likeliest,
                )?)
            }
        };
        let length = Length::Fixed(n_guesses);
        Ok(Box::new(Speculative::new(
            &target.llama,
            lanes,
            drafter,
            length,
        )))
    }
}

impl Fared {
    /// Counts a pass.
    pub(super) fn count(&mut self, pass: Pass) {
        self.n_passes += 1;
        self.n_guesses += pass.drafted;
        self.n_right += pass.accepted;
    }

    /// In words; nothing where nobody guessed.
    pub(super) fn words(&self) -> String {
        match self.n_passes {
            0 => String::new(),
            n => format!(
                "; {} of {} guesses came true, {:.2} tokens a step",
                self.n_right,
                self.n_guesses,
                (self.n_right + n) as f64 / n as f64
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fared;
    use engine::Pass;
    use engine::speculate::Source;

    #[test]
    fn guesses_are_counted_over_all_steps_and_no_step_is_nothing_to_tell() {
        let mut fared = Fared::default();
        assert_eq!(fared.words(), "");
        for (drafted, accepted) in [(3, 3), (3, 0), (0, 0)] {
            fared.count(Pass {
                drafted,
                accepted,
                source: Source::Model,
            });
        }
        assert_eq!(
            fared.words(),
            "; 3 of 6 guesses came true, 2.00 tokens a step"
        );
    }
}
