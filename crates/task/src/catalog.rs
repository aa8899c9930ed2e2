//! The built-in suites, compiled into the program.
//!
//! `python-core`: eight code stubs that a model goes on with, scored by the keywords of the
//! completion; `python-challenges`: three harder ones of the same kind. `cpp-demo`: sixteen small tasks
//! in words whose programs are compiled, run and compared with their exact output. Topics, keywords and
//! outputs are those of two published benchmark guides, so that numbers can be compared; the wording of
//! the prompts is our own.

use std::sync::LazyLock;

use crate::error::Error;
use crate::problem::{Judging, Language, PromptStyle, Suite};

static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(|| {
    [python_core(), python_challenges(), cpp_demo()]
        .into_iter()
        .map(|suite| suite.expect("built-in problems are valid: a test reads them all"))
        .collect()
});

/// Every built-in suite.
pub fn suites() -> &'static [Suite] {
    &SUITES
}

/// The built-in suite of that name.
///
/// # Errors
/// [`Error::UnknownSuite`], with the most similar name if there is one.
pub fn find(name: &str) -> Result<&'static Suite, Error> {
    suites()
        .iter()
        .find(|suite| suite.name == name)
        .ok_or_else(|| Error::UnknownSuite {
            name: name.to_owned(),
            closest: closest(name).map(str::to_owned),
            known: suites()
                .iter()
                .map(|suite| suite.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

fn python_core() -> Result<Suite, Error> {
    python_stubs("python-core", "Python, eight core stubs")
        .with_problems(include_str!("../data/python-core.jsonl"))
}

fn python_challenges() -> Result<Suite, Error> {
    python_stubs("python-challenges", "Python, three harder stubs")
        .with_problems(include_str!("../data/python-challenges.jsonl"))
}

/// 150 new tokens and no stop string, as in the guide that these keywords come from.
fn python_stubs(name: &str, title: &str) -> Suite {
    Suite {
        name: name.to_owned(),
        title: title.to_owned(),
        language: Language::Python,
        style: PromptStyle::Continue,
        max_tokens: 150,
        stop: Vec::new(),
        judge: Judging::Keywords,
        problems: Vec::new(),
        sha256: String::new(),
    }
}

fn cpp_demo() -> Result<Suite, Error> {
    let system = "You write complete C++17 programs and answer with one program in one code block.";
    let suite = Suite {
        name: "cpp-demo".to_owned(),
        title: "C++, sixteen small programs".to_owned(),
        language: Language::Cpp,
        style: PromptStyle::Chat {
            system: system.to_owned(),
        },
        max_tokens: 512,
        stop: Vec::new(),
        judge: Judging::Output,
        problems: Vec::new(),
        sha256: String::new(),
    };
    suite.with_problems(include_str!("../data/cpp-demo.jsonl"))
}

/// The most similar name, if fewer than half of its letters differ.
fn closest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase().replace([' ', '_'], "-");
    let ranked = suites()
        .iter()
        .map(|suite| (distance(&lower, &suite.name), suite.name.as_str()));
    let (edits, best) = ranked.min()?;
    let begun = !lower.is_empty() && best.starts_with(&lower);
    (begun || edits * 2 < best.len()).then_some(best)
}

/// Levenshtein's edit distance, in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substitute = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests;
