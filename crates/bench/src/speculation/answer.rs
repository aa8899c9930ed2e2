//! One answer, with the times of its parts.

use std::ops::ControlFlow;

use engine::{Engine, Event, Pass, Request, Token};
use measure::clock::Clock;

use crate::Error;

/// What came out, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) tokens: Vec<Token>,
    /// From the prompt to the first token.
    pub(super) first_ns: u64,
    /// From the prompt to the last token.
    pub(super) total_ns: u64,
    /// Guessing, over all passes; what the first pass took of it stands apart, because a draft reads the
    /// prompt there.
    pub(super) draft_ns: u64,
    pub(super) first_draft_ns: u64,
    /// Looking at the guesses.
    pub(super) check_ns: u64,
    pub(super) passes: Vec<Pass>,
}

/// Serves one request and looks at the clock at every event.
///
/// # Errors
/// Those of the engine.
pub(super) fn answer(
    engine: &dyn Engine,
    request: &Request,
    clock: &dyn Clock,
) -> Result<Answer, Error> {
    let mut answer = Answer::default();
    let (mut started, mut before, mut first) = (0, 0, None);
    engine.generate(std::slice::from_ref(request), &mut |event: Event<'_>| {
        let now = clock.now_ns();
        match event {
            Event::Started { .. } => started = now,
            Event::Token { .. } => _ = first.get_or_insert(now - started),
            Event::Drafted { .. } => {
                let took = now - before;
                if answer.passes.is_empty() {
                    answer.first_draft_ns = took;
                }
                answer.draft_ns += took;
            }
            Event::Checked { pass, .. } => {
                answer.check_ns += now - before;
                answer.passes.push(pass);
            }
            Event::Finished { completion, .. } => {
                answer.total_ns = now - started;
                answer.tokens = completion.tokens;
            }
        }
        before = now;
        ControlFlow::Continue(())
    })?;
    // An answer without any token has its end where it began to be written.
    answer.first_ns = first.unwrap_or(answer.total_ns);
    Ok(answer)
}
