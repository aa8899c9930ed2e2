//! How threshold and share change from cycle to cycle.
//!
//! The names and numbers are halo-forge's. A threshold never rises above the plan's own.

use serde::{Deserialize, Serialize};

use super::Filter;

/// A rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shaping {
    /// Every cycle as the plan says.
    #[default]
    Fixed,
    /// The first cycle keeps nearly everything.
    Warmup,
    /// From nearly everything down to the plan, along a line.
    Annealing,
    /// From nearly everything; up a tenth when many samples pass, down when few do.
    Adaptive,
}

/// What a sample has to reach, and which share of those is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// The least worth.
    pub threshold: f64,
    /// The share.
    pub keep: f64,
}

const OPEN: Bar = Bar {
    threshold: 0.1,
    keep: 0.8,
};

/// The share of passing samples that `Adaptive` aims at, and how far it may be off.
const AIM: f64 = 0.3;
const SLACK: f64 = 0.1;
const STEP: f64 = 0.1;

impl Shaping {
    /// The bar of a cycle, counted from 1, of `cycles`; `passed` are the shares of samples that passed in the
    /// cycles before it.
    pub fn bar(self, filter: &Filter, (cycle, cycles): (u32, u32), passed: &[f64]) -> Bar {
        let plan = Bar {
            threshold: filter.reward_threshold,
            keep: filter.keep_top_percent,
        };
        match self {
            Shaping::Fixed => plan,
            Shaping::Warmup if cycle == 1 => open(plan),
            Shaping::Warmup => plan,
            Shaping::Annealing => {
                let way = match cycles {
                    0 | 1 => 1.0,
                    n => f64::from(cycle - 1) / f64::from(n - 1),
                };
                between(open(plan), plan, way)
            }
            Shaping::Adaptive => passed.iter().fold(open(plan), |bar, share| {
                let step = match share - AIM {
                    off if off > SLACK => STEP,
                    off if off < -SLACK => -STEP,
                    _ => 0.0,
                };
                Bar {
                    threshold: (bar.threshold + step)
                        .clamp(OPEN.threshold, plan.threshold.max(OPEN.threshold)),
                    keep: (bar.keep - step).clamp(plan.keep.min(OPEN.keep), OPEN.keep),
                }
            }),
        }
    }
}

fn open(plan: Bar) -> Bar {
    Bar {
        threshold: plan.threshold.min(OPEN.threshold),
        keep: OPEN.keep,
    }
}

fn between(from: Bar, to: Bar, way: f64) -> Bar {
    let mix = |a: f64, b: f64| a + (b - a) * way;
    Bar {
        threshold: mix(from.threshold, to.threshold),
        keep: mix(from.keep, to.keep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::RaftPlan;

    fn filter() -> Filter {
        RaftPlan::preset("aggressive").unwrap().filter
    }

    #[test]
    fn fixed_is_the_plan_and_warmup_opens_the_first_cycle_only() {
        let filter = filter();
        let plan = Bar {
            threshold: 0.7,
            keep: 0.3,
        };
        for cycle in 1..=4 {
            assert_eq!(Shaping::Fixed.bar(&filter, (cycle, 4), &[]), plan);
            let warm = Shaping::Warmup.bar(&filter, (cycle, 4), &[]);
            assert_eq!(warm, if cycle == 1 { OPEN } else { plan });
        }
    }

    #[test]
    fn annealing_goes_from_open_to_the_plan_and_ends_there() {
        let filter = filter();
        let bars: Vec<Bar> = (1..=4)
            .map(|cycle| Shaping::Annealing.bar(&filter, (cycle, 4), &[]))
            .collect();
        assert_eq!(bars[0], OPEN);
        assert!(
            bars.windows(2)
                .all(|pair| pair[0].threshold < pair[1].threshold)
        );
        assert!((bars[3].threshold - 0.7).abs() < 1e-12 && (bars[3].keep - 0.3).abs() < 1e-12);
        let only = Shaping::Annealing.bar(&filter, (1, 1), &[]);
        assert_eq!(only.threshold, 0.7);
    }

    #[test]
    fn adaptive_rises_with_success_falls_without_and_never_leaves_its_range() {
        let filter = filter();
        let bar =
            |passed: &[f64]| Shaping::Adaptive.bar(&filter, (passed.len() as u32 + 1, 20), passed);
        assert_eq!(bar(&[]), OPEN);
        assert!(bar(&[0.9]).threshold > OPEN.threshold);
        assert_eq!(bar(&[0.3]), OPEN);
        assert_eq!(bar(&[0.0; 9]), OPEN);
        assert_eq!(
            bar(&[1.0; 15]),
            Bar {
                threshold: 0.7,
                keep: 0.3
            }
        );
    }
}
