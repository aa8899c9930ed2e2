//! What judging costs on this machine: a short real measurement, not a benchmark.
//!
//! Boxes are timed one after the other with a program that does nothing. Programs are judged by the very
//! judge that benchmarks use, on all processors, and each of them has to be found right: a rate of wrong
//! verdicts would be worth nothing.

use std::ops::ControlFlow;

use ledger::record::{AttemptKey, Stage, Verdict};
use measure::{Clock, SystemClock};
use sandbox::toolchain::{Language as Boxed, Toolchain};
use sandbox::{Cell, Limits, Program, Sandbox};
use serde_json::{Value, json};
use task::judge::{self, Judge};
use task::{Judging, Language, PromptStyle, Suite};

use super::{Line, State, good};
use crate::subject;

/// Boxes that are timed, after a few that are not.
const BOXES: usize = 30;
const WARM_UPS: usize = 3;

/// What was timed.
pub(super) struct Cost {
    what: &'static str,
    found: Result<Found, String>,
}

enum Found {
    /// Nanoseconds of one.
    Each(u64),
    /// Programs judged in a second, on so many processors.
    Rate { per_s: f64, workers: usize },
}

impl Cost {
    /// For people.
    pub(super) fn line(&self) -> Line {
        match &self.found {
            Ok(Found::Each(ns)) => good(
                "cost",
                format!(
                    "{}: {:.2} ms, median of {BOXES}",
                    self.what,
                    *ns as f64 / 1e6
                ),
            ),
            Ok(Found::Rate { per_s, workers }) => good(
                "cost",
                format!(
                    "{}: about {} programs per second on {workers} processors",
                    self.what,
                    short(*per_s)
                ),
            ),
            Err(cause) => Line {
                area: "cost",
                state: State::Broken,
                text: format!("{}: {cause}", self.what),
                detail: None,
                remedy: Some("what a box must be able to do does not work; see the cause".into()),
            },
        }
    }

    /// For programs.
    pub(super) fn as_json(&self) -> Value {
        match &self.found {
            Ok(Found::Each(ns)) => json!({"what": self.what, "median_ns": ns, "n": BOXES}),
            Ok(Found::Rate { per_s, workers }) => {
                json!({"what": self.what, "programs_per_s": per_s, "workers": workers})
            }
            Err(cause) => json!({"what": self.what, "reason": cause}),
        }
    }
}

/// A rate to two digits: more would claim a benchmark.
fn short(rate: f64) -> String {
    if rate < 10.0 {
        format!("{rate:.1}")
    } else {
        format!("{rate:.0}")
    }
}

/// Times an empty box, and C++ and Python programs where their toolchains are here.
pub(super) fn measure(cell: &Cell, tools: &[Toolchain]) -> Vec<Cost> {
    let mut costs = vec![Cost {
        what: "a box, made and gone",
        found: spawn(cell).map(Found::Each),
    }];
    let programs = [
        ("C++", Boxed::Cpp, Language::Cpp, CPP, 2),
        ("Python", Boxed::Python, Language::Python, PYTHON, 12),
    ];
    for (what, boxed, language, answer, per_worker) in programs {
        if tools.iter().any(|tool| tool.language == boxed) {
            let found = rate(cell, language, answer, per_worker);
            costs.push(Cost { what, found });
        }
    }
    costs
}

/// The median wall time of a box around a program that does nothing.
fn spawn(cell: &Cell) -> Result<u64, String> {
    let clock = SystemClock::start();
    let program = Program::new(["/bin/true"]);
    let mut times = Vec::new();
    for round in 0..WARM_UPS + BOXES {
        let started = clock.now_ns();
        let outcome = cell
            .execute(&program, &Limits::run())
            .map_err(|fault| fault.to_string())?;
        if !outcome.ending.is_clean() {
            return Err(format!("a program that does nothing {}", outcome.ending));
        }
        if round >= WARM_UPS {
            times.push(clock.now_ns() - started);
        }
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

const CPP: &str = "```cpp\n#include <bits/stdc++.h>\nint main() { std::cout << \"42\\n\"; }\n```";
const PYTHON: &str = "```python\nprint(42)\n```";
const PROBLEM: &str = r#"{"id":"answer","prompt":"Print 42.","target":{"output":"42"}}"#;

/// Judges the same right program many times on all processors.
fn rate(cell: &Cell, language: Language, answer: &str, per_worker: usize) -> Result<Found, String> {
    let suite = suite(language).map_err(|error| error.to_string())?;
    let judge = Judge::for_suite(&suite).map_err(|error| error.to_string())?;
    let workers = subject::threads(None);
    let jobs: Vec<judge::Job<'_>> = (0..workers * per_worker)
        .map(|attempt| judge::Job {
            key: AttemptKey {
                model: "doctor".into(),
                suite: suite.name.clone(),
                problem: "answer".into(),
                attempt: attempt as u32,
            },
            judge: &judge,
            problem: &suite.problems[0],
            text: answer,
        })
        .collect();
    let clock = SystemClock::start();
    let started = clock.now_ns();
    let mut wrong = None;
    let _ = judge::judge_all(
        &jobs,
        workers,
        cell,
        &mut |verdict| match complaint(&verdict) {
            None => ControlFlow::Continue(()),
            Some(cause) => {
                wrong = Some(cause);
                ControlFlow::Break(())
            }
        },
    );
    let seconds = (clock.now_ns() - started).max(1) as f64 / 1e9;
    match wrong {
        Some(cause) => Err(cause),
        None => Ok(Found::Rate {
            per_s: jobs.len() as f64 / seconds,
            workers,
        }),
    }
}

fn complaint(verdict: &Verdict) -> Option<String> {
    (verdict.stage != Some(Stage::Right)).then(|| {
        let why = verdict.unscored.as_deref().unwrap_or(&verdict.evidence);
        format!("a right program was judged {}: {why}", verdict.cause)
    })
}

fn suite(language: Language) -> Result<Suite, task::Error> {
    let suite = Suite {
        name: "doctor".into(),
        title: "One program".into(),
        language,
        style: PromptStyle::Continue,
        max_tokens: 1,
        stop: Vec::new(),
        judge: Judging::Output,
        problems: Vec::new(),
        sha256: String::new(),
    };
    suite.with_problems(PROBLEM)
}
