//! What contexts cost in memory, by length, number of sequences and cache type.
//!
//! *Logical* is the formula, *allocated* what the engine says its cache buffers hold, *resident*
//! what the process grew by after every token was really fed, *peak* the highest resident size on
//! the way. Each combination starts from a closed session whose memory was given back, and is on the disk before the next. One that
//! cannot fit into the memory that is free is not begun: its row says why. Ratios are left to the report.
//!
//! Beside it stands what each cache costs in quality, see [`divergence::of_caches`](crate::divergence::of_caches).

mod room;

use engine::{Error as EngineError, Feed, Logits, Model};
use measure::probe::mapping;
use measure::probe::memory as probe;

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::latency::prompt;
use crate::plan::{Filling, MemoryPlan};
use room::Room;

/// The benchmark's name, in its records and as the step that is marked at its end.
const NAME: &str = "memory";
/// Tokens fed between two looks at the stop sign.
const PIECE: usize = 256;
/// The reason of a number that the user did not want.
pub const NOT_ASKED: &str = "not asked for";

/// Measures one subject.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn measure(subject: &Subject<'_>, plan: &MemoryPlan, desk: &mut Desk<'_>) -> Result<(), Error> {
    measure_as(NAME, subject, plan, desk)
}

/// The same for another benchmark, in whose name everything is written down.
pub(crate) fn measure_as(
    benchmark: &'static str,
    subject: &Subject<'_>,
    plan: &MemoryPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let whole = format!("{benchmark}/memory");
    let whole = if benchmark == NAME { NAME } else { &whole };
    if desk.is_done(&subject.name, whole) {
        return Ok(());
    }
    let longest = plan.contexts.iter().copied().max().unwrap_or(0);
    desk.warn_beyond_context(subject, longest)?;
    desk.watcher.begin(NAME, plan.n_fed() as u64);
    let mut n_fed = 0;
    let mut room = Room::of(subject.model);
    for filling in plan.fillings() {
        let step = step(benchmark, &filling);
        if desk.is_done(&subject.name, &step) {
            continue;
        }
        let Some(found) = one(subject, filling, &mut room, &mut n_fed, desk)? else {
            return Ok(());
        };
        let place = place(benchmark, &subject.name, filling);
        for (metric, value) in rows(subject.model, filling, found, plan) {
            write(desk, &place, metric, value)?;
        }
        desk.done(&subject.name, &step)?;
    }
    weights(benchmark, subject, n_fed > 0, desk)?;
    desk.done(&subject.name, whole)
}

/// The mark of one combination.
fn step(benchmark: &str, filling: &Filling) -> String {
    let Filling {
        n_tokens,
        n_sequences,
        cache,
    } = filling;
    format!("{benchmark}/{n_tokens}/{n_sequences}/{}", cache.name())
}

fn place<'a>(benchmark: &'a str, model: &'a str, filling: Filling) -> Place<'a> {
    Place::new(model, benchmark)
        .with("context_tokens", filling.n_tokens)
        .with("sequences", filling.n_sequences)
        .with("cache", filling.cache.name())
}

/// What one combination showed; an absent number keeps its reason.
struct Found {
    allocated: Result<u64, String>,
    resident: Result<u64, String>,
    peak: Result<u64, String>,
}

impl Found {
    /// Nothing, and the same reason for all.
    fn nothing(reason: &str) -> Found {
        let absent = || Err(reason.to_owned());
        Found {
            allocated: absent(),
            resident: absent(),
            peak: absent(),
        }
    }
}

/// Fills a session if there is room for it; `None` if the user asked to stop.
fn one(
    subject: &Subject<'_>,
    filling: Filling,
    room: &mut Room,
    n_fed: &mut u64,
    desk: &mut Desk<'_>,
) -> Result<Option<Found>, Error> {
    // What the session before this one has left would be taken for full, and for this one's.
    subject.model.give_back();
    if let Err(reason) = room.fits(subject.model, filling) {
        return Ok(Some(Found::nothing(&reason)));
    }
    match filled(subject, filling, room, n_fed, desk) {
        Err(Error::Engine(EngineError::Open { cause, .. })) => Ok(Some(Found::nothing(&cause))),
        other => other,
    }
}

