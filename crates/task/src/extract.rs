//! Finds the program in what a model wrote.
//!
//! Three routes, in this order:
//!
//! 1. the first fenced block that is tagged with the language, or untagged and looking like code of
//!    it (a block of expected output before the program is passed over). A block that is cut off by
//!    the end of the text counts, and says so;
//! 2. where the language has a beginning and an end that stand out in prose, what lies between them:
//!    for C++, from the first `#include` to the brace that closes `main`;
//! 3. the whole text, if it looks like code at all.
//!
//! An answer whose fences all carry other tags goes on to routes 2 and 3. Nothing is repaired or
//! added. The work is linear in the length of the text, whatever is in it. The rules of a language are
//! one file here and one line in `rules`.

mod c;
mod cpp;
mod fence;
mod function;
mod go;
mod javascript;
mod lines;
mod python;
mod rust;

use crate::problem::Language;
pub use function::{function, together};

/// Code, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// The code as the model wrote it.
    pub code: String,
    /// How it was found.
    pub route: Route,
}

/// Which rule found the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// A fenced block.
    Fence,
    /// A fenced block that the end of the text cut off.
    OpenFence,
    /// From the program's beginning to its end, out of prose: for C++ from the first `#include` to the
    /// brace that closes `main`.
    Program,
    /// The whole text.
    Whole,
}

/// The code of that language in `text`; `None` if there is none.
pub fn extract(text: &str, language: Language) -> Option<Extraction> {
    let found = |code: &str, route| Extraction {
        code: code.to_owned(),
        route,
    };
    if let Some(block) = wanted(text, language) {
        return Some(found(block.code, block.route));
    }
    let rules = rules(language);
    if let Some(program) = (rules.program)(text) {
        return Some(found(program, Route::Program));
    }
    (rules.looks_like_code)(text).then(|| found(text, Route::Whole))
}

/// The byte of a growing text behind which nothing is looked at any more: [`extract`] takes a fenced block that is
/// closed, and whatever follows, it is the same. `None` while that is not so. The line of the closing fence is part of
/// what counts, its end is not.
pub fn complete(text: &str, language: Language) -> Option<usize> {
    let end = wanted(text, language)?.end?;
    // Before its line has ended, a closing fence might become an opening one with a tag.
    let line = text[..end].strip_suffix('\n')?;
    Some(line.trim_end().len())
}

/// The first fenced block that is the language's.
fn wanted(text: &str, language: Language) -> Option<fence::Block<'_>> {
    let rules = rules(language);
    let is_wanted = |block: &fence::Block| match block.tag {
        "" => (rules.looks_like_code)(block.code),
        tag => is_tag_of(tag, rules) && !block.code.trim().is_empty(),
    };
    fence::blocks(text).find(is_wanted)
}

/// The language of the first fenced block whose tag names one.
pub fn tagged(text: &str) -> Option<Language> {
    let of = |block: fence::Block| {
        let mut languages = Language::ALL.into_iter();
        languages.find(|language| is_tag_of(block.tag, rules(*language)))
    };
    fence::blocks(text).find_map(of)
}

/// How code of one language is recognised.
struct Rules {
    /// The tags of its fences, in lower case. One that ends in `*` stands for all that begin so.
    tags: &'static [&'static str],
    /// Whether a person would take a text for its code at a glance.
    looks_like_code: fn(&str) -> bool,
    /// The program that stands in prose without a fence.
    program: fn(&str) -> Option<&str>,
}

fn rules(language: Language) -> &'static Rules {
    match language {
        Language::C => &c::RULES,
        Language::Cpp => &cpp::RULES,
        Language::Go => &go::RULES,
        Language::JavaScript => &javascript::RULES,
        Language::Python => &python::RULES,
        Language::Rust => &rust::RULES,
    }
}

fn is_tag_of(tag: &str, rules: &Rules) -> bool {
    let tag = tag.to_ascii_lowercase();
    let mut known = rules.tags.iter();
    known.any(|known| match known.strip_suffix('*') {
        Some(beginning) => tag.starts_with(beginning),
        None => tag == *known,
    })
}

#[cfg(test)]
mod tests;
