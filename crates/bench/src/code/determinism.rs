//! Whether texts depend on the batch: a spot check in every run.

use engine::{Lanes, Plain, Request, Sampling, Width, completions};
use task::Suite;

use super::Order;
use super::jobs::{Job, capacity};
use crate::Error;
use crate::desk::{Desk, Place, Subject};

/// Requests of the check.
const N_REQUESTS: usize = 6;
/// Tokens of each.
const N_TOKENS: usize = 48;

/// Generates a few prompts greedily in the most and in the fewest rows that a step of the plan has, and records the
/// share of texts that differ.
pub(super) fn check(
    subject: &Subject<'_>,
    suite: &Suite,
    order: &Order<'_>,
    jobs: &[Job],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let step = format!("determinism/{}", suite.name);
    if desk.stopped() || desk.is_done(&subject.name, &step) {
        return Ok(());
    }
    let firsts = jobs
        .iter()
        .filter(|job| job.key.suite == suite.name && job.key.attempt == 0)
        .take(N_REQUESTS);
    let requests: Vec<Request> = firsts
        .map(|job| Request {
            sampling: Sampling::GREEDY,
            max_tokens: N_TOKENS.min(job.request.max_tokens),
            ..job.request.clone()
        })
        .collect();
    desk.watcher.begin(
        &format!("{}: same text at another batch size?", suite.name),
        2,
    );
    let lanes = order.plan.lanes(capacity(jobs));
    let most = lanes.width.rows(lanes.n);
    let full = Lanes {
        width: Width::fixed(most),
        ..lanes
    };
    let together = completions(&Plain::new(subject.model, full), &requests)?;
    desk.watcher.advance(1, "");
    let fewer = Lanes {
        n: 2.min(lanes.n),
        ..lanes
    };
    let backwards: Vec<Request> = requests.iter().rev().cloned().collect();
    let mut apart = completions(&Plain::new(subject.model, fewer), &backwards)?;
    apart.reverse();
    desk.watcher.advance(2, "");
    let differing: Vec<f64> = together
        .iter()
        .zip(&apart)
        .map(|(a, b)| f64::from(a.tokens != b.tokens))
        .collect();
    let place = Place::new(&subject.name, "code")
        .with("suite", suite.name.as_str())
        .with("rows", format!("{most} and {}", fewer.width.rows(fewer.n)));
    desk.record(&place, "determinism_differing_share", differing)?;
    desk.done(&subject.name, &step)
}
