//! A trial of a second or two, from which the length of a plan is guessed beforehand.

use engine::{CacheKind, CacheKinds, Feed, Lanes, Logits, SessionShape};
use task::{Judging, Problem, Suite};

use crate::Error;
use crate::code::{N_REQUESTS, N_TOKENS, lanes_of_the_check};
use crate::desk::Subject;
use crate::latency::prompt;
use crate::plan::{CodePlan, ContextPlan, DivergencePlan, Plan, Point, Shape, VariantsPlan};
use crate::protocol::Protocol;
use crate::run::Material;
use crate::text::Text;
use measure::clock::Clock;

/// Rates seen in the trial, in tokens per second. Not a measurement: never stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    prefill: f64,
    decode: f64,
    /// Of all rows of a step of [`N_LANES`].
    lanes: f64,
}

/// Lanes of the trial, and no more than the plan has. Twice as many lanes are faster by about what they lose again
/// when the last of them run empty.
const N_LANES: usize = 8;
/// Guess of how long judging one program takes, in seconds of one worker.
const JUDGE_SECONDS: f64 = 1.5;
/// Guess of how many bytes of text a token stands for.
const BYTES_PER_TOKEN: f64 = 3.5;
/// Guess of how much of the token limit a completion uses.
const LENGTH_SHARE: f64 = 0.6;

/// Feeds a short prompt, a few tokens one after another, and a few side by side where the plan does.
///
/// # Errors
/// Those of the engine.
pub fn run(subject: &Subject<'_>, plan: &Plan, clock: &dyn Clock) -> Result<Rates, Error> {
    const N_PROMPT: usize = 64;
    const N_DECODE: usize = 6;
    const N_STEPS: usize = 3;
    let n_lanes = lanes(plan);
    let shape = SessionShape {
        n_sequences: n_lanes,
        capacity: 256,
        cache: CacheKinds::both(CacheKind::F16),
    };
    let mut session = subject.model.open(shape)?;
    let tokens = prompt(subject, N_PROMPT);
    let mut feed = |n_lanes: usize, tokens: &[u32]| {
        let one = |sequence| Feed {
            sequence,
            tokens,
            logits: Logits::Last,
        };
        let feeds: Vec<Feed<'_>> = (0..n_lanes).map(one).collect();
        session.feed(&feeds, &mut |_| ())
    };
    feed(1, &tokens[..1])?; // pages in the weights
    let started = clock.now_ns();
    feed(1, &tokens)?;
    let read = clock.now_ns();
    for _ in 0..N_DECODE {
        feed(1, &tokens[..1])?;
    }
    let done = clock.now_ns();
    let rate = |n: usize, ns: u64| n as f64 * 1e9 / ns.max(1) as f64;
    let decode = rate(N_DECODE, done - read);
    let mut rates = Rates {
        prefill: rate(N_PROMPT, read - started),
        decode,
        lanes: decode,
    };
    if n_lanes > 1 {
        feed(n_lanes, &tokens[..1])?; // touches the other sequences' cache
        let started = clock.now_ns();
        for _ in 0..N_STEPS {
            feed(n_lanes, &tokens[..1])?;
        }
        rates.lanes = rate(N_STEPS * n_lanes, clock.now_ns() - started);
    }
    Ok(rates)
}

/// Rows of a step in which all lanes of the code benchmark work.
fn rows(code: &CodePlan) -> usize {
    code.lanes(0).width.rows(code.batch).max(1)
}

/// How many lanes the trial has to try.
fn lanes(plan: &Plan) -> usize {
    let of_code = plan.code.as_ref().map_or(1, rows);
    let points = plan.latency.iter().flat_map(|it| it.points(plan.threads));
    let of_latency = points.map(|point| point.batch).max().unwrap_or(1);
    of_code.max(of_latency).clamp(1, N_LANES)
}

