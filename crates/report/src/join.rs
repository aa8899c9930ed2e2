//! Several runs as one, so that their models stand side by side.
//!
//! A comparison is a function of models in one run, so runs that were made apart are laid together first. What
//! then must not be compared is kept apart (problems of other wording), and whatever else was unlike becomes a
//! warning: other settings, another machine, another engine, another sandbox. What the hardware did is left out:
//! power at rest and the cost of looking belong to a run and not to a model. Nothing is computed here.

mod adopt;

pub(crate) use adopt::is_brought_in;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{AttemptKey, RunHeader, Warning};
use serde_json::Value;

/// Differences that one warning lists; there is always a count of the rest.
const MOST_LISTED: usize = 6;
/// Facts of a machine that say how busy it is, not which it is.
const PASSING: [&str; 7] = [
    "load",
    "current",
    "available",
    "free",
    "frequency",
    "temperature",
    "steal",
];

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
    let mut brought_in = BTreeSet::new();
    for (index, run) in others.iter().enumerate() {
        joined.warnings.extend(unlike(&first.header, &run.header));
        let run = names.renamed(run, index + 1);
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
        joined.warnings.extend(timed_apart(runs).then(apart));
        leave_hardware_out(&mut joined, runs);
    }
    Ok(joined)
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
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for suite in runs.iter().flat_map(|run| &run.header.suites) {
            first.entry(&suite.name).or_insert(&suite.sha256);
        }
        let suites = runs.iter().map(|run| {
            let named = run.header.suites.iter().map(|suite| {
                let new = match first.get(suite.name.as_str()) {
                    Some(sha256) if **sha256 != *suite.sha256 => {
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
        for model in &mut run.header.models {
            rename(&mut model.name, models);
            let run_id = Value::String(run.header.run_id.clone());
            model.facts.insert("run".into(), run_id);
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

/// What two runs do not share, a warning each.
fn unlike(first: &RunHeader, other: &RunHeader) -> Vec<Warning> {
    let object =
        |facts: &BTreeMap<String, Value>| Value::Object(facts.clone().into_iter().collect());
    let passing = |name: &str| PASSING.iter().any(|word| name.contains(word));
    let machine = differences(&object(&first.machine), &object(&other.machine), &passing);
    let engine = differences(&object(&first.engine), &object(&other.engine), &|_| false);
    let plan = differences(&first.plan, &other.plan, &|name| name == "preset");
    let kinds = [
        (
            "unlike_suites",
            "problems of the same name differ",
            suites(first, other),
            "judge both models on one file; here they stand apart",
        ),
        (
            "unlike_plans",
            "the runs were asked for different things",
            plan,
            "what differs may be the cause of a difference; measure both with the same flags",
        ),
        (
            "unlike_machines",
            "the machines differ",
            machine,
            "take no speed and no memory of one for a property of a model",
        ),
        (
            "unlike_engines",
            "the engines differ",
            engine,
            "measure both models with one build",
        ),
        (
            "unlike_sandboxes",
            "the sandboxes differ",
            sandboxes(first, other),
            "judge both anew with `whet sample judge`",
        ),
    ];
    let found = kinds.into_iter().filter(|(_, _, what, _)| !what.is_empty());
    found
        .map(|(kind, what, list, advice)| Warning {
            kind: kind.into(),
            message: format!(
                "{} beside {}: {what}: {}",
                other.run_id,
                first.run_id,
                listed(&list)
            ),
            advice: advice.into(),
        })
        .collect()
}

/// Names of suites whose problems are not the same.
fn suites(first: &RunHeader, other: &RunHeader) -> Vec<String> {
    let differs = |name: &str, sha256: &str| {
        let theirs = other.suites.iter().find(|suite| suite.name == name);
        theirs.is_some_and(|theirs| theirs.sha256 != sha256)
    };
    let suites = first.suites.iter();
    let unlike = suites.filter(|suite| differs(&suite.name, &suite.sha256));
    unlike.map(|suite| suite.name.clone()).collect()
}

/// In what two sandboxes differ; in nothing where one of the runs executed nothing.
fn sandboxes(first: &RunHeader, other: &RunHeader) -> Vec<String> {
    match (&first.sandbox, &other.sandbox) {
        (Some(a), Some(b)) if a.tier != b.tier => vec![format!("tier {} and {}", a.tier, b.tier)],
        (Some(a), Some(b)) if a.policy_sha256 != b.policy_sha256 => {
            vec!["limits or filters".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn listed(differences: &[String]) -> String {
    let rest = differences.len().saturating_sub(MOST_LISTED);
    let shown = &differences[..differences.len() - rest];
    match rest {
        0 => shown.join("; "),
        rest => format!("{}; and {rest} more", shown.join("; ")),
    }
}

/// `name a and b` for each value in which two trees of settings differ. What only one of them has at all (a
/// benchmark that the other did not run) is no difference.
fn differences(first: &Value, other: &Value, ignored: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    walk("", first, other, ignored, &mut found);
    found
}

fn walk(name: &str, a: &Value, b: &Value, ignored: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(mine), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
            for key in keys.into_iter().filter(|key| !ignored(key)) {
                if let (Some(a), Some(b)) = (mine.get(key), theirs.get(key)) {
                    walk(key, a, b, ignored, found);
                }
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        // A list of one was a bare number in plans of earlier versions.
        _ if plain(a) == plain(b) => {}
        _ => found.push(format!(
            "{} {} and {}",
            name.replace('_', " "),
            plain(a),
            plain(b)
        )),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
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

/// Whether more than one run has speeds.
fn timed_apart(runs: &[Run]) -> bool {
    let timed = |run: &&Run| run.measurements.iter().any(|m| m.benchmark == "latency");
    runs.iter().filter(timed).count() > 1
}

fn apart() -> Warning {
    Warning {
        kind: "timed_apart".into(),
        message: "Speeds were taken in separate runs and not in turns; whatever happened to the machine in between is in their ratios".into(),
        advice: "name both models in one `whet bench latency` to compare their speeds".into(),
    }
}
