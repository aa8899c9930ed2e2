//! `whet compare`: runs that were made apart, side by side, and claims held against the difference.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::Run;
use measure::gate::Outcome;
use report::gates::{self, Judged, Regressions};
use report::table::console;
use report::{Readings, Scorecard};
use serde_json::json;

use super::compared;
use super::runs::find;
use crate::baselines;
use crate::cli::{Compare, Format};
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Compares runs, and ends as their claims do.
pub(crate) fn run(flags: &Compare, terminal: &Terminal) -> Result<Exit> {
    let folders = folders(flags)?;
    if folders.len() == 1 && flags.save_baseline.is_some() && !has_claims(flags) {
        // The first run of a series has nothing to be held against yet.
        return save(flags, &folders, terminal).map(|()| Exit::Done);
    }
    let runs: Vec<Run> = folders
        .iter()
        .map(|folder| ledger::read(folder))
        .collect::<Result<_, _>>()?;
    let joined = report::join(&runs).map_err(Usage)?;
    let card = Scorecard::of(&joined);
    if card.provenance.models.len() < 2 {
        let why = "one run with one model is no comparison; name another run, or --baseline NAME";
        return Err(Usage(why.into()).into());
    }
    let (judged, regressions) = judged(flags, &card)?;
    if let Some(folder) = &flags.output {
        write(&joined, folder, terminal.readings())?;
        compared::keep(folder, &[&folders])?;
        terminal.note(&format!("Report: {}", folder.join("report.html").display()));
    }
    show(flags, (&joined, &card), &judged, terminal)?;
    if let Some(regressions) = &regressions {
        terminal.note(&in_words(regressions));
    }
    let exit = exit(&judged, regressions.as_ref());
    if exit != Exit::Gate {
        save(flags, &folders, terminal)?;
    }
    Ok(exit)
}

fn has_claims(flags: &Compare) -> bool {
    flags.baseline.is_some()
        || flags.fail_on_regression
        || flags.checklist
        || !flags.gate.is_empty()
}

/// The runs in their order: the baseline, if one is named, then the others.
fn folders(flags: &Compare) -> Result<Vec<PathBuf>> {
    let named: Vec<PathBuf> = flags
        .runs
        .iter()
        .map(|word| find(word, &flags.root))
        .collect::<Result<_>>()?;
    let Some(word) = &flags.baseline else {
        return Ok(named);
    };
    // Where the runs lie is where their names are; the folder of runs comes after that.
    let beside = named
        .first()
        .and_then(|folder| folder.parent())
        .map(Path::to_owned);
    let roots: Vec<PathBuf> = beside.into_iter().chain([flags.root.clone()]).collect();
    let first = match baselines::find(word, &roots)? {
        Some(folder) => folder,
        None => match find(word, &flags.root) {
            Ok(folder) => folder,
            Err(_) => return Err(baselines::nothing(word, &roots[0])?.into()),
        },
    };
    Ok([vec![first], named].concat())
}

/// Every claim that was made, and what became of it.
fn judged(flags: &Compare, card: &Scorecard) -> Result<(Vec<Judged>, Option<Regressions>)> {
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
    judged: &[Judged],
    terminal: &Terminal,
) -> Result<()> {
    if flags.format == Format::Json {
        let both = json!({"scorecard": card, "gates": judged});
        return terminal.result(&serde_json::to_string_pretty(&both)?);
    }
    super::bench::print(joined, Format::Table, terminal)?;
    if !judged.is_empty() {
        let table = console(&gates::table(judged), terminal.width(), terminal.colour());
        terminal.result(&format!("\n{table}"))?;
    }
    Ok(())
}

/// What became of the claim that nothing became worse.
fn in_words(found: &Regressions) -> String {
    let n = |outcome: Outcome| {
        found
            .judged
            .iter()
            .filter(|one| one.outcome == outcome)
            .count()
    };
    let (worse, inconclusive) = (n(Outcome::Failed), n(Outcome::Inconclusive));
    let mut parts = vec![match worse {
        0 if is_empty(found) => "Nothing was held against the first run".to_owned(),
        0 => "Nothing became worse beyond what its interval leaves open".to_owned(),
        1 => "1 number became worse".to_owned(),
        worse => format!("{worse} numbers became worse"),
    }];
    let others = [
        (found.n_met, "did not become worse"),
        (inconclusive, "inconclusive"),
        (
            found.n_open,
            "open (with --noise-threshold they would be met or inconclusive)",
        ),
        (found.n_unjudged, "without an interval, not judged"),
    ];
    let by_chance = (found.n_by_chance > 1).then(|| by_chance(found.n_by_chance));
    parts.extend(
        others
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}")),
    );
    let words = format!("{}.", parts.join("; "));
    let unjudged = (!found.unjudged.is_empty()).then(|| {
        format!(
            "Of {} nothing can be said: not measured in both, or without an interval or a better side.",
            found.unjudged.join(", ")
        )
    });
    [Some(words), unjudged, by_chance]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// How many rows chance alone would make worse: the upper ends of one 95 % interval in forty.
fn by_chance(n: usize) -> String {
    format!(
        "Of {n} numbers that chance moves, about {:.1} come out worse though nothing changed; --metrics asks for those that matter.",
        n as f64 / 40.0
    )
}

/// Whether no row at all could be judged.
fn is_empty(found: &Regressions) -> bool {
    found.judged.is_empty() && found.n_met + found.n_open == 0
}

fn exit(judged: &[Judged], regressions: Option<&Regressions>) -> Exit {
    let any = |outcome: Outcome| judged.iter().any(|one| one.outcome == outcome);
    // A claim that nothing could be held against is not met, and neither is one about a metric that was named.
    let is_silent = |found: &Regressions| is_empty(found) || !found.unjudged.is_empty();
    let is_open = regressions.is_some_and(is_silent);
    if any(Outcome::Failed) {
        Exit::Gate
    } else if any(Outcome::Inconclusive) || is_open {
        Exit::Inconclusive
    } else {
        Exit::Done
    }
}

fn save(flags: &Compare, folders: &[PathBuf], terminal: &Terminal) -> Result<()> {
    match (&flags.save_baseline, folders.last()) {
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
