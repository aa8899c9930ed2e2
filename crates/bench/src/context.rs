//! What a long context costs and what a model still finds in it.
//!
//! *Speed*: one session for each model and cache type is filled step by step up to the longest length, and at
//! each length the last piece is read again and some tokens are decoded, several times, models in turns. *Recall*:
//! a text of keys and values fills the context, and keys from its beginning to its end are asked for. Both read
//! the longest text once; what they do at a length is a step of its own, so that a killed run goes on (though it
//! has to read again what it held).
//!
//! It judges no understanding: recall is copying, the least that a context must be good for.

mod haystack;
mod recall;
mod speed;

use engine::{CacheKind, CacheKinds, SessionShape};

use crate::Error;
use crate::desk::Subject;
use crate::plan::ContextPlan;

pub use recall::recall;
pub use speed::speed;

/// Checks that a model can hold the longest context at all, before any is filled.
///
/// # Errors
/// [`Error::Plan`] with what the engine says.
pub fn check(subject: &Subject<'_>, plan: &ContextPlan) -> Result<(), Error> {
    for cache in &plan.caches {
        subject
            .model
            .open(shape(subject, plan, cache)?)
            .map_err(|error| Error::Plan(format!("{}: {error}", subject.name)))?;
    }
    haystack::check(subject, plan)
}

/// One sequence that holds the longest length.
fn shape(subject: &Subject<'_>, plan: &ContextPlan, cache: &str) -> Result<SessionShape, Error> {
    let kind: CacheKind = cache.parse().map_err(Error::Plan)?;
    let lengths = plan.lengths(subject.model.card());
    Ok(SessionShape {
        n_sequences: 1,
        capacity: lengths.last().copied().unwrap_or(1),
        cache: CacheKinds::both(kind),
    })
}
