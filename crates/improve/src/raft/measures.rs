//! What a set of samples says of a model: our numbers, and halo-forge's by what they are.
//!
//! The prompt is the unit of observation: attempts at one prompt are alike, so they are averaged inside it and
//! the interval is resampled over prompts. pass@1 is the share of right samples, pass@k the unbiased estimate
//! (Chen et al., arXiv 2107.03374). What halo-forge calls `pass_at_1` is the share of prompts of which any sample
//! *compiles*: here `any_compiles`.

use std::collections::BTreeMap;

use ledger::record::Finish;
use measure::compare::{paired_bootstrap, sign_flip_test};
use measure::estimate::{bootstrap_mean, pass_at_k, wilson};
use measure::{Estimate, LEVEL};
use serde::{Deserialize, Serialize};

use super::Sample;

/// Why it is not known how many answers the model ended.
const CUT: &str = "every answer was cut where the judged block was complete, so none could end by itself or at the limit";

/// The greatest k of pass@k here.
const MOST_K: usize = 8;

/// What a set of samples says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Prompts of which at least one sample could be judged.
    pub prompts: usize,
    /// Samples that could be judged.
    pub samples: usize,
    /// Samples that could not.
    pub unscored: usize,
    /// Samples that compile.
    pub compiled: usize,
    /// Samples that are right.
    pub passed: usize,
    /// The share of right samples, over prompts.
    pub pass_at_1: Estimate,
    /// The k of [`Measures::pass_at_k`].
    pub k: usize,
    /// The chance that one of k samples is right, over prompts.
    pub pass_at_k: Estimate,
    /// The share of samples that compile, over prompts.
    pub compile_rate: Estimate,
    /// The share of prompts of which any sample compiles: halo-forge's `pass_at_1`.
    pub any_compiles: f64,
    /// The share of prompts of which all samples compile: halo-forge's `pass_at_k`.
    pub all_compile: f64,
    /// The mean worth of a sample.
    pub avg_reward: f64,
    /// The mean length of a completion.
    pub mean_tokens: f64,
    /// Of the completions that the model ended or that the limit of tokens cut, the share of the former; `None` where
    /// all were cut where the judged block was complete, which tells nothing of how they would have ended.
    pub ended_share: Option<f64>,
    /// How many completions that is a share of.
    #[serde(default)]
    pub ended_of: usize,
    /// Why there is no such share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_reason: Option<String>,
    /// The share of right samples of each prompt, by suite and id.
    pub by_prompt: BTreeMap<String, f64>,
    /// What was counted, by the same keys; `samples.jsonl` has it for whoever reads the files.
    #[serde(skip)]
    tallies: BTreeMap<String, Tally>,
}

/// How much later measures of the same prompts differ from earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The mean difference in strict pass@1 over prompts.
    pub difference: Estimate,
    /// The chance of at least that difference if nothing had changed (sign flips, two-sided).
    pub p: f64,
}

/// pass@k of earlier and of later samples, over the prompts and at the k that both have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variety {
    pub(super) k: usize,
    pub(super) prompts: usize,
    pub(super) before: f64,
    pub(super) now: f64,
}

impl Measures {
    /// Measures a set of samples; `None` where none could be judged.
    pub fn of(samples: &[Sample], seed: u64) -> Option<Measures> {
        let judged: Vec<&Sample> = samples.iter().filter(|one| one.stage.is_some()).collect();
        let tallies = tallies(&judged);
        let fewest = tallies.values().map(|tally| tally.n).min()?;
        let k = fewest.min(MOST_K);
        let over = |of: &dyn Fn(&Tally) -> f64| {
            let values: Vec<f64> = tallies.values().map(of).collect();
            rate(&values, seed)
        };
        let share = |n: usize, all: usize| n as f64 / all as f64;
        let mean = |of: &dyn Fn(&Sample) -> f64| {
            judged.iter().map(|one| of(one)).sum::<f64>() / judged.len() as f64
        };
        let count = |is: &dyn Fn(&Sample) -> bool| judged.iter().filter(|one| is(one)).count();
        let ended = count(&|one| one.finish == Finish::EndOfText);
        let ended_of = ended + count(&|one| one.finish == Finish::Length);
        let of_prompts = |is: &dyn Fn(&Tally) -> bool| {
            share(
                tallies.values().filter(|tally| is(tally)).count(),
                tallies.len(),
            )
        };
        Some(Measures {
            prompts: tallies.len(),
            samples: judged.len(),
            unscored: samples.len() - judged.len(),
            compiled: count(&|one| one.compiles),
            passed: count(&|one| one.passes),
            pass_at_1: over(&|tally| share(tally.passed, tally.n))?,
            k,
            pass_at_k: over(&|tally| pass_at_k(tally.n, tally.passed, k).unwrap_or(0.0))?,
            compile_rate: over(&|tally| share(tally.compiled, tally.n))?,
            any_compiles: of_prompts(&|tally| tally.compiled > 0),
            all_compile: of_prompts(&|tally| tally.compiled == tally.n),
            avg_reward: mean(&|one| one.reward.unwrap_or(0.0)),
            mean_tokens: mean(&|one| f64::from(one.tokens)),
            ended_share: (ended_of > 0).then(|| share(ended, ended_of)),
            ended_of,
            ended_reason: (ended_of == 0).then(|| CUT.to_owned()),
            by_prompt: tallies
                .iter()
                .map(|(key, tally)| (key.clone(), share(tally.passed, tally.n)))
                .collect(),
            tallies,
        })
    }

