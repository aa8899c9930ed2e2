//! The loop. It walks the phases in their order; whatever is complete on the disk is taken as it is.

mod asking;
mod gains;
mod repairing;
mod teaching;

use std::path::PathBuf;

use asking::Source;

use super::curriculum::Past;
use super::guard::{self, Look};
use super::statistics::{distribution, statistics, summary};
use super::{
    Counted, Cycle, End, History, Kept, Looks, Material, Measured, Measures, Outcome, Prompt,
    RaftFolder, RaftPlan, Sample, Sampled, Taught, Workshop, phase, select,
};

/// Carries out a plan, or goes on with one.
///
/// `None` if the workshop was told to stop before the baseline was there.
///
/// # Errors
/// [`crate::Error::Recipe`] and [`crate::Error::Nothing`] before anything is done; those of files; the workshop's own.
pub fn run<W: Workshop>(
    plan: &RaftPlan,
    material: &Material,
    folder: &RaftFolder,
    workshop: &mut W,
) -> Result<Option<Outcome>, W::Error> {
    plan.check()?;
    plan.check_measures(!material.held_out.is_empty())?;
    let mut run = Run {
        plan,
        material,
        folder,
        workshop,
        history: material.history.clone(),
        passed: Vec::new(),
        buffer: Vec::new(),
        current: None,
        rate: 1.0,
        best: None,
        in_vain: Vec::new(),
        said: Vec::new(),
    };
    for said in &material.said {
        run.say(said.clone());
    }
    let prompts = run.guarded()?;
    run.counted(&prompts)
        .unmeasured()
        .into_iter()
        .for_each(|why| run.say(why));
    let Some(baseline) = run.look("baseline", &prompts, None)? else {
        return Ok(None);
    };
    run.best = run.best_of(&baseline);
    run.carry_on(&prompts, baseline).map(Some)
}

/// The best so far, by the held-out prompts: its cycle (0 is the base) and what they said.
struct Best {
    cycle: u32,
    held_out: Measures,
}

struct Run<'a, W> {
    plan: &'a RaftPlan,
    material: &'a Material,
    folder: &'a RaftFolder,
    workshop: &'a mut W,
    history: History,
    /// The share of passing samples of each cycle.
    passed: Vec<f64>,
    /// What all cycles have kept.
    buffer: Vec<Kept>,
    /// The adapter that the next cycle samples from.
    current: Option<PathBuf>,
    /// What guards have left of the learning rate.
    rate: f64,
    best: Option<Best>,
    /// What the cycles since the best one were found to be.
    in_vain: Vec<Look>,
    said: Vec<String>,
}

/// How a cycle went on.
enum Turn {
    Done(Box<Cycle>),
    /// It has no adapter, and so none follows.
    Last(Box<Cycle>, End),
    Stopped,
}

