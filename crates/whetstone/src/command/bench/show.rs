//! What is printed when a run has ended: its scorecard, where the report lies, and how to go on.

use std::path::Path;

use anyhow::Result;
use ledger::Run;

use crate::cli::Format;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Prints a run's scorecard.
pub(in crate::command) fn print(run: &Run, format: Format, terminal: &Terminal) -> Result<()> {
    let card = report::Scorecard::of(run);
    let text = match format {
        Format::Table => report::scorecard_text(&card, terminal.width(), terminal.colour()),
        Format::Json => {
            let json = report::export::scorecard_json(&card)?;
            String::from_utf8_lossy(&json).into_owned()
        }
    };
    Ok(terminal.result(&text)?)
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
    terminal.note(&format!("Report: {}", folder.join("report.html").display()));
    if exit == Exit::Interrupted {
        let command = match run.header.plan.get(crate::command::sample::IMPORTED) {
            Some(_) => "whet sample judge",
            None => "whet bench",
        };
        terminal.note(&format!(
            "Interrupted; go on with: {command} --resume {}",
            folder.display()
        ));
        return Ok(exit);
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
        return Ok(Exit::Unscored);
    }
    Ok(exit)
}
