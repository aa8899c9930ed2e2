//! The court: many completions are judged, and the doubtful ones a second time.
//!
//! First all are judged side by side. A verdict that stood near a limit of time is put aside: other
//! programs ran beside it, and on a quieter machine it might have been another one. So is one that could not
//! be had because this machine failed. When the others are
//! done, these are judged again, one at a time, and the second verdict counts; the first one's cause
//! stays in the record.
//!
//! A share of the verdicts that came by a fast way, here or in an earlier run, is tried by the slow one: they
//! must agree. Which ones follows from the verdicts and the seed alone, so whoever was interrupted draws the same.
//!
//! What was judged before under the same circumstances is not judged again, if the caller has
//! [`Precedents`]. Verdicts near a limit and attempts that could not be judged never become one.
//!
//! Everything is told in the caller's thread as it comes, so that it can be put on disk at once.

mod key;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use ledger::Precedents;
use ledger::record::{AttemptKey, Audit, Finish, Verdict, Way};
use sandbox::Sandbox;

use super::Judge;
use super::watched::Watched;
use crate::behaviour::Answer;
use crate::problem::Problem;
use crate::sha256;

/// So many fast verdicts are tried again at least, or all if there are fewer.
const LEAST_AUDITED: usize = 20;

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
    /// Why the answer ended.
    pub finish: Finish,
}

/// How completions are judged.
pub struct Court<'a> {
    /// Programs judged side by side; no more than there are cores, or the wall deadline decides.
    pub n_workers: usize,
    /// Where they run.
    pub sandbox: &'a dyn Sandbox,
    /// Verdicts that were given before, if they may be taken over.
    pub precedents: Option<&'a Precedents>,
    /// Share of the fast verdicts that are tried again by the slow way, in 0..=1; 0 is none.
    pub audit: f64,
    /// Which ones those are.
    pub seed: u64,
}

/// A verdict, and whether the load of the machine may have decided it.
struct Heard {
    verdict: Verdict,
    near_limit: bool,
}

