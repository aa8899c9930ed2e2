//! Views of a run: text, tables, pictures and pages made from a ledger.
//!
//! This room runs nothing, reads no clock and touches no file: it takes a [`ledger::Run`] and returns
//! text and bytes. A number is formatted in one place ([`mod@format`]), so every view shows the same
//! digits, and it stands with its n and its interval or with the reason why it is absent.
//!
//! Reading order: [`view`] (what is said), [`mod@format`] (with which digits), [`table`], then the
//! renderers: `text` (terminal), [`markdown`], [`html`], `latex`, [`export`] (JSON, CSV), [`chart`]; and
//! `files`, which calls them all. [`publish`] has the forms that other programs read. [`fn@join`] lays runs together to compare them, [`gates`] holds claims against
//! what comes of it. `reading` says how published guides read such numbers. [`untrusted`] guards every door.

pub mod chart;
mod error;
pub mod export;
mod files;
pub mod format;
pub mod gates;
pub mod html;
mod join;
mod latex;
pub mod markdown;
mod overview;
pub mod publish;
mod reading;
pub mod table;
mod text;
mod unlike;
pub mod untrusted;
pub mod view;

pub use error::Error;
pub use files::{files, files_at, files_of};
pub use join::{join, pool};
pub use reading::Readings;
pub use text::{Colour, scorecard_text};
pub use unlike::Origin;
pub use view::{Row, Scorecard};
