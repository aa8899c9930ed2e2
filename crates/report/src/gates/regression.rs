//! The claim that nothing became worse, row by row.
//!
//! A row regressed if its whole interval is worse by more than the noise that was allowed for. It did not if the whole
//! interval is better than that. In between nobody knows: the interval still allows for a regression. With no noise
//! allowed for, no number of repetitions could exclude a tiny one, so what is open is then counted and no outcome.
//! Where a paired test finds no change, nothing regressed, whatever the interval says. Speeds, times, memory and energy that
//! something else lies between (other runs, another machine) are inconclusive at most. No allowance is made for how
//! many rows are looked at: few problems have p-values that no such correction would leave, so the number is said.

use measure::gate::Outcome;
use measure::{Better, Interval};

use serde::Serialize;

use super::{Judged, compared, rows};
use crate::view::{Comparison, Kind, Row, Scorecard};

const CLAIM: &str = "no regression";

/// What became of the claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Regressions {
    /// Rows that became worse, then those that may have. They stand among the claims.
    #[serde(skip)]
    pub judged: Vec<Judged>,
    /// Rows that did not.
    pub n_met: usize,
    /// Rows that may have become worse, where no noise was allowed for.
    pub n_open: usize,
    /// Rows that do not look worse, and of which nothing follows all the same.
    pub n_cautioned: usize,
    /// Why nothing follows from rows, each reason once.
    pub cautions: Vec<String>,
    /// Rows without a number in one of the runs.
    pub n_missing: usize,
    /// Rows without an interval, of which nothing can be said.
    pub n_unjudged: usize,
    /// Rows with an interval that chance moves: about one in forty comes out worse though nothing changed.
    pub n_by_chance: usize,
    /// Metrics that were asked for by name and of which no row has a number in both runs, or that have no better side.
    pub unjudged: Vec<String>,
    /// Metrics that were asked for by name and whose numbers have no interval to judge by.
    pub without_interval: Vec<String>,
}

/// Looks for rows in which a later model is worse than the first by more than `noise`, a share of the first one's value.
/// Only rows of these metrics count, or all if none is named.
pub fn regressions(card: &Scorecard, noise: f64, metrics: &[String]) -> Regressions {
    let mut found = Regressions {
        unjudged: metrics.to_vec(),
        without_interval: metrics.to_vec(),
        ..Regressions::default()
    };
    for (section, row) in rows(card).filter(|(_, row)| is_asked(row, metrics)) {
        for comparison in &row.comparisons {
            if comparison.value.is_none() {
                found.n_missing += 1;
                continue;
            }
            let outcome = outcome(row, comparison, noise);
            found.unjudged.retain(|metric| *metric != row.metric);
            if outcome.is_some() {
                found
                    .without_interval
                    .retain(|metric| *metric != row.metric);
            }
            let open = compared(CLAIM, section, row, comparison, Outcome::Inconclusive);
            found.count(comparison, outcome, noise, open);
        }
    }
    let Regressions {
        unjudged,
        without_interval,
        ..
    } = &mut found;
    without_interval.retain(|metric| !unjudged.contains(metric));
    found
        .judged
        .sort_by_key(|one| one.outcome != Outcome::Failed);
    found
}

impl Regressions {
    /// Takes one comparison into account; `open` is what to say of it if it stays open.
    fn count(&mut self, found: &Comparison, outcome: Option<Outcome>, noise: f64, open: Judged) {
        let Some(outcome) = outcome else {
            self.n_unjudged += 1;
            return;
        };
        if let Some(caution) = &found.caution {
            let why = caution.why();
            if !self.cautions.contains(&why) {
                self.cautions.push(why);
            }
            match outcome {
                Outcome::Failed => self.judged.push(open),
                _ => self.n_cautioned += 1,
            }
            return;
        }
        self.n_by_chance += usize::from(found.interval.is_some());
        match outcome {
            Outcome::Met => self.n_met += 1,
            Outcome::Inconclusive if noise == 0.0 => self.n_open += 1,
            outcome => self.judged.push(Judged { outcome, ..open }),
        }
    }

    /// Whether nothing was there to be held against anything.
    pub fn is_empty(&self) -> bool {
        let counted = [self.n_met, self.n_open, self.n_cautioned, self.n_unjudged];
        self.judged.is_empty() && counted.iter().sum::<usize>() == 0
    }

    /// Whether something may have become worse, and these numbers cannot tell.
    pub fn is_inconclusive(&self) -> bool {
        let mut judged = self.judged.iter();
        let is_decided = self.n_met + self.n_open > 0 || !self.judged.is_empty();
        judged.any(|one| one.outcome == Outcome::Inconclusive)
            || self.n_cautioned > 0
            || !self.without_interval.is_empty()
            || self.n_unjudged > 0 && !is_decided
    }
}

fn is_asked(row: &Row, metrics: &[String]) -> bool {
    row.better != Better::Neither && (metrics.is_empty() || metrics.contains(&row.metric))
}

/// `None` where there is nothing to judge by.
fn outcome(row: &Row, found: &Comparison, noise: f64) -> Option<Outcome> {
    let value = found.value?;
    let point = Interval {
        lo: value,
        hi: value,
        level: measure::LEVEL,
    };
    // What is counted comes out the same every time, and values that all agree show no change.
    let is_sure = value == found.neutral() || measure::metric::is_counted(&row.metric);
    let outcome = match found.tested() {
        None if is_sure => beside(row, found.kind, point, noise),
        Some(_) if all_agree(row, found) => beside(row, found.kind, point, noise),
        Some(interval) => beside(row, found.kind, interval, noise),
        None => return None,
    };
    let is_open = noise == 0.0 && found.is_within_chance() && !all_agree(row, found);
    Some(
        if is_open && outcome == Outcome::Met && found.interval.is_some() {
            Outcome::Inconclusive
        } else {
            outcome
        },
    )
}

/// Whether both models have the very same value at every problem.
fn all_agree(row: &Row, found: &Comparison) -> bool {
    let raw = |name: &str| {
        row.cells
            .iter()
            .find(|cell| cell.model == name)
            .map(|cell| &cell.raw)
    };
    raw(&found.model).is_some_and(|values| !values.is_empty())
        && raw(&found.model) == raw(&found.against)
}

/// On which side of "worse by the noise" an interval lies.
fn beside(row: &Row, kind: Kind, interval: Interval, noise: f64) -> Outcome {
    let base = row
        .cells
        .first()
        .and_then(|cell| cell.value)
        .unwrap_or(0.0)
        .abs();
    let (neutral, allowed) = match kind {
        Kind::Ratio => (1.0, noise),
        Kind::Difference => (0.0, noise * base),
    };
    // How much worse both ends are; negative is better.
    let (least, most) = match row.better {
        Better::Higher => (neutral - interval.hi, neutral - interval.lo),
        _ => (interval.lo - neutral, interval.hi - neutral),
    };
    match (least > allowed, most > allowed) {
        (true, _) => Outcome::Failed,
        (false, false) => Outcome::Met,
        (false, true) => Outcome::Inconclusive,
    }
}
