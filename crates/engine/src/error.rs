//! What can go wrong between tokens and logits.

/// An error of an engine. A model that writes nonsense is not an error; a request that cannot be
/// served is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's file cannot be used.
    #[error("cannot load {path}: {cause}")]
    Load {
        /// The file.
        path: String,
        /// What is wrong and what to do about it.
        cause: String,
    },
    /// A session of that shape cannot be opened.
    #[error("cannot open a session of {n_sequences} × {capacity} tokens: {cause}")]
    Open {
        /// Sequences asked for.
        n_sequences: usize,
        /// Tokens per sequence asked for.
        capacity: usize,
        /// What is wrong and what to do about it.
        cause: String,
    },
    /// A sequence would outgrow its session.
    #[error(
        "{needed} tokens do not fit into a sequence of {capacity}; ask for fewer or open a longer session"
    )]
    TooLong {
        /// Tokens that the sequence would hold.
        needed: usize,
        /// Tokens that it can hold.
        capacity: usize,
    },
    /// A request cannot be served as it stands.
    #[error("request {index} cannot be served: {cause}")]
    Request {
        /// Its place in the list given.
        index: usize,
        /// Why not.
        cause: String,
    },
    /// A row of logits that is no distribution, so that neither a number nor a token can be made of it.
    #[error(
        "the logits that predict token {position} of the text hold NaN or infinity; the model's file is damaged, or its weights overflow in this format"
    )]
    NotFinite {
        /// Which token they predict, counted from 0 in what was fed and, where it was generated, chosen.
        position: usize,
    },
    /// Somebody asked it to stop, which is no failure. The session is not to be used any more.
    #[error("the engine was told to stop")]
    Stopped,
    /// The implementation below failed.
    #[error("the engine failed while it {operation}: {cause}")]
    Backend {
        /// What it was doing: `fed 512 tokens`.
        operation: String,
        /// What it said.
        cause: String,
    },
}
