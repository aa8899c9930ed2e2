//! The phase of a cycle in which an adapter is trained.

use super::super::held_back::{LEAST_PROBLEMS, part};
use super::super::{Lesson, Trained, Workshop, phase};
use super::Run;

impl<W: Workshop> Run<'_, W> {
    /// Trains from the base on everything that was kept but what is held back, or takes the training that is complete.
    pub(super) fn train(&mut self, n: u32) -> Result<Option<Trained>, W::Error> {
        let folder = self.folder.cycle(n);
        let training = folder.join("training");
        if let Some(trained) = phase::finished(&training)? {
            return Ok(Some(trained));
        }
        let seed = self.plan.recipe(n, (1, self.rate)).seed;
        let share = self.plan.recipe.held_out;
        let parted = part(&self.buffer, (share, seed));
        if share > 0.0 && parted.held_back.is_empty() {
            self.workshop.say(&format!(
                "cycle {n}: none of the rows are held back, because fewer than {LEAST_PROBLEMS} problems have any; all steps are taken"
            ));
        }
        let rows = parted.trained.iter().map(|one| one.times as usize).sum();
        let lesson = Lesson {
            phase: &format!("cycle {n}"),
            rows: &parted.trained,
            held_back: &parted.held_back,
            recipe: self.plan.recipe(n, (rows, self.rate)),
            training: training.clone(),
            checkpoint: self.folder.checkpoint(n),
        };
        let Some(trained) = self.workshop.train(&lesson)? else {
            return Ok(None);
        };
        phase::finish(&training, &trained)?;
        Ok(Some(trained))
    }
}
