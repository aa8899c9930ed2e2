//! In what two runs, or two parts of one run, were made differently: each becomes a warning.

use std::collections::{BTreeMap, BTreeSet};

use ledger::record::{RunHeader, SandboxRecord, Warning};
use serde_json::Value;

use crate::join::are_other_problems;

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

/// With what something is made: the program, its engine, the machine, and the sandbox if anything was executed.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Version of the program.
    pub whet_version: &'a str,
    /// [`RunHeader::engine`].
    pub engine: &'a BTreeMap<String, Value>,
    /// [`RunHeader::machine`].
    pub machine: &'a BTreeMap<String, Value>,
    /// [`RunHeader::sandbox`].
    pub sandbox: Option<&'a SandboxRecord>,
}

impl<'a> Origin<'a> {
    /// With what a run was made.
    pub fn of(header: &'a RunHeader) -> Self {
        Self {
            whet_version: &header.whet_version,
            engine: &header.engine,
            machine: &header.machine,
            sandbox: header.sandbox.as_ref(),
        }
    }

    /// What of it is not as it was when a run began that goes on now. `None` if all is as it was, as far as it is
    /// known of both; how busy the machine is does not count.
    pub fn moved_from(self, began: Origin<'_>) -> Option<Warning> {
        let version = (began.whet_version != self.whet_version)
            .then(|| format!("whet {} and {}", began.whet_version, self.whet_version));
        let mut found: Vec<String> = version
            .into_iter()
            .chain(engines(began, self))
            .chain(machines(began, self))
            .collect();
        let advice = match found.is_empty() {
            true => "its verdicts are of two sandboxes; judge all anew with `whet sample judge`",
            false => "take its speeds and memory for those of neither; measure again in one go",
        };
        found.extend(sandboxes(began, self));
        (!found.is_empty()).then(|| Warning {
            kind: "resumed_elsewhere".into(),
            message: format!(
                "The run was begun under other conditions than those it went on under: {}",
                listed(&found)
            ),
            advice: advice.into(),
        })
    }
}

/// What two runs do not share, a warning each.
pub(crate) fn unlike(first: &RunHeader, other: &RunHeader) -> Vec<Warning> {
    let (here, there) = (Origin::of(first), Origin::of(other));
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
            machines(here, there),
            "take no speed and no memory of one for a property of a model",
        ),
        (
            "unlike_engines",
            "the engines differ",
            engines(here, there),
            "measure both models with one build",
        ),
        (
            "unlike_sandboxes",
            "the sandboxes differ",
            sandboxes(here, there),
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

fn machines(first: Origin<'_>, other: Origin<'_>) -> Vec<String> {
    let passing = |name: &str| PASSING.iter().any(|word| name.contains(word));
    differences(&object(first.machine), &object(other.machine), &passing)
}

fn engines(first: Origin<'_>, other: Origin<'_>) -> Vec<String> {
    differences(&object(first.engine), &object(other.engine), &|_| false)
}

fn object(facts: &BTreeMap<String, Value>) -> Value {
    Value::Object(facts.clone().into_iter().collect())
}

/// Names of suites whose problems are not the same.
fn suites(first: &RunHeader, other: &RunHeader) -> Vec<String> {
    let differs = |name: &str, sha256: &str| {
        let theirs = other.suites.iter().find(|suite| suite.name == name);
        theirs.is_some_and(|theirs| are_other_problems(&theirs.sha256, sha256))
    };
    let suites = first.suites.iter();
    let unlike = suites.filter(|suite| differs(&suite.name, &suite.sha256));
    unlike.map(|suite| suite.name.clone()).collect()
}

/// In what two sandboxes differ; in nothing where one of the runs executed nothing.
fn sandboxes(first: Origin<'_>, other: Origin<'_>) -> Vec<String> {
    match (first.sandbox, other.sandbox) {
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
