//! What stands in a file that models are trained on, or asked with: every line by its shape, every fault by
//! its line.
//!
//! Six shapes are told apart: a prompt with its answer, a conversation that ends with one, a text, an answer in
//! tokens, a prompt alone (for methods that sample), and a problem in one of the shapes of [`crate::shelf`]. What is
//! learnt of the first four is read by [`crate::rows`]. Faults are collected and not passed over; what follows from
//! them is decided by whoever asked. Texts are not judged.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::rows::Row;
use crate::shelf;

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A prompt or a conversation with its answer, or a text.
    Row(Shape, Row),
    /// A prompt alone.
    Prompt(String),
    /// A problem.
    Problem(Box<Problem>),
}

/// In which fields a line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// `prompt` and `response` or `completion`.
    Answer,
    /// `messages`.
    Messages,
    /// `text`.
    Text,
    /// `prompt_tokens` and `tokens`, as `whet collect` leaves them.
    Tokens,
    /// `prompt` alone.
    Prompt,
    /// `prompt` and what an answer is judged by.
    Problem,
}

impl Shape {
    /// The word for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Answer => "prompt and completion",
            Shape::Messages => "messages",
            Shape::Text => "text",
            Shape::Tokens => "collected",
            Shape::Prompt => "prompt",
            Shape::Problem => "problem",
        }
    }
}

/// A line without a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// What it says.
    pub entry: Entry,
}

/// A file's lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// Those that can be used.
    pub lines: Vec<Line>,
    /// The others, by their number, with what is wrong.
    pub faults: Vec<(usize, String)>,
}

impl Survey {
    /// Reads a text of JSON lines. Empty lines count, but say nothing.
    pub fn of(text: &str) -> Survey {
        let mut survey = Survey::default();
        let text = text.trim_start_matches('\u{feff}');
        let lines = (1..).zip(text.lines());
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            match Entry::parse(line) {
                Ok(entry) => survey.lines.push(Line { number, entry }),
                Err(said) => survey.faults.push((number, said)),
            }
        }
        survey
    }

    /// Lines that say what an earlier one said: their number and the earlier one's.
    pub fn repeats(&self) -> Vec<(usize, usize)> {
        let mut first: HashMap<(String, String), usize> = HashMap::new();
        let mut repeats = Vec::new();
        for line in &self.lines {
            let said = (line.entry.asked(), line.entry.learnt().to_owned());
            match first.get(&said) {
                Some(&earlier) => repeats.push((line.number, earlier)),
                None => {
                    first.insert(said, line.number);
                }
            }
        }
        repeats
    }
}

