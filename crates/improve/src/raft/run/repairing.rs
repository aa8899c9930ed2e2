//! The phase of a cycle in which failed answers are repaired.

use super::super::{Asking, Effort, Prompt, Sample, Workshop, repair};
use super::Run;
use super::asking::Source;

/// What came of asking for repairs.
#[derive(Default)]
pub(super) struct Repaired {
    /// Those that pass.
    pub(super) samples: Vec<Sample>,
    /// What all of them cost; `None` where none were asked for.
    pub(super) effort: Option<Effort>,
}

impl<W: Workshop> Run<'_, W> {
    /// Has failed answers repaired; `None` if the user asked to stop. Nothing where the plan wants none or
    /// nothing failed.
    pub(super) fn repair(
        &mut self,
        n: u32,
        (samples, asked): (&[Sample], &[&Prompt]),
    ) -> Result<Option<Repaired>, W::Error> {
        let Some(repairs) = &self.plan.repairs else {
            return Ok(Some(Repaired::default()));
        };
        let prompts = repair::prompts(samples, asked, repairs);
        if prompts.is_empty() {
            return Ok(Some(Repaired::default()));
        }
        let asking = Asking {
            samples_per_prompt: repairs.samples,
            temperature: repairs.temperature,
            ..self.plan.asking(n)
        };
        let name = format!("cycle {n}, repairs");
        let folder = self.folder.cycle(n).join("repairs");
        let all: Vec<&Prompt> = prompts.iter().collect();
        let source = Source {
            asking,
            adapter: self.current.clone(),
            against_base: false,
        };
        let Some(repaired) = self.sample((&name, &folder), all, source)? else {
            return Ok(None);
        };
        let n_all = repaired.samples.len();
        let effort = repaired.effort;
        let found = repair::adopted(repaired.samples, &prompts, asked);
        self.workshop
            .say(&format!("{name}: {} of {n_all} are right", found.len()));
        Ok(Some(Repaired {
            samples: found,
            effort: Some(effort),
        }))
    }
}
