//! `whet models quantize`: a copy of a model in fewer bits, by the engine.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use bench::Watcher;
use gguf::{Gguf, Tensor, TensorType};
use llama::{Mixture, Quantise};

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
    let mut notes = notes(&located, how)?;
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
    notes.extend(misfits(&Gguf::open(&to)?, how.to));
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

/// What of a quantised file has another type than its name says, because its rows fill no whole blocks.
fn misfits(file: &Gguf, to: Mixture) -> Option<String> {
    // What the engine leaves in 32 bits is small and meant to stay so.
    let is_rounded = |tensor: &&Tensor| tensor.dims().len() > 1 && tensor.kind() != TensorType::F32;
    let matrices: Vec<&Tensor> = file.tensors().iter().filter(is_rounded).collect();
    let is_misfit = |tensor: &&&Tensor| !tensor.dims()[0].is_multiple_of(to.block());
    let others: Vec<&&Tensor> = matrices.iter().filter(is_misfit).collect();
    let (first, n) = (others.first()?, others.len());
    let all: u64 = matrices.iter().map(|tensor| tensor.elements()).sum();
    let theirs: u64 = others.iter().map(|tensor| tensor.elements()).sum();
    let kinds: BTreeSet<TensorType> = others.iter().map(|tensor| tensor.kind()).collect();
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    Some(format!(
        "{n} of {} matrices, {:.0} % of the weights in them, are {} and not {}: their rows (of {} in {}) are no multiple of {}, which that type packs together; so the file is larger than its name says, and is to be compared as what it is",
        matrices.len(),
        theirs as f64 / all.max(1) as f64 * 100.0,
        kinds.join(" and "),
        to.name(),
        first.dims()[0],
        first.name(),
        to.block()
    ))
}

/// The engine cannot be stopped within a file, so a single Ctrl-C comes too late by then.
fn stopped_too_late(stop: &AtomicBool, terminal: &Terminal) {
    if stop.load(Ordering::Relaxed) {
        terminal.note("The file was finished before the quantiser could be stopped.");
    }
}
