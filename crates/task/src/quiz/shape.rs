//! The shapes in which multiple choice is published, and how a question is worded from each.

use serde::{Deserialize, Serialize};

use super::hellaswag::{capitalised, clean};
use super::{Choice, Question};
use crate::shelf::line::Line;

/// Whose fields a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `activity_label`, `ctx_a`, `ctx_b`, `endings`, `label`.
    Hellaswag,
    /// `question`, `choices` with `text` and `label`, `answerKey`.
    Arc,
    /// `goal`, `sol1`, `sol2`, `label`.
    Piqa,
    /// `sentence` with a gap, `option1`, `option2`, `answer`.
    Winogrande,
    /// `passage`, `question`, `answer` or `label`.
    Boolq,
    /// Our own: `context`, `choices`, `answer`; `id` and `delimiter` if wanted.
    Generic,
}

/// Texts of the choices with their labels, as ARC has them.
#[derive(Deserialize)]
struct Labelled {
    text: Vec<String>,
    label: Vec<String>,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Shape; 6] = [
        Shape::Hellaswag,
        Shape::Arc,
        Shape::Piqa,
        Shape::Winogrande,
        Shape::Boolq,
        Shape::Generic,
    ];

    /// Its name in flags and records.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Hellaswag => "hellaswag",
            Shape::Arc => "arc",
            Shape::Piqa => "piqa",
            Shape::Winogrande => "winogrande",
            Shape::Boolq => "boolq",
            Shape::Generic => "generic",
        }
    }

    /// The fields by which it is known.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Shape::Hellaswag => &["activity_label", "ctx_a", "ctx_b", "endings"],
            Shape::Arc => &["question", "choices", "answerKey"],
            Shape::Piqa => &["goal", "sol1", "sol2"],
            Shape::Winogrande => &["sentence", "option1", "option2"],
            Shape::Boolq => &["passage", "question"],
            Shape::Generic => &["context", "choices"],
        }
    }

    /// Recognised by the fields.
    pub(super) fn of(line: &Line<'_>) -> Result<Shape, String> {
        let found = Shape::ALL
            .into_iter()
            .find(|shape| line.has(shape.fields()));
        found.ok_or_else(|| {
            "its fields are those of no known shape (HellaSwag, ARC, PIQA, WinoGrande, BoolQ, or `context`, `choices` and `answer`)"
                .to_owned()
        })
    }

    /// The question of a line.
    pub(super) fn question(self, line: &Line<'_>) -> Result<Question, String> {
        let (choices, right) = match self {
            Shape::Hellaswag => hellaswag(line),
            Shape::Arc => arc(line),
            Shape::Piqa => piqa(line),
            Shape::Winogrande => winogrande(line),
            Shape::Boolq => boolq(line),
            Shape::Generic => generic(line),
        }?;
        let id = match line.has(&["id"]) {
            true => bare(line, "id")?,
            false => line.number.to_string(),
        };
        Ok(Question {
            id,
            line: line.number,
            choices,
            right,
        })
    }
}

type Worded = Result<(Vec<Choice>, usize), String>;

fn hellaswag(line: &Line<'_>) -> Worded {
    let (label, first) = (line.text("activity_label")?, line.text("ctx_a")?);
    let second = capitalised(&line.text("ctx_b")?);
    let context = clean(&format!("{label}: {first} {second}"));
    let endings = line.texts("endings")?;
    let endings = endings.iter().map(|ending| clean(ending));
    Ok((after(&context, endings), number(line, "label")?))
}

fn arc(line: &Line<'_>) -> Worded {
    let choices: Labelled = line.get("choices")?;
    let (n_texts, n_labels) = (choices.text.len(), choices.label.len());
    if n_texts != n_labels {
        return Err(format!("`choices`: {n_texts} texts and {n_labels} labels"));
    }
    let key = line.text("answerKey")?;
    let right = choices.label.iter().position(|label| *label == key);
    let right = right.ok_or_else(|| {
        let labels = choices.label.join(", ");
        format!("`answerKey`: `{key}` is none of the labels {labels}")
    })?;
    let context = format!("Question: {}\nAnswer:", line.text("question")?);
    Ok((after(&context, choices.text), right))
}

fn piqa(line: &Line<'_>) -> Worded {
    let context = format!("Question: {}\nAnswer:", line.text("goal")?);
    let solutions = [line.text("sol1")?, line.text("sol2")?];
    Ok((after(&context, solutions), number(line, "label")?))
}

/// The sentence as far as its gap, filled with each option, is the context; what follows the gap is scored.
fn winogrande(line: &Line<'_>) -> Worded {
    let sentence = line.text("sentence")?;
    let (before, behind) = sentence
        .split_once('_')
        .ok_or("`sentence`: it has no gap `_`")?;
    let filled = |option: String| Choice {
        context: format!("{before}{option}"),
        delimiter: " ".to_owned(),
        text: behind.trim().to_owned(),
    };
    let options = [line.text("option1")?, line.text("option2")?];
    let answer = number(line, "answer")?;
    let right = answer
        .checked_sub(1)
        .ok_or("`answer`: it must be 1 or 2, and is 0")?;
    Ok((options.map(filled).to_vec(), right))
}

fn boolq(line: &Line<'_>) -> Worded {
    let (passage, question) = (line.text("passage")?, line.text("question")?);
    let context = format!("{passage}\nQuestion: {question}?\nAnswer:");
    let right = match line.has(&["answer"]) {
        true => usize::from(line.get::<bool>("answer")?),
        false => number(line, "label")?,
    };
    Ok((after(&context, ["no", "yes"].map(String::from)), right))
}

fn generic(line: &Line<'_>) -> Worded {
    let context = line.text("context")?;
    let delimiter = match line.has(&["delimiter"]) {
        true => line.text("delimiter")?,
        false => " ".to_owned(),
    };
    let choice = |text: String| Choice {
        context: context.clone(),
        delimiter: delimiter.clone(),
        text,
    };
    let choices = line.texts("choices")?.into_iter().map(choice);
    Ok((choices.collect(), number(line, "answer")?))
}

/// Choices that all follow one context after a space.
fn after(context: &str, texts: impl IntoIterator<Item = String>) -> Vec<Choice> {
    let choice = |text| Choice {
        context: context.to_owned(),
        delimiter: " ".to_owned(),
        text,
    };
    texts.into_iter().map(choice).collect()
}

/// A number, whether it is written as one or as a text; splits without answers have an empty text or −1 there.
fn number(line: &Line<'_>, field: &str) -> Result<usize, String> {
    let text = bare(line, field)?;
    match text.parse::<i64>() {
        Ok(number) => usize::try_from(number).map_err(|_| {
            format!(
                "`{field}`: {number} means that the answer is not given; take a split with answers"
            )
        }),
        Err(_) if text.is_empty() => Err(format!(
            "`{field}`: the answer is not given; take a split with answers"
        )),
        Err(_) => Err(format!("`{field}`: `{text}` is no number")),
    }
}

/// A text, or a number as text.
fn bare(line: &Line<'_>, field: &str) -> Result<String, String> {
    match line.get::<serde_json::Value>(field)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        other => Err(format!(
            "`{field}`: `{other}` is neither a text nor a number"
        )),
    }
}
