//! In what two runs, or two parts of one run, were made differently: each becomes a warning.
//!
//! Settings and facts are compared in `settings`, what models were asked and who judged their answers in `asked`.

mod asked;
mod settings;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{RunHeader, SandboxRecord, Warning};
use serde_json::Value;

use crate::join::is_brought_in;

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
pub(crate) fn unlike(first: &Run, other: &Run) -> Vec<Warning> {
    let looks = looks(first, other).into_iter();
    let found = looks.filter(|(_, _, list, _)| !list.is_empty());
    found
        .map(|(kind, what, list, advice)| Warning {
            kind: kind.into(),
            message: format!(
                "{} beside {}: {what}: {}",
                other.header.run_id,
                first.header.run_id,
                listed(&list)
            ),
            advice: advice.into(),
        })
        .collect()
}

/// The kind of a warning, what it says, in what two runs differ, and what helps.
type Look = (&'static str, &'static str, Vec<String>, &'static str);

/// Every way in which two runs may be unlike.
fn looks(first: &Run, other: &Run) -> [Look; 10] {
    let (here, there) = (Origin::of(&first.header), Origin::of(&other.header));
    [
        (
            "unlike_suites",
            "problems of the same name differ",
            asked::suites(first, other),
            "judge both models on one file; here they stand apart",
        ),
        (
            "unchecked_suites",
            "whether the problems are the same cannot be told, because their hashes are not of one kind",
            asked::unchecked(first, other),
            "problems with the same id are paired; make sure that both were asked of the same data set",
        ),
        (
            "unlike_prompts",
            "the same problems were put in other words, though the chat templates are the same",
            asked::prompts(first, other),
            "a difference is one of prompts as much as of models; measure both with the same --prompt and the same version of whet",
        ),
        (
            "unlike_templates",
            "one model file was given different chat templates",
            asked::templates(first, other),
            "a difference is one of templates as well; measure both with the same version of whet",
        ),
        (
            "unlike_plans",
            "the runs were asked for different things",
            settings::plans(&first.header.plan, &other.header.plan),
            "what differs may be the cause of a difference; measure both with the same flags",
        ),
        (
            "unlike_judges",
            "answers were not judged in the same way",
            asked::judges(first, other),
            "judge both anew with `whet sample judge`",
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
        (
            "unlike_versions",
            "another version of whet measured",
            versions(first, other),
            "CHANGELOG.md says whether what stands here was measured in another way before",
        ),
    ]
}

/// On what two runs were not carried out alike, in a word each: `machine`, `engine`. Whatever a run's speeds depend on.
pub(crate) fn unlike_ground(first: &RunHeader, other: &RunHeader) -> Vec<&'static str> {
    let (here, there) = (Origin::of(first), Origin::of(other));
    let grounds = [
        ("machine", machines(here, there)),
        ("engine", engines(here, there)),
    ];
    let unlike = grounds.into_iter().filter(|(_, found)| !found.is_empty());
    unlike.map(|(word, _)| word).collect()
}

fn machines(first: Origin<'_>, other: Origin<'_>) -> Vec<String> {
    let passing = |name: &str| PASSING.iter().any(|word| name.contains(word));
    settings::facts(first.machine, other.machine, &passing)
}

/// A device is named only where it is no processor, so that none is a word of its own.
fn engines(first: Origin<'_>, other: Origin<'_>) -> Vec<String> {
    let mut found = settings::facts(first.engine, other.engine, &|name| name == "device");
    let (here, there) = (first.engine, other.engine);
    if !here.is_empty() && !there.is_empty() {
        found.extend(settings::device(here.get("device"), there.get("device")));
    }
    found
}

/// The versions of the program. Whoever only brought numbers in did not measure them.
fn versions(first: &Run, other: &Run) -> Vec<String> {
    let (here, there) = (&first.header.whet_version, &other.header.whet_version);
    let measured = ![first, other].into_iter().any(is_brought_in);
    let differ = measured && here != there;
    differ
        .then(|| format!("{here} and {there}"))
        .into_iter()
        .collect()
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
