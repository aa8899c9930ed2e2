//! Judges the published solutions of a suite's file, apart and together, and every cheat: `trial FILE`.
//!
//! A suite on which a solution fails or a cheat passes is not one to measure with.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is a program for a person"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

use ledger::record::{AttemptKey, Integrity, Stage, Verdict};
use sandbox::{Cell, Fittings};
use task::judge::{Job, Judge, judge_all, warm};
use task::{Problem, Suite, Target, cheats, shelf};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the file of a suite")?;
    let suite = shelf::load(path.as_ref())?;
    let judge = Judge::for_suite(&suite)?;
    let together = match judge.clone() {
        Judge::Function { toolchain, .. } => Judge::Function {
            toolchain,
            together: true,
        },
        _ => return Err("only function tasks have something to be split".into()),
    };
    let toolchain = judge.toolchain().ok_or("nothing is run")?;
    let cell = Cell::with(Fittings {
        readable: toolchain.readable.clone(),
        warm: vec![warm(toolchain)],
    })?;
    let solved: Vec<(&Problem, String)> = suite.problems.iter().filter_map(solution).collect();
    println!(
        "{} problems, {} with a solution",
        suite.problems.len(),
        solved.len()
    );
    for (name, judge) in [
        ("solutions, apart", &judge),
        ("solutions, together", &together),
    ] {
        report(name, &run(&suite, judge, &solved, &cell));
    }
    for cheat in cheats::ALL {
        let texts: Vec<_> = suite
            .problems
            .iter()
            .filter_map(|problem| Some((problem, cheat.answer(problem)?)))
            .collect();
        for (name, judge) in [("apart", &judge), ("together", &together)] {
            report(
                &format!("cheat {}, {name}", cheat.name),
                &run(&suite, judge, &texts, &cell),
            );
        }
    }
    Ok(())
}

fn solution(problem: &Problem) -> Option<(&Problem, String)> {
    let Target::Function(function) = &problem.target else {
        return None;
    };
    Some((
        problem,
        format!("```python\n{}\n```", function.solution.clone()?),
    ))
}

fn run(
    suite: &Suite,
    judge: &Judge,
    texts: &[(&Problem, String)],
    cell: &Cell,
) -> (Vec<Verdict>, f64) {
    let jobs: Vec<_> = texts
        .iter()
        .map(|(problem, text)| Job {
            key: AttemptKey {
                model: "trial".into(),
                suite: suite.name.clone(),
                problem: problem.id.clone(),
                attempt: 0,
            },
            judge,
            problem,
            text,
        })
        .collect();
    let begun = Instant::now();
    let mut verdicts = Vec::new();
    let _ = judge_all(&jobs, 2, cell, &mut |verdict| {
        verdicts.push(verdict);
        ControlFlow::Continue(())
    });
    (verdicts, begun.elapsed().as_secs_f64())
}

fn report(name: &str, (verdicts, seconds): &(Vec<Verdict>, f64)) {
    let mut causes = BTreeMap::new();
    for verdict in verdicts {
        *causes.entry(verdict.cause.as_str()).or_insert(0) += 1;
    }
    let right = verdicts
        .iter()
        .filter(|verdict| verdict.stage == Some(Stage::Right));
    let cpu: u64 = verdicts.iter().map(|verdict| verdict.cpu_ns).sum();
    let shared = verdicts
        .iter()
        .filter_map(|verdict| verdict.setting.as_ref());
    let shared = shared
        .filter(|setting| setting.integrity == Integrity::Shared)
        .count();
    println!(
        "{name}: {} of {} right, {shared} in one process, {seconds:.2} s, {:.1} ms CPU each {causes:?}",
        right.count(),
        verdicts.len(),
        cpu as f64 / 1e6 / verdicts.len().max(1) as f64,
    );
    if std::env::var("VERBOSE").is_ok() || name.starts_with("solutions") {
        for verdict in verdicts
            .iter()
            .filter(|v| (v.stage == Some(Stage::Right)) == name.starts_with("cheat"))
        {
            println!(
                "   {} {} {:?} {}",
                verdict.key.problem, verdict.cause, verdict.unscored, verdict.evidence
            );
        }
    }
}
