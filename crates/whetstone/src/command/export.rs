//! `whet report RUN… --export FORMAT=PATH`, and the same after `whet bench`: what runs showed, in the forms that other programs read.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::Run;
use report::Scorecard;
use report::publish::{self, About, Format, Source};

use super::compared;
use super::train::raft;
use crate::destination;
use crate::exit::{Exit, Usage};
use crate::provenance::safe;
use crate::terminal::Terminal;

/// What stands for a model, a suite and the time of a run in a path.
const MODEL: &str = "{model}";
const SUITE: &str = "{suite}";
const STAMP: &str = "{stamp}";
/// Where a run's folder keeps what is to be written in its end, so that a run that was stopped still knows it.
const KEPT: &str = "exports.json";
/// Characters of `YYYYMMDD_HHMMSS`, with which the name of a run ends.
const TIME_IN_NAME: usize = 15;

/// Exports one run, or several side by side.
pub(super) fn run(
    folders: &[PathBuf],
    (wanted, dpi): (&[(String, PathBuf)], u16),
    terminal: &Terminal,
) -> Result<Exit> {
    let mut runs: Vec<Run> = Vec::new();
    for folder in folders {
        match raft::holds(folder) {
            Some(what) => runs.extend(raft::evaluations(folder, what, terminal)?),
            None => runs.push(compared::read(folder)?),
        }
    }
    let run = match <[Run; 1]>::try_from(runs) {
        Ok([one]) => one,
        Err(several) => report::join(&several).map_err(Usage)?,
    };
    let card = Scorecard::of(&run).with(terminal.readings());
    let mut refused: Vec<String> = Vec::new();
    for (name, path) in wanted {
        let format = publish::find(name).map_err(Usage)?;
        match made((format, dpi), path, &run, &card) {
            Ok(files) => {
                for (path, bytes) in files {
                    put(&path, &bytes, format.appends, terminal)?;
                }
            }
            // What a run holds nothing for keeps no other form from being written.
            Err(error) => refused.push(error.downcast::<Usage>()?.0),
        }
    }
    match refused.is_empty() {
        true => Ok(Exit::Done),
        false => Err(Usage(refused.join("\n")).into()),
    }
}

/// The files of one form, none of which may not be written.
fn made(
    form: (&Format, u16),
    path: &Path,
    run: &Run,
    card: &Scorecard,
) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let files = files(form, path, run, card)?;
    for (path, _) in &files {
        destination::check(path)?;
    }
    Ok(files)
}

/// Keeps what a run is to write in its end. Paths become absolute: whoever goes on may stand elsewhere.
pub(super) fn keep(folder: &Path, wanted: &[(String, PathBuf)]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: Vec<(String, PathBuf)> = wanted.iter().map(anywhere).collect::<Result<_>>()?;
    ledger::write_derived(folder, KEPT, &serde_json::to_vec_pretty(&wanted)?)?;
    Ok(())
}

/// What is to be written now: what is wanted now, and what was when the run began.
pub(super) fn with_kept(
    folder: &Path,
    wanted: &[(String, PathBuf)],
) -> Result<Vec<(String, PathBuf)>> {
    let path = folder.join(KEPT);
    let mut all = wanted.to_vec();
    if !path.exists() {
        return Ok(all);
    }
    let name = path.display();
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
    let kept: Vec<(String, PathBuf)> = serde_json::from_slice(&bytes).map_err(|error| {
        Usage(format!(
            "{name} says what to export and is malformed ({error}); remove it and say it again with --export"
        ))
    })?;
    let here: Vec<(String, PathBuf)> = wanted.iter().map(anywhere).collect::<Result<_>>()?;
    all.extend(kept.into_iter().filter(|one| !here.contains(one)));
    Ok(all)
}

