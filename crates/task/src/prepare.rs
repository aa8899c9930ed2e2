//! Published solutions become rows to train on: `prompt`, `completion`, `metadata`.
//!
//! Three kinds of source are read, told apart by their fields: function tasks with a solution (HumanEval,
//! MBPP, EvalPlus), which are asked and answered in the wording in which they are measured; answers to
//! contest problems as in the data set `codeforces-cots` (`generation` beside `prompt` or the parts of a
//! statement); and rows of one's own in the shapes of [`crate::survey`].
//!
//! Pure, and the seed decides what a limited number takes. Solutions are taken on trust: nothing is run here.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::extract;
use crate::problem::Language;
use crate::prompt;
use crate::rows::Row;
use crate::survey::Entry;

/// What is wanted of a source.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What the rows say of where they come from.
    pub source: String,
    /// Only answers in this language.
    pub language: Option<Language>,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// Decides which ones.
    pub seed: u64,
    /// Keep what stands between `<think>` and `</think>` in an answer.
    pub keep_reasoning: bool,
}

/// Rows to train on, and what became of the other lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// One JSON object each, in the order of the source.
    pub rows: Vec<Value>,
    /// Lines in which there is no answer to learn.
    pub n_unanswered: usize,
    /// Answers in another language than the wanted one, or in none that could be seen.
    pub n_other_language: usize,
    /// Rows beyond the limit.
    pub n_beyond: usize,
    /// Lines that cannot be read, with what is wrong.
    pub faults: Vec<(usize, String)>,
}

/// Makes rows of a text of JSON lines.
pub fn rows(text: &str, wanted: &Wanted) -> Prepared {
    let mut prepared = Prepared::default();
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match Lesson::read(line) {
            Err(said) => prepared.faults.push((number, said)),
            Ok(None) => prepared.n_unanswered += 1,
            Ok(Some(lesson)) => match lesson.finished(wanted) {
                None => prepared.n_unanswered += 1,
                Some(lesson) if wanted.language.is_some() && lesson.language != wanted.language => {
                    prepared.n_other_language += 1;
                }
                Some(lesson) => prepared.rows.push(lesson.row(wanted)),
            },
        }
    }
    let n_made = prepared.rows.len();
    if let Some(limit) = wanted.limit {
        sample(&mut prepared.rows, limit, wanted.seed);
    }
    prepared.n_beyond = n_made - prepared.rows.len();
    prepared
}

/// Keeps so many, in their order: those with the smallest hashes of seed and content.
fn sample(rows: &mut Vec<Value>, limit: usize, seed: u64) {
    let hash = |at: usize| Sha256::digest(format!("{seed} {at} {}", rows[at]).as_bytes());
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by_cached_key(|&at| hash(at));
    let places: HashSet<usize> = places.into_iter().take(limit).collect();
    let mut at = 0;
    rows.retain(|_| {
        at += 1;
        places.contains(&(at - 1))
    });
}

/// What is asked and what is to be answered.
struct Lesson {
    system: Option<String>,
    prompt: String,
    completion: String,
    language: Option<Language>,
    metadata: Map<String, Value>,
}

impl Lesson {
    /// `None` if a line is sound and has no answer.
    fn read(line: &str) -> Result<Option<Lesson>, String> {
        let fields: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| error.to_string())?;
        if fields.contains_key("generation") {
            return contest(&fields);
        }
        Ok(match Entry::parse(line)? {
            Entry::Problem(problem) => {
                let solution = problem
                    .target
                    .function()
                    .and_then(|f| f.solution.as_deref());
                solution.map(|code| {
                    let (prompt, completion) = prompt::lesson(&problem.prompt, code);
                    Lesson {
                        system: None,
                        prompt,
                        completion,
                        language: Some(Language::Python),
                        metadata: Map::from_iter([("id".to_owned(), json!(problem.id))]),
                    }
                })
            }
            Entry::Row(_, Row::Answer { before, answer }) => own(&fields, before, answer)?,
            Entry::Row(_, Row::Text(_)) => {
                return Err("a text has no prompt; train on it as it is".to_owned());
            }
            Entry::Row(_, Row::Tokens(_)) => {
                return Err("it stands in tokens already; train on it as it is".to_owned());
            }
            Entry::Prompt(_) => None,
        })
    }

    /// Without its thoughts, if they are not wanted, and with its language. `None` if nothing is left.
    fn finished(mut self, wanted: &Wanted) -> Option<Lesson> {
        if !wanted.keep_reasoning {
            self.completion = without_reasoning(&self.completion)?;
        }
        self.language = self.language.or_else(|| extract::tagged(&self.completion));
        (!self.completion.trim().is_empty()).then_some(self)
    }

    fn row(self, wanted: &Wanted) -> Value {
        let mut row = Map::new();
        row.extend(
            self.system
                .map(|system| ("system".to_owned(), json!(system))),
        );
        row.insert("prompt".to_owned(), json!(self.prompt));
        row.insert("completion".to_owned(), json!(self.completion));
        let mut metadata = Map::from_iter([("source".to_owned(), json!(wanted.source))]);
        if let Some(language) = self.language {
            metadata.insert("language".to_owned(), json!(language));
        }
        metadata.extend(self.metadata);
        row.insert("metadata".to_owned(), Value::Object(metadata));
        Value::Object(row)
    }
}

