//! How far ahead to guess.
//!
//! A fixed number, or as far as it pays. It pays as long as the tokens expected for the time of drafting
//! and looking rise: E(k) / (k·c + v(k + 1)) with E(k) = 1 + Σ Π α, where α is what the drafter thinks of
//! each guess, corrected by how often guesses of that confidence came true. Times are handed in as
//! numbers ([`Costs`]); nobody here looks at a clock. A book is kept of what passes yielded and cost,
//! drafts included of which nothing was looked at: where a drafter that costs something loses, or nothing is
//! expected to pay, drafting rests, and is tried again after pauses that become longer. A drafter that has to read
//! a text first ([`Entry`]) is asked only where what is left of the answer can win that back.

use super::experience::{Experience, NEW};
use super::{Costs, Draft, Guess, Length, Source};

/// Guesses of a draft with which it is tried again whether drafting pays.
const TRIAL: usize = 2;
/// Tokens of an answer, before the first one has ended.
const FIRST_ANSWER: f64 = 64.0;
/// What an answer that has ended counts against those before.
const ANSWER_SHARE: f64 = 0.125;

/// What a drafter would have to do before its first guess, and for how much.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Entry {
    /// Tokens that it has not read yet, of all sequences that are asked for.
    pub n_unread: usize,
    /// Share of the sequences for which its first step has a second row.
    pub second: f64,
    /// Tokens that the answers will get ([`Pace::likely_left`]), of the same sequences.
    pub n_left: usize,
}

/// Decides how far ahead to guess, from costs and experience.
#[derive(Debug, Clone)]
pub struct Pace {
    length: Length,
    /// Sequences that are checked in one pass.
    n_busy: usize,
    /// What the first guesses of this pass cost more than others.
    second: f64,
    /// Tokens of the answers that have ended, a faded mean.
    usual_answer: f64,
    sources: [Experience; Source::ALL.len()],
}

impl Pace {
    /// Without experience.
    pub fn new(length: Length) -> Pace {
        Pace {
            length,
            n_busy: 1,
            second: 0.0,
            usual_answer: FIRST_ANSWER,
            sources: [NEW; Source::ALL.len()],
        }
    }

    /// The most guesses of a pass.
    pub fn most(&self) -> usize {
        self.length.most()
    }

    /// The most rows that a pass of one sequence may have.
    pub(super) fn most_rows(&self) -> usize {
        let n = 1 + self.most();
        match &self.length {
            Length::Fixed(_) => n,
            Length::Adaptive { costs, .. } => n.max(costs.check.len()),
        }
    }

    /// Rows of a pass that needs so many.
    pub(super) fn rows(&self, n_rows: usize) -> usize {
        match &self.length {
            Length::Fixed(_) => n_rows,
            Length::Adaptive { costs, .. } => costs.rows(n_rows),
        }
    }

    pub(super) fn begin_pass(&mut self, n_busy: usize) {
        self.n_busy = n_busy.max(1);
        self.second = 0.0;
    }

    /// An answer has ended, of so many tokens.
    pub(super) fn ended(&mut self, n_tokens: usize) {
        self.usual_answer += ANSWER_SHARE * (n_tokens as f64 - self.usual_answer);
    }

    /// Tokens that an answer will get that may get so many: few answers become as long as they may.
    pub fn likely_left(&self, n_left: usize) -> usize {
        n_left.min(self.usual_answer.round() as usize)
    }

    /// Whether a drafter whose guesses cost something should make any.
    pub fn starts(&mut self, source: Source, entry: Entry) -> bool {
        if self.most() == 0 {
            return false;
        }
        let Length::Adaptive { costs, .. } = &self.length else {
            return true;
        };
        self.second = entry.second * costs.second(source);
        let fee = entry.n_unread as f64 * costs.read + self.second;
        let won = entry.n_left as f64 * self.saving(costs, source);
        let experience = &mut self.sources[source as usize];
        won > fee && !experience.loses() || experience.rest(fee)
    }

    /// What guesses of a source are expected to save of each token's time, in steps of the model.
    fn saving(&self, costs: &Costs, source: Source) -> f64 {
        let trial = self.length.trial(source);
        let experience = &self.sources[source as usize];
        let (mut reach, mut expected, mut best) = (1.0, 1.0, 1.0_f64);
        for k in 1..=self.most() {
            reach *= experience.usual(k - 1, trial);
            expected += reach;
            let cost = costs.drafting(source, k) + reach * costs.second(source);
            best = best.max(expected / (cost + self.look(costs, k)));
        }
        1.0 - 1.0 / best
    }