/// Writes what a run was to write in its end and is not there any more. A file of that name may be a newer run's, so none is
/// replaced. What is put behind other things is there already, and what went to standard output was read; a folder that is
/// gone is said and no failure of the report.
pub(super) fn again(folder: &Path, run: &Run, dpi: u16, terminal: &Terminal) -> Result<()> {
    let kept = with_kept(folder, &[])?;
    if run.is_open() || kept.is_empty() {
        return Ok(());
    }
    let card = Scorecard::of(run).with(terminal.readings());
    for (name, path) in kept {
        let format = publish::find(&name).map_err(Usage)?;
        if format.appends || path == Path::new("-") {
            continue;
        }
        if !destination::has_folder(&path) {
            let path = path.display();
            terminal.note(&format!(
                "{path} is not written again: its folder is not there"
            ));
            continue;
        }
        for (path, bytes) in files((format, dpi), &path, run, &card)? {
            if !path.exists() {
                put(&path, &bytes, format.appends, terminal)?;
            }
        }
    }
    Ok(())
}

fn anywhere((format, path): &(String, PathBuf)) -> Result<(String, PathBuf)> {
    let path = match path.as_path() {
        stdout if stdout == Path::new("-") => stdout.to_owned(),
        path => std::path::absolute(path)?,
    };
    Ok((format.clone(), path))
}

/// Refuses, before anything is measured, what could not be written in the end. The folder of runs will be made.
pub(super) fn check(wanted: &[(String, PathBuf)], n_models: usize, runs: &Path) -> Result<()> {
    for (name, path) in wanted {
        let format = publish::find(name).map_err(Usage)?;
        // What braces stand for is not known yet.
        let is_known = !path.to_string_lossy().contains('{');
        if is_known && (destination::has_folder(path) || path.parent() != Some(runs)) {
            destination::check(path)?;
        }
        if format.about != About::Run && n_models > 1 {
            let parts = ["a", "b"].map(|model| (model.to_owned(), String::new()));
            distinguished(format, path, &parts)?;
        }
    }
    Ok(())
}

/// The files of one form, all made before the first is written.
fn files(
    (format, dpi): (&Format, u16),
    path: &Path,
    run: &Run,
    card: &Scorecard,
) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut parts = format.parts(run);
    distinguished(format, path, &parts)?;
    if parts.is_empty() {
        // The form itself says what it would take.
        parts.push(Default::default());
    }
    let made = parts.iter().map(|(model, suite)| {
        let source = Source {
            run,
            card,
            model,
            suite,
            dpi,
        };
        let bytes = format.write(&source).map_err(|error| match error {
            report::Error::Nothing { .. } => Usage(error.to_string()).into(),
            other => anyhow::Error::from(other),
        })?;
        let path = path.to_string_lossy();
        let path = path
            .replace(MODEL, &safe(model))
            .replace(SUITE, &safe(suite))
            .replace(STAMP, stamp(&run.header.run_id));
        Ok((PathBuf::from(path), bytes))
    });
    made.collect()
}

/// The time in a run's name.
fn stamp(run_id: &str) -> &str {
    let at = run_id.len().saturating_sub(TIME_IN_NAME);
    run_id.get(at..).unwrap_or(run_id)
}

/// Several files need several paths.
fn distinguished(format: &Format, path: &Path, parts: &[(String, String)]) -> Result<(), Usage> {
    let path = path.to_string_lossy();
    let differ =
        |of: fn(&(String, String)) -> &String| parts.iter().any(|part| of(part) != of(&parts[0]));
    let needs = |word: &str, what: &str| {
        Usage(format!(
            "{} is of one {what}, and there are several; write {word} into the path, such as {}={word}-{path}",
            format.name, format.name
        ))
    };
    if format.about != About::Run && differ(|part| &part.0) && !path.contains(MODEL) {
        return Err(needs(MODEL, "model"));
    }
    if format.about == About::Suite && differ(|part| &part.1) && !path.contains(SUITE) {
        return Err(needs(SUITE, "suite"));
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8], appends: bool, terminal: &Terminal) -> Result<()> {
    if path == Path::new("-") {
        return terminal.bytes(bytes);
    }
    let mut options = OpenOptions::new();
    options.create(true).append(appends);
    if !appends {
        options.write(true).truncate(true);
    }
    let name = path.display();
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.with_context(|| format!("cannot write {name}"))?;
    terminal.note(&format!("Wrote {name}"));
    Ok(())
}
