//! A text of keys and values that fills a context, and questions about it.
//!
//! `amber-otter = 4821`, line after line. Keys are pairs of words, values four digits, all of them different and
//! drawn from the run's seed; the lines of a longer text begin with those of a shorter one. The question is the
//! beginning of one more line, `amber-otter =`, so that a model that was never taught to chat can go on, and a
//! model that was is not asked to.

use engine::{Special, Token, Tokenizer, seed};

use crate::Error;
use crate::desk::Subject;
use crate::passages;
use crate::plan::{ContextPlan, RecallPlan};

/// First halves of keys.
const FIRST: &str = "amber ancient blue brave bright calm clever cold copper crimson distant early eager empty \
    faint fast gentle golden green grey happy hidden hollow iron ivory jolly keen large lazy little loud lucky \
    mellow misty modern narrow noble northern old orange pale plain proud purple quick quiet rapid red rough \
    round rusty sandy sharp silent silver simple small smooth soft solid southern steady still stone strong sunny \
    sweet tall tiny velvet violet warm white wide wild winter wise wooden yellow young";

/// Second halves of keys.
const SECOND: &str = "anchor arrow badger barrel basket beacon bell bridge bucket button cabin candle canyon castle \
    cedar circle cloud comet copper corner cottage crane crow desert dolphin dragon eagle engine falcon feather \
    field finch forest fountain fox garden gate glacier hammer harbor hawk hill horse island jacket kettle ladder \
    lake lantern lion maple marble meadow mirror moon mountain needle ocean orchard otter owl paper pebble pencil \
    pepper piano planet pocket pond raven ribbon river rocket saddle sail shadow ship spider spoon star stone \
    table temple tiger tower train valley wagon walnut whale window wolf";

/// Tokens that are left free behind the text for a question and its answer.
const ROOM: usize = 48;

/// Fewest lines that can be asked about: the value of each question has its rivals among the others.
fn fewest(plan: &RecallPlan) -> usize {
    (plan.places.len() * plan.keys).max(plan.rivals + 1)
}

/// All keys and values, in the order of the text.
pub(super) struct Lines(Vec<(String, String)>);

/// A text with questions about it.
pub(super) struct Haystack {
    /// The text.
    pub(super) tokens: Vec<Token>,
    /// SHA-256 of the text, lower-case hex.
    pub(super) sha256: String,
    pub(super) needles: Vec<Needle>,
    /// Its last line.
    last: String,
    #[cfg(test)]
    text: String,
}

/// A key that is asked for.
pub(super) struct Needle {
    /// Where it stands, in percent of the lines.
    pub(super) place: usize,
    pub(super) key: String,
    pub(super) value: String,
    /// Values of other keys.
    pub(super) rivals: Vec<String>,
}

/// A number below `n` that depends on the seed and on what it is for.
fn draw(seed: u64, what: &str, n: usize) -> usize {
    (seed::derive(seed, &[what], 0) % n.max(1) as u64) as usize
}

impl Lines {
    pub(super) fn of(seed: u64) -> Lines {
        let second: Vec<&str> = SECOND.split_whitespace().collect();
        let pairs = FIRST
            .split_whitespace()
            .flat_map(|first| second.iter().map(move |second| format!("{first}-{second}")));
        let values = (1000..10_000).map(|value: u32| value.to_string());
        let keys = shuffled(pairs.collect(), seed, "key");
        let values = shuffled(values.collect(), seed, "value");
        Lines(keys.into_iter().zip(values).collect())
    }

    /// The longest text of whole lines for a context of so many tokens, and its questions. `None` if that is too
    /// short for the questions.
    pub(super) fn fill(
        &self,
        tokenizer: &dyn Tokenizer,
        length: usize,
        (plan, seed): (&RecallPlan, u64),
    ) -> Option<Haystack> {
        let room = length.checked_sub(ROOM)?;
        let tokens = |n: usize| encode(tokenizer, &self.text(n));
        let fits = |n: usize| tokens(n).len() <= room;
        let (mut least, mut most) = (0, self.0.len().min(length));
        while least < most {
            let middle = (least + most).div_ceil(2);
            match fits(middle) {
                true => least = middle,
                false => most = middle - 1,
            }
        }
        let text = self.text(least);
        (least >= fewest(plan)).then(|| Haystack {
            tokens: tokens(least),
            sha256: passages::hash(text.as_bytes()),
            needles: self.needles(least, plan, seed),
            last: text.lines().next_back().unwrap_or_default().to_owned() + "\n",
            #[cfg(test)]
            text,
        })
    }

