//! `whet report DIR --export …` of a folder of RAFT: its first and its last evaluation as two models of one comparison.
//!
//! Every phase is a run like any other, so what is exported is what `whet compare` would show of them: the model before, and
//! with the adapter of the best cycle, paired problem by problem. An evaluation of the problems to train on and of those held
//! out are two runs of one model, and become one. Cycles in between, losses and energy stand in `summary.json`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ledger::Run;
use ledger::record::AttemptKey;

use super::reading::{Holds, Summary, over, runs};
use crate::command::train::book::RUN;
use crate::exit::Usage;
use crate::terminal::Terminal;

/// The evaluations of a run that is over, the first one first; a run that kept no adapter has only that.
///
/// # Errors
/// A run that is not over, and a folder with the runs of several models.
pub(in crate::command) fn evaluations(
    folder: &Path,
    what: Holds,
    terminal: &Terminal,
) -> Result<Vec<Run>> {
    let folder = &match what {
        Holds::Raft => folder.to_owned(),
        Holds::Full => only_one(folder)?,
    };
    let best = best(folder, terminal)?;
    let Some(before) = evaluation(folder, "baseline")? else {
        let place = folder.display();
        let why = format!("{place} holds no evaluation: the folders of its phases are gone");
        return Err(Usage(why).into());
    };
    let after = match best {
        Some(_) => evaluation(folder, "final")?,
        None => None,
    };
    match (after, best) {
        (Some(mut after), Some(cycle)) => {
            let name = after.header.models[0].name.clone();
            rename(&mut after, &format!("{name} cycle {cycle}"));
            Ok(vec![before, after])
        }
        _ => {
            terminal
                .note("No adapter is better than the base, so there is one evaluation to export");
            Ok(vec![before])
        }
    }
}

/// The cycle whose adapter is the best, as the summary of a run that is over tells it. Only without one are the phases gone
/// through again, for which the files of all problems have to be there.
fn best(folder: &Path, terminal: &Terminal) -> Result<Option<u32>> {
    match Summary::of(folder)? {
        Some(summary) => Ok(summary.best),
        None => Ok(over(folder, terminal)?.2.best),
    }
}

/// The run of a `whet benchmark full` of one model.
fn only_one(folder: &Path) -> Result<PathBuf> {
    match runs(folder)?.as_slice() {
        [one] => Ok(one.clone()),
        several => {
            let places = several.iter().map(|place| place.display().to_string());
            let why = format!(
                "{} holds a run of each model, and a model is held against itself before; export each by itself: {}",
                folder.display(),
                places.collect::<Vec<_>>().join(", ")
            );
            Err(Usage(why).into())
        }
    }
}

/// One evaluation, of whatever problems it is.
fn evaluation(folder: &Path, phase: &str) -> Result<Option<Run>> {
    let mut whole: Option<Run> = None;
    for set in ["prompts", "held_out"] {
        let place = folder.join(phase).join(set).join(RUN);
        if place.join("run.json").is_file() {
            let part = ledger::read(&place)?;
            whole = Some(match whole {
                Some(first) => beside(first, part),
                None => part,
            });
        }
    }
    if let Some(run) = &mut whole {
        // Phases have no name of their own.
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        run.header.run_id = format!("{phase} of {}", name.to_string_lossy());
    }
    Ok(whole)
}

/// Two runs of one model on other problems as one. What each did to the machine stays behind: the two were sessions of
/// their own, and their readings are no repetitions of each other.
fn beside(mut first: Run, mut other: Run) -> Run {
    for run in [&mut first, &mut other] {
        run.hardware.clear();
        run.measurements.retain(|one| one.benchmark != "hardware");
    }
    first.header.suites.extend(other.header.suites);
    first.attempts.extend(other.attempts);
    first.verdicts.extend(other.verdicts);
    first.audits.extend(other.audits);
    first.measurements.extend(other.measurements);
    let new = other.warnings.into_iter();
    let new: Vec<_> = new.filter(|one| !first.warnings.contains(one)).collect();
    first.warnings.extend(new);
    first.torn.extend(other.torn);
    first.repeats += other.repeats;
    first
}

/// Gives the only model of a run another name.
fn rename(run: &mut Run, name: &str) {
    let of = |key: &mut AttemptKey| name.clone_into(&mut key.model);
    run.header
        .models
        .iter_mut()
        .for_each(|model| name.clone_into(&mut model.name));
    run.attempts.iter_mut().for_each(|one| of(&mut one.key));
    run.verdicts.iter_mut().for_each(|one| of(&mut one.key));
    run.audits.iter_mut().for_each(|one| of(&mut one.key));
    let measured = run.measurements.iter_mut();
    measured.for_each(|one| name.clone_into(&mut one.model));
    run.done
        .iter_mut()
        .for_each(|one| name.clone_into(&mut one.model));
}
