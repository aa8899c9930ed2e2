//! Checkpoints of weights that are known to be good.
//!
//! A step moves the weights, and only the next loss tells what became of them. A checkpoint that was written before could
//! hold numbers that are none, and would be the last one that there is.

use super::{Desk, Doing, State, Training, batch, checkpoint};
use crate::Error;

impl State<'_> {
    /// Writes the weights of the step before, if it is time for a checkpoint: the loss that was just computed with them is
    /// finite. Gives the nanoseconds that it took.
    pub(super) fn keep_if_due(&mut self, desk: &mut Desk<'_>) -> Result<u64, Error> {
        let steps = self.progress.steps;
        let every = self.training.recipe.checkpoint_every;
        if steps == self.saved || !steps.is_multiple_of(every) {
            return Ok(0);
        }
        let started = desk.clock.now_ns();
        self.save(desk)?;
        Ok(desk.clock.now_ns().saturating_sub(started))
    }

    /// Writes the last weights, with which no step follows: they are tried first.
    pub(super) fn keep_last(&mut self, desk: &mut Desk<'_>) -> Result<(), Error> {
        if self.progress.steps > self.saved.max(self.looked) {
            self.try_out(desk)?;
        }
        self.save(desk)
    }

    /// Writes the weights of the checkpoint in the form that others load, because those that are in memory are not good.
    pub(super) fn put_back(&mut self, desk: &Desk<'_>) -> Result<(), Error> {
        let path = desk.folder.checkpoint();
        let parameters = self.training.learner.parameters_mut();
        checkpoint::read(&path, &self.identity, parameters, &mut self.adamw)?;
        self.training.learner.export(desk.folder, "final")
    }

    /// Refuses weights whose loss is not finite on the first rows of the step that made them.
    fn try_out(&self, desk: &mut Desk<'_>) -> Result<(), Error> {
        let Training {
            learner,
            recipe,
            split,
        } = &self.training;
        desk.watcher.turns(0, Doing::Look);
        let examples = split.step(recipe, self.progress.steps - 1);
        let examples = &examples[..examples.len().min(recipe.batch)];
        let batch = batch(examples)?;
        let loss = learner.nats(&batch)? / batch.goals() as f64;
        let tokens = examples.iter().map(|one| one.tokens.len() - 1).sum();
        desk.watcher.turns(tokens, Doing::Train);
        self.finite((self.progress.steps, "loss after it"), loss, desk)
    }

    fn save(&mut self, desk: &mut Desk<'_>) -> Result<(), Error> {
        desk.watcher.turns(0, Doing::Keep);
        let path = desk.folder.checkpoint();
        let progress = (&self.identity, &self.progress);
        let parameters = self.training.learner.parameters();
        checkpoint::write(&path, progress, &parameters, &self.adamw)?;
        self.saved = self.progress.steps;
        desk.watcher.turns(0, Doing::Train);
        Ok(())
    }
}
