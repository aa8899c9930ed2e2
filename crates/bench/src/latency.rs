//! How fast a prompt is read and tokens follow.
//!
//! Scope *kernel plus greedy choice*: token ids in, token ids out; no tokenizer, no text. The prompt
//! is the bundled code text, cut to length. After the warm-ups, models and lengths take turns within
//! each repeat, so that drift of the machine hits all alike.

use std::num::NonZeroUsize;

use engine::{
    CacheKind, CacheKinds, Feed, Logits, Session, SessionShape, Special, Token, sampling,
};

use ledger::record::Warning;
use measure::probe::noise;

use crate::desk::{Desk, Place, Subject};
use crate::plan::LatencyPlan;
use crate::{Error, passages};

/// Times of one prompt and the tokens after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Reading the prompt and choosing the first token.
    pub first_token_ns: u64,
    /// From the first token to the last.
    pub rest_ns: u64,
}

/// One model at one prompt length.
struct Cell<'m> {
    subject: usize,
    prompt: Vec<Token>,
    session: Box<dyn Session + 'm>,
    timings: Vec<Timing>,
}

/// Measures all subjects together.
///
/// # Errors
/// Those of the engine and the ledger.
pub fn measure(
    subjects: &[Subject<'_>],
    plan: &LatencyPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let step = "latency";
    if subjects
        .iter()
        .all(|subject| desk.is_done(&subject.name, step))
    {
        return Ok(());
    }
    let mut cells = open_cells(subjects, plan)?;
    let n_runs = plan.warmups + plan.repeats;
    let before = noise::snapshot();
    desk.watcher.begin("latency", (n_runs * cells.len()) as u64);
    for run_idx in 0..n_runs {
        let n_cells = cells.len();
        for (cell_idx, cell) in cells.iter_mut().enumerate() {
            if desk.stopped() {
                return Ok(());
            }
            let timing = time_once(
                cell.session.as_mut(),
                &cell.prompt,
                plan.generate_tokens,
                desk,
            )?;
            if run_idx >= plan.warmups {
                cell.timings.push(timing);
            }
            let note = format!(
                "{:.1} tok/s decode",
                decode_rate(timing, plan.generate_tokens)
            );
            desk.watcher
                .advance((run_idx * n_cells + cell_idx + 1) as u64, &note);
        }
    }
    if let (Ok(before), Ok(after)) = (before, noise::snapshot()) {
        for doubt in noise::doubts_between(&before, &after).unwrap_or_default() {
            desk.folder.append_warning(&warning(doubt))?;
        }
    }
    let bandwidth = bandwidth(subjects, desk)?;
    for cell in &cells {
        record(&subjects[cell.subject], cell, plan, bandwidth, desk)?;
    }
    for subject in subjects {
        desk.done(&subject.name, step)?;
    }
    Ok(())
}

/// A doubt about these timings, in words.
fn warning(doubt: noise::Doubt) -> Warning {
    let (kind, message) = match doubt {
        noise::Doubt::OtherLoad {
            load_1m,
            own,
            processors,
        } => (
            "other_load",
            format!(
                "the load average was {load_1m:.1} with {own:.1} from this run, on {processors} processors"
            ),
        ),
        noise::Doubt::OtherWork { busy, processors } => (
            "other_work",
            format!(
                "other programs used {busy:.1} of {processors} processors while speed was measured"
            ),
        ),
        noise::Doubt::Steal { share } => (
            "steal",
            format!(
                "the host took {:.0} % of this machine's processor time while speed was measured",
                share * 100.0
            ),
        ),
    };
    Warning {
        kind: kind.into(),
        message,
        advice: "close other programs and measure again, or compare only within this run".into(),
    }
}

fn open_cells<'m>(subjects: &[Subject<'m>], plan: &LatencyPlan) -> Result<Vec<Cell<'m>>, Error> {
    let cache = kind(&plan.cache)?;
    let mut cells = Vec::new();
    for n_prompt in &plan.prompt_tokens {
        for (subject_idx, subject) in subjects.iter().enumerate() {
            let shape = SessionShape {
                n_sequences: 1,
                capacity: n_prompt + plan.generate_tokens,
                cache: CacheKinds::both(cache),
            };
            cells.push(Cell {
                subject: subject_idx,
                prompt: prompt(subject, *n_prompt),
                session: subject.model.open(shape)?,
                timings: Vec::new(),
            });
        }
    }
    Ok(cells)
}

/// The cache kind of that name.
pub(crate) fn kind(name: &str) -> Result<CacheKind, Error> {
    name.parse().map_err(Error::Plan)
}

/// The bundled code text, repeated, as exactly so many tokens.
pub(crate) fn prompt(subject: &Subject<'_>, n_tokens: usize) -> Vec<Token> {
    let text = passages::joined("code");
    let tokens = subject.model.tokenizer().encode(&text, Special::Plain);
    let start = subject.model.tokenizer().start();
    start
        .into_iter()
        .chain(tokens.into_iter().cycle())
        .take(n_tokens)
        .collect()
}

