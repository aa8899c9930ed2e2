//! The loop that every training goes through: an adapter's, a whole model's, on answers or on plain text.
//!
//! One step reads `batch × accumulate` examples, weighs all their learnt tokens alike, shortens the
//! gradient and moves the weights. Before the first step and after some of them the held-out examples are looked at; the
//! best weights are kept, and a training that gains nothing for a while ends. Checkpoints are whole or absent; a training that is
//! killed at any moment and started again ends with the same weights. A loss or a gradient that is not
//! finite ends it before it has touched the weights. That of a step tells whether the weights of the step before are good,
//! so a checkpoint is written only then, and the last weights are tried before they are written. A training that breaks off
//! leaves the weights of its checkpoint in `final`.

mod keeping;

use std::sync::atomic::{AtomicBool, Ordering};

use decoder::backward::{Dropout, Pass, Recompute};
use decoder::{Batch, Matrix, Operations};
use measure::Clock;
use serde::{Deserialize, Serialize};

use crate::adamw::{self, AdamW};
use crate::checkpoint::{self, Identity, Progress};
use crate::curve::{self, Point};
use crate::{Error, Example, Learner, Recipe, Schedule, Split, TrainFolder};

/// What is to be trained.
pub struct Training<'a> {
    /// What is moved.
    pub learner: &'a mut dyn Learner,
    /// How.
    pub recipe: &'a Recipe,
    /// On what.
    pub split: &'a Split,
}

/// What a training is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Taking steps.
    Train,
    /// Looking at the held-out examples.
    Look,
    /// Writing weights.
    Keep,
}

/// Who is told how far it is.
pub trait Watcher {
    /// Something else begins, or the next step; in what ends here so many tokens were read.
    fn turns(&mut self, _tokens: usize, _next: Doing) {}
    /// The training begins, or goes on after so many steps of `of`.
    fn begins(&mut self, after: usize, of: usize);
    /// A step was taken.
    fn stepped(&mut self, point: &Point, of: usize);
}

/// What a training works with.
pub struct Desk<'a> {
    /// Its folder.
    pub folder: &'a TrainFolder,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who watches.
    pub watcher: &'a mut dyn Watcher,
    /// A sign to stop after the step.
    pub stop: &'a AtomicBool,
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All steps were taken.
    #[default]
    Complete,
    /// The held-out examples were not learnt any better.
    NoGain,
    /// It was told to stop; it can go on.
    Stopped,
}

/// What came of a training.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// Steps that were taken in all.
    pub steps: usize,
    /// Steps that it would have had at most.
    pub of: usize,
    /// Those of them that an interrupted call had taken.
    pub earlier_steps: usize,
    /// The surprise at the held-out examples before the first step, in nats per token.
    pub before: Option<f64>,
    /// The least surprise at them after a look, in nats per token.
    pub best: Option<f64>,
    /// After so many steps it was that.
    pub best_step: Option<usize>,
    /// All points of its curve.
    pub curve: Vec<Point>,
    /// What a step takes.
    pub operations: Operations,
}

/// Trains, or goes on where a checkpoint in the folder left off.
///
/// # Errors
/// [`Error::Recipe`] and [`Error::Nothing`] before anything is computed; [`Error::NotFinite`]; [`Error::File`].
pub fn train(training: Training<'_>, desk: &mut Desk<'_>) -> Result<Outcome, Error> {
    training.recipe.check()?;
    if training.split.trained.is_empty() {
        let what = "every example is held out; give more, or hold none out";
        return Err(Error::Nothing(what.into()));
    }
    let mut state = State::open(training, desk)?;
    let of = state.of;
    let earlier_steps = state.progress.steps;
    desk.watcher.begins(earlier_steps, of);
    let end = match state.walk(desk) {
        Err(error @ Error::NotFinite { kept: 1.., .. }) => {
            state.put_back(desk)?;
            return Err(error);
        }
        other => other?,
    };
    if end != End::Stopped {
        desk.watcher.turns(0, Doing::Keep);
        state.training.learner.export(desk.folder, "final")?;
    }
    Ok(Outcome {
        end,
        steps: state.progress.steps,
        of,
        earlier_steps,
        before: state.progress.before,
        best: state.progress.best,
        best_step: state.progress.best_step,
        operations: state.training.learner.operations(),
        curve: state.curve,
    })
}

