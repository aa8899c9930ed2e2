//! What `import`, `make` and `quantize` have in common: a file that is going to be written, and what is
//! said of it when it is there.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use bench::Watcher;
use gguf::{Gguf, ModelFacts};
use model::Step;

use super::grouped;
use crate::destination;
use crate::exit::Usage;
use crate::terminal::Terminal;
use crate::watch::Progress;

/// The place of a file that does not exist yet: the one asked for, or a name in this folder.
pub(in crate::command) fn place(
    asked: Option<&Path>,
    default: &str,
    force: bool,
) -> Result<PathBuf> {
    let path = asked.map_or_else(|| PathBuf::from(default), Path::to_owned);
    let refused =
        |what: &str| Err(Usage(format!("cannot write {}: {what}", path.display())).into());
    if path.exists() && !path.is_file() && !path.is_dir() {
        return refused("it is no plain file, and a finished file would take its place");
    }
    if path.is_file() && !force {
        return refused("it exists; give another name with -o, or add --force to replace it");
    }
    match destination::forced_obstacle(&path) {
        Some(why) => refused(why),
        None => Ok(path),
    }
}

/// Shows how far a file is, and stops when the user asks for it.
pub(in crate::command) fn watching<'a>(
    progress: &'a mut Progress,
    what: &str,
    stop: &'a AtomicBool,
) -> impl FnMut(Step) -> ControlFlow<()> + 'a {
    let what = what.to_owned();
    let mut begun = false;
    move |step| {
        if !begun {
            progress.begin(&what, step.total / 1_000_000);
            begun = true;
        }
        progress.advance(step.done / 1_000_000, "MB");
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Reads the finished file back and says what it is: path and SHA-256 on stdout, the rest on stderr.
pub(in crate::command) fn announce(
    path: &Path,
    notes: &[String],
    terminal: &Terminal,
) -> Result<()> {
    let facts = ModelFacts::of(&Gguf::open(path)?)?;
    let sha256 = hub::sha256_file(path)?;
    for note in notes {
        terminal.note(&format!("Note: {note}."));
    }
    let kinds = facts.weights.types.iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, share)| format!("{} tensors {kind}", share.tensors))
        .collect();
    terminal.note(&format!(
        "{}: {}, {} parameters, {} bytes ({})",
        facts.name.as_deref().unwrap_or("unnamed"),
        facts.architecture,
        grouped(facts.weights.parameters),
        grouped(facts.file_bytes),
        kinds.join(", ")
    ));
    terminal.result(&format!("{sha256}  {}", path.display()))?;
    Ok(())
}
