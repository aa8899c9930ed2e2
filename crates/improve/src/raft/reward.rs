//! What a sample is worth.
//!
//! Two ladders. `strict` is ours: only an exact answer has 1, a share of right lines or tests ranks what lies
//! below it, and a text that the limit cut has a little less. `halo-forge` is that program's, by its names:
//! 0.3 compiles with warnings, 0.5 compiles, 0.7 runs, 1 correct. Training on what merely compiles teaches
//! programs that merely compile; whoever wants that sets a threshold below 1.

use ledger::record::Stage;
use serde::{Deserialize, Serialize};

use super::Sample;

/// How stages become numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ladder {
    /// 0 no code · 0.1 compiles · 0.3 runs · up to 0.9 partly right · 1 exact; 0.05 less if it was cut.
    #[default]
    Strict,
    /// 0 · 0.3 compiles with warnings · 0.5 compiles · 0.7 runs · 1 correct.
    HaloForge,
}

/// What a completion loses that did not end by itself.
const CUT: f64 = 0.05;

impl Ladder {
    /// The worth of a sample, between 0 and 1; `None` if it could not be judged, which is nobody's merit or fault.
    pub fn reward(self, sample: &Sample) -> Option<f64> {
        let stage = sample.stage?;
        let share = sample.right_share.unwrap_or(0.0).clamp(0.0, 1.0);
        Some(match self {
            Ladder::Strict => {
                let cut = if sample.ended() { 0.0 } else { CUT };
                (strict(stage, share) - cut).max(0.0)
            }
            Ladder::HaloForge => halo_forge(stage, share),
        })
    }
}

fn strict(stage: Stage, share: f64) -> f64 {
    match stage {
        Stage::NoCode | Stage::Malformed => 0.0,
        Stage::CompilesWithWarnings | Stage::Compiles => 0.1,
        Stage::Runs | Stage::PartlyRight => 0.3 + 0.6 * share,
        Stage::Right => 1.0,
    }
}

fn halo_forge(stage: Stage, share: f64) -> f64 {
    match stage {
        Stage::NoCode | Stage::Malformed => 0.0,
        Stage::CompilesWithWarnings => 0.3,
        Stage::Compiles => 0.5,
        Stage::Runs => 0.7,
        // Its verifier of several inputs: half for compiling, half for the share.
        Stage::PartlyRight => 0.5 + 0.5 * share,
        Stage::Right => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::sample;
    use ledger::record::Finish;

    const STAGES: [Stage; 7] = [
        Stage::NoCode,
        Stage::Malformed,
        Stage::CompilesWithWarnings,
        Stage::Compiles,
        Stage::Runs,
        Stage::PartlyRight,
        Stage::Right,
    ];

    #[test]
    fn a_later_stage_is_never_worth_less_and_only_the_exact_answer_has_one() {
        for ladder in [Ladder::Strict, Ladder::HaloForge] {
            for share in [0.0, 0.4, 0.99] {
                let worth = |stage| {
                    let mut one = sample("p", 0, stage);
                    one.right_share = (stage >= Stage::Runs).then_some(share);
                    ladder.reward(&one).unwrap()
                };
                let ranked: Vec<f64> = STAGES.iter().map(|stage| worth(*stage)).collect();
                let is_partly = ladder == Ladder::HaloForge && share < 0.4;
                assert!(is_partly || ranked.is_sorted(), "{ladder:?} {ranked:?}");
                let full = ranked.iter().filter(|worth| **worth >= 1.0).count();
                assert_eq!(full, 1, "{ladder:?} {ranked:?}");
            }
        }
    }

    #[test]
    fn a_text_that_was_cut_is_no_exact_answer_and_what_could_not_be_judged_has_no_worth() {
        let mut cut = sample("p", 0, Stage::Right);
        cut.finish = Finish::Length;
        assert_eq!(Ladder::Strict.reward(&cut), Some(0.95));
        assert_eq!(Ladder::HaloForge.reward(&cut), Some(1.0));
        cut.stage = None;
        assert_eq!(Ladder::Strict.reward(&cut), None);
    }
}