/// Seconds that a plan will take for one model, roughly.
pub fn estimate_seconds(plan: &Plan, material: Material<'_>, rates: Rates) -> f64 {
    let mut seconds = 2.0;
    if let Some(code) = &plan.code {
        seconds += asking(code, material.suites, rates) + checking(code, material.suites, rates);
    }
    if let Some(plan) = &plan.perplexity {
        // Every token is read once for each window that it lies in.
        let again = match (plan.protocol, plan.stride) {
            (Protocol::Rows, Some(stride)) => plan.context.unwrap_or(2048) as f64 / stride as f64,
            (Protocol::Sliding, Some(stride)) => {
                plan.context.unwrap_or(1024) as f64 / stride as f64
            }
            (Protocol::Sliding, None) => 2.0,
            _ => 1.0,
        };
        let once = reading(material.texts, plan.context, None) * again;
        let most = limit(plan.context, plan.limit_chunks) * material.texts.len() as f64;
        seconds += once.min(most) / rates.prefill;
    }
    if let Some(memory) = &plan.memory {
        seconds += memory.n_fed() / rates.prefill;
        seconds += quality_seconds(plan, material, rates);
    }
    if let Some(latency) = &plan.latency {
        let n_runs = (latency.warmups + latency.repeats) as f64;
        let points = latency.points(plan.threads);
        seconds += n_runs
            * points
                .iter()
                .map(|point| run_seconds(point, rates))
                .sum::<f64>();
    }
    if let Some(variants) = &plan.variants {
        seconds += family_seconds(variants, plan.threads, rates);
    }
    if let Some(plan) = &plan.divergence {
        seconds += comparing(plan, material.compared) / rates.prefill;
    }
    if plan.accuracy.is_some() {
        seconds += choosing(plan, material) / rates.prefill;
    }
    if let Some(context) = &plan.context {
        seconds += growing(context, rates);
    }
    seconds
}

/// Completions of all suites, and their judging.
fn asking(code: &CodePlan, suites: &[Suite], rates: Rates) -> f64 {
    // Rows that only fill a step up cost as much as those with a text.
    let rate = rates.lanes * code.batch as f64 / rows(code) as f64;
    let of_suite = |suite: &Suite| {
        let asked = || suite.problems.iter().take(code.limit.unwrap_or(usize::MAX));
        let n = asked().count() as f64 * f64::from(code.samples);
        let tokens: f64 = asked().map(|one| f64::from(suite.max_tokens_of(one))).sum();
        let writing = tokens * f64::from(code.samples) * LENGTH_SHARE / rate;
        let reading: f64 = asked().map(prompt_tokens).sum::<f64>() / rates.prefill;
        let judging = match suite.judge {
            Judging::Output if code.judge => n * JUDGE_SECONDS,
            _ => 0.0,
        };
        writing + reading + judging / code.judge_workers.max(1) as f64
    };
    suites.iter().map(of_suite).sum()
}

/// The check for texts that depend on the batch: every row of a step costs, whether or not a text stands in it.
fn checking(code: &CodePlan, suites: &[Suite], rates: Rates) -> f64 {
    let n_asked = N_REQUESTS.min(code.limit.unwrap_or(usize::MAX));
    let asked: Vec<&Problem> = suites
        .iter()
        .flat_map(|suite| suite.problems.iter().take(n_asked))
        .collect();
    let rows = |lanes: Lanes| {
        let n_turns = asked.len().div_ceil(lanes.n.max(1));
        (n_turns * N_TOKENS * lanes.width.rows(lanes.n)) as f64
    };
    let rows: f64 = lanes_of_the_check(code, 0).map(rows).iter().sum();
    let read: f64 = asked.into_iter().map(prompt_tokens).sum();
    rows / rates.lanes + 2.0 * read / rates.prefill
}

/// Tokens of a problem's prompt, roughly: its own words, and those around them.
fn prompt_tokens(problem: &Problem) -> f64 {
    const AROUND: f64 = 30.0;
    problem.prompt.len() as f64 / BYTES_PER_TOKEN + AROUND
}

