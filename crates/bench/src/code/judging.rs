//! Judges the completions of a suite, several programs side by side, while no model computes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use ledger::record::{Attempt, AttemptKey, Stage, Verdict};
use sandbox::{Fault, Sandbox, Scripted};
use task::Suite;
use task::judge::{self, Judge};

use super::Order;
use crate::Error;
use crate::desk::{Desk, Subject};

/// Judges what has no verdict yet. False if the user asked to stop.
pub(super) fn judge(
    subject: &Subject<'_>,
    suite: &Suite,
    order: &Order<'_>,
    desk: &mut Desk<'_>,
) -> Result<bool, Error> {
    let run = ledger::read(desk.folder.path())?;
    let judged: BTreeSet<&AttemptKey> = run.verdicts.iter().map(|verdict| &verdict.key).collect();
    let open: Vec<&Attempt> = run
        .attempts
        .iter()
        .filter(|attempt| attempt.key.model == subject.name && attempt.key.suite == suite.name)
        .filter(|attempt| !judged.contains(&attempt.key))
        .collect();
    if open.is_empty() {
        return Ok(true);
    }
    desk.watcher
        .begin(&format!("{}: judging", suite.name), open.len() as u64);
    let judge = Judge::for_suite(suite)?;
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
    let jobs: Vec<judge::Job<'_>> = open
        .iter()
        .filter_map(|attempt| {
            let problem = suite.problem(&attempt.key.problem)?;
            Some(judge::Job {
                key: attempt.key.clone(),
                judge: &judge,
                problem,
                text: &attempt.text,
            })
        })
        .collect();
    let mut tally = Tally::default();
    let mut failed = None;
    let flow = judge::judge_all(&jobs, order.plan.judge_workers, sandbox, &mut |verdict| {
        tally.add(&verdict);
        if let Err(error) = desk.folder.append_verdict(&verdict) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        desk.watcher.advance(tally.n_judged, &tally.to_string());
        if desk.stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(flow.is_continue()),
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
        } else {
            write!(f, "{} right, {} compile", self.n_right, self.n_compiled)
        }
    }
}