/// A training on its way.
struct State<'a> {
    training: Training<'a>,
    identity: Identity,
    schedule: Schedule,
    /// Steps in all.
    of: usize,
    adamw: AdamW,
    progress: Progress,
    curve: Vec<Point>,
    /// The last step that is in a checkpoint.
    saved: usize,
    /// The last step whose weights were tried on what is held out.
    looked: usize,
}

impl<'a> State<'a> {
    fn open(training: Training<'a>, desk: &Desk<'_>) -> Result<Self, Error> {
        let identity = identity(&training);
        let learner = &mut *training.learner;
        let mut adamw = AdamW::new(learner.parameters().into_iter());
        adamw.spare(&learner.shrinks());
        let path = desk.folder.checkpoint();
        let parameters = learner.parameters_mut();
        let found = checkpoint::read(&path, &identity, parameters, &mut adamw)?;
        let progress = found.unwrap_or_default();
        let of = training.split.all_steps(training.recipe);
        Ok(Self {
            identity,
            schedule: Schedule::new(training.recipe, of),
            of,
            training,
            adamw,
            curve: curve::cut(&desk.folder.curve(), progress.steps)?,
            saved: progress.steps,
            looked: progress.steps,
            progress,
        })
    }

    /// All steps, and the checkpoint behind them.
    fn walk(&mut self, desk: &mut Desk<'_>) -> Result<End, Error> {
        self.look_before(desk)?;
        let end = loop {
            if self.progress.steps == self.of {
                break End::Complete;
            }
            if self.is_in_vain() {
                break End::NoGain;
            }
            if desk.stop.load(Ordering::Relaxed) {
                break End::Stopped;
            }
            let point = self.step(desk)?;
            desk.watcher.stepped(&point, self.of);
            self.curve.push(point);
        };
        self.keep_last(desk)?;
        Ok(end)
    }

    fn is_in_vain(&self) -> bool {
        let patience = self.training.recipe.patience;
        patience > 0 && self.progress.in_vain >= patience
    }

    fn step(&mut self, desk: &mut Desk<'_>) -> Result<Point, Error> {
        let Training { recipe, split, .. } = self.training;
        let started = desk.clock.now_ns();
        let examples = split.step(recipe, self.progress.steps);
        let goals: usize = examples.iter().map(|example| example.goals()).sum();
        let (nats, mut gradients) = self.slope(&examples, 1.0 / goals as f64)?;
        let loss = nats / goals as f64;
        let step = self.progress.steps + 1;
        self.finite((step, "loss"), loss, desk)?;
        let kept_ns = self.keep_if_due(desk)?;
        let length = adamw::clip(&mut gradients, recipe.clip);
        self.finite((step, "gradient's length"), length, desk)?;
        let rate = self.schedule.rate(self.progress.steps);
        let parameters = self.training.learner.parameters_mut().into_iter();
        self.adamw.step(parameters, &gradients, (rate, recipe));
        drop(gradients);
        self.progress.steps += 1;
        let mut point = Point {
            step: self.progress.steps,
            loss,
            rate,
            gradient: length,
            tokens: examples.iter().map(|e| e.tokens.len() - 1).sum(),
            goals,
            ns: desk.clock.now_ns().saturating_sub(started + kept_ns),
            held_out: None,
        };
        if self.is_time_to_look() {
            desk.watcher.turns(point.tokens, Doing::Look);
            point.held_out = Some(self.look(desk)?);
            desk.watcher.turns(self.held_out_tokens(), Doing::Train);
        } else {
            desk.watcher.turns(point.tokens, Doing::Train);
        }
        curve::append(&desk.folder.curve(), &point)?;
        Ok(point)
    }

