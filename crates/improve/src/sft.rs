//! Supervised fine-tuning of an adapter: the loop.
//!
//! One step reads `batch × accumulate` examples, weighs all their learnt tokens alike, shortens the
//! gradient and moves the weights. After some steps the held-out examples are looked at; the best adapter is
//! kept, and a training that gains nothing for a while ends. Checkpoints are whole or absent; a training that is
//! killed at any moment and started again ends with the same adapter. A loss or a gradient that is not
//! finite ends it before it has touched the weights.

use std::sync::atomic::{AtomicBool, Ordering};

use decoder::backward::{Recompute, slope};
use decoder::export::Base;
use decoder::{Adapter, Batch, Lora, Matrix, Transformer};
use measure::Clock;

use crate::adamw::{self, AdamW};
use crate::checkpoint::{self, Identity, Progress};
use crate::curve::{self, Point};
use crate::{Error, Example, Recipe, Schedule, Split, TrainFolder};

/// What is to be trained.
pub struct Training<'a> {
    /// The frozen model.
    pub model: &'a Transformer,
    /// What its files call it.
    pub base: &'a Base,
    /// The adapter that is wanted.
    pub lora: &'a Lora,
    /// How.
    pub recipe: &'a Recipe,
    /// On what.
    pub split: &'a Split,
}

/// Who is told how far it is.
pub trait Watcher {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All steps were taken.
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
    /// The least surprise at the held-out examples, in nats per token.
    pub best: Option<f64>,
    /// All points of its curve.
    pub curve: Vec<Point>,
    /// The last adapter.
    pub adapter: Adapter,
}

/// Trains, or goes on where a checkpoint in the folder left off.
///
/// # Errors
/// [`Error::Recipe`] and [`Error::Nothing`] before anything is computed; [`Error::NotFinite`]; [`Error::File`].
pub fn train(training: &Training<'_>, desk: &mut Desk<'_>) -> Result<Outcome, Error> {
    training.recipe.check()?;
    if training.split.trained.is_empty() {
        let what = "every example is held out; give more, or hold none out";
        return Err(Error::Nothing(what.into()));
    }
    let mut state = State::open(training, desk)?;
    let of = state.of;
    desk.watcher.begins(state.progress.steps, of);
    let end = loop {
        if state.progress.steps == of {
            break End::Complete;
        }
        if state.is_in_vain() {
            break End::NoGain;
        }
        if desk.stop.load(Ordering::Relaxed) {
            break End::Stopped;
        }
        let point = state.step(desk)?;
        desk.watcher.stepped(&point, of);
        state.curve.push(point);
    };
    state.save(desk)?;
    if end != End::Stopped {
        let shape = training.model.shape();
        let which = (shape, training.base);
        desk.folder.export("final", &state.adapter, which)?;
    }
    Ok(Outcome {
        end,
        steps: state.progress.steps,
        best: state.progress.best,
        curve: state.curve,
        adapter: state.adapter,
    })
}

/// A training on its way.
struct State<'a> {
    training: &'a Training<'a>,
    identity: Identity,
    schedule: Schedule,
    /// Steps in all.
    of: usize,
    adapter: Adapter,
    adamw: AdamW,
    progress: Progress,
    curve: Vec<Point>,
    /// The last step that is in a checkpoint.
    saved: usize,
}

impl<'a> State<'a> {
    fn open(training: &'a Training<'a>, desk: &Desk<'_>) -> Result<Self, Error> {
        let Training {
            model,
            lora,
            recipe,
            split,
            ..
        } = training;
        let mut adapter = Adapter::new(model.shape(), lora, recipe.seed)?;
        let mut adamw = AdamW::new(adapter.parameters().into_iter().map(|(_, own)| own));
        let identity = identity(training);
        let path = desk.folder.checkpoint();
        let found = checkpoint::read(&path, &identity, &mut adapter, &mut adamw)?;
        let progress = found.unwrap_or(Progress {
            steps: 0,
            best: None,
            in_vain: 0,
        });
        let of = recipe.epochs * split.steps(recipe);
        Ok(Self {
            training,
            identity,
            schedule: Schedule::new(recipe, of),
            of,
            adapter,
            adamw,
            curve: curve::cut(&desk.folder.curve(), progress.steps)?,
            saved: progress.steps,
            progress,
        })
    }

    fn is_in_vain(&self) -> bool {
        let patience = self.training.recipe.patience;
        patience > 0 && self.progress.in_vain >= patience
    }