impl Entry {
    /// Reads one line.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(line: &str) -> Result<Entry, String> {
        let fields: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| match error.is_data() {
                true => "it is no JSON object".to_owned(),
                false => error.to_string(),
            })?;
        let has = |name: &str| fields.contains_key(name);
        let is_answered = has("response") || has("completion");
        if has("messages") {
            return Ok(Entry::Row(Shape::Messages, Row::parse(line)?));
        }
        if has("prompt_tokens") && has("tokens") {
            return Ok(Entry::Row(Shape::Tokens, Row::parse(line)?));
        }
        if has("prompt") && is_answered {
            return Ok(Entry::Row(Shape::Answer, Row::parse(line)?));
        }
        if let Some(problem) = shelf::problem_in(line) {
            return Ok(Entry::Problem(Box::new(problem?)));
        }
        match fields.get("prompt") {
            Some(Value::String(prompt)) if prompt.trim().is_empty() => {
                Err("its prompt is empty".to_owned())
            }
            Some(Value::String(prompt)) => Ok(Entry::Prompt(prompt.clone())),
            Some(_) => Err("prompt is no text".to_owned()),
            None => Ok(Entry::Row(Shape::Text, Row::parse(line)?)),
        }
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        match self {
            Entry::Row(shape, _) => *shape,
            Entry::Prompt(_) => Shape::Prompt,
            Entry::Problem(_) => Shape::Problem,
        }
    }

    /// What a model reads before it answers, all of a text; system messages aside, which say nothing of the
    /// task.
    pub fn asked(&self) -> String {
        match self {
            Entry::Row(_, Row::Answer { before, .. }) => {
                let said = before.iter().filter(|message| message.role != "system");
                let said: Vec<&str> = said.map(|message| message.content.as_str()).collect();
                said.join("\n")
            }
            Entry::Row(_, Row::Text(text)) => text.clone(),
            Entry::Row(_, Row::Tokens(one)) => one.prompt.clone(),
            Entry::Prompt(prompt) => prompt.clone(),
            Entry::Problem(problem) => problem.prompt.clone(),
        }
    }

    /// What is learnt: the answer, all of a text, nothing of the others.
    pub fn learnt(&self) -> &str {
        match self {
            Entry::Row(_, Row::Answer { answer, .. }) => answer,
            Entry::Row(_, Row::Text(text)) => text,
            Entry::Row(_, Row::Tokens(one)) => &one.text,
            Entry::Prompt(_) | Entry::Problem(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBPP: &str = r#"{"text": "Add.", "code": "def add(a, b):\n    return a + b", "task_id": 7, "test_list": ["assert add(1, 2) == 3"]}"#;

    #[test]
    fn every_shape_is_told_by_its_fields() {
        for (line, shape, asked, learnt) in [
            (
                r#"{"prompt":"p","completion":"c"}"#,
                Shape::Answer,
                "p",
                "c",
            ),
            (r#"{"prompt":"p","response":"c"}"#, Shape::Answer, "p", "c"),
            (
                r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},
                    {"role":"assistant","content":"b"},{"role":"user","content":"c"},
                    {"role":"assistant","content":"d"}]}"#,
                Shape::Messages,
                "a\nb\nc",
                "d",
            ),
            (r#"{"text":"t"}"#, Shape::Text, "t", "t"),
            (
                r#"{"prompt":"p","prompt_tokens":[1],"text":"c","tokens":[2]}"#,
                Shape::Tokens,
                "p",
                "c",
            ),
            (r#"{"prompt":"p","tags":[]}"#, Shape::Prompt, "p", ""),
            (
                r#"{"id":"a","prompt":"p","language":"cpp","expected_output":"6"}"#,
                Shape::Problem,
                "p",
                "",
            ),
        ] {
            let entry = Entry::parse(line).unwrap();
            let found = (entry.shape(), entry.asked(), entry.learnt().to_owned());
            assert_eq!(
                found,
                (shape, asked.to_owned(), learnt.to_owned()),
                "{line}"
            );
        }
        let problem = Entry::parse(MBPP).unwrap();
        assert_eq!(problem.shape(), Shape::Problem, "and not a text");
        assert!(problem.asked().contains("assert add(1, 2) == 3"));
    }

    #[test]
    fn faults_keep_their_lines_and_hide_no_other_line() {
        let text = "\u{feff}{\"text\":\"t\"}\n\n[1]\n{\"prompt\":\" \"}\n{\"prompt\":\"p\",\"completion\":\"\"}\n\
            {\"prompt\":1}\n{\n{\"id\":\"a\",\"prompt\":\"p\",\"language\":\"x\",\"expected_output\":\"6\"}\n{\"prompt\":\"p\"}\n{}\n";
        let survey = Survey::of(text);
        let numbers: Vec<usize> = survey.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 9]);
        for ((number, said), (at, wanted)) in survey.faults.iter().zip([
            (3, "no JSON object"),
            (4, "prompt is empty"),
            (5, "response is empty"),
            (6, "prompt is no text"),
            (7, "EOF"),
            (8, "unknown variant"),
            (10, "neither messages"),
        ]) {
            assert!(*number == at && said.contains(wanted), "{number}: {said}");
        }
        assert_eq!(survey.faults.len(), 7);
    }

    #[test]
    fn another_answer_to_a_prompt_is_no_repetition() {
        let row = |answer: &str| format!("{{\"prompt\":\"p\",\"completion\":\"{answer}\"}}\n");
        let text = [row("a"), row("b"), row("a"), row("a")].concat();
        assert_eq!(Survey::of(&text).repeats(), [(3, 1), (4, 1)]);
    }
}
