//! A whole plan: one model after another, and speed at the end with all of them side by side.

use task::Suite;

use crate::desk::{Desk, Subject};
use crate::plan::Plan;
use crate::{Error, code, latency, memory, perplexity};

/// Whether everything in the plan was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything.
    Complete,
    /// The user asked to stop; the run can be resumed.
    Interrupted,
}

/// What is measured of one model by itself: memory, code, perplexity. `suites` are those that the plan
/// names.
///
/// # Errors
/// Those of the benchmarks.
pub fn alone(
    subject: &Subject<'_>,
    plan: &Plan,
    suites: &[Suite],
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    if let Some(plan) = &plan.memory {
        memory::measure(subject, plan, desk)?;
    }
    if let (Some(code_plan), false) = (&plan.code, desk.stopped()) {
        let order = code::Order {
            plan: code_plan,
            suites,
            seed: plan.seed,
        };
        code::measure(subject, &order, desk)?;
    }
    if let (Some(plan), false) = (&plan.perplexity, desk.stopped()) {
        perplexity::measure(subject, plan, desk)?;
    }
    Ok(ended(desk))
}

/// What is measured of all models in turns: speed.
///
/// # Errors
/// Those of the benchmarks.
pub fn together(
    subjects: &[Subject<'_>],
    plan: &Plan,
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    if let Some(plan) = &plan.latency {
        latency::measure(subjects, plan, desk)?;
    }
    Ok(ended(desk))
}

fn ended(desk: &Desk<'_>) -> Ended {
    if desk.stopped() {
        Ended::Interrupted
    } else {
        Ended::Complete
    }
}
