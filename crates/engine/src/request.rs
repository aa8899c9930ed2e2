//! What is asked of an engine and how it answers.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::speculate::Source;
use crate::{Error, ModelCard, Sampling, Token, Tokenizer};

/// When a completion may end by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// At the model's end-of-turn token, a stop string, or the token limit.
    Natural,
    /// The same, and where what is wanted is complete.
    Until(Complete),
    /// At the token limit only: for timings of equal length.
    AtLimit,
}

impl Ending {
    /// Whether the model may end it.
    pub(crate) fn is_natural(&self) -> bool {
        *self != Ending::AtLimit
    }

    /// The rule that ends it besides.
    pub(crate) fn complete(&self) -> Option<&Complete> {
        match self {
            Ending::Until(complete) => Some(complete),
            Ending::Natural | Ending::AtLimit => None,
        }
    }
}

/// Where a text has all that is wanted of it.
#[derive(Clone)]
pub struct Complete(Arc<Rule>);

type Rule = dyn Fn(&str) -> Option<usize> + Send + Sync;

impl Complete {
    /// The rule is asked after every token with the text so far, and answers with the byte behind which nothing is
    /// wanted any more; the completion ends there. What was shown already stays.
    pub fn new(rule: impl Fn(&str) -> Option<usize> + Send + Sync + 'static) -> Complete {
        Complete(Arc::new(rule))
    }

    /// The byte at which that text is complete.
    pub(crate) fn at(&self, text: &str) -> Option<usize> {
        (self.0)(text)
    }
}

impl PartialEq for Complete {
    /// The same rule, not an equal one.
    fn eq(&self, other: &Complete) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Complete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Complete")
    }
}

/// One completion that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The prompt, start token included where the model wants one; never empty.
    pub prompt: Vec<Token>,
    /// How many leading tokens of the prompt it shares with others. Those are computed by
    /// themselves and kept, so the result depends on this number only, never on who came before.
    pub n_shared: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Seed of this completion's own random stream.
    pub seed: u64,
    /// At most so many tokens.
    pub max_tokens: usize,
    /// Texts that end the completion; they are not part of it.
    pub stop: Vec<String>,
    /// When it may end.
    pub ending: Ending,
}

/// Why a completion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its turn.
    EndOfText,
    /// A stop string appeared, or what was wanted was complete.
    StopString,
    /// The token limit was reached.
    Length,
}

/// What a request became.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The text; bytes that are no UTF-8 are replaced by U+FFFD.
    pub text: String,
    /// The tokens chosen, the end-of-turn token not among them.
    pub tokens: Vec<Token>,
    /// Why it ended.
    pub finish: Finish,
}

/// One look of a model at the guesses for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Guesses that were looked at; may be none.
    pub drafted: usize,
    /// How many of them, from the first on, were taken over. One further token comes from the model itself.
    pub accepted: usize,
    /// Who guessed.
    pub source: Source,
}

/// What happens while requests are served, told in the order in which it happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// The prompt of a request is being read; its clock may start.
    Started {
        /// Index into the list of requests.
        request: usize,
    },
    /// A token was chosen.
    Token {
        /// Index into the list of requests.
        request: usize,
        /// The token.
        token: Token,
        /// Text that is now certain: complete characters, no beginning of a stop string.
        text: &'a str,
    },
    /// Guesses were made for all requests under way; the model looks at them next. Only engines that
    /// speculate tell of this.
    Drafted {
        /// Guesses that will be looked at, over all requests.
        n: usize,
    },
    /// The model has looked at the guesses of a request; the tokens that came of it are told next.
    Checked {
        /// Index into the list of requests.
        request: usize,
        /// How it went.
        pass: Pass,
    },
    /// A request is complete.
    Finished {
        /// Index into the list of requests.
        request: usize,
        /// What it became.
        completion: Completion,
    },
}

/// Whether every request was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// All of them.
    Complete,
    /// The sink asked to stop first.
    Stopped,
}

/// Listens to an engine; answering [`ControlFlow::Break`] stops it after the current step.
pub trait Sink {
    /// Takes one event.
    fn on(&mut self, event: Event<'_>) -> ControlFlow<()>;
}

impl<F: FnMut(Event<'_>) -> ControlFlow<()>> Sink for F {
    fn on(&mut self, event: Event<'_>) -> ControlFlow<()> {
        self(event)
    }
}

/// Turns prompts into completions.
pub trait Engine {
    /// The model behind it.
    fn card(&self) -> &ModelCard;

    /// That model's tokenizer.
    fn tokenizer(&self) -> &dyn Tokenizer;

    /// Serves the requests, as many together as it sees fit, and tells the sink.
    ///
    /// # Errors
    /// [`Error::Request`] before any work for a request that cannot be served; others if the
    /// engine fails. Completions already told stay valid.
    fn generate(&self, requests: &[Request], sink: &mut dyn Sink) -> Result<Flow, Error>;
}

/// Serves the requests without anyone listening: what each became, in the order of the requests.
///
/// # Errors
/// Those of [`Engine::generate`].
pub fn completions(engine: &dyn Engine, requests: &[Request]) -> Result<Vec<Completion>, Error> {
    let mut finished = Vec::with_capacity(requests.len());
    engine.generate(requests, &mut |event: Event<'_>| {
        if let Event::Finished {
            request,
            completion,
        } = event
        {
            finished.push((request, completion));
        }
        ControlFlow::Continue(())
    })?;
    finished.sort_by_key(|(request, _)| *request);
    Ok(finished
        .into_iter()
        .map(|(_, completion)| completion)
        .collect())
}
