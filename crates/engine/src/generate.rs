//! The decode loop: many requests over a fixed number of lanes.
//!
//! A *lane* is one sequence of a session that serves one request at a time. A further sequence, the
//! *root*, reads each prompt once; lanes are forked from it, so k completions of one prompt cost one
//! prefill. Lanes that become free take the next request at once.
//!
//! **Determinism.** Matrix kernels may round differently when a step has another number of rows.
//! With [`Width::DETERMINISTIC`] every decode step is made of whole tiles: idle sequences are fed a
//! dummy token. Prompts are always read alone, split only where [`Request::n_shared`] says. So a
//! completion depends on its request, not on its neighbours or on how many there are.
//!
//! A row that holds no numbers is an error and never a token: what a broken model says is not judged.

mod busy;
mod root;

use crate::model::{Feed, Logits, Model, ModelCard, Session, SessionShape, Token, Tokenizer};
use crate::request::{Engine, Event, Flow, Request, Sink};
use crate::{CacheKinds, Error};

pub(crate) use busy::{Busy, Took};
pub(crate) use root::Root;

/// How many rows a decode step has: the number of busy lanes, rounded up, and never below a minimum.
///
/// Matrix kernels work on tiles of rows and treat a remainder differently. Steps that are whole tiles
/// give each row the same bits, however many tiles there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Rows are a multiple of this.
    pub multiple: usize,
    /// There are at least so many.
    pub least: usize,
}

impl Width {
    /// Whole tiles of the kernels known to us: the same text whatever runs beside it.
    pub const DETERMINISTIC: Width = Width {
        multiple: 8,
        least: 8,
    };
    /// Just the busy lanes.
    pub const FAST: Width = Width {
        multiple: 1,
        least: 1,
    };

    /// So many rows, always, but never fewer than there are busy lanes.
    pub const fn fixed(rows: usize) -> Width {
        Width {
            multiple: 1,
            least: rows,
        }
    }

    /// Rows of a step with so many busy lanes.
    pub fn rows(self, n_busy: usize) -> usize {
        n_busy.next_multiple_of(self.multiple).max(self.least)
    }
}

/// How requests are laid over a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes {
    /// Requests served side by side; at least 1.
    pub n: usize,
    /// Tokens that a prompt and its completion may have together.
    pub capacity: usize,
    /// Rows of a decode step.
    pub width: Width,
    /// How the cache is stored.
    pub cache: CacheKinds,
}

/// The engine that decodes a model without tricks.
pub struct Plain<'m> {
    model: &'m dyn Model,
    lanes: Lanes,
}

impl<'m> Plain<'m> {
    /// Lays lanes over a model.
    pub fn new(model: &'m dyn Model, lanes: Lanes) -> Plain<'m> {
        Plain { model, lanes }
    }
}

impl Engine for Plain<'_> {
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
        let Lanes {
            n,
            capacity,
            width,
            cache,
        } = self.lanes;
        let n_rows = width.rows(n);
        let n_sequences = if n_rows == 1 { 1 } else { n_rows + 1 };
        let session = self.model.open(SessionShape {
            n_sequences,
            capacity,
            cache,
        })?;
        let desk = Desk {
            session,
            tokenizer: self.model.tokenizer(),
            requests,
            root: Root::new(n_sequences - 1),
            lanes: (0..n_rows).map(|_| None).collect(),
            n_lanes: n,
            width,
        };
        desk.serve(sink)
    }
}

pub(crate) fn check(request: &Request, capacity: usize) -> Result<(), String> {
    if request.prompt.is_empty() {
        return Err("its prompt is empty".into());
    }
    if request.max_tokens == 0 {
        return Err("it asks for no token".into());
    }
    if request.n_shared > request.prompt.len() {
        return Err(format!(
            "it shares {} tokens of a prompt of {}",
            request.n_shared,
            request.prompt.len()
        ));
    }
    let needed = request.prompt.len() + request.max_tokens;
    if needed > capacity {
        return Err(format!(
            "its prompt of {} tokens and {} new ones do not fit into {capacity}",
            request.prompt.len(),
            request.max_tokens
        ));
    }
    request.sampling.check()
}

/// What an idle sequence is fed to fill up the width.
pub(crate) const DUMMY: Token = 0;

