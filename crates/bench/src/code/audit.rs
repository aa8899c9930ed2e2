//! A share of the verdicts that came by a fast way is tried again the slow way: a step of its own.
//!
//! The share is drawn from all verdicts of the run, whenever they were given and also where they were taken over
//! from earlier runs: those rest on a fast way as well. Each pair is on disk before the next one counts, so an
//! interruption loses none, and a disagreement that was seen stays. The measurement is made of all pairs once
//! the last one is there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use ledger::Run;
use ledger::record::{Attempt, AttemptKey, Audit, Verdict, Warning};
use task::Suite;
use task::judge::{Court, Job, Judge, is_fast};

use crate::Error;
use crate::desk::{Desk, Place};

const METRIC: &str = "audit_disagreeing_share";

/// What is audited.
#[derive(Clone, Copy)]
pub(super) struct Docket<'a> {
    pub(super) model: &'a str,
    pub(super) suite: &'a Suite,
}

impl<'a> Docket<'a> {
    fn step(&self) -> String {
        format!("audit/{}", self.suite.name)
    }

    fn place(&self) -> Place<'a> {
        Place::new(self.model, "code").with("suite", self.suite.name.as_str())
    }

    fn has(&self, key: &AttemptKey) -> bool {
        key.model == self.model && key.suite == self.suite.name
    }

    fn fast<'r>(&self, run: &'r Run) -> Vec<&'r Verdict> {
        let mine = |verdict: &&Verdict| self.has(&verdict.key) && is_fast(verdict);
        run.verdicts.iter().filter(mine).collect()
    }

    /// Whether nothing is left to try: it was done, nobody asked, or nothing came by a fast way.
    pub(super) fn is_over(&self, share: f64, run: &Run) -> bool {
        let is_done = run.is_done(self.model, &self.step()) || self.was_told_before(run);
        share <= 0.0 || is_done || self.fast(run).is_empty()
    }

    /// Runs that are over stay as they are. So does a share that was written before there was this step.
    fn was_told_before(&self, run: &Run) -> bool {
        let place = self.place();
        let is_it = |m: &ledger::record::Measurement| {
            m.model == place.model && m.metric == METRIC && m.conditions == place.conditions
        };
        let has_pairs = run.audits.iter().any(|audit| self.has(&audit.key));
        run.is_complete() || (!has_pairs && run.measurements.iter().any(is_it))
    }

    /// Tries what is drawn and not tried yet. False if the user asked to stop.
    pub(super) fn audit(
        &self,
        court: &Court<'_>,
        judge: &Judge,
        desk: &mut Desk<'_>,
    ) -> Result<bool, Error> {
        let run = ledger::read(desk.folder.path())?;
        if self.is_over(court.audit, &run) {
            return Ok(true);
        }
        let mine = run.audits.iter().filter(|audit| self.has(&audit.key));
        let mut tried: BTreeMap<AttemptKey, Audit> = mine
            .map(|audit| (audit.key.clone(), audit.clone()))
            .collect();
        let fast = self.fast(&run);
        let drawn = court.draw(judge, &fast).into_iter();
        let open: Vec<&Verdict> = drawn.filter(|one| !tried.contains_key(&one.key)).collect();
        let attempts = run.attempts.iter().map(|attempt| (&attempt.key, attempt));
        let attempts: BTreeMap<&AttemptKey, &Attempt> = attempts.collect();
        let pair = |verdict: &'_ Verdict| {
            super::judging::job(self.suite, judge, attempts.get(&verdict.key)?)
        };
        let pairs: Vec<(Job<'_>, &Verdict)> = open
            .into_iter()
            .filter_map(|verdict| Some((pair(verdict)?, verdict)))
            .collect();
        let flow = self.try_again(court, &pairs, &mut tried, desk)?;
        if flow.is_break() {
            return Ok(false);
        }
        self.conclude(fast.len(), &tried, desk)?;
        Ok(true)
    }

    fn try_again(
        &self,
        court: &Court<'_>,
        pairs: &[(Job<'_>, &Verdict)],
        tried: &mut BTreeMap<AttemptKey, Audit>,
        desk: &mut Desk<'_>,
    ) -> Result<ControlFlow<()>, Error> {
        if pairs.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let what = format!("{}: judging a share again, the slow way", self.suite.name);
        desk.watcher.begin(&what, pairs.len() as u64);
        let mut failed = None;
        let (mut n, mut n_differ) = (0, 0);
        let flow = court.audit(pairs, &mut |audit| {
            if let Err(error) = desk.folder.append_audit(&audit) {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            (n, n_differ) = (n + 1, n_differ + u64::from(audit.agrees() == Some(false)));
            tried.insert(audit.key.clone(), audit);
            desk.watcher.advance(n, &format!("{n_differ} disagree"));
            match desk.stopped() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        failed.map_or(Ok(flow), |error| Err(error.into()))
    }

    /// Writes down how often the two disagreed, in the order of the keys.
    fn conclude(
        &self,
        n_fast: usize,
        tried: &BTreeMap<AttemptKey, Audit>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let place = self.place();
        let agree = tried.values().filter_map(Audit::agrees);
        let values: Vec<f64> = agree.map(|agrees| f64::from(!agrees)).collect();
        let unscored: Vec<&String> = tried
            .values()
            .filter_map(|it| it.unscored.as_ref())
            .collect();
        match (values.len(), unscored.first()) {
            (0, Some(reason)) => {
                desk.record_absent(&place, METRIC, format!("the slow way could not judge: {reason}"))?;
            }
            (0, None) => desk.record_absent(&place, METRIC, format!(
                "none of the {n_fast} verdicts that came by a fast way can be tried again: they were given with another toolchain or under another policy of the sandbox"
            ))?,
            (n_tried, _) => {
                let differ = tried.values().filter(|audit| audit.agrees() == Some(false));
                self.warn_of_disagreement(&differ.collect::<Vec<_>>(), n_tried, desk)?;
                desk.record(&place, METRIC, values)?;
            }
        }
        if let Some(reason) = unscored.first() {
            desk.folder.append_warning(&Warning {
                kind: "audit_unscored".into(),
                message: format!(
                    "{}: the slow way of judging could not judge {} of {} completions: {reason}",
                    self.suite.name,
                    unscored.len(),
                    tried.len()
                ),
                advice: "look at `whet doctor`; the share of disagreements counts the others"
                    .into(),
            })?;
        }
        desk.done(self.model, &self.step())
    }

    /// A single time is worth a warning.
    fn warn_of_disagreement(
        &self,
        differ: &[&Audit],
        n_tried: usize,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let Some(first) = differ.first() else {
            return Ok(());
        };
        Ok(desk.folder.append_warning(&Warning {
            kind: "fast_way_disagrees".into(),
            message: format!(
                "{}: the fast way of judging disagrees with the slow one on {} of {n_tried} completions; of {} (attempt {}) it said {} and the slow one {}",
                self.suite.name,
                differ.len(),
                first.key.problem,
                first.key.attempt,
                first.fast_cause,
                first.slow_cause
            ),
            advice: "take the numbers of this suite with care and report this; --audit 1 tries every verdict again".into(),
        })?)
    }
}
