//! What a context costs in memory, by length and cache type.
//!
//! *Logical* is the formula, *allocated* what the engine says its cache buffers hold, *resident*
//! what the process grew by after every token was really fed, *peak* the highest resident size on
//! the way. Each case starts from a closed session.

use engine::{CacheKind, CacheKinds, Feed, Logits, SessionShape};
use measure::probe::memory as probe;

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::latency::prompt;
use crate::plan::MemoryPlan;

/// Tokens fed between two looks at the stop sign.
const PIECE: usize = 256;

/// Measures one subject.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn measure(subject: &Subject<'_>, plan: &MemoryPlan, desk: &mut Desk<'_>) -> Result<(), Error> {
    let step = "memory";
    if desk.is_done(&subject.name, step) {
        return Ok(());
    }
    let longest = plan.contexts.iter().copied().max().unwrap_or(0);
    desk.warn_beyond_context(subject, longest)?;
    let total: usize = plan.contexts.iter().sum::<usize>() * plan.caches.len();
    desk.watcher.begin("memory", total as u64);
    let mut n_fed = 0;
    let mut cases = Vec::new();
    for n_tokens in &plan.contexts {
        for cache in &plan.caches {
            match one_case(subject, *n_tokens, cache, &mut n_fed, desk)? {
                Some(case) => cases.push((*n_tokens, cache, case)),
                None => return Ok(()),
            }
        }
    }
    let weights = Place::new(&subject.name, "memory");
    desk.record(
        &weights,
        "weight_bytes",
        vec![subject.model.card().weight_bytes as f64],
    )?;
    for (n_tokens, cache, case) in cases {
        record(subject, n_tokens, cache, case, desk)?;
    }
    desk.done(&subject.name, step)
}

/// What one case showed; an absent number keeps its reason.
struct Case {
    allocated: u64,
    resident: Result<u64, String>,
    peak: Result<u64, String>,
}

/// Fills a session; `None` if the user asked to stop.
fn one_case(
    subject: &Subject<'_>,
    n_tokens: usize,
    cache: &str,
    n_fed: &mut u64,
    desk: &mut Desk<'_>,
) -> Result<Option<Case>, Error> {
    let reset = probe::reset_peak();
    let before = probe::resident_bytes();
    let shape = SessionShape {
        n_sequences: 1,
        capacity: n_tokens,
        cache: CacheKinds::both(kind(cache)?),
    };
    let mut session = subject.model.open(shape)?;
    let text = prompt(subject, n_tokens);
    for tokens in text.chunks(PIECE) {
        if desk.stopped() {
            return Ok(None);
        }
        session.feed(
            &[Feed {
                sequence: 0,
                tokens,
                logits: Logits::Last,
            }],
            &mut |_| (),
        )?;
        *n_fed += tokens.len() as u64;
        desk.watcher.advance(*n_fed, cache);
    }
    let after = probe::resident_bytes();
    let growth = match (before, after) {
        (Ok(before), Ok(after)) => Ok(after.saturating_sub(before)),
        (Err(absent), _) | (_, Err(absent)) => Err(absent.to_string()),
    };
    let peak = match reset {
        Ok(()) => probe::peak_resident_bytes().map_err(|absent| absent.to_string()),
        Err(absent) => Err(absent.to_string()),
    };
    Ok(Some(Case {
        allocated: session.cache_bytes(),
        resident: growth,
        peak,
    }))
}

fn record(
    subject: &Subject<'_>,
    n_tokens: usize,
    cache: &str,
    case: Case,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let place = Place::new(&subject.name, "memory")
        .with("context_tokens", n_tokens)
        .with("cache", cache);
    let kinds = CacheKinds::both(kind(cache)?);
    match subject.model.card().cache_elements {
        Some(elements) => {
            let bytes = elements.bytes(kinds) * n_tokens as u64;
            desk.record(&place, "kv_logical_bytes", vec![bytes as f64])?;
        }
        None => {
            let reason = "the file does not tell the cache's size".into();
            desk.record_absent(&place, "kv_logical_bytes", reason)?;
        }
    }
    if case.allocated == 0 {
        desk.record_absent(
            &place,
            "kv_allocated_bytes",
            "the engine does not say".into(),
        )?;
    } else {
        desk.record(&place, "kv_allocated_bytes", vec![case.allocated as f64])?;
    }
    for (metric, value) in [
        ("resident_bytes", case.resident),
        ("peak_resident_bytes", case.peak),
    ] {
        match value {
            Ok(bytes) => desk.record(&place, metric, vec![bytes as f64])?,
            Err(reason) => desk.record_absent(&place, metric, reason)?,
        }
    }
    Ok(())
}

/// The cache kind of that name.
fn kind(name: &str) -> Result<CacheKind, Error> {
    name.parse().map_err(Error::Plan)
}
