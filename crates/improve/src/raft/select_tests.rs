//! Selection: what is kept reaches the bar, is kept once, and does not depend on anything but the samples.

use ledger::record::{Finish, Stage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::raft::RaftPlan;
use crate::raft::made_up::sample;

const STAGES: [Stage; 4] = [Stage::Malformed, Stage::Compiles, Stage::Runs, Stage::Right];

fn strict() -> Filter {
    RaftPlan::preset("strict").unwrap().filter
}

fn exact() -> Bar {
    Bar {
        threshold: 1.0,
        keep: 1.0,
    }
}

/// Up to 60 samples of five prompts; some are the same program, some could not be judged.
fn anything(rng: &mut ChaCha8Rng) -> Vec<Sample> {
    let mut below = |n: u32| rng.next_u32() % n;
    (0..below(60))
        .map(|i| {
            let id = format!("p{}", below(5));
            let mut one = sample(&id, i, STAGES[below(4) as usize]);
            one.tokens = 10 + below(50);
            if below(3) == 0 {
                one.code = Some(format!("int main() {{ return {}; }}", below(2)));
            }
            if below(10) == 0 {
                (one.stage, one.reward, one.passes) = (None, None, false);
            }
            one
        })
        .collect()
}

#[test]
fn whatever_is_kept_reaches_the_bar_is_new_and_within_the_cap() {
    let filter = strict();
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (samples, before) = (anything(&mut rng), anything(&mut rng));
        let earlier = select(&before, &[], (&filter, exact()), 1).kept;
        let found = select(&samples, &earlier, (&filter, exact()), 2);
        let n_left_out = found.duplicates + found.over_cap;
        assert_eq!(found.kept.len() + n_left_out, found.above_threshold);
        let mut per_prompt: BTreeMap<String, usize> = BTreeMap::new();
        for kept in &found.kept {
            assert!(kept.sample.passes && samples.contains(&kept.sample));
            *per_prompt.entry(kept.sample.key()).or_default() += 1;
        }
        assert!(per_prompt.values().all(|n| *n <= 4));
        let all: Vec<&Kept> = earlier.iter().chain(&found.kept).collect();
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                let tokens =
                    |k: &Kept| Tokens::of(k.sample.code.as_ref().unwrap(), k.sample.language);
                let is_one = a.sample.key() == b.sample.key();
                assert!(
                    !is_one || !tokens(a).is_same(&tokens(b), 0.9),
                    "seed {seed}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    for seed in 0..100 {
        let mut samples = anything(&mut ChaCha8Rng::seed_from_u64(seed));
        let one = select(&samples, &[], (&strict(), exact()), 1);
        samples.reverse();
        assert_eq!(
            select(&samples, &[], (&strict(), exact()), 1),
            one,
            "seed {seed}"
        );
    }
}

#[test]
fn the_rarer_program_comes_before_the_shorter_one() {
    let mut often = sample("p", 0, Stage::Right);
    often.tokens = 5;
    let mut twin = sample("p", 1, Stage::Right);
    (twin.code, twin.tokens) = (often.code.clone(), 6);
    let rare = sample("p", 2, Stage::Right);
    let found = select(
        &[often.clone(), twin, rare.clone()],
        &[],
        (&strict(), exact()),
        1,
    );
    let kept: Vec<&Sample> = found.kept.iter().map(|kept| &kept.sample).collect();
    assert_eq!(kept, [&rare, &often]);
    assert_eq!(found.duplicates, 1);
}

#[test]
fn a_prompt_that_is_seldom_solved_counts_twice() {
    let easy = [0, 1].map(|i| sample("easy", i, Stage::Right));
    let hard = [(0, Stage::Right), (1, Stage::Runs), (2, Stage::Malformed)];
    let hard = hard.map(|(i, stage)| sample("hard", i, stage));
    let all: Vec<Sample> = easy.into_iter().chain(hard).collect();
    let found = select(&all, &[], (&strict(), exact()), 1);
    let times = |id: &str| -> Vec<u32> {
        let of_it = found.kept.iter().filter(|kept| kept.sample.prompt_id == id);
        of_it.map(|kept| kept.times).collect()
    };
    assert_eq!((times("easy"), times("hard")), (vec![1, 1], vec![2]));
}

#[test]
fn halo_forges_way_keeps_the_first_of_the_file_and_fills_up_to_its_least_number() {
    let filter = RaftPlan::preset("conservative").unwrap().filter;
    let mut samples: Vec<Sample> = (0..10).map(|i| sample("p", i, Stage::Compiles)).collect();
    samples
        .iter_mut()
        .for_each(|one| one.reward = filter.ladder.reward(one));
    let bar = Bar {
        threshold: 0.5,
        keep: 0.5,
    };
    let none = Filter {
        min_samples: None,
        ..filter.clone()
    };
    let kept = select(&samples, &[], (&none, bar), 1).kept;
    let kept: Vec<u32> = kept.iter().map(|kept| kept.sample.sample_idx).collect();
    assert_eq!(kept, [0, 1, 2, 3, 4]);
    let high = Bar {
        threshold: 0.9,
        keep: 1.0,
    };
    assert_eq!(select(&samples, &[], (&none, high), 1).kept.len(), 0);
    assert_eq!(select(&samples, &[], (&filter, high), 1).kept.len(), 10);
}

#[test]
fn nothing_comes_of_nothing() {
    let found = select(&[], &[], (&strict(), exact()), 1);
    assert_eq!((found.kept.len(), found.above_threshold), (0, 0));
}

#[test]
fn an_answer_that_the_limit_cut_ends_there_only_if_it_is_learnt_whole() {
    let is_cut = |finish: Finish, behind: &str| {
        let mut one = sample("p", 0, Stage::Right);
        (one.finish, one.code) = (finish, Some("int main() {}\n".into()));
        one.text = format!("```cpp\nint main() {{}}\n```{behind}");
        let kept = select(&[one], &[], (&strict(), exact()), 1).kept;
        kept[0].is_cut()
    };
    assert!(is_cut(Finish::Length, ""));
    // The words behind the block are not learnt, so that the cut is not in what is.
    assert!(!is_cut(Finish::Length, "\nThis program does no"));
    assert!(!is_cut(Finish::EndOfText, ""));
    assert!(!is_cut(Finish::StopString, ""));
}

#[test]
fn repairs_are_kept_and_are_not_counted_among_the_samples_that_reached_the_bar() {
    let mut repair = sample("p1", 1_000_000, Stage::Right);
    repair.repaired = true;
    let samples = [
        sample("p0", 0, Stage::Right),
        sample("p1", 0, Stage::Runs),
        repair,
    ];
    let found = select(&samples, &[], (&strict(), exact()), 1);
    assert_eq!((found.kept.len(), found.above_threshold), (2, 1));
}

#[test]
fn what_stands_on_a_bar_that_was_raised_in_steps_reaches_it() {
    let mut one = sample("p0", 0, Stage::Runs);
    one.reward = Some(0.3);
    let bar = Bar {
        threshold: 0.1 + 0.1 + 0.1,
        keep: 1.0,
    };
    assert!(bar.threshold > 0.3);
    let found = select(&[one], &[], (&strict(), bar), 1);
    assert_eq!(found.kept.len(), 1);
}
