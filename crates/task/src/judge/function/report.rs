//! The one line of a checker that is read here.
//!
//! `NONCE WORD RIGHT TESTS CALLS REBUILT BASE PLUS`, and evidence behind it. Whoever does not know the
//! nonce cannot write it; anything else that stands there is no report.

use std::collections::BTreeMap;

use sandbox::Captured;

use super::programs::Nonce;

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
    pub(super) fn read(said: &Captured, nonce: &Nonce) -> Option<Report> {
        let end = said.bytes.iter().position(|&byte| byte == b'\n')?;
        let line = std::str::from_utf8(&said.bytes[..end]).ok()?;
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
            words: String::from_utf8_lossy(&said.bytes[end + 1..]).into_owned(),
        };
        report.is_sound().then_some(report)
    }

    /// A pass without a call, a test, or with a test that failed is none.
    fn is_sound(&self) -> bool {
        let is_whole = self.n_right == self.n_tests && self.n_tests > 0 && self.n_calls > 0;
        let no_group_failed = self.groups.iter().all(|&group| group != Some(false));
        self.word != Word::Pass || (is_whole && no_group_failed)
    }

    /// Shares for the record: of single tests where there are several, of the two groups of inputs.
    pub(super) fn scores(&self) -> BTreeMap<String, f64> {
        let mut scores = BTreeMap::new();
        if let [Some(base), plus] = self.groups {
            scores.insert("base_right".to_owned(), f64::from(u8::from(base)));
            let plus = base && plus == Some(true);
            scores.insert("plus_right".to_owned(), f64::from(u8::from(plus)));
        } else if self.n_tests > 1 {
            let share = f64::from(self.n_right) / f64::from(self.n_tests);
            scores.insert("tests_right_share".to_owned(), share);
        }
        scores
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
