//! How fast prompts are read and tokens follow.
//!
//! Scope *kernel plus greedy choice*: token ids in, token ids out; no tokenizer, no text. The prompt
//! is the bundled code text, cut to length. After the warm-ups, models and combinations take turns
//! within each repeat, so that drift of the machine hits all alike; what the machine did meanwhile is
//! read from its counters and becomes a warning.

mod ceilings;
mod record;
mod rig;

use ledger::record::Warning;

use crate::Error;
use crate::desk::{Desk, Subject};
use crate::meter::Work;
use crate::noise::Watch;
use crate::plan::{LatencyPlan, Point};
use rig::{Mark, Refused, rigs, shapes};

pub(crate) use rig::{Rig, Timing, per_second, prompt};

/// Warm-ups after which a combination that has not settled is measured all the same.
const MOST_WARMUPS: usize = 12;

/// Change from the first half of the repeats to the second that is worth a warning.
const DRIFT: f64 = 0.05;

/// One model at one combination.
struct Cell {
    subject: usize,
    rig: usize,
    point: Point,
    timings: Vec<Timing>,
}

/// Checks that a model can open each session that its combinations need, before anything is measured. Memory may be
/// scarcer later: what does not fit then is absent, with the reason.
///
/// # Errors
/// [`Error::Plan`] with what the engine says.
pub fn check(subject: &Subject<'_>, plan: &LatencyPlan, threads: usize) -> Result<(), Error> {
    for (shape, threads) in shapes(&plan.points(threads)) {
        let session = subject.model.open_with(shape, threads);
        session.map_err(|error| Error::Plan(format!("the speed of {}: {error}", subject.name)))?;
    }
    Ok(())
}

/// Measures all subjects together.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn measure(
    subjects: &[Subject<'_>],
    plan: &LatencyPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    measure_as("latency", subjects, plan, desk)
}