    fn step(&mut self, desk: &mut Desk<'_>) -> Result<Point, Error> {
        let recipe = self.training.recipe;
        let started = desk.clock.now_ns();
        let examples = self.training.split.step(recipe, self.progress.steps);
        let goals: usize = examples.iter().map(|example| example.goals()).sum();
        let (nats, mut gradients) = self.slope(&examples, 1.0 / goals as f64)?;
        let loss = nats / goals as f64;
        self.finite("loss", loss, desk)?;
        let length = adamw::clip(&mut gradients, recipe.clip);
        self.finite("gradient's length", length, desk)?;
        let rate = self.schedule.rate(self.progress.steps);
        let parameters = self.adapter.parameters_mut();
        self.adamw.step(parameters, &gradients, (rate, recipe));
        self.progress.steps += 1;
        let mut point = Point {
            step: self.progress.steps,
            loss,
            rate,
            gradient: length,
            tokens: examples.iter().map(|e| e.tokens.len() - 1).sum(),
            goals,
            ns: desk.clock.now_ns().saturating_sub(started),
            held_out: None,
        };
        if self.is_time_to_look() {
            point.held_out = Some(self.look(desk)?);
        }
        curve::append(&desk.folder.curve(), &point)?;
        if self.progress.steps.is_multiple_of(recipe.checkpoint_every) {
            self.save(desk)?;
        }
        Ok(point)
    }

    /// Loss and gradients of one step, batch by batch.
    fn slope(&self, examples: &[&Example], weight: f64) -> Result<(f64, Vec<Matrix>), Error> {
        let recipe = self.training.recipe;
        let recompute = if recipe.recompute {
            Recompute::Layers
        } else {
            Recompute::Nothing
        };
        let mut nats = 0.0;
        let mut sum: Vec<Matrix> = Vec::new();
        for examples in examples.chunks(recipe.batch) {
            let batch = batch(examples)?;
            let slope = slope(
                self.training.model,
                &self.adapter,
                &batch,
                weight,
                recompute,
            )?;
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

    fn finite(&self, what: &'static str, value: f64, desk: &Desk<'_>) -> Result<(), Error> {
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::NotFinite {
            step: self.progress.steps + 1,
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

    /// The mean surprise at the held-out examples; keeps the adapter if it is the best so far.
    fn look(&mut self, desk: &Desk<'_>) -> Result<f64, Error> {
        let Training {
            model,
            base,
            recipe,
            split,
            ..
        } = self.training;
        let (mut nats, mut goals) = (0.0, 0);
        let held_out: Vec<&Example> = split.held_out.iter().collect();
        for examples in held_out.chunks(recipe.batch) {
            let batch = batch(examples)?;
            nats += model.nats(&batch, Some(&self.adapter))?;
            goals += batch.goals();
        }
        let mean = nats / goals as f64;
        self.finite("loss of the held-out examples", mean, desk)?;
        if self.progress.best.is_none_or(|best| mean < best) {
            self.progress.best = Some(mean);
            self.progress.in_vain = 0;
            desk.folder
                .export("best", &self.adapter, (model.shape(), base))?;
        } else {
            self.progress.in_vain += 1;
        }
        Ok(mean)
    }

    fn save(&mut self, desk: &Desk<'_>) -> Result<(), Error> {
        let path = desk.folder.checkpoint();
        let progress = (&self.identity, &self.progress);
        checkpoint::write(&path, progress, &self.adapter, &self.adamw)?;
        self.saved = self.progress.steps;
        Ok(())
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
        base, lora, split, ..
    } = training;
    let targets: Vec<&str> = lora.targets.iter().map(|target| target.name()).collect();
    let sha256 = base.sha256.as_deref().unwrap_or("of unknown SHA-256");
    Identity {
        recipe: training.recipe.clone(),
        adapter: format!(
            "rank {}, alpha {}, {}",
            lora.rank,
            lora.alpha,
            targets.join(" ")
        ),
        base: format!("{} {sha256}", base.name),
        examples: format!("{:016x}", fingerprint(split)),
    }
}

/// FNV-1a over all tokens and borders: enough to notice a mistake, not an attack.
fn fingerprint(split: &Split) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut put = |number: u64| {
        for byte in number.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for side in [&split.trained, &split.held_out] {
        put(side.len() as u64);
        for example in side {
            put(example.learnt_from as u64);
            put(example.tokens.len() as u64);
            example.tokens.iter().for_each(|&token| put(token.into()));
        }
    }
    hash
}