impl Court<'_> {
    /// Judges all jobs and tells each verdict in the caller's thread. After a `Break` no further job is
    /// begun, what is under way is dropped, and the answer is `Break`. The order of verdicts is not the
    /// order of jobs.
    pub fn hear(
        &self,
        jobs: &[Job<'_>],
        tell: &mut dyn FnMut(Verdict) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut aside = BTreeMap::new();
        let judge = |index: usize| self.first(&jobs[index]);
        side_by_side(
            jobs.len(),
            self.n_workers,
            &judge,
            &mut |index, heard: Heard| {
                if heard.near_limit || heard.verdict.unscored.is_some() {
                    aside.insert(index, heard.verdict.cause);
                    return ControlFlow::Continue(());
                }
                tell(heard.verdict)
            },
        )?;
        for (index, cause) in aside {
            let again = judged(&jobs[index], self.sandbox, Way::Fast);
            let verdict = Verdict {
                first_cause: Some(cause),
                ..again.verdict
            };
            tell(verdict)?;
        }
        ControlFlow::Continue(())
    }

    /// The fast verdicts that are to be tried again, drawn by the seed: the share of all of them, and no fewer than
    /// 20. Only those under the circumstances of now can be held against a slow one, so others
    /// (another compiler, another policy) are not drawn.
    pub fn draw<'v>(&self, judge: &Judge, verdicts: &[&'v Verdict]) -> Vec<&'v Verdict> {
        if self.audit <= 0.0 {
            return Vec::new();
        }
        let can_be_tried = |verdict: &&&Verdict| is_fast(verdict) && self.is_as_now(judge, verdict);
        let fast = verdicts.iter().filter(can_be_tried).copied();
        let mut fast: Vec<&Verdict> = fast.collect();
        let share = (self.audit * fast.len() as f64).ceil() as usize;
        let lot =
            |verdict: &&Verdict| sha256(format!("{} {:?}", self.seed, verdict.key).as_bytes());
        fast.sort_by_cached_key(lot);
        fast.truncate(share.max(LEAST_AUDITED));
        fast
    }

    /// Whether a verdict was given with the same toolchain, under the same policy.
    fn is_as_now(&self, judge: &Judge, verdict: &Verdict) -> bool {
        let (Some(then), Some(toolchain)) = (&verdict.setting, judge.toolchain()) else {
            return false;
        };
        let badge = self.sandbox.badge();
        (&then.toolchain_sha256, &then.policy_sha256, &then.tier)
            == (
                &toolchain.sha256,
                &badge.policy_sha256,
                &badge.tier.to_string(),
            )
    }

    /// Tries fast verdicts again by the slow way and tells, in the caller's thread, what came of each; in no
    /// particular order. A slow verdict near a limit is found once more alone, as a fast one would be.
    pub fn audit(
        &self,
        pairs: &[(Job<'_>, &Verdict)],
        tell: &mut dyn FnMut(Audit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let again = |at: usize| judged(&pairs[at].0, self.sandbox, Way::Slow);
        let mut aside = BTreeSet::new();
        side_by_side(
            pairs.len(),
            self.n_workers,
            &again,
            &mut |at, slow: Heard| {
                if slow.near_limit {
                    aside.insert(at);
                    return ControlFlow::Continue(());
                }
                tell(self.compared(&pairs[at], slow.verdict))
            },
        )?;
        for at in aside {
            tell(self.compared(&pairs[at], again(at).verdict))?;
        }
        ControlFlow::Continue(())
    }

    /// Both verdicts side by side. Where they disagree, the slow one becomes the precedent: before anybody hears
    /// of it, because who was told does not ask again.
    fn compared(&self, (job, fast): &(Job<'_>, &Verdict), slow: Verdict) -> Audit {
        let audit = Audit {
            key: slow.key.clone(),
            fast_stage: fast.stage,
            fast_cause: fast.cause.clone(),
            slow_stage: slow.stage,
            slow_cause: slow.cause.clone(),
            unscored: slow.unscored.clone(),
        };
        if audit.agrees() == Some(false) {
            self.overrule(job, &slow);
        }
        audit
    }

    /// The first verdict on a job: an earlier one if there is one.
    fn first(&self, job: &Job<'_>) -> Heard {
        let Some((precedents, content)) = self.precedents.zip(self.content(job)) else {
            return judged(job, self.sandbox, Way::Fast);
        };
        if let Some(verdict) = precedents.find(&content) {
            return Heard {
                verdict: taken_over(verdict, job),
                near_limit: false,
            };
        }
        let heard = judged(job, self.sandbox, Way::Fast);
        if !heard.near_limit && heard.verdict.unscored.is_none() {
            // A cache that cannot be written costs time on the next run and nothing else.
            let _ = precedents.keep(&content, &heard.verdict);
        }
        heard
    }

    fn content(&self, job: &Job<'_>) -> Option<String> {
        key::of(job, self.sandbox.badge())
    }

    /// Lets the slow way's verdict stand for later runs, in place of the fast one's.
    fn overrule(&self, job: &Job<'_>, slow: &Verdict) {
        if let Some((precedents, content)) = self.precedents.zip(self.content(job)) {
            let _ = precedents.keep(&content, slow);
        }
    }
}

/// Judges all jobs once on `n_workers` threads and calls `on_verdict` in the caller's thread with each
/// verdict as it comes: a [`Court`] without second looks.
pub fn judge_all(
    jobs: &[Job<'_>],
    n_workers: usize,
    sandbox: &dyn Sandbox,
    on_verdict: &mut dyn FnMut(Verdict) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let judge = |index: usize| judged(&jobs[index], sandbox, Way::Fast).verdict;
    side_by_side(jobs.len(), n_workers, &judge, &mut |_, verdict| {
        on_verdict(verdict)
    })
}

fn judged(job: &Job<'_>, sandbox: &dyn Sandbox, way: Way) -> Heard {
    let watched = Watched::new(sandbox, way);
    let answer = Answer {
        text: job.text,
        finish: job.finish,
    };
    let judge = |judge: &Judge| judge.judge(job.key.clone(), job.problem, answer, &watched);
    let verdict = match way {
        Way::Fast => judge(job.judge),
        Way::Slow => judge(&job.judge.slow()),
    };
    Heard {
        verdict,
        near_limit: watched.was_near_limit(),
    }
}

/// Whether a verdict came by a fast way, here or where it was taken over from.
pub fn is_fast(verdict: &Verdict) -> bool {
    let setting = verdict.setting.as_ref();
    verdict.unscored.is_none() && setting.is_some_and(|setting| setting.way == Way::Fast)
}

/// An earlier verdict as the one on this job.
fn taken_over(mut verdict: Verdict, job: &Job<'_>) -> Verdict {
    verdict.key = job.key.clone();
    if let Some(setting) = &mut verdict.setting {
        setting.cached = true;
    }
    verdict
}

/// Does `n` pieces of work on at most `n_workers` threads and tells each result in the caller's thread.
fn side_by_side<T: Send>(
    n: usize,
    n_workers: usize,
    work: &(dyn Fn(usize) -> T + Sync),
    tell: &mut dyn FnMut(usize, T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let n_workers = n_workers.clamp(1, n.max(1));
    // Bounded, so that a caller slower than the workers is not left behind with unsaved results.
    let (sender, results) = sync_channel(n_workers);
    thread::scope(|scope| {
        for _ in 0..n_workers {
            let (sender, next, stopped) = (sender.clone(), &next, &stopped);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= n || sender.send((index, work(index))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let answer = results
            .iter()
            .try_for_each(|(index, result)| tell(index, result));
        stopped.store(answer.is_break(), Ordering::Relaxed);
        // Before the threads are waited for: a sender that waits for room must be let go.
        drop(results);
        answer
    })
}

#[cfg(test)]
mod tests;