    fn text(&self, n: usize) -> String {
        let lines = self.0[..n].iter();
        lines
            .map(|(key, value)| format!("{key} = {value}\n"))
            .collect()
    }

    /// Keys nearest to each place, none of them twice.
    fn needles(&self, n: usize, plan: &RecallPlan, seed: u64) -> Vec<Needle> {
        let mut asked: Vec<usize> = Vec::new();
        let mut needles = Vec::new();
        for place in &plan.places {
            let centre = (n - 1) * (*place).min(100) / 100;
            for _ in 0..plan.keys {
                let free = (0..n).filter(|line| !asked.contains(line));
                let line = free.min_by_key(|line| line.abs_diff(centre)).unwrap_or(0);
                asked.push(line);
                let (key, value) = self.0[line].clone();
                needles.push(Needle {
                    place: *place,
                    rivals: self.rivals(n, line, plan.rivals, seed),
                    key,
                    value,
                });
            }
        }
        needles
    }

    /// Values of other lines, drawn for this key.
    fn rivals(&self, n: usize, line: usize, wanted: usize, seed: u64) -> Vec<String> {
        let mut lines: Vec<usize> = Vec::new();
        for attempt in 0.. {
            if lines.len() == wanted.min(n - 1) {
                break;
            }
            let what = format!("rival {} {attempt}", self.0[line].0);
            let rival = draw(seed, &what, n);
            if rival != line && !lines.contains(&rival) {
                lines.push(rival);
            }
        }
        lines
            .into_iter()
            .map(|line| self.0[line].1.clone())
            .collect()
    }
}

/// By a number drawn for each.
fn shuffled(words: Vec<String>, seed: u64, what: &str) -> Vec<String> {
    let mut words = words;
    words.sort_by_cached_key(|word| draw(seed, &format!("{what} {word}"), usize::MAX));
    words
}

impl Haystack {
    /// The tokens that a line has behind the text.
    pub(super) fn behind(&self, tokenizer: &dyn Tokenizer, line: &str) -> Vec<Token> {
        let encode = |text: &str| tokenizer.encode(text, Special::Plain);
        let n_before = encode(&self.last).len();
        encode(&format!("{}{line}", self.last)).split_off(n_before)
    }
}

impl Needle {
    /// The beginning of a line. The space before the value belongs to the answer, as tokenizers have it.
    pub(super) fn question(&self) -> String {
        format!("{} =", self.key)
    }

    /// The line with a value.
    pub(super) fn answered(&self, value: &str) -> String {
        format!("{} {value}", self.question())
    }
}

fn encode(tokenizer: &dyn Tokenizer, text: &str) -> Vec<Token> {
    let start = tokenizer.start().into_iter();
    start
        .chain(tokenizer.encode(text, Special::Plain))
        .collect()
}

