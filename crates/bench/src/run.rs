//! A whole plan: one model after another, and speed at the end with all of them side by side.

use engine::Model;
use engine::score::Window;
use task::{Quiz, Suite};

use crate::desk::{Desk, Subject};
use crate::meter::Work;
use crate::plan::Plan;
use crate::text::Text;
use crate::{
    Error, accuracy, code, context, divergence, drift, latency, memory, perplexity, variants,
};

/// What a plan names and somebody else has read: problems and texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Material<'a> {
    /// The suites of the code benchmark.
    pub suites: &'a [Suite],
    /// The texts of perplexity.
    pub texts: &'a [Text],
    /// The texts of divergence.
    pub compared: &'a [Text],
    /// The questions of multiple choice.
    pub quizzes: &'a [Quiz],
    /// The texts on which caches are held against an f16 one.
    pub cached: &'a [Text],
}

/// Checks what can be checked of one model before the work starts.
///
/// # Errors
/// [`Error::Plan`] with what is wrong.
pub fn check(subject: &Subject<'_>, plan: &Plan, material: Material<'_>) -> Result<(), Error> {
    if let Some(plan) = &plan.perplexity {
        perplexity::check(subject, plan, material.texts)?;
    }
    if let Some(plan) = &plan.divergence {
        divergence::check_texts(subject, plan, material.compared)?;
    }
    if let Some(plan) = &plan.accuracy {
        accuracy::check(subject, plan, material.quizzes)?;
    }
    if let Some(plan) = plan.memory.as_ref().and_then(|plan| plan.quality.as_ref()) {
        divergence::check_texts(subject, plan, material.cached)?;
    }
    if let Some(latency) = &plan.latency {
        latency::check(subject, latency, plan.threads)?;
    }
    match &plan.context {
        Some(plan) => context::check(subject, plan),
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

/// What is measured of one model by itself: memory, code, perplexity, multiple choice, recall.
///
/// # Errors
/// Those of the benchmarks.
pub fn alone(
    subject: &Subject<'_>,
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    let result = each_alone(subject, plan, material, desk);
    ended(result, desk)
}

fn each_alone(
    subject: &Subject<'_>,
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    if let Some(plan) = &plan.memory {
        desk.turn(0, Work::of(&subject.name, "memory"));
        memory::measure(subject, plan, desk)?;
        if let (Some(quality), false) = (&plan.quality, desk.stopped()) {
            divergence::of_caches(subject, quality, material.cached, desk)?;
        }
    }
    if let (Some(plan), false) = (&plan.variants, desk.stopped()) {
        desk.turn(0, Work::of(&subject.name, variants::NAME));
        variants::measure(subject, plan, desk)?;
    }
    let answers = variants::answers(subject, plan) && !desk.stopped();
    if let (Some(code_plan), true) = (&plan.code, answers) {
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
    if let (Some(plan), false) = (&plan.accuracy, desk.stopped()) {
        desk.turn(0, Work::of(&subject.name, "accuracy"));
        accuracy::measure(subject, plan, material.quizzes, desk)?;
    }
    if let (Some(context), false) = (&plan.context, desk.stopped()) {
        desk.turn(0, Work::of(&subject.name, "context"));
        context::recall(subject, context, plan.seed, desk)?;
    }
    Ok(())
}

/// Whether something is measured of all models side by side. If not, they need never be in memory at once.
pub fn is_shared(plan: &Plan) -> bool {
    plan.divergence.is_some() || plan.latency.is_some() || plan.context.is_some()
}

/// What is measured of all models side by side: divergence, and speed in turns, also at growing context.
///
/// # Errors
/// Those of the benchmarks.
pub fn together(
    subjects: &[Subject<'_>],
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    let result = all_together(subjects, plan, material, desk);
    ended(result, desk)
}

fn all_together(
    subjects: &[Subject<'_>],
    plan: &Plan,
    material: Material<'_>,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    if let Some(plan) = &plan.divergence {
        desk.turn(0, shared("divergence", subjects));
        divergence::measure(subjects, plan, material.compared, desk)?;
    }
    if let (Some(plan), false) = (&plan.latency, desk.stopped()) {
        desk.turn(0, shared("latency", subjects));
        latency::measure(subjects, plan, desk)?;
    }
    if let (Some(plan), false) = (&plan.context, desk.stopped()) {
        desk.turn(0, shared("context", subjects));
        context::speed(subjects, plan, desk)?;
    }
    Ok(())
}

/// How far a model with an adapter is from its base, on answers of its own: see [`drift::measure`].
///
/// # Errors
/// Its own.
pub fn drift(
    subject: &Subject<'_>,
    base: &dyn Model,
    answers: &[Window],
    desk: &mut Desk<'_>,
) -> Result<Ended, Error> {
    desk.turn(0, Work::of(&subject.name, drift::NAME));
    let result = drift::measure(subject, base, answers, desk);
    ended(result, desk)
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

/// What became of the work. A step in the middle of which the engine was stopped is left; everything before it is written
/// down.
pub(crate) fn ended(result: Result<(), Error>, desk: &mut Desk<'_>) -> Result<Ended, Error> {
    let was_cut = match result {
        Err(error) if error.is_stop() => true,
        other => other.map(|()| false)?,
    };
    desk.turn_away()?;
    Ok(match was_cut || desk.stopped() {
        true => Ended::Interrupted,
        false => Ended::Complete,
    })
}
