//! How guesses of one source fared, and when they are made again after they did not pay.

/// Classes of confidence whose success is counted apart.
const CLASSES: usize = 8;
/// What a new guess counts against what was counted: the last few dozen decide.
const FADE: f64 = 0.97;
/// The drafter's own confidence counts as much as so many guesses; so does a chance that nobody has measured.
const TRUST: f64 = 2.0;
/// One that was measured in a trial counts as much as so many.
const TRIED: f64 = 8.0;
/// Where nobody has tried.
const UNTRIED: f64 = 0.7;
/// Passes before drafting that does not pay is tried again, at first and at most.
const PAUSE: (usize, usize) = (96, 4096);
/// The most that reading for trials may cost, as a share of what is generated between them.
const TRIAL_SHARE: f64 = 0.01;
/// What a new pass counts against those before in the balance of a source: the last 32 decide.
const BALANCE_FADE: f64 = 1.0 - 1.0 / 32.0;
/// Steps of the model that a source may lose before it has to have gained something.
const CREDIT: f64 = 2.0;

/// How guesses of one source fared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Experience {
    /// Came true, and were looked at, by class of confidence; faded.
    classes: [(f64, f64); CLASSES],
    all: (f64, f64),
    /// Tokens of the passes that it was asked in, and what these passes cost, drafting included; faded.
    balance: (f64, f64),
    /// Passes since it was last tried.
    rested: usize,
    pause: usize,
    pub(super) trial: bool,
}

pub(super) const NEW: Experience = Experience {
    classes: [(0.0, 0.0); CLASSES],
    all: (0.0, 0.0),
    balance: (CREDIT, 0.0),
    rested: 0,
    pause: PAUSE.0,
    trial: false,
};

impl Experience {
    pub(super) fn count(&mut self, confidence: f32, came_true: bool) {
        let hit = f64::from(u8::from(came_true));
        for (hits, all) in [&mut self.classes[class(confidence)], &mut self.all] {
            *hits = *hits * FADE + hit;
            *all = *all * FADE + 1.0;
        }
    }

    /// How likely a guess of that confidence comes true.
    pub(super) fn chance(&self, confidence: f32) -> f64 {
        let (hits, all) = self.classes[class(confidence)];
        (hits + TRUST * f64::from(confidence)) / (all + TRUST)
    }

    /// How likely the n-th guess of a draft, from 0, comes true of which nothing is known yet.
    pub(super) fn usual(&self, n: usize, trial: &[f64]) -> f64 {
        let (before, weight) = expected(n, trial);
        (self.all.0 + weight * before) / (self.all.1 + weight)
    }

    /// Whether guesses fared worse than was expected of them.
    pub(super) fn speaks_against(&self, trial: &[f64]) -> bool {
        self.all.0 < expected(0, trial).0 * self.all.1
    }

    /// Takes note of what a pass yielded and cost, in tokens and steps of the model.
    pub(super) fn book(&mut self, tokens: f64, cost: f64) {
        self.balance.0 = self.balance.0 * BALANCE_FADE + tokens;
        self.balance.1 = self.balance.1 * BALANCE_FADE + cost;
    }

    /// Whether its passes brought less of late than the model had said by itself in their time.
    pub(super) fn loses(&self) -> bool {
        self.balance.0 < self.balance.1
    }

    /// A trial has ended, with what the source was known for before. One that came true whole is followed by another
    /// at the next pass as long as that can be afforded; where experience spoke against it, times have changed.
    pub(super) fn tried(&mut self, came_true: bool, spoke_against: bool) {
        self.rested = 0;
        if !came_true {
            return;
        }
        if spoke_against {
            for (hits, all) in self.classes.iter_mut().chain([&mut self.all]) {
                *hits /= 2.0;
                *all /= 2.0;
            }
            self.balance.0 = self.balance.0.max(self.balance.1 + CREDIT);
        }
        if !self.loses() {
            self.pause = PAUSE.0;
            self.rested = PAUSE.0;
        }
    }

    /// Guesses were looked at; whether all of them came true.
    pub(super) fn used(&mut self, came_true: bool) {
        self.rested = 0;
        if came_true && !self.loses() {
            self.pause = PAUSE.0;
        }
    }

    /// Rests one more pass; true when the pause is over and a trial is due, for which so many steps of
    /// the model have to be spent on reading.
    pub(super) fn rest(&mut self, fee: f64) -> bool {
        self.rested += 1;
        self.book(1.0, 1.0);
        self.trial = self.rested >= self.pause && fee <= TRIAL_SHARE * self.rested as f64;
        if self.trial {
            self.rested = 0;
            self.pause = (self.pause * 2).min(PAUSE.1);
        }
        self.trial
    }
}

/// What is expected of the n-th guess before it is known how guesses fare, and as how many guesses that counts.
fn expected(n: usize, trial: &[f64]) -> (f64, f64) {
    match trial.get(n).or(trial.last()) {
        Some(chance) => (*chance, TRIED),
        None => (UNTRIED, TRUST),
    }
}

/// By how often half of the doubt is gone: below 1/2, 3/4, 7/8 and so on. In equal steps of confidence a match of four
/// tokens would be in one class with a match of sixty-four.
fn class(confidence: f32) -> usize {
    let doubt = (1.0 - confidence.clamp(0.0, 1.0)).max(1e-3);
    ((-doubt.log2()) as usize).min(CLASSES - 1)
}

#[cfg(test)]
mod tests {
    use super::NEW;
    use crate::speculate::ngram;

    #[test]
    fn short_matches_that_fail_take_nothing_from_long_ones() {
        let [short, long] = [4, 64].map(ngram::confidence);
        let mut experience = NEW;
        for _ in 0..30 {
            experience.count(short, false);
        }
        assert!(experience.chance(short) < 0.1);
        assert!(experience.chance(long) > 0.9);
    }
}
