//! A request that is being served: what it has become so far, and when it ends.

use crate::Error;
use crate::model::{Token, Tokenizer};
use crate::request::{Completion, Event, Finish, Flow, Request, Sink};
use crate::sampling::Sampler;
use crate::score::top_of;
use crate::text::TextStream;

/// A request being served.
pub(crate) struct Busy<'r> {
    pub(crate) request: usize,
    pub(crate) asked: &'r Request,
    pub(crate) sampler: Sampler,
    /// Prompt and completion so far.
    pub(crate) history: Vec<Token>,
    stream: TextStream<'r>,
    /// Which token was to be chosen when a row was no distribution; it would be nobody's choice.
    broken: Option<usize>,
}

/// What a token made of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Took {
    /// It goes on.
    On,
    /// It is complete.
    Ended(Finish),
    /// The sink asked to stop.
    Stopped,
}

impl<'r> Busy<'r> {
    pub(crate) fn new(request: usize, asked: &'r Request) -> Busy<'r> {
        Busy {
            request,
            asked,
            sampler: Sampler::new(asked.sampling, asked.seed),
            history: asked.prompt.clone(),
            stream: TextStream::new(&asked.stop, asked.ending.complete()),
            broken: None,
        }
    }

    /// To be called with every row before something is chosen from it. A row without numbers ends the request with
    /// an error as soon as the choice is taken.
    pub(crate) fn looking_at(&mut self, logits: &[f32]) -> &mut Busy<'r> {
        if self.broken.is_none() && top_of(logits).is_none() {
            self.broken = Some(self.history.len());
        }
        self
    }

    /// The token after everything so far.
    pub(crate) fn choose(&mut self, logits: &[f32]) -> Token {
        self.looking_at(logits);
        self.sampler.pick(logits, &self.history)
    }

    /// Tokens that may still come.
    pub(crate) fn n_left(&self) -> usize {
        self.asked.max_tokens - (self.history.len() - self.asked.prompt.len())
    }

    /// Takes the chosen token and tells of it, unless it is the one that ends the text.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a row from which it chose was no distribution.
    pub(crate) fn take(
        &mut self,
        token: Token,
        tokenizer: &dyn Tokenizer,
        sink: &mut dyn Sink,
    ) -> Result<Took, Error> {
        if let Some(position) = self.broken {
            return Err(Error::NotFinite { position });
        }
        let natural = self.asked.ending.is_natural();
        if natural && tokenizer.is_end(token) {
            return Ok(Took::Ended(Finish::EndOfText));
        }
        self.history.push(token);
        let stopped = self.stream.push(&tokenizer.bytes(token)) && natural;
        let full = self.n_left() == 0;
        let text = if stopped || full {
            self.stream.take_rest()
        } else {
            self.stream.take_certain()
        };
        let event = Event::Token {
            request: self.request,
            token,
            text,
        };
        if sink.on(event).is_break() {
            return Ok(Took::Stopped);
        }
        Ok(match (stopped, full) {
            (true, _) => Took::Ended(Finish::StopString),
            (false, true) => Took::Ended(Finish::Length),
            (false, false) => Took::On,
        })
    }

    /// Tells what it became.
    pub(crate) fn finish(self, finish: Finish, sink: &mut dyn Sink) -> Flow {
        let completion = Completion {
            text: self.stream.text(),
            tokens: self.history[self.asked.prompt.len()..].to_vec(),
            finish,
        };
        let event = Event::Finished {
            request: self.request,
            completion,
        };
        match sink.on(event) {
            std::ops::ControlFlow::Break(()) => Flow::Stopped,
            std::ops::ControlFlow::Continue(()) => Flow::Complete,
        }
    }
}
