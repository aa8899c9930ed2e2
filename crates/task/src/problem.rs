//! Problems and suites: what is asked, and what is wanted.
//!
//! A suite is one JSONL file of problems with one way of asking and one judge. Its hash is taken over
//! the bytes of that file, so that two runs with the same hash asked the same questions.

use std::collections::HashSet;

use ledger::record::ProblemRecord;
use sandbox::toolchain;
use serde::{Deserialize, Serialize};

mod quality;
mod target;

pub use quality::Quality;
pub use target::{Case, Function, Inputs, Target, Tests, Together};

use crate::error::Error;
use crate::prompt::PromptProfile;
use crate::sha256;

/// One question to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Unique within its suite.
    pub id: String,
    /// What the model is given: a code stub to go on with, or a task in words.
    pub prompt: String,
    /// What is wanted.
    pub target: Target,
    /// Labels for filtering and breakdowns, for instance `easy`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Most tokens of an answer, where they are not the suite's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

/// The programming language of a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// C17.
    C,
    /// C++17.
    Cpp,
    /// Go.
    Go,
    /// JavaScript as Node reads it.
    #[serde(rename = "javascript")]
    JavaScript,
    /// Python 3.
    Python,
    /// Rust, edition 2021.
    Rust,
}

impl Language {
    /// Every language, in the order of reports.
    pub const ALL: [Language; 6] = [
        Language::C,
        Language::Cpp,
        Language::Go,
        Language::JavaScript,
        Language::Python,
        Language::Rust,
    ];

    /// How a person writes it.
    pub fn name(self) -> &'static str {
        self.boxed().name()
    }

    /// The same language for the sandbox, which knows no records.
    pub fn boxed(self) -> toolchain::Language {
        match self {
            Language::C => toolchain::Language::C,
            Language::Cpp => toolchain::Language::Cpp,
            Language::Go => toolchain::Language::Go,
            Language::JavaScript => toolchain::Language::JavaScript,
            Language::Python => toolchain::Language::Python,
            Language::Rust => toolchain::Language::Rust,
        }
    }
}

/// How a suite asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptStyle {
    /// The prompt as it stands, for the model to go on with; a chat template is not used.
    Continue,
    /// A conversation: one system line, the prompt as the user's message.
    Chat {
        /// The system message.
        system: String,
    },
    /// The prompt as the user's message, and nothing else; as it stands for a model without a chat template.
    Ask,
    /// In the published wording of a harness, so that numbers can be compared with it.
    Profile(PromptProfile),
}

/// Which judge reads the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judging {
    /// [`crate::judge::keywords`]: nothing is executed.
    Keywords,
    /// [`crate::judge::output`]: the program is built, run and its output compared.
    Output,
    /// [`crate::judge::function`]: the function is called from another box.
    Function,
    /// [`crate::judge::quality`]: the same, and its code is looked at.
    Quality,
    /// [`crate::judge::output`]: the program gets inputs, and its outputs are compared.
    Cases,
    /// [`crate::judge::output`]: tests and program share a process.
    Together,
    /// [`crate::judge::behaviour`]: the text is looked at, nothing is executed.
    Behaviour,
}

impl Judging {
    /// Whether answers are built or run.
    pub fn builds(self) -> bool {
        !matches!(self, Judging::Keywords | Judging::Behaviour)
    }

    /// The word for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Judging::Keywords => "keywords",
            Judging::Output => "output",
            Judging::Function => "function",
            Judging::Quality => "quality",
            Judging::Cases => "cases",
            Judging::Together => "together",
            Judging::Behaviour => "behaviour",
        }
    }
}

/// Most bytes of a suite's prompts that every run repeats: the published suites take a quarter of it.
const MOST_ASKED: usize = 1 << 20;

/// Problems that are asked and judged in the same way.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The name used on the command line and in records.
    pub name: String,
    /// How a person reads it.
    pub title: String,
    /// The language of the answers.
    pub language: Language,
    /// How it asks.
    pub style: PromptStyle,
    /// Most tokens of an answer, where a problem does not say.
    pub max_tokens: u32,
    /// Strings at which an answer ends.
    pub stop: Vec<String>,
    /// Who judges.
    pub judge: Judging,
    /// What builds and runs the answers, by its name; `None` for the first of the language that is there.
    pub toolchain: Option<String>,
    /// The problems, in the order of the file.
    pub problems: Vec<Problem>,
    /// SHA-256 of the JSONL bytes, lower-case hex.
    pub sha256: String,
}

