//! `whet runs import FILE`: results of other programs become a run folder, so that every view of a run works on them.
//!
//! What a file tells is taken over and marked as brought in: in the plan, in a warning that every report shows, and
//! number by number where there is only a summary. What it does not tell (an n, a spread, the machine) stays unknown.
//! A file that is cut or malformed gives no run at all, and the error names the place.

mod evalplus;
mod halo_forge;
mod json;
mod llama_bench;
mod lm_eval;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::record::{Attempt, Measurement, ModelRecord, SuiteRecord, Verdict, Warning};
use serde_json::{Value, json};

use super::sample::IMPORTED;
use crate::cli::ImportRun;
use crate::exit::{Exit, Usage};
use crate::provenance;
use crate::terminal::Terminal;
use json::Document;

/// Larger files are no results of a benchmark.
const MOST_BYTES: u64 = 512 << 20;

/// What a file of another program tells.
#[derive(Debug, Default)]
struct Foreign {
    program: &'static str,
    version: Option<String>,
    models: Vec<Named>,
    machine: BTreeMap<String, Value>,
    engine: BTreeMap<String, Value>,
    suites: Vec<SuiteRecord>,
    attempts: Vec<Attempt>,
    verdicts: Vec<Verdict>,
    measurements: Vec<Measurement>,
}

/// A model, as far as a file knows it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Named {
    name: String,
    path: String,
    file_bytes: u64,
    facts: BTreeMap<String, Value>,
}

/// A file that was read, and how to call what is in it.
struct Source<'a> {
    path: &'a Path,
    sha256: String,
    /// The model's name, if the user says it.
    name: Option<&'a str>,
    /// The suite's name, if the user says it.
    suite: Option<&'a str>,
}

impl Source<'_> {
    /// The user's name for the model, the file's, or that of the file itself.
    fn model(&self, told: Option<&str>) -> String {
        let stem = || self.path.file_stem().unwrap_or_default().to_string_lossy();
        match self.name.or(told.filter(|name| !name.trim().is_empty())) {
            Some(name) => name.to_owned(),
            None => stem().into_owned(),
        }
    }
}

/// Reads a file and leaves a run.
pub(crate) fn run(flags: &ImportRun, terminal: &Terminal) -> Result<Exit> {
    let text = text(&flags.file)?;
    let source = Source {
        path: &flags.file,
        sha256: hub::sha256_file(&flags.file)?,
        name: flags.name.as_deref(),
        suite: flags.suite.as_deref(),
    };
    let refused = |why: String| Usage(format!("cannot take over {}: {why}", flags.file.display()));
    let document = json::read(&text).map_err(refused)?;
    let foreign = recognised(&document, &source).map_err(refused)?;
    let folder = write(&foreign, &source, &flags.output)?;
    super::bench::write_report(&folder, &ledger::read(&folder)?, terminal.readings())?;
    terminal.result(&folder.display().to_string())?;
    terminal.note(&format!(
        "{}; look at it with: whet report {}",
        foreign.says(),
        folder.display()
    ));
    Ok(Exit::Done)
}

fn text(path: &Path) -> Result<String> {
    let name = path.display();
    let known =
        std::fs::metadata(path).map_err(|error| Usage(format!("cannot read {name}: {error}")))?;
    if known.is_dir() || known.len() > MOST_BYTES {
        let what = if known.is_dir() {
            "a folder"
        } else {
            "too large"
        };
        return Err(Usage(format!("{name} is {what}; name a file of results")).into());
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Usage(format!("{name} is no text: byte {at} is not UTF-8")).into()
    })
}

