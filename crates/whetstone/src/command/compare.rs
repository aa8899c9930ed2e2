//! `whet compare`: runs that were made apart, side by side, and claims held against the difference.

mod ending;
pub(super) mod sides;

use std::path::Path;

use anyhow::{Context, Result};
use ledger::Run;
use report::gates::{self, Judged, Regressions};
use report::table::console;
use report::{Readings, Scorecard};
use serde_json::json;

use self::ending::{Ending, in_words};
use self::sides::Sides;
use super::compared;
use crate::baselines;
use crate::cli::{Compare, Format};
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Compares runs, and ends as their claims do.
pub(crate) fn run(flags: &Compare, terminal: &Terminal) -> Result<Exit> {
    let sides = Sides::named(flags)?;
    if sides.is_one_run() && flags.save_baseline.is_some() && !has_claims(flags) {
        // The first run of a series has nothing to be held against yet.
        return save(flags, &sides, terminal).map(|()| Exit::Done);
    }
    let (runs, called) = sides.read()?;
    let joined = report::join(&runs).map_err(Usage)?;
    let card = Scorecard::of(&joined);
    if card.provenance.models.len() < 2 {
        let why = "one run with one model is no comparison; name another run, or --baseline NAME";
        return Err(Usage(why.into()).into());
    }
    let (judged, regressions) = judged(flags, &card)?;
    let ending = Ending::of(&judged, regressions.as_ref());
    if let Some(folder) = &flags.output {
        write(&joined, folder, terminal.readings())?;
        compared::keep(folder, called)?;
        terminal.note(&format!("Report: {}", folder.join("report.html").display()));
    }
    let claims = (judged.as_slice(), regressions.as_ref(), ending);
    show(flags, (&joined, &card), claims, terminal)?;
    if let Some(regressions) = &regressions {
        terminal.note(&in_words(regressions));
    }
    for why in ending::reasons(&judged, regressions.as_ref()) {
        terminal.note(&format!("Inconclusive: {why}."));
    }
    let exit = ending.exit(flags.fail_on_inconclusive);
    if ending == Ending::Inconclusive && exit == Exit::Done {
        terminal.note("Inconclusive is no failure; --fail-on-inconclusive ends with exit code 5.");
    }
    if exit != Exit::Gate {
        save(flags, &sides, terminal)?;
    }
    Ok(exit)
}

fn has_claims(flags: &Compare) -> bool {
    !flags.baseline.is_empty()
        || flags.fail_on_regression
        || flags.checklist
        || !flags.gate.is_empty()
}

/// Every claim that was made, and what became of it.
fn judged(flags: &Compare, card: &Scorecard) -> Result<(Vec<Judged>, Option<Regressions>)> {
    gates::check_names(card, &flags.metrics).map_err(Usage)?;
    let mut judged = gates::judge(card, &flags.gate).map_err(Usage)?;
    if flags.checklist {
        judged.extend(gates::checklist(card).map_err(Usage)?);
    }
    let regressions = flags
        .fail_on_regression
        .then(|| gates::regressions(card, flags.noise_threshold, &flags.metrics));
    if let Some(regressions) = &regressions {
        judged.extend(regressions.judged.iter().cloned());
    }
    Ok((judged, regressions))
}

fn show(
    flags: &Compare,
    (joined, card): (&Run, &Scorecard),
    (judged, regressions, ending): (&[Judged], Option<&Regressions>, Ending),
    terminal: &Terminal,
) -> Result<()> {
    if flags.format == Format::Json {
        let all = json!({
            "scorecard": card,
            "gates": judged,
            "regressions": regressions,
            "outcome": ending,
        });
        return terminal.result(&serde_json::to_string_pretty(&all)?);
    }
    super::bench::print(joined, Format::Table, terminal)?;
    if !judged.is_empty() {
        let table = console(&gates::table(judged), terminal.width(), terminal.colour());
        terminal.result(&format!("\n{table}"))?;
    }
    Ok(())
}

fn save(flags: &Compare, sides: &Sides, terminal: &Terminal) -> Result<()> {
    match (&flags.save_baseline, sides.last()) {
        (Some(name), Some(folder)) => baselines::save(name, folder, terminal),
        _ => Ok(()),
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

#[cfg(test)]
mod plan_tests;
