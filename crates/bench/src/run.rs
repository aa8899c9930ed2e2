//! A whole plan: one model after another, and speed at the end with all of them side by side.

use task::Suite;

use crate::desk::{Desk, Subject};
use crate::meter::Work;
use crate::plan::Plan;
use crate::text::Text;
use crate::{Error, code, divergence, latency, memory, perplexity};

/// What a plan names and somebody else has read: problems and texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Material<'a> {
    /// The suites of the code benchmark.
    pub suites: &'a [Suite],
    /// The texts of perplexity.
    pub texts: &'a [Text],
    /// The texts of divergence.
    pub compared: &'a [Text],
}

/// Checks what can be checked of one model before the work starts.
///
/// # Errors
/// [`Error::Plan`] with what is wrong.
pub fn check(subject: &Subject<'_>, plan: &Plan, material: Material<'_>) -> Result<(), Error> {
    if let Some(plan) = &plan.perplexity {
        perplexity::check(subject, plan, material.texts)?;
    }
    match &plan.divergence {
        Some(plan) => divergence::check_texts(subject, plan, material.compared),
        None => Ok(()),
    }
}

/// Whether everything in the plan was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything.
    Complete,
    /// The user asked to stop; the run can be resumed.
    Interrupted,
}

/// What is measured of one model by itself: memory, code, perplexity.
///
/// # Errors
/// Those of the benchmarks.
pub fn alone(
    subject: &Subject<'_>,
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    if let Some(plan) = &plan.memory {
        desk.turn(0, Work::of(&subject.name, "memory"));
        memory::measure(subject, plan, desk)?;
    }
    if let (Some(code_plan), false) = (&plan.code, desk.stopped()) {
        let order = code::Order {
            plan: code_plan,
            suites: material.suites,
            seed: plan.seed,
        };
        code::measure(subject, &order, desk)?;
    }
    if let (Some(plan), false) = (&plan.perplexity, desk.stopped()) {
        desk.turn(0, Work::of(&subject.name, "perplexity"));
        perplexity::measure(subject, plan, material.texts, desk)?;
    }
    turned_away(desk)?;
    Ok(ended(desk))
}

/// What is measured of all models side by side: divergence, and speed in turns.
///
/// # Errors
/// Those of the benchmarks.
pub fn together(
    subjects: &[Subject<'_>],
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    if let Some(plan) = &plan.divergence {
        desk.turn(0, shared("divergence", subjects));
        divergence::measure(subjects, plan, material.compared, desk)?;
    }
    if let (Some(plan), false) = (&plan.latency, desk.stopped()) {
        desk.turn(0, shared("latency", subjects));
        latency::measure(subjects, plan, desk)?;
    }
    turned_away(desk)?;
    Ok(ended(desk))
}

/// Work on these models together; of one alone it is that one's.
fn shared(phase: &str, subjects: &[Subject<'_>]) -> Work {
    let model = match subjects {
        [one] => Some(one.name.clone()),
        _ => None,
    };
    Work {
        model,
        phase: phase.to_owned(),
        ..Work::default()
    }
}

/// The work is over, or stopped: what was sampled is written down either way.
fn turned_away(desk: &mut Desk<'_>) -> Result<(), Error> {
    desk.turn(0, shared("other", &[]));
    desk.keep_samples()
}

fn ended(desk: &Desk<'_>) -> Ended {
    if desk.stopped() {
        Ended::Interrupted
    } else {
        Ended::Complete
    }
}
