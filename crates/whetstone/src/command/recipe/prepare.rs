//! What has to be there before a recipe begins: models, data sets, files that are made, and a sandbox with its toolchains.
//!
//! A recipe works for hours. A question in the middle of the night finds nobody, and a compiler that is missing is no news for
//! the end of a training; so whatever can be asked and found out is so before anything is trained or measured.

use anyhow::Result;
use task::Suite;

use super::Work;
use super::jobs::{Job, Kind, is_meant};
use crate::cli::Run;
use crate::command::bench::{agree, suites_of};
use crate::subject::Finder;
use crate::{containment, suites};

/// Fetches what is missing, asks for what will be written, looks that nothing is trained on that its target is measured
/// with, and puts up a sandbox for every suite that runs code, once.
///
/// # Errors
/// Nobody agreed, something cannot be had, a data set overlaps with what is measured, or programs could not be run here.
pub(super) fn prepare(
    work: &Work<'_>,
    needed: &[bool],
    (flags, finder): (&Run, &Finder<'_>),
) -> Result<()> {
    let trainings = work.trainings.iter().zip(needed);
    let trainings =
        trainings.filter(|(one, is_needed)| **is_needed || is_meant(work.only, one.id()));
    let trainings: Vec<_> = trainings.map(|(one, _)| one).collect();
    let taught = trainings.iter().filter_map(|one| one.base());
    let measured = work.jobs.iter().flat_map(|job| &job.models);
    for word in measured.map(String::as_str).chain(taught) {
        finder.fetch(word)?;
    }
    let open = work.jobs.iter();
    let open: Vec<&Job> = open
        .filter(|job| !(flags.resume && is_over(job, flags)))
        .collect();
    let plans: Vec<_> = open.iter().map(|job| &job.plan).collect();
    agree(&plans, finder)?;
    let mut judged: Vec<Suite> = Vec::new();
    let mut measured: Vec<(&str, Suite)> = Vec::new();
    for job in open {
        let read = suites_of(&job.plan, finder)?;
        if job.plan.code.as_ref().is_some_and(|code| code.judge) {
            judged.extend(read.iter().cloned());
        }
        let of_target = |suite| (job.target.as_str(), suite);
        measured.extend(read.into_iter().map(of_target));
    }
    for one in trainings.iter().filter(|one| is_meant(work.only, one.id())) {
        let mine = measured.iter().filter(|(target, _)| *target == one.target);
        one.keeps_apart(mine.map(|(_, suite)| suite))?;
        for word in one.suites()? {
            judged.push(suites::find(&word, finder)?);
        }
    }
    containment::open(&judged).map(drop)
}

/// Whether a run was carried out by an earlier call, so that nothing is needed for it.
fn is_over(job: &Job, flags: &Run) -> bool {
    let earlier = match &job.kind {
        Kind::Plan(asked) => asked.earlier(&flags.output, &job.name),
        Kind::Speculation(_) => None,
    };
    let run = earlier.and_then(|folder| ledger::read(&folder).ok());
    run.is_some_and(|run| run.is_complete())
}
