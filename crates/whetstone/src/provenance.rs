//! What a run writes down about itself before the first token.

use std::collections::BTreeMap;

use anyhow::Result;
use bench::Plan;
pub(crate) use bench::machine;
use ledger::record::{
    AdapterRecord, ModelRecord, RunHeader, SCHEMA_VERSION, SandboxRecord, SuiteRecord,
};
use measure::probe::Source;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::compute::Compute;
use crate::subject::{Loaded, Located};
use crate::words::as_written;

/// The sources of energy, and the accelerators; of what is hidden, why.
pub(crate) fn hardware(sources: &[Source]) -> BTreeMap<String, Value> {
    let gpus = sources.iter().filter(|source| source.device != "cpu");
    let accelerators: Vec<String> = gpus
        .map(|gpu| format!("{} {}", gpu.device, gpu.title))
        .collect();
    let mut facts = BTreeMap::from([
        ("power_sources".to_owned(), json!(power_sources(sources))),
        ("accelerators".to_owned(), json!(accelerators)),
    ]);
    if sources.iter().any(Source::is_in_package) {
        facts.insert("graphics_in_package".to_owned(), json!(true));
    }
    facts
}

/// What tells its energy, and how: `processor packages (counter, 1 package)`.
pub(crate) fn power_sources(sources: &[Source]) -> Vec<String> {
    let told = sources.iter().filter_map(|source| {
        let how = source.energy.as_ref().ok()?;
        Some(format!("{} ({how})", source.title))
    });
    told.collect()
}

/// The engine's facts.
pub(crate) fn engine(compute: &Compute) -> BTreeMap<String, Value> {
    let mut facts = llama::facts();
    facts.insert("threads".to_owned(), json!(compute.threads));
    let device = compute.device_in_words();
    facts.extend(device.map(|device| ("device".to_owned(), json!(device))));
    facts
}

/// One model.
pub(crate) fn model(located: &Located, loaded: &Loaded) -> Result<ModelRecord> {
    let template = loaded.template()?;
    let template = template.map(|template| template.sha256().to_owned());
    record(located, loaded.llama.facts(), template)
}

/// One model that is trained and not run, by what its file says.
pub(crate) fn model_file(located: &Located) -> Result<ModelRecord> {
    let facts = gguf::ModelFacts::of(&gguf::Gguf::open(&located.path)?)?;
    record(located, &facts, None)
}

fn record(
    located: &Located,
    facts: &gguf::ModelFacts,
    chat_template_sha256: Option<String>,
) -> Result<ModelRecord> {
    let sha256 = match &located.sha256 {
        Some(sha256) => sha256.clone(),
        None => hub::sha256_file(&located.path)?,
    };
    let mut record = serde_json::to_value(facts)?;
    if let Some(map) = record.as_object_mut() {
        map.remove("chat_template");
        map.retain(|_, value| !value.is_null());
    }
    if model::variants::is_untrained(&gguf::Gguf::open(&located.path)?)
        && let Some(map) = record.as_object_mut()
    {
        map.insert("untrained".into(), json!(true));
    }
    let facts_map = record
        .as_object()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .collect();
    Ok(ModelRecord {
        name: located.name.clone(),
        path: located.path.display().to_string(),
        sha256,
        file_bytes: facts.file_bytes,
        facts: facts_map,
        chat_template_sha256,
        adapter: located.adapter.as_ref().map(adapter).transpose()?,
    })
}

fn adapter(adapter: &llama::Adapter) -> Result<AdapterRecord> {
    Ok(AdapterRecord {
        path: adapter.path.display().to_string(),
        scale: adapter.scale,
        sha256: hub::sha256_file(&adapter.path)?,
        file_bytes: std::fs::metadata(&adapter.path)?.len(),
    })
}

/// The suites of a run, with the first prompt as this model sees it.
pub(crate) fn suites(
    suites: &[task::Suite],
    subject: &bench::Subject<'_>,
    prompt: Option<task::PromptProfile>,
) -> Result<Vec<SuiteRecord>> {
    suites
        .iter()
        .map(|suite| {
            Ok(SuiteRecord {
                name: suite.name.clone(),
                sha256: suite.sha256.clone(),
                n_problems: suite.problems.len() as u32,
                first_prompt: bench::code::first_prompt(subject, suite, prompt)?.text,
                toolchain: task::judge::Judge::for_suite(suite)?
                    .toolchain()
                    .map(|tool| format!("{} ({})", tool.version, tool.flags)),
                problems: suite.records(),
            })
        })
        .collect()
}

/// Everything about a run that is known before it starts.
pub(crate) struct Known<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) models: Vec<ModelRecord>,
    pub(crate) suites: Vec<SuiteRecord>,
    pub(crate) sandbox: Option<&'a dyn Sandbox>,
}

/// The header of a run that starts now.
pub(crate) fn header(known: Known<'_>) -> Result<RunHeader> {
    let bare = bare(&known.models, known.plan.seed);
    Ok(RunHeader {
        plan: as_written(known.plan)?,
        engine: engine(&Compute::of(known.plan)),
        models: known.models,
        sandbox: known.sandbox.map(sandbox),
        suites: known.suites,
        ..bare
    })
}

/// What a sandbox says of itself.
pub(crate) fn sandbox(sandbox: &dyn Sandbox) -> SandboxRecord {
    SandboxRecord {
        tier: sandbox.badge().tier.to_string(),
        policy_sha256: sandbox.badge().policy_sha256.clone(),
    }
}

/// The header of a run of these models that starts now, without what is particular to it.
pub(crate) fn bare(models: &[ModelRecord], seed: u64) -> RunHeader {
    let now = jiff::Zoned::now();
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: format!("{}_{}", run_name(models), now.strftime("%Y%m%d_%H%M%S")),
        started_at: now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        whet_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args().skip(1).collect(),
        plan: Value::Null,
        seed,
        machine: machine(),
        engine: BTreeMap::new(),
        models: Vec::new(),
        sandbox: None,
        suites: Vec::new(),
    }
}

/// A name for the folder, of characters that mean the same on every system.
fn run_name(models: &[ModelRecord]) -> String {
    let name = match models {
        [one] => one.name.clone(),
        several => format!("{}_models", several.len()),
    };
    match safe(&name) {
        name if name.is_empty() => "model".to_owned(),
        name => name,
    }
}

/// A name of characters that mean the same on every system, and not of a hidden file.
pub(crate) fn safe(name: &str) -> String {
    let safe = |c: char| match c.is_ascii_alphanumeric() || "-._".contains(c) {
        true => c,
        false => '-',
    };
    let name: String = name.chars().map(safe).collect();
    name.trim_start_matches('.').to_owned()
}
