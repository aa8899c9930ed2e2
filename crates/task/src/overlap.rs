//! The leak guard: which texts to train on hold what a model will be measured with.
//!
//! Three kinds are told apart. *Equal*: the same words, whatever their case and the white space between
//! them. *Contained*: the held-out text stands whole in a longer one, as a prompt does in a conversation.
//! *Near*: of all runs of five words that either has, at least four in five are in both. A task with other
//! numbers is not near, unless it is so long that the numbers hardly count.
//!
//! Pure, and linear in what the texts share. Meaning is not looked at: a task in quite other words is not
//! found.

use std::collections::{HashMap, HashSet};

/// Words of one run.
const RUN: usize = 5;

/// From this share of common runs on, two texts are near.
pub const NEAR: f64 = 0.8;

/// A text to train on that gives away a held-out one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Its place among the texts to train on.
    pub training: usize,
    /// The held-out one's place.
    pub held_out: usize,
    /// How alike they are.
    pub likeness: Likeness,
}

/// How alike two texts are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likeness {
    /// The same words.
    Equal,
    /// The held-out text stands whole in the other.
    Contained,
    /// This share of the runs of five words is common to both (Jaccard's index).
    Near(f64),
}

/// Every pair of a text to train on and a held-out one that are too alike, in the order of the former.
pub fn find<T: AsRef<str>, H: AsRef<str>>(training: &[T], held_out: &[H]) -> Vec<Overlap> {
    let mut guard = Guard::default();
    for text in held_out {
        guard.add(text.as_ref());
    }
    let pairs = |(training, text): (usize, &T)| {
        let found = guard.find(text.as_ref()).into_iter();
        found.map(move |(held_out, likeness)| Overlap {
            training,
            held_out,
            likeness,
        })
    };
    training.iter().enumerate().flat_map(pairs).collect()
}

/// Held-out texts, and where each of their runs stands.
#[derive(Default)]
pub(crate) struct Guard {
    held_out: Vec<Text>,
    places: HashMap<String, Vec<usize>>,
}

impl Guard {
    /// Holds one more text out.
    pub(crate) fn add(&mut self, text: &str) {
        let text = Text::of(text);
        for run in text.runs() {
            let places = self.places.entry(run.to_owned()).or_default();
            places.push(self.held_out.len());
        }
        self.held_out.push(text);
    }

    /// The held-out texts that this one gives away.
    pub(crate) fn find(&self, text: &str) -> Vec<(usize, Likeness)> {
        let text = Text::of(text);
        let mut common = vec![0; self.held_out.len()];
        for run in text.runs() {
            for &place in self.places.get(run).into_iter().flatten() {
                common[place] += 1;
            }
        }
        let found = common.iter().enumerate().filter_map(|(place, &n_common)| {
            let likeness = text.likeness(&self.held_out[place], n_common)?;
            Some((place, likeness))
        });
        found.collect()
    }
}

/// A text without case and with single blanks, where its words begin and end, and how many runs it has.
struct Text {
    text: String,
    words: Vec<(usize, usize)>,
    n_runs: usize,
}

impl Text {
    fn of(text: &str) -> Text {
        let mut plain = Text {
            text: String::new(),
            words: Vec::new(),
            n_runs: 0,
        };
        for word in text.split_whitespace() {
            if !plain.text.is_empty() {
                plain.text.push(' ');
            }
            let begin = plain.text.len();
            plain.text.push_str(&word.to_lowercase());
            plain.words.push((begin, plain.text.len()));
        }
        plain.n_runs = plain.runs().len();
        plain
    }

    /// The different runs of five words; a shorter text is a run by itself, an empty one has none.
    fn runs(&self) -> HashSet<&str> {
        let run = |words: &[(usize, usize)]| &self.text[words[0].0..words[words.len() - 1].1];
        let n = RUN.min(self.words.len()).max(1);
        self.words.windows(n).map(run).collect()
    }

    fn likeness(&self, held_out: &Text, n_common: usize) -> Option<Likeness> {
        if n_common == 0 {
            return None;
        }
        if self.text == held_out.text {
            return Some(Likeness::Equal);
        }
        let (ours, theirs) = (self.n_runs, held_out.n_runs);
        if n_common == theirs && self.holds(&held_out.text) {
            return Some(Likeness::Contained);
        }
        let share = n_common as f64 / (ours + theirs - n_common) as f64;
        (share >= NEAR).then_some(Likeness::Near(share))
    }

    /// Whether the other text stands in this one and ends where words end.
    fn holds(&self, other: &str) -> bool {
        format!(" {} ", self.text).contains(&format!(" {other} "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GCD: &str = "Write a C++ program with a function that computes the greatest common divisor of two \
        whole numbers. Print the greatest common divisor of 48 and 18. The program reads no input and \
        prints nothing else.";

    fn likeness(training: &str, held_out: &str) -> Option<Likeness> {
        let found = find(&[training], &[held_out]);
        assert!(found.len() <= 1);
        found.first().map(|overlap| overlap.likeness)
    }

    #[test]
    fn case_and_white_space_hide_nothing() {
        let shouted = GCD.to_uppercase().replace(' ', "\n\t ");
        assert_eq!(likeness(&shouted, GCD), Some(Likeness::Equal));
        assert_eq!(likeness("Add.", " add. "), Some(Likeness::Equal));
    }

    #[test]
    fn a_prompt_inside_a_conversation_is_found() {
        let chat = format!("You write programs. User: {GCD} Assistant: int main() {{}}");
        assert_eq!(likeness(&chat, GCD), Some(Likeness::Contained));
        assert_eq!(likeness(GCD, &chat), None, "the other way round is no leak");
        assert_eq!(likeness("one two", "two"), None, "too short to say");
    }

    #[test]
    fn a_changed_word_is_near_and_other_numbers_are_another_task() {
        let turned = GCD.replace("Write a", "Please write me a");
        let Some(Likeness::Near(share)) = likeness(&turned, GCD) else {
            panic!("not near");
        };
        // 34 words are 30 runs; of the new text's 32 the first 4 are its own, and 1 of the old one's is lost.
        assert!((share - 29.0 / 33.0).abs() < 0.02, "{share}");
        let other = GCD.replace("48 and 18", "91 and 35");
        assert_eq!(likeness(&other, GCD), None);
    }

    #[test]
    fn every_pair_is_told_with_its_places() {
        let found = find(&["a b", "c d", "a b"], &["x", "C D", "A B"]);
        let pairs: Vec<_> = found.iter().map(|o| (o.training, o.held_out)).collect();
        assert_eq!(pairs, [(0, 2), (1, 1), (2, 2)]);
    }

    #[test]
    fn empty_texts_are_like_nothing() {
        assert_eq!(find(&["", " \n"], &["", "a"]), []);
        assert_eq!(find::<&str, &str>(&[], &[]), []);
    }
}
