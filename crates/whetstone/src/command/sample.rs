//! `whet sample`: completions without verdicts, and verdicts without a model.
//!
//! Completions come from a model of this machine, from a file in the shape of EvalPlus, or from an
//! earlier run. Each command leaves a run folder, so that every view of a run works on all of them.

mod exchange;
mod folder;
mod source;

use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::{Bench, Export, Judge, Sample, SampleGenerate, Source};
use crate::destination;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::Finder;
use crate::terminal::Terminal;

/// The key of a run's plan that says where its completions came from.
pub(crate) const IMPORTED: &str = "imported";

/// Makes, judges, brings in or writes out completions.
pub(crate) fn run(what: Sample, terminal: &Terminal, offline: bool) -> Result<Exit> {
    match what {
        Sample::Generate(flags) => generate(*flags, terminal, offline),
        Sample::Judge(flags) => judge(&flags, terminal, offline),
        Sample::Import(flags) => import(&flags, terminal, offline),
        Sample::Export(flags) => export(&flags, terminal),
    }
}

/// The code benchmark without its judges. `-o` names a file of samples if it looks like one.
fn generate(mut flags: SampleGenerate, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let file = names_samples(&flags.run.output).then(|| flags.run.output.clone());
    if let Some(file) = &file {
        destination::check(file)?;
        flags.run.output = "runs".into();
    }
    let dry_run = flags.run.dry_run;
    let bench = Bench::samples_only(flags.models, flags.code, flags.run);
    if dry_run {
        return super::bench::run(&bench, terminal, offline);
    }
    let (exit, folder) = super::bench::measure(&bench, terminal, offline)?;
    let run = ledger::read(&folder)?;
    let n = run.attempts.len();
    match file {
        Some(file) => {
            let finder = finder(terminal, true)?;
            let text = exchange::samples(&run, &exchange::Choice::default(), &finder)?;
            write(&file, &text, terminal)?;
            terminal.note(&format!("{n} completions, also in {}", folder.display()));
        }
        None => terminal.result(&folder.display().to_string())?,
    }
    terminal.note(&format!(
        "Judge them with: whet sample judge {}",
        folder.display()
    ));
    Ok(exit)
}

/// Whether a path names a file of samples, and not a folder of runs.
fn names_samples(path: &Path) -> bool {
    path == Path::new("-") || path.extension().is_some_and(|end| end == "jsonl")
}

fn judge(flags: &Judge, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let stop = interrupt::listen()?;
    let resumed = match flags.resume {
        true => Some(folder::interrupted(&flags.source.source)?),
        false => None,
    };
    let mut batch = batch(&flags.source, terminal, offline)?;
    batch.allows(&flags.judging.k).map_err(Usage)?;
    let plan = match resumed {
        Some(plan) => plan,
        None => folder::asked(flags, batch.seed)?,
    };
    batch.build_with(&plan)?;
    let cell = crate::containment::open(&batch.suites)?;
    let judging = folder::Judging {
        batch: &batch,
        plan,
        cell: cell.as_ref(),
        stop,
        terminal,
    };
    let (exit, folder) = match flags.resume {
        true => judging.go_on(&flags.source.source)?,
        false => judging.begin(&flags.source.output)?,
    };
    report(&folder, terminal)?;
    super::bench::show(&folder, exit, flags.format, terminal)
}

fn import(flags: &Source, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let batch = batch(flags, terminal, offline)?;
    let folder = folder::imported(&batch, &flags.output)?;
    report(&folder, terminal)?;
    terminal.result(&folder.display().to_string())?;
    terminal.note(&format!(
        "Judge them with: whet sample judge {}",
        folder.display()
    ));
    Ok(Exit::Done)
}

/// The completions that the words name, with what is worth saying about them.
fn batch(flags: &Source, terminal: &Terminal, offline: bool) -> Result<source::Batch> {
    let batch = source::read(flags, &finder(terminal, offline)?)?;
    for note in batch.notes() {
        terminal.note(&note);
    }
    Ok(batch)
}

fn finder(terminal: &Terminal, offline: bool) -> Result<Finder<'_>> {
    Ok(Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    })
}

fn report(folder: &Path, terminal: &Terminal) -> Result<()> {
    super::bench::write_report(folder, &ledger::read(folder)?, terminal.readings())
}

fn export(flags: &Export, terminal: &Terminal) -> Result<Exit> {
    destination::check(&flags.output)?;
    let run = ledger::read(&flags.run)?;
    let choice = exchange::Choice {
        model: flags.model.as_deref(),
        suite: flags.suite.as_deref(),
    };
    let text = exchange::samples(&run, &choice, &finder(terminal, true)?)?;
    write(&flags.output, &text, terminal)?;
    Ok(Exit::Done)
}

/// Writes samples to a file or to standard output.
fn write(path: &Path, text: &str, terminal: &Terminal) -> Result<()> {
    if path == Path::new("-") {
        return terminal.result(text);
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    terminal.note(&format!(
        "{} samples in {}",
        text.lines().count(),
        path.display()
    ));
    Ok(())
}
