//! What a number counts and which way is good.
//!
//! Inside Whetstone only base units exist: nanoseconds, bytes, tokens, plain ratios. Milliseconds,
//! MiB and percent are made by `report`, and nowhere else.

use serde::{Deserialize, Serialize};

/// What one step of a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A time span, in nanoseconds.
    Nanoseconds,
    /// Storage, in bytes.
    Bytes,
    /// Tokens of the model's own tokenizer.
    Tokens,
    /// Tokens per second of monotonic wall time.
    TokensPerSecond,
    /// Bytes per second of monotonic wall time.
    BytesPerSecond,
    /// Arithmetic operations per second of monotonic wall time.
    OperationsPerSecond,
    /// Energy, in joules (watt seconds).
    Joules,
    /// Power, in watts.
    Watts,
    /// Cycles per second.
    Hertz,
    /// A share or a quotient without dimension; 0.5 is 50 %.
    Ratio,
    /// How many times as much: 1 is equal.
    Factor,
    /// A natural-log likelihood, in nats.
    Nats,
    /// Bits needed per byte of text.
    BitsPerByte,
    /// The exponential of nats per token.
    Perplexity,
    /// A number of things.
    Count,
}

/// Which direction of a metric is an improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither: a fact, not a score.
    Neither,
}
