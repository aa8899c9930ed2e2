//! `whet models import` and `whet models make`: GGUF files of what is none yet.

use std::path::Path;

use anyhow::Result;
use model::variants::{self, Variant};
use model::{Options, Tokens};

use super::written::{announce, place, watching};
use crate::cli::{Import, Make};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::terminal::Terminal;
use crate::watch::Progress;

/// Converts a folder or a checkpoint.
pub(super) fn import(flags: &Import, terminal: &Terminal) -> Result<Exit> {
    let from = &flags.from;
    if !from.exists() {
        let what = format!(
            "cannot import {}: there is no such file or folder",
            from.display()
        );
        return Err(Usage(what).into());
    }
    let precision = flags.precision.of_model();
    let default = format!("{}-{}.gguf", model::name_of(from), precision.name());
    let to = place(flags.output.as_deref(), &default, flags.force)?;
    let tokens = match flags.tokenizer.as_deref() {
        None => Tokens::Own,
        Some("bytes") => Tokens::Bytes,
        Some(folder) => Tokens::Folder(Path::new(folder)),
    };
    let options = Options {
        precision,
        name: flags.name.as_deref(),
        tokens,
        pre: flags.pre.as_deref(),
    };
    let stop = interrupt::listen()?;
    let mut progress = Progress::new(terminal);
    let mut watch = watching(&mut progress, "converting", stop);
    let imported = model::import(from, &to, &options, &mut watch);
    drop(watch);
    progress.clear();
    let Some(imported) = unless_stopped(imported, terminal)? else {
        return Ok(Exit::Interrupted);
    };
    announce(&to, &imported.notes, terminal)?;
    Ok(Exit::Done)
}

/// Writes a shape with random weights.
pub(super) fn make(flags: &Make, terminal: &Terminal) -> Result<Exit> {
    let variant = Variant::find(&flags.shape).ok_or_else(|| unknown(&flags.shape))?;
    let precision = flags.precision.of_model();
    let default = format!("{}-untrained-{}.gguf", variant.name, precision.name());
    let to = place(flags.output.as_deref(), &default, flags.force)?;
    let stop = interrupt::listen()?;
    let mut progress = Progress::new(terminal);
    let mut watch = watching(&mut progress, "drawing weights", stop);
    let written = variant.write(&to, precision, flags.seed, &mut watch);
    drop(watch);
    progress.clear();
    if unless_stopped(written, terminal)?.is_none() {
        return Ok(Exit::Interrupted);
    }
    let note = "the weights are random: measure speed and memory with it, and nothing else";
    announce(&to, &[note.to_owned()], terminal)?;
    Ok(Exit::Done)
}

/// None when the user stopped it, which is said and is no failure.
fn unless_stopped<T>(result: Result<T, model::Error>, terminal: &Terminal) -> Result<Option<T>> {
    match result {
        Err(error @ model::Error::Stopped { .. }) => {
            terminal.note(&error.to_string());
            Ok(None)
        }
        other => Ok(Some(other?)),
    }
}

fn unknown(shape: &str) -> Usage {
    let names = variants::ALL.map(|variant| variant.name);
    Usage(format!(
        "there is no shape {shape}; there are {}",
        names.join(", ")
    ))
}
