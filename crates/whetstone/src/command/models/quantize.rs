//! `whet models quantize`: a copy of a model in fewer bits, by the engine.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use bench::Watcher;
use gguf::Gguf;
use llama::Quantise;

use super::written::{announce, place};
use crate::cli::Quantize;
use crate::exit::Exit;
use crate::interrupt;
use crate::subject::{Finder, Located, threads};
use crate::terminal::Terminal;
use crate::watch::Progress;

/// Writes the quantised copy.
pub(super) fn run(flags: &Quantize, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    let located = finder.base(&flags.model)?;
    let how = Quantise {
        to: flags.to.of_engine(),
        threads: threads(flags.threads),
        again: flags.allow_requantize,
    };
    let default = default_name(&located, how);
    let to = place(flags.output.as_deref(), &default, flags.force)?;
    let notes = notes(&located, how)?;
    let mut progress = Progress::new(terminal);
    let mut total_known = 0;
    let done = llama::quantise(&located.path, &to, how, &mut |tensors, total| {
        if total_known != total {
            total_known = total;
            progress.begin("quantising", total);
        }
        progress.advance(tensors, "");
    });
    progress.clear();
    done?;
    stopped_too_late(stop, terminal);
    announce(&to, &notes, terminal)?;
    Ok(Exit::Done)
}

/// `model-f16` becomes `model-q4_k_m.gguf`: the old type's name would contradict the new one.
fn default_name(located: &Located, how: Quantise) -> String {
    let mixtures = llama::Mixture::ALL.map(llama::Mixture::name);
    let mut old = mixtures.into_iter().chain(["f32", "bf16"]);
    let name = &located.name;
    let stem = old.find_map(|kind| name.strip_suffix(kind)?.strip_suffix('-'));
    let stem = stem.unwrap_or(name);
    format!("{stem}-{}.gguf", how.to.name())
}

/// What a second rounding means, said once more to whoever asked for it.
fn notes(located: &Located, how: Quantise) -> Result<Vec<String>> {
    let before = llama::rounded(&Gguf::open(&located.path)?);
    if before.is_empty() || !how.again {
        return Ok(Vec::new());
    }
    let kinds: Vec<String> = before.keys().map(ToString::to_string).collect();
    Ok(vec![format!(
        "the weights were {} before, so this file carries two rounding errors; say so wherever its quality is published",
        kinds.join(" and ")
    )])
}

/// The engine cannot be stopped within a file, so a single Ctrl-C comes too late by then.
fn stopped_too_late(stop: &AtomicBool, terminal: &Terminal) {
    if stop.load(Ordering::Relaxed) {
        terminal.note("The file was finished before the quantiser could be stopped.");
    }
}
