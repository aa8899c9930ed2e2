//! Prefill and decode behind a growing context.
//!
//! At a length L the session holds the first tokens of one long text; the last piece before L − n is read, n
//! tokens are decoded, and both are timed. Then they are forgotten and done again. What lies before was read in
//! pieces of the same size, and the time of all of them is the time to fill the context.

use engine::{CacheKind, CacheKinds, SessionShape};

use super::shape;
use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::latency::{Rig, Timing, per_second};
use crate::noise::Watch;
use crate::plan::{ContextPlan, Point};

/// One model with its session and what filling it has taken so far.
struct Walk<'s, 'm> {
    subject: &'s Subject<'m>,
    rig: Rig<'m>,
    fill_ns: u64,
    lengths: Vec<usize>,
}

/// Measures all subjects side by side: each cache type, each length.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn speed(
    subjects: &[Subject<'_>],
    plan: &ContextPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let is_open = |subject| {
        let caches = plan.caches.iter();
        caches
            .into_iter()
            .any(|cache| !open(subject, plan, cache, desk).is_empty())
    };
    if !subjects.iter().any(is_open) {
        return Ok(());
    }
    for subject in subjects {
        let longest = plan.lengths(subject.model.card()).last().copied();
        desk.warn_beyond_context(subject, longest.unwrap_or(0))?;
    }
    let watch = Watch::begin(desk);
    for cache in &plan.caches {
        if !with_cache(subjects, plan, cache, desk)? {
            return Ok(());
        }
    }
    for warning in watch.end(desk) {
        desk.warn(&warning)?;
    }
    Ok(())
}

fn step(cache: &str, length: usize) -> String {
    format!("context/speed/{cache}/{length}")
}

/// The lengths that are not done yet.
fn open(subject: &Subject<'_>, plan: &ContextPlan, cache: &str, desk: &Desk<'_>) -> Vec<usize> {
    let mut lengths = plan.lengths(subject.model.card());
    lengths.retain(|length| !desk.is_done(&subject.name, &step(cache, *length)));
    lengths
}

