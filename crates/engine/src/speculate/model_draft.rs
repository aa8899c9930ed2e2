//! Another, smaller model guesses.
//!
//! Its session follows the histories that it is asked about by itself: what both have in common is kept,
//! the rest is forgotten and read again. So nobody has to tell it which guesses were taken over, nor
//! that a sequence moved to another lane. A model that is not asked for a while costs nothing and then
//! reads what it missed in one step.

use crate::generate::DUMMY;
use crate::model::{Feed, Logits, Model, Session, SessionShape, Token};
use crate::sampling::{Sampler, Sampling};
use crate::score;
use crate::{CacheKinds, Error, Row};

use super::{Ask, Draft, Drafter, Entry, Guess, Pace, Source};

/// Tokens of a step that guesses: the last guess, or that and the token that the target added.
const DRAFT_ROWS: usize = 2;

/// Which token the model guesses where the answer will be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessing {
    /// Its likeliest. The answer then is what it would be without guesses: same seed, same text.
    Likeliest,
    /// One drawn as the answer is drawn, exchanged by rejection. More are taken over at high
    /// temperatures; the distribution is the same, the text of a seed is another.
    Drawn,
}

/// A model that drafts.
pub struct ModelDraft<'m> {
    session: Box<dyn Session + 'm>,
    /// What each sequence of the session holds.
    held: Vec<Vec<Token>>,
    n_vocab: usize,
    guessing: Guessing,
}

/// A sequence that is being drafted for.
struct Seat {
    sequence: usize,
    sampler: Sampler,
    /// Whether guesses are drawn, not chosen.
    drawn: bool,
    /// History and guesses so far.
    text: Vec<Token>,
    guesses: Vec<Guess>,
    open: bool,
}

impl<'m> ModelDraft<'m> {
    /// A drafter for so many lanes, whose sequences may hold `capacity` tokens.
    ///
    /// # Errors
    /// Those of [`Model::open`].
    pub fn new(
        model: &'m dyn Model,
        n_lanes: usize,
        capacity: usize,
        cache: CacheKinds,
        guessing: Guessing,
    ) -> Result<ModelDraft<'m>, Error> {
        let session = model.open(SessionShape {
            n_sequences: n_lanes,
            capacity,
            cache,
        })?;
        Ok(ModelDraft {
            session,
            held: vec![Vec::new(); n_lanes],
            n_vocab: model.card().n_vocab,
            guessing,
        })
    }

    /// What has to be read before the first guess. A token that came since the last guess does not count:
    /// it is read in the step that guesses, which then has a second row.
    fn entry(&self, asks: &[Ask<'_>], pace: &Pace) -> Entry {
        let n_new = |ask: &Ask<'_>| {
            let held = self.held.iter().map(|held| in_common(held, ask.history));
            ask.history.len() - held.max().unwrap_or(0)
        };
        let n_new: Vec<usize> = asks.iter().map(n_new).collect();
        let n_second = n_new.iter().filter(|n| **n >= DRAFT_ROWS).count();
        Entry {
            n_unread: n_new.iter().map(|n| n.saturating_sub(DRAFT_ROWS)).sum(),
            second: n_second as f64 / asks.len().max(1) as f64,
            n_left: asks.iter().map(|ask| pace.likely_left(ask.n_left)).sum(),
        }
    }

    /// Finds each history the sequence that holds most of it, and forgets there what is not part of it.
    fn seat(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Seat>, Error> {
        let mut free: Vec<usize> = (0..self.held.len()).collect();
        let mut seats = Vec::with_capacity(asks.len());
        for ask in asks {
            let common = |sequence: &usize| in_common(&self.held[*sequence], ask.history);
            let Some(sequence) = free.iter().copied().rev().max_by_key(common) else {
                break;
            };
            free.retain(|other| *other != sequence);
            // The last token is fed in any case: its row is the first guess.
            let n_kept = common(&sequence).min(ask.history.len() - 1);
            self.session.rewind(sequence, n_kept)?;
            self.held[sequence].truncate(n_kept);
            let drawn = self.guessing == Guessing::Drawn && ask.sampling.temperature > 0.0;
            let temperature = if drawn { ask.sampling.temperature } else { 0.0 };
            let sampling = Sampling {
                temperature,
                ..ask.sampling
            };
            seats.push(Seat {
                sequence,
                sampler: Sampler::new(sampling, stream_of(ask)),
                drawn,
                text: ask.history.to_vec(),
                guesses: Vec::new(),
                open: ask.n > 0,
            });
        }
        Ok(seats)
    }

    /// Feeds every open seat what its sequence lacks, and adds the next guess.
    fn step(&mut self, seats: &mut [Seat]) -> Result<(), Error> {
        let n_vocab = self.n_vocab;
        // Entries that only the other vocabulary has mean nothing here.
        let known = |token: &Token| {
            if (*token as usize) < n_vocab {
                *token
            } else {
                DUMMY
            }
        };
        let open: Vec<usize> = (0..seats.len()).filter(|i| seats[*i].open).collect();
        let mut missing: Vec<Vec<Token>> = Vec::with_capacity(open.len());
        for seat in open.iter().map(|i| &seats[*i]) {
            let held = &mut self.held[seat.sequence];
            let lacks = &seat.text[held.len()..];
            missing.push(lacks.iter().map(known).collect());
            held.extend_from_slice(lacks);
        }
        let feeds: Vec<Feed<'_>> = open
            .iter()
            .zip(&missing)
            .map(|(i, tokens)| Feed {
                sequence: seats[*i].sequence,
                tokens,
                logits: Logits::Last,
            })
            .collect();
        self.session.feed(&feeds, &mut |row: Row<'_>| {
            seats[open[row.feed]].guess(row.logits);
        })
    }
}

