//! `whet data prepare`: published solutions as rows to train on.

use std::path::{Path, PathBuf};

use anyhow::Result;
use task::prepare::{self, Prepared, Wanted};

use crate::cli::Prepare;
use crate::command::models::place;
use crate::exit::{Exit, Usage};
use crate::subject::Finder;
use crate::suites::{self, Known};

pub(super) fn run(flags: &Prepare, finder: &Finder<'_>) -> Result<Exit> {
    let terminal = finder.terminal;
    let output = place(Some(&flags.output), "", flags.force)?;
    let path = source(&flags.source, finder)?;
    let wanted = Wanted {
        source: name(&flags.source, &path),
        language: flags.language.map(|language| language.of_task()),
        limit: flags.limit.map(|limit| limit as usize),
        seed: flags.seed,
        keep_reasoning: flags.keep_reasoning,
    };
    let prepared = prepare::rows(&super::read(&path)?, &wanted);
    if !prepared.faults.is_empty() {
        let faults = super::faults(&flags.source, &prepared.faults);
        terminal.result(&format!("{faults}Nothing was written."))?;
        return Ok(Exit::Gate);
    }
    if prepared.rows.is_empty() {
        let why = left_out(&prepared);
        return Err(Usage(format!(
            "cannot prepare {}: no row is left ({why})",
            flags.source
        ))
        .into());
    }
    let lines: String = prepared.rows.iter().map(|row| format!("{row}\n")).collect();
    super::write(&output, &lines)?;
    terminal.note(&format!(
        "{} rows; {}",
        prepared.rows.len(),
        left_out(&prepared)
    ));
    if hub::find_data(&flags.source).is_ok() {
        terminal.note(&format!(
            "Note: {} is a suite to measure with. What a model scores on it says nothing once it was trained on it.",
            flags.source
        ));
    }
    terminal.result(&output.display().to_string())?;
    Ok(Exit::Done)
}

fn left_out(prepared: &Prepared) -> String {
    format!(
        "left out: {} without an answer, {} in another language, {} beyond the limit",
        prepared.n_unanswered, prepared.n_other_language, prepared.n_beyond
    )
}

/// The file that a word names; a data set is fetched if the user agrees.
fn source(word: &str, finder: &Finder<'_>) -> Result<PathBuf> {
    if Path::new(word).is_file() {
        return Ok(word.into());
    }
    match suites::known(word)? {
        Known::File(path) => Ok(path),
        Known::Data(entry) => finder.present(entry),
        Known::Custom => Err(Usage(format!(
            "{word} says how answers should behave and holds none to train on; prepare a file of solutions"
        ))
        .into()),
        Known::BuiltIn(suite) => Err(Usage(format!(
            "{} is built in to measure with; prepare a file, or make problems with `whet data generate`",
            suite.name
        ))
        .into()),
    }
}

/// What the rows call their source: the data set, or the file's name without its endings.
fn name(word: &str, path: &Path) -> String {
    if hub::find_data(word).is_ok() {
        return word.to_owned();
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.split('.').next().unwrap_or_default().to_owned()
}
