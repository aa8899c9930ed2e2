//! The two lines of a checker that are read here.
//!
//! `NONCE begin TESTS` before it reads a byte of the candidate, and at last
//! `NONCE WORD RIGHT TESTS CALLS REBUILT BASE PLUS`, and evidence behind it. Whoever does not know the
//! nonce cannot write them; anything else that stands there is no report.

use std::collections::BTreeMap;

use sandbox::Captured;

use super::programs::Nonce;
use crate::problem::Tests;

/// All that a checker said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// How many tests it was about to make when it turned to the candidate; `None` if it did not come so far.
    pub(super) begun: Option<u32>,
    pub(super) report: Option<Report>,
}

impl Said {
    /// What the checker said that was told this nonce.
    pub(super) fn read(said: &Captured, nonce: &Nonce) -> Said {
        let (begun, rest) = begin(&said.bytes, nonce)
            .map_or((None, &said.bytes[..]), |(total, rest)| (Some(total), rest));
        let report = Report::read(rest, nonce).filter(|report| {
            // Fewer tests than were promised are no tests passed.
            report.n_tests >= begun.unwrap_or(0)
        });
        Said { begun, report }
    }
}

/// The number in the first line, and what stands behind that line.
fn begin<'a>(bytes: &'a [u8], nonce: &Nonce) -> Option<(u32, &'a [u8])> {
    let (line, rest) = line(bytes)?;
    let total = line.strip_prefix(nonce.0.as_str())?;
    Some((total.strip_prefix(" begin ")?.parse().ok()?, rest))
}

/// The first line, without its end, and the rest.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

/// The scores of a verdict on such tests: each stands in every verdict that has a stage, as 0 where nothing was
/// reached.
pub(super) fn names(tests: &Tests) -> &'static [&'static str] {
    match tests {
        Tests::Check(_) => &[],
        Tests::Asserts(_) => &["tests_right_share"],
        Tests::Inputs(_) => &["base_right", "plus_right"],
    }
}

/// What the tests found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report {
    pub(super) word: Word,
    pub(super) n_right: u32,
    pub(super) n_tests: u32,
    pub(super) n_calls: u32,
    pub(super) n_rebuilt: u32,
    /// Whether all of the original and of the further inputs were right; `None` for other tests.
    pub(super) groups: [Option<bool>; 2],
    pub(super) words: String,
}

/// How the tests ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Pass,
    WrongAnswer,
    Exception,
    NotPlain,
    TooLarge,
    Malformed,
    ProtocolError,
    Gone,
    Broken,
    Unsplittable,
}

impl Word {
    fn read(word: &str) -> Option<Word> {
        Some(match word {
            "pass" => Word::Pass,
            "wrong_answer" => Word::WrongAnswer,
            "exception" => Word::Exception,
            "not_plain" => Word::NotPlain,
            "too_large" => Word::TooLarge,
            "malformed" => Word::Malformed,
            "protocol_error" => Word::ProtocolError,
            "gone" => Word::Gone,
            "broken" => Word::Broken,
            "unsplittable" => Word::Unsplittable,
            _ => return None,
        })
    }
}

impl Report {
    /// The report of the checker that was told this nonce; `None` for anything else.
    fn read(bytes: &[u8], nonce: &Nonce) -> Option<Report> {
        let (line, words) = line(bytes)?;
        let parts: Vec<&str> = line.split(' ').collect();
        let &[first, word, right, tests, calls, rebuilt, base, plus] = parts.as_slice() else {
            return None;
        };
        if first != nonce.0 {
            return None;
        }
        let report = Report {
            word: Word::read(word)?,
            n_right: right.parse().ok()?,
            n_tests: tests.parse().ok()?,
            n_calls: calls.parse().ok()?,
            n_rebuilt: rebuilt.parse().ok()?,
            groups: [group(base)?, group(plus)?],
            words: String::from_utf8_lossy(words).into_owned(),
        };
        report.is_sound().then_some(report)
    }

    /// A pass without a call, a test, or with a test that failed is none; nor are more right than there are.
    fn is_sound(&self) -> bool {
        let is_whole = self.n_right == self.n_tests && self.n_tests > 0 && self.n_calls > 0;
        let no_group_failed = self.groups.iter().all(|&group| group != Some(false));
        self.n_right <= self.n_tests && (self.word != Word::Pass || (is_whole && no_group_failed))
    }

    /// Whether it is a word on the answer, and not one on the tests or on what the checker could do.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(
            self.word,
            Word::Broken | Word::Unsplittable | Word::TooLarge
        )
    }

    /// Shares for the record: of the tests that there are, whether they were reached or not; of the two groups
    /// of inputs, where the second counts only with the first.
    pub(super) fn scores(&self, tests: &Tests) -> BTreeMap<String, f64> {
        let whole = |is_right: bool| f64::from(u8::from(is_right));
        let base = self.groups[0] == Some(true);
        let values = match tests {
            Tests::Check(_) => Vec::new(),
            Tests::Asserts(_) => vec![f64::from(self.n_right) / f64::from(self.n_tests.max(1))],
            Tests::Inputs(_) => vec![whole(base), whole(base && self.groups[1] == Some(true))],
        };
        let names = names(tests).iter().map(|name| (*name).to_owned());
        names.zip(values).collect()
    }
}

fn group(mark: &str) -> Option<Option<bool>> {
    match mark {
        "-" => Some(None),
        "0" => Some(Some(false)),
        "1" => Some(Some(true)),
        _ => None,
    }
}
