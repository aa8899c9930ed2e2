//! `whet report RUN… --export FORMAT=PATH`: what runs showed, in the forms that other programs read.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::Run;
use report::Scorecard;
use report::publish::{self, About, Format, Source};

use crate::exit::{Exit, Usage};
use crate::provenance::safe;
use crate::terminal::Terminal;

/// What stands for a model and a suite in a path.
const MODEL: &str = "{model}";
const SUITE: &str = "{suite}";

/// Exports one run, or several side by side.
pub(super) fn run(
    folders: &[PathBuf],
    wanted: &[(String, PathBuf)],
    terminal: &Terminal,
) -> Result<Exit> {
    let runs: Vec<Run> = folders
        .iter()
        .map(|folder| ledger::read(folder))
        .collect::<Result<_, _>>()?;
    let run = match <[Run; 1]>::try_from(runs) {
        Ok([one]) => one,
        Err(several) => report::join(&several).map_err(Usage)?,
    };
    let card = Scorecard::of(&run).with(terminal.readings());
    for (name, path) in wanted {
        let format = publish::find(name).map_err(Usage)?;
        for (path, bytes) in files(format, path, &run, &card)? {
            put(&path, &bytes, format.appends, terminal)?;
        }
    }
    Ok(Exit::Done)
}

/// The files of one form, all made before the first is written.
fn files(
    format: &Format,
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
        };
        let bytes = format.write(&source).map_err(|error| match error {
            report::Error::Nothing { .. } => Usage(error.to_string()).into(),
            other => anyhow::Error::from(other),
        })?;
        let path = path.to_string_lossy();
        let path = path
            .replace(MODEL, &safe(model))
            .replace(SUITE, &safe(suite));
        Ok((PathBuf::from(path), bytes))
    });
    made.collect()
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
        return Ok(terminal.bytes(bytes)?);
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