    /// The same for each suite by itself.
    pub fn by_suite(samples: &[Sample], seed: u64) -> BTreeMap<String, Measures> {
        let mut suites: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
        for sample in samples {
            suites
                .entry(&sample.suite)
                .or_default()
                .push(sample.clone());
        }
        let measured = suites.into_iter();
        measured
            .filter_map(|(suite, samples)| Some((suite.to_owned(), Measures::of(&samples, seed)?)))
            .collect()
    }

    /// How these differ from earlier measures, over the prompts that both have.
    pub fn change_from(&self, earlier: &Measures, seed: u64) -> Option<Change> {
        let both = self.by_prompt.iter().filter_map(|(key, now)| {
            let before = earlier.by_prompt.get(key)?;
            Some(now - before)
        });
        let differences: Vec<f64> = both.collect();
        Some(Change {
            difference: paired_bootstrap(&differences, seed, LEVEL)?,
            p: sign_flip_test(&differences, seed)?,
        })
    }

    /// pass@k of both. A sample that could not be judged makes k smaller, so both are computed at a k that all
    /// prompts have in both; `None` below two, where pass@k says nothing of variety.
    pub(super) fn variety_from(&self, earlier: &Measures) -> Option<Variety> {
        let both: Vec<(Tally, Tally)> = self
            .tallies
            .iter()
            .filter_map(|(key, now)| Some((*earlier.tallies.get(key)?, *now)))
            .collect();
        let fewest = both.iter().map(|(before, now)| before.n.min(now.n)).min()?;
        let k = fewest.min(MOST_K);
        let mean = |of: fn(&(Tally, Tally)) -> Tally| {
            let chance = |tally: Tally| pass_at_k(tally.n, tally.passed, k).unwrap_or(0.0);
            both.iter().map(|both| chance(of(both))).sum::<f64>() / both.len() as f64
        };
        (k > 1).then(|| Variety {
            k,
            prompts: both.len(),
            before: mean(|both| both.0),
            now: mean(|both| both.1),
        })
    }
}

/// The mean over prompts. Where all are 0 or all are 1 a bootstrap sees no spread: the prompts are trials then.
fn rate(values: &[f64], seed: u64) -> Option<Estimate> {
    let estimate = bootstrap_mean(values, seed, LEVEL)?;
    let n = values.len();
    let passed = match estimate.value {
        0.0 => 0,
        1.0 => n,
        _ => return Some(estimate),
    };
    Some(Estimate {
        interval: wilson(passed, n, LEVEL),
        no_interval: None,
        ..estimate
    })
}

/// The samples of one prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    n: usize,
    passed: usize,
    compiled: usize,
}