    /// Loss and gradients of one step, batch by batch.
    fn slope(&self, examples: &[&Example], weight: f64) -> Result<(f64, Vec<Matrix>), Error> {
        let recipe = self.training.recipe;
        let dropout = Dropout::new(recipe.dropout, recipe.seed);
        let dropout = dropout.map(|dropout| dropout.at(self.progress.steps as u64));
        let mut nats = 0.0;
        let mut sum: Vec<Matrix> = Vec::new();
        for (number, examples) in (0..).zip(examples.chunks(recipe.batch)) {
            let pass = Pass {
                weight,
                recompute: match recipe.recompute {
                    true => Recompute::Layers,
                    false => Recompute::Nothing,
                },
                dropout: dropout.map(|dropout| dropout.at(number)),
            };
            let slope = self.training.learner.slope(&batch(examples)?, &pass)?;
            nats += slope.nats;
            if sum.is_empty() {
                sum = slope.gradients;
            } else {
                let pairs = sum.iter_mut().zip(&slope.gradients);
                pairs.for_each(|(sum, one)| sum.add(one));
            }
        }
        Ok((nats, sum))
    }

    fn finite(
        &self,
        (step, what): (usize, &'static str),
        value: f64,
        desk: &Desk<'_>,
    ) -> Result<(), Error> {
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::NotFinite {
            step,
            what,
            value,
            kept: self.saved,
            folder: desk.folder.path().to_owned(),
        })
    }

    fn is_time_to_look(&self) -> bool {
        let Training { recipe, split, .. } = self.training;
        let every = match recipe.evaluate_every {
            0 => split.steps(recipe),
            every => every,
        };
        let steps = self.progress.steps;
        !split.held_out.is_empty() && (steps.is_multiple_of(every) || steps == self.of)
    }

    /// What the held-out examples are before anything is learnt; nothing where a training goes on.
    fn look_before(&mut self, desk: &mut Desk<'_>) -> Result<(), Error> {
        let is_begun = self.progress.steps > 0 || self.progress.before.is_some();
        if is_begun || self.training.split.held_out.is_empty() {
            desk.watcher.turns(0, Doing::Train);
            return Ok(());
        }
        desk.watcher.turns(0, Doing::Look);
        let before = self.surprise(desk)?;
        desk.watcher.turns(self.held_out_tokens(), Doing::Train);
        (self.progress.before, self.progress.gained) = (Some(before), Some(before));
        Ok(())
    }

    /// The mean surprise at the held-out examples; keeps the weights if they are the best so far.
    fn look(&mut self, desk: &Desk<'_>) -> Result<f64, Error> {
        let mean = self.surprise(desk)?;
        self.looked = self.progress.steps;
        let progress = &mut self.progress;
        // A training that began before gains were counted apart counts from its best look.
        let from = progress.gained.or(progress.best);
        if progress.best.is_none_or(|best| mean < best) {
            self.training.learner.export(desk.folder, "best")?;
            (progress.best, progress.best_step) = (Some(mean), Some(progress.steps));
        }
        if from.is_none_or(|from| mean < from - self.training.recipe.least_gain) {
            (progress.gained, progress.in_vain) = (Some(mean), 0);
        } else {
            progress.in_vain += 1;
        }
        Ok(mean)
    }

    fn held_out_tokens(&self) -> usize {
        let held_out = self.training.split.held_out.iter();
        held_out.map(|example| example.tokens.len() - 1).sum()
    }

    fn surprise(&self, desk: &Desk<'_>) -> Result<f64, Error> {
        let Training {
            learner,
            recipe,
            split,
        } = &self.training;
        let (mut nats, mut goals) = (0.0, 0);
        let held_out: Vec<&Example> = split.held_out.iter().collect();
        for examples in held_out.chunks(recipe.batch) {
            let batch = batch(examples)?;
            nats += learner.nats(&batch)?;
            goals += batch.goals();
        }
        let mean = nats / goals as f64;
        let step = self.progress.steps;
        self.finite((step, "loss of the held-out examples"), mean, desk)?;
        Ok(mean)
    }
}

fn batch(examples: &[&Example]) -> Result<Batch, Error> {
    let mut batch = Batch::default();
    for example in examples {
        batch.push(&example.tokens, example.learnt_from)?;
    }
    Ok(batch)
}

fn identity(training: &Training<'_>) -> Identity {
    let Training {
        learner,
        recipe,
        split,
    } = training;
    let base = learner.base();
    let sha256 = base.sha256.as_deref().unwrap_or(checkpoint::UNKNOWN);
    Identity {
        recipe: (*recipe).clone(),
        adapter: learner.what(),
        base: format!("{} {sha256}", base.name),
        examples: format!("{:016x}", split.fingerprint()),
    }
}
