//! Numbers that were brought in beside numbers measured here.
//!
//! A file of another program tells fewer conditions than our own records have. A speed that was brought in takes over
//! the conditions of the one that was measured here, if all that it tells is the same and there is exactly one such;
//! otherwise both stand in rows of their own.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

type Conditions = BTreeMap<String, Value>;

/// Whether a run was brought in.
pub(crate) fn is_brought_in(run: &Run) -> bool {
    run.header.plan.pointer("/imported/program").is_some()
}

/// Lets the speeds of these models stand beside those of all others, where they fit.
pub(super) fn adopt(run: &mut Run, brought_in: &BTreeSet<String>) {
    let (theirs, ours): (Vec<&Measurement>, Vec<&Measurement>) = run
        .measurements
        .iter()
        .filter(|m| m.benchmark == "latency")
        .partition(|m| brought_in.contains(&m.model));
    let found: Vec<(Measurement, Conditions)> = theirs
        .into_iter()
        .filter_map(|their| Some((their.clone(), only_match(their, &ours)?)))
        .collect();
    for (their, conditions) in found {
        if let Some(place) = run.measurements.iter_mut().find(|m| **m == their) {
            place.conditions = conditions;
        }
    }
}

/// The conditions of the measured numbers that agree with all that a file tells; `None` unless they are one set.
fn only_match(their: &Measurement, ours: &[&Measurement]) -> Option<Conditions> {
    let agrees = |own: &&&Measurement| {
        let tells = their.conditions.iter();
        own.metric == their.metric
            && tells
                .clone()
                .all(|(name, value)| own.conditions.get(name) == Some(value))
    };
    let mut matches: Vec<&Conditions> = Vec::new();
    for own in ours.iter().filter(agrees) {
        if !matches.contains(&&own.conditions) {
            matches.push(&own.conditions);
        }
    }
    match matches.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    }
}