fn tallies(judged: &[&Sample]) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for sample in judged {
        let tally = tallies.entry(sample.key()).or_default();
        tally.n += 1;
        tally.passed += usize::from(sample.passes);
        tally.compiled += usize::from(sample.compiles);
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::sample;
    use ledger::record::Stage;

    /// Stages of two samples of each of four prompts.
    fn four(stages: [[Stage; 2]; 4]) -> Vec<Sample> {
        let of_prompt = |(p, two): (usize, [Stage; 2])| {
            let id = format!("p{p}");
            (0..2)
                .map(move |i| sample(&id, i, two[i as usize]))
                .collect::<Vec<_>>()
        };
        stages.into_iter().enumerate().flat_map(of_prompt).collect()
    }

    #[test]
    fn the_published_metric_and_the_strict_one_stand_apart() {
        use Stage::{Compiles, Malformed, Right, Runs};
        let samples = four([
            [Right, Right],
            [Right, Malformed],
            [Compiles, Runs],
            [Malformed, Malformed],
        ]);
        let measures = Measures::of(&samples, 1).unwrap();
        assert_eq!(
            (measures.samples, measures.passed, measures.compiled),
            (8, 3, 5)
        );
        assert_eq!(measures.pass_at_1.value, 3.0 / 8.0);
        assert_eq!((measures.k, measures.pass_at_k.value), (2, 0.5));
        assert_eq!((measures.any_compiles, measures.all_compile), (0.75, 0.5));
        assert_eq!(measures.by_prompt["made-up/p1"], 0.5);
        assert_eq!(Measures::by_suite(&samples, 1)["made-up"], measures);
    }

    #[test]
    fn what_could_not_be_judged_is_counted_and_not_held_against_the_model() {
        let mut samples = four([[Stage::Right, Stage::Right]; 4]);
        samples[0].stage = None;
        samples[0].passes = false;
        let measures = Measures::of(&samples, 1).unwrap();
        assert_eq!((measures.pass_at_1.value, measures.unscored), (1.0, 1));
        assert_eq!(measures.k, 1);
        samples.iter_mut().for_each(|one| one.stage = None);
        assert_eq!(Measures::of(&samples, 1), None);
    }

    #[test]
    fn an_answer_that_was_cut_at_its_judged_block_is_not_one_that_the_model_ended() {
        let mut samples = four([[Stage::Right, Stage::Right]; 4]);
        samples
            .iter_mut()
            .for_each(|one| one.finish = Finish::StopString);
        let cut = Measures::of(&samples, 1).unwrap();
        assert_eq!((cut.ended_share, cut.ended_of), (None, 0));
        assert!(cut.ended_reason.unwrap().contains("judged block"));
        samples[0].finish = Finish::EndOfText;
        samples[1].finish = Finish::Length;
        let some = Measures::of(&samples, 1).unwrap();
        assert_eq!((some.ended_share, some.ended_of), (Some(0.5), 2));
        assert_eq!(some.ended_reason, None);
    }

    #[test]
    fn pass_at_k_is_compared_at_the_k_that_both_have() {
        let of = |n: u32, judged: u32| {
            let samples = (0..4).flat_map(|p| (0..n).map(move |i| (p, i)));
            let samples = samples.map(|(p, i)| {
                let stage = if i == 0 { Stage::Right } else { Stage::Runs };
                let mut one = sample(&format!("p{p}"), i, stage);
                if p == 0 && i >= judged {
                    one.stage = None;
                }
                one
            });
            Measures::of(&samples.collect::<Vec<_>>(), 1).unwrap()
        };
        let (whole, short) = (of(4, 4), of(4, 3));
        assert_eq!((whole.k, short.k), (4, 3));
        let variety = short.variety_from(&whole).unwrap();
        assert_eq!((variety.k, variety.prompts), (3, 4));
        // The one prompt with a right sample among three is sure of it, the others are as they were.
        assert!((variety.before - 0.75).abs() < 1e-12, "{variety:?}");
        assert!((variety.now - (3.0 * 0.75 + 1.0) / 4.0).abs() < 1e-12);
        assert_eq!(of(4, 1).variety_from(&whole), None, "k would be 1");
        let all_gone = of(4, 0).variety_from(&whole).unwrap();
        assert_eq!((all_gone.prompts, all_gone.before), (3, 1.0));
    }

    #[test]
    fn a_rate_at_its_edge_has_an_interval_too() {
        let none = Measures::of(&four([[Stage::Malformed; 2]; 4]), 1).unwrap();
        let range = none.pass_at_1.interval.unwrap();
        assert!(range.lo == 0.0 && range.hi > 0.4, "{range:?}");
        let all = Measures::of(&four([[Stage::Right; 2]; 4]), 1).unwrap();
        let range = all.compile_rate.interval.unwrap();
        assert!(range.hi == 1.0 && range.lo < 0.6, "{range:?}");
    }

    #[test]
    fn a_change_is_paired_by_prompt() {
        let worse = Measures::of(&four([[Stage::Right, Stage::Runs]; 4]), 1).unwrap();
        let better = Measures::of(&four([[Stage::Right, Stage::Right]; 4]), 1).unwrap();
        let change = better.change_from(&worse, 1).unwrap();
        assert_eq!((change.difference.value, change.difference.n), (0.5, 4));
        assert_eq!(worse.change_from(&worse, 1).unwrap().p, 1.0);
    }
}
