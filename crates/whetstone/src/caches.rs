//! Where things are kept that make the next run faster and can be deleted at any time.

use std::path::PathBuf;

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use ledger::Precedents;

/// The folder of this name beside the models: in the folder that WHET_CACHE names, else in Whetstone's
/// own below the user's caches.
fn folder(name: &str) -> Result<PathBuf> {
    let named = std::env::var_os("WHET_CACHE").filter(|value| !value.is_empty());
    let base = match named {
        Some(folder) => PathBuf::from(folder),
        None => etcetera::choose_base_strategy()
            .context("there is no home folder for caches; set WHET_CACHE")?
            .cache_dir()
            .join("whetstone"),
    };
    Ok(base.join(name))
}

/// Verdicts of earlier runs. `None` where nothing can be kept: everything is then judged anew.
pub(crate) fn precedents() -> Option<Precedents> {
    Precedents::open(&folder("verdicts").ok()?).ok()
}

/// Model files that are made of a shape and a seed, and can be made again.
pub(crate) fn made() -> Result<PathBuf> {
    folder("made")
}

/// What the fast ways of judging have prepared. `None` where nothing can be kept, or where a box may not
/// show it (in a folder for temporary files, say): judging then takes the slow way, and says so.
pub(crate) fn fast_ways() -> Option<PathBuf> {
    let folder = folder("judging").ok()?;
    std::fs::create_dir_all(&folder).ok()?;
    let folder = folder.canonicalize().ok()?;
    sandbox::check_readable(&folder).is_ok().then_some(folder)
}
