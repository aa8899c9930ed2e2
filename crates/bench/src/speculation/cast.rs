//! Who answers and who guesses.

use engine::Model;
use engine::speculate::Pair;

use crate::Error;
use crate::desk::Subject;
use crate::plan::Drafting;

/// The models of the benchmark.
#[derive(Clone, Copy)]
pub struct Cast<'a> {
    /// Whose answers they are.
    pub target: &'a Subject<'a>,
    /// Who guesses.
    pub draft: Option<&'a Subject<'a>>,
    /// The same with an adapter.
    pub lora: Option<&'a Subject<'a>>,
}

impl<'a> Cast<'a> {
    /// A target, who guesses for it, and the same with an adapter.
    pub fn new(
        target: &'a Subject<'a>,
        (draft, lora): (Option<&'a Subject<'a>>, Option<&'a Subject<'a>>),
    ) -> Cast<'a> {
        Cast {
            target,
            draft,
            lora,
        }
    }

    /// Checks that the drafts fit the target; says what speaks against them.
    ///
    /// # Errors
    /// [`Error::Plan`] with the reason why one does not.
    pub fn check(&self) -> Result<Vec<String>, Error> {
        let mut doubts = Vec::new();
        for draft in [self.draft, self.lora].into_iter().flatten() {
            let pair = Pair::of(self.target.model, draft.model).map_err(Error::Plan)?;
            doubts.extend(pair.doubt.filter(|doubt| !doubts.contains(doubt)));
        }
        Ok(doubts)
    }

    pub(super) fn drafting(&self, mode: Drafting) -> Option<&'a dyn Model> {
        let subject = match mode {
            Drafting::DraftLora => self.lora,
            mode if mode.needs_draft() => self.draft,
            _ => None,
        };
        subject.map(|subject| subject.model)
    }
}
