//! What happened, on disk: the run folder and its append-only records.
//!
//! A run folder is the only interface between whoever measures and whoever reports. Records are
//! appended and flushed one by one, so that a killed run loses nothing that had finished; derived
//! files (report, CSV, pictures) may be deleted and made again. Nothing here computes a statistic.
//!
//! Reading order: [`record`] (what is written), `run` (what was read), `folder` (who writes).

mod derived;
mod error;
mod folder;
mod line;
mod precedents;
mod read;
pub mod record;
mod run;
mod tape;

pub use derived::{is_record, write_derived};
pub use error::Error;
pub use folder::{MIN_FREE_BYTES, RunFolder};
pub use precedents::Precedents;
pub use read::{latest, read};
pub use run::{Index, Run, TornTail};