    /// Whether one more guess pays after these.
    pub fn goes_on(&self, source: Source, guesses: &[Guess]) -> bool {
        let n = guesses.len();
        let Length::Adaptive { most, costs, .. } = &self.length else {
            return n < self.most();
        };
        let experience = &self.sources[source as usize];
        if experience.trial {
            return n < TRIAL.min(*most);
        }
        let trial = self.length.trial(source);
        let (mut reach, mut expected) = (1.0, 1.0);
        for guess in guesses {
            reach *= experience.chance(guess.confidence);
            expected += reach;
        }
        let now = expected / self.cost(costs, source, n);
        (n + 1..=*most).any(|k| {
            reach *= experience.usual(k - 1, trial);
            expected += reach;
            expected / self.cost(costs, source, k) > now
        })
    }

    /// How many guesses of a draft are worth looking at.
    ///
    /// Guesses that were drawn are never dropped: that would skew what comes out.
    pub(super) fn keep(&mut self, draft: &Draft) -> usize {
        let n = draft.guesses.len().min(self.most());
        let best = self.worth(draft);
        if best > 0 || n == 0 {
            return best;
        }
        match self.sources[draft.source as usize].rest(0.0) {
            true => n.min(TRIAL),
            false => 0,
        }
    }

    /// Whether any guess of a draft is worth looking at, without taking note.
    pub(super) fn would_check(&self, draft: &Draft) -> bool {
        self.worth(draft) > 0
    }

    fn worth(&self, draft: &Draft) -> usize {
        let n = draft.guesses.len().min(self.most());
        let Length::Adaptive { costs, .. } = &self.length else {
            return n;
        };
        let experience = &self.sources[draft.source as usize];
        let drawn = draft.guesses.iter().any(|guess| guess.drawn_from.is_some());
        if drawn || experience.trial {
            return n;
        }
        // What was spent on drafting is spent: only looking counts here.
        let (mut reach, mut expected, mut best) = (1.0, 1.0, (1.0 / self.look(costs, 0), 0));
        for (i, guess) in draft.guesses[..n].iter().enumerate() {
            reach *= experience.chance(guess.confidence);
            expected += reach;
            let gain = expected / self.look(costs, i + 1);
            if gain > best.0 {
                best = (gain, i + 1);
            }
        }
        best.1
    }

    /// Takes note of how a draft fared, of which so many guesses were looked at.
    pub(super) fn saw(&mut self, draft: &Draft, n_looked_at: usize, accepted: usize) {
        let source = draft.source;
        let cost = match &self.length {
            Length::Adaptive { costs, .. } if !draft.guesses.is_empty() => Some(
                costs.drafting(source, draft.guesses.len())
                    + self.first(source)
                    + self.look(costs, n_looked_at),
            ),
            _ => None,
        };
        let experience = &mut self.sources[source as usize];
        if let Some(cost) = cost {
            experience.book(1.0 + accepted as f64, cost);
        }
        if n_looked_at == 0 {
            return;
        }
        let spoke_against = experience.speaks_against(self.length.trial(source));
        for (i, guess) in draft.guesses[..n_looked_at].iter().enumerate() {
            if i <= accepted {
                experience.count(guess.confidence, i < accepted);
            }
        }
        let came_true = accepted == n_looked_at;
        match std::mem::take(&mut experience.trial) {
            true => experience.tried(came_true, spoke_against),
            false => experience.used(came_true),
        }
    }

    /// Drafting and looking, in steps of the model for as many sequences.
    fn cost(&self, costs: &Costs, source: Source, k: usize) -> f64 {
        costs.drafting(source, k) + self.first(source) + self.look(costs, k)
    }

    /// What the first guess of a source costs more than others, in this pass.
    fn first(&self, source: Source) -> f64 {
        match source {
            Source::Model => self.second,
            _ => 0.0,
        }
    }

    fn look(&self, costs: &Costs, k: usize) -> f64 {
        costs.check(self.n_busy * (k + 1)) / costs.check(self.n_busy)
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