/// Everything on the desk while requests are served.
struct Desk<'m, 'r> {
    session: Box<dyn Session + 'm>,
    tokenizer: &'m dyn Tokenizer,
    requests: &'r [Request],
    root: Root,
    /// The first `n_lanes` serve; any others only fill up the width.
    lanes: Vec<Option<Busy<'r>>>,
    n_lanes: usize,
    width: Width,
}

impl<'r> Desk<'_, 'r> {
    fn serve(mut self, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let mut waiting = 0..self.requests.len();
        loop {
            while let Some(lane) = self.lanes[..self.n_lanes].iter().position(Option::is_none) {
                let Some(request) = waiting.next() else { break };
                if self.admit(lane, request, sink)? == Flow::Stopped {
                    return Ok(Flow::Stopped);
                }
            }
            if self.lanes.iter().all(Option::is_none) {
                return Ok(Flow::Complete);
            }
            if self.step(sink)? == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
        }
    }

    /// Reads a prompt and chooses its first token.
    fn admit(&mut self, lane: usize, request: usize, sink: &mut dyn Sink) -> Result<Flow, Error> {
        if sink.on(Event::Started { request }).is_break() {
            return Ok(Flow::Stopped);
        }
        let asked = &self.requests[request];
        self.root.read(self.session.as_mut(), asked)?;
        if lane != self.root.sequence {
            self.session.fork(self.root.sequence, lane)?;
        }
        let mut busy = Busy::new(request, asked);
        let token = busy.choose(&self.root.logits);
        self.lanes[lane] = Some(busy);
        self.advance(lane, token, sink)
    }

    /// Feeds every busy lane its newest token and chooses the next ones.
    fn step(&mut self, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let n_rows = self.close_ranks()?;
        let newest_of = |(lane, busy): (usize, &Option<Busy<'r>>)| {
            let newest = busy.as_ref().and_then(|busy| busy.history.last().copied());
            (lane, [newest.unwrap_or(DUMMY)])
        };
        let newest: Vec<(usize, [Token; 1])> = self.lanes[..n_rows]
            .iter()
            .enumerate()
            .map(newest_of)
            .collect();
        let feeds: Vec<Feed<'_>> = newest
            .iter()
            .map(|(lane, token)| Feed {
                sequence: *lane,
                tokens: token,
                logits: Logits::Last,
            })
            .collect();
        let mut chosen = Vec::with_capacity(feeds.len());
        let lanes = &mut self.lanes;
        self.session.feed(&feeds, &mut |row| {
            let lane = newest[row.feed].0;
            if let Some(busy) = &mut lanes[lane] {
                chosen.push((lane, busy.choose(row.logits)));
            }
        })?;
        for (lane, token) in chosen {
            if self.advance(lane, token, sink)? == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
        }
        self.clear_idle_lanes()
    }

    /// Moves the last busy lanes into idle places until the first `rows` lanes hold them all; returns
    /// how many rows the step has.
    fn close_ranks(&mut self) -> Result<usize, Error> {
        let n_busy = self.lanes.iter().flatten().count();
        let n_rows = self.width.rows(n_busy);
        for from in n_rows..self.lanes.len() {
            if self.lanes[from].is_none() {
                continue;
            }
            let Some(to) = self.lanes.iter().position(Option::is_none) else {
                break;
            };
            self.session.fork(from, to)?;
            self.session.rewind(from, 0)?;
            self.lanes.swap(from, to);
        }
        Ok(n_rows)
    }

    /// A dummy token must not stay in an idle lane: it would fill up.
    fn clear_idle_lanes(&mut self) -> Result<Flow, Error> {
        for (lane, busy) in self.lanes.iter().enumerate() {
            if busy.is_none() && lane != self.root.sequence {
                self.session.rewind(lane, 0)?;
            }
        }
        Ok(Flow::Complete)
    }

    /// Gives a lane its chosen token; the request may end with it.
    fn advance(&mut self, lane: usize, token: Token, sink: &mut dyn Sink) -> Result<Flow, Error> {
        let Some(busy) = &mut self.lanes[lane] else {
            return Ok(Flow::Complete);
        };
        match busy.take(token, self.tokenizer, sink)? {
            Took::On => Ok(Flow::Complete),
            Took::Stopped => Ok(Flow::Stopped),
            Took::Ended(finish) => Ok(self.lanes[lane]
                .take()
                .map_or(Flow::Complete, |busy| busy.finish(finish, sink))),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
