//! From the word a user types to a suite of problems: built in, a data set of the catalogue, or a file.

use std::path::{Path, PathBuf};

use anyhow::Result;
use task::Suite;

use crate::custom;
use crate::exit::Usage;
use crate::subject::Finder;

/// What a word names, before anything is read or fetched.
#[derive(Debug)]
pub(crate) enum Known {
    /// A suite that is compiled into the program.
    BuiltIn(&'static Suite),
    /// A data set of the catalogue.
    Data(&'static hub::Entry),
    /// A file of problems.
    File(PathBuf),
    /// A benchmark of one's own, in a file or in the word itself.
    Custom,
}

/// What a word names.
///
/// # Errors
/// [`Usage`] with every known name if it names nothing.
pub(crate) fn known(word: &str) -> Result<Known, Usage> {
    if custom::is_inline(word) || Path::new(word).is_file() && custom::is_one(word) {
        return Ok(Known::Custom);
    }
    if looks_like_path(word) {
        return match Path::new(word) {
            path if path.is_file() => Ok(Known::File(path.to_owned())),
            path => {
                let why = match path.is_dir() {
                    true => "it is a folder; name a file",
                    false => "there is no such file",
                };
                Err(Usage(format!("cannot use the suite {word}: {why}")))
            }
        };
    }
    match (task::catalog::find(word), hub::find_data(word)) {
        (Ok(suite), _) => Ok(Known::BuiltIn(suite)),
        (_, Ok(entry)) => Ok(Known::Data(entry)),
        // A file of any other name: whoever reads it says what it is not.
        _ if Path::new(word).is_file() => Ok(Known::File(word.into())),
        (
            Err(error),
            Err(hub::Error::Unknown {
                suggestion, known, ..
            }),
        ) => {
            let meant =
                suggestion.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            Err(Usage(format!(
                "{error}; data sets are {}{meant}; a path to a JSONL file works as well",
                known.join(", ")
            )))
        }
        (Err(error), Err(_)) => Err(Usage(error.to_string())),
    }
}

/// The suite that a word names; a data set is fetched if the user agrees.
///
/// # Errors
/// Those of [`known`], of fetching and of reading the problems.
pub(crate) fn find(word: &str, finder: &Finder<'_>) -> Result<Suite> {
    match known(word)? {
        Known::BuiltIn(suite) => Ok(suite.clone()),
        Known::Data(entry) => data(&finder.present(entry)?, entry),
        Known::File(path) => read(&path),
        Known::Custom => Ok(custom::read(word)?.suite().map_err(Usage)?),
    }
}

/// Refuses a word that names nothing, and a benchmark of one's own with a mistake in it.
///
/// # Errors
/// Those of [`known`] and of reading the benchmark.
pub(crate) fn check(word: &str) -> Result<(), Usage> {
    match known(word)? {
        Known::Custom => custom::read(word).map(drop),
        _ => Ok(()),
    }
}

/// The problems of a data set, under its name in the catalogue.
pub(crate) fn data(path: &Path, entry: &hub::Entry) -> Result<Suite> {
    Ok(Suite {
        name: entry.name.to_owned(),
        title: entry.title.to_owned(),
        ..read(path)?
    })
}

fn read(path: &Path) -> Result<Suite> {
    Ok(task::shelf::load(path).map_err(|error| Usage(error.to_string()))?)
}

fn looks_like_path(word: &str) -> bool {
    let endings = [".jsonl", ".jsonl.gz", ".json", ".yml", ".yaml"];
    endings.iter().any(|end| word.ends_with(end)) || word.contains(std::path::MAIN_SEPARATOR)
}
