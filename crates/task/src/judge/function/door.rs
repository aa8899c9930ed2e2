//! The door of fuzzers to what a checker says.

use sandbox::Captured;

use super::programs::Nonce;
use super::report::{Said, Word, names};
use crate::problem::{Inputs, Tests};

/// The number that the corpus knows.
const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// Nothing is a report that does not know the number, and no report says more than it can know: a pass has made
/// every test and a call, no share leaves its range, no score has another name.
pub(crate) fn checker_door(bytes: &[u8]) {
    let captured = Captured {
        bytes: bytes.to_vec(),
        truncated: false,
    };
    let said = Said::read(&captured, &Nonce(NONCE.to_owned()));
    let Some(report) = said.report else { return };
    assert!(bytes.starts_with(NONCE.as_bytes()));
    assert!(report.n_right <= report.n_tests && report.n_tests >= said.begun.unwrap_or(0));
    if report.word == Word::Pass {
        assert!(report.n_tests > 0 && report.n_right == report.n_tests && report.n_calls > 0);
        assert!(!report.groups.contains(&Some(false)));
    }
    let inputs = Inputs {
        base: String::new(),
        plus: String::new(),
        revive: String::new(),
        accept: String::new(),
        atol: 0.0,
    };
    for tests in [
        Tests::Check(String::new()),
        Tests::Asserts(Vec::new()),
        Tests::Inputs(inputs),
    ] {
        let scores = report.scores(&tests);
        assert!(scores.keys().eq(names(&tests)));
        assert!(scores.values().all(|score| (0.0..=1.0).contains(score)));
    }
}
