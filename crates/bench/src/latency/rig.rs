//! A session that serves combinations, and one timed run in it.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{
    CacheKind, CacheKinds, Feed, Logits, Session, SessionShape, Special, Token, sampling, score,
};
use ledger::record::TimedRun;
use measure::clock::Clock;

use crate::desk::Subject;
use crate::plan::Point;
use crate::{Error, passages};

/// Times of one prompt and the tokens after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timing {
    /// Reading the prompts and choosing the first token of each.
    pub(crate) first_token_ns: u64,
    /// Each later step: one more token for every sequence.
    pub(crate) steps_ns: Vec<u64>,
}

impl Timing {
    /// The run of an earlier session.
    pub(super) fn of(timed: &TimedRun) -> Timing {
        Timing {
            first_token_ns: timed.first_token_ns,
            steps_ns: timed.steps_ns.clone(),
        }
    }

    /// From the first token to the last.
    pub(crate) fn rest_ns(&self) -> u64 {
        self.steps_ns.iter().sum()
    }

    /// From the prompt to the last token.
    pub(crate) fn total_ns(&self) -> u64 {
        self.first_token_ns + self.rest_ns()
    }

    /// Tokens per second of all sequences together, the first ones left out.
    pub(crate) fn decode_rate(&self, point: &Point) -> f64 {
        per_second((point.batch * self.steps_ns.len()) as f64, self.rest_ns())
    }
}

pub(crate) fn per_second(n: f64, ns: u64) -> f64 {
    n * 1e9 / ns.max(1) as f64
}

/// Places of a run at which somebody may look at something else than the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Before the prompts are read.
    Start,
    /// Each sequence has its first token.
    First,
    /// Each has its last.
    Last,
}

/// One session of one model, for all combinations with this cache and these threads.
pub(crate) struct Rig<'m> {
    subject: usize,
    threads: usize,
    cache: CacheKind,
    session: Box<dyn Session + 'm>,
    /// The text that every sequence is fed from, as long as the longest combination needs.
    text: Vec<Token>,
    /// Looked at before each step.
    stop: &'m AtomicBool,
    /// The sequence that holds all but the last token of the deepest beginning, if any combination has one.
    root: Option<usize>,
    /// Tokens of the text that stay in the only sequence from run to run; 0 unless it is filled step by step.
    filled: usize,
    /// Whether rows are looked at, which takes time: in warm-ups alone.
    pub(super) looks: bool,
    /// A row that was looked at is no distribution.
    is_broken: bool,
}

/// A combination for which a model's engine opens no session, and why.
pub(crate) struct Refused {
    pub(super) subject: usize,
    pub(super) point: Point,
    pub(super) reason: String,
}

impl Refused {
    pub(super) fn is(&self, subject: usize, point: &Point) -> bool {
        self.subject == subject && self.point == *point
    }
}

/// A rig for every subject, cache type and number of threads of the points. What the engine refuses is tried again
/// without the largest combinations, so that those which fit are measured.
///
/// # Errors
/// Those of the engine, other than that a session cannot be opened.
pub(crate) fn rigs<'m>(
    subjects: &[Subject<'m>],
    points: &[Point],
    stop: &'m AtomicBool,
) -> Result<(Vec<Rig<'m>>, Vec<Refused>), Error> {
    let (mut rigs, mut refused) = (Vec::<Rig<'m>>::new(), Vec::<Refused>::new());
    for point in points {
        for (at, subject) in subjects.iter().enumerate() {
            let is_refused = refused.iter().any(|one| one.is(at, point));
            if is_refused || rigs.iter().any(|rig| rig.serves(at, point)) {
                continue;
            }
            let mut served = together(points, point);
            while !served.is_empty() {
                match Rig::open((at, subject), &served, stop) {
                    Ok(rig) => {
                        rigs.push(rig);
                        break;
                    }
                    Err(Error::Engine(engine::Error::Open { cause, .. })) => {
                        let largest = served.iter().map(|point| size(point)).max();
                        let (out, rest): (Vec<&Point>, Vec<&Point>) = served
                            .into_iter()
                            .partition(|point| Some(size(point)) == largest);
                        refused.extend(out.into_iter().map(|point| Refused {
                            subject: at,
                            point: point.clone(),
                            reason: format!("not begun: {cause}"),
                        }));
                        served = rest;
                    }
                    Err(other) => return Err(other),
                }
            }
        }
    }
    Ok((rigs, refused))
}

/// The combinations that share a session with this one.
fn together<'p>(points: &'p [Point], point: &Point) -> Vec<&'p Point> {
    let like = |other: &&Point| (other.cache, other.threads) == (point.cache, point.threads);
    points.iter().filter(like).collect()
}

