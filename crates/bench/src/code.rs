//! Code problems: every completion is on disk before it is judged, every verdict as it is given.
//!
//! First all completions of all suites are generated in one queue, many side by side; then they are
//! judged, several programs side by side, while no model computes. After an interruption only what is missing is
//! done again; a completion depends on its own seed, so it comes out the same.

mod audit;
mod determinism;
mod jobs;
mod judging;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use engine::{Engine, Event, Finish, Plain, Request};
use ledger::record::{self, Attempt, AttemptKey};
use task::prompt::Rendered;
use task::{PromptProfile, Suite};

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::meter::Work;
use crate::plan::CodePlan;
use jobs::{Job, capacity, queue, render, worded};

pub(crate) use determinism::{N_REQUESTS, N_TOKENS, lanes as lanes_of_the_check};
pub use jobs::tokens;
pub use judging::judge;

/// What the code benchmark is asked to do.
pub struct Order<'p> {
    /// The plan of it.
    pub plan: &'p CodePlan,
    /// The suites that the plan names.
    pub suites: &'p [Suite],
    /// The run's seed.
    pub seed: u64,
}

/// Generates and judges every suite for one subject.
///
/// # Errors
/// Those of the engine, the judges' prompts and the ledger.
pub fn measure(subject: &Subject<'_>, order: &Order<'_>, desk: &mut Desk<'_>) -> Result<(), Error> {
    let jobs = queue(subject, order)?;
    desk.warn_beyond_context(subject, capacity(&jobs))?;
    if !generate(subject, order, &jobs, desk)? {
        return Ok(());
    }
    desk.turn(0, Work::of(&subject.name, "determinism"));
    determinism::check(subject, order, &jobs, desk)?;
    if !order.plan.judge {
        return Ok(());
    }
    desk.turn(0, Work::of(&subject.name, "judge"));
    for suite in order.suites {
        if !judging::judge(&subject.name, suite, order, desk)? {
            break;
        }
    }
    Ok(())
}

/// The first prompt of a suite as a model sees it, in this wording or in the one that fits the model.
///
/// # Errors
/// Those of rendering.
pub fn first_prompt(
    subject: &Subject<'_>,
    suite: &Suite,
    prompt: Option<PromptProfile>,
) -> Result<Rendered, Error> {
    render(subject, &worded(subject, suite, prompt), 0)
}

/// Generates what is missing. False if the user asked to stop.
fn generate(
    subject: &Subject<'_>,
    order: &Order<'_>,
    jobs: &[Job],
    desk: &mut Desk<'_>,
) -> Result<bool, Error> {
    let have: BTreeSet<&AttemptKey> = desk
        .earlier
        .attempts
        .iter()
        .map(|attempt| &attempt.key)
        .collect();
    let missing: Vec<&Job> = jobs.iter().filter(|job| !have.contains(&job.key)).collect();
    let names: Vec<&str> = order.suites.iter().map(|one| one.name.as_str()).collect();
    let place = Place::new(&subject.name, "code")
        .with(
            if names.len() == 1 { "suite" } else { "suites" },
            names.join(" + "),
        )
        .with("batch", order.plan.batch);
    if missing.is_empty() {
        return speed_was_lost(&place, desk).map(|()| true);
    }
    desk.watcher.begin(
        &format!("{}: generating", names.join(", ")),
        missing.len() as u64,
    );
    let requests: Vec<Request> = missing.iter().map(|job| job.request.clone()).collect();
    let engine = Plain::new(subject.model, order.plan.lanes(capacity(jobs)));
    desk.turn(0, Work::of(&subject.name, "generate"));
    let mut scribe = Scribe {
        jobs: &missing,
        first_token_ns: vec![None; missing.len()],
        n_tokens: 0,
        n_finished: 0,
        started_ns: desk.clock.now_ns(),
        failed: None,
        desk,
    };
    engine.generate(&requests, &mut |event: Event<'_>| scribe.on(event))?;
    if let Some(error) = scribe.failed {
        return Err(error);
    }
    let (n_tokens, n_finished, started_ns) =
        (scribe.n_tokens, scribe.n_finished, scribe.started_ns);
    let elapsed = (desk.clock.now_ns() - started_ns).max(1);
    desk.turn(n_tokens, Work::of(&subject.name, "code"));
    if n_finished < missing.len() {
        return Ok(false);
    }
    speed(
        &place,
        (missing.len(), jobs.len()),
        (n_tokens, elapsed),
        desk,
    )
    .map(|()| true)
}

/// Writes down how fast everything was generated; of a part of it, lanes that ran empty would make another number.
fn speed(
    place: &Place<'_>,
    (n_missing, n_jobs): (usize, usize),
    (n_tokens, elapsed_ns): (u64, u64),
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let metric = "generate_tokens_per_s";
    if n_missing < n_jobs {
        let reason = format!(
            "the run was interrupted: {n_missing} of {n_jobs} completions were left to generate"
        );
        return desk.record_absent(place, metric, reason);
    }
    let speed = n_tokens as f64 * 1e9 / elapsed_ns as f64;
    desk.record(place, metric, vec![speed])
}

/// A run killed after its last completion has no speed of generation: says so, once.
fn speed_was_lost(place: &Place<'_>, desk: &mut Desk<'_>) -> Result<(), Error> {
    let metric = "generate_tokens_per_s";
    let is_it = |m: &record::Measurement| {
        m.model == place.model && m.metric == metric && m.conditions == place.conditions
    };
    if desk.earlier.measurements.iter().any(is_it) {
        return Ok(());
    }
    let reason = "the run was interrupted after the last completion";
    desk.record_absent(place, metric, reason.into())
}

/// Writes each completion down the moment it is complete.
struct Scribe<'s, 'd> {
    jobs: &'s [&'s Job],
    first_token_ns: Vec<Option<u64>>,
    n_tokens: u64,
    n_finished: usize,
    started_ns: u64,
    failed: Option<Error>,
    desk: &'s mut Desk<'d>,
}

impl Scribe<'_, '_> {
    fn on(&mut self, event: Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Started { .. } | Event::Drafted { .. } | Event::Checked { .. } => {}
            Event::Token { request, .. } => {
                self.n_tokens += 1;
                let now = self.desk.clock.now_ns();
                self.first_token_ns[request].get_or_insert(now);
            }
            Event::Finished {
                request,
                completion,
            } => {
                if let Err(error) = self.write(request, completion) {
                    self.failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        if self.desk.stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn write(&mut self, request: usize, completion: engine::Completion) -> Result<(), Error> {
        let job = self.jobs[request];
        let now = self.desk.clock.now_ns();
        let attempt = Attempt {
            key: job.key.clone(),
            seed: job.request.seed,
            prompt_sha256: job.prompt_sha256.clone(),
            n_prompt_tokens: job.request.prompt.len() as u32,
            n_tokens: completion.tokens.len() as u32,
            text: completion.text,
            finish: finish(completion.finish),
            decode_ns: now - self.first_token_ns[request].unwrap_or(now),
        };
        self.desk.folder.append_attempt(&attempt)?;
        self.desk.keep_samples()?;
        self.n_finished += 1;
        let seconds = (now - self.started_ns).max(1) as f64 / 1e9;
        let note = format!("{:.1} tok/s over all lanes", self.n_tokens as f64 / seconds);
        self.desk.watcher.advance(self.n_finished as u64, &note);
        Ok(())
    }
}

fn finish(finish: Finish) -> record::Finish {
    match finish {
        Finish::EndOfText => record::Finish::EndOfText,
        Finish::StopString => record::Finish::StopString,
        Finish::Length => record::Finish::Length,
    }
}
