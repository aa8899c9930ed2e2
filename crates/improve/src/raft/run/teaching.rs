//! The phase of a cycle in which an adapter is trained.

use serde::{Deserialize, Serialize};

use super::super::held_back::{LEAST_PROBLEMS, part};
use super::super::{Broken, Lesson, Taught, Trained, Workshop, phase};
use super::Run;

/// What a training that is over left. One that broke off would break off again, so it is not begun anew.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Mark {
    Broken { broken: Box<Broken> },
    Trained(Box<Trained>),
}

impl<W: Workshop> Run<'_, W> {
    /// Trains from the base on everything that was kept but what is held back, or takes the training that is complete.
    pub(super) fn train(&mut self, n: u32) -> Result<Taught, W::Error> {
        let folder = self.folder.cycle(n);
        let training = folder.join("training");
        match phase::finished(&training)? {
            Some(Mark::Trained(trained)) => return Ok(Taught::Trained(trained)),
            Some(Mark::Broken { broken }) => return Ok(Taught::Broken(broken)),
            None => {}
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
        let taught = self.workshop.train(&lesson)?;
        let mark = match taught.clone() {
            Taught::Trained(trained) => Mark::Trained(trained),
            Taught::Broken(broken) => Mark::Broken { broken },
            Taught::Stopped => return Ok(taught),
        };
        phase::finish(&training, &mark)?;
        Ok(taught)
    }
}