/// Refuses lengths that are too short for the questions, and those that all lines together do not fill.
pub(super) fn check(subject: &Subject<'_>, plan: &ContextPlan) -> Result<(), Error> {
    let Some(recall) = &plan.recall else {
        return Ok(());
    };
    let lengths = plan.lengths(subject.model.card());
    let (Some(shortest), Some(longest)) = (lengths.first(), lengths.last()) else {
        return Ok(());
    };
    // Which seed does not matter: all lines are about as long.
    let (lines, tokenizer) = (Lines::of(0), subject.model.tokenizer());
    let refused = |why: String| {
        let name = &subject.name;
        Err(Error::Plan(format!(
            "{why} with {name}; ask for other --contexts, or add --no-recall"
        )))
    };
    if lines.fill(tokenizer, *shortest, (recall, 0)).is_none() {
        let n = fewest(recall);
        return refused(format!(
            "{shortest} tokens of context are too few for the {n} lines that questions need"
        ));
    }
    let most = encode(tokenizer, &lines.text(lines.0.len())).len();
    if most + ROOM < *longest {
        return refused(format!(
            "all keys together make a text of {most} tokens, which does not fill {longest}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::toy::Bytes;

    fn plan() -> RecallPlan {
        ContextPlan::usual().recall.unwrap()
    }

    fn filled(length: usize, seed: u64) -> Option<Haystack> {
        Lines::of(seed).fill(&Bytes, length, (&plan(), seed))
    }

    #[test]
    fn keys_and_values_are_all_different_and_enough_for_the_longest_context() {
        let lines = Lines::of(1).0;
        assert!(lines.len() > 7000, "{}", lines.len());
        let (keys, values): (Vec<String>, Vec<String>) = lines.iter().cloned().unzip();
        for mut all in [keys, values] {
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), lines.len());
        }
        assert!(lines.iter().all(|(_, value)| value.len() == 4));
    }

    #[test]
    fn a_text_fills_its_context_and_leaves_room_for_an_answer() {
        let line = "southern-mountain = 1234\n".len();
        for length in [700, 2048, 5000] {
            let found = filled(length, 3).unwrap();
            let n = found.tokens.len();
            assert!(
                n + ROOM <= length && n + ROOM + line > length,
                "{n} of {length}"
            );
            for needle in &found.needles {
                let answered = found.behind(&Bytes, &needle.answered(&needle.value));
                assert!(n + answered.len() < length);
                assert!(answered.starts_with(&found.behind(&Bytes, &needle.question())));
            }
        }
        assert!(filled(400, 3).is_none(), "20 questions need 20 lines");
        assert!(filled(10, 3).is_none());
    }

    #[test]
    fn lengths_that_cannot_be_asked_about_are_refused_both_ways() {
        let toy = engine::toy::Toy::new(1);
        let subject = Subject {
            name: "toy".into(),
            model: &toy,
            chat: None,
            now: None,
            load_ns: 0,
        };
        let said = |contexts: &[usize]| {
            let plan = ContextPlan {
                contexts: contexts.to_vec(),
                ..ContextPlan::usual()
            };
            check(&subject, &plan).map_err(|error| error.to_string())
        };
        assert!(said(&[400, 5000]).unwrap_err().contains("400 tokens"));
        assert!(
            said(&[5000, 500_000])
                .unwrap_err()
                .contains("does not fill 500000")
        );
        assert_eq!(said(&[5000, 100_000]), Ok(()));
    }

    #[test]
    fn the_same_seed_gives_the_same_text_and_a_longer_one_begins_with_it() {
        let (short, long) = (filled(1000, 3).unwrap(), filled(3000, 3).unwrap());
        assert_eq!(short.sha256, filled(1000, 3).unwrap().sha256);
        assert!(long.text.starts_with(&short.text));
        assert_ne!(filled(1000, 4).unwrap().text[..40], short.text[..40]);
    }

    #[test]
    fn questions_stand_where_the_plan_wants_them_and_each_is_in_the_text() {
        let found = filled(5000, 3).unwrap();
        let lines: Vec<&str> = found.text.lines().collect();
        assert_eq!(found.needles.len(), 20);
        let mut keys: Vec<&str> = found.needles.iter().map(|n| n.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 20, "none is asked twice");
        for needle in &found.needles {
            let wanted = format!("{} {}", needle.question(), needle.value);
            let at = lines.iter().position(|line| *line == wanted).unwrap();
            let place = 100 * at / (lines.len() - 1);
            assert!(
                place.abs_diff(needle.place) <= 3,
                "{place} for {}",
                needle.place
            );
            assert_eq!(needle.rivals.len(), 9);
            assert!(!needle.rivals.contains(&needle.value));
            for rival in &needle.rivals {
                assert!(
                    lines
                        .iter()
                        .any(|line| line.ends_with(&format!("= {rival}")))
                );
            }
        }
    }
}
