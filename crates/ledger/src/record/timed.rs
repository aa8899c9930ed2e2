//! One timed run of a benchmark of speed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `timings.jsonl`: one timed run of the latency benchmark. What the measurements say is derived from all runs of a
/// combination together; an interrupted benchmark goes on after the last whole line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedRun {
    /// The model's name.
    pub model: String,
    /// The benchmark that asked for it.
    pub benchmark: String,
    /// The combination: lengths, threads, cache.
    pub conditions: BTreeMap<String, Value>,
    /// Which repeat, from 0.
    pub repeat: u64,
    /// From the prompts to the first token of each sequence.
    pub first_token_ns: u64,
    /// Each later step: one more token of every sequence.
    pub steps_ns: Vec<u64>,
}
