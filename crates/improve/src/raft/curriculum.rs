//! Which prompts a cycle samples, and in which order.
//!
//! The names and numbers are halo-forge's: how hard a prompt looks is 0.3 for its length, 0.4 for words that
//! point to hard subjects, 0.3 for how much it pins down. That is a guess from the outside; `historical` takes
//! what was seen instead.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Prompt;

/// A rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curriculum {
    /// All, in the order of the files.
    #[default]
    None,
    /// All, those that look easy first.
    Complexity,
    /// The easiest fifth, and a further fifth in each cycle.
    Progressive,
    /// The easier half, then a window that moves with success.
    Adaptive,
    /// All, those first whose samples passed most often before.
    Historical,
}

/// The share of samples of a prompt that passed, by [`Prompt::key`].
pub type History = BTreeMap<String, f64>;

/// What a cycle may know of the ones before it.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// How often prompts passed when they were last sampled, here or in an earlier run.
    pub history: &'a History,
    /// The share of all samples that passed, cycle by cycle.
    pub passed: &'a [f64],
}

/// Words of hard subjects, with the points that each is worth.
const SUBJECTS: [(&str, u32); 18] = [
    ("recursive", 3),
    ("recursion", 3),
    ("dynamic", 4),
    ("graph", 4),
    ("tree", 3),
    ("linked", 3),
    ("pointer", 2),
    ("template", 3),
    ("thread", 4),
    ("concurrent", 4),
    ("optimal", 3),
    ("shortest", 3),
    ("permutation", 3),
    ("binary", 2),
    ("sort", 2),
    ("matrix", 2),
    ("prime", 1),
    ("string", 1),
];

const MANY_POINTS: f64 = 15.0;
const LONG: f64 = 500.0;
/// Numbers, quotations and examples with which a prompt is as specific as it gets.
const MANY_SPECIFICS: f64 = 10.0;
const FIFTHS: usize = 5;
const WINDOW: f64 = 0.3;
const MOVE: f64 = 0.15;

/// How hard a prompt looks, between 0 and 1.
pub fn complexity(text: &str) -> f64 {
    let lower = text.to_lowercase();
    let points: u32 = SUBJECTS
        .iter()
        .filter(|(word, _)| lower.contains(word))
        .map(|(_, points)| points)
        .sum();
    let words = lower.split_whitespace();
    let is_specific = |word: &&str| {
        word.contains(|c: char| c.is_ascii_digit())
            || word.contains(['"', '`'])
            || *word == "example"
    };
    let specifics = words.filter(is_specific).count();
    0.3 * (text.len() as f64 / LONG).min(1.0)
        + 0.4 * (f64::from(points) / MANY_POINTS).min(1.0)
        + 0.3 * (specifics as f64 / MANY_SPECIFICS).min(1.0)
}

impl Curriculum {
    /// The prompts of a cycle, counted from 1, as places in `prompts`. Never none where there are some.
    pub fn choose(self, prompts: &[Prompt], cycle: u32, past: Past<'_>) -> Vec<usize> {
        let n = prompts.len();
        let easy_first = || ranked(n, |i| complexity(&prompts[i].text));
        match self {
            Curriculum::None => (0..n).collect(),
            Curriculum::Complexity => easy_first(),
            Curriculum::Progressive => {
                let wanted = (n * cycle as usize).div_ceil(FIFTHS).min(n);
                easy_first().into_iter().take(wanted).collect()
            }
            Curriculum::Adaptive => {
                let (from, to) = window(past.passed);
                let inside = |(rank, _): &(usize, usize)| {
                    let place = (*rank as f64 + 0.5) / n as f64;
                    (from..=to).contains(&place)
                };
                let chosen = easy_first().into_iter().enumerate().filter(inside);
                let chosen: Vec<usize> = chosen.map(|(_, i)| i).collect();
                // A window may fall between two of very few prompts.
                if chosen.is_empty() {
                    easy_first()
                } else {
                    chosen
                }
            }
            Curriculum::Historical => ranked(n, |i| {
                -past.history.get(&prompts[i].key()).copied().unwrap_or(0.5)
            }),
        }
    }
}

/// Places in the order of a number, equal ones in the order of the file.
fn ranked(n: usize, of: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| of(*a).total_cmp(&of(*b)));
    order
}

/// The window of an adaptive cycle: the easier half at first, then around a difficulty that rises when most
/// samples passed and falls when few did.
fn window(passed: &[f64]) -> (f64, f64) {
    if passed.is_empty() {
        return (0.0, 0.5);
    }
    let difficulty = passed.iter().fold(0.5_f64, |difficulty, share| {
        let step = match *share {
            share if share > 0.7 => MOVE,
            share if share < 0.2 => -MOVE,
            _ => 0.0,
        };
        (difficulty + step).clamp(0.0, 1.0)
    });
    (difficulty - WINDOW, difficulty + WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::prompt;

    const RULES: [Curriculum; 5] = [
        Curriculum::None,
        Curriculum::Complexity,
        Curriculum::Progressive,
        Curriculum::Adaptive,
        Curriculum::Historical,
    ];

    fn prompts(n: usize) -> Vec<Prompt> {
        // The later ones are easier.
        let text = |i: usize| "sort the binary tree 1 ".repeat(n - i);
        (0..n)
            .map(|i| prompt(&format!("p{i:02}"), &text(i)))
            .collect()
    }

    fn choose(rule: Curriculum, n: usize, cycle: u32, passed: &[f64]) -> Vec<usize> {
        let history = History::new();
        let past = Past {
            history: &history,
            passed,
        };
        rule.choose(&prompts(n), cycle, past)
    }

    #[test]
    fn every_rule_chooses_something_once_and_nothing_else() {
        for rule in RULES {
            for n in 1..24 {
                for passed in [&[][..], &[0.9, 0.9, 0.9, 0.9, 0.9], &[0.0, 0.0, 0.0, 0.0]] {
                    let chosen = choose(rule, n, passed.len() as u32 + 1, passed);
                    let mut once = chosen.clone();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), chosen.len(), "{rule:?} {n}");
                    assert!(
                        !chosen.is_empty() && once.iter().all(|i| *i < n),
                        "{rule:?} {n}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_easy_ones_come_first_and_a_fifth_more_with_each_cycle() {
        assert_eq!(choose(Curriculum::Complexity, 3, 1, &[]), [2, 1, 0]);
        let sizes: Vec<usize> = (1..=6)
            .map(|c| choose(Curriculum::Progressive, 10, c, &[]).len())
            .collect();
        assert_eq!(sizes, [2, 4, 6, 8, 10, 10]);
    }

    #[test]
    fn the_window_starts_at_the_easier_half_and_moves_with_success() {
        let first = choose(Curriculum::Adaptive, 10, 1, &[]);
        assert_eq!(first, [9, 8, 7, 6, 5]);
        let hardest = |chosen: &[usize]| chosen.iter().copied().min();
        let after = |share| choose(Curriculum::Adaptive, 10, 2, &[share]);
        assert!(hardest(&after(0.9)) < hardest(&after(0.5)));
        assert!(hardest(&after(0.1)) > hardest(&after(0.5)));
    }

    #[test]
    fn history_puts_first_what_passed_most_often() {
        let prompts = prompts(3);
        let history = History::from([(prompts[1].key(), 0.9), (prompts[0].key(), 0.1)]);
        let past = Past {
            history: &history,
            passed: &[],
        };
        assert_eq!(Curriculum::Historical.choose(&prompts, 1, past), [1, 2, 0]);
    }
}
