//! Exit codes, stable for scripts.

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// A check or a claim failed, or a layer that the sandbox claims does not hold.
    Gate = 3,
    /// The run finished, but some completions could not be judged.
    Unscored = 4,
    /// Nothing failed, but a claim could be neither confirmed nor refuted.
    Inconclusive = 5,
    /// Interrupted; it can be resumed.
    Interrupted = 130,
}

/// A mistake of the user, found before any work: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// A plan that does not fit a model is the user's mistake; everything else stays what it is.
pub(crate) fn unusable(error: bench::Error) -> anyhow::Error {
    match error {
        bench::Error::Plan(why) => Usage(why).into(),
        other => other.into(),
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
