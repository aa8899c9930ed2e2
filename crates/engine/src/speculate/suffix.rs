//! An index over everything that was read and generated so far: the longest match of the last tokens.
//!
//! After the idea of suffix decoding (Oliaro et al. 2024), with an index of short stretches instead of
//! a tree: a place is looked up by the last [`STRETCH`] tokens and compared backwards. It learns across
//! requests, so that answers which resemble earlier ones cost less.

use std::collections::HashMap;

use crate::{Error, Token};

use super::ngram::{agreement, confidence, copied};
use super::{Ask, Draft, Drafter, Pace, Source};

/// Tokens by which places are found: a match is at least so long.
const STRETCH: usize = 3;
/// So many of the latest places of a stretch are compared.
const MOST_PLACES: usize = 32;

type Key = [Token; STRETCH];

/// Where a stretch ended: the text, and the place of the token after it.
#[derive(Debug, Clone, Copy)]
struct Spot {
    text: usize,
    next: usize,
}

/// Guesses from all texts of a run.
#[derive(Debug, Default)]
pub struct Suffix {
    texts: Vec<Vec<Token>>,
    /// Which text a sequence is.
    text_of: HashMap<u64, usize>,
    spots: HashMap<Key, Vec<Spot>>,
}

impl Suffix {
    /// An index of nothing.
    pub fn new() -> Suffix {
        Suffix::default()
    }

    fn draft(&self, sequence: u64, history: &[Token], n: usize) -> Draft {
        let Some((spot, length)) = self.longest(history) else {
            return Draft::nothing();
        };
        let text = &self.texts[spot.text];
        // Only this sequence goes on beyond its end, with what is guessed now.
        let n_most = if self.text_of.get(&sequence) == Some(&spot.text) {
            n
        } else {
            n.min(text.len() - spot.next)
        };
        Draft::found(
            copied(text, spot.next, n_most),
            confidence(length),
            Source::Suffix,
        )
    }

    /// The place that agrees longest with the end of a history and has something after it; of equals
    /// the latest.
    fn longest(&self, history: &[Token]) -> Option<(Spot, usize)> {
        let spots = self.spots.get(&last_stretch(history)?)?;
        spots
            .iter()
            .rev()
            .filter(|spot| spot.next < self.texts[spot.text].len())
            .take(MOST_PLACES)
            .map(|spot| {
                (
                    *spot,
                    agreement(&self.texts[spot.text][..spot.next], history),
                )
            })
            .fold(None, |best: Option<(Spot, usize)>, this| match best {
                Some(best) if best.1 >= this.1 => Some(best),
                _ => Some(this),
            })
    }
}

impl Drafter for Suffix {
    fn propose(&mut self, asks: &[Ask<'_>], _pace: &mut Pace) -> Result<Vec<Draft>, Error> {
        Ok(asks
            .iter()
            .map(|ask| self.draft(ask.sequence, ask.history, ask.n))
            .collect())
    }

    fn bytes(&self) -> u64 {
        let token = size_of::<Token>() + size_of::<Spot>();
        let n_tokens: usize = self.texts.iter().map(Vec::len).sum();
        let n_keys = self.spots.len() * size_of::<(Key, Vec<Spot>)>();
        (n_tokens * token + n_keys) as u64
    }

    fn learn(&mut self, sequence: u64, history: &[Token]) {
        let n_texts = self.texts.len();
        let text = *self.text_of.entry(sequence).or_insert(n_texts);
        if text == n_texts {
            self.texts.push(Vec::new());
        }
        let known = self.texts[text].len();
        for next in known + 1..=history.len() {
            if let Some(key) = last_stretch(&history[..next]) {
                self.spots.entry(key).or_default().push(Spot { text, next });
            }
        }
        self.texts[text].extend_from_slice(&history[known.min(history.len())..]);
    }
}

fn last_stretch(history: &[Token]) -> Option<Key> {
    history.last_chunk::<STRETCH>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(suffix: &Suffix, history: &[Token], n: usize) -> Vec<Token> {
        let draft = suffix.draft(1, history, n);
        draft.guesses.iter().map(|guess| guess.token).collect()
    }

    #[test]
    fn texts_of_other_sequences_are_remembered() {
        let mut suffix = Suffix::new();
        suffix.learn(2, &[1, 2, 3, 4, 5]);
        assert_eq!(guessed(&suffix, &[9, 1, 2, 3], 3), [4, 5]);
        assert_eq!(guessed(&suffix, &[9, 2, 3], 3), [], "two are not enough");
    }

    #[test]
    fn the_longest_match_wins_and_of_equals_the_latest() {
        let mut suffix = Suffix::new();
        suffix.learn(1, &[7, 1, 2, 3, 4]);
        suffix.learn(2, &[8, 1, 2, 3, 5]);
        assert_eq!(guessed(&suffix, &[7, 1, 2, 3], 1), [4]);
        assert_eq!(guessed(&suffix, &[6, 1, 2, 3], 1), [5]);
    }

    #[test]
    fn a_sequence_that_grows_is_learnt_once_and_its_own_end_is_no_match() {
        let mut suffix = Suffix::new();
        suffix.learn(1, &[1, 2, 3]);
        assert_eq!(guessed(&suffix, &[1, 2, 3], 2), []);
        suffix.learn(1, &[1, 2, 3, 4]);
        suffix.learn(1, &[1, 2, 3, 4]);
        suffix.learn(1, &[1, 2, 3, 4, 1, 2, 3]);
        assert_eq!(suffix.texts, [[1, 2, 3, 4, 1, 2, 3]]);
        assert_eq!(
            guessed(&suffix, &[1, 2, 3, 4, 1, 2, 3], 6),
            [4, 1, 2, 3, 4, 1]
        );
    }
}
