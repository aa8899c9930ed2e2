//! Where a file may be written, for every command alike, and found out before any work.
//!
//! A result replaces an earlier one, as redirection in a shell does: an export is made again and again into one place.
//! What cannot be made again is never replaced: a model, a record of a run, and whatever the same command reads.

use std::io::Read;
use std::path::Path;

use crate::exit::Usage;

/// What a model file begins with.
const MODEL: [u8; 4] = *b"GGUF";

/// Refuses a path that no file can or may be written to. `-` is standard output.
///
/// # Errors
/// [`Usage`] with the obstacle and what to do.
pub(crate) fn check(path: &Path) -> Result<(), Usage> {
    match obstacle(path) {
        Some(why) => Err(Usage(format!("cannot write {}: {why}", path.display()))),
        None => Ok(()),
    }
}

/// What stands against a file at this path.
pub(crate) fn obstacle(path: &Path) -> Option<&'static str> {
    if path == Path::new("-") {
        return None;
    }
    let model =
        || (path.is_file() && is_model(path)).then_some("it is a model file; name another file");
    forced_obstacle(path).or_else(model)
}

/// What stands against it also where the user said that a file is to be replaced.
pub(crate) fn forced_obstacle(path: &Path) -> Option<&'static str> {
    if path.is_dir() {
        return Some("it is a folder; name a file in it");
    }
    if !has_folder(path) {
        return Some("its folder does not exist; create it first");
    }
    // Pipes and devices are written to as they are.
    if !path.is_file() {
        return None;
    }
    if ledger::is_record(path) {
        return Some("it is a record of a run, which nothing can bring back; name another file");
    }
    let twice =
        "this command names it twice, and replaces nothing that it reads; name another file";
    is_named_twice(path).then_some(twice)
}

/// Whether the folder is there in which a path lies.
pub(crate) fn has_folder(path: &Path) -> bool {
    let folder = path.parent();
    folder.is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}

fn is_model(path: &Path) -> bool {
    let mut begins = [0; MODEL.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut begins));
    read.is_ok() && begins == MODEL
}

/// Whether two words of the command line name this file, alone or in a list, or behind a key.
fn is_named_twice(path: &Path) -> bool {
    let Ok(own) = path.canonicalize() else {
        return false;
    };
    let is_it = |word: &str| {
        !word.is_empty()
            && Path::new(word)
                .canonicalize()
                .is_ok_and(|other| other == own)
    };
    let names_it = |word: &str| is_it(word) || word.split([',', '=', '+']).any(is_it);
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    // Verbs stand in front, and a file may be called as they are.
    let words = words.skip_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    words.filter(|word| names_it(word)).count() > 1
}