fn time_once(
    session: &mut dyn Session,
    prompt: &[Token],
    n_new: usize,
    desk: &Desk<'_>,
) -> Result<Timing, Error> {
    session.rewind(0, 0)?;
    let started = desk.clock.now_ns();
    let mut token = [next(session, prompt)?];
    let first = desk.clock.now_ns();
    for _ in 1..n_new {
        token = [next(session, &token)?];
    }
    let last = desk.clock.now_ns();
    Ok(Timing {
        first_token_ns: first - started,
        rest_ns: last - first,
    })
}

fn next(session: &mut dyn Session, tokens: &[Token]) -> Result<Token, engine::Error> {
    let mut next = 0;
    let feed = Feed {
        sequence: 0,
        tokens,
        logits: Logits::Last,
    };
    session.feed(&[feed], &mut |row| next = sampling::greedy(row.logits))?;
    Ok(next)
}

fn per_second(n: f64, ns: u64) -> f64 {
    n * 1e9 / ns.max(1) as f64
}

fn decode_rate(timing: Timing, n_new: usize) -> f64 {
    per_second((n_new - 1) as f64, timing.rest_ns)
}

fn measure_bandwidth(desk: &Desk<'_>) -> Result<measure::probe::Bandwidth, measure::Absent> {
    let threads = NonZeroUsize::new(desk.threads).unwrap_or(NonZeroUsize::MIN);
    measure::probe::read_bandwidth(desk.clock, threads)
}

/// Measured read bandwidth with the engine's number of threads, recorded for each subject.
fn bandwidth(subjects: &[Subject<'_>], desk: &mut Desk<'_>) -> Result<Option<f64>, Error> {
    let threads = desk.threads;
    let measured = measure_bandwidth(desk);
    for subject in subjects {
        let place = Place::new(&subject.name, "latency").with("threads", threads);
        let metric = "memory_bandwidth_bytes_per_s";
        match &measured {
            Ok(bandwidth) => desk.record(&place, metric, bandwidth.bytes_per_s_samples.clone())?,
            Err(absent) => desk.record_absent(&place, metric, absent.to_string())?,
        }
        let load = Place::new(&subject.name, "latency");
        desk.record(&load, "model_load_ns", vec![subject.load_ns as f64])?;
    }
    Ok(measured.ok().map(|bandwidth| bandwidth.best()))
}

fn record(
    subject: &Subject<'_>,
    cell: &Cell<'_>,
    plan: &LatencyPlan,
    bandwidth: Option<f64>,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let n_prompt = cell.prompt.len();
    let place = Place::new(&subject.name, "latency")
        .with("prompt_tokens", n_prompt)
        .with("generate_tokens", plan.generate_tokens)
        .with("threads", desk.threads)
        .with("cache", plan.cache.as_str());
    let of = |f: &dyn Fn(&Timing) -> f64| cell.timings.iter().map(f).collect::<Vec<f64>>();
    let decode = of(&|t| decode_rate(*t, plan.generate_tokens));
    let bytes = bytes_per_step(subject, n_prompt + plan.generate_tokens / 2, &plan.cache)?;
    desk.record(
        &place,
        "prefill_tokens_per_s",
        of(&|t| per_second(n_prompt as f64, t.first_token_ns)),
    )?;
    desk.record(
        &place,
        "time_to_first_token_ns",
        of(&|t| t.first_token_ns as f64),
    )?;
    desk.record(&place, "decode_tokens_per_s", decode.clone())?;
    let Some(bytes) = bytes else {
        return desk.record_absent(
            &place,
            "decode_bytes_per_s",
            "the file does not tell the cache's size".into(),
        );
    };
    let read: Vec<f64> = decode.iter().map(|rate| rate * bytes).collect();
    desk.record(&place, "decode_bytes_per_s", read.clone())?;
    match bandwidth {
        Some(floor) => desk.record(
            &place,
            "bandwidth_share",
            read.iter().map(|rate| rate / floor).collect(),
        ),
        None => desk.record_absent(
            &place,
            "bandwidth_share",
            "memory bandwidth could not be measured".into(),
        ),
    }
}

/// Bytes that one decode step reads: the weights once and the cache of `n_held` tokens.
fn bytes_per_step(subject: &Subject<'_>, n_held: usize, cache: &str) -> Result<Option<f64>, Error> {
    let card = subject.model.card();
    let kinds = CacheKinds::both(kind(cache)?);
    let with_cache = |elements: engine::CacheElements| {
        card.bytes_per_token + n_held as u64 * elements.bytes(kinds)
    };
    Ok(card
        .cache_elements
        .map(|elements| with_cache(elements) as f64))
}
