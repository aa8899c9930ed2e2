//! Which examples are held out, and in which order the others are seen.
//!
//! Both follow from the seed alone: the order of an epoch from the seed and its number. So a training that
//! goes on needs to know nothing but its step.

use std::collections::{BTreeMap, BTreeSet};

use engine::Token;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Example, Recipe};

/// Examples to train on and examples to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Trained on.
    pub trained: Vec<Example>,
    /// Held out.
    pub held_out: Vec<Example>,
}

impl Split {
    /// Holds out a share of the examples, at least one of two if the share is not 0, and never all. Examples with one
    /// prompt go to one side together, because an answer that was learnt gives the others away; so do equal texts. With
    /// a single prompt nothing is held out.
    pub fn new(examples: Vec<Example>, recipe: &Recipe) -> Self {
        let mut groups: BTreeMap<&[Token], Vec<usize>> = BTreeMap::new();
        for (place, example) in examples.iter().enumerate() {
            groups.entry(group(example)).or_default().push(place);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        // In the order in which they are seen first: without common prompts a group is an example.
        groups.sort();
        let is_held = held_groups(&groups, examples.len(), recipe);
        let mut split = Self {
            trained: Vec::new(),
            held_out: Vec::new(),
        };
        for (place, example) in examples.into_iter().enumerate() {
            match is_held.contains(&place) {
                true => split.held_out.push(example),
                false => split.trained.push(example),
            }
        }
        split
    }

    /// Tokens of the longest example of both sides.
    pub fn longest(&self) -> usize {
        let all = self.trained.iter().chain(&self.held_out);
        all.map(|example| example.tokens.len()).max().unwrap_or(0)
    }

    /// Steps of one epoch.
    pub fn steps(&self, recipe: &Recipe) -> usize {
        self.trained.len().div_ceil(recipe.step_size())
    }

    /// Steps of the whole training.
    pub fn all_steps(&self, recipe: &Recipe) -> usize {
        let steps = recipe.epochs * self.steps(recipe);
        match recipe.most_steps {
            0 => steps,
            most => steps.min(most),
        }
    }

    /// FNV-1a over all tokens and borders: enough to notice a mistake, not an attack.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut put = |number: u64| {
            for byte in number.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for side in [&self.trained, &self.held_out] {
            put(side.len() as u64);
            for example in side {
                put(example.learnt_from as u64);
                put(example.tokens.len() as u64);
                example.tokens.iter().for_each(|&token| put(token.into()));
            }
        }
        hash
    }

    /// The examples of a step, counted from 0 over all epochs.
    pub fn step(&self, recipe: &Recipe, step: usize) -> Vec<&Example> {
        let per_epoch = self.steps(recipe);
        let (epoch, within) = (step / per_epoch, step % per_epoch);
        let order = shuffled(self.trained.len(), recipe.seed, 1 + epoch as u64);
        let size = recipe.step_size();
        let chosen = order.iter().skip(within * size).take(size);
        chosen.map(|&index| &self.trained[index]).collect()
    }
}

/// What examples have in common that must not stand on both sides: their prompt; of plain text, where nothing but a
/// start comes before what is learnt, all of it.
fn group(example: &Example) -> &[Token] {
    match example.learnt_from {
        0 | 1 => &example.tokens,
        prompt => &example.tokens[..prompt],
    }
}

/// The places of examples that are held out: of whole groups in a random order, as many as make up the share, and of those
/// that would make it more than twice the share none; the smallest group where all would.
fn held_groups(groups: &[Vec<usize>], n: usize, recipe: &Recipe) -> BTreeSet<usize> {
    let wanted = share_of(n, recipe.held_out);
    if wanted == 0 {
        return BTreeSet::new();
    }
    let mut places = BTreeSet::new();
    let mut order = shuffled(groups.len(), recipe.seed, 0);
    // One is left to train on.
    order.truncate(groups.len().saturating_sub(1));
    for &group in &order {
        if places.len() >= wanted {
            break;
        }
        if places.len() + groups[group].len() <= 2 * wanted {
            places.extend(&groups[group]);
        }
    }
    if places.is_empty() {
        // All are too large; without any nothing would tell when to stop.
        let smallest = order.iter().min_by_key(|group| groups[**group].len());
        places.extend(smallest.into_iter().flat_map(|group| &groups[*group]));
    }
    places
}

fn share_of(n: usize, share: f64) -> usize {
    match n {
        0 | 1 => 0,
        n => (n as f64 * share).ceil() as usize,
    }
}

/// The places of a share of so many things, at least one of two if the share is not 0, in a random order.
pub(crate) fn held(n: usize, (share, seed): (f64, u64)) -> Vec<usize> {
    let mut order = shuffled(n, seed, 0);
    order.truncate(share_of(n, share));
    order
}