fn filled(
    subject: &Subject<'_>,
    filling: Filling,
    room: &mut Room,
    n_fed: &mut u64,
    desk: &mut Desk<'_>,
) -> Result<Option<Found>, Error> {
    let reset = probe::reset_peak();
    let before = probe::resident_bytes();
    let mut session = subject.model.open(filling.shape())?;
    room.learn(session.scratch_bytes());
    let text = prompt(subject, filling.n_tokens);
    for tokens in text.chunks((PIECE / filling.n_sequences).max(1)) {
        if desk.stopped() {
            return Ok(None);
        }
        let feed = |sequence| Feed {
            sequence,
            tokens,
            logits: Logits::Last,
        };
        let feeds: Vec<Feed<'_>> = (0..filling.n_sequences).map(feed).collect();
        session.feed(&feeds, &mut |_| ())?;
        *n_fed += (tokens.len() * filling.n_sequences) as u64;
        desk.watcher.advance(*n_fed, filling.cache.name());
    }
    let after = probe::resident_bytes();
    let growth = before.and_then(|before| Ok(after?.saturating_sub(before)));
    let peak = reset.and_then(|()| probe::peak_resident_bytes());
    Ok(Some(Found {
        allocated: match session.cache_bytes() {
            0 => Err("the engine does not say".into()),
            bytes => Ok(bytes),
        },
        resident: growth.map_err(|absent| absent.to_string()),
        peak: peak.map_err(|absent| absent.to_string()),
    }))
}

/// What is written down of one combination.
fn rows(
    model: &dyn Model,
    filling: Filling,
    found: Found,
    plan: &MemoryPlan,
) -> [(&'static str, Result<u64, String>); 4] {
    let logical = match model.card().cache_elements {
        Some(elements) => Ok(filling.logical_bytes(elements)),
        None => Err("the file does not tell the cache's size".to_owned()),
    };
    let asked = |wanted: bool, value: Result<u64, String>| match wanted {
        true => value,
        false => Err(NOT_ASKED.to_owned()),
    };
    [
        ("kv_logical_bytes", asked(plan.kvcache, logical)),
        ("kv_allocated_bytes", asked(plan.kvcache, found.allocated)),
        ("resident_bytes", found.resident),
        ("peak_resident_bytes", asked(plan.peak, found.peak)),
    ]
}

/// How large the weights are, and how much of their file is mapped and in memory, if they were used by now.
fn weights(
    benchmark: &str,
    subject: &Subject<'_>,
    used: bool,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let place = Place::new(&subject.name, benchmark);
    let bytes = subject.model.card().weight_bytes;
    write(desk, &place, "weight_bytes", Ok(bytes))?;
    let mapped = match subject.model.file() {
        Some(path) => mapping::mapped_file(path).map_err(|absent| absent.to_string()),
        None => Err("the model was not read from a file".to_owned()),
    };
    let of = |part: fn(&mapping::Mapped) -> u64| mapped.as_ref().map(part).map_err(Clone::clone);
    write(desk, &place, "weights_mapped_bytes", of(|m| m.mapped_bytes))?;
    let resident = match used {
        true => of(|m| m.resident_bytes),
        false => Err("nothing was computed in this process that would have used them".to_owned()),
    };
    write(desk, &place, "weights_resident_bytes", resident)
}

fn write(
    desk: &mut Desk<'_>,
    place: &Place<'_>,
    metric: &str,
    value: Result<u64, String>,
) -> Result<(), Error> {
    desk.note(place, metric, value.map(|bytes| vec![bytes as f64]))
}
