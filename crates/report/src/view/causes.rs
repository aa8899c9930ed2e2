//! How attempts ended, counted by the judge's own word.
//!
//! Counts are facts and carry no interval. An attempt without a verdict is counted as `not judged`:
//! nothing vanishes from the sum.

use std::collections::BTreeMap;

use super::Cause;
use super::code::Judged;

/// The word for attempts that have no verdict yet.
const NOT_JUDGED: &str = "not judged";

/// Causes over `per_model`, most frequent first, ties by name.
pub(super) fn count(per_model: &[Vec<Judged<'_>>]) -> Vec<Cause> {
    let mut counts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (model_idx, attempts) in per_model.iter().enumerate() {
        for judged in attempts {
            let word = judged
                .verdict
                .map_or(NOT_JUDGED, |verdict| verdict.cause.as_str());
            counts
                .entry(word)
                .or_insert_with(|| vec![0; per_model.len()])[model_idx] += 1;
        }
    }
    let mut causes: Vec<Cause> = counts
        .into_iter()
        .map(|(cause, counts)| Cause {
            cause: cause.to_owned(),
            counts,
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.counts.iter().sum::<usize>()));
    causes
}
