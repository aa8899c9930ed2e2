//! `whet data`: what models are trained on. Nothing is trained or measured here.

mod check;
mod generate;
pub(super) mod leaks;
mod prepare;
mod preview;

use std::path::Path;

use anyhow::Result;

use crate::cli::Data;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::Finder;
use crate::terminal::Terminal;

/// Lists families, and makes, shows and checks data.
pub(crate) fn run(what: &Data, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let finder = || -> Result<Finder<'_>> {
        Ok(Finder {
            terminal,
            offline,
            stop: interrupt::listen()?,
        })
    };
    match what {
        Data::Ls { families, format } => generate::list(families, *format, terminal),
        Data::Generate(flags) => generate::run(flags, terminal),
        Data::Preview { file, n, whole } => preview::run(file, (*n as usize, *whole), terminal),
        Data::Check(flags) => check::run(flags, &finder()?),
        Data::Prepare(flags) => prepare::run(flags, &finder()?),
    }
}

/// The text of a file, plain or gzip.
fn read(path: &Path) -> Result<String, Usage> {
    let refused = |why: String| Usage(format!("cannot read {}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    task::shelf::unpacked(&bytes).map_err(refused)
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = folder.unwrap_or(Path::new("."));
    ledger::write_derived(folder, &name, text.as_bytes())?;
    Ok(())
}

/// Faults by their lines: the first ones, and how many more there are.
fn faults(of: &str, faults: &[(usize, String)]) -> String {
    const SHOWN: usize = 10;
    let mut text = String::new();
    for (number, said) in faults.iter().take(SHOWN) {
        text += &format!(
            "{of}, line {number}: {}\n",
            report::untrusted::one_line(said)
        );
    }
    if faults.len() > SHOWN {
        text += &format!("{of}: {} more lines cannot be used\n", faults.len() - SHOWN);
    }
    text
}
