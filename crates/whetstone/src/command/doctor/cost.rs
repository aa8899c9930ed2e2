//! What judging costs on this machine: a short real measurement, not a benchmark.
//!
//! Boxes are timed by the sandbox itself, beside the same start without one. Programs are judged by the very
//! judge that benchmarks use, on all processors, and each of them has to be found right: a rate of wrong
//! verdicts would be worth nothing.

use std::ops::ControlFlow;

use ledger::record::{AttemptKey, Finish, Stage, Verdict};
use measure::{Clock, SystemClock};
use sandbox::toolchain::{Language as Boxed, Toolchain};
use sandbox::{Cell, SpawnCost};
use serde_json::{Value, json};
use task::judge::{self, Judge};
use task::{Judging, Language, PromptStyle, Suite};

use super::{Line, State, good, lack};
use crate::{containment, subject};

/// Programs of one language that are timed at most, and the time after which fewer are enough.
const MOST: usize = 200;
const LONG_ENOUGH_NS: u64 = 2_000_000_000;

/// What was timed.
pub(super) struct Cost {
    what: &'static str,
    found: Result<Found, Trouble>,
}

enum Found {
    /// Of a program that does nothing.
    Start(SpawnCost),
    /// Programs judged in a second, on so many processors.
    Rate { per_s: f64, workers: usize },
}

/// Why there is no number.
enum Trouble {
    /// A limit was met: others use the machine, and nothing is wrong with the box.
    Busy(String),
    /// What has to work does not.
    Broken(String),
}

impl Cost {
    /// For people.
    pub(super) fn line(&self) -> Line {
        match &self.found {
            Ok(Found::Start(cost)) => good(
                "cost",
                format!(
                    "{}: {:.2} ms, and {:.2} ms for the same start without one, medians of {}",
                    self.what,
                    cost.boxed.as_secs_f64() * 1e3,
                    cost.bare.as_secs_f64() * 1e3,
                    cost.n
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
            Err(Trouble::Busy(cause)) => lack(
                "cost",
                format!("{}: {cause}", self.what),
                "try again when nothing else uses the processors",
            ),
            Err(Trouble::Broken(cause)) => Line {
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
            Ok(Found::Start(cost)) => json!({
                "what": self.what,
                "median_ns": cost.boxed.as_nanos() as u64,
                "bare_median_ns": cost.bare.as_nanos() as u64,
                "n": cost.n,
            }),
            Ok(Found::Rate { per_s, workers }) => {
                json!({"what": self.what, "programs_per_s": per_s, "workers": workers})
            }
            Err(Trouble::Busy(cause) | Trouble::Broken(cause)) => {
                json!({"what": self.what, "reason": cause})
            }
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

/// Programs of one language, and who judges them.
pub(super) struct Trade {
    what: &'static str,
    suite: Suite,
    pub(super) judge: Judge,
    answer: &'static str,
}

/// C++ and Python, where their toolchains are here.
pub(super) fn trades(tools: &[Toolchain]) -> Vec<Trade> {
    let programs = [
        ("C++", Boxed::Cpp, Language::Cpp, CPP),
        ("Python", Boxed::Python, Language::Python, PYTHON),
    ];
    let here = programs
        .into_iter()
        .filter(|(_, boxed, ..)| tools.iter().any(|tool| tool.language == *boxed));
    here.filter_map(|(what, _, language, answer)| {
        let suite = suite(language).ok()?;
        Some(Trade {
            what,
            judge: containment::fastest(&suite).ok()?,
            suite,
            answer,
        })
    })
    .collect()
}

/// Times an empty box, and programs of each trade.
pub(super) fn measure(cell: &Cell, trades: &[Trade]) -> Vec<Cost> {
    let mut costs = vec![Cost {
        what: "a box, made and gone",
        found: sandbox::spawn_cost(cell)
            .map(Found::Start)
            .map_err(|fault| Trouble::Broken(fault.to_string())),
    }];
    costs.extend(trades.iter().map(|trade| Cost {
        what: trade.what,
        found: rate(cell, trade),
    }));
    costs
}

const CPP: &str = "```cpp\n#include <bits/stdc++.h>\nint main() { std::cout << \"42\\n\"; }\n```";
const PYTHON: &str = "```python\nprint(42)\n```";
const PROBLEM: &str = r#"{"id":"answer","prompt":"Print 42.","target":{"output":"42"}}"#;

/// Judges the same right program again and again on all processors. One goes before, untimed: what a fast
/// way prepares it prepares once.
fn rate(cell: &Cell, trade: &Trade) -> Result<Found, Trouble> {
    let workers = subject::threads(None);
    all_right(cell, trade, 1, 1)?;
    let (programs, ns) = all_right(cell, trade, MOST, workers)?;
    Ok(Found::Rate {
        per_s: programs as f64 * 1e9 / ns as f64,
        workers,
    })
}

/// Judges a trade's program so many times, or until it has taken long enough; the first verdict that is not
/// *right* ends it. Returns how many were judged and how long that took.
fn all_right(
    cell: &Cell,
    trade: &Trade,
    programs: usize,
    workers: usize,
) -> Result<(usize, u64), Trouble> {
    let jobs: Vec<judge::Job<'_>> = (0..programs)
        .map(|attempt| judge::Job {
            key: AttemptKey {
                model: "doctor".into(),
                suite: trade.suite.name.clone(),
                problem: "answer".into(),
                attempt: attempt as u32,
            },
            judge: &trade.judge,
            problem: &trade.suite.problems[0],
            text: trade.answer,
            finish: Finish::Unknown,
        })
        .collect();
    let clock = SystemClock::start();
    let started = clock.now_ns();
    let (mut judged, mut ns, mut trouble) = (0, 1, Ok(()));
    let _ = judge::judge_all(&jobs, workers, cell, &mut |verdict| {
        judged += 1;
        ns = (clock.now_ns() - started).max(1);
        trouble = complaint(&verdict);
        match trouble.is_ok() && ns < LONG_ENOUGH_NS {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    trouble.map(|()| (judged, ns))
}

fn complaint(verdict: &Verdict) -> Result<(), Trouble> {
    if verdict.stage == Some(Stage::Right) {
        return Ok(());
    }
    let why = verdict.unscored.as_deref().unwrap_or(&verdict.evidence);
    let why = why.lines().next().unwrap_or_default();
    let said = format!("a right program was judged {}: {why}", verdict.cause);
    let limits = ["_limit", "_timeout"];
    Err(
        match limits.iter().any(|end| verdict.cause.ends_with(end)) {
            true => Trouble::Busy(said),
            false => Trouble::Broken(said),
        },
    )
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
        toolchain: None,
        problems: Vec::new(),
        sha256: String::new(),
    };
    suite.with_problems(PROBLEM)
}
