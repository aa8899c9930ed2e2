//! The phase of a cycle in which failed answers are repaired.

use super::super::{Asking, Effort, Prompt, Sample, Workshop, repair};
use super::Run;

impl<W: Workshop> Run<'_, W> {
    /// Repairs that pass, and what all cost; `None` if the user asked to stop. Nothing where the plan wants none or
    /// nothing failed.
    pub(super) fn repair(
        &mut self,
        n: u32,
        (samples, asked): (&[Sample], &[&Prompt]),
    ) -> Result<Option<(Vec<Sample>, Option<Effort>)>, W::Error> {
        let Some(repairs) = &self.plan.repairs else {
            return Ok(Some((Vec::new(), None)));
        };
        let prompts = repair::prompts(samples, asked, repairs);
        if prompts.is_empty() {
            return Ok(Some((Vec::new(), None)));
        }
        let asking = Asking {
            samples_per_prompt: repairs.samples,
            temperature: repairs.temperature,
            ..self.plan.asking(n)
        };
        let name = format!("cycle {n}, repairs");
        let folder = self.folder.cycle(n).join("repairs");
        let all: Vec<&Prompt> = prompts.iter().collect();
        let source = (asking, self.current.clone());
        let Some(repaired) = self.sample((&name, &folder), all, source)? else {
            return Ok(None);
        };
        let n_all = repaired.samples.len();
        let effort = repaired.effort;
        let found = repair::adopted(repaired.samples, &prompts, asked);
        self.workshop
            .say(&format!("{name}: {} of {n_all} are right", found.len()));
        Ok(Some((found, Some(effort))))
    }
}