/// A row with one question; a conversation of several has no single prompt.
fn own(
    fields: &Map<String, Value>,
    before: Vec<crate::chat::Message>,
    answer: String,
) -> Result<Option<Lesson>, String> {
    let is_system = |message: &crate::chat::Message| message.role == "system";
    let (system, asked): (Vec<_>, Vec<_>) = before.into_iter().partition(is_system);
    let [asked] = asked.as_slice() else {
        return Err("it has several turns; train on it as it is".to_owned());
    };
    let metadata = match fields.get("metadata") {
        Some(Value::Object(metadata)) => metadata.clone(),
        _ => Map::new(),
    };
    let named = metadata.get("language").or_else(|| fields.get("language"));
    Ok(Some(Lesson {
        system: system.into_iter().next().map(|message| message.content),
        prompt: asked.content.clone(),
        completion: answer,
        language: named.and_then(Value::as_str).and_then(language),
        metadata,
    }))
}

/// An answer to a problem of a contest; one that was cut off is none.
fn contest(fields: &Map<String, Value>) -> Result<Option<Lesson>, String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if text("finish_reason") == Some("length") {
        return Ok(None);
    }
    let completion = text("generation")
        .ok_or("generation is no text")?
        .to_owned();
    let prompt = match (text("prompt"), text("description")) {
        (Some(prompt), _) if !prompt.trim().is_empty() => prompt.to_owned(),
        (_, Some(_)) => statement(fields),
        _ => return Err("it has a generation, but neither prompt nor description".to_owned()),
    };
    let kept = ["id", "title", "rating", "difficulty", "tags"];
    let metadata = kept.iter().filter_map(|name| {
        let value = fields.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    });
    Ok(Some(Lesson {
        system: None,
        prompt,
        completion,
        language: text("programming_language")
            .or(text("language"))
            .and_then(language),
        metadata: metadata.collect(),
    }))
}

/// The parts of a problem's statement, each under its name.
fn statement(fields: &Map<String, Value>) -> String {
    let part = |title: &str, text: &str| format!("{title}\n\n{}\n\n", text.trim());
    let mut text = String::new();
    for (name, title) in [
        (
            "description",
            "Solve this problem with a program that reads standard input and writes standard output.",
        ),
        ("input_format", "Input:"),
        ("output_format", "Output:"),
    ] {
        if let Some(said) = fields.get(name).and_then(Value::as_str) {
            text += &part(title, said);
        }
    }
    let examples = fields.get("examples").and_then(Value::as_array);
    for example in examples.into_iter().flatten() {
        for (name, title) in [("input", "Example input:"), ("output", "Example output:")] {
            if let Some(said) = example.get(name).and_then(Value::as_str) {
                text += &part(title, said);
            }
        }
    }
    text.trim_end().to_owned()
}

/// What follows the thoughts. `None` if they never end: then nothing was answered.
fn without_reasoning(text: &str) -> Option<String> {
    match (text.contains("<think>"), text.rsplit_once("</think>")) {
        (_, Some((_, answer))) => Some(answer.trim_start().to_owned()),
        (true, None) => None,
        (false, None) => Some(text.to_owned()),
    }
}

/// The language that a word names, also with a version or a compiler in it.
fn language(word: &str) -> Option<Language> {
    let word = word.to_lowercase();
    let names = [
        ("c++", Language::Cpp),
        ("cpp", Language::Cpp),
        ("py", Language::Python),
        ("rust", Language::Rust),
        ("javascript", Language::JavaScript),
        ("node", Language::JavaScript),
    ];
    let found = names.iter().find(|(name, _)| word.contains(name));
    match (found, word.as_str()) {
        (Some((_, language)), _) => Some(*language),
        (None, "go" | "golang") => Some(Language::Go),
        (None, "c" | "gnu c" | "gnu c11") => Some(Language::C),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
