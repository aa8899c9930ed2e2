//! Judges: how far did a completion get?
//!
//! A judge reads a text and gives a [`Verdict`]. It never fails: what the model did wrong is a stage
//! and a cause, what this machine did wrong is *unscored* with a reason. Judges have a version in
//! their name; it moves when the same text could get another verdict.
//!
//! A [`Court`] judges many completions on several threads, the doubtful ones twice.

pub mod behaviour;
mod cause;
mod court;
mod evidence;
pub mod function;
pub mod keywords;
pub mod output;
pub mod quality;
mod setting;
mod watched;

use std::path::Path;
use std::sync::Arc;

use ledger::record::{AttemptKey, Stage, Verdict};
use sandbox::toolchain::{self, Toolchain, Workshop};
use sandbox::{Fittings, Sandbox};

pub use cause::Cause;
pub use court::{Court, Job, is_fast, judge_all};
pub(crate) use evidence::evidence_door;

use crate::behaviour::Answer;
use crate::error::Error;
use crate::problem::{Judging, Language, Problem, Suite, Target};

/// The judge of one suite, with what it needs of this machine.
#[derive(Debug, Clone)]
pub enum Judge {
    /// Counts the keywords of the completion; executes nothing.
    Keywords,
    /// Looks at what the answer does; executes nothing.
    Behaviour,
    /// Builds and runs the program and compares what it prints.
    Output {
        /// The language of the programs.
        language: Language,
        /// What builds and runs them.
        toolchain: Toolchain,
        /// A fast way to build them that gives the same verdicts, if there is one.
        workshop: Option<Arc<Workshop>>,
    },
    /// Calls the function from another box.
    Function {
        /// The interpreter.
        toolchain: Toolchain,
        /// Where the tests are.
        tests: Separation,
    },
    /// The same, and looks at the code.
    Quality {
        /// The interpreter, which also reads syntax trees.
        toolchain: Toolchain,
    },
}

impl Judge {
    /// The judge that a suite asks for. Looks for the toolchain once.
    ///
    /// # Errors
    /// [`Error::Toolchain`] if the suite's programs cannot be built on this machine.
    pub fn for_suite(suite: &Suite) -> Result<Judge, Error> {
        let language = suite.language;
        let find = || match &suite.toolchain {
            Some(name) => toolchain::find_named(name),
            None => toolchain::find(language.boxed()),
        };
        Ok(match suite.judge {
            Judging::Keywords => Judge::Keywords,
            Judging::Behaviour => Judge::Behaviour,
            Judging::Output | Judging::Cases | Judging::Together => Judge::Output {
                language,
                toolchain: find()?,
                workshop: None,
            },
            Judging::Function => Judge::Function {
                toolchain: find()?,
                tests: Separation::Apart,
            },
            Judging::Quality => Judge::Quality { toolchain: find()? },
        })
    }