impl Suite {
    /// The problem of that id.
    pub fn problem(&self, id: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.id == id)
    }

    /// Most tokens of an answer to this problem.
    pub fn max_tokens_of(&self, problem: &Problem) -> u32 {
        problem.max_tokens.unwrap_or(self.max_tokens)
    }

    /// What a record has to say of every problem: labels and counts for results in published forms, and what is asked,
    /// as long as that is not more than 1 MiB in all.
    pub fn records(&self) -> Vec<ProblemRecord> {
        let n_bytes: usize = self.problems.iter().map(|one| one.prompt.len()).sum();
        let record = |problem: &Problem| ProblemRecord {
            id: problem.id.clone(),
            tags: problem.tags.clone(),
            n_keywords: problem
                .target
                .keywords()
                .map_or(0, |words| u32::try_from(words.len()).unwrap_or(u32::MAX)),
            prompt: (n_bytes <= MOST_ASKED).then(|| problem.prompt.clone()),
        };
        self.problems.iter().map(record).collect()
    }

    /// Fills an otherwise finished suite with the problems of a JSONL text, and sets its hash.
    ///
    /// # Errors
    /// [`Error::BrokenProblem`] naming the line: no JSON, an empty or repeated id, an empty prompt, a
    /// target that the suite's judge cannot use. A suite without problems is one too.
    pub fn with_problems(mut self, jsonl: &str) -> Result<Suite, Error> {
        let mut ids = HashSet::new();
        for (number, line) in jsonl
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let broken = |message: String| self.broken(number + 1, message);
            let problem: Problem =
                serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
            check(&problem, self.judge).map_err(broken)?;
            if !ids.insert(problem.id.clone()) {
                return Err(broken(format!("the id `{}` is there already", problem.id)));
            }
            self.problems.push(problem);
        }
        if self.problems.is_empty() {
            return Err(self.broken(0, "there is no problem in it".to_owned()));
        }
        self.sha256 = sha256(jsonl.as_bytes());
        Ok(self)
    }

    fn broken(&self, line: usize, message: String) -> Error {
        Error::BrokenProblem {
            suite: self.name.clone(),
            line,
            message,
        }
    }
}

pub(crate) fn check(problem: &Problem, judge: Judging) -> Result<(), String> {
    if problem.id.trim().is_empty() || problem.prompt.trim().is_empty() {
        return Err("id and prompt must not be empty".to_owned());
    }
    if problem.target.judging() != judge {
        return Err("its target is not what the judge of this suite compares with".to_owned());
    }
    problem.target.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(judge: Judging) -> Suite {
        Suite {
            name: "mine".to_owned(),
            title: "Mine".to_owned(),
            language: Language::Cpp,
            style: PromptStyle::Continue,
            max_tokens: 1,
            stop: Vec::new(),
            judge,
            toolchain: None,
            problems: Vec::new(),
            sha256: String::new(),
        }
    }

    #[test]
    fn a_broken_problem_is_refused_with_its_line() {
        let good = r#"{"id":"a","prompt":"p","target":{"output":"1"}}"#;
        for bad in [
            "{",
            "[]",
            r#"{"id":"b","prompt":"p"}"#,
            r#"{"id":"","prompt":"p","target":{"output":"1"}}"#,
            r#"{"id":"b","prompt":" ","target":{"output":"1"}}"#,
            r#"{"id":"b","prompt":"p","target":{"output":" \n"}}"#,
            r#"{"id":"b","prompt":"p","target":{"keywords":["x"]}}"#,
            r#"{"id":"b","prompt":"p","target":{"output":"1"},"extra":1}"#,
            good,
        ] {
            let text = format!("{good}\n\n{bad}\n");
            let said = suite(Judging::Output)
                .with_problems(&text)
                .unwrap_err()
                .to_string();
            assert!(
                said.contains("line 3") && said.contains("`mine`"),
                "{bad}: {said}"
            );
        }
    }

    #[test]
    fn keywords_that_every_text_holds_are_refused() {
        for words in ["[]", r#"["x",""]"#, r#"[" "]"#] {
            let text = format!(r#"{{"id":"a","prompt":"p","target":{{"keywords":{words}}}}}"#);
            assert!(
                suite(Judging::Keywords).with_problems(&text).is_err(),
                "{words}"
            );
        }
    }

    #[test]
    fn a_record_repeats_what_is_asked_unless_that_is_very_long() {
        let suite_of = |prompt: &str| {
            let line = |id| {
                format!(r#"{{"id":"{id}","prompt":"{prompt}","target":{{"keywords":["x","y"]}}}}"#)
            };
            let text = format!("{}\n{}\n", line("a"), line("b"));
            suite(Judging::Keywords).with_problems(&text).unwrap()
        };
        let records = suite_of("Print 1.").records();
        assert_eq!((records.len(), records[1].n_keywords), (2, 2));
        assert_eq!(records[1].prompt.as_deref(), Some("Print 1."));
        let half = "p".repeat(MOST_ASKED / 2);
        assert!(suite_of(&half).records()[1].prompt.is_some());
        let records = suite_of(&format!("{half}p")).records();
        assert_eq!(records.len(), 2, "labels and counts stay");
        assert!(records.iter().all(|record| record.prompt.is_none()));
    }

    #[test]
    fn a_suite_without_problems_is_refused() {
        assert!(suite(Judging::Output).with_problems("\n\n").is_err());
    }
}
