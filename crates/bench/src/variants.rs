//! Speed and memory of the shapes of a family.
//!
//! Shapes come one after the other, each alone in memory, because a family at several precisions would not
//! fit side by side; so their repeats do not take turns, and the report says so. Nothing here depends on what the
//! weights know: random ones cost as much as trained ones. Answers are the code benchmark's matter.

use crate::Error;
use crate::desk::{Desk, Subject};
use crate::plan::{MemoryPlan, Plan, Shape, VariantsPlan};
use crate::{latency, memory};

/// The benchmark's name in its records.
pub const NAME: &str = "variants";

/// Measures one shape.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn measure(
    subject: &Subject<'_>,
    plan: &VariantsPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let Some(shape) = plan.shapes.iter().find(|s| s.model == subject.name) else {
        return Ok(());
    };
    full(subject, shape, plan, desk)?;
    if desk.stopped() {
        return Ok(());
    }
    let subjects = std::slice::from_ref(subject);
    latency::measure_as(NAME, subjects, &plan.latency(shape), desk)
}

/// Whether a subject is to be asked for code: every model is, but shapes whose weights know nothing.
pub(crate) fn answers(subject: &Subject<'_>, plan: &Plan) -> bool {
    let shapes = plan.variants.iter().flat_map(|plan| &plan.shapes);
    let mut own = shapes.filter(|shape| shape.model == subject.name);
    own.next().is_none_or(Shape::has_quality)
}

/// Memory with the whole context in use.
fn full(
    subject: &Subject<'_>,
    shape: &Shape,
    plan: &VariantsPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let filling = plan.filling(shape);
    let whole = MemoryPlan::of(&[filling.n_tokens], &[filling.cache.name()]);
    memory::measure_as(NAME, subject, &whole, desk)
}
