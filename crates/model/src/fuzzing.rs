//! Doors for fuzzers: what is read from a checkpoint that anybody may have made, as bytes.
//!
//! Each door gives the bytes to the reader that meets them in earnest and panics when something that has to hold
//! for all bytes does not. `fuzz/` calls them with libFuzzer; `tests/corpus.rs` replays the corpus and changes of
//! it in every ordinary test run. Nothing here is part of the crate's promise.

/// A door by name.
pub type Door = fn(&[u8]);

/// Every door; the names are those of the targets and of the folders of the corpus.
pub const DOORS: [(&str, Door); 1] = [("pickle", crate::torch::pickle_door)];