/// Tokens that all sequences of a combination hold.
fn size(point: &Point) -> usize {
    point.batch.saturating_mul(point.n_held())
}

/// The sessions that these combinations need, each with its threads.
pub(super) fn shapes(points: &[Point]) -> Vec<(SessionShape, usize)> {
    let mut found = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let is_like = |other: &Point| (other.cache, other.threads) == (point.cache, point.threads);
        if !points[..i].iter().any(is_like) {
            let (shape, _) = shape(&together(points, point), point.cache);
            found.push((shape, point.threads));
        }
    }
    found
}

/// A session for all of these, and the sequence in it that holds what lies before the prompts.
fn shape(served: &[&Point], cache: CacheKind) -> (SessionShape, Option<usize>) {
    let most = |of: fn(&Point) -> usize| served.iter().map(|point| of(point)).max().unwrap_or(0);
    let batch = most(|point| point.batch);
    let root = (most(|point| point.depth) > 0).then_some(batch);
    let shape = SessionShape {
        n_sequences: batch + usize::from(root.is_some()),
        capacity: most(Point::n_held),
        cache: CacheKinds::both(cache),
    };
    (shape, root)
}

impl<'m> Rig<'m> {
    /// `served` is never empty and has one cache type and one number of threads.
    fn open(
        (at, subject): (usize, &Subject<'m>),
        served: &[&Point],
        stop: &'m AtomicBool,
    ) -> Result<Self, Error> {
        let most =
            |of: fn(&Point) -> usize| served.iter().map(|point| of(point)).max().unwrap_or(0);
        let depth = most(|point| point.depth);
        let (shape, root) = shape(served, served[0].cache);
        let mut session = subject.model.open_with(shape, served[0].threads)?;
        let text = prompt(subject, most(|point| point.depth + point.n_prompt));
        // The last token is fed to each copy, see `begin`.
        if let Some(sequence) = root.filter(|_| depth > 1) {
            let feed = Feed {
                sequence,
                tokens: &text[..depth - 1],
                logits: Logits::None,
            };
            session.feed(&[feed], &mut |_| ())?;
        }
        Ok(Rig {
            subject: at,
            threads: served[0].threads,
            cache: served[0].cache,
            session,
            text,
            stop,
            root,
            filled: 0,
            looks: false,
            is_broken: false,
        })
    }

    /// A rig with one sequence that is filled step by step. It serves points of one sequence at the depth that it
    /// was last brought to.
    pub(crate) fn single(
        subject: &Subject<'m>,
        shape: SessionShape,
        threads: usize,
        stop: &'m AtomicBool,
    ) -> Result<Self, Error> {
        Ok(Rig {
            subject: 0,
            threads,
            cache: shape.cache.k,
            session: subject.model.open_with(shape, threads)?,
            text: prompt(subject, shape.capacity),
            stop,
            root: None,
            filled: 0,
            looks: false,
            is_broken: false,
        })
    }

    /// What the cache of its session takes, if that has this shape.
    pub(crate) fn cache_bytes_of(&self, shape: SessionShape) -> Option<u64> {
        (self.session.shape() == shape).then(|| self.session.cache_bytes())
    }

    /// Tokens that a single sequence holds.
    pub(crate) fn held(&self) -> usize {
        self.session.len(0)
    }

    /// Brings a single sequence a piece nearer to a depth. The time that took, `None` if nothing was left to do.
    ///
    /// # Errors
    /// Those of the engine.
    pub(crate) fn deepen(
        &mut self,
        depth: usize,
        piece: usize,
        clock: &dyn Clock,
    ) -> Result<Option<u64>, Error> {
        // What a run left behind its prompt is no text.
        self.session.rewind(0, self.filled)?;
        let tokens = self.text[self.filled..depth.max(self.filled)]
            .chunks(piece)
            .next();
        let Some(tokens) = tokens else {
            return Ok(None);
        };
        let feed = Feed {
            sequence: 0,
            tokens,
            logits: Logits::None,
        };
        let started = clock.now_ns();
        self.session.feed(&[feed], &mut |_| ())?;
        self.filled += tokens.len();
        Ok(Some(clock.now_ns() - started))
    }

    /// Whether this rig was made for such a combination.
    pub(crate) fn serves(&self, subject: usize, point: &Point) -> bool {
        (self.subject, self.threads, self.cache) == (subject, point.threads, point.cache)
    }

    /// Whether that subject computed rows that are no distributions, as far as they were looked at.
    pub(super) fn is_broken(&self, subject: usize) -> bool {
        self.subject == subject && self.is_broken
    }

    /// One run, timed. What is done at a mark, of which the answer says whether it took time, is not part of it.
    ///
    /// # Errors
    /// Those of the engine, and [`engine::Error::Stopped`] where the user stopped it between two steps.
    pub(crate) fn run(
        &mut self,
        point: &Point,
        clock: &dyn Clock,
        at: &mut dyn FnMut(Mark) -> bool,
    ) -> Result<Timing, Error> {
        self.begin(point)?;
        let prompt = self.text[point.depth..point.depth + point.n_prompt].to_vec();
        let mut held = vec![prompt; point.batch];
        let mut last = vec![0; point.batch];
        at(Mark::Start);
        let started = clock.now_ns();
        self.step(&held, &mut last)?;
        let first = clock.now_ns();
        let mut before = match at(Mark::First) {
            true => clock.now_ns(),
            false => first,
        };
        let mut steps_ns = Vec::with_capacity(point.n_new - 1);
        for _ in 1..point.n_new {
            if point.use_cache {
                let fed: Vec<Vec<Token>> = last.iter().map(|token| vec![*token]).collect();
                self.step(&fed, &mut last)?;
            } else {
                for (tokens, token) in held.iter_mut().zip(&last) {
                    tokens.push(*token);
                }
                self.forget(point)?;
                self.step(&held, &mut last)?;
            }
            let now = clock.now_ns();
            steps_ns.push(now - before);
            before = now;
        }
        at(Mark::Last);
        Ok(Timing {
            first_token_ns: first - started,
            steps_ns,
        })
    }

    /// Every sequence holds the point's depth of the text and no more; those that it does not use hold
    /// nothing.
    fn begin(&mut self, point: &Point) -> Result<(), Error> {
        let n_sequences = self.session.shape().n_sequences - usize::from(self.root.is_some());
        for sequence in 0..n_sequences {
            self.session.rewind(sequence, self.filled)?;
        }
        if let (Some(root), true) = (self.root, point.depth > 0) {
            for sequence in 0..point.batch {
                self.session.fork(root, sequence)?;
                self.session.rewind(sequence, point.depth - 1)?;
            }
            // llama.cpp only notes that a sequence is to be copied, and copies its whole buffer when it next computes:
            // that must not be the step that is timed.
            let last = &self.text[point.depth - 1..point.depth];
            let feed = |sequence| Feed {
                sequence,
                tokens: last,
                logits: Logits::None,
            };
            let feeds: Vec<Feed<'_>> = (0..point.batch).map(feed).collect();
            self.session.feed(&feeds, &mut |_| ())?;
        }
        Ok(self.forget(point)?)
    }

    /// Forgets everything behind the point's depth.
    fn forget(&mut self, point: &Point) -> Result<(), engine::Error> {
        (0..point.batch).try_for_each(|sequence| self.session.rewind(sequence, point.depth))
    }

    /// Feeds every sequence its tokens and chooses the next one of each.
    ///
    /// # Errors
    /// Those of the engine, and [`engine::Error::Stopped`] where the sign is set.
    fn step(&mut self, tokens: &[Vec<Token>], last: &mut [Token]) -> Result<(), engine::Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(engine::Error::Stopped);
        }
        let feeds: Vec<Feed<'_>> = tokens
            .iter()
            .enumerate()
            .map(|(sequence, tokens)| Feed {
                sequence,
                tokens,
                logits: Logits::Last,
            })
            .collect();
        let (looks, mut is_broken) = (self.looks, false);
        self.session.feed(&feeds, &mut |row| {
            last[row.feed] = sampling::greedy(row.logits);
            is_broken |= looks && score::surprise(row.logits, last[row.feed]).is_none();
        })?;
        self.is_broken |= is_broken;
        Ok(())
    }
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
