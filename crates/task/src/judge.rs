//! Judges: how far did a completion get?
//!
//! A judge reads a text and gives a [`Verdict`]. It never fails: what the model did wrong is a stage
//! and a cause, what this machine did wrong is *unscored* with a reason. Judges have a version in
//! their name; it moves when the same text could get another verdict.
//!
//! [`judge_all`] uses several threads and hands the verdicts to the caller's thread as they come, so
//! that each can be put on disk at once. The order of completion is not the order of the jobs.

mod cause;
mod evidence;
pub mod keywords;
pub mod output;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use ledger::record::{AttemptKey, Verdict};
use sandbox::Sandbox;
use sandbox::toolchain::{self, Toolchain};

pub use cause::Cause;

use crate::error::Error;
use crate::problem::{Judging, Language, Problem, Suite, Target};

/// The judge of one suite, with what it needs of this machine.
#[derive(Debug, Clone)]
pub enum Judge {
    /// Counts the keywords of the completion; executes nothing.
    Keywords,
    /// Builds and runs the program and compares what it prints.
    Output {
        /// The language of the programs.
        language: Language,
        /// What builds and runs them.
        toolchain: Toolchain,
    },
}

impl Judge {
    /// The judge that a suite asks for. Looks for the toolchain once.
    ///
    /// # Errors
    /// [`Error::Toolchain`] if the suite's programs cannot be built on this machine.
    pub fn for_suite(suite: &Suite) -> Result<Judge, Error> {
        let language = suite.language;
        Ok(match suite.judge {
            Judging::Keywords => Judge::Keywords,
            Judging::Output => Judge::Output {
                language,
                toolchain: toolchain::find(language.boxed())?,
            },
        })
    }

    /// Name and version, as verdicts carry it.
    pub fn name(&self) -> &'static str {
        match self {
            Judge::Keywords => keywords::NAME,
            Judge::Output { .. } => output::NAME,
        }
    }

    /// What builds and runs the programs; `None` if nothing is run.
    pub fn toolchain(&self) -> Option<&Toolchain> {
        match self {
            Judge::Keywords => None,
            Judge::Output { toolchain, .. } => Some(toolchain),
        }
    }

    /// Judges one completion. `key` is only passed on. The keyword judge is a pure function of the
    /// text; the output judge's verdict is as repeatable as the program.
    pub fn judge(
        &self,
        key: AttemptKey,
        problem: &Problem,
        text: &str,
        sandbox: &dyn Sandbox,
    ) -> Verdict {
        match (self, &problem.target) {
            (Judge::Keywords, Target::Keywords(words)) => keywords::judge(key, words, text),
            (
                Judge::Output {
                    language,
                    toolchain,
                },
                Target::Output(wanted),
            ) => {
                let bench = output::Bench {
                    language: *language,
                    toolchain,
                    sandbox,
                };
                output::judge(key, &bench, wanted, text)
            }
            _ => blank(key, self.name(), Cause::HarnessError)
                .unscored("the problem's target is not what this judge compares with"),
        }
    }
}

/// One completion to judge.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// Which completion.
    pub key: AttemptKey,
    /// Who judges it.
    pub judge: &'a Judge,
    /// What was asked.
    pub problem: &'a Problem,
    /// What the model answered.
    pub text: &'a str,
}

/// Judges all jobs on `n_workers` threads (at least one) and calls `on_verdict` in the caller's thread
/// with each verdict as it comes. After a `Break` no further job is begun, verdicts of those under way
/// are dropped, and the answer is `Break`.
///
/// Take no more workers than there are cores: on a crowded machine a program that computes for long
/// meets the wall deadline before its CPU limit.
pub fn judge_all(
    jobs: &[Job<'_>],
    n_workers: usize,
    sandbox: &dyn Sandbox,
    on_verdict: &mut dyn FnMut(Verdict) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let queue = Queue {
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
    };
    let n_workers = n_workers.clamp(1, jobs.len().max(1));
    // Bounded, so that a caller slower than the judges is not left behind with unsaved verdicts.
    let (sender, verdicts) = sync_channel(n_workers);
    thread::scope(|scope| {
        for _ in 0..n_workers {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || work(jobs, queue, sandbox, &sender));
        }
        drop(sender);
        let answer = verdicts.iter().try_for_each(on_verdict);
        queue.stopped.store(answer.is_break(), Ordering::Relaxed);
        // Before the threads are waited for: a sender that waits for room must be let go.
        drop(verdicts);
        answer
    })
}

/// Which job comes next, and whether any does.
struct Queue {
    next: AtomicUsize,
    stopped: AtomicBool,
}

fn work(jobs: &[Job<'_>], queue: &Queue, sandbox: &dyn Sandbox, verdicts: &SyncSender<Verdict>) {
    while !queue.stopped.load(Ordering::Relaxed) {
        let Some(job) = jobs.get(queue.next.fetch_add(1, Ordering::Relaxed)) else {
            return;
        };
        let verdict = job
            .judge
            .judge(job.key.clone(), job.problem, job.text, sandbox);
        if verdicts.send(verdict).is_err() {
            return;
        }
    }
}

/// A verdict that says nothing yet.
fn blank(key: AttemptKey, judge: &str, cause: Cause) -> Blank {
    Blank(Verdict {
        key,
        judge: judge.to_owned(),
        stage: None,
        unscored: None,
        cause: cause.to_string(),
        scores: Default::default(),
        code: None,
        evidence: String::new(),
        cpu_ns: 0,
        wall_ns: 0,
        setting: None,
        first_cause: None,
    })
}

/// A verdict under construction.
struct Blank(Verdict);

impl Blank {
    fn unscored(mut self, reason: impl Into<String>) -> Verdict {
        self.0.cause = Cause::HarnessError.to_string();
        self.0.stage = None;
        self.0.unscored = Some(reason.into());
        self.0
    }
}

#[cfg(test)]
mod tests;
