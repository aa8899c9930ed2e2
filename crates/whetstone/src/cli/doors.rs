//! Doors: command lines of other programs, and what they are here.
//!
//! Whoever comes from SmallCoder's benchmark scripts, halo-forge, caramba or SpecLoRA types what the hands know. The
//! [table](table::DOORS) has those lines. Here one of them becomes words of `whet`, which clap reads as always. A line
//! that cannot mean here what it means there is answered with the nearest one that can, `Hint: whet …`, and with exit
//! code 2. A hint is a line that clap has understood. Nothing is chosen in silence: a model that was not named is not measured.

mod line;
mod table;
mod turn;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use report::untrusted::visible;

use super::{Cli, help};
use crate::terminal;
use line::{Line, spoken};
use table::{DOORS, Door};

/// Why a line cannot be carried out, and the nearest one that can.
#[derive(Debug)]
pub(crate) struct Answer {
    why: String,
    hint: Vec<String>,
}

/// Words, understood, and what is worth saying of how they were read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) cli: Cli,
    pub(crate) notes: Vec<String>,
}

impl Answer {
    /// Says it, and ends as wrong usage does.
    pub(crate) fn tell(&self) -> ExitCode {
        terminal::say(&format!("whet: {}", self.why));
        terminal::say(&format!("Hint: whet {}", spoken(&self.hint)));
        ExitCode::from(2)
    }
}

/// Understands what was typed, the program's own path in front. Mistakes that no door has an answer to end the program
/// here, as clap's do.
///
/// # Errors
/// [`Answer`] if the line is another program's and cannot be carried out as it stands.
pub(crate) fn read(typed: Vec<OsString>) -> Result<Read, Answer> {
    let words: Option<Vec<String>> = typed.iter().skip(1).map(text).collect();
    let door = words.as_deref().and_then(Door::of);
    match (door, &words) {
        (Some((door, n)), Some(words)) => resolve(door, Line::of(door, &words[n..]), words),
        _ => Ok(Read {
            cli: help::parse(typed.clone()).unwrap_or_else(|error| {
                let words = typed.iter().map(|word| word.to_string_lossy().into_owned());
                leave(error, words)
            }),
            notes: Vec::new(),
        }),
    }
}

/// What was typed in words of `whet`, the program's own path in front: for whoever reads an accepted line again.
pub(crate) fn words(typed: Vec<OsString>) -> Vec<OsString> {
    let plain: Option<Vec<String>> = typed.iter().skip(1).map(text).collect();
    let Some(((door, n), plain)) = plain.as_deref().and_then(|all| Some((Door::of(all)?, all)))
    else {
        return typed;
    };
    let ours = Line::of(door, &plain[n..]).words();
    let program = typed.into_iter().take(1);
    program
        .chain(ours.into_iter().map(OsString::from))
        .collect()
}

fn text(word: &OsString) -> Option<String> {
    word.to_str().map(str::to_owned)
}

impl Door {
    /// The door that a line goes through, and how many words of the line are its name.
    fn of(words: &[String]) -> Option<(&'static Door, usize)> {
        DOORS
            .iter()
            .find_map(|door| Some((door, door.opens(words)?)))
    }
}

/// Has clap read a line, and mends what clap refuses as far as the door knows how. That ends: an example is put in once,
/// and an unknown flag is gone.
fn resolve(door: &Door, mut line: Line, typed: &[String]) -> Result<Read, Answer> {
    if let Some(why) = door.why {
        line.refused.push(why.to_owned());
    }
    loop {
        let words = line.words();
        let whole = std::iter::once("whet".to_owned()).chain(words.iter().cloned());
        match help::parse(whole) {
            Ok(cli) if line.refused.is_empty() => {
                let notes = line.notes(typed);
                return Ok(Read { cli, notes });
            }
            Ok(_) => {
                return Err(Answer {
                    why: line.refused.join("; "),
                    hint: words,
                });
            }
            Err(error) if mend(door, &mut line, &error, words != typed) => {}
            Err(error) => {
                let program = std::iter::once("whet".to_owned());
                leave(error, program.chain(words))
            }
        }
    }
}

/// Ends the program as clap does. clap repeats words as they were typed, so those that could steer a terminal are read once
/// more as they are shown.
fn leave(error: clap::Error, words: impl Iterator<Item = String>) -> ! {
    let (mut is_shown, mut shown) = (false, Vec::new());
    for word in words {
        shown.push(visible(&word));
        is_shown |= shown.last() != Some(&word);
    }
    match is_shown.then(|| help::parse(shown)) {
        Some(Err(again)) => again.exit(),
        Some(Ok(_)) => {
            terminal::say(&error.to_string());
            std::process::exit(error.exit_code())
        }
        None => error.exit(),
    }
}

/// Puts in what a line needs here, or takes out what means nothing here; `false` if the door knows no way.
fn mend(door: &Door, line: &mut Line, error: &clap::Error, is_other: bool) -> bool {
    let named = named(error);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            let fills = named.iter().map(|name| line.fill(door, name));
            fills.filter(|filled| *filled).count() > 0
        }
        ErrorKind::UnknownArgument if is_other => named.iter().any(|name| line.remove(name)),
        _ => false,
    }
}

/// The arguments that an error is about, as the help writes them.
fn named(error: &clap::Error) -> Vec<String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(several)) => several.clone(),
        _ => Vec::new(),
    }
}
