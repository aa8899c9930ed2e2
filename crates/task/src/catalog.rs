//! The built-in suites, compiled into the program.
//!
//! `python-core`: eight code stubs that a model goes on with, scored by the keywords of the
//! completion; `python-challenges`: three harder ones of the same kind; `python-variants`: the eight that
//! SmallCoder's script for variants asks, in four categories. `cpp-demo`: sixteen small tasks
//! in words whose programs are compiled, run and compared with their exact output. Topics, keywords and
//! outputs of these four are those of published benchmark guides and their scripts, so that numbers can be
//! compared; the wording of the prompts is our own. `rust-demo` and `go-demo`: sixteen programs each of the same
//! kind, ours altogether, with what is natural in the language. `variants`: fifteen Python stubs of
//! algorithms, data structures and practical tasks, tested in two boxes and looked at for quality; the
//! topics are those of a published list that had neither tests nor prompts.

use std::sync::LazyLock;

use crate::PromptProfile;
use crate::error::Error;
use crate::problem::{Judging, Language, PromptStyle, Suite};

static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(|| {
    let suites = [
        python_core(),
        python_challenges(),
        cpp_demo(),
        rust_demo(),
        go_demo(),
        variants(),
        python_variants(),
    ];
    let valid = "built-in problems are valid: a test reads them all";
    suites.map(|suite| suite.expect(valid)).into()
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

fn python_variants() -> Result<Suite, Error> {
    python_stubs("python-variants", "Python, eight stubs in four categories")
        .with_problems(include_str!("../data/python-variants.jsonl"))
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
        toolchain: None,
        problems: Vec::new(),
        sha256: String::new(),
    }
}

fn cpp_demo() -> Result<Suite, Error> {
    programs("cpp-demo", "C++, sixteen small programs", Language::Cpp)
        .with_problems(include_str!("../data/cpp-demo.jsonl"))
}

fn rust_demo() -> Result<Suite, Error> {
    programs("rust-demo", "Rust, sixteen small programs", Language::Rust)
        .with_problems(include_str!("../data/rust-demo.jsonl"))
}

fn go_demo() -> Result<Suite, Error> {
    programs("go-demo", "Go, sixteen small programs", Language::Go)
        .with_problems(include_str!("../data/go-demo.jsonl"))
}

/// Tasks in words; the answer is a whole program, which is run.
pub(crate) fn programs(name: &str, title: &str, language: Language) -> Suite {
    let called = match language {
        Language::Cpp => "C++17",
        other => other.name(),
    };
    let system = format!(
        "You write complete {called} programs and answer with one program in one code block."
    );
    Suite {
        name: name.to_owned(),
        title: title.to_owned(),
        language,
        style: PromptStyle::Chat { system },
        max_tokens: 512,
        stop: Vec::new(),
        judge: Judging::Output,
        toolchain: None,
        problems: Vec::new(),
        sha256: String::new(),
    }
}

/// As HumanEval is asked: a stub, in the wording that fits the model.
fn variants() -> Result<Suite, Error> {
    let profile = PromptProfile::EvalplusChat;
    let suite = Suite {
        name: "variants".to_owned(),
        title: "Python, fifteen tasks with tests and quality scores".to_owned(),
        language: Language::Python,
        style: PromptStyle::Profile(profile),
        max_tokens: 768,
        stop: profile.stop(true),
        judge: Judging::Quality,
        toolchain: None,
        problems: Vec::new(),
        sha256: String::new(),
    };
    suite.with_problems(include_str!("../data/variants.jsonl"))
}

/// The most similar name, if fewer than half of its letters differ.
fn closest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase().replace([' ', '_'], "-");
    let ranked = suites().iter().map(|suite| {
        (
            strsim::levenshtein(&lower, &suite.name),
            suite.name.as_str(),
        )
    });
    let (edits, best) = ranked.min()?;
    let begun = !lower.is_empty() && best.starts_with(&lower);
    (begun || edits * 2 < best.len()).then_some(best)
}

#[cfg(test)]
mod tests;
