//! Several runs of one thing as one, in which each of them is one number of every speed, time and size.
//!
//! What varies from run to run is what the machine did, so that only such numbers are taken from all runs. Rates and
//! perplexities follow from the seed: the same answers three times over are no more problems than once, and those of the first
//! run stand for all.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Measurement, ModelRecord, Own, Warning};
use serde_json::Value;

use crate::unlike::{unlike, unlike_ground};
use crate::view::{RUNS, incomplete, is_of_the_machine};

/// Benchmarks whose records are read in a way of their own; they are those of the first run.
const OF_THE_FIRST: [&str; 4] = ["hardware", "imported", "speculation", "variants"];

/// Takes runs of the same models together, in the order in which they come. What is by itself stays as it is.
pub fn pool(runs: &[Run]) -> Vec<Run> {
    let mut groups: Vec<Vec<&Run>> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|group| is_same(group[0], run)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups.iter().map(|group| taken_together(group)).collect()
}

/// Whether both runs are of the same files under the same names.
fn is_same(a: &Run, b: &Run) -> bool {
    let who = |model: &ModelRecord| {
        let adapter = model.adapter.as_ref();
        let adapter = adapter.map(|adapter| (adapter.sha256.clone(), adapter.scale.to_bits()));
        (model.name.clone(), model.sha256.clone(), adapter)
    };
    let models = |run: &Run| run.header.models.iter().map(who).collect::<Vec<_>>();
    models(a) == models(b)
}

fn taken_together(group: &[&Run]) -> Run {
    let (first, others) = (group[0], &group[1..]);
    let mut all = first.clone();
    if others.is_empty() {
        return all;
    }
    let one = &first.header.run_id;
    all.header.run_id = format!("{one} and {} more", others.len());
    let ids: Vec<Value> = group
        .iter()
        .map(|run| run.header.run_id.clone().into())
        .collect();
    for model in &mut all.header.models {
        model.facts.insert(RUNS.into(), ids.clone().into());
    }
    for run in others {
        let ground = unlike_ground(&first.header, &run.header);
        super::stand_on(&mut all, &ground);
        all.warnings.extend(unlike(first, run));
        all.warnings.extend(incomplete(run));
        all.warnings.extend(run.warnings.iter().cloned());
        all.torn.extend(run.torn.iter().cloned());
        all.repeats += run.repeats;
    }
    let mut seen = Vec::new();
    all.warnings.retain(|warning| {
        let is_new = !seen.contains(warning);
        seen.push(warning.clone());
        is_new
    });
    all.measurements.retain(|m| !varies(m));
    all.measurements.extend(of_runs(group));
    all.warnings.push(first_of_several(one, group.len()));
    all
}

/// Whether a number varies from run to run, so that of runs that are taken together each gives one.
pub(crate) fn varies(measurement: &Measurement) -> bool {
    let is_read_here = !OF_THE_FIRST.contains(&measurement.benchmark.as_str());
    is_read_here && measurement.told.is_none() && is_of_the_machine(&measurement.metric)
}

/// The median of each run, for every number that varies from run to run.
fn of_runs(group: &[&Run]) -> Vec<Measurement> {
    let mut found: Vec<Measurement> = Vec::new();
    let mut places = BTreeMap::new();
    let all = group.iter().flat_map(|run| &run.measurements);
    for measurement in all.filter(|m| varies(m)) {
        let median = measure::quantile(&measurement.values, 0.5);
        let place = *places.entry(measurement.subject()).or_insert(found.len());
        match found.get_mut(place) {
            Some(known) => {
                known.values.extend(median);
                if !known.values.is_empty() {
                    known.reason = None;
                }
            }
            None => found.push(Measurement {
                values: median.into_iter().collect(),
                // A median is of no item.
                own: measurement.own.clone().map(|own| Own {
                    items: Vec::new(),
                    ..own
                }),
                ..measurement.clone()
            }),
        }
    }
    found
}

fn first_of_several(run: &str, n: usize) -> Warning {
    Warning {
        kind: "first_of_several".into(),
        message: format!(
            "Speeds, times and sizes are those of {n} runs; everything else is that of {run} alone"
        ),
        advice: "what a seed decides comes out alike in every run; compare runs of other seeds one by one".into(),
    }
}
