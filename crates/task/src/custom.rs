//! Benchmarks of one's own: prompts, and what the answers are expected to do.
//!
//! A benchmark is plain data and becomes a [`Suite`] like any other, so that its answers are generated, kept,
//! resumed, shown and compared as those of every suite. Reading a file, and saying where in it a mistake
//! stands, is the program's business: here a mistake has a case and no line.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::behaviour::Behaviour;
use crate::problem::{Judging, Language, Problem, PromptStyle, Suite, Target};
use crate::sha256;

/// Tokens of an answer where a case does not say.
pub const MAX_TOKENS: u32 = 256;

/// Most tokens that a case may ask for.
pub const MOST_TOKENS: u32 = 100_000;

/// Prompts with what is expected, under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Its name in records and reports.
    pub id: String,
    /// What it is about, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The cases.
    pub data: Vec<Case>,
}

/// One prompt with what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name; `None` for its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the model is asked.
    pub prompt: String,
    /// Tokens of the answer at most; `None` for [`MAX_TOKENS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// What the answer is expected to do: all of it.
    pub expected_behavior: Vec<Behaviour>,
}

impl Custom {
    /// The suite that asks these prompts.
    ///
    /// # Errors
    /// What is wrong, in words: no case, an empty prompt or expectation, a name that stands there twice, a limit
    /// of 0 or beyond [`MOST_TOKENS`].
    pub fn suite(&self) -> Result<Suite, String> {
        if self.id.trim().is_empty() {
            return Err("the benchmark's id is empty".to_owned());
        }
        if self.data.is_empty() {
            return Err(
                "there is no case in it; write prompts with expected_behavior under data"
                    .to_owned(),
            );
        }
        let digits = self.data.len().to_string().len();
        let mut ids = HashSet::new();
        let mut problems = Vec::new();
        for (at, case) in self.data.iter().enumerate() {
            let number = format!("{:0digits$}", at + 1);
            let id = case.id.clone().unwrap_or_else(|| number.clone());
            case.check()
                .map_err(|why| format!("case {number}: {why}"))?;
            if !ids.insert(id.clone()) {
                return Err(format!("case {number}: two cases are called {id}"));
            }
            problems.push(case.problem(id));
        }
        let tokens = problems.iter().filter_map(|problem| problem.max_tokens);
        let canonical = serde_json::to_string(&self.data).map_err(|error| error.to_string())?;
        Ok(Suite {
            name: self.id.clone(),
            title: match self.description.as_str() {
                "" => self.id.clone(),
                text => text.to_owned(),
            },
            // Nobody looks for code in such answers.
            language: Language::Python,
            style: PromptStyle::Ask,
            max_tokens: tokens.max().unwrap_or(MAX_TOKENS),
            stop: Vec::new(),
            judge: Judging::Behaviour,
            toolchain: None,
            problems,
            sha256: sha256(canonical.as_bytes()),
        })
    }
}

impl Case {
    fn check(&self) -> Result<(), String> {
        if self.prompt.trim().is_empty() {
            return Err("its prompt is empty".to_owned());
        }
        match self.max_tokens {
            Some(0) => return Err("max_tokens must be at least 1".to_owned()),
            Some(n) if n > MOST_TOKENS => {
                return Err(format!("max_tokens must be at most {MOST_TOKENS}"));
            }
            _ => {}
        }
        match self.expected_behavior.is_empty() {
            true => Err("nothing is expected, so no answer could fail".to_owned()),
            false => Ok(()),
        }
    }

    fn problem(&self, id: String) -> Problem {
        Problem {
            id,
            prompt: self.prompt.clone(),
            target: Target::Behaviour(self.expected_behavior.clone()),
            tags: Vec::new(),
            max_tokens: Some(self.max_tokens.unwrap_or(MAX_TOKENS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(data: &str) -> Result<Custom, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"id": "mine", "data": {data}}}"#))
    }

    #[test]
    fn a_benchmark_becomes_a_suite_whose_cases_have_limits_of_their_own() {
        let data = r#"[{"prompt": "a", "max_tokens": 8, "expected_behavior": ["refuses"]},
            {"id": "b", "prompt": "b", "expected_behavior": ["contains: x", "max_repeats: 2"]}]"#;
        let suite = custom(data).unwrap().suite().unwrap();
        let ids: Vec<&str> = suite.problems.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["1", "b"]);
        let limits: Vec<u32> = suite
            .problems
            .iter()
            .map(|one| suite.max_tokens_of(one))
            .collect();
        assert_eq!((limits, suite.max_tokens), (vec![8, 256], 256));
        assert_eq!(suite.judge, Judging::Behaviour);
    }

    #[test]
    fn the_hash_is_that_of_the_cases_and_not_of_the_name() {
        let one = custom(r#"[{"prompt": "a", "expected_behavior": ["refuses"]}]"#).unwrap();
        let renamed = Custom {
            id: "other".into(),
            ..one.clone()
        };
        let hash = |custom: &Custom| custom.suite().unwrap().sha256;
        assert_eq!(hash(&one), hash(&renamed));
        let mut other = one.clone();
        other.data[0].prompt = "b".into();
        assert_ne!(hash(&one), hash(&other));
    }

    #[test]
    fn a_benchmark_that_asks_nothing_or_cannot_fail_is_refused() {
        for (data, wanted) in [
            ("[]", "no case"),
            (
                r#"[{"prompt": " ", "expected_behavior": ["refuses"]}]"#,
                "case 1: its prompt is empty",
            ),
            (
                r#"[{"prompt": "a", "expected_behavior": []}]"#,
                "no answer could fail",
            ),
            (
                r#"[{"prompt": "a", "max_tokens": 0, "expected_behavior": ["refuses"]}]"#,
                "at least 1",
            ),
            (
                r#"[{"prompt": "a", "max_tokens": 4000000000, "expected_behavior": ["refuses"]}]"#,
                "at most",
            ),
            (
                r#"[{"prompt": "a", "expected_behavior": ["refuses"]}, {"id": "1", "prompt": "a", "expected_behavior": ["refuses"]}]"#,
                "case 2: two cases are called 1",
            ),
        ] {
            let said = custom(data).unwrap().suite().unwrap_err();
            assert!(said.contains(wanted), "{data}: {said}");
        }
        assert!(custom(r#"[{"prompt": "a", "expected_behavior": ["sings"]}]"#).is_err());
    }
}
