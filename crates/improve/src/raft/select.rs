//! Which samples are trained on.
//!
//! First those that reach the bar, then the best share of them, then each program once, then at most so many
//! of one prompt. Of equally good ones the rarer program comes first and then the shorter text: what a model
//! says anyway teaches it least, and long answers breed longer ones. Everything follows from the samples and the
//! plan; there is no chance in it.

use std::collections::BTreeMap;

use ledger::record::Finish;
use serde::{Deserialize, Serialize};

use super::learnt::up_to_the_code;
use super::shaping::Bar;
use super::tokens::Tokens;
use super::{Filter, Sample};

/// A sample that is trained on: a line of `kept.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The sample.
    #[serde(flatten)]
    pub sample: Sample,
    /// The cycle that kept it.
    pub cycle: u32,
    /// How often the row counts in an epoch.
    pub times: u32,
    /// What is learnt of the completion.
    pub learnt: String,
}

impl Kept {
    /// Whether what is learnt ends where the limit of tokens cut the answer: the model did not end it there, and with an
    /// end behind it would learn to stop in the middle of something.
    pub fn is_cut(&self) -> bool {
        self.sample.finish == Finish::Length && self.learnt == self.sample.text
    }
}

/// What became of the samples of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Those that are kept, best first.
    pub kept: Vec<Kept>,
    /// How many of the samples that were drawn reached the bar; repairs are not among them.
    pub above_threshold: usize,
    /// How many were left out because the program was there already, in this cycle or before.
    pub duplicates: usize,
    /// How many were left out because their prompt had enough.
    pub over_cap: usize,
}

/// What a bar may be off by that was raised in steps.
const ROUNDING: f64 = 1e-9;

struct Candidate<'a> {
    sample: &'a Sample,
    reward: f64,
    tokens: Tokens,
    /// Others of its prompt that are the same program.
    twins: usize,
}

/// Chooses among the samples of a cycle; `earlier` is what the cycles before it kept.
pub fn select(
    samples: &[Sample],
    earlier: &[Kept],
    (filter, bar): (&Filter, Bar),
    cycle: u32,
) -> Selection {
    let mut candidates = above(samples, filter, bar);
    let n_all = candidates.len();
    let is_drawn = |one: &&Candidate<'_>| !one.sample.repaired;
    let above_threshold = candidates.iter().filter(is_drawn).count();
    if filter.same_from.is_some() {
        rank(&mut candidates, filter);
    } else {
        // As halo-forge: by worth, and of equal worth in the order of the file.
        candidates.sort_by(|a, b| b.reward.total_cmp(&a.reward));
    }
    candidates.truncate(best_share(n_all, bar.keep));
    let mut selection = Selection {
        kept: Vec::new(),
        above_threshold,
        duplicates: 0,
        over_cap: 0,
    };
    let hard = hard_prompts(samples);
    let mut taken = Taken::of(earlier);
    for candidate in candidates {
        let key = candidate.sample.key();
        if taken.holds(&key, &candidate.tokens, filter.same_from) {
            selection.duplicates += 1;
        } else if filter
            .per_prompt
            .is_some_and(|most| taken.now(&key) >= most)
        {
            selection.over_cap += 1;
        } else {
            let is_hard = hard.get(&key).copied().unwrap_or(false);
            selection.kept.push(Kept {
                learnt: match filter.only_code {
                    true => up_to_the_code(candidate.sample),
                    false => candidate.sample.text.clone(),
                },
                sample: candidate.sample.clone(),
                cycle,
                times: if is_hard { filter.hard_times } else { 1 },
            });
            taken.add(key, candidate.tokens);
        }
    }
    selection
}

/// Those that reach the bar; with a least number and too few of them, the best so many instead.
fn above<'a>(samples: &'a [Sample], filter: &Filter, bar: Bar) -> Vec<Candidate<'a>> {
    let candidate = |sample: &'a Sample| {
        let code = sample.code.as_deref().unwrap_or(&sample.text);
        Some(Candidate {
            sample,
            reward: sample.reward?,
            tokens: Tokens::of(code, sample.language),
            twins: 0,
        })
    };
    let mut all: Vec<Candidate<'_>> = samples.iter().filter_map(candidate).collect();
    let enough = |one: &Candidate<'_>| one.reward >= bar.threshold - ROUNDING;
    let least = filter.min_samples.unwrap_or(0);
    if all.iter().filter(|one| enough(one)).count() >= least {
        all.retain(enough);
    } else {
        all.sort_by(|a, b| b.reward.total_cmp(&a.reward));
        all.truncate(least);
    }
    all
}

/// The better first, of equals the rarer, then the shorter, then by name.
fn rank(candidates: &mut [Candidate<'_>], filter: &Filter) {
    let from = filter.same_from.unwrap_or(1.0);
    for i in 0..candidates.len() {
        let own = &candidates[i];
        let is_twin = |other: &&Candidate<'_>| {
            own.sample.key() == other.sample.key() && own.tokens.is_same(&other.tokens, from)
        };
        candidates[i].twins = candidates.iter().filter(is_twin).count();
    }
    candidates.sort_by(|a, b| {
        let place = |one: &Candidate<'_>| (one.sample.key(), one.sample.sample_idx);
        b.reward
            .total_cmp(&a.reward)
            .then(a.twins.cmp(&b.twins))
            .then(a.sample.tokens.cmp(&b.sample.tokens))
            .then_with(|| place(a).cmp(&place(b)))
    });
}

fn best_share(n: usize, share: f64) -> usize {
    // A rounding error must not cost a sample where all are wanted.
    ((n as f64 * share + 1e-9) as usize).max(1)
}

/// For each prompt whether fewer than half of its samples passed.
fn hard_prompts(samples: &[Sample]) -> BTreeMap<String, bool> {
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for sample in samples
        .iter()
        .filter(|sample| sample.stage.is_some() && !sample.repaired)
    {
        let (passed, all) = tally.entry(sample.key()).or_default();
        *passed += usize::from(sample.passes);
        *all += 1;
    }
    let hard = tally.into_iter();
    hard.map(|(key, (passed, all))| (key, passed * 2 < all))
        .collect()
}

/// Programs that are taken already.
struct Taken {
    programs: BTreeMap<String, Vec<Tokens>>,
    in_cycle: BTreeMap<String, usize>,
}

impl Taken {
    fn of(earlier: &[Kept]) -> Taken {
        let mut programs: BTreeMap<String, Vec<Tokens>> = BTreeMap::new();
        for Kept { sample, .. } in earlier {
            let code = sample.code.as_deref().unwrap_or(&sample.text);
            let tokens = Tokens::of(code, sample.language);
            programs.entry(sample.key()).or_default().push(tokens);
        }
        Taken {
            programs,
            in_cycle: BTreeMap::new(),
        }
    }

    fn holds(&self, key: &str, tokens: &Tokens, same_from: Option<f64>) -> bool {
        let Some(from) = same_from else { return false };
        let known = self.programs.get(key).into_iter().flatten();
        known.into_iter().any(|one| one.is_same(tokens, from))
    }

    fn now(&self, key: &str) -> usize {
        self.in_cycle.get(key).copied().unwrap_or(0)
    }

    fn add(&mut self, key: String, tokens: Tokens) {
        *self.in_cycle.entry(key.clone()).or_default() += 1;
        self.programs.entry(key).or_default().push(tokens);
    }
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
