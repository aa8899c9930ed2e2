//! The distribution that a sampling rule draws from, and the exchange of a guess for a token of it.
//!
//! **Rejection** (Leviathan et al. 2023, Chen et al. 2023): a guess x that was drawn from q is taken with
//! the probability min(1, p(x) / q(x)); otherwise a token is drawn from what p has more than q. What
//! comes out is distributed as p, whatever q is. It rests on x having been drawn from q and on nothing
//! else having looked at x before: whoever drops guesses by their value skews the result.

use rand::RngExt;

use super::Sampler;
use crate::Token;

/// Probabilities of the tokens that may be drawn; the others have none.
#[derive(Debug, Clone, PartialEq)]
pub struct Chances(Vec<(Token, f64)>);

impl Chances {
    /// Makes weights into probabilities. Tokens may come in any order, each once.
    fn of_weights(mut weights: Vec<(Token, f64)>) -> Chances {
        weights.sort_unstable_by_key(|(token, _)| *token);
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut weights {
            *weight /= total;
        }
        Chances(weights)
    }

    /// The probability of a token.
    pub fn of(&self, token: Token) -> f64 {
        let place = self.0.binary_search_by_key(&token, |(token, _)| *token);
        place.map_or(0.0, |place| self.0[place].1)
    }

    /// The probability of the likeliest token.
    pub fn highest(&self) -> f64 {
        self.0.iter().map(|(_, chance)| *chance).fold(0.0, f64::max)
    }

    /// What this has more than the other. `None` if that is nothing.
    fn more_than(&self, other: &Chances) -> Option<Chances> {
        let more: Vec<(Token, f64)> = self
            .0
            .iter()
            .map(|(token, chance)| (*token, chance - other.of(*token)))
            .filter(|(_, more)| *more > 0.0)
            .collect();
        (!more.is_empty()).then(|| Chances::of_weights(more))
    }

    /// The token at a place of the distribution, 0 ≤ u < 1.
    fn at(&self, u: f64) -> Token {
        let mut left = u;
        for (token, chance) in &self.0 {
            left -= chance;
            if left < 0.0 {
                return *token;
            }
        }
        self.0.last().map_or(0, |(token, _)| *token)
    }
}

impl Sampler {
    /// The distribution that [`Sampler::pick`] would draw from.
    pub fn chances(&mut self, logits: &[f32], history: &[Token]) -> Chances {
        let mut penalised = std::mem::take(&mut self.penalised);
        let scores = self.scores(logits, history, &mut penalised);
        let chances = match self.scale(scores) {
            None => Chances(vec![(super::greedy(scores), 1.0)]),
            Some(scale) => {
                self.keep(scores, scale);
                let weight = |kept: &super::Candidate| (kept.token, f64::from(kept.score));
                Chances::of_weights(self.kept.iter().map(weight).collect())
            }
        };
        self.penalised = penalised;
        chances
    }

    /// Draws from a distribution. Uses one random number.
    pub fn draw(&mut self, chances: &Chances) -> Token {
        chances.at(self.random.random())
    }

    /// Exchanges a guess that was drawn from `drawn_from` for a token of the distribution of this row, by
    /// rejection. The token, and whether it is the guess. Uses one random number, or two.
    pub fn exchange(
        &mut self,
        logits: &[f32],
        history: &[Token],
        guess: Token,
        drawn_from: &Chances,
    ) -> (Token, bool) {
        let wanted = self.chances(logits, history);
        let u: f64 = self.random.random();
        if u * drawn_from.of(guess) < wanted.of(guess) {
            return (guess, true);
        }
        // Nothing is left over only where both are the same, up to rounding.
        let rest = wanted.more_than(drawn_from).unwrap_or(wanted);
        (self.draw(&rest), false)
    }
}
