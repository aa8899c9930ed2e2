//! Phases in which prompts are asked: to measure, and to train on what comes.

use std::path::{Path, PathBuf};

use engine::seed;

use super::super::{Asking, Looks, Measured, Prompt, Sampled, Sampling, Workshop, phase};
use super::Run;

/// How prompts are asked, and of whom.
pub(super) struct Source {
    pub(super) asking: Asking,
    /// `None` for the base.
    pub(super) adapter: Option<PathBuf>,
    /// Whether the adapter is held against the base as well.
    pub(super) against_base: bool,
}

impl<W: Workshop> Run<'_, W> {
    /// Measures both sets of prompts, as far as the plan wants it.
    pub(super) fn look(
        &mut self,
        name: &str,
        prompts: &[Prompt],
        adapter: Option<PathBuf>,
    ) -> Result<Option<Looks>, W::Error> {
        let folder = self.folder.path().join(name);
        let asked = self.plan.measured(prompts);
        let own = match asked.is_empty() {
            true => None,
            false => {
                let place = folder.join("prompts");
                let own = self.measure((name, &place), asked, adapter.clone())?;
                let Some(own) = own else { return Ok(None) };
                Some(own)
            }
        };
        let held_out = &self.material.held_out;
        let held_out = match held_out.is_empty() {
            true => None,
            false => {
                let name = format!("{name}, held out");
                let place = (name.as_str(), folder.join("held_out"));
                let asked = held_out.iter().collect();
                let held_out = self.measure((place.0, &place.1), asked, adapter)?;
                let Some(held_out) = held_out else {
                    return Ok(None);
                };
                Some(held_out)
            }
        };
        Ok(Some(Looks {
            prompts: own,
            held_out,
        }))
    }

    pub(super) fn measure(
        &mut self,
        place: (&str, &Path),
        prompts: Vec<&Prompt>,
        adapter: Option<PathBuf>,
    ) -> Result<Option<Measured>, W::Error> {
        let source = Source {
            asking: self.plan.measuring.clone(),
            adapter,
            against_base: false,
        };
        self.measure_by(place, prompts, source)
    }

    /// The held-out prompts after a cycle, and how far its adapter is from the base.
    pub(super) fn measure_cycle(
        &mut self,
        place: (&str, &Path),
        adapter: PathBuf,
    ) -> Result<Option<Measured>, W::Error> {
        let source = Source {
            asking: self.plan.measuring.clone(),
            adapter: Some(adapter),
            against_base: true,
        };
        self.measure_by(place, self.material.held_out.iter().collect(), source)
    }

    fn measure_by(
        &mut self,
        place: (&str, &Path),
        prompts: Vec<&Prompt>,
        source: Source,
    ) -> Result<Option<Measured>, W::Error> {
        let sampled = self.sample(place, prompts, source)?;
        Ok(sampled.map(|sampled| Measured::of(sampled, self.plan.seed)))
    }

    /// Samples, or takes the samples of a phase that is complete.
    pub(super) fn sample(
        &mut self,
        (name, folder): (&str, &Path),
        prompts: Vec<&Prompt>,
        source: Source,
    ) -> Result<Option<Sampled>, W::Error> {
        if let Some(sampled) = phase::sampled(folder)? {
            return Ok(Some(sampled));
        }
        self.workshop.say(&format!(
            "{name}: {} prompts, {} completions of each",
            prompts.len(),
            source.asking.samples_per_prompt
        ));
        let order = Sampling {
            phase: name,
            prompts,
            asking: source.asking,
            seed: seed::derive(self.plan.seed, &["raft", name], 0),
            adapter: source.adapter,
            against_base: source.against_base,
        };
        let Some(sampled) = self.workshop.sample(&order, folder)? else {
            return Ok(None);
        };
        phase::finish_sampling(folder, &sampled)?;
        Ok(Some(sampled))
    }
}