impl<W: Workshop> Run<'_, W> {
    /// The cycles and the end.
    fn carry_on(&mut self, prompts: &[Prompt], baseline: Looks) -> Result<Outcome, W::Error> {
        let mut cycles = Vec::new();
        let mut end = End::Complete;
        for cycle in 1..=self.plan.cycles {
            match self.cycle(cycle, prompts, &baseline)? {
                Turn::Done(done) => {
                    cycles.push(*done);
                    if cycle < self.plan.cycles && self.is_in_vain(cycle) {
                        end = End::NoGain;
                    }
                }
                Turn::Last(done, why) => {
                    cycles.push(*done);
                    end = why;
                }
                Turn::Stopped => end = End::Stopped,
            }
            self.write_statistics(&cycles)?;
            if end != End::Complete {
                break;
            }
        }
        let best = self.best_cycle(&cycles);
        let last = match (end, best) {
            (End::Stopped, _) | (_, None) => None,
            (_, Some(cycle)) => {
                let looks = self.look("final", prompts, Some(self.folder.adapter(cycle)))?;
                if looks.is_none() {
                    end = End::Stopped;
                }
                looks
            }
        };
        let outcome = Outcome {
            end,
            prompts: self.counted(prompts),
            last: last.unwrap_or_else(|| baseline.clone()),
            baseline,
            cycles,
            best,
            chooser: guard::chooser(&self.material.held_out).map(str::to_owned),
            said: std::mem::take(&mut self.said),
            seed: self.plan.seed,
        };
        if end != End::Stopped {
            let text = summary(&outcome, self.plan, &self.material.names);
            phase::write_json(&self.folder.path().join("summary.json"), &text)?;
        }
        Ok(outcome)
    }

    /// The prompts that may be trained on.
    fn guarded(&mut self) -> Result<Vec<Prompt>, W::Error> {
        let Material {
            prompts, held_out, ..
        } = self.material;
        let leaks = guard::leaks(prompts, held_out);
        for leak in &leaks {
            let how = if leak.is_exact { "is" } else { "is nearly" };
            self.say(format!(
                "{} {how} the held-out {} and is not trained on",
                prompts[leak.prompt].key(),
                leak.held_out
            ));
        }
        let is_clean = |place: &usize| leaks.iter().all(|leak| leak.prompt != *place);
        let clean: Vec<Prompt> = (0..prompts.len())
            .filter(is_clean)
            .map(|place| prompts[place].clone())
            .collect();
        if clean.is_empty() {
            let what = match prompts.is_empty() {
                true => "there are no prompts".to_owned(),
                false => format!("all {} prompts are held out as well", prompts.len()),
            };
            return Err(crate::Error::Nothing(what).into());
        }
        if held_out.is_empty() {
            let what = "no prompts are held out, so nothing tells whether what was learnt goes beyond the prompts, and the last adapter is taken for the best";
            self.say(what.to_owned());
        } else if self.plan.measuring.temperature == 0.0 {
            let what = "the measuring temperature is 0: the best adapter answers at the end as it did when it was chosen, so that its last look confirms nothing";
            self.say(what.to_owned());
        }
        Ok(clean)
    }

    fn counted(&self, prompts: &[Prompt]) -> Counted {
        Counted {
            all: prompts.len(),
            measured: self.plan.measured(prompts).len(),
        }
    }

    /// The base is the first candidate.
    fn best_of(&mut self, baseline: &Looks) -> Option<Best> {
        let measured = baseline.held_out.as_ref()?;
        let Some(held_out) = self.choosing(measured) else {
            let what = "no answer of the base to held-out prompts could be judged, so nothing can be held against it, and the last adapter is taken for the best";
            self.say(what.to_owned());
            return None;
        };
        let held_out = held_out.clone();
        Some(Best { cycle: 0, held_out })
    }

    /// What those of the held-out prompts say that choose the best cycle.
    fn choosing<'m>(&self, held_out: &'m Measured) -> Option<&'m Measures> {
        held_out.of_suite(guard::chooser(&self.material.held_out))
    }

    fn say(&mut self, what: String) {
        self.workshop.say(&what);
        self.said.push(what);
    }

    fn cycle(&mut self, n: u32, prompts: &[Prompt], baseline: &Looks) -> Result<Turn, W::Error> {
        let past = Past {
            history: &self.history,
            passed: &self.passed,
        };
        let chosen = self.plan.curriculum.choose(prompts, n, past);
        let asked: Vec<&Prompt> = chosen.iter().map(|place| &prompts[*place]).collect();
        let name = format!("cycle {n}");
        let folder = self.folder.cycle(n);
        let source = Source {
            asking: self.plan.asking(n),
            adapter: self.current.clone(),
            against_base: false,
        };
        let place = (name.as_str(), folder.join("samples"));
        let sampled = self.sample((place.0, &place.1), asked.clone(), source)?;
        let Some(sampled) = sampled else {
            return Ok(Turn::Stopped);
        };
        let Some(repaired) = self.repair(n, (&sampled.samples, &asked))? else {
            return Ok(Turn::Stopped);
        };
        let mut cycle = self.keep(n, sampled, repaired.samples)?;
        cycle.repairing = repaired.effort;
        if cycle.kept == 0 {
            self.say(format!(
                "{name}: nothing was kept; there is nothing new to train on"
            ));
            return Ok(Turn::Last(Box::new(cycle), End::NothingKept));
        }
        match self.train(n)? {
            Taught::Stopped => return Ok(Turn::Stopped),
            Taught::Trained(trained) => cycle.trained = Some(*trained),
            Taught::Broken(broken) => {
                self.say(format!(
                    "{name}: its training broke off, so the run ends with the best adapter so far ({})",
                    broken.why
                ));
                cycle.broken = Some(*broken);
                return Ok(Turn::Last(Box::new(cycle), End::NotFinite));
            }
        }
        let adapter = self.folder.adapter(n);
        self.current = Some(adapter.clone());
        if !self.material.held_out.is_empty() {
            let name = format!("{name}, held out");
            let place = (name.as_str(), folder.join("held_out"));
            let held_out = self.measure_cycle((place.0, &place.1), adapter)?;
            let Some(held_out) = held_out else {
                return Ok(Turn::Stopped);
            };
            cycle.look = self.guard(n, &held_out, baseline);
            cycle.held_out = Some(held_out);
        }
        Ok(Turn::Done(Box::new(cycle)))
    }

    /// Chooses what is trained on, and writes it down.
    fn keep(&mut self, n: u32, sampled: Sampled, repaired: Vec<Sample>) -> Result<Cycle, W::Error> {
        let plan = self.plan;
        let cycles = (n, plan.cycles);
        let bar = plan.reward_shaping.bar(&plan.filter, cycles, &self.passed);
        let samples = &sampled.samples;
        let n_repaired = repaired.len();
        let all = [samples.as_slice(), &repaired].concat();
        let chosen = select(&all, &self.buffer, (&plan.filter, bar), n);
        phase::write_lines(&self.folder.cycle(n).join("kept.jsonl"), &chosen.kept)?;
        self.remember(samples);
        let kept = chosen.kept.len();
        let is_repair = |one: &&Kept| one.sample.repaired;
        let kept_repairs = chosen.kept.iter().filter(is_repair).count();
        let worth: f64 = chosen.kept.iter().filter_map(|one| one.sample.reward).sum();
        self.buffer.extend(chosen.kept);
        let cycle = Cycle {
            cycle: n,
            n_samples: samples.len(),
            distribution: distribution(samples),
            sampled: Measured::of(sampled, plan.seed),
            bar,
            asked_threshold: plan.filter.reward_threshold,
            repaired: n_repaired,
            repairing: None,
            above_threshold: chosen.above_threshold,
            kept,
            kept_repairs,
            avg_kept_reward: (kept > 0).then(|| worth / kept as f64),
            duplicates: chosen.duplicates,
            over_cap: chosen.over_cap,
            rows: self.buffer.iter().map(|one| one.times as usize).sum(),
            temperature: plan.asking(n).temperature,
            learning_rate: plan.recipe(n, (1, self.rate)).learning_rate,
            trained: None,
            broken: None,
            held_out: None,
            look: None,
        };
        let repairs = match n_repaired {
            0 => String::new(),
            all => format!(" and {kept_repairs} of {all} repairs"),
        };
        self.workshop.say(&format!(
            "cycle {n}: {} of {} samples{repairs} kept ({} samples reach the bar; of both {} are there already, {} beyond the cap); {} rows to train on",
            kept - kept_repairs,
            cycle.n_samples,
            cycle.above_threshold,
            cycle.duplicates,
            cycle.over_cap,
            cycle.rows
        ));
        Ok(cycle)
    }

    /// What later cycles may know of this one.
    fn remember(&mut self, samples: &[Sample]) {
        let Some(measures) = Measures::of(samples, self.plan.seed) else {
            self.passed.push(0.0);
            return;
        };
        self.passed
            .push(measures.passed as f64 / measures.samples as f64);
        self.history.extend(measures.by_prompt);
    }

    /// Without held-out prompts the last adapter is the best that is known.
    fn best_cycle(&self, cycles: &[Cycle]) -> Option<u32> {
        match &self.best {
            Some(best) => (best.cycle > 0).then_some(best.cycle),
            None => {
                let trained = cycles.iter().rev().find(|cycle| cycle.trained.is_some());
                trained.map(|cycle| cycle.cycle)
            }
        }
    }

    fn write_statistics(&self, cycles: &[Cycle]) -> Result<(), W::Error> {
        let folder = self.folder.path();
        phase::write_json(&folder.join("raft_statistics.json"), &statistics(cycles))?;
        Ok(phase::write_json(
            &folder.join("history.json"),
            &self.history,
        )?)
    }
}
