//! Our own suites of programs with the real compilers in the real box: every reference solution is right,
//! and none of them is with one mistake in it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of tests is a test"
)]

use std::path::Path;

use ledger::record::{Stage, Verdict};
use sandbox::Cell;
use task::judge::Judge;
use task::{Problem, Suite, acceptance, catalog};

/// Problem, and a mistake: what stands in the reference solution, what is put in its place.
type Mistakes = [(&'static str, &'static str, &'static str); 16];

#[rustfmt::skip]
const RUST: Mistakes = [
    ("hello_world", "World!", "World"),
    ("sum_function", "left + right", "left - right"),
    ("even_numbers", "2..=10", "2..10"),
    ("factorial", "1..=n", "1..n"),
    ("fibonacci", "< 12", "< 11"),
    ("reverse_words", ".rev()", ""),
    ("primes_below_30", "n > 1", "n > 0"),
    ("vector_sum", "sum::<i32>", "product::<i32>"),
    ("largest_in_slice", ".max()", ".min()"),
    ("insertion_sort", "numbers[at - 1] < numbers[at]", "numbers[at - 1] > numbers[at]"),
    ("gcd", "a % b", "a / b"),
    ("binary_search", "low = middle + 1,", "return None,"),
    ("parse_numbers", "refused += 1", "refused += 2"),
    ("letter_counts", "or_insert(0)", "or_insert(1)"),
    ("shape_areas", "width * height", "width + height"),
    ("linked_list_sum", "sum += node.value", "sum = node.value"),
];

#[rustfmt::skip]
const GO: Mistakes = [
    ("hello_world", "World!", "world!"),
    ("sum_function", "left + right", "left - right"),
    ("countdown", "n > 0", "n > 1"),
    ("factorial", "n * factorial", "n + factorial"),
    ("fibonacci", "numbers[at-2]", "numbers[0]"),
    ("reverse_string", "left < right", "left > right"),
    ("count_primes", "n > 1", "n > 0"),
    ("slice_sum", "sum += number", "sum = number"),
    ("min_and_max", "number > high", "number < high"),
    ("selection_sort", "numbers[at] < numbers[least]", "numbers[at] > numbers[least]"),
    ("gcd", "return a", "return b"),
    ("binary_search", "low = middle + 1", "return -1"),
    ("safe_division", "divisor == 0", "divisor == 2"),
    ("word_counts", "counts[word]++", "counts[word] = 1"),
    ("goroutine_sum", "n * n", "n + n"),
    ("rectangle_method", "r.Width * r.Height", "r.Width + r.Height"),
];

/// The verdicts on one answer per problem, in the order of the problems.
fn verdicts(suite: &Suite, judge: &Judge, answers: &[String]) -> Vec<Verdict> {
    let cell = Cell::with(judge.fittings()).unwrap();
    let answers: Vec<(&Problem, String)> =
        suite.problems.iter().zip(answers.iter().cloned()).collect();
    acceptance::run(suite, judge, ("hand", &answers), 2, &cell)
}

fn check(name: &str, ending: &str, mistakes: &Mistakes) {
    let suite = catalog::find(name).unwrap();
    let judge = match Judge::for_suite(suite) {
        Ok(judge) => judge,
        Err(missing) => return println!("left out: {missing}"),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/solutions")
        .join(name);
    let fenced = |code: &str| format!("So:\n\n```{ending}\n{code}```\n");
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (problem, (id, from, to)) in suite.problems.iter().zip(mistakes) {
        assert_eq!(problem.id, *id);
        let code = std::fs::read_to_string(folder.join(format!("{id}.{ending}"))).unwrap();
        let mistaken = code.replace(from, to);
        assert_ne!(code, mistaken, "{id}");
        right.push(fenced(&code));
        wrong.push(fenced(&mistaken));
    }
    for verdict in verdicts(suite, &judge, &right) {
        let told = format!(
            "{}: {} {:?}",
            verdict.key.problem, verdict.evidence, verdict.unscored
        );
        assert_eq!(verdict.stage, Some(Stage::Right), "{told}");
    }
    for verdict in verdicts(suite, &judge, &wrong) {
        let told = format!(
            "{}: {} {:?}",
            verdict.key.problem, verdict.evidence, verdict.unscored
        );
        assert!(verdict.unscored.is_none(), "{told}");
        assert!(
            (Stage::CompilesWithWarnings..Stage::Right).contains(&verdict.stage.unwrap()),
            "{told}"
        );
    }
}

#[test]
fn the_rust_suite_tells_right_programs_from_wrong_ones() {
    check("rust-demo", "rs", &RUST);
}

#[test]
fn the_go_suite_tells_right_programs_from_wrong_ones() {
    check("go-demo", "go", &GO);
}
