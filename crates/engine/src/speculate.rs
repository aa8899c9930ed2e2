//! Speculative decoding: guess ahead, look at all guesses at once, keep what is right.
//!
//! A [`Drafter`] guesses what will follow; the model reads the guesses of all sequences in one step,
//! which costs little more than reading one token, and its own choice at each place says how many were
//! right. One further token comes from the model itself, so that every pass yields at least one.
//!
//! **What comes out is what [`Plain`](crate::Plain) would say.** At every place the token is chosen by
//! the request's own sampler from the model's own row, with one random number a token, and a guess is
//! right if it equals that choice. So even sampled text is the same for the same seed, whoever guesses.
//! The one exception are guesses that were drawn ([`Guessing::Drawn`]): those are exchanged by rejection,
//! which keeps the distribution and not the text. Rows of steps with another number of tokens may be
//! rounded differently by real kernels, which can decide a near tie; [`Width`](crate::Width) pads steps.
//!
//! No clock here: whoever measures listens to [`Event::Drafted`] and [`Event::Checked`], and hands in
//! what drafting and looking cost ([`Costs`]).
//!
//! Reading order: [`drafter`](Drafter), [`Pace`], this file, then the drafters.

mod costs;
mod drafter;
mod experience;
mod forecast;
mod hybrid;
mod model_draft;
mod ngram;
mod pace;
mod pair;
mod suffix;

use std::cell::{Cell, RefCell};

use crate::generate::{Busy, DUMMY, Lanes, Root, Took, check};
use crate::model::{Feed, Logits, Model, ModelCard, Session, SessionShape, Token, Tokenizer};
use crate::request::{Engine, Event, Finish, Flow, Pass, Request, Sink};
use crate::{Error, Row};

pub use costs::{Costs, Length};
pub use drafter::{Ask, Draft, Drafter, Guess, Source};
pub use forecast::{Forecast, Lever};
pub use hybrid::Hybrid;
pub use model_draft::{Guessing, ModelDraft};
pub use ngram::Ngram;
pub use pace::{Entry, Pace};
pub use pair::Pair;
pub use suffix::Suffix;

/// The engine that decodes a model with guesses. It remembers across calls what it learnt.
pub struct Speculative<'m> {
    model: &'m dyn Model,
    lanes: Lanes,
    drafter: RefCell<Box<dyn Drafter + 'm>>,
    pace: RefCell<Pace>,
    n_sequences: Cell<u64>,
}

impl<'m> Speculative<'m> {
    /// Lays lanes over a model, and somebody who guesses.
    pub fn new(
        model: &'m dyn Model,
        lanes: Lanes,
        drafter: Box<dyn Drafter + 'm>,
        length: Length,
    ) -> Speculative<'m> {
        Speculative {
            model,
            lanes,
            drafter: RefCell::new(drafter),
            pace: RefCell::new(Pace::new(length)),
            n_sequences: Cell::new(0),
        }
    }

    /// Memory that whoever guesses holds now, in bytes; weights are not counted.
    pub fn drafter_bytes(&self) -> u64 {
        self.drafter.borrow().bytes()
    }

    /// Learns a text that was read and written before, as if a request had brought it forth now. How guesses
    /// for it had fared is not known and not learnt.
    pub fn recall(&self, history: &[Token]) {
        let sequence = self.n_sequences.get();
        self.n_sequences.set(sequence + 1);
        self.drafter.borrow_mut().learn(sequence, history);
    }

    /// Tokens that a pass may need beyond those of a request: the guesses that turn out wrong, and
    /// what fills a step up.
    fn slack(&self) -> usize {
        self.lanes.width.rows(self.pace.borrow().most_rows())
    }
}

impl Engine for Speculative<'_> {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.model.tokenizer()
    }

    fn generate(&self, requests: &[Request], sink: &mut dyn Sink) -> Result<Flow, Error> {
        for (index, request) in requests.iter().enumerate() {
            check(request, self.lanes.capacity).map_err(|cause| Error::Request { index, cause })?;
        }
        let n_lanes = self.lanes.n;
        let n_sequences = if n_lanes == 1 { 1 } else { n_lanes + 1 };
        let session = self.model.open(SessionShape {
            n_sequences,
            capacity: self.lanes.capacity + self.slack(),
            cache: self.lanes.cache,
        })?;
        let desk = Desk {
            engine: self,
            session,
            root: Root::new(n_sequences - 1),
            seats: Vec::with_capacity(n_lanes),
        };
        desk.serve(requests, sink)
    }
}

/// A lane at work. Its number is its place; lanes at work are always the first ones.
struct Seat<'r> {
    busy: Busy<'r>,
    /// By which drafters know it.
    sequence: u64,
    draft: Draft,
    /// Guesses of the draft that are looked at.
    n_checked: usize,
    /// What the pass chose so far, and whether the next row still counts.
    chosen: Vec<Token>,
    open: bool,
}

