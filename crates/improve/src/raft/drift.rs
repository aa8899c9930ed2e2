//! How far a cycle's adapter has gone from its base.
//!
//! A model that is trained on its own right answers gets surer of them, and with enough of it says one thing whatever is
//! asked. The share of right answers shows that last; the divergence from the base and the entropy of what is still
//! open show it first. Both are of the adapter's own answers to held-out prompts. What is too far is said aloud and ends
//! nothing: whether problems are still solved decides.

use measure::estimate::{bootstrap_mean, bootstrap_ratio};
use measure::{Estimate, LEVEL};
use serde::{Deserialize, Serialize};

/// Nats per token from the base that are much.
const FAR: f64 = 0.1;
/// What is left of the base's entropy when answers have become alike.
const NARROW: f64 = 0.6;

/// How far an adapter is from its base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Divergence from the base, in nats per token; the mean over answers.
    pub kl_nats: Estimate,
    /// Entropy with the adapter over that of the base at the same tokens, as a ratio of sums over answers; `None` where
    /// the base is sure of all.
    pub entropy_share: Option<Estimate>,
}

impl Drift {
    /// From one value of each for each answer: the divergence, the entropy, and that of the base. `None` without answers.
    pub fn of([kl, own, base]: [&[f64]; 3], seed: u64) -> Option<Drift> {
        Some(Drift {
            kl_nats: bootstrap_mean(kl, seed, LEVEL)?,
            entropy_share: bootstrap_ratio(own, base, seed, LEVEL),
        })
    }

    /// What has to be said of it.
    pub(super) fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let kl = self.kl_nats.value;
        if kl > FAR {
            doubts.push(format!(
                "its answers are {kl:.2} nats per token from what the base would say, more than {FAR}: what the base knew besides may be forgotten"
            ));
        }
        if let Some(share) = self.entropy_share.filter(|share| share.value < NARROW) {
            doubts.push(format!(
                "its entropy is {:.0} % of the base's at the same tokens, less than {:.0} %: answers become alike",
                100.0 * share.value,
                100.0 * NARROW
            ));
        }
        doubts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_not_spoken_of_and_what_is_far_is() {
        let near = Drift::of([&[0.04, 0.06], &[0.3, 0.5], &[0.4, 0.6]], 1).unwrap();
        assert!((near.kl_nats.value - 0.05).abs() < 1e-12);
        assert!((near.entropy_share.unwrap().value - 0.8).abs() < 1e-12);
        assert!(near.doubts().is_empty());
        let far = Drift::of([&[0.3, 0.1], &[0.1, 0.2], &[0.5, 0.7]], 1).unwrap();
        let said = far.doubts().join("; ");
        assert!(said.contains("0.20 nats per token"), "{said}");
        assert!(said.contains("25 % of the base's"), "{said}");
    }

    #[test]
    fn without_answers_or_entropy_there_is_no_number() {
        assert_eq!(Drift::of([&[], &[], &[]], 1), None);
        let sure = Drift::of([&[0.0], &[0.0], &[0.0]], 1).unwrap();
        assert_eq!((sure.entropy_share, sure.doubts().len()), (None, 0));
    }
}
