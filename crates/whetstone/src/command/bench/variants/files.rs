//! The files of a family: made where they are missing, deleted when they were measured.

use std::path::{Path, PathBuf};

use anyhow::Result;
use bench::Plan;
use bench::plan::{Shape, VariantsPlan};
use model::variants::Variant;
use model::{Options, Precision, Tokens};

use crate::caches;
use crate::command::models::watching;
use crate::exit::Usage;
use crate::subject::{Finder, size};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::words::count;

/// Where the files of these shapes belong, in their order. The names say everything that the bytes depend on.
pub(super) fn paths(family: &VariantsPlan, seed: u64) -> Result<Vec<PathBuf>> {
    let folder = caches::made()?;
    let path = |shape: &Shape| match shape.checkpoint {
        Some(_) => folder.join(format!("{}.gguf", shape.model)),
        None => folder.join(format!("{}-seed{seed}.gguf", shape.model)),
    };
    Ok(family.shapes.iter().map(path).collect())
}

/// Asks once for all whether the files that these plans lack may be written.
///
/// # Errors
/// [`Usage`] if the user does not agree, or the disk is too small.
pub(in crate::command) fn agree(plans: &[&Plan], finder: &Finder<'_>) -> Result<()> {
    let mut missing: Vec<(PathBuf, u64)> = Vec::new();
    for plan in plans {
        let Some(family) = &plan.variants else {
            continue;
        };
        let paths = paths(family, plan.seed)?;
        for (shape, path) in lacking(family, &paths) {
            if !missing.iter().any(|(known, _)| known == path) {
                missing.push((path.clone(), bytes_of(shape)));
            }
        }
    }
    let bytes: u64 = missing.iter().map(|(_, bytes)| bytes).sum();
    let Some((first, _)) = missing.first() else {
        return Ok(());
    };
    let folder = room_in(first, bytes)?;
    let question = format!(
        "Write {} with {} to {}?",
        count(missing.len(), "file"),
        size(bytes),
        folder.display()
    );
    if !finder.terminal.agrees(&question) {
        let what = format!("{} of files would be written; add --yes", size(bytes));
        return Err(Usage(what).into());
    }
    Ok(())
}

/// Makes what is missing. False if the user stopped it. The question is [`agree`]'s.
///
/// # Errors
/// [`Usage`] if the disk is too small, and for weights that are not of their shape.
pub(in super::super) fn make(
    family: &VariantsPlan,
    seed: u64,
    paths: &[PathBuf],
    finder: &Finder<'_>,
) -> Result<bool> {
    let missing = lacking(family, paths);
    let bytes: u64 = missing.iter().map(|(shape, _)| bytes_of(shape)).sum();
    let Some((_, first)) = missing.first() else {
        return Ok(true);
    };
    room_in(first, bytes)?;
    for (shape, path) in missing {
        if !one(shape, seed, path, finder)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is not there as it has to be. Trained weights may have changed since, and converting them again is cheap.
fn lacking<'f>(family: &'f VariantsPlan, paths: &'f [PathBuf]) -> Vec<(&'f Shape, &'f PathBuf)> {
    let all = family.shapes.iter().zip(paths);
    all.filter(|(shape, path)| shape.checkpoint.is_some() || !is_of_shape(shape, path))
        .collect()
}

/// The folder of a file, made where it is not there, with room for so much.
fn room_in(path: &Path, bytes: u64) -> Result<&Path> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    hub::ensure_space(folder, bytes).map_err(|error| Usage(error.to_string()))?;
    Ok(folder)
}

fn bytes_of(shape: &Shape) -> u64 {
    let known = Variant::find(&shape.shape).zip(precision(shape));
    known.map_or(0, |(variant, precision)| variant.tensor_bytes(precision))
}

fn precision(shape: &Shape) -> Option<Precision> {
    let mut all = Precision::ALL.into_iter();
    all.find(|precision| precision.name() == shape.precision)
}

/// One file. False if the user stopped it, which is said.
fn one(shape: &Shape, seed: u64, path: &Path, finder: &Finder<'_>) -> Result<bool> {
    let (Some(variant), Some(precision)) = (Variant::find(&shape.shape), precision(shape)) else {
        let what = format!("there is no shape {} in {}", shape.shape, shape.precision);
        return Err(Usage(what).into());
    };
    let mut progress = Progress::new(finder.terminal);
    let mut watch = watching(
        &mut progress,
        &format!("making {}", shape.model),
        finder.stop,
    );
    let made = match &shape.checkpoint {
        None => variant.write(path, precision, seed, &mut watch).map(drop),
        Some(from) => {
            let options = Options {
                precision,
                name: Some(shape.title.as_str()),
                tokens: match shape.tokenizer.as_deref() {
                    None => Tokens::Own,
                    Some("bytes") => Tokens::Bytes,
                    Some(folder) => Tokens::Folder(Path::new(folder)),
                },
                pre: None,
            };
            model::import(Path::new(from), path, &options, &mut watch).map(drop)
        }
    };
    drop(watch);
    progress.clear();
    match made {
        Err(error @ model::Error::Stopped { .. }) => {
            finder.terminal.note(&error.to_string());
            Ok(false)
        }
        other => {
            other?;
            same_shape(shape, path)?;
            Ok(true)
        }
    }
}

/// Weights under the name of a shape may be those of another one.
fn same_shape(shape: &Shape, path: &Path) -> Result<()> {
    let (found, wanted) = (held(path)?, of(shape));
    if found == wanted {
        return Ok(());
    }
    std::fs::remove_file(path)?;
    let from = shape.checkpoint.as_deref().unwrap_or("the file");
    Err(Usage(format!(
        "{from} holds {} weights in {} layers, and {} has {} in {}; give it the name of its own shape",
        found.1, found.0, shape.title, wanted.1, wanted.0
    ))
    .into())
}

/// Whether a file is there and whole: what a stopped or damaged disk left under its name is made again.
fn is_of_shape(shape: &Shape, path: &Path) -> bool {
    path.is_file() && held(path).is_ok_and(|found| found == of(shape))
}

/// Layers and weights of a file.
fn held(path: &Path) -> Result<(u64, u64)> {
    let facts = gguf::ModelFacts::of(&gguf::Gguf::open(path)?)?;
    Ok((facts.n_layers as u64, facts.weights.parameters))
}

/// Layers and weights of a shape.
fn of(shape: &Shape) -> (u64, u64) {
    (u64::from(shape.layers), shape.parameters)
}

/// Deletes what was made for a run that is complete, unless it is to stay.
pub(in super::super) fn sweep_up(family: &VariantsPlan, paths: &[PathBuf], terminal: &Terminal) {
    if family.keep {
        return;
    }
    let folder = caches::made()
        .ok()
        .and_then(|folder| folder.canonicalize().ok());
    let ours = |path: &&PathBuf| {
        path.parent()
            .is_some_and(|parent| Some(parent) == folder.as_deref())
    };
    let deleted = paths
        .iter()
        .filter(ours)
        .filter(|path| std::fs::remove_file(path).is_ok())
        .count();
    if deleted > 0 {
        terminal.note(&format!(
            "Deleted {} with made weights; --keep keeps them, and the same seed makes them again",
            count(deleted, "file")
        ));
    }
}
