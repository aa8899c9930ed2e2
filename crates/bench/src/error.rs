//! What can stop a benchmark. A model that answers badly cannot.

/// An error of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// A record could not be written or read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// A problem cannot be put to the model or judged.
    #[error(transparent)]
    Task(#[from] task::Error),
    /// Where the fast ways of judging keep their things, nothing can be kept.
    #[error(
        "the cache of the fast ways of judging cannot be used: {0}; set WHET_CACHE to another folder"
    )]
    Cache(#[source] std::io::Error),
    /// A text could not be scored to its end.
    #[error("{place}: {source}")]
    Scoring {
        /// Who read which part of which text: `toy on prose, chunk 3`.
        place: String,
        /// What the engine said.
        source: engine::Error,
    },
    /// Two models cannot be held against each other at a token, though both computed numbers.
    #[error(
        "{place}: the divergence at token {position} is infinite, because an entry that the reference holds for possible is given no probability at all; compare models that mask no entries, or hold each against the text alone with `whet bench perplexity`"
    )]
    Apart {
        /// Who read which part of which text.
        place: String,
        /// Which token the rows predict, counted from 0 in what was read.
        position: usize,
    },
    /// The plan asks for something impossible.
    #[error("the plan cannot be carried out: {0}")]
    Plan(String),
}

impl Error {
    /// Whether nothing went wrong: the engine was told to stop in the middle of a step.
    pub(crate) fn is_stop(&self) -> bool {
        let (Error::Engine(cause) | Error::Scoring { source: cause, .. }) = self else {
            return false;
        };
        matches!(cause, engine::Error::Stopped)
    }
}
