//! `whet compare`: runs that were made apart, side by side, and claims held against the difference.

use std::path::Path;

use anyhow::{Context, Result};
use ledger::Run;
use measure::gate::Outcome;
use report::Readings;
use report::gates::{self, Judged};
use report::table::console;
use serde_json::json;

use super::runs::find;
use crate::cli::{Compare, Format};
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Compares runs, and ends as their claims do.
pub(crate) fn run(flags: &Compare, terminal: &Terminal) -> Result<Exit> {
    let runs: Vec<Run> = flags
        .runs
        .iter()
        .map(|word| Ok(ledger::read(&find(word, &flags.root)?)?))
        .collect::<Result<_>>()?;
    let joined = report::join(&runs).map_err(Usage)?;
    let card = report::Scorecard::of(&joined);
    if card.provenance.models.len() < 2 {
        return Err(
            Usage("one run with one model is no comparison; name another run".into()).into(),
        );
    }
    let mut judged = gates::judge(&card, &flags.gate).map_err(Usage)?;
    if flags.fail_on_regression {
        judged.extend(gates::regressions(&card, flags.noise_threshold));
    }
    if let Some(folder) = &flags.output {
        write(&joined, folder, terminal.readings())?;
        terminal.note(&format!("Report: {}", folder.join("report.html").display()));
    }
    match flags.format {
        Format::Table => {
            super::bench::print(&joined, Format::Table, terminal)?;
            if !judged.is_empty() {
                terminal.result(&format!(
                    "\n{}",
                    console(&gates::table(&judged), terminal.width(), terminal.colour())
                ))?;
            }
        }
        Format::Json => {
            let both = json!({"scorecard": card, "gates": judged});
            terminal.result(&serde_json::to_string_pretty(&both)?)?;
        }
    }
    if flags.fail_on_regression && judged.iter().all(|one| one.outcome != Outcome::Failed) {
        terminal.note("Nothing became worse beyond what its interval leaves open.");
    }
    Ok(exit(&judged))
}

fn exit(judged: &[Judged]) -> Exit {
    let any = |outcome: Outcome| judged.iter().any(|one| one.outcome == outcome);
    if any(Outcome::Failed) {
        Exit::Gate
    } else if any(Outcome::Inconclusive) {
        Exit::Inconclusive
    } else {
        Exit::Done
    }
}

fn write(joined: &Run, folder: &Path, readings: Readings) -> Result<()> {
    if folder.join("run.json").exists() {
        return Err(Usage(format!(
            "{} is a run; give the comparison a folder of its own",
            folder.display()
        ))
        .into());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    super::bench::write_report(folder, joined, readings)
}
