//! `whet tasks try`: is a suite one to measure with?

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use anyhow::{Result, anyhow};
use bench::Watcher;
use ledger::record::Verdict;
use serde_json::{Value, json};
use task::Suite;
use task::acceptance::{Findings, Trial};
use task::judge::{Judge, Separation};

use crate::cli::Format;
use crate::exit::{Exit, Usage};
use crate::subject::Finder;
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::words::count;
use crate::{containment, interrupt, subject, suites};

/// How many problems are named of each kind of finding.
const NAMED: usize = 3;

/// Tries suites and prints what was found.
pub(super) fn run(
    words: &[String],
    (together, format): (bool, Format),
    terminal: &Terminal,
    offline: bool,
) -> Result<Exit> {
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    let suites: Vec<Suite> = words
        .iter()
        .map(|word| suites::find(word, &finder))
        .collect::<Result<_>>()?;
    let trials: Vec<Trial<'_>> = suites.iter().map(trial).collect::<Result<_, _>>()?;
    let cell = containment::open(&suites)?
        .ok_or_else(|| anyhow!("functions are judged in a sandbox, and none was opened"))?;
    let mut found = Vec::new();
    for (suite, trial) in suites.iter().zip(&trials) {
        let judge = judge(suite, together)?;
        let mut progress = Progress::new(terminal);
        progress.begin(&format!("trying {}", suite.name), trial.n_verdicts() as u64);
        let mut n_done = 0;
        let findings = trial.run(&judge, subject::threads(None), &cell, &mut || {
            n_done += 1;
            progress.advance(n_done, "");
            match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        progress.clear();
        match findings {
            Some(findings) => found.push((suite, findings)),
            None => return Ok(Exit::Interrupted),
        }
    }
    terminal.result(&match format {
        Format::Json => {
            serde_json::to_string_pretty(&found.iter().map(as_json).collect::<Vec<_>>())?
        }
        Format::Table => found.iter().map(as_text).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(
        match found.iter().all(|(_, findings)| findings.is_sound()) {
            true => Exit::Done,
            false => Exit::Gate,
        },
    )
}

fn trial(suite: &Suite) -> Result<Trial<'_>, Usage> {
    Trial::of(suite).ok_or_else(|| {
        Usage(format!(
            "{}: cheats are known for functions only, and this suite asks for {}",
            suite.name,
            match suite.judge.name() {
                "keywords" => "words",
                _ => "whole programs, whose output is compared outside of their box",
            }
        ))
    })
}

fn judge(suite: &Suite, together: bool) -> Result<Judge> {
    let judge = containment::fastest(suite)?;
    match together {
        false => Ok(judge),
        true => judge.separated(Separation::Together).ok_or_else(|| {
            let cause = format!("{}: its tests are always apart from the answer", suite.name);
            Usage(cause).into()
        }),
    }
}

fn as_json((suite, findings): &(&Suite, Findings)) -> Value {
    let told = |verdicts: &[Verdict]| {
        verdicts
            .iter()
            .map(|verdict| {
                json!({
                    "answer": verdict.key.model,
                    "problem": verdict.key.problem,
                    "cause": verdict.cause,
                    "unscored": verdict.unscored,
                    "evidence": verdict.evidence,
                })
            })
            .collect::<Vec<_>>()
    };
    json!({
        "suite": suite.name,
        "sha256": suite.sha256,
        "is_sound": findings.is_sound(),
        "n_problems": suite.problems.len(),
        "n_solutions": findings.n_solutions,
        "n_cheated": findings.n_cheated,
        "failed": told(&findings.failed),
        "deceived": told(&findings.deceived),
        "unscored": told(&findings.unscored),
    })
}

fn as_text((suite, findings): &(&Suite, Findings)) -> String {
    let n_right = findings.n_solutions - findings.failed.len();
    let without = suite.problems.len() - findings.n_solutions;
    let mut lines = vec![
        format!(
            "{}: {}",
            suite.name,
            match (findings.is_sound(), findings.n_solutions) {
                (true, 0) => "no cheat passes; it has no solutions to try",
                (true, _) => "sound",
                (false, _) => "NOT one to measure with",
            }
        ),
        format!("  solutions  {n_right} of {} right", findings.n_solutions),
        format!(
            "  cheats     {} of {} answers right",
            findings.deceived.len(),
            findings.n_cheated
        ),
    ];
    if without > 0 {
        let without = count(without, "problem");
        lines.push(format!("  no solution of their own: {without}"));
    }
    lines.extend(findings.failed.iter().take(NAMED).map(|verdict| {
        let why = verdict.unscored.as_ref().unwrap_or(&verdict.cause);
        format!(
            "  the solution of {} is not right: {why}",
            verdict.key.problem
        )
    }));
    lines.extend(more(findings.failed.len()));
    for (cheat, problems) in by_cheat(&findings.deceived) {
        let named = problems.iter().take(NAMED).copied().collect::<Vec<_>>();
        lines.push(format!(
            "  {cheat} is right on {}: {}{}",
            problems.len(),
            named.join(", "),
            if problems.len() > NAMED { ", …" } else { "" }
        ));
    }
    lines.extend(findings.unscored.iter().take(NAMED).map(|verdict| {
        let why = verdict.unscored.as_deref().unwrap_or_default();
        format!(
            "  {} on {} could not be judged: {why}",
            verdict.key.model, verdict.key.problem
        )
    }));
    lines.extend(more(findings.unscored.len()));
    lines.join("\n") + "\n"
}

fn more(n: usize) -> Option<String> {
    (n > NAMED).then(|| format!("  … and {} more", n - NAMED))
}

fn by_cheat(deceived: &[Verdict]) -> BTreeMap<&str, Vec<&str>> {
    let mut by_cheat: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Verdict { key, .. } in deceived {
        by_cheat.entry(&key.model).or_default().push(&key.problem);
    }
    by_cheat
}
