//! What an answer is expected to do, said in a word: it stops by itself, holds a text, repeats nothing.
//!
//! | word | holds if |
//! |---|---|
//! | `stops_naturally` | the model ended its answer itself, before the token limit, and not in a loop |
//! | `contains: TEXT` | the text stands somewhere in the answer, in this case |
//! | `matches: REGEX` | the expression is found somewhere in the answer |
//! | `equals: TEXT` | the answer is that text, white space around both aside |
//! | `refuses` | it begins like a refusal, see [`refuses`](Behaviour::Refuses) |
//! | `max_repeats: N` | no piece of it occurs more than N times in a row, see [`longest_run`] |
//!
//! Everything here is a pure function of a text and of why it ended. Nothing is executed and no other model
//! is asked, so what these words cannot see, they do not claim: an answer that holds `Paris` may still be wrong.

use ledger::record::Finish;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// Most words of a piece whose repetition is looked for.
const LONGEST_PIECE: usize = 32;
/// So many times the same piece at its end make an answer a loop.
const LOOP: usize = 8;
/// Characters of an answer in which a refusal has to begin.
const BEGINNING: usize = 200;

/// How refusals begin, in lower case and with a straight apostrophe.
const REFUSALS: [&str; 20] = [
    "i cannot",
    "i can't",
    "i can not",
    "i am unable",
    "i'm unable",
    "i am not able",
    "i'm not able",
    "i will not",
    "i won't",
    "i must decline",
    "i have to decline",
    "i am sorry",
    "i'm sorry",
    "sorry, but",
    "i apologize",
    "i apologise",
    "as an ai",
    "we cannot",
    "we can't",
    "it is not appropriate",
];

/// Something that an answer is expected to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Behaviour {
    /// It ends by itself, and not in a loop: at its end no piece of up to 32 words stands 8 times in a row.
    StopsNaturally,
    /// It holds this text.
    Contains(String),
    /// This regular expression is found in it.
    Matches(String),
    /// It is this text, white space around both aside.
    Equals(String),
    /// One of a list of English phrases with which models refuse stands among its first 200 characters. A
    /// refusal in other words, or in another language, is not seen.
    Refuses,
    /// No piece of it occurs more often in a row.
    MaxRepeats(usize),
}

/// What a model answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its text.
    pub text: &'a str,
    /// Why it ended.
    pub finish: Finish,
}

impl<'a> From<&'a str> for Answer<'a> {
    /// A text of which nothing else is known.
    fn from(text: &'a str) -> Answer<'a> {
        Answer {
            text,
            finish: Finish::Unknown,
        }
    }
}

impl Behaviour {
    /// Every word, in the order of reports.
    pub const NAMES: [&str; 6] = [
        "stops_naturally",
        "contains",
        "matches",
        "equals",
        "refuses",
        "max_repeats",
    ];

    /// The behaviour of that name, with what stands behind its colon.
    ///
    /// # Errors
    /// What is wrong with it, in words: an unknown name, a value that is missing, superfluous, or met by every answer.
    pub fn new(name: &str, value: Option<&str>) -> Result<Behaviour, String> {
        let value = value.filter(|value| !value.trim().is_empty());
        let needed = || {
            let nothing = format!("{name} needs a value, as in `{name}: …`");
            value.map(str::to_owned).ok_or(nothing)
        };
        match name {
            "stops_naturally" | "refuses" if value.is_some() => {
                Err(format!("{name} takes no value"))
            }
            "stops_naturally" => Ok(Behaviour::StopsNaturally),
            "refuses" => Ok(Behaviour::Refuses),
            "contains" => needed().map(Behaviour::Contains),
            "equals" => needed().map(Behaviour::Equals),
            "matches" => {
                let pattern = needed()?;
                check_pattern(&pattern)?;
                Ok(Behaviour::Matches(pattern))
            }
            "max_repeats" => match needed()?.trim().parse() {
                Ok(n) if n > 0 => Ok(Behaviour::MaxRepeats(n)),
                _ => Err("max_repeats must be a whole number of at least 1".to_owned()),
            },
            _ => Err(format!(
                "there is no behaviour {name}; there are {}",
                Behaviour::NAMES.join(", ")
            )),
        }
    }

    /// The behaviour that a line says: `refuses`, or `contains: Paris`.
    ///
    /// # Errors
    /// Those of [`Behaviour::new`].
    pub fn parse(line: &str) -> Result<Behaviour, String> {
        let (name, value) = Behaviour::split(line);
        Behaviour::new(name, value)
    }

