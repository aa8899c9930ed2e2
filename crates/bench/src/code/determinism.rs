//! Whether texts depend on the batch: a spot check in every run.

use engine::{Lanes, Plain, Request, Sampling, Width, completions};
use task::Suite;

use super::Order;
use super::jobs::{Job, capacity};
use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::plan::CodePlan;

/// Requests of the check, of each suite.
pub(crate) const N_REQUESTS: usize = 6;
/// Tokens of each.
pub(crate) const N_TOKENS: usize = 48;

/// Generates a few prompts of every suite greedily in the most and in the fewest rows that a step of the plan has, and
/// records for each suite the share of texts that differ.
///
/// The suites share their steps: rows that are computed anyway serve a request each. What is held against each other
/// is a text in steps of many rows and the same text in steps of few, beside other neighbours.
pub(super) fn check(
    subject: &Subject<'_>,
    order: &Order<'_>,
    jobs: &[Job],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let is_open = |suite: &&Suite| !desk.is_done(&subject.name, &step(suite));
    let open: Vec<&Suite> = order.suites.iter().filter(is_open).collect();
    if desk.stopped() || open.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = order
        .suites
        .iter()
        .map(|suite| suite.name.as_str())
        .collect();
    desk.watcher.begin(
        &format!("{}: same text at another batch size?", names.join(", ")),
        2,
    );
    // All of them, also where one suite has its share already: a text stands beside the same ones after a resume.
    let asked: Vec<(&str, Request)> = order
        .suites
        .iter()
        .flat_map(|one| firsts(one, jobs))
        .collect();
    let requests: Vec<Request> = asked.iter().map(|(_, request)| request.clone()).collect();
    let [full, fewer] = lanes(order.plan, capacity(jobs));
    let together = completions(&Plain::new(subject.model, full), &requests)?;
    desk.watcher.advance(1, "");
    let backwards: Vec<Request> = requests.into_iter().rev().collect();
    let mut apart = completions(&Plain::new(subject.model, fewer), &backwards)?;
    apart.reverse();
    desk.watcher.advance(2, "");
    let pairs = || asked.iter().zip(together.iter().zip(&apart));
    for suite in open {
        let of_it = pairs().filter(|((name, _), _)| *name == suite.name);
        let differing = of_it.map(|(_, (a, b))| f64::from(a.tokens != b.tokens));
        let rows = [full, fewer].map(|lanes| lanes.width.rows(lanes.n));
        let place = Place::new(&subject.name, "code")
            .with("suite", suite.name.as_str())
            .with("rows", format!("{} and {}", rows[0], rows[1]));
        desk.record(&place, "determinism_differing_share", differing.collect())?;
        desk.done(&subject.name, &step(suite))?;
    }
    Ok(())
}

/// The step's name, as it is marked when it is done.
fn step(suite: &Suite) -> String {
    format!("determinism/{}", suite.name)
}

/// The first prompts of a suite, each asked for a short greedy text.
fn firsts<'s>(suite: &'s Suite, jobs: &[Job]) -> Vec<(&'s str, Request)> {
    let is_first = |job: &&Job| job.key.suite == suite.name && job.key.attempt == 0;
    let firsts = jobs.iter().filter(is_first).take(N_REQUESTS);
    let asked = |job: &Job| Request {
        sampling: Sampling::GREEDY,
        max_tokens: N_TOKENS.min(job.request.max_tokens),
        ..job.request.clone()
    };
    firsts
        .map(|job| (suite.name.as_str(), asked(job)))
        .collect()
}

/// Lanes whose steps always have the most rows of the plan, and lanes whose steps have the fewest that two of them
/// make, with a request in every row.
pub(crate) fn lanes(plan: &CodePlan, capacity: usize) -> [Lanes; 2] {
    let lanes = plan.lanes(capacity);
    let full = Lanes {
        width: Width::fixed(lanes.width.rows(lanes.n)),
        ..lanes
    };
    let fewest = lanes.width.rows(2.min(lanes.n));
    [full, Lanes { n: fewest, ..lanes }]
}