/// Tokens of multiple choice: each context once, and every choice.
fn choosing(plan: &Plan, material: Material<'_>) -> f64 {
    let limit = plan.accuracy.as_ref().and_then(|plan| plan.limit);
    let questions = material.quizzes.iter().flat_map(|quiz| {
        let wanted = limit.unwrap_or(usize::MAX);
        quiz.questions.iter().take(wanted)
    });
    let bytes = questions.map(|question| {
        let context = question
            .choices
            .first()
            .map_or(0, |choice| choice.context.len());
        let texts = question.choices.iter().map(|choice| choice.text.len());
        context + texts.sum::<usize>()
    });
    bytes.sum::<usize>() as f64 / BYTES_PER_TOKEN
}

/// Filling each context once or twice, and the runs at its lengths, as if depth cost nothing.
fn growing(plan: &ContextPlan, rates: Rates) -> f64 {
    let lengths = plan.contexts.len().max(1) as f64;
    let longest = plan.contexts.iter().max().copied().unwrap_or(8192) as f64;
    let run = plan.piece_tokens as f64 / rates.prefill + plan.generate_tokens as f64 / rates.decode;
    let asked = plan.recall.as_ref().map_or(0, |recall| {
        recall.places.len() * recall.keys * (recall.rivals + 6)
    });
    let fill = longest / rates.prefill * if asked > 0 { 2.0 } else { 1.0 };
    let at_length = run * (plan.repeats + 1) as f64 + asked as f64 / rates.decode;
    plan.caches.len() as f64 * (fill + lengths * at_length)
}

/// A family, for the mean of its shapes: whoever asks multiplies by how many there are.
fn family_seconds(plan: &VariantsPlan, threads: usize, rates: Rates) -> f64 {
    let n_runs = (plan.warmups + plan.repeats) as f64;
    let seconds = |shape: &Shape| {
        let latency = plan.latency(shape);
        let points = latency.points(threads);
        let runs: f64 = points.iter().map(|point| run_seconds(point, rates)).sum();
        let held: usize = points.iter().map(|point| point.depth).sum();
        n_runs * runs + (shape.context + held) as f64 / rates.prefill
    };
    let all: f64 = plan.shapes.iter().map(seconds).sum();
    all / plan.shapes.len().max(1) as f64
}

/// Seconds of these for what caches cost in quality; 0 if that is not asked for.
pub fn quality_seconds(plan: &Plan, material: Material<'_>, rates: Rates) -> f64 {
    let quality = plan.memory.as_ref().and_then(|plan| plan.quality.as_ref());
    quality.map_or(0.0, |plan| comparing(plan, material.cached) / rates.prefill)
}

/// One run of the speed benchmark at one combination.
fn run_seconds(point: &Point, rates: Rates) -> f64 {
    let n_read = (point.batch * point.n_prompt) as f64;
    if !point.use_cache {
        return point.n_fed() as f64 / rates.prefill;
    }
    let rate = if point.batch > 1 {
        rates.lanes
    } else {
        rates.decode
    };
    let n_new = (point.batch * point.n_new) as f64;
    n_read / rates.prefill + n_new / rate
}

/// Tokens that so many chunks hold, roughly.
fn limit(context: Option<usize>, n_chunks: Option<usize>) -> f64 {
    n_chunks.map_or(f64::INFINITY, |n| n as f64 * context.unwrap_or(1024) as f64)
}

/// Tokens that one model reads with each of the caches, roughly.
fn comparing(plan: &DivergencePlan, texts: &[Text]) -> f64 {
    reading(texts, Some(plan.context), plan.limit_chunks) * (1 + plan.caches.len()) as f64
}

/// Tokens of texts that are read, roughly.
fn reading(texts: &[Text], context: Option<usize>, limit_chunks: Option<usize>) -> f64 {
    let most = limit(context, limit_chunks);
    let tokens = |text: &Text| (text.n_bytes() as f64 / BYTES_PER_TOKEN).min(most);
    texts.iter().map(tokens).sum()
}
