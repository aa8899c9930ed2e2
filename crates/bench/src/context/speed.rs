//! Prefill and decode behind a growing context.
//!
//! At a length L the session holds the first tokens of one long text; the last piece before L − n is read, n
//! tokens are decoded, and both are timed. Then they are forgotten and done again. What lies before was read in
//! pieces of the same size, and the time of all of them is the time to fill the context.

use engine::CacheKind;

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
        lengths.extend(&own);
        if !own.is_empty() {
            let rig = Rig::single(
                subject,
                shape(subject, plan, cache)?,
                desk.threads,
                desk.stop,
            )?;
            walks.push(Walk {
                subject,
                rig,
                fill_ns: 0,
                lengths: own,
            });
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
        let place = Place::new(&self.subject.name, "context")
            .with("context_tokens", point.n_held())
            .with("cache", point.cache.name());
        let timed = place
            .clone()
            .with("piece_tokens", plan.piece_tokens)
            .with("generate_tokens", point.n_new);
        let read = each(&|t| per_second(point.n_prompt as f64, t.first_token_ns));
        desk.record(&timed, "prefill_tokens_per_s", read)?;
        let decoded = each(&|t| t.decode_rate(point));
        desk.record(&timed, "decode_tokens_per_s", decoded)?;
        let last: Vec<f64> = each(&|t| t.first_token_ns as f64);
        let last = measure::quantile(&last, 0.5).unwrap_or(0.0);
        desk.record(&timed, "fill_ns", vec![self.fill_ns as f64 + last])?;
        self.memory(&place, point, desk)
    }

    /// The cache of a session for exactly this length.
    fn memory(&self, place: &Place<'_>, point: &Point, desk: &mut Desk<'_>) -> Result<(), Error> {
        let shape = engine::SessionShape {
            n_sequences: 1,
            capacity: point.n_held(),
            cache: engine::CacheKinds::both(point.cache),
        };
        let model = self.subject.model;
        match model.card().cache_elements {
            Some(elements) => {
                let bytes = elements.bytes(shape.cache) * point.n_held() as u64;
                desk.record(place, "kv_logical_bytes", vec![bytes as f64])?;
            }
            None => {
                let reason = "the file does not tell the cache's size".into();
                desk.record_absent(place, "kv_logical_bytes", reason)?;
            }
        }
        match model.open(shape)?.cache_bytes() {
            0 => {
                let reason = "the engine does not say".into();
                desk.record_absent(place, "kv_allocated_bytes", reason)
            }
            bytes => desk.record(place, "kv_allocated_bytes", vec![bytes as f64]),
        }
    }
}
