//! How far ahead to guess.
//!
//! A fixed number, or as far as it pays. It pays as long as the tokens expected for the time of drafting
//! and looking rise: E(k) / (k·c + v(k + 1)) with E(k) = 1 + Σ Π α, where α is what the drafter thinks of
//! each guess, corrected by how often guesses of that confidence came true. Times are handed in as
//! numbers ([`Costs`]); nobody here looks at a clock. Where nothing pays, drafting rests, and is tried
//! again after pauses that become longer. A drafter that has to read a text first ([`Entry`]) is asked
//! only where what is left of the answer can win that back.

use super::{Draft, Guess, Source};

/// What guessing and looking cost, in steps of the model by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// One guess of the drafting model.
    pub draft: f64,
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

    fn draft(&self, source: Source) -> f64 {
        match source {
            Source::Model => self.draft,
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
}

/// Classes of confidence whose success is counted apart.
const CLASSES: usize = 8;
/// What a new guess counts against what was counted: the last few dozen decide.
const FADE: f64 = 0.97;
/// The drafter's own confidence counts as much as so many guesses.
const TRUST: f64 = 2.0;
/// Passes before drafting that does not pay is tried again, at first and at most.
const PAUSE: (usize, usize) = (96, 4096);
/// Guesses of such a trial.
const TRIAL: usize = 2;
/// The most that reading for trials may cost, as a share of what is generated between them.
const TRIAL_SHARE: f64 = 0.01;

/// What a drafter would have to do before its first guess, and for how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// Tokens that it has not read yet, of all sequences that are asked for.
    pub n_unread: usize,
    /// Tokens that the answers may still get, of the same sequences.
    pub n_left: usize,
}

/// How guesses of one source fared.
#[derive(Debug, Clone, Copy)]
struct Experience {
    /// Came true, and were looked at, by class of confidence; faded.
    classes: [(f64, f64); CLASSES],
    all: (f64, f64),
    /// Passes since it was last tried.
    rested: usize,
    pause: usize,
    trial: bool,
}

const NEW: Experience = Experience {
    classes: [(0.0, 0.0); CLASSES],
    all: (0.0, 0.0),
    rested: 0,
    pause: PAUSE.0,
    trial: false,
};

impl Experience {
    fn count(&mut self, confidence: f32, came_true: bool) {
        let hit = f64::from(u8::from(came_true));
        for (hits, all) in [&mut self.classes[class(confidence)], &mut self.all] {
            *hits = *hits * FADE + hit;
            *all = *all * FADE + 1.0;
        }
    }

    /// How likely a guess of that confidence comes true.
    fn chance(&self, confidence: f32) -> f64 {
        let (hits, all) = self.classes[class(confidence)];
        (hits + TRUST * f64::from(confidence)) / (all + TRUST)
    }

    /// How likely a guess comes true of which nothing is known yet.
    fn usual(&self) -> f64 {
        (self.all.0 + TRUST * 0.7) / (self.all.1 + TRUST)
    }

    /// A trial went well although experience spoke against it: times have changed.
    fn forget_half(&mut self) {
        for (hits, all) in self.classes.iter_mut().chain([&mut self.all]) {
            *hits /= 2.0;
            *all /= 2.0;
        }
    }

    /// Rests one more pass; true when the pause is over and a trial is due, for which so many steps of
    /// the model have to be spent on reading.
    fn rest(&mut self, fee: f64) -> bool {
        self.rested += 1;
        self.trial = self.rested >= self.pause && fee <= TRIAL_SHARE * self.rested as f64;
        if self.trial {
            self.rested = 0;
            self.pause = (self.pause * 2).min(PAUSE.1);
        }
        self.trial
    }
}

fn class(confidence: f32) -> usize {
    ((confidence.clamp(0.0, 1.0) * CLASSES as f32) as usize).min(CLASSES - 1)
}

/// Decides how far ahead to guess, from costs and experience.
#[derive(Debug, Clone)]
pub struct Pace {
    length: Length,
    /// Sequences that are checked in one pass.
    n_busy: usize,
    sources: [Experience; Source::ALL.len()],
}

impl Pace {
    /// Without experience.
    pub fn new(length: Length) -> Pace {
        Pace {
            length,
            n_busy: 1,
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
    }

    /// Whether a drafter whose guesses cost something should make any.
    pub fn starts(&mut self, source: Source, entry: Entry) -> bool {
        if self.most() == 0 {
            return false;
        }
        let Length::Adaptive { costs, .. } = &self.length else {
            return true;
        };
        let fee = entry.n_unread as f64 * costs.read;
        let won = entry.n_left as f64 * self.saving(costs, source);
        won > fee || self.sources[source as usize].rest(fee)
    }

    /// What guesses of a source are expected to save of each token's time, in steps of the model.
    fn saving(&self, costs: &Costs, source: Source) -> f64 {
        let usual = self.sources[source as usize].usual();
        let (mut reach, mut expected, mut best) = (1.0, 1.0, 1.0_f64);
        for k in 1..=self.most() {
            reach *= usual;
            expected += reach;
            best = best.max(expected / self.cost(costs, source, k));
        }
        1.0 - 1.0 / best
    }

    /// Whether one more guess pays after these.
    pub fn goes_on(&self, source: Source, guesses: &[Guess]) -> bool {
        let n = guesses.len();
        let Length::Adaptive { most, costs } = &self.length else {
            return n < self.most();
        };
        let experience = &self.sources[source as usize];
        if experience.trial {
            return n < TRIAL.min(*most);
        }
        let (mut reach, mut expected) = (1.0, 1.0);
        for guess in guesses {
            reach *= experience.chance(guess.confidence);
            expected += reach;
        }
        let now = expected / self.cost(costs, source, n);
        (n + 1..=*most).any(|k| {
            reach *= experience.usual();
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
        let experience = &mut self.sources[draft.source as usize];
        if n_looked_at == 0 {
            return;
        }
        for (i, guess) in draft.guesses[..n_looked_at].iter().enumerate() {
            if i <= accepted {
                experience.count(guess.confidence, i < accepted);
            }
        }
        let trial = std::mem::take(&mut experience.trial);
        if trial && accepted == n_looked_at {
            experience.forget_half();
        }
        if accepted == n_looked_at {
            experience.pause = PAUSE.0;
        }
        experience.rested = 0;
    }

    /// Drafting and looking, in steps of the model for as many sequences.
    fn cost(&self, costs: &Costs, source: Source, k: usize) -> f64 {
        k as f64 * costs.draft(source) + self.look(costs, k)
    }

    fn look(&self, costs: &Costs, k: usize) -> f64 {
        costs.check(self.n_busy * (k + 1)) / costs.check(self.n_busy)
    }
}
