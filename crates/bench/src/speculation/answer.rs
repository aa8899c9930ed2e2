//! One answer, with the times of its parts.

use std::ops::ControlFlow;

use engine::speculate::Source;
use engine::{Engine, Event, Pass, Request, Token};
use ledger::record;
use measure::clock::Clock;

use crate::Error;

/// What came out, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) tokens: Vec<Token>,
    pub(super) text: String,
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

impl Answer {
    /// As a record, under the name of who answered what.
    pub(super) fn record(&self, iteration: usize, prompt: &str, mode: &str) -> record::Answer {
        let pass = |pass: &Pass| record::AnswerPass {
            drafted: pass.drafted as u64,
            accepted: pass.accepted as u64,
        };
        record::Answer {
            iteration: iteration as u64,
            prompt: prompt.to_owned(),
            mode: mode.to_owned(),
            tokens: self.tokens.clone(),
            text: self.text.clone(),
            first_ns: self.first_ns,
            total_ns: self.total_ns,
            draft_ns: self.draft_ns,
            first_draft_ns: self.first_draft_ns,
            check_ns: self.check_ns,
            passes: self.passes.iter().map(pass).collect(),
        }
    }

    /// From its record, which does not say who guessed.
    pub(super) fn of(record: &record::Answer) -> Answer {
        let pass = |pass: &record::AnswerPass| Pass {
            drafted: pass.drafted as usize,
            accepted: pass.accepted as usize,
            source: Source::Other,
        };
        Answer {
            tokens: record.tokens.clone(),
            text: record.text.clone(),
            first_ns: record.first_ns,
            total_ns: record.total_ns,
            draft_ns: record.draft_ns,
            first_draft_ns: record.first_draft_ns,
            check_ns: record.check_ns,
            passes: record.passes.iter().map(pass).collect(),
        }
    }
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
                answer.text = completion.text;
            }
        }
        before = now;
        ControlFlow::Continue(())
    })?;
    // An answer without any token has its end where it began to be written.
    answer.first_ns = first.unwrap_or(answer.total_ns);
    Ok(answer)
}
