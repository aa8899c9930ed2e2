//! Tokens in, tokens out.
//!
//! The vocabulary of running a language model: what a model is ([`Model`], [`Session`],
//! [`Tokenizer`]), what is asked of it ([`Request`]) and how completions come back ([`Sink`]). The
//! decode loop lives here once ([`generate`]), for one lane or many; an implementation only feeds
//! tokens and hands over logits.
//!
//! This room never reads a clock, prints, opens a file or judges a text. Whoever measures listens
//! through a [`Sink`] and looks at a clock there.
//!
//! Reading order: [`model`], [`request`], [`sampling`], [`generate`], [`speculate`],
//! then the fakes ([`toy`], [`scripted`]) and the [`laws`] that every implementation obeys.

pub mod agreement;
pub mod branches;
pub mod divergence;
mod error;
pub mod generate;
pub mod laws;
pub mod model;
pub mod request;
pub mod sampling;
pub mod score;
pub mod scripted;
pub mod seed;
pub mod speculate;
mod text;
pub mod toy;

pub use divergence::Divergence;
pub use error::Error;
pub use generate::{Lanes, Plain, Width};
pub use model::{
    CacheElements, CacheKind, CacheKinds, Feed, Logits, Model, ModelCard, Row, Session,
    SessionShape, Special, Token, Tokenizer,
};
pub use request::{
    Complete, Completion, Ending, Engine, Event, Finish, Flow, Pass, Request, Sink, completions,
};
pub use sampling::{Chances, Sampler, Sampling};
pub use speculate::Speculative;