/// The same for another benchmark, in whose name everything is written down.
pub(crate) fn measure_as(
    benchmark: &str,
    subjects: &[Subject<'_>],
    plan: &LatencyPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    if subjects
        .iter()
        .all(|subject| desk.is_done(&subject.name, benchmark))
    {
        return Ok(());
    }
    let points = plan.points(desk.threads);
    let (mut rigs, refused) = rigs(subjects, &points, desk.stop)?;
    let mut cells = cells(subjects.len(), &points, (&rigs, &refused));
    let book = record::Book {
        benchmark,
        subjects,
    };
    book.recall(&mut cells, desk.earlier);
    book.say_gone_on(&cells, plan, desk)?;
    let longest = points.iter().map(Point::n_held).max().unwrap_or(0);
    for subject in subjects {
        desk.warn_beyond_context(subject, longest)?;
    }
    let Some(noise) = timed(&book, &mut rigs, &mut cells, plan, desk)? else {
        return Ok(());
    };
    for warning in noise.into_iter().chain(drift(subjects, &cells)) {
        desk.warn(&warning)?;
    }
    book.everything(&cells, desk)?;
    for one in &refused {
        book.absent(one, desk)?;
    }
    for subject in subjects {
        desk.done(&subject.name, benchmark)?;
    }
    Ok(())
}

/// Every model at every combination that it has a session for, models of one combination side by side.
fn cells(
    n_subjects: usize,
    points: &[Point],
    (rigs, refused): (&[Rig<'_>], &[Refused]),
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for point in points {
        for subject in 0..n_subjects {
            let fits = |rig: &Rig<'_>| rig.serves(subject, point);
            let is_refused = refused.iter().any(|one| one.is(subject, point));
            let rig = rigs.iter().position(fits).filter(|_| !is_refused);
            cells.extend(rig.map(|rig| Cell {
                subject,
                rig,
                point: point.clone(),
                timings: Vec::new(),
            }));
        }
    }
    cells
}

/// Warms up, then times what is not known yet; each run is written down before the next one. What is worth a warning,
/// or `None` if the user asked to stop.
fn timed(
    book: &record::Book<'_>,
    rigs: &mut [Rig<'_>],
    cells: &mut [Cell],
    plan: &LatencyPlan,
    desk: &mut Desk<'_>,
) -> Result<Option<Vec<Warning>>, Error> {
    let n_runs = (plan.warmups + plan.repeats) * cells.len();
    desk.watcher.begin("latency", n_runs as u64);
    let mut warnings = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        if cell.timings.len() >= plan.repeats {
            continue;
        }
        match warm_up(&mut rigs[cell.rig], &cell.point, plan, desk)? {
            Warm::Settled => {}
            Warm::Unsteady(change) => warnings.push(unsteady(&cell.point, change)),
            Warm::Stopped => return Ok(None),
        }
        let done = (at + 1) * plan.warmups;
        desk.watcher.advance(done as u64, "warming up");
    }
    for warning in not_finite(book.subjects, rigs) {
        desk.warn(&warning)?;
    }
    let mut n_done = plan.warmups * cells.len();
    let same_threads = |cell: &Cell| cell.point.threads == cells[0].point.threads;
    let watch = match cells.iter().all(same_threads) {
        true => Watch::begin(desk),
        false => Watch::of_others(),
    };
    for repeat in 0..plan.repeats {
        for cell in cells.iter_mut() {
            if cell.timings.len() > repeat {
                n_done += 1;
                continue;
            }
            if desk.stopped() {
                return Ok(None);
            }
            let (clock, name) = (desk.clock, &book.subjects[cell.subject].name);
            let mut look = |mark| lap(mark, name, &cell.point, desk);
            let timing = rigs[cell.rig].run(&cell.point, clock, &mut look)?;
            book.keep(cell, &timing, desk)?;
            n_done += 1;
            let rate = timing.decode_rate(&cell.point);
            desk.watcher
                .advance(n_done as u64, &format!("{rate:.1} tok/s decode"));
            cell.timings.push(timing);
        }
    }
    warnings.extend(watch.end(desk));
    Ok(Some(warnings))
}

/// Says where the energy of a run belongs: the prompts, the tokens after the first, or neither.
fn lap(mark: Mark, model: &str, point: &Point, desk: &mut Desk<'_>) -> bool {
    let phase = |phase: &str| Work::of(model, phase).under(record::conditions(point));
    match mark {
        Mark::Start => desk.lap(0, || phase("prefill")),
        Mark::First => desk.lap((point.batch * point.n_prompt) as u64, || phase("decode")),
        Mark::Last => {
            let n_later = (point.batch * (point.n_new - 1)) as u64;
            desk.lap(n_later, || Work::of(model, "latency"))
        }
    }
}

enum Warm {
    Settled,
    /// The last two runs still differed by this share.
    Unsteady(f64),
    Stopped,
}

/// Runs without timing until the plan's number is reached and, where it asks for that, two runs in a row
/// agree.
fn warm_up(
    rig: &mut Rig<'_>,
    point: &Point,
    plan: &LatencyPlan,
    desk: &Desk<'_>,
) -> Result<Warm, Error> {
    let mut last: Option<f64> = None;
    let mut change = None;
    for n_done in 0..MOST_WARMUPS.max(plan.warmups) {
        let settled = match plan.settle {
            None => true,
            Some(most) => change.is_some_and(|change: f64| change <= most),
        };
        if n_done >= plan.warmups && settled {
            return Ok(Warm::Settled);
        }
        if desk.stopped() {
            return Ok(Warm::Stopped);
        }
        rig.looks = n_done == 0;
        let timing = rig.run(point, desk.clock, &mut |_| false);
        rig.looks = false;
        let total = timing?.total_ns() as f64;
        change = last.map(|last| (total - last).abs() / last.max(1.0));
        last = Some(total);
    }
    match (plan.settle, change) {
        (Some(most), Some(change)) if change > most => Ok(Warm::Unsteady(change)),
        _ => Ok(Warm::Settled),
    }
}

/// A warning for each model whose warm-ups gave rows that are no distributions: it chooses tokens by nothing, and is
/// timed all the same.
fn not_finite(subjects: &[Subject<'_>], rigs: &[Rig<'_>]) -> Vec<Warning> {
    let is_broken = |at: usize| rigs.iter().any(|rig| rig.is_broken(at));
    let broken = subjects.iter().enumerate().filter(|(at, _)| is_broken(*at));
    let warning = |(_, subject): (usize, &Subject<'_>)| {
        Warning {
        kind: "not_finite".into(),
        message: format!(
            "the logits of {} hold NaN or infinity: its speeds are those of a model that says nothing",
            subject.name
        ),
        advice: "fetch or convert the model's file again, or take another quantisation: the file is damaged, or its weights overflow in this format".into(),
    }
    };
    broken.map(warning).collect()
}

fn unsteady(point: &Point, change: f64) -> Warning {
    Warning {
        kind: "unsteady".into(),
        message: format!(
            "after {MOST_WARMUPS} warm-ups two runs in a row still differed by {:.0} % (prompt {}, batch {}, {} threads)",
            change * 100.0,
            point.n_prompt,
            point.batch,
            point.threads
        ),
        advice: "close other programs, fix the processor's frequency, or ask for more --repeats"
            .into(),
    }
}

/// Combinations that were slower or faster in the second half of their repeats than in the first. One
/// warning says how many and how much at most.
fn drift(subjects: &[Subject<'_>], cells: &[Cell]) -> Option<Warning> {
    let moved: Vec<(f64, &Cell)> = cells
        .iter()
        .filter_map(|cell| {
            let totals: Vec<f64> = cell.timings.iter().map(|t| t.total_ns() as f64).collect();
            let (first, second) = totals.split_at(totals.len() / 2);
            let change = measure::quantile(second, 0.5)? / measure::quantile(first, 0.5)? - 1.0;
            (first.len() >= 3 && change.abs() > DRIFT).then_some((change, cell))
        })
        .collect();
    let (most, cell) = moved
        .iter()
        .copied()
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let towards = if most > 0.0 { "slower" } else { "faster" };
    Some(Warning {
        kind: "drift".into(),
        message: format!(
            "{} of {} rows changed while they were measured; most of all {} at prompt {}, {:.0} % {towards} in the second half of its repeats",
            moved.len(),
            cells.len(),
            subjects[cell.subject].name,
            cell.point.n_prompt,
            most.abs() * 100.0,
        ),
        advice: "let the machine come to a steady temperature and load, and measure again".into(),
    })
}

#[cfg(test)]
mod tests;
