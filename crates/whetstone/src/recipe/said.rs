//! Words of the command line, and which key of a recipe says each.

use std::path::Path;

use super::mistake::{Mistake, Place};
use super::yaml::Node;

/// How a value becomes that of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    AsIs,
    /// `measure_peak: false` is `--no-peak`.
    Not,
    /// A number that factors of the same flag are multiplied with: batches, of so many rows each.
    Times,
    /// A number that says nothing by itself: how many rows are read side by side limits no text.
    Factor,
}

/// A word of the command line, and which key of the recipe says it.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) key: String,
    pub(crate) place: Place,
    /// The flag, without its hyphens; empty for words without one.
    pub(crate) flag: String,
    /// `--flag=value`, or the word itself.
    pub(crate) word: String,
    pub(super) turn: Turn,
}

impl Said {
    /// A word without a flag.
    pub(crate) fn bare(key: &str, place: &Place, word: String) -> Said {
        Said {
            key: key.to_owned(),
            place: place.clone(),
            flag: String::new(),
            word,
            turn: Turn::AsIs,
        }
    }

    /// Whether a complaint names its flag.
    pub(crate) fn is_named_in(&self, why: &str) -> bool {
        !self.flag.is_empty() && why.contains(&format!("--{}", self.flag))
    }

    /// The values, one by one.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.value().split(',').filter(|value| !value.is_empty())
    }

    /// Puts another value in its place.
    pub(crate) fn put(&mut self, value: &str) {
        self.word = match self.flag.is_empty() {
            true => value.to_owned(),
            false => format!("--{}={value}", self.flag),
        };
    }

    /// The value after the sign, or the word itself.
    pub(crate) fn value(&self) -> &str {
        match self.flag.is_empty() {
            true => &self.word,
            false => self.word.split_once('=').map_or("", |(_, value)| value),
        }
    }
}

/// Joins what two published keys say of one flag: so many batches of so many rows are a number of rows. A factor without
/// anything to multiply is left out. Whatever else is said twice stays so, and the command line refuses it.
pub(crate) fn multiplied(all: Vec<Said>) -> Vec<Said> {
    let (factors, mut joined): (Vec<Said>, Vec<Said>) =
        all.into_iter().partition(|said| said.turn == Turn::Factor);
    for factor in factors {
        let is_times = |known: &&mut Said| known.turn == Turn::Times && known.flag == factor.flag;
        let times = joined.iter_mut().find(is_times);
        let both = times.map(|times| (times.value().parse::<u64>(), times));
        match (both, factor.value().parse::<u64>()) {
            (Some((Ok(a), times)), Ok(b)) => times.put(&a.saturating_mul(b).to_string()),
            (_, Ok(1..)) => {}
            // The command line says what is wrong with it.
            _ => joined.push(factor),
        }
    }
    joined
}

/// A path with a comma: the command line would part it in two.
pub(super) fn parted(value: &Node) -> Option<Mistake> {
    let looks_like_path = |word: &str| word.contains(['.', std::path::MAIN_SEPARATOR]);
    let is_one = |word: &str| Path::new(word).exists() || looks_like_path(word);
    let mut nodes = value.elements().iter();
    nodes.find_map(|node| {
        let word = node.word().filter(|word| word.contains(',') && is_one(word))?;
        let why = format!(
            "the comma in {word} would part it in two, as on the command line; write several values as a list, and call a file with a comma in its name otherwise"
        );
        Some(Mistake::at(&node.place, why))
    })
}
