//! What the trainings of a recipe leave, by the words under which benchmarks and later trainings name it.
//!
//! `ID` is the trained model: a file of its own, or an adapter over the model that it was trained on. `MODEL+ID` and
//! `MODEL+ID=SCALE` lay the adapter over another one. Files need not be there yet: a recipe is checked before it is
//! carried out, and by the same words.

use std::path::PathBuf;

use crate::cli::Train;
use crate::exit::Usage;
use crate::recipe::nearest;
use crate::subject;

/// The result of one training.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) target: String,
    pub(super) id: String,
    /// The adapter or the model.
    pub(super) path: PathBuf,
    /// The model that an adapter belongs to, as the command line names it; `None` for a whole model.
    pub(super) base: Option<String>,
}

/// The results of all trainings.
#[derive(Debug, Clone, Default)]
pub(super) struct Results {
    pub(super) all: Vec<Made>,
}

/// A word for a model, taken apart.
struct Word<'w> {
    base: &'w str,
    /// The adapter and what stands behind it.
    laid: Option<(&'w str, &'w str)>,
}

impl<'w> Word<'w> {
    fn of(word: &'w str) -> Word<'w> {
        let Some((base, laid)) = word.rsplit_once('+') else {
            return Word {
                base: word,
                laid: None,
            };
        };
        let end = laid.find('=').unwrap_or(laid.len());
        Word {
            base,
            laid: Some(laid.split_at(end)),
        }
    }
}

/// What a word for a model may name: itself, its base, and what is laid over that.
pub(super) fn names(word: &str) -> impl Iterator<Item = &str> {
    let parts = Word::of(word);
    let laid = parts.laid.map(|(name, _)| name);
    let names = [Some(word), laid, laid.map(|_| parts.base)];
    names.into_iter().flatten()
}

impl Results {
    /// The result of a target's run.
    pub(super) fn of(&self, target: &str, id: &str) -> Option<&Made> {
        let mut all = self.all.iter();
        all.find(|made| made.target == target && made.id == id)
    }

    /// The runs that a word for a model names.
    pub(super) fn named(&self, target: &str, word: &str) -> Vec<&Made> {
        names(word)
            .filter_map(|name| self.of(target, name))
            .collect()
    }

    /// The word of the command line for a word of the recipe.
    ///
    /// # Errors
    /// Says what is wrong with a model or an adapter that is not there, or does not fit.
    pub(super) fn word(&self, target: &str, word: &str) -> Result<String, Usage> {
        if let Some(made) = self.of(target, word) {
            let path = made.path.display();
            return Ok(match &made.base {
                Some(base) => format!("{base}+{path}"),
                None => path.to_string(),
            });
        }
        let parts = Word::of(word);
        let named = |(name, scale)| Some((self.of(target, name)?, scale));
        let Some((made, scale)) = parts.laid.and_then(named) else {
            return self.known(target, word).map(|()| word.to_owned());
        };
        if made.base.is_none() {
            return Err(Usage(format!(
                "{} trains every weight and is a model by itself; name it alone, without {}+",
                made.id, parts.base
            )));
        }
        let below = self.named(target, parts.base);
        if let Some(below) = below.iter().find(|below| below.base.is_some()) {
            return Err(Usage(format!(
                "{} is an adapter already; {} would be a second one over it",
                below.id, made.id
            )));
        }
        let base = self.word(target, parts.base)?;
        Ok(format!("{base}+{}{scale}", made.path.display()))
    }

    /// The same for the adapter of a draft; `None` if it is no run's.
    pub(super) fn adapter(&self, target: &str, word: &str) -> Option<&Made> {
        let made = self.of(target, word)?;
        made.base.is_some().then_some(made)
    }

    /// Refuses a word that is neither a model nor a run's; where there are runs, also an adapter that is not there.
    fn known(&self, target: &str, word: &str) -> Result<(), Usage> {
        let ids = || self.all.iter().filter(|made| made.target == target);
        let ids: Vec<&str> = ids().map(|made| made.id.as_str()).collect();
        let found = match ids.is_empty() {
            true => subject::known(word),
            false => subject::known_with_adapter(word),
        };
        found.map_err(|Usage(why)| {
            let name = Word::of(word).laid.map_or(word, |(name, _)| name);
            match nearest(name, &ids) {
                Some(near) => Usage(format!("{why}; or did you mean the run {near}?")),
                None => Usage(why),
            }
        })
    }
}

/// Whether a training makes an adapter, and not a whole model.
pub(super) fn is_of_adapter(what: &Train) -> bool {
    match what {
        Train::Sft(flags) => !flags.full,
        Train::Pretrain(_) => false,
        Train::Raft(_) => true,
    }
}
