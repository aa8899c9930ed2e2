//! Code problems: every completion is on disk before it is judged, every verdict as it is given.
//!
//! First all completions of a suite are generated, many side by side; then they are judged, several
//! programs side by side, while no model computes. After an interruption only what is missing is
//! done again; a completion depends on its own seed, so it comes out the same.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use engine::{
    Ending, Engine, Event, Finish, Plain, Request, Sampling, Special, Token, Tokenizer, seed,
};
use ledger::record::{self, Attempt, AttemptKey, Stage, Verdict};
use task::Suite;
use task::judge::{self, Judge};
use task::prompt::{Rendered, SpecialText, StartToken};

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::plan::CodePlan;

/// Requests of the check whether texts depend on the batch, and their length.
const DETERMINISM_REQUESTS: usize = 6;
const DETERMINISM_TOKENS: usize = 48;

/// What the code benchmark is asked to do.
pub struct Order<'p> {
    /// The plan of it.
    pub plan: &'p CodePlan,
    /// The run's seed.
    pub seed: u64,
}

/// Generates and judges every suite for one subject.
///
/// # Errors
/// Those of the engine, the judges' prompts and the ledger.
pub fn measure(subject: &Subject<'_>, order: &Order<'_>, desk: &mut Desk<'_>) -> Result<(), Error> {
    for name in &order.plan.suites {
        let suite = task::catalog::find(name)?;
        let jobs = jobs(subject, suite, order)?;
        if !generate(subject, suite, order, &jobs, desk)? {
            return Ok(());
        }
        determinism(subject, suite, order, &jobs, desk)?;
        if !judge(subject, suite, order, desk)? {
            return Ok(());
        }
    }
    Ok(())
}

/// The first prompt of a suite as a model sees it.
///
/// # Errors
/// Those of rendering.
pub fn first_prompt(subject: &Subject<'_>, suite: &Suite) -> Result<Rendered, Error> {
    render(subject, suite, 0)
}

/// One completion to be generated.
struct Job {
    key: AttemptKey,
    prompt_sha256: String,
    request: Request,
}

fn render(subject: &Subject<'_>, suite: &Suite, problem_idx: usize) -> Result<Rendered, Error> {
    Ok(task::prompt::render(
        &suite.problems[problem_idx],
        suite,
        subject.chat.as_ref(),
        &specials(subject),
    )?)
}

/// The special tokens as a chat template wants them: as text.
fn specials(subject: &Subject<'_>) -> task::chat::Specials {
    let tokenizer = subject.model.tokenizer();
    let text = |token: Option<Token>| token.map(|t| tokenizer.text(t));
    task::chat::Specials {
        bos: text(tokenizer.start()),
        eos: text(tokenizer.end()),
        now: subject.now,
    }
}

/// Every completion of a suite that the plan asks for, done or not.
fn jobs(subject: &Subject<'_>, suite: &Suite, order: &Order<'_>) -> Result<Vec<Job>, Error> {
    let n_problems = order
        .plan
        .limit
        .unwrap_or(usize::MAX)
        .min(suite.problems.len());
    let mut jobs = Vec::new();
    for problem_idx in 0..n_problems {
        let rendered = render(subject, suite, problem_idx)?;
        let prompt = tokens(subject.model.tokenizer(), &rendered);
        let problem = &suite.problems[problem_idx].id;
        for attempt in 0..order.plan.samples {
            jobs.push(Job {
                key: AttemptKey {
                    model: subject.name.clone(),
                    suite: suite.name.clone(),
                    problem: problem.clone(),
                    attempt,
                },
                prompt_sha256: rendered.sha256.clone(),
                request: Request {
                    prompt: prompt.clone(),
                    n_shared: 0,
                    sampling: order.plan.sampling(),
                    seed: seed::derive(order.seed, &[&suite.name, problem], u64::from(attempt)),
                    max_tokens: suite.max_tokens as usize,
                    stop: suite.stop.clone(),
                    ending: Ending::Natural,
                },
            });
        }
    }
    let n_shared = shared_prefix(&jobs);
    for job in &mut jobs {
        job.request.n_shared = n_shared;
    }
    Ok(jobs)
}

/// A rendered prompt as tokens, with the start token once if the model wants one.
pub fn tokens(tokenizer: &dyn Tokenizer, rendered: &Rendered) -> Vec<Token> {
    let special = match rendered.special_text {
        SpecialText::Parse => Special::Parse,
        SpecialText::Plain => Special::Plain,
    };
    let tokens = tokenizer.encode(&rendered.text, special);
    match (rendered.start_token, tokenizer.start()) {
        (StartToken::Add, Some(start)) => std::iter::once(start).chain(tokens).collect(),
        _ => tokens,
    }
}

