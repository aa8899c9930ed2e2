//! Tests that a checker which stays has refused before: it sees words in them that are not harmless, and would again.
//!
//! A refusal costs the start of a solver. It follows from the text alone, so it is remembered for as long as this
//! process lives.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::programs::Task;

static REFUSED: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Default::default);

/// Two texts under one number would only be checked in the slower way.
fn number(task: &Task) -> u64 {
    let mut hasher = DefaultHasher::new();
    task.text().hash(&mut hasher);
    hasher.finish()
}

fn refused() -> MutexGuard<'static, HashSet<u64>> {
    REFUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether these tests were refused.
pub(super) fn is_known(task: &Task) -> bool {
    refused().contains(&number(task))
}

/// Notes that these tests were refused.
pub(super) fn remember(task: &Task) {
    refused().insert(number(task));
}