impl Seat<'_> {
    fn ask(&self, most: usize) -> Ask<'_> {
        Ask {
            sequence: self.sequence,
            history: &self.busy.history,
            n: most.min(self.busy.n_left() - 1),
            n_left: self.busy.n_left(),
            sampling: self.busy.asked.sampling,
            seed: self.busy.asked.seed,
        }
    }

    /// Takes over a draft: as many guesses as are worth it, up to the first that the model cannot read.
    fn consider(&mut self, draft: Draft, most: usize, n_vocab: usize, pace: &mut Pace) {
        let room = most.min(self.busy.n_left() - 1);
        self.draft = draft;
        self.draft.guesses.truncate(room);
        let exists = |guess: &Guess| (guess.token as usize) < n_vocab;
        let known = self.draft.guesses.iter().take_while(|g| exists(g)).count();
        // The first unknown one is still held against its row, where it is wrong: a drawn guess that
        // were dropped unseen would skew what comes out.
        self.draft.guesses.truncate(known + 1);
        self.n_checked = pace.keep(&self.draft);
        self.chosen.clear();
        self.open = true;
    }

    /// The newest token, and the guesses that have to be read before the last row can be had.
    fn step(&self, n_vocab: usize, n_rows: usize) -> Vec<Token> {
        let newest = self.busy.history.last().copied().unwrap_or(DUMMY);
        let guesses = self.draft.guesses[..self.n_checked].iter().map(|g| g.token);
        let known = guesses.take_while(|token| (*token as usize) < n_vocab);
        let mut tokens: Vec<Token> = std::iter::once(newest).chain(known).collect();
        tokens.resize(n_rows.max(tokens.len()), DUMMY);
        tokens
    }

    /// Chooses the token after one of the rows of a pass.
    fn choose(&mut self, offset: usize, logits: &[f32], tokenizer: &dyn Tokenizer) {
        if !self.open || offset != self.chosen.len() {
            return;
        }
        let guess = self.draft.guesses[..self.n_checked].get(offset);
        let busy = self.busy.looking_at(logits);
        let (token, right) = match guess {
            Some(Guess {
                token,
                drawn_from: Some(drawn_from),
                ..
            }) => busy
                .sampler
                .exchange(logits, &busy.history, *token, drawn_from),
            _ => {
                let token = busy.sampler.pick(logits, &busy.history);
                (token, guess.is_some_and(|guess| guess.token == token))
            }
        };
        // The rule of choice looks at what stands before: the history grows with the choices.
        busy.history.push(token);
        self.chosen.push(token);
        let ends = busy.asked.ending.is_natural() && tokenizer.is_end(token);
        self.open = right && !ends;
    }

    fn pass(&self) -> Pass {
        Pass {
            drafted: self.n_checked,
            accepted: self.chosen.len().saturating_sub(1),
            source: match self.n_checked {
                0 => Source::None,
                _ => self.draft.source,
            },
        }
    }
}

/// Everything on the desk while requests are served.
struct Desk<'e, 'm, 'r> {
    engine: &'e Speculative<'m>,
    session: Box<dyn Session + 'e>,
    root: Root,
    seats: Vec<Seat<'r>>,
}

impl<'r> Desk<'_, '_, 'r> {
    fn serve(mut self, requests: &'r [Request], sink: &mut dyn Sink) -> Result<Flow, Error> {
        let mut waiting = requests.iter().enumerate();
        loop {
            while self.seats.len() < self.engine.lanes.n {
                let Some((request, asked)) = waiting.next() else {
                    break;
                };
                if self.admit(request, asked, sink)? == Flow::Stopped {
                    return Ok(Flow::Stopped);
                }
            }
            if self.seats.is_empty() {
                return Ok(Flow::Complete);
            }
            if self.pass(sink)? == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
        }
    }

    /// Reads a prompt and chooses its first token.
    fn admit(
        &mut self,
        request: usize,
        asked: &'r Request,
        sink: &mut dyn Sink,
    ) -> Result<Flow, Error> {
        if sink.on(Event::Started { request }).is_break() {
            return Ok(Flow::Stopped);
        }
        self.root.read(self.session.as_mut(), asked)?;
        let lane = self.seats.len();
        if lane != self.root.sequence {
            self.session.fork(self.root.sequence, lane)?;
        }
        let sequence = self.engine.n_sequences.get();
        self.engine.n_sequences.set(sequence + 1);
        let mut seat = Seat {
            busy: Busy::new(request, asked),
            sequence,
            draft: Draft::nothing(),
            n_checked: 0,
            chosen: Vec::new(),
            open: true,
        };
        seat.choose(0, &self.root.logits, self.engine.tokenizer());
        self.seats.push(seat);
        self.tell(lane, sink)
    }

