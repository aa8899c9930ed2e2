//! Judges the completions of a suite, several programs side by side, while no model computes, and then a share of
//! them again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use ledger::Run;
use ledger::record::{Attempt, AttemptKey, Stage, Verdict};
use sandbox::{Fault, Sandbox, Scripted};
use task::Suite;
use task::judge::{Court, Job, Judge, Separation};

use super::Order;
use super::audit::Docket;
use crate::Error;
use crate::desk::Desk;
use crate::plan::Mode;

/// Judges a model's completions of a suite that have no verdict yet, and audits those that came by a fast way. False if
/// the user asked to stop.
///
/// # Errors
/// [`Error::Plan`] if programs are to run and the desk has no sandbox; those of the ledger; a missing
/// toolchain.
pub fn judge(
    model: &str,
    suite: &Suite,
    order: &Order<'_>,
    desk: &mut Desk<'_>,
) -> Result<bool, Error> {
    let run = ledger::read(desk.folder.path())?;
    let attempts = open(model, suite, &run);
    let docket = Docket { model, suite };
    if attempts.is_empty() && docket.is_over(order.plan.audit, &run) {
        return Ok(true);
    }
    let mut judge = in_mode(Judge::for_suite(suite)?, order.plan.mode);
    if let Some(cache) = desk.fast_ways {
        judge = judge.with_fast_ways(cache).map_err(Error::Cache)?;
    }
    let nothing_runs = Scripted::new(|_, _| {
        Err(Fault::Script {
            what: "this judge runs no program".into(),
        })
    });
    let sandbox: &dyn Sandbox = match (desk.sandbox, judge.toolchain()) {
        (Some(sandbox), _) => sandbox,
        (None, None) => &nothing_runs,
        (None, Some(_)) => return Err(Error::Plan("code problems need a sandbox".into())),
    };
    let court = Court {
        n_workers: order.plan.judge_workers,
        sandbox,
        precedents: desk.precedents.filter(|_| order.plan.verdict_cache),
        audit: order.plan.audit,
        seed: order.seed,
    };
    let jobs: Vec<Job<'_>> = attempts
        .iter()
        .filter_map(|attempt| job(suite, &judge, attempt))
        .collect();
    if hear(&court, (suite, &jobs), desk)?.is_break() {
        return Ok(false);
    }
    docket.audit(&court, &judge, desk)
}

/// Has all jobs judged and writes every verdict down as it is given.
fn hear(
    court: &Court<'_>,
    (suite, jobs): (&Suite, &[Job<'_>]),
    desk: &mut Desk<'_>,
) -> Result<ControlFlow<()>, Error> {
    if jobs.is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    desk.watcher
        .begin(&format!("{}: judging", suite.name), jobs.len() as u64);
    let mut clerk = Clerk {
        desk,
        tally: Tally::default(),
        failed: None,
    };
    let flow = court.hear(jobs, &mut |verdict| clerk.take(&verdict));
    clerk.failed.map_or(Ok(flow), |error| Err(error.into()))
}

/// The completions that have no verdict yet, in the order of the suite: they were written down as they ended. What
/// this machine could not judge in an earlier session is open again.
fn open(model: &str, suite: &Suite, run: &Run) -> Vec<Attempt> {
    let judged = run.verdicts.iter().filter(|one| one.unscored.is_none());
    let judged: BTreeSet<&AttemptKey> = judged.map(|verdict| &verdict.key).collect();
    let is_open = |attempt: &&Attempt| {
        attempt.key.model == model
            && attempt.key.suite == suite.name
            && !judged.contains(&attempt.key)
    };
    let mut open: Vec<Attempt> = run.attempts.iter().filter(is_open).cloned().collect();
    let places: BTreeMap<&str, usize> = suite
        .problems
        .iter()
        .enumerate()
        .map(|(place, problem)| (problem.id.as_str(), place))
        .collect();
    open.sort_by_key(|one| {
        let place = places.get(one.key.problem.as_str()).copied();
        (place, one.key.attempt)
    });
    open
}

/// An attempt to be judged; `None` if the suite has no such problem.
pub(super) fn job<'a>(suite: &'a Suite, judge: &'a Judge, attempt: &'a Attempt) -> Option<Job<'a>> {
    Some(Job {
        key: attempt.key.clone(),
        judge,
        problem: suite.problem(&attempt.key.problem)?,
        text: &attempt.text,
        finish: attempt.finish,
    })
}

/// The judge that keeps tests and candidates as far apart as the plan says.
fn in_mode(judge: Judge, mode: Mode) -> Judge {
    match mode {
        Mode::Split => judge,
        Mode::Compat => judge.separated(Separation::Together).unwrap_or(judge),
        Mode::Both => judge.separated(Separation::Both).unwrap_or(judge),
    }
}

/// Writes down what the court says, the moment it is said.
struct Clerk<'a, 'd> {
    desk: &'a mut Desk<'d>,
    tally: Tally,
    failed: Option<ledger::Error>,
}

impl Clerk<'_, '_> {
    fn take(&mut self, verdict: &Verdict) -> ControlFlow<()> {
        self.tally.add(verdict);
        if let Err(error) = self.desk.folder.append_verdict(verdict) {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        let note = self.tally.to_string();
        self.desk.watcher.advance(self.tally.n_judged, &note);
        match self.desk.stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// The running score that a watcher sees.
#[derive(Default)]
struct Tally {
    n_judged: u64,
    n_right: u64,
    n_compiled: u64,
    keyword_sum: f64,
    n_keyword: u64,
    n_expected: u64,
    n_behaviour: u64,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        self.n_judged += 1;
        self.n_right += u64::from(verdict.stage == Some(Stage::Right));
        self.n_compiled += u64::from(verdict.stage >= Some(Stage::CompilesWithWarnings));
        if let Some(share) = verdict.scores.get("keyword_share") {
            self.keyword_sum += share;
            self.n_keyword += 1;
        }
        if let Some(shown) = verdict.scores.get(task::judge::behaviour::RATE) {
            self.n_expected += u64::from(*shown == 1.0);
            self.n_behaviour += 1;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.n_keyword > 0 {
            write!(
                f,
                "keywords {:.0} %",
                100.0 * self.keyword_sum / self.n_keyword as f64
            )
        } else if self.n_behaviour > 0 {
            write!(f, "{} of {} as expected", self.n_expected, self.n_behaviour)
        } else {
            write!(f, "{} right, {} compile", self.n_right, self.n_compiled)
        }
    }
}
