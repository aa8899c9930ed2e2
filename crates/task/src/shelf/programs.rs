//! Whetstone's own rows of programs: a task in words, and exactly what a right program prints.
//!
//! ```json
//! {"id": "gcd/1f3a9c02", "prompt": "Write a C++ program …", "language": "cpp", "expected_output": "6",
//!  "family": "gcd", "difficulty": "medium"}
//! ```
//!
//! `whet data generate` writes them. The last two fields become tags and may be missing; further ones are
//! passed over. A file is in one language.

use serde::Serialize;

use super::line::Line;
use crate::problem::{Language, Problem, Target};

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    prompt: &'a str,
    language: Language,
    expected_output: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difficulty: Option<&'a str>,
}

/// One line for each problem that has an exact output; the others have no such row.
pub fn write(problems: &[Problem], language: Language) -> String {
    let mut text = String::new();
    for problem in problems {
        let Target::Output(expected_output) = &problem.target else {
            continue;
        };
        let tag = |at: usize| problem.tags.get(at).map(String::as_str);
        let row = Row {
            id: &problem.id,
            prompt: &problem.prompt,
            language,
            expected_output,
            family: tag(1),
            difficulty: tag(0),
        };
        text += &serde_json::to_string(&row).expect("texts are always JSON");
        text.push('\n');
    }
    text
}

pub(super) fn language(line: &Line<'_>) -> Result<Language, String> {
    line.get("language")
}

/// `wanted` is the language of the file's first problem.
pub(super) fn problem(line: &Line<'_>, wanted: Language) -> Result<Problem, String> {
    let found = language(line)?;
    if found != wanted {
        let (found, wanted) = (found.name(), wanted.name());
        return Err(format!(
            "its language is {found} and the first problem's {wanted}; put them into files of their own"
        ));
    }
    let mut tags = Vec::new();
    for name in ["difficulty", "family"] {
        tags.push(line.text_or_empty(name)?);
    }
    tags.retain(|tag| !tag.is_empty());
    Ok(Problem {
        id: line.text("id")?,
        prompt: line.text("prompt")?,
        target: Target::Output(line.text("expected_output")?),
        tags,
        max_tokens: None,
    })
}
