//! The benchmarks: what to do, in which order, and what is written down.
//!
//! A benchmark takes a [`Subject`] (a model with a name) and a [`Desk`] (ledger, clock, sandbox,
//! someone who watches) and appends records. It prints nothing, computes no statistic and knows no
//! engine by name; the same code measures the toy in milliseconds.
//!
//! Every unit of work that is complete is marked in the ledger, so that an interrupted run goes on
//! where it was. Judging never overlaps timing.
//!
//! Reading order: [`plan`], [`desk`], then one file per benchmark: [`code`], [`perplexity`] (with
//! [`text`] and [`protocol`]), [`divergence`], [`accuracy`], [`memory`], [`latency`], [`context`], [`variants`]; [`drift`] is
//! of adapters alone; [`run`] puts them together, [`origin`] says on which machine, and [`meter`] and [`noise`] what it and others did meanwhile. [`speculation`] is
//! carried out by itself, with two models that work together.

pub mod accuracy;
pub mod code;
pub mod context;
pub mod desk;
pub mod divergence;
pub mod drift;
pub mod latency;
pub mod memory;
pub mod meter;
pub mod noise;
pub mod origin;
pub mod passages;
pub mod perplexity;
pub mod plan;
pub mod protocol;
pub mod run;
pub mod speculation;
pub mod text;
pub mod trial;
pub mod variants;

mod error;
mod lockstep;

pub use desk::{Desk, Subject, Watcher};
pub use error::Error;
pub use meter::{Meter, Work};
pub use origin::machine;
pub use plan::Plan;
pub use protocol::Protocol;
pub use text::Text;