/// Whose results these are, told by their fields.
fn recognised(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let first = document.values.first().map(|(_, value)| value);
    let has = |name: &str| first.is_some_and(|value| value.get(name).is_some());
    if has("eval") {
        evalplus::read(document, source)
    } else if source.suite.is_some() {
        Err("--suite names the problems of EvalPlus's eval_results, and this file is none; leave it away".into())
    } else if has("avg_ts") || has("samples_ts") {
        llama_bench::read(document, source)
    } else if has("pass_at_k") && has("by_category") {
        halo_forge::results(document, source)
    } else if has("baseline") && has("n_cycles") {
        halo_forge::summary(document, source)
    } else if has("prompt_id") && has("compiles") {
        halo_forge::samples(document, source)
    } else if has("results") {
        lm_eval::read(document, source)
    } else if has("task_id") {
        Err("it holds completions, not results; bring them in with `whet sample import`".into())
    } else {
        Err("it is neither llama-bench's (-o json or jsonl), nor a results file of lm-evaluation-harness, nor the eval_results of EvalPlus, nor results, summary or samples of halo-forge".into())
    }
}

impl Foreign {
    fn says(&self) -> String {
        let version = self
            .version
            .as_deref()
            .map_or_else(String::new, |version| format!(" {version}"));
        let n = self.measurements.len() + self.verdicts.len();
        let results = if n == 1 { "result" } else { "results" };
        format!("{n} {results} of {}{version}", self.program)
    }

    /// Adds a measurement. Of equal ones the values stand together: a test that was given twice was measured twice.
    fn measured(&mut self, new: Measurement) {
        match self.measurements.iter_mut().find(|old| is_same(old, &new)) {
            Some(old) if old.told.is_none() => old.values.extend(&new.values),
            Some(_) => {}
            None => self.measurements.push(new),
        }
    }

    /// Adds a model and returns its name; files of one name in several folders get a number.
    fn model(&mut self, model: Named) -> String {
        if let Some(known) = self.models.iter().find(|known| known.path == model.path) {
            return known.name.clone();
        }
        let n = self
            .models
            .iter()
            .filter(|known| known.name == model.name)
            .count();
        let name = match n {
            0 => model.name.clone(),
            n => format!("{}-{}", model.name, n + 1),
        };
        self.models.push(Named {
            name: name.clone(),
            ..model
        });
        name
    }
}

/// Whether two measurements are of one thing.
fn is_same(a: &Measurement, b: &Measurement) -> bool {
    let same_name = a.model == b.model && a.benchmark == b.benchmark && a.metric == b.metric;
    same_name && a.conditions == b.conditions
}

fn write(foreign: &Foreign, source: &Source<'_>, root: &Path) -> Result<PathBuf> {
    let models: Vec<ModelRecord> = foreign.models.iter().map(record).collect();
    let mut header = provenance::bare(&models, 0);
    header.plan = json!({IMPORTED: {
        "program": foreign.program,
        "version": foreign.version,
        "file": source.path.display().to_string(),
        "sha256": source.sha256,
    }});
    // The machine is that of the file, and not the one where it was read.
    header.machine.clone_from(&foreign.machine);
    header.engine.clone_from(&foreign.engine);
    header.suites.clone_from(&foreign.suites);
    header.models = models;
    let (mut folder, _) = super::bench::create(root, None, header)?;
    folder.append_warning(&brought_in(foreign, source))?;
    for attempt in &foreign.attempts {
        folder.append_attempt(attempt)?;
    }
    for verdict in &foreign.verdicts {
        folder.append_verdict(verdict)?;
    }
    for measurement in &foreign.measurements {
        folder.append_measurement(measurement)?;
    }
    Ok(folder.path().to_owned())
}

/// A model whose file nobody has seen: its hash stays empty.
fn record(model: &Named) -> ModelRecord {
    ModelRecord {
        name: model.name.clone(),
        path: model.path.clone(),
        sha256: String::new(),
        file_bytes: model.file_bytes,
        facts: model.facts.clone(),
        chat_template_sha256: None,
        adapter: None,
    }
}

fn brought_in(foreign: &Foreign, source: &Source<'_>) -> Warning {
    let version = foreign.version.as_deref().unwrap_or("of unknown version");
    Warning {
        kind: "imported".into(),
        message: format!(
            "These numbers were brought in from {} (SHA-256 {}) of {} {version}, and were not measured in this run",
            source.path.display(),
            source.sha256.get(..12).unwrap_or(&source.sha256),
            foreign.program,
        ),
        advice: "whatever the file does not tell is unknown; compare it with numbers taken in the same way".into(),
    }
}
