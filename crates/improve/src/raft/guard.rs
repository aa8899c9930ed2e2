//! What keeps a run honest and a model from collapsing.
//!
//! - A prompt that is held out must not be trained on, neither word for word nor nearly so ([`leaks`]).
//! - After each cycle the held-out prompts say whether its adapter is the best so far, and whether the next cycle
//!   may start from its samples ([`Look`]). Texts that grow or shrink, or that no longer end, are said aloud.

use serde::{Deserialize, Serialize};
use task::overlap::{Likeness, Overlap, find};

use super::measures::Variety;
use super::{Measures, Prompt};

/// A prompt that is held out and would have been trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The place of the prompt that would be trained on.
    pub prompt: usize,
    /// [`Prompt::key`] of the one that is held out.
    pub held_out: String,
    /// Whether they are equal but for white space and case.
    pub is_exact: bool,
}

/// Every prompt that gives a held-out one away, with the first such; the rule is that of [`task::overlap`].
pub fn leaks(prompts: &[Prompt], held_out: &[Prompt]) -> Vec<Leak> {
    let texts =
        |all: &[Prompt]| -> Vec<String> { all.iter().map(|one| one.text.clone()).collect() };
    let found = find(&texts(prompts), &texts(held_out)).into_iter();
    let leak = |one: Overlap| Leak {
        prompt: one.training,
        held_out: held_out[one.held_out].key(),
        is_exact: one.likeness == Likeness::Equal,
    };
    let mut leaks: Vec<Leak> = found.map(leak).collect();
    leaks.dedup_by_key(|leak| leak.prompt);
    leaks
}

/// The held-out suite that chooses the best cycle: the first one where there are several, so that the others tell of
/// a cycle that they had no part in choosing. `None` where all held-out prompts choose.
pub(super) fn chooser(held_out: &[Prompt]) -> Option<&str> {
    let first = held_out.first()?.suite.as_str();
    let is_alone = held_out.iter().all(|prompt| prompt.suite == first);
    (!is_alone).then_some(first)
}

/// What sums of shares may be off by; a gain must be more.
const ROUNDING: f64 = 1e-9;
/// A fall by less than this is no fall: one sample more or less on few prompts.
const SLACK: f64 = 0.02;
/// A fall that chance alone gives more rarely than this.
const CHANCE: f64 = 0.2;
/// A mean length that moved by more than this share.
const LENGTH: f64 = 0.25;
/// The share that ought to end by themselves, of the answers that do so or reach the limit.
const ENDED: f64 = 0.99;
/// What is left of the learning rate after a fall.
pub(super) const AFTER_A_FALL: f64 = 0.5;

/// What the held-out prompts say of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Better than the best so far, of which the base is the first.
    Best,
    /// Exactly as good as an earlier cycle: the later one, which has learnt more of what is trained on, takes its place.
    /// It counts as no gain.
    Level,
    /// Hardly worse, or no better than the base: the best stays.
    Equal,
    /// Worse: the next cycle starts from the best one, at half the learning rate.
    Fallen,
}

/// Holds the held-out measures of a cycle against those of the best cycle so far (0 is the base), over the prompts that
/// both have. Few prompts fall by chance: it is a fall when signs flipped at random would hardly give it, and of variety
/// when more than a prompt was lost.
pub(super) fn look(now: &Measures, (best_cycle, best): (u32, &Measures)) -> Look {
    let Some(change) = now.change_from(best, 0) else {
        return Look::Equal;
    };
    let gain = change.difference.value;
    let has_fallen = gain < -SLACK && change.p < CHANCE;
    if has_fallen || narrower(now, best).is_some() {
        return Look::Fallen;
    }
    match gain {
        gain if gain > ROUNDING => Look::Best,
        gain if gain >= -ROUNDING && best_cycle > 0 => Look::Level,
        _ => Look::Equal,
    }
}

