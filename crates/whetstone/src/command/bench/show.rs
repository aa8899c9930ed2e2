//! What is printed when a run has ended: its scorecard, where the report lies, and how to go on.

use std::path::Path;

use anyhow::{Context, Result};
use ledger::Run;
use report::{Readings, Scorecard};

use crate::baselines;
use crate::cli::{Format, RunFlags};
use crate::command::export;
use crate::exit::Exit;
use crate::formats::Formats;
use crate::terminal::Terminal;

/// Writes every derived file of a run's report into a folder.
pub(in crate::command) fn write_report(folder: &Path, run: &Run, readings: Readings) -> Result<()> {
    write_report_at(report::chart::DPI, folder, run, readings)
}

/// The same, its PNG pictures with so many dots on an inch. Of files that a recipe did not choose none is left.
pub(in crate::command) fn write_report_at(
    dpi: u16,
    folder: &Path,
    run: &Run,
    readings: Readings,
) -> Result<()> {
    let card = Scorecard::of(run).with(readings);
    let chosen = Formats::of(folder)?;
    for (name, bytes) in report::files_at(dpi, run, &card)? {
        let path = folder.join(&name);
        if chosen.has(&name) {
            ledger::write_derived(folder, &name, &bytes)?;
        } else if path.exists() {
            let cannot = || format!("cannot remove {}", path.display());
            std::fs::remove_file(&path).with_context(cannot)?;
        }
    }
    Ok(())
}

/// Prints one JSON document: the scorecard of one run, or a list of those of several.
pub(in crate::command) fn documents(runs: &[Run], terminal: &Terminal) -> Result<()> {
    if let [run] = runs {
        return print(run, Format::Json, terminal);
    }
    let card = |run: &Run| Scorecard::of(run).with(terminal.readings());
    let cards: Vec<Scorecard> = runs.iter().map(card).collect();
    terminal.result(&serde_json::to_string_pretty(&cards)?)
}

/// Prints a run's scorecard.
pub(in crate::command) fn print(run: &Run, format: Format, terminal: &Terminal) -> Result<()> {
    let card = Scorecard::of(run).with(terminal.readings());
    let text = match format {
        Format::Table => report::scorecard_text(&card, terminal.width(), terminal.colour()),
        Format::Json => {
            let json = report::export::scorecard_json(&card)?;
            String::from_utf8_lossy(&json).into_owned()
        }
    };
    terminal.result(&text)
}

/// Prints the scorecard, and does what else the flags want done with a run that has ended.
pub(super) fn finish(
    folder: &Path,
    exit: Exit,
    flags: &RunFlags,
    terminal: &Terminal,
) -> Result<Exit> {
    let exit = show(folder, exit, flags.format, terminal)?;
    let exports = export::with_kept(folder, &flags.export)?;
    if exit == Exit::Interrupted {
        if !exports.is_empty() {
            terminal.note("Its exports are written when it has come to its end");
        }
        return Ok(exit);
    }
    if let Some(name) = flags.save_baseline.as_deref() {
        baselines::save(name, folder, terminal)?;
    }
    if !exports.is_empty() {
        export::run(
            &[folder.to_owned()],
            (&exports, report::chart::DPI),
            terminal,
        )?;
    }
    Ok(exit)
}

/// Prints the scorecard and what to do next.
pub(in crate::command) fn show(
    folder: &Path,
    exit: Exit,
    format: Format,
    terminal: &Terminal,
) -> Result<Exit> {
    let run = ledger::read(folder)?;
    print(&run, format, terminal)?;
    Ok(ended(&run, folder, exit, terminal))
}

/// Says where the report of a run lies: its page, or the folder where a recipe wants none.
pub(in crate::command) fn say_where(folder: &Path, terminal: &Terminal) {
    let page = Some(folder.join("report.html")).filter(|page| page.is_file());
    let report = page.unwrap_or_else(|| folder.to_owned());
    terminal.note(&format!("Report: {}", report.display()));
}

/// Says where the report of a run lies and what to do next; returns how it ended, all told.
pub(in crate::command) fn ended(run: &Run, folder: &Path, exit: Exit, terminal: &Terminal) -> Exit {
    say_where(folder, terminal);
    if exit == Exit::Interrupted {
        let asked_for = |what: &str| run.header.plan.get(what).is_some();
        let go_on = |command: &str| format!("go on with: {command} --resume {}", folder.display());
        let next = if asked_for(crate::command::sample::IMPORTED) {
            go_on("whet sample judge")
        } else {
            go_on("whet bench")
        };
        terminal.note(&format!("Interrupted; {next}"));
        return exit;
    }
    let unscored = run
        .verdicts
        .iter()
        .filter(|verdict| verdict.unscored.is_some())
        .count();
    if unscored > 0 {
        terminal.note(&format!(
            "{unscored} completions could not be judged; see the report"
        ));
        return Exit::Unscored;
    }
    exit
}
