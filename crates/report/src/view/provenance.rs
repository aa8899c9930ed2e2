//! Where the numbers come from: run, machine, engine, models, suites, sandbox.
//!
//! The header holds free maps of facts. They are shown as found, with units made readable; a fact
//! that could not be known is left out of the text and stays `null` in the run folder.

use std::collections::BTreeMap;

use ledger::record::{AdapterRecord, ModelRecord, RunHeader};
use serde::Serialize;
use serde_json::Value;

use crate::format;

/// Everything needed to run the same thing again, and to doubt it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Provenance {
    /// The run's name.
    pub run_id: String,
    /// Local time of the start, RFC 3339.
    pub started_at: String,
    /// Version of the program that measured.
    pub whet_version: String,
    /// The words typed.
    pub command: Vec<String>,
    /// The run's seed; `None` if its numbers were brought in from a file, which tells none.
    pub seed: Option<u64>,
    /// The resolved plan.
    pub plan: Value,
    /// The machine.
    pub machine: Vec<Fact>,
    /// The engine.
    pub engine: Vec<Fact>,
    /// The sandbox's tier, or that nothing was executed.
    pub sandbox: String,
    /// SHA-256 of the sandbox's limits and filters.
    pub sandbox_policy_sha256: Option<String>,
    /// The models, in the order asked for.
    pub models: Vec<ModelCard>,
    /// The suites.
    pub suites: Vec<SuiteCard>,
}

/// One named fact, as the header holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The name in the run's header.
    pub name: String,
    /// The value in base units.
    pub value: Value,
}

impl Fact {
    /// The value, readable.
    pub fn text(&self) -> String {
        format::fact(&self.name, &self.value)
    }
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCard {
    /// Its name in the run.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Size of its file.
    pub file_bytes: u64,
    /// Facts from the file.
    pub facts: Vec<Fact>,
    /// SHA-256 of its chat template, if it has one.
    pub chat_template_sha256: Option<String>,
    /// What is laid over its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterRecord>,
}

/// One suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuiteCard {
    /// Its name.
    pub name: String,
    /// SHA-256 of its problems.
    pub sha256: String,
    /// Number of its problems.
    pub n_problems: u32,
    /// What judged it.
    pub toolchain: Option<String>,
    /// The first prompt in full.
    pub first_prompt: String,
}

impl ModelCard {
    /// The size of its file, a word if its weights are random, and what is laid over them: no view may let that be
    /// overlooked.
    pub fn size_line(&self) -> String {
        let marked = |fact: &Fact| fact.name == "untrained" && fact.value == Value::Bool(true);
        let mut line = match self.file_bytes {
            0 => "size unknown".to_owned(),
            bytes => format::bytes(bytes),
        };
        if self.facts.iter().any(marked) {
            line += " · untrained, random weights";
        }
        if let Some(adapter) = &self.adapter {
            let sha256 = adapter.sha256.get(..12).unwrap_or(&adapter.sha256);
            let size = format::bytes(adapter.file_bytes);
            line += &format!(" · adapter of {size}, SHA-256 {sha256}…");
            if adapter.scale != 1.0 {
                line += &format!(", times {}", adapter.scale);
            }
        }
        line
    }
}

impl Provenance {
    /// The header's facts.
    pub(super) fn of(header: &RunHeader) -> Provenance {
        let sandbox = header.sandbox.as_ref();
        Provenance {
            run_id: header.run_id.clone(),
            started_at: header.started_at.clone(),
            whet_version: header.whet_version.clone(),
            command: header.command.clone(),
            seed: (!was_brought_in(header)).then_some(header.seed),
            plan: header.plan.clone(),
            machine: facts(&header.machine),
            engine: facts(&header.engine),
            sandbox: sandbox.map_or_else(
                || "nothing was executed".to_owned(),
                |sandbox| sandbox.tier.clone(),
            ),
            sandbox_policy_sha256: sandbox.map(|sandbox| sandbox.policy_sha256.clone()),
            models: header.models.iter().map(model_card).collect(),
            suites: header
                .suites
                .iter()
                .map(|suite| SuiteCard {
                    name: suite.name.clone(),
                    sha256: suite.sha256.clone(),
                    n_problems: suite.n_problems,
                    toolchain: suite.toolchain.clone(),
                    first_prompt: suite.first_prompt.clone(),
                })
                .collect(),
        }
    }

    /// The sandbox in one line: its tier and the beginning of its policy's hash.
    pub fn sandbox_line(&self) -> String {
        match &self.sandbox_policy_sha256 {
            Some(sha256) => format!(
                "{} · policy {}",
                self.sandbox,
                sha256.get(..12).unwrap_or(sha256)
            ),
            None => self.sandbox.clone(),
        }
    }

    /// The seed, as far as it is known.
    pub fn seed_line(&self) -> String {
        match self.seed {
            Some(seed) => format!("seed {seed}"),
            None => "seed unknown".to_owned(),
        }
    }

    /// The machine in one line.
    pub fn machine_line(&self) -> String {
        line(&self.machine, &MACHINE)
    }

    /// The engine in one line.
    pub fn engine_line(&self) -> String {
        line(&self.engine, &ENGINE)
    }
}

/// Whether another program measured.
fn was_brought_in(header: &RunHeader) -> bool {
    header.plan.pointer("/imported/program").is_some()
}

fn model_card(model: &ModelRecord) -> ModelCard {
    ModelCard {
        name: model.name.clone(),
        sha256: model.sha256.clone(),
        file_bytes: model.file_bytes,
        facts: facts(&model.facts),
        chat_template_sha256: model.chat_template_sha256.clone(),
        adapter: model.adapter.clone(),
    }
}

fn facts(map: &BTreeMap<String, Value>) -> Vec<Fact> {
    map.iter()
        .map(|(name, value)| Fact {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

/// What a line about the machine says, in order, with the word after each value.
const MACHINE: [(&str, &str); 5] = [
    ("cpu_model", ""),
    ("cpu_usable", " processors"),
    ("memory_total_bytes", " memory"),
    ("os", ""),
    ("kernel", ""),
];
/// The same for the engine.
const ENGINE: [(&str, &str); 5] = [
    ("name", ""),
    ("version", ""),
    ("device", ""),
    ("threads", " threads"),
    ("compiled_for", ""),
];

/// The facts that fit into a line and are known; the JSON has all of them.
fn line(facts: &[Fact], wanted: &[(&str, &str)]) -> String {
    let said = wanted.iter().filter_map(|(name, word)| {
        let fact = facts.iter().find(|fact| fact.name == *name)?;
        let text = fact.text();
        let word = if text == "1" {
            word.trim_end_matches('s')
        } else {
            *word
        };
        (!fact.value.is_null()).then(|| format!("{text}{word}"))
    });
    match said.collect::<Vec<_>>() {
        none if none.is_empty() => "unknown".to_owned(),
        said => said.join(" · "),
    }
}
