//! The door of fuzzers to what the program says that reads syntax trees.

use sandbox::{Ending, Outcome};

use super::{Wanted, read, scores};

/// An answer is refused, or every score that is made of it is a share.
pub(crate) fn inspection_door(bytes: &[u8]) {
    let structure = ["loop".to_owned(), "recursion".to_owned()];
    let outcome = |ending| Outcome::scripted(ending, bytes);
    let Ok(found) = read(&outcome(Ending::Exited(0)), structure.len()) else {
        return;
    };
    assert!(!found.parses || found.structure.len() == structure.len());
    let wanted = Wanted {
        prompt: "",
        keywords: &structure,
        structure: &structure,
    };
    for tests_passed in [0.0, 0.5, 1.0] {
        let scores = scores(wanted, "while True: pass", &found, tests_passed);
        assert!(
            scores.values().all(|score| (0.0..=1.0).contains(score)),
            "{scores:?}"
        );
    }
    assert!(read(&outcome(Ending::Exited(1)), structure.len()).is_err());
}
