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
    /// Nothing failed, but something that was asked for by name was not measured; or a claim could be neither confirmed nor
    /// refuted, and that was not to pass.
    Inconclusive = 5,
    /// Interrupted; it can be resumed.
    Interrupted = 130,
}

/// A mistake of the user, found before any work: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Whether a cause is a mistake of the user: a word, or a file that is not what the word says. Rooms below tell such a
/// file from a failure of this machine, and they read it before anything is measured.
pub(crate) fn is_of_the_user(cause: &(dyn std::error::Error + 'static)) -> bool {
    use ledger::Error::NotARun;
    use {decoder::Error as Trained, engine::Error as Engine, model::Error as Converted};
    fn is<E: std::error::Error + 'static>(
        cause: &(dyn std::error::Error + 'static),
        of: fn(&E) -> bool,
    ) -> bool {
        cause.downcast_ref::<E>().is_some_and(of)
    }
    cause.is::<Usage>()
        || is(cause, |error| matches!(error, NotARun { .. }))
        || is(cause, |error| matches!(error, Engine::Load { .. }))
        || is(cause, |error| matches!(error, Trained::Unsupported { .. }))
        || is(cause, |error| {
            matches!(
                error,
                Converted::Damaged { .. }
                    | Converted::Unsupported { .. }
                    | Converted::Missing { .. }
                    | Converted::Unrepresentable { .. }
            )
        })
}

/// Whether nothing went wrong: the engine was stopped in the middle of a step.
pub(crate) fn was_stopped(error: &anyhow::Error) -> bool {
    let is_stop = |cause: &engine::Error| matches!(cause, engine::Error::Stopped);
    error
        .chain()
        .any(|cause| cause.downcast_ref().is_some_and(is_stop))
}

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