impl Seat {
    /// Adds the guess that a row gives.
    fn guess(&mut self, logits: &[f32]) {
        let guess = if self.drawn {
            let chances = self.sampler.chances(logits, &self.text);
            Guess {
                token: self.sampler.draw(&chances),
                confidence: chances.highest() as f32,
                drawn_from: Some(chances),
            }
        } else {
            let token = self.sampler.pick(logits, &self.text);
            let nats = score::surprise(logits, token);
            Guess {
                token,
                confidence: nats.map_or(0.0, |nats| (-nats).exp() as f32),
                drawn_from: None,
            }
        };
        self.text.push(guess.token);
        self.guesses.push(guess);
    }
}

impl Drafter for ModelDraft<'_> {
    fn propose(&mut self, asks: &[Ask<'_>], pace: &mut Pace) -> Result<Vec<Draft>, Error> {
        let entry = self.entry(asks, pace);
        if !pace.starts(Source::Model, entry) {
            return Ok(vec![Draft::nothing(); asks.len()]);
        }
        let mut seats = self.seat(asks)?;
        while seats.iter().any(|seat| seat.open) {
            self.step(&mut seats)?;
            for (seat, ask) in seats.iter_mut().zip(asks) {
                seat.open = seat.open
                    && seat.guesses.len() < ask.n
                    && pace.goes_on(Source::Model, &seat.guesses);
            }
        }
        let draft = |seat: Seat| Draft {
            guesses: seat.guesses,
            source: Source::Model,
        };
        let mut drafts: Vec<Draft> = seats.into_iter().map(draft).collect();
        drafts.resize(asks.len(), Draft::nothing());
        Ok(drafts)
    }

    fn bytes(&self) -> u64 {
        self.session.cache_bytes()
    }
}

fn in_common(a: &[Token], b: &[Token]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// A random stream of its own for each place of each request, so that neither neighbours nor the lengths
/// of earlier drafts matter, and never the stream of the request itself.
fn stream_of(ask: &Ask<'_>) -> u64 {
    crate::seed::derive(ask.seed, &["draft"], ask.history.len() as u64)
}
