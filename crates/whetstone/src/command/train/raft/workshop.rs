//! The workshop of a RAFT run: the engine, the sandbox and the trainer, one at a time.
//!
//! Engine and trainer each hold all weights, so what one phase has loaded is gone before the next one loads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use decoder::{Lora, Shape};
use improve::raft::{Lesson, Prompt, RaftPlan, Sampled, Sampling, Taught, Workshop};
use sandbox::Cell;
use task::{Problem, PromptProfile, Suite, Target};

use super::{sampling, training};
use crate::compute::Compute;
use crate::exit::Usage;
use crate::subject::Located;
use crate::terminal::Terminal;

/// Everything that phases work with.
pub(super) struct Shop<'a> {
    pub(super) plan: &'a RaftPlan,
    pub(super) located: &'a Located,
    /// The folder of the whole run.
    pub(super) folder: &'a Path,
    /// The phase that rests before it works, and its run folder, which knows the power at rest.
    pub(super) first: (&'static str, PathBuf),
    pub(super) shape: Shape,
    pub(super) lora: Lora,
    /// Suites that are trained on and suites that are held out, each with all the problems that may be asked.
    pub(super) suites: Vec<Suite>,
    pub(super) prompt: Option<PromptProfile>,
    pub(super) now: jiff::civil::DateTime,
    pub(super) compute: &'a Compute,
    pub(super) cell: Option<&'a Cell>,
    pub(super) terminal: &'a Terminal,
    pub(super) stop: &'a AtomicBool,
    /// Whether this process has tried already that texts do not depend on the batch.
    pub(super) tried_batch: bool,
}

impl Workshop for Shop<'_> {
    type Error = anyhow::Error;

    fn sample(&mut self, order: &Sampling<'_>, folder: &Path) -> Result<Option<Sampled>> {
        sampling::sample(self, order, folder)
    }

    fn train(&mut self, lesson: &Lesson<'_>) -> Result<Taught> {
        training::train(self, lesson)
    }

    fn say(&mut self, text: &str) {
        self.terminal.note(text);
    }
}

impl Shop<'_> {
    /// The suite of that name.
    pub(super) fn suite(&self, name: &str) -> Option<&Suite> {
        self.suites.iter().find(|suite| suite.name == name)
    }

    /// The suites with only those problems, asked as the run asks. A prompt for repairs is its problem with another
    /// text, judged like it.
    pub(super) fn asked(&self, prompts: &[&Prompt]) -> Vec<Suite> {
        let with_wanted = |suite: &Suite| {
            let problem = |prompt: &&&Prompt| -> Option<Problem> {
                let id = prompt.repairs.as_ref().unwrap_or(&prompt.id);
                let mut problem = suite.problem(id)?.clone();
                problem.id.clone_from(&prompt.id);
                problem.prompt.clone_from(&prompt.text);
                Some(problem)
            };
            let of_suite = prompts.iter().filter(|prompt| prompt.suite == suite.name);
            let problems: Vec<Problem> = of_suite.filter_map(|prompt| problem(&prompt)).collect();
            (!problems.is_empty()).then(|| Suite {
                problems,
                ..suite.clone()
            })
        };
        self.suites.iter().filter_map(with_wanted).collect()
    }
}

/// The suites as the run asks them: within its limit of tokens, in its wording.
pub(super) fn prepared(
    suites: Vec<Suite>,
    most: Option<u32>,
    prompt: Option<PromptProfile>,
) -> Vec<Suite> {
    let prepare = |suite: Suite| {
        let mut suite = match prompt {
            Some(profile) => suite.asked(profile),
            None => suite,
        };
        suite.max_tokens = suite.max_tokens.min(most.unwrap_or(u32::MAX));
        suite
    };
    suites.into_iter().map(prepare).collect()
}

/// The prompts of suites.
pub(super) fn prompts(suites: &[Suite]) -> Vec<Prompt> {
    let of_suite = |suite: &Suite| {
        let prompt = |problem: &Problem| Prompt {
            suite: suite.name.clone(),
            id: problem.id.clone(),
            text: problem.prompt.clone(),
            expected_output: match &problem.target {
                Target::Output(wanted) => Some(wanted.clone()),
                _ => None,
            },
            language: suite.language,
            is_stub: problem.target.is_stub(),
            repairs: None,
        };
        suite.problems.iter().map(prompt).collect::<Vec<_>>()
    };
    suites.iter().flat_map(of_suite).collect()
}

/// Refuses suites that cannot be told apart, and those whose answers nobody runs.
pub(super) fn check(suites: &[Suite]) -> Result<()> {
    let mut names = BTreeSet::new();
    for suite in suites {
        if !names.insert(&suite.name) {
            let what = "stands there twice; give each suite once, to train on or held out";
            return Err(Usage(format!("the suite {} {what}", suite.name)).into());
        }
        if matches!(
            suite.judge,
            task::Judging::Keywords | task::Judging::Behaviour
        ) {
            return Err(Usage(format!(
                "the answers to {} are not run, only looked at; that is nothing to train on",
                suite.name
            ))
            .into());
        }
    }
    Ok(())
}