/// pass@k, where fewer prompts are solved by any of k samples.
fn narrower(now: &Measures, before: &Measures) -> Option<Variety> {
    let variety = now.variety_from(before)?;
    let more_than_a_prompt = 1.5 / variety.prompts as f64;
    (variety.now - variety.before < -SLACK.max(more_than_a_prompt)).then_some(variety)
}

/// What has to be said of a change in the answers themselves.
pub(super) fn doubts(now: &Measures, baseline: &Measures) -> Vec<String> {
    let mut doubts = Vec::new();
    let shift = now.mean_tokens / baseline.mean_tokens.max(1.0) - 1.0;
    if shift.abs() > LENGTH {
        doubts.push(format!(
            "answers to held-out prompts have {:.0} tokens on average, {:.0} before training",
            now.mean_tokens, baseline.mean_tokens
        ));
    }
    // Where all answers were cut at the judged block nothing is known of their ends.
    if let (Some(ended), Some(before)) = (now.ended_share, baseline.ended_share)
        && ended < ENDED
        && ended < before
    {
        doubts.push(format!(
            "of {} answers to held-out prompts that ended by themselves or at the limit only {:.1} % did the former, before training {:.1} % of {}",
            now.ended_of,
            100.0 * ended,
            100.0 * before,
            baseline.ended_of
        ));
    }
    if let Some(fallen) = narrower(now, baseline) {
        doubts.push(format!(
            "pass@{} of held-out prompts fell from {:.1} to {:.1} %: answers have become alike",
            fallen.k,
            100.0 * fallen.before,
            100.0 * fallen.now
        ));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::{prompt, sample};
    use ledger::record::{Finish, Stage};

    #[test]
    fn a_held_out_prompt_is_found_in_other_white_space_case_and_nearly_the_same_words() {
        let long = "Write a program that reads nothing and prints the sum of all whole numbers from one to one hundred on a line of its own";
        let held = [prompt("h1", "Print  HELLO\n"), prompt("h2", long)];
        let asked = [
            prompt("a", "print hello"),
            prompt("b", "print hello twice"),
            prompt("c", &format!("{long} please")),
            prompt(
                "d",
                "Write a program that reads a number and prints its square on a line of its own",
            ),
        ];
        let found = leaks(&asked, &held);
        let found: Vec<(usize, &str, bool)> = found
            .iter()
            .map(|leak| (leak.prompt, leak.held_out.as_str(), leak.is_exact))
            .collect();
        assert_eq!(found, [(0, "made-up/h1", true), (2, "made-up/h2", false)]);
        assert!(leaks(&asked, &[]).is_empty() && leaks(&[], &held).is_empty());
    }

    fn measures(passes: &[&[bool]], tokens: u32, finish: Finish) -> Measures {
        let mut all = Vec::new();
        for (p, attempts) in passes.iter().enumerate() {
            for (i, passes) in attempts.iter().enumerate() {
                let stage = if *passes { Stage::Right } else { Stage::Runs };
                let mut one = sample(&format!("p{p}"), i as u32, stage);
                (one.tokens, one.finish) = (tokens, finish);
                all.push(one);
            }
        }
        Measures::of(&all, 1).unwrap()
    }

    #[test]
    fn a_gain_is_the_best_and_a_gain_bought_with_variety_is_a_fall() {
        let of = |per_prompt: [[bool; 2]; 8]| {
            let all: Vec<&[bool]> = per_prompt.iter().map(|two| two.as_slice()).collect();
            measures(&all, 20, Finish::EndOfText)
        };
        let before = of([[true, false]; 8]);
        let better = of([[true, true]; 8]);
        let mut two_of_all = [[true, true]; 8];
        two_of_all[..2].fill([false, false]);
        let narrow = of(two_of_all);
        assert!(narrow.pass_at_1.value > before.pass_at_1.value);
        assert_eq!(look(&better, (1, &before)), Look::Best);
        assert_eq!(look(&before, (1, &better)), Look::Fallen);
        assert_eq!(look(&narrow, (1, &before)), Look::Fallen);
        assert!(doubts(&narrow, &before)[0].contains("pass@2"));
    }

    #[test]
    fn what_is_as_good_as_the_base_is_no_better_and_of_two_such_cycles_the_later_is_taken() {
        let solved = |n: [usize; 3]| {
            let attempts: Vec<[bool; 5]> =
                n.map(|n| std::array::from_fn(|attempt| attempt < n)).into();
            let all: Vec<&[bool]> = attempts.iter().map(<[bool; 5]>::as_slice).collect();
            measures(&all, 20, Finish::EndOfText)
        };
        let none = solved([0, 0, 0]);
        assert_eq!(look(&none, (0, &none)), Look::Equal);
        assert_eq!(look(&none, (1, &none)), Look::Level);
        assert_eq!(look(&solved([1, 0, 0]), (0, &none)), Look::Best);
        // As many in all; a fifth and two fifths make a little more than three fifths.
        let (one, other) = (solved([1, 2, 0]), solved([0, 0, 3]));
        assert_eq!(look(&one, (0, &other)), Look::Equal);
        assert_eq!(look(&one, (2, &other)), Look::Level);
    }

    #[test]
    fn samples_that_could_not_be_judged_are_no_fall_and_no_gain() {
        let all = |unscored: &dyn Fn(usize, u32) -> bool| {
            let of_prompt = |p: usize| (0..8).map(move |i| (p, i));
            let samples = (0..12).flat_map(of_prompt).map(|(p, i)| {
                let is_right = i == 0 && p < 6;
                let stage = if is_right { Stage::Right } else { Stage::Runs };
                let mut one = sample(&format!("p{p}"), i, stage);
                if unscored(p, i) {
                    (one.stage, one.passes) = (None, false);
                }
                one
            });
            Measures::of(&samples.collect::<Vec<_>>(), 1).unwrap()
        };
        let whole = all(&|_, _| false);
        // Of one prompt that nobody solves two samples are left: at that k half of the others look unsolved.
        let short = all(&|p, i| p == 11 && i > 1);
        assert!(short.pass_at_k.value < whole.pass_at_k.value - 0.3);
        assert_eq!(look(&short, (0, &whole)), Look::Equal);
        assert!(doubts(&short, &whole).is_empty());
        // Without the hard prompts the rest looks better than all did.
        let easy = all(&|p, _| p > 8);
        assert!(easy.pass_at_1.value > whole.pass_at_1.value);
        assert_eq!(look(&easy, (0, &whole)), Look::Equal);
    }

    #[test]
    fn the_first_of_several_suites_chooses() {
        let mut held_out = vec![prompt("a", "a"), prompt("b", "b")];
        assert_eq!((chooser(&held_out), chooser(&[])), (None, None));
        held_out[1].suite = "other".into();
        assert_eq!(chooser(&held_out), Some("made-up"));
    }

    #[test]
    fn a_fall_that_chance_may_have_given_is_none() {
        let before = [[true, false]; 8];
        let mut worse = before;
        worse[0] = [false, false];
        let of = |per_prompt: &[[bool; 2]; 8]| {
            let all: Vec<&[bool]> = per_prompt.iter().map(|two| two.as_slice()).collect();
            measures(&all, 20, Finish::EndOfText)
        };
        assert_eq!(look(&of(&worse), (1, &of(&before))), Look::Equal);
        assert!(doubts(&of(&worse), &of(&before)).is_empty());
    }

    #[test]
    fn texts_that_grow_or_do_not_end_are_said_aloud() {
        let before = measures(&[&[true, false]], 20, Finish::EndOfText);
        assert!(doubts(&before, &before).is_empty());
        let long = measures(&[&[true, false]], 26, Finish::Length);
        let said = doubts(&long, &before);
        assert!(
            said[0].contains("26 tokens") && said[1].contains("0.0 %"),
            "{said:?}"
        );
    }
}
