//! What has to be there before a recipe begins.

use anyhow::Result;

use super::Work;
use super::jobs::is_meant;
use crate::subject::Finder;

/// Fetches what is missing before anything is measured: a question in the middle of the night finds nobody.
///
/// # Errors
/// Those of [`Finder::base`]: nobody agreed, or it cannot be had.
pub(super) fn fetch(work: &Work<'_>, needed: &[bool], finder: &Finder<'_>) -> Result<()> {
    let trainings = work.trainings.iter().zip(needed);
    let taught = trainings.filter_map(|(one, &is_needed)| {
        let is_wanted = is_needed || is_meant(work.only, one.id());
        one.base().filter(|_| is_wanted)
    });
    let measured = work.jobs.iter().flat_map(|job| &job.models);
    for word in measured.map(String::as_str).chain(taught) {
        finder.fetch(word)?;
    }
    Ok(())
}
