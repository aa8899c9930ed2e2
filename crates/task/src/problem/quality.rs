//! A function task whose answers are looked at as well as tested.
//!
//! ```json
//! "target": {"quality": {"function": {…}, "keywords": ["while", "return"],
//!            "structure": ["loop or recursion", "returns:binary_search"]}}
//! ```
//!
//! The words of `structure` are defined in `judge/quality/inspect.py`; an unknown one is an error of the
//! program that reads them, and a test tries every built-in one.

use serde::{Deserialize, Serialize};

use super::Function;

/// A function with its tests, and what its code should look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// What is called, and the tests: they alone decide what is right.
    pub function: Function,
    /// Identifiers and operators that the code should contain.
    pub keywords: Vec<String>,
    /// Assertions on the syntax tree.
    pub structure: Vec<String>,
}

impl Quality {
    /// Refuses lists that every answer, or none, would meet.
    pub(super) fn check(&self) -> Result<(), String> {
        let lists = [("keyword", &self.keywords), ("assertion", &self.structure)];
        for (name, list) in lists {
            if list.is_empty() || list.iter().any(|word| word.trim().is_empty()) {
                return Err(format!("there is no {name}, or an empty one"));
            }
        }
        self.function.check()
    }
}
