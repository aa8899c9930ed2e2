//! What is known of a metric that no list has.

use serde::{Deserialize, Serialize};

/// Which way is good, and of what the values are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Which way is good; `None` if neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Good>,
    /// An id for each value, in the order of the values, each once: what two models are paired by. Empty if values are
    /// repetitions of one thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// The good side of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Good {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}
