//! Questions that are answered by choosing: a context, some ways to go on from it, one of them right.
//!
//! Files come in the shapes in which the Hugging Face Hub publishes HellaSwag, ARC, PIQA, WinoGrande and BoolQ,
//! and in a plain one of our own; the wording is that of lm-evaluation-harness, so that numbers can be compared
//! with published ones. A line that cannot be used is refused with its number and its field, and so is the file:
//! a quiz with silent gaps would have another score.
//!
//! No model is asked here, nothing is sampled and nobody is shown examples first (no shots).

mod hellaswag;
mod shape;

use std::collections::HashSet;

use crate::error::Error;
use crate::sha256;
use crate::shelf::{self, line};
pub use shape::Shape;

/// The quizzes that are built in: name and problems.
const BUNDLED: [(&str, &str); 1] = [(
    "code-reading",
    include_str!("../data/choices/code-reading.jsonl"),
)];

/// Named questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiz {
    /// The name: that of the file without its endings.
    pub name: String,
    /// Whose fields the file has.
    pub shape: Shape,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// At least one.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Unique within the quiz: the file's own id, else the number of the line.
    pub id: String,
    /// The number of its line, from 1.
    pub line: usize,
    /// At least two.
    pub choices: Vec<Choice>,
    /// Which of them is right, from 0.
    pub right: usize,
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What stands before it, and is not scored.
    pub context: String,
    /// What stands between; scored with the text, but not counted in its length.
    pub delimiter: String,
    /// What is scored; never empty.
    pub text: String,
}

impl Choice {
    /// Context and continuation as they are handed to a tokenizer: white space at the end of the context belongs
    /// to the continuation, because tokenizers join a space with the word after it.
    pub fn parts(&self) -> (&str, String) {
        let context = self.context.trim_end();
        let spaces = &self.context[context.len()..];
        (context, format!("{spaces}{}{}", self.delimiter, self.text))
    }
}

impl Quiz {
    /// Names of the built-in quizzes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(name, _)| *name)
    }

    /// A built-in quiz.
    pub fn bundled(name: &str) -> Option<Quiz> {
        let (name, text) = BUNDLED.iter().find(|(known, _)| *known == name)?;
        let quiz = Quiz::read(name, text.as_bytes(), None);
        Some(quiz.expect("the built-in quizzes are valid, a test reads them all"))
    }

    /// The quiz in a file: JSON lines or one JSON list, plain or packed with gzip.
    ///
    /// # Errors
    /// [`Error::UnreadableSuite`] if it is no text, [`Error::BrokenProblem`] for what is in it.
    pub fn read(file: &str, bytes: &[u8], shape: Option<Shape>) -> Result<Quiz, Error> {
        let text = shelf::unpacked(bytes).map_err(|message| Error::UnreadableSuite {
            path: file.to_owned(),
            message,
        })?;
        let name = shelf::name_of(file);
        let broken = |line: usize, message: String| Error::BrokenProblem {
            suite: name.clone(),
            line,
            message,
        };
        let lines = line::lines(&text).map_err(|(line, message)| broken(line, message))?;
        let first = lines
            .first()
            .ok_or_else(|| broken(0, "there is no problem in it".to_owned()))?;
        let shape = match shape {
            Some(shape) => shape,
            None => Shape::of(first).map_err(|message| broken(first.number, message))?,
        };
        let mut ids = HashSet::new();
        let mut questions = Vec::with_capacity(lines.len());
        for line in &lines {
            let question = shape
                .question(line)
                .and_then(|question| check(question, &mut ids))
                .map_err(|message| broken(line.number, message))?;
            questions.push(question);
        }
        Ok(Quiz {
            name,
            shape,
            sha256: sha256(bytes),
            questions,
        })
    }
}

/// What holds of every question, whatever its shape.
fn check(question: Question, ids: &mut HashSet<String>) -> Result<Question, String> {
    let Question {
        id, choices, right, ..
    } = &question;
    if !ids.insert(id.clone()) {
        return Err(format!("`id`: `{id}` is there already"));
    }
    if choices.len() < 2 {
        return Err(format!("`choices`: {} to choose from", choices.len()));
    }
    if *right >= choices.len() {
        return Err(format!(
            "the answer is choice {right} counted from 0, and there are {}",
            choices.len()
        ));
    }
    match choices
        .iter()
        .position(|choice| choice.text.trim().is_empty())
    {
        Some(at) => Err(format!("choice {at} counted from 0 is empty")),
        None => Ok(question),
    }
}

#[cfg(test)]
mod tests;
