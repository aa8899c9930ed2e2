//! What multiple choice asks.

use serde::{Deserialize, Serialize};
use task::{Quiz, Shape};

/// Multiple choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccuracyPlan {
    /// Names of bundled sets, and paths of files.
    pub suites: Vec<String>,
    /// SHA-256 of each, in the same order.
    pub sha256: Vec<String>,
    /// Problems that each holds, in the same order, of which a limit may leave some out; plans of earlier versions do not
    /// tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<usize>,
    /// Whose fields the files have; `None` to see it from their first line.
    pub shape: Option<Shape>,
    /// At most so many problems of each, from its beginning.
    pub limit: Option<usize>,
}

impl AccuracyPlan {
    /// The questions that are built in.
    pub fn bundled() -> AccuracyPlan {
        AccuracyPlan {
            suites: Quiz::names().map(String::from).collect(),
            sha256: Vec::new(),
            sizes: Vec::new(),
            shape: None,
            limit: None,
        }
    }
}
