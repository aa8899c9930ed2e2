//! What a checker that stays may say, on a scripted sandbox; the real one is in `tests/functions`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tests::{CODE, problem, told, with_inputs};
use super::*;
use crate::problem::Target;
use sandbox::{Program, Scripted};

/// A sandbox with a resident that says this (`NONCE` stands for the real one) or does not come to an answer, and
/// how often a pair was asked beside it; a pair says that the answer is wrong.
fn house(said: Option<&'static str>) -> (impl Sandbox, Arc<AtomicUsize>) {
    let n_pairs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_pairs);
    let never = |program: &Program, _: &sandbox::Limits| panic!("nothing runs alone: {program:?}");
    let outcome = |said: String| Outcome::scripted(Ending::Exited(0), said);
    let sandbox = Scripted::new(never)
        .conversing(move |[_, checker]| {
            counted.fetch_add(1, Ordering::Relaxed);
            let nonce = String::from_utf8_lossy(&checker.stdin).trim().to_owned();
            let wrong = format!("{nonce} wrong_answer 0 1 1 0 - -\nby a pair");
            Ok([outcome(String::new()), outcome(wrong)])
        })
        .consulting(move |question| {
            let question = String::from_utf8_lossy(question).into_owned();
            let (nonce, task) = question.split_once('\n').unwrap();
            assert!(task.contains("the-wanted-answer") && !task.contains("return x"));
            let said = said?.replace("NONCE", nonce);
            Some([outcome(String::new()), outcome(said)])
        });
    (sandbox, n_pairs)
}

fn verdict(said: Option<&'static str>) -> (String, usize) {
    let (sandbox, n_pairs) = house(said);
    let verdict = told(&problem(), CODE, &sandbox);
    (verdict.cause, n_pairs.load(Ordering::Relaxed))
}

#[test]
fn a_plain_word_of_a_resident_counts_and_no_pair_is_asked() {
    for (said, cause) in [
        ("NONCE begin 1\nNONCE pass 1 1 1 0 - -\n", "pass"),
        (
            "NONCE begin 1\nNONCE wrong_answer 0 1 1 0 - -\n",
            "wrong_answer",
        ),
        ("NONCE begin 1\nNONCE exception 0 1 1 0 - -\n", "exception"),
        (
            "NONCE begin 1\nNONCE malformed 0 1 0 0 - -\n",
            "compile_error",
        ),
        ("NONCE begin 1\nNONCE gone 0 1 1 0 - -\n", "runtime_exit"),
    ] {
        assert_eq!(verdict(Some(said)), (cause.to_owned(), 0), "{said}");
    }
}

#[test]
fn whatever_else_a_resident_says_a_pair_decides() {
    for said in [
        None,
        Some("pass 1 1 1 0 - -\n"),
        Some("0123456789abcdef0123456789abcdef pass 1 1 1 0 - -\n"),
        Some("NONCE begin 1\n"),
        Some("NONCE begin 2\nNONCE pass 1 1 1 0 - -\n"),
        Some("NONCE begin 1\nNONCE broken 0 1 0 0 - -\nit fails"),
        Some("NONCE begin 1\nNONCE unsplittable 0 1 1 0 - -\nan object"),
        Some("NONCE begin 1\nNONCE too_large 0 1 1 0 - -\n"),
    ] {
        assert_eq!(verdict(said), ("wrong_answer".to_owned(), 1), "{said:?}");
    }
}

#[test]
fn inputs_are_never_for_a_resident() {
    let (sandbox, n_pairs) = house(Some("NONCE begin 1\nNONCE pass 1 1 1 0 1 1\n"));
    let verdict = told(&with_inputs(), CODE, &sandbox);
    assert_eq!(
        (verdict.cause.as_str(), n_pairs.load(Ordering::Relaxed)),
        ("wrong_answer", 1)
    );
}

#[test]
fn tests_that_were_refused_once_are_not_for_a_resident_again() {
    let (sandbox, n_pairs) = house(Some(""));
    let mut problem = problem();
    let Target::Function(function) = &mut problem.target else {
        panic!("{problem:?}");
    };
    function.setup = "import something_that_no_other_test_imports".to_owned();
    assert_eq!(told(&problem, CODE, &sandbox).cause, "wrong_answer");
    // It would say that all is right now, and is not asked.
    let (sandbox, again) = house(Some("NONCE begin 1\nNONCE pass 1 1 1 0 - -\n"));
    assert_eq!(told(&problem, CODE, &sandbox).cause, "wrong_answer");
    let counts = [n_pairs, again].map(|one| one.load(Ordering::Relaxed));
    assert_eq!(counts, [1, 1]);
}
