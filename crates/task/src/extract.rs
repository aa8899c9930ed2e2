//! Finds the program in what a model wrote.
//!
//! Three routes, in this order:
//!
//! 1. the first fenced block that is tagged with the language, or untagged and looking like code of
//!    it (a block of expected output before the program is passed over). A block that is cut off by
//!    the end of the text counts, and says so;
//! 2. for C++, from the first `#include` to the brace that closes `main`;
//! 3. the whole text, if it looks like code at all.
//!
//! An answer whose fences all carry other tags goes on to routes 2 and 3. Nothing is repaired or
//! added. The work is linear in the length of the text, whatever is in it.

mod cpp;
mod fence;

use crate::problem::Language;

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
    /// From the first `#include` to the end of `main`.
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
    let is_wanted = |block: &fence::Block| match block.tag {
        "" => looks_like_code(block.code, language),
        tag => is_tag_of(tag, language) && !block.code.trim().is_empty(),
    };
    if let Some(block) = fence::blocks(text).find(is_wanted) {
        return Some(found(block.code, block.route));
    }
    if language == Language::Cpp
        && let Some(program) = cpp::program(text)
    {
        return Some(found(program, Route::Program));
    }
    looks_like_code(text, language).then(|| found(text, Route::Whole))
}

/// Tags are compared in lower case; `c` is accepted for C++ because such answers are meant as it.
fn is_tag_of(tag: &str, language: Language) -> bool {
    let tag = tag.to_ascii_lowercase();
    match language {
        Language::Cpp => {
            matches!(tag.as_str(), "cpp" | "cc" | "cxx" | "c" | "h" | "hpp")
                || tag.starts_with("c++")
        }
        Language::Python => matches!(tag.as_str(), "py" | "python" | "python3" | "py3"),
    }
}

/// Whether a person would take it for code of that language at a glance.
fn looks_like_code(text: &str, language: Language) -> bool {
    match language {
        Language::Cpp => cpp::looks_like_code(text),
        Language::Python => text.lines().any(is_python_statement),
    }
}

fn is_python_statement(line: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "def ",
        "class ",
        "import ",
        "from ",
        "async def ",
        "print(",
        "@",
        "if __name__",
    ];
    const COMPOUND: [&str; 5] = ["for ", "while ", "if ", "with ", "try:"];
    let line = line.trim();
    let compound = COMPOUND.iter().any(|begin| line.starts_with(begin)) && line.ends_with(':');
    let import = line.starts_with("from ") && !line.contains(" import ");
    compound || (!import && BEGINNINGS.iter().any(|begin| line.starts_with(begin)))
}

#[cfg(test)]
mod tests;
