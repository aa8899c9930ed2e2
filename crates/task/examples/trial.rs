//! Judges the solutions of a suite's file, apart and together, and every cheat: `trial FILE [CHEAT]`;
//! with a cheat's name only it and those behind it.
//!
//! A suite on which a solution fails or a cheat passes is not one to measure with. With `TOGETHER` set
//! in the environment the cheats are tried in one process with the tests, too.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is a program for a person"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use ledger::record::{Integrity, Stage, Verdict};
use sandbox::Cell;
use task::judge::{Judge, Separation};
use task::{acceptance, cheats, shelf};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the file of a suite")?;
    let suite = shelf::load(path.as_ref())?;
    let judge = Judge::for_suite(&suite)?;
    let joined = judge
        .separated(Separation::Together)
        .ok_or("only function tasks can be split")?;
    let cell = Cell::with(judge.fittings())?;
    let solved: Vec<_> = suite
        .problems
        .iter()
        .filter_map(acceptance::solution)
        .collect();
    println!(
        "{} problems, {} with a solution",
        suite.problems.len(),
        solved.len()
    );
    let run = |name: &str, judge: &Judge, answers: &[_]| {
        let begun = Instant::now();
        let verdicts = acceptance::run(&suite, judge, (name, answers), 2, &cell);
        report(name, &verdicts, begun.elapsed().as_secs_f64());
    };
    let from = std::env::args().nth(2).unwrap_or_default();
    if from.is_empty() {
        run("solutions, apart", &judge, &solved);
        run("solutions, together", &joined, &solved);
    }
    for cheat in cheats::ALL
        .iter()
        .filter(|cheat| cheat.name >= from.as_str())
    {
        let answers = acceptance::answers(&suite, cheat);
        run(&format!("{}, apart", cheat.name), &judge, &answers);
        if std::env::var("TOGETHER").is_ok() {
            run(&format!("{}, together", cheat.name), &joined, &answers);
        }
    }
    Ok(())
}

fn report(name: &str, verdicts: &[Verdict], seconds: f64) {
    let mut causes = BTreeMap::new();
    for verdict in verdicts {
        *causes.entry(verdict.cause.as_str()).or_insert(0) += 1;
    }
    let is_right = |verdict: &&Verdict| verdict.stage == Some(Stage::Right);
    let cpu: u64 = verdicts.iter().map(|verdict| verdict.cpu_ns).sum();
    let settings = verdicts
        .iter()
        .filter_map(|verdict| verdict.setting.as_ref());
    let n_shared = settings
        .filter(|setting| setting.integrity == Integrity::Shared)
        .count();
    println!(
        "{name}: {} of {} right, {n_shared} in one process, {seconds:.2} s, {:.1} ms CPU each {causes:?}",
        verdicts.iter().filter(is_right).count(),
        verdicts.len(),
        cpu as f64 / 1e6 / verdicts.len().max(1) as f64,
    );
    let is_solution = name.starts_with("solutions");
    for verdict in verdicts
        .iter()
        .filter(|verdict| is_right(verdict) != is_solution)
    {
        println!(
            "   {} {:?} {}",
            verdict.key.problem, verdict.unscored, verdict.evidence
        );
    }
}
