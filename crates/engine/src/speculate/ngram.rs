//! Prompt lookup: what followed the last time when a sequence said the same.
//!
//! After Saxena (2023), but of all earlier places the one that agrees longest is taken, not the latest that
//! agrees in four tokens: in an edit the same few tokens stand in many lines. It costs nothing, remembers
//! nothing, and is right wherever a text repeats itself: edits, repairs, tables.

use crate::{Error, Token};

use super::{Ask, Draft, Drafter, Pace, Source};

/// Looks for the last tokens of a sequence at an earlier place of it.
#[derive(Debug, Clone, Copy)]
pub struct Ngram {
    /// The fewest tokens that have to be the same.
    pub least: usize,
}

/// Agreements are followed back so far.
pub(super) const LONGEST: usize = 64;

impl Ngram {
    /// From two tokens on.
    pub const USUAL: Ngram = Ngram { least: 2 };

    fn draft(self, history: &[Token], n: usize) -> Draft {
        // `max_by_key` takes the last of equals, which is the latest place.
        let longest = (1..history.len())
            .map(|next| (agreement(&history[..next], history), next))
            .max_by_key(|(length, _)| *length);
        match longest {
            Some((length, next)) if length >= self.least.max(1) => {
                Draft::found(copied(history, next, n), confidence(length), Source::Ngram)
            }
            _ => Draft::nothing(),
        }
    }
}

impl Drafter for Ngram {
    fn propose(&mut self, asks: &[Ask<'_>], _pace: &mut Pace) -> Result<Vec<Draft>, Error> {
        Ok(asks
            .iter()
            .map(|ask| self.draft(ask.history, ask.n))
            .collect())
    }
}

/// A first idea of how good a match of so many tokens is; experience corrects it.
pub(super) fn confidence(length: usize) -> f32 {
    let misses = 0.5f32.powi(length.min(16) as i32 - 1);
    (1.0 - misses).max(0.05)
}

/// How many tokens at the end of both are equal, up to [`LONGEST`].
pub(super) fn agreement(a: &[Token], b: &[Token]) -> usize {
    let pairs = a.iter().rev().zip(b.iter().rev()).take(LONGEST);
    pairs.take_while(|(a, b)| a == b).count()
}

/// What stands from `next` on, going on into what was copied already: a text that repeats with a short
/// period is repeated as often as is asked for.
pub(super) fn copied(text: &[Token], next: usize, n: usize) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(n);
    for i in next..next + n {
        let token = text
            .get(i)
            .or_else(|| out.get(i.checked_sub(text.len())?))
            .copied();
        match token {
            Some(token) => out.push(token),
            None => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(history: &[Token], n: usize) -> Vec<Token> {
        let draft = Ngram::USUAL.draft(history, n);
        draft.guesses.iter().map(|guess| guess.token).collect()
    }

    #[test]
    fn what_followed_the_latest_equal_place_is_guessed() {
        assert_eq!(guessed(&[1, 2, 3, 9, 1, 2, 4, 9, 1, 2], 2), [4, 9]);
    }

    #[test]
    fn a_longer_match_is_worth_more_than_a_later_one() {
        assert_eq!(guessed(&[7, 1, 2, 3, 1, 2, 4, 7, 1, 2], 1), [3]);
        // Both agree in four tokens, the earlier one in five.
        let history = [9, 1, 2, 3, 4, 5, 8, 1, 2, 3, 4, 6, 9, 1, 2, 3, 4];
        assert_eq!(guessed(&history, 1), [5]);
    }

    #[test]
    fn one_equal_token_is_not_enough_and_a_first_token_has_no_past() {
        assert_eq!(guessed(&[5, 6, 5], 4), []);
        assert_eq!(guessed(&[5], 4), []);
        assert_eq!(guessed(&[], 4), []);
    }

    #[test]
    fn a_period_is_continued_beyond_the_end() {
        assert_eq!(guessed(&[1, 2, 1, 2], 5), [1, 2, 1, 2, 1]);
        assert_eq!(guessed(&[8, 8, 8], 4), [8, 8, 8, 8]);
    }
}
