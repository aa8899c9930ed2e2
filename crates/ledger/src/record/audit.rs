//! Verdicts of a fast way that were tried again.

use serde::{Deserialize, Serialize};

use super::{AttemptKey, Stage};

/// `audits.jsonl`: a verdict that came by a fast way, and what the slow way says of the same completion. The
/// verdict stays what it is; how often the two disagree is a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Which completion.
    pub key: AttemptKey,
    /// The fast way's stage.
    pub fast_stage: Option<Stage>,
    /// The fast way's cause.
    pub fast_cause: String,
    /// The slow way's stage; `None` if it could not judge, and then `unscored` says why.
    pub slow_stage: Option<Stage>,
    /// The slow way's cause.
    pub slow_cause: String,
    /// Why the slow way has no stage: a harness fault, which says nothing of the fast way.
    pub unscored: Option<String>,
}

impl Audit {
    /// Whether both ways said the same; `None` if the slow one could not judge.
    pub fn agrees(&self) -> Option<bool> {
        let fast = (self.fast_stage, &self.fast_cause);
        let slow = (self.slow_stage, &self.slow_cause);
        self.unscored.is_none().then_some(fast == slow)
    }
}
