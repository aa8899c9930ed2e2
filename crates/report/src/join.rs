//! Several runs as one, so that their models stand side by side.
//!
//! A comparison is a function of models in one run, so runs that were made apart are laid together first. What
//! then must not be compared is kept apart (problems of other wording), problems of which that cannot be told are
//! paired by their ids, with a warning, and whatever else was unlike becomes a
//! warning: other settings, another machine, another engine, another sandbox. What the hardware did is left out:
//! power at rest and the cost of looking belong to a run and not to a model. Nothing is computed here.

mod adopt;
mod pool;

pub(crate) use adopt::is_brought_in;
pub use pool::pool;
pub(crate) use pool::varies;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{AttemptKey, Warning};
use serde_json::Value;

use crate::unlike::{unlike, unlike_ground};
use crate::view::{CHANGED, RUN, UNLIKE, has_changed, incomplete};

/// Lays runs together. The first run's models come first, and are what the others are held against.
///
/// Models of one name get the number of their run: `name#2`. Suites of one name with other problems get the
/// beginning of their hash.
///
/// # Errors
/// A sentence, if there are no runs, or one of them has no model.
pub fn join(runs: &[Run]) -> Result<Run, String> {
    let Some((first, others)) = runs.split_first() else {
        return Err("there is nothing to compare".into());
    };
    if let Some(empty) = runs.iter().find(|run| run.header.models.is_empty()) {
        return Err(format!("{} has no model", empty.header.run_id));
    }
    let names = Names::of(runs);
    let mut joined = names.renamed(first, 0);
    joined.warnings.extend(runs.iter().filter_map(incomplete));
    joined.done.clear();
    let mut brought_in = BTreeSet::new();
    for (index, run) in others.iter().enumerate() {
        joined.warnings.extend(unlike(first, run));
        let ground = unlike_ground(&first.header, &run.header);
        let mut run = names.renamed(run, index + 1);
        stand_on(&mut run, &ground);
        joined.header.run_id = format!("{} + {}", joined.header.run_id, run.header.run_id);
        joined.header.models.extend(run.header.models);
        let suites = run.header.suites.into_iter();
        let new: Vec<_> = suites
            .filter(|suite| {
                joined
                    .header
                    .suites
                    .iter()
                    .all(|known| known.name != suite.name)
            })
            .collect();
        joined.header.suites.extend(new);
        joined.attempts.extend(run.attempts);
        joined.verdicts.extend(run.verdicts);
        joined.audits.extend(run.audits);
        joined.measurements.extend(run.measurements);
        joined.warnings.extend(run.warnings);
        joined.torn.extend(run.torn);
        joined.repeats += run.repeats;
    }
    for (index, run) in runs
        .iter()
        .enumerate()
        .filter(|(_, run)| is_brought_in(run))
    {
        brought_in.extend(
            names
                .renamed(run, index)
                .header
                .models
                .into_iter()
                .map(|model| model.name),
        );
    }
    adopt::adopt(&mut joined, &brought_in);
    if runs.len() > 1 {
        leave_hardware_out(&mut joined, runs);
    }
    Ok(joined)
}

/// Whether two hashes say that problems of one name are not the same. Another program's hash, which has another
/// length, says nothing about ours.
pub(crate) fn are_other_problems(one: &str, other: &str) -> bool {
    one != other && one.len() == other.len()
}

/// New names of models and suites, by run.
struct Names {
    models: Vec<BTreeMap<String, String>>,
    suites: Vec<BTreeMap<String, String>>,
}

impl Names {
    fn of(runs: &[Run]) -> Names {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for model in runs.iter().flat_map(|run| &run.header.models) {
            *count.entry(&model.name).or_default() += 1;
        }
        let model = |index: usize, name: &str| match count.get(name) {
            Some(1) | None => name.to_owned(),
            Some(_) => format!("{name}#{}", index + 1),
        };
        let models = runs.iter().enumerate().map(|(index, run)| {
            let names = run.header.models.iter();
            names
                .map(|m| (m.name.clone(), model(index, &m.name)))
                .collect()
        });
        // Of each kind of hash the first: hashes of two kinds say nothing about each other.
        let mut first: BTreeMap<(&str, usize), &str> = BTreeMap::new();
        for suite in runs.iter().flat_map(|run| &run.header.suites) {
            let kind = (suite.name.as_str(), suite.sha256.len());
            first.entry(kind).or_insert(&suite.sha256);
        }
        let suites = runs.iter().map(|run| {
            let named = run.header.suites.iter().map(|suite| {
                let new = match first.get(&(suite.name.as_str(), suite.sha256.len())) {
                    Some(known) if are_other_problems(known, &suite.sha256) => {
                        format!(
                            "{} ({})",
                            suite.name,
                            &suite.sha256[..suite.sha256.len().min(8)]
                        )
                    }
                    _ => suite.name.clone(),
                };
                (suite.name.clone(), new)
            });
            named.collect()
        });
        Names {
            models: models.collect(),
            suites: suites.collect(),
        }
    }

    /// A run under the new names.
    fn renamed(&self, run: &Run, index: usize) -> Run {
        let mut run = run.clone();
        let (models, suites) = (&self.models[index], &self.suites[index]);
        let rename = |name: &mut String, names: &BTreeMap<String, String>| {
            if let Some(new) = names.get(name) {
                new.clone_into(name);
            }
        };
        let key = |key: &mut AttemptKey| {
            rename(&mut key.model, models);
            rename(&mut key.suite, suites);
        };
        let has_changed = has_changed(&run);
        for model in &mut run.header.models {
            rename(&mut model.name, models);
            let run_id = Value::String(run.header.run_id.clone());
            model.facts.insert(RUN.into(), run_id);
            if has_changed {
                model.facts.insert(CHANGED.into(), true.into());
            }
        }
        run.header
            .suites
            .iter_mut()
            .for_each(|suite| rename(&mut suite.name, suites));
        run.attempts
            .iter_mut()
            .for_each(|attempt| key(&mut attempt.key));
        run.verdicts
            .iter_mut()
            .for_each(|verdict| key(&mut verdict.key));
        run.audits.iter_mut().for_each(|audit| key(&mut audit.key));
        run.done
            .iter_mut()
            .for_each(|done| rename(&mut done.model, models));
        for measurement in &mut run.measurements {
            rename(&mut measurement.model, models);
            for (name, names) in [("reference", models), ("suite", suites)] {
                if let Some(Value::String(word)) = measurement.conditions.get_mut(name) {
                    rename(word, names);
                }
            }
        }
        run
    }
}

/// Writes among the facts of a run's models in what its ground is another one than that of the first run.
fn stand_on(run: &mut Run, unlike: &[&str]) {
    for model in run.header.models.iter_mut().filter(|_| !unlike.is_empty()) {
        let known = model.facts.get(UNLIKE).and_then(Value::as_array);
        let mut words: Vec<Value> = known.cloned().unwrap_or_default();
        words.extend(unlike.iter().map(|word| Value::from(*word)));
        model.facts.insert(UNLIKE.into(), words.into());
    }
}

/// Takes out what the hardware did, and says so if any run has that.
fn leave_hardware_out(joined: &mut Run, runs: &[Run]) {
    joined.hardware.clear();
    joined.measurements.retain(|m| m.benchmark != "hardware");
    if runs.iter().any(|run| !run.hardware.is_empty()) {
        joined.warnings.push(Warning {
            kind: "hardware_apart".into(),
            message: "Energy, power and peaks of the hardware are those of each run and are left out here".into(),
            advice: "look into each run's own report, or name both models in one `whet bench --energy`".into(),
        });
    }
}
