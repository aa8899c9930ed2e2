//! A stand-in that runs nothing: tests of other crates say what would have come out.

use crate::Sandbox;
use crate::badge::{Badge, Tier};
use crate::fault::Fault;
use crate::limits::Limits;
use crate::program::{Captured, Ending, Outcome, Program};

type Pair = dyn Fn([&Program; 2]) -> Result<[Outcome; 2], Fault> + Send + Sync;
type Resident = dyn Fn(&[u8]) -> Option<[Outcome; 2]> + Send + Sync;

/// A sandbox whose outcomes come from a closure.
pub struct Scripted<F> {
    answer: F,
    pair: Option<Box<Pair>>,
    resident: Option<Box<Resident>>,
    badge: Badge,
}

impl<F> Scripted<F>
where
    F: Fn(&Program, &Limits) -> Result<Outcome, Fault> + Send + Sync,
{
    /// A sandbox that answers with this closure and wears a badge of [`Tier::Scripted`]. Of a pair, each
    /// program is answered as if it were alone.
    pub fn new(answer: F) -> Self {
        let badge = Badge {
            tier: Tier::Scripted,
            policy_sha256: "0".repeat(64),
            facts: Vec::new(),
            exceptions: Vec::new(),
        };
        Self {
            answer,
            pair: None,
            resident: None,
            badge,
        }
    }

    /// The same sandbox, in which pairs of programs are answered by this closure.
    #[must_use]
    pub fn conversing(
        mut self,
        pair: impl Fn([&Program; 2]) -> Result<[Outcome; 2], Fault> + Send + Sync + 'static,
    ) -> Self {
        self.pair = Some(Box::new(pair));
        self
    }

    /// The same sandbox, in which this closure says what comes of a question to a resident.
    #[must_use]
    pub fn consulting(
        mut self,
        resident: impl Fn(&[u8]) -> Option<[Outcome; 2]> + Send + Sync + 'static,
    ) -> Self {
        self.resident = Some(Box::new(resident));
        self
    }
}

impl<F> Sandbox for Scripted<F>
where
    F: Fn(&Program, &Limits) -> Result<Outcome, Fault> + Send + Sync,
{
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        (self.answer)(program, limits)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        match &self.pair {
            Some(answer) => answer(pair.map(|(program, _)| program)),
            None => {
                let [first, second] = pair.map(|(program, limits)| self.execute(program, limits));
                Ok([first?, second?])
            }
        }
    }

    fn consult(
        &self,
        _asker: (&Program, &Limits),
        _resident: (&Program, &Limits),
        question: &[u8],
    ) -> Result<Option<[Outcome; 2]>, Fault> {
        let resident = self.resident.as_ref();
        Ok(resident.and_then(|answer| answer(question)))
    }

    fn badge(&self) -> &Badge {
        &self.badge
    }
}

impl Outcome {
    /// An outcome for a script: this ending and this standard output, nothing else used or written.
    pub fn scripted(ending: Ending, stdout: impl Into<Vec<u8>>) -> Self {
        Self {
            ending,
            stdout: Captured {
                bytes: stdout.into(),
                truncated: false,
            },
            stderr: Captured::default(),
            collected: Vec::new(),
            cpu_ns: 0,
            wall_ns: 0,
            max_rss_bytes: None,
            warm: false,
            booked: None,
        }
    }
}
