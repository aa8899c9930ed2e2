//! Whether one model may draft for another.
//!
//! Guesses are token ids, so both must mean the same by them. Vocabularies of one family are sometimes
//! padded to different lengths; what only one of them has is never guessed, or never right.

use crate::model::{Model, Tokenizer};
use crate::{Special, Token};

/// Two models of which one may draft for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Token ids that both know.
    pub n_common: usize,
    /// What speaks against it without forbidding it.
    pub doubt: Option<String>,
}

impl Pair {
    /// Compares the vocabularies, entry by entry.
    ///
    /// # Errors
    /// A sentence that says why this draft cannot serve that target.
    pub fn of(target: &dyn Model, draft: &dyn Model) -> Result<Pair, String> {
        let (ours, theirs) = (target.card(), draft.card());
        let refused = |cause: String| {
            format!(
                "{} cannot draft for {}: {cause}; take a draft of the target's own family",
                theirs.name, ours.name
            )
        };
        let n_common = ours.n_vocab.min(theirs.n_vocab);
        same_entries(target.tokenizer(), draft.tokenizer(), n_common).map_err(refused)?;
        let longer = if ours.n_vocab > n_common {
            target
        } else {
            draft
        };
        only_padding(longer, n_common).map_err(refused)?;
        let larger = theirs.n_parameters > ours.n_parameters;
        let doubt = larger.then(|| {
            format!(
                "the draft {} has more parameters than its target {}; were they swapped?",
                theirs.name, ours.name
            )
        });
        Ok(Pair { n_common, doubt })
    }
}

/// What the longer vocabulary has besides must be padding.
fn only_padding(longer: &dyn Model, n_common: usize) -> Result<(), String> {
    let padding = |text: &str| text.is_empty() || text.to_ascii_uppercase().contains("PAD");
    let words = longer.tokenizer();
    let n_longer = longer.card().n_vocab;
    let extra = (n_common as Token..n_longer as Token).find(|id| !padding(&words.text(*id)));
    extra.map_or(Ok(()), |id| {
        Err(format!(
            "one vocabulary has {n_common} entries and the other {n_longer}, and entry {id}, {:?}, is no padding",
            words.text(id)
        ))
    })
}

fn same_entries(
    target: &dyn Tokenizer,
    draft: &dyn Tokenizer,
    n_common: usize,
) -> Result<(), String> {
    for token in 0..n_common as Token {
        let (ours, theirs) = (target.text(token), draft.text(token));
        if ours != theirs || target.bytes(token) != draft.bytes(token) {
            return Err(format!(
                "token {token} is {theirs:?} there and {ours:?} in the target"
            ));
        }
        if target.is_end(token) != draft.is_end(token) {
            return Err(format!(
                "token {token} ({ours:?}) ends a text in only one of them"
            ));
        }
    }
    // Equal pieces may still be put together differently.
    const PROBE: &str = "fn f(x: i32) -> i32 {\n    x  + 10 // Größe\n}\n";
    if target.encode(PROBE, Special::Plain) != draft.encode(PROBE, Special::Plain) {
        return Err("they cut the same text into different tokens".into());
    }
    Ok(())
}
