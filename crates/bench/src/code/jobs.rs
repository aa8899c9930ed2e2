//! Which completions a suite wants: prompts as tokens, seeds, shared prefixes.

use engine::{Complete, Ending, Request, Special, Token, Tokenizer, seed};
use ledger::record::AttemptKey;
use task::prompt::{Rendered, SpecialText, StartToken};
use task::{Judging, PromptProfile, PromptStyle, Suite};

use super::Order;
use crate::Error;
use crate::desk::Subject;
use crate::plan::CodePlan;

/// One completion to be generated.
pub(super) struct Job {
    pub(super) key: AttemptKey,
    pub(super) prompt_sha256: String,
    pub(super) request: Request,
}

/// A suite in the wording that the plan asks for, or that fits the model.
pub(super) fn worded(subject: &Subject<'_>, suite: &Suite, prompt: Option<PromptProfile>) -> Suite {
    let fitting = PromptProfile::fitting(subject.chat.is_some());
    suite.clone().asked(prompt.unwrap_or(fitting))
}

pub(super) fn render(
    subject: &Subject<'_>,
    suite: &Suite,
    problem_idx: usize,
) -> Result<Rendered, Error> {
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

/// Every completion of one suite that the plan asks for, done or not.
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
                    max_tokens: suite.max_tokens_of(&suite.problems[problem_idx]) as usize,
                    stop: suite.stop.clone(),
                    ending: ending(suite, order.plan),
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

/// A program is judged by the first block that is one. Words behind it cost time and change nothing.
fn ending(suite: &Suite, plan: &CodePlan) -> Ending {
    let is_program = matches!(
        (&suite.style, &suite.judge),
        (PromptStyle::Chat { .. }, Judging::Output)
    );
    if plan.whole_answers || !is_program {
        return Ending::Natural;
    }
    let language = suite.language;
    Ending::Until(Complete::new(move |text| {
        task::extract::complete(text, language)
    }))
}

/// The completions of all suites in the order in which they are begun. Suites with the longer answers
/// come first, and in a suite the longer questions: at the end mostly short answers are left, and few
/// lanes run empty.
pub(super) fn queue(subject: &Subject<'_>, order: &Order<'_>) -> Result<Vec<Job>, Error> {
    let worded = |suite| worded(subject, suite, order.plan.prompt);
    let mut suites: Vec<Suite> = order.suites.iter().map(worded).collect();
    suites.sort_by_key(|suite| std::cmp::Reverse(suite.max_tokens));
    let mut queue = Vec::new();
    for suite in &suites {
        let mut jobs = jobs(subject, suite, order)?;
        jobs.sort_by_key(|job| std::cmp::Reverse(job.request.prompt.len()));
        queue.extend(jobs);
    }
    Ok(queue)
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
pub(super) fn capacity(jobs: &[Job]) -> usize {
    let needed = jobs
        .iter()
        .map(|job| job.request.prompt.len() + job.request.max_tokens);
    needed.max().unwrap_or(1).next_multiple_of(256)
}