/// So many of `n` places at most, chosen by the seed alone, in their own order.
pub(crate) fn some(n: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut places = shuffled(n, seed, 0);
    places.truncate(most);
    places.sort_unstable();
    places
}

/// The numbers below `n` in an order of their own for each stream of a seed.
fn shuffled(n: usize, seed: u64, stream: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        // The bias of a remainder of 64 bits is far below anything that could be seen.
        let other = (rng.next_u64() % (last as u64 + 1)) as usize;
        order.swap(last, other);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(n: u32) -> Vec<Example> {
        let example = |i| Example {
            tokens: vec![1, i],
            learnt_from: 1,
        };
        (0..n).map(example).collect()
    }

    #[test]
    fn every_example_is_seen_once_in_an_epoch_and_epochs_differ() {
        let recipe = Recipe {
            held_out: 0.2,
            ..Recipe::default()
        };
        let split = Split::new(examples(50), &recipe);
        assert_eq!((split.trained.len(), split.held_out.len()), (40, 10));
        let epoch = |n: usize| -> Vec<&Example> {
            let steps = split.steps(&recipe);
            (n * steps..(n + 1) * steps)
                .flat_map(|step| split.step(&recipe, step))
                .collect()
        };
        assert_ne!(epoch(0), epoch(1));
        for n in 0..2 {
            let mut seen: Vec<u32> = epoch(n).iter().map(|e| e.tokens[1]).collect();
            seen.sort_unstable();
            let mut all: Vec<u32> = split.trained.iter().map(|e| e.tokens[1]).collect();
            all.sort_unstable();
            assert_eq!(seen, all);
        }
    }

    #[test]
    fn equal_examples_never_stand_on_both_sides() {
        let mut all = examples(10);
        all.extend(examples(10));
        let split = Split::new(all, &Recipe::default());
        assert!(!split.held_out.is_empty());
        assert!(
            split
                .held_out
                .iter()
                .all(|held| !split.trained.contains(held))
        );
    }

    #[test]
    fn answers_to_one_prompt_are_held_out_together_or_not_at_all() {
        let example = |prompt: u32, answer: u32| Example {
            tokens: vec![1, 100 + prompt, answer],
            learnt_from: 2,
        };
        let all = (0..10).flat_map(|prompt| (0..4).map(move |answer| example(prompt, answer)));
        let all: Vec<Example> = all.collect();
        for seed in 0..20 {
            let recipe = Recipe {
                held_out: 0.2,
                seed,
                ..Recipe::default()
            };
            let split = Split::new(all.clone(), &recipe);
            assert_eq!((split.trained.len(), split.held_out.len()), (32, 8));
            let prompts = |side: &[Example]| -> BTreeSet<Token> {
                side.iter().map(|example| example.tokens[1]).collect()
            };
            let (own, held) = (prompts(&split.trained), prompts(&split.held_out));
            assert!(own.is_disjoint(&held), "{own:?} {held:?}");
        }
        let one_prompt = all[..4].to_vec();
        assert!(
            Split::new(one_prompt, &Recipe::default())
                .held_out
                .is_empty()
        );
    }

    #[test]
    fn a_prompt_with_many_answers_is_not_held_out_where_others_make_up_the_share() {
        let example = |prompt: u32, answer: u32| Example {
            tokens: vec![1, 100 + prompt, answer],
            learnt_from: 2,
        };
        let many = (0..50).map(|answer| example(0, answer));
        let all: Vec<Example> = many
            .chain((1..51).map(|prompt| example(prompt, 0)))
            .collect();
        for seed in 0..20 {
            let recipe = Recipe {
                held_out: 0.05,
                seed,
                ..Recipe::default()
            };
            assert_eq!(Split::new(all.clone(), &recipe).held_out.len(), 5);
            let two = (0..2).flat_map(|prompt| (0..50).map(move |answer| example(prompt, answer)));
            let split = Split::new(two.collect(), &recipe);
            assert_eq!(split.held_out.len(), 50, "there is nothing smaller");
        }
    }

    #[test]
    fn plain_texts_that_begin_alike_are_held_out_each_by_itself() {
        let text = |last| Example {
            tokens: vec![1, 5, 5, last],
            learnt_from: 1,
        };
        let recipe = Recipe {
            held_out: 0.25,
            ..Recipe::default()
        };
        let split = Split::new((0..8).map(text).collect(), &recipe);
        assert_eq!((split.trained.len(), split.held_out.len()), (6, 2));
    }

    #[test]
    fn the_seed_decides() {
        let with = |seed| {
            let recipe = Recipe {
                seed,
                held_out: 0.3,
                ..Recipe::default()
            };
            Split::new(examples(30), &recipe)
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }
}
