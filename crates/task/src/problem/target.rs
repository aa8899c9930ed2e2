//! What an answer is held against, and what a target must hold so that it can fail.
//!
//! A target is plain data of the problem's file. Nothing in it is executed here, and the Python of a
//! test is not parsed here either: the checker's box does that.
//!
//! # Function tasks in JSONL
//!
//! ```json
//! {"id": "add", "prompt": "Write a function add(a, b).", "tags": ["easy"],
//!  "target": {"function": {
//!     "entry_point": "add",
//!     "tests": {"asserts": ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"]},
//!     "solution": "def add(a, b):\n    return a + b\n"}}}
//! ```
//!
//! With `"stub": true` the prompt is code (imports, helpers, `def add(a, b):` and its docstring) that
//! an answer goes on with; what it defines is also there for the tests. `"setup"` is Python that runs
//! before the tests (imports, data), in their box only. Instead of `asserts` stands `{"check": "def
//! check(candidate): …"}` or `{"inputs": {"base": "[[1, 2]]", "plus": "[]"}}`. Names that only the
//! answer can define (a class that the tests construct) need no mention: the tests reach them in the
//! solver's box.

use serde::{Deserialize, Serialize};

use super::{Judging, Quality};
use crate::behaviour::Behaviour;

/// What an answer is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Words and operators that the completion should contain.
    Keywords(Vec<String>),
    /// The exact text that the program should print, white space around it aside.
    Output(String),
    /// What a Python function should answer.
    Function(Function),
    /// The same, and what its code should look like.
    Quality(Quality),
    /// What the program should print for each input; all of them have to be right.
    Cases(Vec<Case>),
    /// A test program's text that is put behind the answer and shares its process.
    Together(Together),
    /// What an answer should do: all of it.
    Behaviour(Vec<Behaviour>),
}

/// A Python function and its tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The name that is called.
    pub entry_point: String,
    /// Whether the prompt is code that an answer goes on with, and not a task in words.
    #[serde(default)]
    pub stub: bool,
    /// Python that runs before the tests, in their box: imports, data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub setup: String,
    /// Python whose names the tests may call in the candidate's box: what an answer works on, such as a file
    /// or a server. The candidate shares a process with it and can deceive it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub support: String,
    /// The tests.
    pub tests: Tests,
    /// A right answer as a whole program; it has to pass. Needed for [`Tests::Inputs`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<String>,
}

/// How a function is tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tests {
    /// Python that defines `check(candidate)`, as in HumanEval: one test.
    Check(String),
    /// Python statements that name the function themselves, as in MBPP. Every `assert` counts as a
    /// test; what stands between them runs in order.
    Asserts(Vec<String>),
    /// Arguments; wanted is what the solution answers, as in EvalPlus.
    Inputs(Inputs),
}

/// Arguments of calls, each text a JSON list of argument lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The arguments of the original tests.
    pub base: String,
    /// Further arguments.
    pub plus: String,
    /// Python that defines `revive(inputs)`, for arguments that JSON cannot hold; empty if JSON can.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revive: String,
    /// How far a number may be off, absolutely; 0 means equal, and a millionth for floating point.
    #[serde(default)]
    pub atol: f64,
    /// A Python expression that is true if `answer` is as good as `wanted`, for arguments `args`; empty
    /// if they have to be equal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accept: String,
}

/// One input with the output wanted for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the program reads from standard input.
    pub input: String,
    /// What it should print, white space at the ends of lines and around the whole aside.
    pub output: String,
}

/// Tests that share the candidate's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Whether the prompt is code that an answer goes on with.
    pub stub: bool,
    /// What is put behind the answer.
    pub tests: String,
}

impl Target {
    /// The judge that can use it.
    pub fn judging(&self) -> Judging {
        match self {
            Target::Keywords(_) => Judging::Keywords,
            Target::Output(_) => Judging::Output,
            Target::Function(_) => Judging::Function,
            Target::Quality(_) => Judging::Quality,
            Target::Cases(_) => Judging::Cases,
            Target::Together(_) => Judging::Together,
            Target::Behaviour(_) => Judging::Behaviour,
        }
    }

    /// The function that is asked for, if one is.
    pub fn function(&self) -> Option<&Function> {
        match self {
            Target::Function(function) => Some(function),
            Target::Quality(quality) => Some(&quality.function),
            _ => None,
        }
    }

    /// The keywords that `keyword_share` counts, if an answer is scored by some.
    pub fn keywords(&self) -> Option<&[String]> {
        match self {
            Target::Keywords(words) => Some(words),
            Target::Quality(quality) => Some(&quality.keywords),
            _ => None,
        }
    }

    /// Refuses a target that every answer, or none, would meet.
    pub(super) fn check(&self) -> Result<(), String> {
        let wrong = match self {
            Target::Keywords(words) if words.is_empty() => "no keyword is given",
            Target::Keywords(words) if words.iter().any(|word| is_blank(word)) => {
                "a keyword is empty, and every text holds it"
            }
            Target::Output(text) if is_blank(text) => {
                "the wanted output is empty, and a program that does nothing would be right"
            }
            Target::Cases(cases) if cases.iter().all(|case| is_blank(&case.output)) => {
                "no output is wanted, and a program that does nothing would be right"
            }
            Target::Together(together) if is_blank(&together.tests) => "there is no test",
            Target::Behaviour(expected) if expected.is_empty() => {
                "nothing is expected, so no answer could fail"
            }
            Target::Function(function) => return function.check(),
            Target::Quality(quality) => return quality.check(),
            _ => return Ok(()),
        };
        Err(wrong.to_owned())
    }
}

impl Function {
    pub(super) fn check(&self) -> Result<(), String> {
        if !is_identifier(&self.entry_point) {
            return Err(format!("`{}` is no name of a function", self.entry_point));
        }
        match &self.tests {
            Tests::Check(text) if !text.contains("def check(") => {
                Err("the test defines no `check(candidate)`".to_owned())
            }
            Tests::Asserts(texts) if !texts.iter().any(|text| text.contains("assert")) => {
                Err("there is no assertion among the tests".to_owned())
            }
            Tests::Inputs(inputs) => inputs.check(self.solution.as_deref()),
            _ => Ok(()),
        }
    }
}

impl Inputs {
    fn check(&self, solution: Option<&str>) -> Result<(), String> {
        if solution.is_none_or(is_blank) {
            return Err("inputs without a solution: nothing says what is right".to_owned());
        }
        let count = |name: &str, text: &str| {
            serde_json::from_str::<Vec<Vec<serde::de::IgnoredAny>>>(text)
                .map(|calls| calls.len())
                .map_err(|error| format!("{name} is no JSON list of argument lists: {error}"))
        };
        if count("base", &self.base)? + count("plus", &self.plus)? == 0 {
            return Err("there is no input".to_owned());
        }
        if !self.atol.is_finite() || self.atol < 0.0 {
            return Err("atol must be a number that is not negative".to_owned());
        }
        Ok(())
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Letters, digits and underscores, not beginning with a digit: Python's rule without rare alphabets.
fn is_identifier(name: &str) -> bool {
    let begins = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(begins) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