/// All lengths with one cache type. False if the user asked to stop.
fn with_cache(
    subjects: &[Subject<'_>],
    plan: &ContextPlan,
    cache: &str,
    desk: &mut Desk<'_>,
) -> Result<bool, Error> {
    let mut walks = Vec::new();
    let mut lengths = Vec::new();
    for subject in subjects {
        let own = open(subject, plan, cache, desk);
        if own.is_empty() {
            continue;
        }
        let shape = shape(subject, plan, cache)?;
        match Rig::single(subject, shape, desk.threads, desk.stop) {
            Ok(rig) => {
                lengths.extend(&own);
                walks.push(Walk {
                    subject,
                    rig,
                    fill_ns: 0,
                    lengths: own,
                });
            }
            // Alone it had room; beside those of the other models it has none.
            Err(Error::Engine(engine::Error::Open { cause, .. })) => {
                no_session(subject, (plan, cache, own.as_slice()), &cause, desk)?;
            }
            Err(error) => return Err(error),
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    let n_tokens: usize = walks.iter().filter_map(|walk| walk.lengths.last()).sum();
    desk.watcher
        .begin(&format!("context, cache {cache}"), n_tokens as u64);
    for length in lengths {
        let mut at_length: Vec<&mut Walk<'_, '_>> = walks
            .iter_mut()
            .filter(|walk| walk.lengths.contains(&length))
            .collect();
        let point = point(plan, cache, length, desk.threads)?;
        let Some(timings) = timed(&mut at_length, &point, plan, desk)? else {
            return Ok(false);
        };
        for (walk, timings) in at_length.iter().zip(timings) {
            walk.record(plan, &point, &timings, desk)?;
            desk.done(&walk.subject.name, &step(cache, length))?;
        }
    }
    Ok(true)
}

/// Writes down why nothing is measured at these lengths.
fn no_session(
    subject: &Subject<'_>,
    (plan, cache, lengths): (&ContextPlan, &str, &[usize]),
    cause: &str,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    for length in lengths {
        let point = point(plan, cache, *length, desk.threads)?;
        let place = of_memory(subject, &point);
        let timed = of_time(&place, plan, &point);
        for metric in ["prefill_tokens_per_s", "decode_tokens_per_s", "fill_ns"] {
            desk.record_absent(&timed, metric, cause.to_owned())?;
        }
        logical(subject, &point, desk)?;
        desk.record_absent(&place, "kv_allocated_bytes", cause.to_owned())?;
        desk.done(&subject.name, &step(cache, *length))?;
    }
    Ok(())
}

/// Where sizes at a length belong.
fn of_memory<'a>(subject: &'a Subject<'_>, point: &Point) -> Place<'a> {
    Place::new(&subject.name, "context")
        .with("context_tokens", point.n_held())
        .with("cache", point.cache.name())
}

/// Where times at a length belong.
fn of_time<'a>(memory: &Place<'a>, plan: &ContextPlan, point: &Point) -> Place<'a> {
    memory
        .clone()
        .with("piece_tokens", plan.piece_tokens)
        .with("generate_tokens", point.n_new)
}

/// A session for exactly this length.
fn exact(point: &Point) -> SessionShape {
    SessionShape {
        n_sequences: 1,
        capacity: point.n_held(),
        cache: CacheKinds::both(point.cache),
    }
}

/// Writes down what the cache of that length should take.
fn logical(subject: &Subject<'_>, point: &Point, desk: &mut Desk<'_>) -> Result<(), Error> {
    let elements = subject.model.card().cache_elements;
    let bytes = elements.map(|one| one.bytes(exact(point).cache) * point.n_held() as u64);
    let found = bytes.map(|bytes| vec![bytes as f64]);
    desk.note(
        &of_memory(subject, point),
        "kv_logical_bytes",
        found.ok_or_else(|| "the file does not tell the cache's size".to_owned()),
    )
}

/// What is done at a length: the last piece, and the tokens after it.
fn point(plan: &ContextPlan, cache: &str, length: usize, threads: usize) -> Result<Point, Error> {
    let n_prompt = plan.piece_at(length);
    Ok(Point {
        n_prompt,
        n_new: plan.generate_tokens,
        batch: 1,
        depth: length - plan.generate_tokens - n_prompt,
        threads,
        cache: cache.parse::<CacheKind>().map_err(Error::Plan)?,
        use_cache: true,
    })
}

/// Fills every session up to the point's depth, then times the point in turns. The first run warms up. `None` if
/// the user asked to stop.
fn timed(
    walks: &mut [&mut Walk<'_, '_>],
    point: &Point,
    plan: &ContextPlan,
    desk: &mut Desk<'_>,
) -> Result<Option<Vec<Vec<Timing>>>, Error> {
    let mut timings = vec![Vec::new(); walks.len()];
    for at in 0..walks.len() {
        let rig =
            |walk: &mut Walk<'_, '_>| walk.rig.deepen(point.depth, plan.piece_tokens, desk.clock);
        while let Some(ns) = rig(walks[at])? {
            walks[at].fill_ns += ns;
            if desk.stopped() {
                return Ok(None);
            }
            let held: usize = walks.iter().map(|walk| walk.rig.held()).sum();
            desk.watcher.advance(held as u64, &walks[at].subject.name);
        }
    }
    for round in 0..=plan.repeats {
        for (walk, timings) in walks.iter_mut().zip(&mut timings) {
            if desk.stopped() {
                return Ok(None);
            }
            let timing = walk.rig.run(point, desk.clock, &mut |_| false)?;
            if round > 0 {
                timings.push(timing);
            }
        }
    }
    Ok(Some(timings))
}

impl Walk<'_, '_> {
    fn record(
        &self,
        plan: &ContextPlan,
        point: &Point,
        timings: &[Timing],
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let each = |of: &dyn Fn(&Timing) -> f64| timings.iter().map(of).collect::<Vec<f64>>();
        let place = of_memory(self.subject, point);
        let timed = of_time(&place, plan, point);
        let read = each(&|t| per_second(point.n_prompt as f64, t.first_token_ns));
        desk.record(&timed, "prefill_tokens_per_s", read)?;
        let decoded = each(&|t| t.decode_rate(point));
        desk.record(&timed, "decode_tokens_per_s", decoded)?;
        let last: Vec<f64> = each(&|t| t.first_token_ns as f64);
        let last = measure::quantile(&last, 0.5).unwrap_or(0.0);
        desk.record(&timed, "fill_ns", vec![self.fill_ns as f64 + last])?;
        self.memory(&place, point, desk)
    }

    /// The cache of a session for exactly this length: the one that is open, if it is that long, because a second one of the
    /// longest might find no room.
    fn memory(&self, place: &Place<'_>, point: &Point, desk: &mut Desk<'_>) -> Result<(), Error> {
        logical(self.subject, point, desk)?;
        let shape = exact(point);
        let own = self.rig.cache_bytes_of(shape);
        let opened = match own {
            Some(bytes) => Ok(bytes),
            None => {
                let session = self.subject.model.open(shape);
                session.map(|session| session.cache_bytes())
            }
        };
        let bytes = match opened {
            Ok(bytes) => bytes,
            Err(engine::Error::Open { cause, .. }) => {
                return desk.record_absent(place, "kv_allocated_bytes", cause);
            }
            Err(error) => return Err(error.into()),
        };
        let silent = || "the engine does not say".to_owned();
        let found = (bytes > 0).then(|| vec![bytes as f64]).ok_or_else(silent);
        desk.note(place, "kv_allocated_bytes", found)
    }
}
