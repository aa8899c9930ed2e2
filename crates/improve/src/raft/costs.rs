//! What a run cost, by kind of work: sampling, judging, training, measuring.
//!
//! Measuring is generating and judging answers that nothing is learnt from. What the monitor gives to no kind (loading a
//! model, the check of two batch sizes) is the rest, so that the kinds add up to the phases' wall time.

use serde::Serialize;

use super::{Cost, Effort, Measured, Outcome};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Answers to train on, repairs among them.
    Sampling,
    /// Their verdicts.
    Judging,
    /// Steps, and looks at what is held back.
    Training,
    /// Answers and verdicts that nothing is learnt from.
    Measuring,
    /// Everything else.
    Other,
}

/// What a kind of work cost in all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Total {
    /// Which.
    pub kind: Kind,
    /// How long it took.
    #[serde(flatten)]
    pub cost: Cost,
}

const KINDS: [Kind; 5] = [
    Kind::Sampling,
    Kind::Judging,
    Kind::Training,
    Kind::Measuring,
    Kind::Other,
];

/// Every kind of work of a run, in this order.
pub fn totals(outcome: &Outcome) -> Vec<Total> {
    let parts = parts(outcome);
    let of = |kind: Kind| {
        let own = parts.iter().filter(|(other, _)| *other == kind);
        let cost = own.fold(NOTHING, |sum, (_, cost)| sum.and(cost));
        Total { kind, cost }
    };
    KINDS.map(of).into()
}

const NOTHING: Cost = Cost {
    seconds: 0.0,
    cpu_seconds: Some(0.0),
};

impl Cost {
    /// Processor time that is not known of a part is not known of the whole.
    fn and(self, other: &Cost) -> Cost {
        let both = self.cpu_seconds.zip(other.cpu_seconds);
        Cost {
            seconds: self.seconds + other.seconds,
            cpu_seconds: both.map(|(a, b)| a + b),
        }
    }
}

fn parts(outcome: &Outcome) -> Vec<(Kind, Cost)> {
    let mut parts = Vec::new();
    let mut add = |effort: &Effort, kind: fn(&str) -> Kind| {
        let mut known = 0.0;
        for (phase, cost) in &effort.costs {
            parts.push((kind(phase), *cost));
            known += cost.seconds;
        }
        // What nobody watched is time all the same.
        let rest = effort.seconds - known;
        if rest > 0.0 {
            let rest = Cost {
                seconds: rest,
                cpu_seconds: None,
            };
            parts.push((Kind::Other, rest));
        }
    };
    let last = outcome.best.map(|_| &outcome.last);
    for looks in [Some(&outcome.baseline), last].into_iter().flatten() {
        looks.efforts().for_each(|effort| add(effort, measuring));
    }
    for cycle in &outcome.cycles {
        add(&cycle.sampled.effort, sampling);
        cycle.repairing.iter().for_each(|one| add(one, sampling));
        cycle
            .training()
            .into_iter()
            .for_each(|effort| add(effort, training));
        let held_out = cycle.held_out.iter();
        held_out.for_each(|one: &Measured| add(&one.effort, measuring));
    }
    parts
}

fn measuring(phase: &str) -> Kind {
    match phase {
        "generate" | "judge" | "drift" => Kind::Measuring,
        _ => Kind::Other,
    }
}

fn sampling(phase: &str) -> Kind {
    match phase {
        "generate" => Kind::Sampling,
        "judge" => Kind::Judging,
        _ => Kind::Other,
    }
}

fn training(phase: &str) -> Kind {
    match phase {
        "train" | "evaluate" | "keep" => Kind::Training,
        _ => Kind::Other,
    }
}