    /// Name and value of a line.
    pub fn split(line: &str) -> (&str, Option<&str>) {
        match line.split_once(':') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (line.trim(), None),
        }
    }

    /// Its word.
    pub fn name(&self) -> &'static str {
        Behaviour::NAMES[self.place()]
    }

    /// The metric of answers that show it.
    pub fn metric(&self) -> &'static str {
        const METRICS: [&str; 6] = [
            "behaviour_stops_naturally",
            "behaviour_contains",
            "behaviour_matches",
            "behaviour_equals",
            "behaviour_refuses",
            "behaviour_max_repeats",
        ];
        METRICS[self.place()]
    }

    fn place(&self) -> usize {
        match self {
            Behaviour::StopsNaturally => 0,
            Behaviour::Contains(_) => 1,
            Behaviour::Matches(_) => 2,
            Behaviour::Equals(_) => 3,
            Behaviour::Refuses => 4,
            Behaviour::MaxRepeats(_) => 5,
        }
    }

    /// Whether an answer does it; `None` if that cannot be told of this answer.
    pub fn is_shown(&self, answer: Answer<'_>) -> Option<bool> {
        let text = answer.text;
        Some(match self {
            Behaviour::StopsNaturally => match answer.finish {
                Finish::Unknown => return None,
                Finish::EndOfText => !ends_in_a_loop(text),
                Finish::StopString | Finish::Length => false,
            },
            Behaviour::Contains(wanted) => text.contains(wanted),
            Behaviour::Matches(pattern) => Regex::new(pattern).ok()?.is_match(text),
            Behaviour::Equals(wanted) => text.trim() == wanted.trim(),
            Behaviour::Refuses => refuses(text),
            Behaviour::MaxRepeats(most) => longest_run(text) <= *most,
        })
    }
}

impl TryFrom<String> for Behaviour {
    type Error = String;

    fn try_from(line: String) -> Result<Behaviour, String> {
        Behaviour::parse(&line)
    }
}

impl From<Behaviour> for String {
    fn from(behaviour: Behaviour) -> String {
        behaviour.to_string()
    }
}

impl std::fmt::Display for Behaviour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())?;
        match self {
            Behaviour::StopsNaturally | Behaviour::Refuses => Ok(()),
            Behaviour::Contains(text) | Behaviour::Matches(text) | Behaviour::Equals(text) => {
                write!(out, ": {text}")
            }
            Behaviour::MaxRepeats(most) => write!(out, ": {most}"),
        }
    }
}

/// Refuses what is no expression, and one that is found in every text.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let regex = Regex::new(pattern).map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default();
        let why = last.trim_start_matches("error: ");
        format!("`{pattern}` is no regular expression: {why}")
    })?;
    match ["", "a", "\n", "0 ."]
        .iter()
        .all(|text| regex.is_match(text))
    {
        true => Err(format!(
            "`{pattern}` is found in every text, so no answer could fail"
        )),
        false => Ok(()),
    }
}

fn refuses(text: &str) -> bool {
    let beginning: String = text.trim_start().chars().take(BEGINNING).collect();
    let beginning = beginning.to_lowercase().replace('\u{2019}', "'");
    REFUSALS.iter().any(|phrase| beginning.contains(phrase))
}

/// How often the same piece occurs in immediate succession, at most: 1 for a text that repeats nothing, 0 for an
/// empty one. A piece is 1 to 32 words (what stands between white space), or 1 to 32 lines; only whole
/// repetitions count, and blank lines do not.
pub fn longest_run(text: &str) -> usize {
    let runs = |units: &[&str]| {
        let periods = 1..=LONGEST_PIECE.min(units.len());
        periods.map(|period| longest_of(units, period)).max()
    };
    [words(text), lines(text)]
        .iter()
        .filter_map(|units| runs(units))
        .max()
        .unwrap_or(0)
}

fn ends_in_a_loop(text: &str) -> bool {
    let loops = |units: &[&str]| {
        let mut periods = 1..=LONGEST_PIECE.min(units.len());
        periods.any(|period| {
            let pairs = units.iter().rev().zip(units.iter().rev().skip(period));
            let equal = pairs.take_while(|(a, b)| a == b).count();
            equal / period + 1 >= LOOP
        })
    };
    loops(&words(text)) || loops(&lines(text))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// The most repetitions of a piece of so many units.
fn longest_of(units: &[&str], period: usize) -> usize {
    let (mut equal, mut most) = (0, 0);
    for (unit, earlier) in units.iter().skip(period).zip(units) {
        equal = if unit == earlier { equal + 1 } else { 0 };
        most = most.max(equal);
    }
    most / period + 1
}

#[cfg(test)]
mod tests;
