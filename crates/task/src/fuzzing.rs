//! Doors for fuzzers: whatever judges read of what a box wrote, as bytes.
//!
//! As `sandbox::fuzzing`, which says how they are used; the corpus is replayed by `tests/corpus.rs`. What solver
//! and checker say to each other is read by Python and by nobody here: `fuzz/rpc.py` tries that. Nothing here is
//! part of the crate's promise.

use crate::judge;

/// A door by name.
pub type Door = fn(&[u8]);

/// Every door; the names are those of the targets and of the folders of the corpus.
pub const DOORS: [(&str, Door); 3] = [
    ("checker", judge::function::checker_door),
    ("evidence", judge::evidence_door),
    ("inspection", judge::quality::inspection_door),
];
