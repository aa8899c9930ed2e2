//! Problems, the prompts made of them, and judges of what a model answered.
//!
//! This room knows nothing of engines and weights: a prompt is text that someone else feeds to a
//! model, a completion is text that came back. Judging may run programs, and then only through
//! [`sandbox::Sandbox`]. What a model got wrong is a verdict, what this machine got wrong is
//! *unscored*; neither is ever an error of this crate.
//!
//! Reading order: [`problem`], [`catalog`], [`chat`], [`prompt`], [`extract`], [`judge`],
//! [`shelf`], [`quiz`]. Benchmarks of one's own: [`behaviour`], [`custom`]. What models are trained on: [`family`], [`rows`], [`survey`], [`overlap`],
//! [`prepare`].

pub mod acceptance;
pub mod behaviour;
pub mod catalog;
pub mod chat;
pub mod cheats;
pub mod custom;
mod error;
pub mod extract;
pub mod family;
#[doc(hidden)]
pub mod fuzzing;
pub mod judge;
pub mod overlap;
pub mod prepare;
pub mod problem;
pub mod prompt;
pub mod quiz;
pub mod rows;
pub mod shelf;
pub mod survey;

pub use behaviour::{Answer, Behaviour};
pub use custom::{Case, Custom};
pub use error::Error;
pub use problem::{Judging, Language, Problem, PromptStyle, Suite, Target};
pub use prompt::PromptProfile;
pub use quiz::{Quiz, Shape};

use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hex.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
