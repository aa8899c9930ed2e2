//! The improve room: training methods.
//!
//! Why it exists: a low-rank adapter, or a whole model, is trained here on examples that somebody wrote or that a
//! judge has kept, or on plain sources, so that what was measured can be made better and measured again. The loop is
//! [`sft`], what it moves a [`Learner`]; on top of it is [`raft`], which samples, has judged, and trains on what is right.
//!
//! What it deliberately does not do: it knows no arithmetic of transformers (that is `decoder`), samples no
//! text and judges nothing itself, prints nothing. It reads no clock but the one it is handed. Everything random
//! follows from one seed and the number of the step, so a run can go on from any checkpoint as if it had never
//! stopped.

#![forbid(unsafe_code)]

mod adamw;
mod checkpoint;
pub mod collect;
mod curve;
mod error;
pub mod examples;
mod folder;
mod learner;
pub mod raft;
mod recipe;
mod schedule;
pub mod sft;
pub mod sources;
mod split;

pub use adamw::AdamW;
pub use curve::{Point, mean_loss};
pub use error::Error;
pub use examples::{Example, Examples, Reader};
pub use folder::TrainFolder;
pub use learner::{Learner, Tuned, Whole};
pub use recipe::Recipe;
pub use schedule::Schedule;
pub use split::Split;
