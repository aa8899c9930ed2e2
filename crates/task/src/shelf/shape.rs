//! The shapes in which benchmarks are published, and how a problem is read from each.

use super::line::Line;
use super::{evalplus, mbpp, programs};
use crate::problem::{Function, Language, Problem, Target, Tests, Together};

/// Whose fields a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Our own: `id`, `prompt`, `target`.
    Own,
    /// Our own programs: `id`, `prompt`, `language`, `expected_output`.
    Programs,
    /// `prompt`, `base_input`, `plus_input`, `canonical_solution`, `entry_point`, `atol`.
    EvalPlus,
    /// `prompt`, `test`, `entry_point`.
    HumanEval,
    /// `text` or `prompt`, `code`, `test_list`.
    Mbpp,
    /// `prompt`, `tests`, `entry_point`: MBPP without its solutions.
    MbppTests,
    /// `name`, `language`, `prompt`, `tests`, `stop_tokens`.
    MultiplE,
}

impl Shape {
    /// Recognised by the fields.
    pub(super) fn of(line: &Line<'_>) -> Result<Shape, String> {
        let shapes: [(Shape, &[&str]); 7] = [
            (Shape::Own, &["id", "prompt", "target"]),
            (
                Shape::Programs,
                &["id", "prompt", "language", "expected_output"],
            ),
            (
                Shape::EvalPlus,
                &["base_input", "plus_input", "canonical_solution"],
            ),
            (Shape::HumanEval, &["prompt", "test", "entry_point"]),
            (Shape::Mbpp, &["code", "test_list"]),
            (
                Shape::MultiplE,
                &["name", "language", "prompt", "tests", "stop_tokens"],
            ),
            (Shape::MbppTests, &["prompt", "tests", "entry_point"]),
        ];
        let found = shapes.iter().find(|(_, fields)| line.has(fields));
        found.map(|(shape, _)| *shape).ok_or_else(|| {
            "its fields are those of no known shape (HumanEval, MBPP, EvalPlus, MultiPL-E, programs with `expected_output`)"
                .to_owned()
        })
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Shape::Own => "function tasks",
            Shape::Programs => "programs with exact output",
            Shape::EvalPlus => "in EvalPlus' shape",
            Shape::HumanEval => "in HumanEval's shape",
            Shape::Mbpp | Shape::MbppTests => "in MBPP's shape",
            Shape::MultiplE => "in MultiPL-E's shape",
        }
    }

    /// The problem of a line in a suite of that language.
    pub(super) fn problem(self, line: &Line<'_>, language: Language) -> Result<Problem, String> {
        match self {
            Shape::Own => line.own(),
            Shape::Programs => programs::problem(line, language),
            Shape::EvalPlus => evalplus::problem(line),
            Shape::HumanEval => humaneval(line),
            Shape::Mbpp => mbpp::problem(line),
            Shape::MbppTests => mbpp::without_solution(line),
            Shape::MultiplE => multipl_e(line),
        }
    }
}

fn humaneval(line: &Line<'_>) -> Result<Problem, String> {
    let prompt = line.text("prompt")?;
    let solution = line.text_or_empty("canonical_solution")?;
    let function = Function {
        entry_point: line.text("entry_point")?,
        stub: true,
        setup: String::new(),
        support: String::new(),
        tests: Tests::Check(line.text("test")?),
        solution: (!solution.is_empty()).then(|| format!("{prompt}{solution}")),
    };
    Ok(problem(line.id()?, prompt, Target::Function(function)))
}

fn multipl_e(line: &Line<'_>) -> Result<Problem, String> {
    let together = Together {
        stub: true,
        tests: line.text("tests")?,
    };
    Ok(problem(
        line.id()?,
        line.text("prompt")?,
        Target::Together(together),
    ))
}

/// The language of a MultiPL-E file, by the ending that names it there.
pub(super) fn language(line: &Line<'_>) -> Result<Language, String> {
    let name = line.text("language")?;
    Ok(match name.as_str() {
        "c" => Language::C,
        "cpp" => Language::Cpp,
        "go" | "go_test.go" => Language::Go,
        "js" => Language::JavaScript,
        "py" => Language::Python,
        "rs" => Language::Rust,
        _ => return Err(format!("programs in `{name}` cannot be judged here")),
    })
}

pub(super) fn problem(id: String, prompt: String, target: Target) -> Problem {
    Problem {
        id,
        prompt,
        target,
        tags: Vec::new(),
        max_tokens: None,
    }
}
