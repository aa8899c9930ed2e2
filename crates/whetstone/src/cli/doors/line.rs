//! One line on its way through a door: its words so far, what could not be said, and what need not be.

use super::table::{Door, Flag, Says, Takes};
use super::turn::{Nearest, Refusal};

/// A word of a door that stands for "only flags follow, or nothing".
pub(super) const FLAGS_ONLY: &str = "-";
const HELP: [&str; 2] = ["--help", "-h"];

/// A line that is being turned into words of `whet`.
#[derive(Debug, Default)]
pub(super) struct Line {
    words: Vec<String>,
    /// Words that come after all others.
    last: Vec<String>,
    /// Why it cannot be carried out as it was typed.
    pub(super) refused: Vec<String>,
    /// What was left out because it is so anyway.
    void: Vec<String>,
    /// Another line altogether, which is the answer.
    instead: Option<Vec<String>>,
}

impl Door {
    /// How many words of a line are the name of this door; `None` if it is another line.
    pub(super) fn opens(&self, words: &[String]) -> Option<usize> {
        let mut n = 0;
        for pattern in self.words {
            let word = words.get(n).map(String::as_str);
            let fits = match pattern.strip_prefix('*') {
                Some(ending) => word.is_some_and(|word| word.ends_with(ending)),
                None if *pattern == FLAGS_ONLY => {
                    word.is_none_or(|word| word.starts_with('-') && !HELP.contains(&word))
                }
                None => word == Some(pattern),
            };
            if !fits {
                return None;
            }
            n += usize::from(word == Some(pattern));
        }
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&name(word)));
        let asks_for_help = self.why.is_some() && has(&HELP);
        let is_theirs = self.only_with.is_empty() || has(self.only_with);
        (is_theirs && !asks_for_help).then_some(n)
    }
}

impl Line {
    /// What follows a door's name, in words of `whet`.
    pub(super) fn of(door: &Door, rest: &[String]) -> Line {
        let mut line = Line {
            words: owned(door.here),
            ..Line::default()
        };
        // An answer is the same whatever else was typed.
        if door.why.is_some() {
            return line;
        }
        let given: Vec<&str> = rest.iter().map(|word| name(word)).collect();
        let mut at = 0;
        while let Some(word) = rest.get(at) {
            at += 1;
            let Some(flag) = door.flags.iter().find(|flag| flag.is(name(word))) else {
                line.words.push(word.clone());
                continue;
            };
            let values = match word.split_once('=') {
                Some((_, value)) => vec![value.to_owned()],
                None => flag.takes.of(&rest[at..]),
            };
            if !word.contains('=') {
                at += values.len();
            }
            line.take(flag, &values, &given);
        }
        let absent = |flag: &&Flag| !given.iter().any(|name| flag.is(name));
        for flag in door.flags.iter().filter(absent) {
            line.words.extend(owned(flag.absent));
        }
        line
    }

    fn take(&mut self, flag: &Flag, values: &[String], given: &[&str]) {
        match flag.says {
            Says::As(other) => {
                self.words.push(other.to_owned());
                self.words.extend_from_slice(values);
            }
            Says::Words(words) => self.words.extend(owned(words)),
            Says::Unless(other, words) if !given.contains(&other) => {
                self.words.extend(owned(words))
            }
            Says::Unless(..) => {}
            Says::Bare => self.words.extend_from_slice(values),
            Says::Last => self.last.extend_from_slice(values),
            Says::Void(why) => self.void.push(format!("{}: {why}", flag.first())),
            Says::Refused(why) => self.refused.push(format!("{}: {why}", flag.first())),
            Says::Line(words) => {
                self.refused
                    .push(format!("{} is a command of its own", flag.first()));
                self.instead = Some(owned(words));
            }
            Says::Each(turn) => values.iter().for_each(|value| self.turned(turn(value))),
        }
    }

    fn turned(&mut self, turned: Result<Vec<String>, Refusal>) {
        match turned {
            Ok(words) => self.words.extend(words),
            Err(Refusal { why, nearest }) => {
                self.refused.push(why);
                match nearest {
                    Nearest::Words(words) => self.words.extend(words),
                    Nearest::Line(words) => self.instead = Some(words),
                }
            }
        }
    }

    /// The line as clap is to read it.
    pub(super) fn words(&self) -> Vec<String> {
        match &self.instead {
            Some(words) => words.clone(),
            None => [&self.words[..], &self.last[..]].concat(),
        }
    }

    /// What to say before a line is carried out: how it was read, and what of it says nothing.
    pub(super) fn notes(&self, typed: &[String]) -> Vec<String> {
        let words = self.words();
        let read = (words != typed).then(|| format!("Read as: whet {}", spoken(&words)));
        read.into_iter().chain(self.void.iter().cloned()).collect()
    }

    /// Puts in the door's example of an argument that is missing; `false` if it has none.
    pub(super) fn fill(&mut self, door: &Door, missing: &str) -> bool {
        // What was kept for the end took the place of what stands before it.
        let is_before = !self.last.is_empty() && missing.starts_with('<');
        let known = door
            .missing
            .iter()
            .find(|(name, _)| is_before || missing.starts_with(name));
        let Some((name, example)) = known else {
            return false;
        };
        let news = example
            .iter()
            .take_while(|word| !self.words.iter().any(|own| own == *word));
        let news: Vec<String> = news.map(|word| (*word).to_owned()).collect();
        if news.is_empty() {
            return false;
        }
        let said = if is_before { *name } else { missing };
        self.refused.push(format!("{said} has to be named here"));
        self.words.extend(news);
        true
    }

    /// Takes out a flag that clap does not know, with its value; `false` if it is no flag of this line.
    pub(super) fn remove(&mut self, unknown: &str) -> bool {
        let Some(at) = self
            .words
            .iter()
            .position(|word| name(word) == name(unknown))
        else {
            return false;
        };
        let has_value = self
            .words
            .get(at + 1)
            .is_some_and(|word| !word.starts_with('-'));
        let is_whole = self.words[at].contains('=') || !has_value;
        self.words.drain(at..at + if is_whole { 1 } else { 2 });
        self.refused
            .push(format!("{} is no option here", name(unknown)));
        true
    }
}

impl Flag {
    fn is(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    fn first(&self) -> &'static str {
        self.names[0]
    }
}

impl Takes {
    /// The values at the beginning of what follows a flag.
    fn of(self, rest: &[String]) -> Vec<String> {
        let most = match self {
            Takes::Nothing => 0,
            Takes::One => 1,
            Takes::Many => rest.len(),
        };
        let values = rest.iter().take(most);
        values
            .take_while(|word| !word.starts_with('-'))
            .cloned()
            .collect()
    }
}

/// A flag without its value.
fn name(word: &str) -> &str {
    word.split_once('=').map_or(word, |(name, _)| name)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Words as one would type them into a shell.
pub(super) fn spoken(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%{}".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
