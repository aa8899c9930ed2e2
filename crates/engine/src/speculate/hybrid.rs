//! Looks first, computes otherwise: what was said before costs nothing, a model is asked where it was
//! not.

use crate::{Error, Token};

use super::{Ask, Draft, Drafter, Pace};

/// Two drafters, the second asked only where the first has nothing.
pub struct Hybrid<A, B> {
    first: A,
    second: B,
}

impl<A: Drafter, B: Drafter> Hybrid<A, B> {
    /// `first` before `second`.
    pub fn new(first: A, second: B) -> Hybrid<A, B> {
        Hybrid { first, second }
    }
}

impl<A: Drafter, B: Drafter> Drafter for Hybrid<A, B> {
    fn propose(&mut self, asks: &[Ask<'_>], pace: &mut Pace) -> Result<Vec<Draft>, Error> {
        let mut drafts = self.first.propose(asks, pace)?;
        let without: Vec<usize> = (0..asks.len())
            .filter(|i| !pace.would_check(&drafts[*i]))
            .collect();
        if without.is_empty() {
            return Ok(drafts);
        }
        let left: Vec<Ask<'_>> = without.iter().map(|i| asks[*i]).collect();
        for (i, draft) in without.into_iter().zip(self.second.propose(&left, pace)?) {
            if !draft.guesses.is_empty() {
                drafts[i] = draft;
            }
        }
        Ok(drafts)
    }

    fn bytes(&self) -> u64 {
        self.first.bytes() + self.second.bytes()
    }

    fn learn(&mut self, sequence: u64, history: &[Token]) {
        self.first.learn(sequence, history);
        self.second.learn(sequence, history);
    }
}