    /// Guesses, looks, and keeps what is right.
    fn pass(&mut self, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let n = self.draft()?;
        if sink.on(Event::Drafted { n }).is_break() {
            return Ok(Flow::Stopped);
        }
        self.look()?;
        // From the last on, since whoever ends gives the place to the last.
        for lane in (0..self.seats.len()).rev() {
            let seat = &self.seats[lane];
            let (pass, pace) = (seat.pass(), &self.engine.pace);
            pace.borrow_mut()
                .saw(&seat.draft, seat.n_checked, pass.accepted);
            let request = seat.busy.request;
            if sink.on(Event::Checked { request, pass }).is_break() {
                return Ok(Flow::Stopped);
            }
            if self.tell(lane, sink)? == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
        }
        Ok(Flow::Complete)
    }

    /// Gets a draft for every seat; returns how many guesses will be looked at.
    fn draft(&mut self) -> Result<usize, Error> {
        let mut pace = self.engine.pace.borrow_mut();
        let most = pace.most();
        pace.begin_pass(self.seats.len());
        let asks: Vec<Ask<'_>> = self.seats.iter().map(|seat| seat.ask(most)).collect();
        let mut drafter = self.engine.drafter.borrow_mut();
        let mut drafts = drafter.propose(&asks, &mut pace)?;
        drafts.resize(self.seats.len(), Draft::nothing());
        let n_vocab = self.engine.model.card().n_vocab;
        for (seat, draft) in self.seats.iter_mut().zip(drafts) {
            seat.consider(draft, most, n_vocab, &mut pace);
        }
        Ok(self.seats.iter().map(|seat| seat.n_checked).sum())
    }

    /// Feeds every seat its newest token and its guesses, and chooses.
    fn look(&mut self) -> Result<(), Error> {
        let n_vocab = self.engine.model.card().n_vocab;
        let n_rows = self.rows_per_seat();
        let tokens: Vec<Vec<Token>> = self
            .seats
            .iter()
            .map(|seat| seat.step(n_vocab, n_rows))
            .collect();
        let feeds: Vec<Feed<'_>> = tokens
            .iter()
            .enumerate()
            .map(|(sequence, tokens)| Feed {
                sequence,
                tokens,
                logits: Logits::All,
            })
            .collect();
        let (seats, tokenizer) = (&mut self.seats, self.engine.tokenizer());
        self.session.feed(&feeds, &mut |row: Row<'_>| {
            seats[row.feed].choose(row.offset, row.logits, tokenizer);
        })
    }

    /// Every sequence of a step has as many rows: llama.cpp cuts a step into parts in which that is so,
    /// and would read all weights once for each part. Together they are whole tiles.
    fn rows_per_seat(&self) -> usize {
        let width = self.engine.lanes.width;
        let n_seats = self.seats.len();
        let longest = self.seats.iter().map(|seat| 1 + seat.n_checked).max();
        let longest = longest.unwrap_or(1);
        let fits = |rows: &usize| {
            (rows * n_seats).is_multiple_of(width.multiple) && rows * n_seats >= width.least
        };
        let least = match n_seats {
            1 => self.engine.pace.borrow().rows(longest),
            _ => longest,
        };
        (least..).find(fits).unwrap_or(least)
    }

    /// Tells of what a seat chose, forgets what was wrong, and ends the request if it is complete.
    fn tell(&mut self, lane: usize, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let seat = &mut self.seats[lane];
        let chosen = std::mem::take(&mut seat.chosen);
        seat.busy
            .history
            .truncate(seat.busy.history.len() - chosen.len());
        let tokenizer = self.engine.model.tokenizer();
        let mut ended = None;
        for token in chosen {
            match seat.busy.take(token, tokenizer, sink)? {
                Took::On => {}
                Took::Stopped => return Ok(Flow::Stopped),
                Took::Ended(finish) => {
                    ended = Some(finish);
                    break;
                }
            }
        }
        let mut drafter = self.engine.drafter.borrow_mut();
        drafter.learn(seat.sequence, &seat.busy.history);
        drop(drafter);
        match ended {
            Some(finish) => self.finish(lane, finish, sink),
            None => {
                self.session.rewind(lane, seat.busy.history.len() - 1)?;
                Ok(Flow::Complete)
            }
        }
    }

    /// Ends a request; the last seat moves to its place.
    fn finish(&mut self, lane: usize, finish: Finish, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let last = self.seats.len() - 1;
        if lane != last {
            self.session.fork(last, lane)?;
        }
        if last != self.root.sequence {
            self.session.rewind(last, 0)?;
        }
        let seat = self.seats.swap_remove(lane);
        let n_tokens = seat.busy.asked.max_tokens - seat.busy.n_left();
        self.engine.pace.borrow_mut().ended(n_tokens);
        Ok(seat.busy.finish(finish, sink))
    }
}

#[cfg(test)]
mod tests;