    /// Name and version, as verdicts carry it.
    pub fn name(&self) -> &'static str {
        match self {
            Judge::Keywords => keywords::NAME,
            Judge::Behaviour => behaviour::NAME,
            Judge::Output { .. } => output::NAME,
            Judge::Function { .. } => function::NAME,
            Judge::Quality { .. } => quality::NAME,
        }
    }

    /// What builds and runs the programs; `None` if nothing is run.
    pub fn toolchain(&self) -> Option<&Toolchain> {
        match self {
            Judge::Keywords | Judge::Behaviour => None,
            Judge::Output { toolchain, .. }
            | Judge::Function { toolchain, .. }
            | Judge::Quality { toolchain } => Some(toolchain),
        }
    }

    /// Judges one completion. `key` is only passed on. The judges of keywords and behaviours are pure functions
    /// of the answer; the output judge's verdict is as repeatable as the program.
    pub fn judge<'a>(
        &self,
        key: AttemptKey,
        problem: &Problem,
        answer: impl Into<Answer<'a>>,
        sandbox: &dyn Sandbox,
    ) -> Verdict {
        let answer = answer.into();
        let text = answer.text;
        match (self, &problem.target) {
            (Judge::Keywords, Target::Keywords(words)) => keywords::judge(key, words, text),
            (Judge::Behaviour, Target::Behaviour(expected)) => {
                behaviour::judge(key, expected, answer)
            }
            (
                Judge::Output {
                    language,
                    toolchain,
                    workshop,
                },
                target,
            ) => {
                let bench = output::Bench {
                    language: *language,
                    toolchain,
                    workshop: workshop.as_deref(),
                    sandbox,
                };
                match target {
                    Target::Output(wanted) => output::judge(key, &bench, wanted, text),
                    Target::Cases(cases) => output::judge_cases(key, &bench, cases, text),
                    Target::Together(wanted) => {
                        output::judge_together(key, &bench, (problem, wanted), text)
                    }
                    _ => self.mismatch(key),
                }
            }
            (Judge::Function { toolchain, tests }, Target::Function(wanted)) => {
                let verdict = |together| {
                    let bench = function::Bench {
                        toolchain,
                        sandbox,
                        together,
                    };
                    function::judge(key.clone(), &bench, (problem, wanted), text)
                };
                match tests {
                    Separation::Apart => verdict(false),
                    Separation::Together => verdict(true),
                    Separation::Both => beside(verdict(false), &verdict(true)),
                }
            }
            (Judge::Quality { toolchain }, Target::Quality(wanted)) => {
                let bench = function::Bench {
                    toolchain,
                    sandbox,
                    together: false,
                };
                quality::judge(key, &bench, (problem, wanted), text)
            }
            _ => self.mismatch(key),
        }
    }

    fn mismatch(&self, key: AttemptKey) -> Verdict {
        blank(key, self.name(), Cause::HarnessError)
            .unscored("the problem's target is not what this judge compares with")
    }

    /// The same judge with the fast ways that this machine has; they keep their things in folders below
    /// `cache`, which are made here: open the cell afterwards.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn with_fast_ways(mut self, cache: &Path) -> std::io::Result<Judge> {
        if let Judge::Output {
            toolchain,
            workshop,
            ..
        } = &mut self
        {
            *workshop = Workshop::open(toolchain, &cache.join("preambles"))?.map(Arc::new);
        }
        Ok(self)
    }

    /// The same judge without fast ways of its own: the reference.
    pub fn slow(&self) -> Judge {
        let mut judge = self.clone();
        if let Judge::Output { workshop, .. } = &mut judge {
            *workshop = None;
        }
        judge
    }

    /// What a cell has to hold for this judge.
    pub fn fittings(&self) -> Fittings {
        let mut fittings = Fittings::default();
        let Some(toolchain) = self.toolchain() else {
            return fittings;
        };
        fittings.readable.clone_from(&toolchain.readable);
        match self {
            Judge::Output { workshop, .. } => {
                let folders = workshop.iter().flat_map(|workshop| workshop.readable());
                fittings.readable.extend(folders);
            }
            Judge::Function { .. } | Judge::Quality { .. } => {
                fittings.warm.push(function::warm(toolchain));
            }
            Judge::Keywords | Judge::Behaviour => {}
        }
        fittings
    }

    /// The judge that has the tests there instead; `None` if this one has none to move.
    pub fn separated(&self, tests: Separation) -> Option<Judge> {
        match self {
            Judge::Function { toolchain, .. } => Some(Judge::Function {
                toolchain: toolchain.clone(),
                tests,
            }),
            _ => None,
        }
    }
}

/// Where the tests of a function task are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separation {
    /// In another box than the candidate.
    Apart,
    /// In the candidate's process, as in the published harnesses.
    Together,
    /// First in one way, then in the other, to see what the separation changes.
    Both,
}

/// A verdict with what the tests say that share a process with the candidate, where they say anything.
fn beside(mut apart: Verdict, together: &Verdict) -> Verdict {
    if together.unscored.is_none() {
        let passes = f64::from(together.stage == Some(Stage::Right));
        apart.scores.insert("pass_at_1_shared".to_owned(), passes);
    }
    apart
}

/// A verdict that says nothing yet.
fn blank(key: AttemptKey, judge: &str, cause: Cause) -> Blank {
    Blank(Verdict {
        key,
        judge: judge.to_owned(),
        stage: None,
        unscored: None,
        cause: cause.to_string(),
        scores: Default::default(),
        code: None,
        evidence: String::new(),
        cpu_ns: 0,
        wall_ns: 0,
        setting: None,
        first_cause: None,
    })
}

/// A verdict under construction.
struct Blank(Verdict);

impl Blank {
    fn unscored(mut self, reason: impl Into<String>) -> Verdict {
        self.0.cause = Cause::HarnessError.to_string();
        self.0.stage = None;
        self.0.unscored = Some(reason.into());
        self.0
    }
}

#[cfg(test)]
mod tests;