/// Leading tokens that the prompts of all problems have in common. It depends on the whole plan, not
/// on what is left of it, so that a resumed run reads prompts in the same pieces.
fn shared_prefix(jobs: &[Job]) -> usize {
    /// Below this, keeping a prefix saves nothing worth a split.
    const WORTH_SHARING: usize = 8;
    let Some(first) = jobs.first() else { return 0 };
    let common = |job: &Job| {
        let pairs = first.request.prompt.iter().zip(&job.request.prompt);
        pairs
            .take_while(|(a, b)| a == b)
            .count()
            .min(job.request.prompt.len() - 1)
    };
    let n_shared = jobs.iter().map(common).min().unwrap_or(0);
    if n_shared < WORTH_SHARING {
        0
    } else {
        n_shared
    }
}

/// Room that every completion of the plan fits into.
fn capacity(jobs: &[Job]) -> usize {
    let needed = jobs
        .iter()
        .map(|job| job.request.prompt.len() + job.request.max_tokens);
    needed.max().unwrap_or(1).next_multiple_of(256)
}

/// Generates what is missing. False if the user asked to stop.
fn generate(
    subject: &Subject<'_>,
    suite: &Suite,
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
    if missing.is_empty() {
        return Ok(true);
    }
    desk.watcher
        .begin(&format!("{}: generating", suite.name), missing.len() as u64);
    let requests: Vec<Request> = missing.iter().map(|job| job.request.clone()).collect();
    let engine = Plain::new(subject.model, order.plan.lanes(capacity(jobs)));
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
    if n_finished < missing.len() {
        return Ok(false);
    }
    let elapsed = (desk.clock.now_ns() - started_ns).max(1);
    let place = Place::new(&subject.name, "code")
        .with("suite", suite.name.as_str())
        .with("batch", order.plan.batch);
    desk.record(
        &place,
        "generate_tokens_per_s",
        vec![n_tokens as f64 * 1e9 / elapsed as f64],
    )?;
    Ok(true)
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
            Event::Started { .. } => {}
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
        self.n_finished += 1;
        let seconds = (now - self.started_ns).max(1) as f64 / 1e9;
        let note = format!("{:.0} tok/s over all lanes", self.n_tokens as f64 / seconds);
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

/// Generates a few prompts greedily at two batch sizes and records the share of texts that differ.
fn determinism(
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
        .filter(|job| job.key.attempt == 0)
        .take(DETERMINISM_REQUESTS);
    let requests: Vec<Request> = firsts
        .map(|job| Request {
            sampling: Sampling::GREEDY,
            max_tokens: DETERMINISM_TOKENS.min(job.request.max_tokens),
            ..job.request.clone()
        })
        .collect();
    desk.watcher.begin(
        &format!("{}: same text at another batch size?", suite.name),
        2,
    );
    let lanes = order.plan.lanes(capacity(jobs));
    let together = texts(&Plain::new(subject.model, lanes), &requests)?;
    desk.watcher.advance(1, "");
    let fewer = engine::Lanes {
        n: 2.min(lanes.n),
        ..lanes
    };
    let backwards: Vec<Request> = requests.iter().rev().cloned().collect();
    let mut apart = texts(&Plain::new(subject.model, fewer), &backwards)?;
    apart.reverse();
    desk.watcher.advance(2, "");
    let differing: Vec<f64> = together
        .iter()
        .zip(&apart)
        .map(|(a, b)| f64::from(a != b))
        .collect();
    let place = Place::new(&subject.name, "code")
        .with("suite", suite.name.as_str())
        .with("batches", format!("{} and {}", lanes.n, fewer.n));
    desk.record(&place, "determinism_differing_share", differing)?;
    desk.done(&subject.name, &step)
}

fn texts(engine: &dyn Engine, requests: &[Request]) -> Result<Vec<Vec<Token>>, Error> {
    let mut texts = vec![Vec::new(); requests.len()];
    engine.generate(requests, &mut |event: Event<'_>| {
        if let Event::Finished {
            request,
            completion,
        } = event
        {
            texts[request] = completion.tokens;
        }
        ControlFlow::Continue(())
    })?;
    Ok(texts)
}

/// Judges what has no verdict yet. False if the user asked to stop.
fn judge(
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
    let sandbox = desk
        .sandbox
        .ok_or_else(|| Error::Plan("code problems need a sandbox".into()))?;
    let judge = Judge::for_suite(suite)?;
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
