//! The leak guard: which texts to train on hold what a model will be measured with.
//!
//! Four kinds are told apart. *Equal*: the same words, whatever their case, the white space between
//! them and the full stops and quotation marks around them. *Contained*: the held-out text stands whole in a
//! longer one, as a prompt does in a conversation. *Near*: of all runs of five words that either has, at least
//! four in five are in both. *Reworded*: the same but for words of asking, which finds short
//! texts, whose runs one changed word breaks. A task with other numbers, names or strings is neither near nor
//! reworded, unless it is so long that they hardly count.
//!
//! Checked on what there is: among 1,200 problems of all families (seed 9), and between 1,000 (seed 3) and the
//! bundled suites, no pair is found, as it should be. Among MBPP's 374 training prompts there are five pairs, each twice
//! the same task: one reworded, two contained, two contained one way and near the other.
//!
//! Pure, and but for a comparison of words linear in what the texts share. Meaning is not looked at: a task in
//! quite other words is not found, nor one of short length in which a word that is not one of asking was changed.

mod wording;

use std::collections::{HashMap, HashSet};

use wording::{Core, bare};

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
    /// The same but for words that only ask for it.
    Reworded,
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

/// A text without case and with single blanks, where its words begin and end, how many runs it has, and what it asks for.
struct Text {
    text: String,
    words: Vec<(usize, usize)>,
    n_runs: usize,
    core: Core,
}

impl Text {
    fn of(text: &str) -> Text {
        let mut plain = Text {
            text: String::new(),
            words: Vec::new(),
            n_runs: 0,
            core: Core::of(std::iter::empty()),
        };
        for word in text.split_whitespace() {
            if !plain.text.is_empty() {
                plain.text.push(' ');
            }
            let begin = plain.text.len();
            plain.text.push_str(&bare(word).to_lowercase());
            plain.words.push((begin, plain.text.len()));
        }
        plain.n_runs = plain.runs().len();
        plain.core = Core::of(plain.text.split(' '));
        plain
    }

    /// The different runs of five words; a shorter text is a run by itself, an empty one has none.
    fn runs(&self) -> HashSet<&str> {
        let run = |words: &[(usize, usize)]| &self.text[words[0].0..words[words.len() - 1].1];
        let n = RUN.min(self.words.len()).max(1);
        self.words.windows(n).map(run).collect()
    }

    fn likeness(&self, held_out: &Text, n_common: usize) -> Option<Likeness> {
        let by_runs = self.likeness_of_runs(held_out, n_common);
        by_runs.or_else(|| {
            let is_same = self.core.is_same(&held_out.core);
            is_same.then_some(Likeness::Reworded)
        })
    }

    fn likeness_of_runs(&self, held_out: &Text, n_common: usize) -> Option<Likeness> {
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
    fn words_of_asking_and_full_stops_make_no_other_task() {
        let find = "Write a function to find the shared elements of two lists";
        let turned = GCD.replace("computes", "calculates");
        let turned = turned.replace("Print the", "Show the");
        for (training, held_out, found) in [
            ("Reverse a string", "Reverse a string.", Likeness::Equal),
            ("Say \"hello\".", "say hello", Likeness::Equal),
            (
                find,
                "Write a Python function that computes the shared elements of two lists.",
                Likeness::Reworded,
            ),
            (turned.as_str(), GCD, Likeness::Reworded),
        ] {
            assert_eq!(likeness(training, held_out), Some(found), "{training}");
        }
    }

    #[test]
    fn other_constants_other_languages_and_other_aims_are_other_tasks() {
        for (training, held_out) in [
            (
                "Print the string level backwards.",
                "Print the string radar backwards.",
            ),
            ("Print the sum of 5 and 3.", "Print the sum of 5 and 4."),
            (
                "Find the smallest of three numbers",
                "Find the largest of three numbers",
            ),
            (
                "Write a Rust program that reverses the text ab.",
                "Write a C++ program that reverses the text ab.",
            ),
            ("Print Hello, Mars!", "Print Hello, Mars!!"),
            ("Write a function", "Write a program"),
        ] {
            assert_eq!(likeness(training, held_out), None, "{training}");
        }
        let brackets = ["are these balanced: ([)]", "are these balanced: ([])"];
        assert_eq!(likeness(brackets[0], brackets[1]), None);
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
