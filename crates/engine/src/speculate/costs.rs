//! What guessing and looking cost.

use super::Source;

/// What guessing and looking cost, in steps of the model by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// One guess of the drafting model: in a step over its last guess, and in one over two tokens. After a draft
    /// that came true whole it reads two, its last guess and the token that the model added.
    pub draft: [f64; 2],
    /// The drafting model's reading of one token of a text that it does not hold yet, many at once.
    pub read: f64,
    /// A pass over 1, 2, 3 … rows; the first is 1 by definition. Beyond the last it goes on as steeply as
    /// over the whole range.
    pub check: Vec<f64>,
}

/// A pass is filled up with rows if that costs at most so much of it.
const WORTH_FILLING: f64 = 0.95;

impl Costs {
    /// A pass over so many rows, filled up where more rows cost less.
    pub fn check(&self, n_rows: usize) -> f64 {
        self.cost_of(self.rows(n_rows))
    }

    /// How many rows a pass should have that needs so many: kernels work on tiles, and a remainder of
    /// single rows can cost more than another tile. What is saved has to be worth the doubt.
    pub fn rows(&self, n_rows: usize) -> usize {
        let cheaper = |best: usize, more: usize| {
            let worth = self.cost_of(more) < WORTH_FILLING * self.cost_of(best);
            if worth { more } else { best }
        };
        (n_rows + 1..=self.check.len()).fold(n_rows, cheaper)
    }

    /// A pass over exactly so many rows.
    pub(super) fn cost_of(&self, n_rows: usize) -> f64 {
        let n = self.check.len();
        match (n, self.check.get(n_rows.saturating_sub(1))) {
            (_, Some(cost)) => *cost,
            (0 | 1, None) => 1.0,
            (_, None) => {
                let (first, last) = (self.check[0], self.check[n - 1]);
                last + (last - first) / (n - 1) as f64 * (n_rows - n) as f64
            }
        }
    }

    /// So many guesses of a source in a row.
    pub(super) fn drafting(&self, source: Source, n: usize) -> f64 {
        match source {
            Source::Model => n as f64 * self.draft[0],
            _ => 0.0,
        }
    }

    /// What the first guess costs more where the drafting model reads a second token in its step.
    pub(super) fn second(&self, source: Source) -> f64 {
        match source {
            Source::Model => self.draft[1] - self.draft[0],
            _ => 0.0,
        }
    }
}

/// How many guesses are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Length {
    /// Always so many.
    Fixed(usize),
    /// As many as pay, up to a limit.
    Adaptive {
        /// The limit.
        most: usize,
        /// What they cost.
        costs: Costs,
        /// How often the first, second, third … guess of the drafting model came true in a trial, if all before it
        /// did; later ones are like the last. Empty if there was none.
        trial: Vec<f64>,
    },
}

impl Length {
    /// The most guesses that a pass may have.
    pub fn most(&self) -> usize {
        match self {
            Length::Fixed(n) => *n,
            Length::Adaptive { most, .. } => *most,
        }
    }

    /// What is known of a source from a trial.
    pub(super) fn trial(&self, source: Source) -> &[f64] {
        match (self, source) {
            (Length::Adaptive { trial, .. }, Source::Model) => trial,
            _ => &[],
        }
    }
}
