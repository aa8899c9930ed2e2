//! Completions from wherever they are: a file of samples, a folder of solutions, an earlier run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use bench::plan::CodePlan;
use ledger::record::{Attempt, AttemptKey, Finish, ModelRecord, RunHeader, SuiteRecord};
use serde_json::{Value, json};
use task::Suite;
use task::judge::Judge;

use super::IMPORTED;
use super::exchange::{self, Line, some_of};
use crate::cli::Source;
use crate::exit::Usage;
use crate::subject::Finder;
use crate::suites;

/// Completions with everything that a run says about them.
pub(super) struct Batch {
    pub(super) suites: Vec<Suite>,
    pub(super) records: Vec<SuiteRecord>,
    pub(super) models: Vec<ModelRecord>,
    pub(super) engine: BTreeMap<String, Value>,
    pub(super) plan: Value,
    pub(super) seed: u64,
    pub(super) attempts: Vec<Attempt>,
}

impl Batch {
    /// Lets the plan's compiler build the programs, and its records say so.
    ///
    /// # Errors
    /// [`Usage`] if there is no such compiler or nothing for it to do.
    pub(super) fn build_with(&mut self, plan: &CodePlan) -> Result<()> {
        self.suites = plan
            .with_compiler(std::mem::take(&mut self.suites))
            .map_err(Usage)?;
        for (suite, known) in self.suites.iter().zip(&mut self.records) {
            *known = record(suite, std::mem::take(&mut known.first_prompt))?;
        }
        Ok(())
    }

    /// What a user should know before trusting a number: problems without a completion.
    pub(super) fn notes(&self) -> Vec<String> {
        let missing = |suite: &Suite| {
            let answered: BTreeSet<&str> = self
                .attempts
                .iter()
                .filter(|attempt| attempt.key.suite == suite.name)
                .map(|attempt| attempt.key.problem.as_str())
                .collect();
            let ids: Vec<String> = suite
                .problems
                .iter()
                .filter(|problem| !answered.contains(problem.id.as_str()))
                .map(|problem| problem.id.clone())
                .collect();
            (!ids.is_empty()).then(|| {
                format!(
                    "{}: {} of {} problems have no completion ({})",
                    suite.name,
                    ids.len(),
                    suite.problems.len(),
                    some_of(&ids)
                )
            })
        };
        self.suites.iter().filter_map(missing).collect()
    }

    /// Whether every problem has enough completions for each k.
    pub(super) fn allows(&self, ks: &[u32]) -> Result<(), String> {
        let mut counts: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
        for Attempt { key, .. } in &self.attempts {
            *counts
                .entry((&key.model, &key.suite, &key.problem))
                .or_default() += 1;
        }
        let fewest = counts.values().copied().min().unwrap_or(0);
        match ks.iter().find(|k| **k == 0 || **k > fewest) {
            Some(0) => Err("--k must be at least 1".into()),
            Some(k) => Err(format!(
                "--k {k} needs as many completions of every problem, and one has {fewest}"
            )),
            None => Ok(()),
        }
    }
}

/// Reads what the words name.
///
/// # Errors
/// [`Usage`] for malformed lines, unknown ids and what is no source at all.
pub(super) fn read(flags: &Source, finder: &Finder<'_>) -> Result<Batch> {
    let path = &flags.source;
    if path.join("run.json").is_file() {
        return from_run(flags, finder);
    }
    let Some(word) = &flags.suite else {
        let cause = format!(
            "say with --suite which problems the samples in {} answer",
            path.display()
        );
        return Err(Usage(cause).into());
    };
    let suite = suites::find(word, finder)?;
    let lines = match path.is_dir() {
        true => solutions(path, &suite)?,
        false => {
            let unreadable = |error| Usage(format!("cannot read {}: {error}", path.display()));
            let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
            exchange::lines(path, &task::shelf::unpacked(&bytes).map_err(unreadable)?)?
        }
    };
    from_lines(flags, suite, &lines)
}

fn from_lines(flags: &Source, suite: Suite, lines: &[Line]) -> Result<Batch> {
    let model = model(flags)?;
    let attempts = attempts(&model.name, &suite, lines)?;
    let plan = json!({
        IMPORTED: {"from": model.path, "sha256": model.sha256},
        "code": {"suites": [flags.suite], "k": []},
    });
    Ok(Batch {
        records: vec![record(&suite, String::new())?],
        suites: vec![suite],
        models: vec![model],
        engine: [("name".to_owned(), json!("none: the texts came from a file"))].into(),
        plan,
        seed: 42,
        attempts,
    })
}

/// A suite as a run's header knows it.
fn record(suite: &Suite, first_prompt: String) -> Result<SuiteRecord> {
    Ok(SuiteRecord {
        name: suite.name.clone(),
        sha256: suite.sha256.clone(),
        n_problems: suite.problems.len() as u32,
        first_prompt,
        toolchain: Judge::for_suite(suite)?
            .toolchain()
            .map(|tool| format!("{} ({})", tool.version, tool.flags)),
        problems: suite.records(),
    })
}

/// What stands in a model's place: a name, and the file.
fn model(flags: &Source) -> Result<ModelRecord> {
    let path = &flags.source;
    let named = || {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| "samples".into())
    };
    let (sha256, file_bytes) = match path.is_dir() {
        true => (String::new(), 0),
        false => (hub::sha256_file(path)?, std::fs::metadata(path)?.len()),
    };
    Ok(ModelRecord {
        name: flags.name.clone().unwrap_or_else(named),
        path: path.display().to_string(),
        sha256,
        file_bytes,
        facts: BTreeMap::new(),
        chat_template_sha256: None,
        adapter: None,
    })
}

fn attempts(model: &str, suite: &Suite, lines: &[Line]) -> Result<Vec<Attempt>> {
    let mut unknown: Vec<String> = Vec::new();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut attempts = Vec::new();
    for line in lines {
        let Some(problem) = suite.problem(&line.task_id) else {
            if !unknown.contains(&line.task_id) {
                unknown.push(line.task_id.clone());
            }
            continue;
        };
        let count = counts.entry(&problem.id).or_default();
        let kept = line.whet.as_ref();
        attempts.push(Attempt {
            key: AttemptKey {
                model: model.to_owned(),
                suite: suite.name.clone(),
                problem: problem.id.clone(),
                attempt: *count,
            },
            seed: kept.map_or(0, |kept| kept.seed),
            prompt_sha256: kept.map_or_else(String::new, |kept| kept.prompt_sha256.clone()),
            n_prompt_tokens: kept.map_or(0, |kept| kept.n_prompt_tokens),
            n_tokens: kept.map_or(0, |kept| kept.n_tokens),
            text: line.text(suite, problem),
            finish: kept.map_or(Finish::Unknown, |kept| kept.finish),
            decode_ns: kept.map_or(0, |kept| kept.decode_ns),
        });
        *count += 1;
    }
    if unknown.is_empty() {
        return Ok(attempts);
    }
    let cause = format!(
        "the suite {} has no task called {}",
        suite.name,
        some_of(&unknown)
    );
    Err(Usage(cause).into())
}

/// The folder form: `Task_0/0.py`, `Task_0/1.py` … for the task `Task/0`.
fn solutions(path: &Path, suite: &Suite) -> Result<Vec<Line>> {
    let by_folder: BTreeMap<String, &str> = suite
        .problems
        .iter()
        .map(|problem| (problem.id.replace('/', "_"), problem.id.as_str()))
        .collect();
    let mut lines = Vec::new();
    for folder in sorted(path)?.iter().filter(|entry| entry.is_dir()) {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let id = by_folder.get(&name).map_or(name.as_str(), |id| *id);
        for file in sorted(folder)?.iter().filter(|entry| entry.is_file()) {
            let code = std::fs::read_to_string(file)
                .map_err(|error| Usage(format!("cannot read {}: {error}", file.display())))?;
            lines.push(Line::of_solution(id.to_owned(), code));
        }
    }
    if lines.is_empty() {
        let cause = format!("there is no sample and no run in {}", path.display());
        return Err(Usage(cause).into());
    }
    Ok(lines)
}

/// A folder's entries, numbered ones by their number.
fn sorted(path: &Path) -> Result<Vec<std::path::PathBuf>> {
    let read = || format!("cannot list {}", path.display());
    let entries = std::fs::read_dir(path).with_context(read)?;
    let mut entries: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(read)?;
    let number = |path: &std::path::PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        stem.and_then(|stem| stem.parse::<u64>().ok())
    };
    entries.sort_by_key(|path| (number(path), path.clone()));
    Ok(entries)
}

/// The completions of an earlier run, for its own suites as they are today.
fn from_run(flags: &Source, finder: &Finder<'_>) -> Result<Batch> {
    let run = ledger::read(&flags.source)?;
    let (suites, records) = suites_of(&run.header, flags, finder)?;
    let header = run.header;
    let mut plan = header.plan;
    let from = json!({"from": flags.source.display().to_string(), "run": header.run_id});
    set(&mut plan, "", IMPORTED, from);
    let wanted: BTreeSet<&str> = records.iter().map(|record| record.name.as_str()).collect();
    let of_them = |attempt: &Attempt| wanted.contains(attempt.key.suite.as_str());
    let attempts = run.attempts.into_iter().filter(of_them).collect();
    let mut batch = Batch {
        attempts,
        suites,
        records,
        models: header.models,
        engine: header.engine,
        plan,
        seed: header.seed,
    };
    match (&flags.name, batch.models.len()) {
        (Some(name), 1) => batch.call(name),
        (Some(_), _) => return Err(Usage("--name: the run has several models".into()).into()),
        (None, _) => {}
    }
    Ok(batch)
}

/// The suites of a run, if they are still what its completions answered.
fn suites_of(
    header: &RunHeader,
    flags: &Source,
    finder: &Finder<'_>,
) -> Result<(Vec<Suite>, Vec<SuiteRecord>)> {
    let (mut found, mut records) = (Vec::new(), Vec::new());
    for word in words(header, flags) {
        let suite = suites::find(word, finder)?;
        let named = |record: &&SuiteRecord| record.name == suite.name;
        let Some(earlier) = header
            .suites
            .iter()
            .find(named)
            .filter(|record| record.sha256 == suite.sha256)
        else {
            let cause = format!(
                "the completions in {} do not answer the problems that {word} has today",
                flags.source.display()
            );
            return Err(Usage(cause).into());
        };
        records.push(record(&suite, earlier.first_prompt.clone())?);
        found.push(suite);
    }
    Ok((found, records))
}

/// What the suites are called: as the user says, else as the plan says (a path, perhaps).
fn words<'a>(header: &'a RunHeader, flags: &'a Source) -> Vec<&'a str> {
    if let Some(word) = &flags.suite {
        return vec![word];
    }
    let planned = header
        .plan
        .pointer("/code/suites")
        .and_then(Value::as_array);
    match planned {
        Some(words) => words.iter().filter_map(Value::as_str).collect(),
        None => header
            .suites
            .iter()
            .map(|suite| suite.name.as_str())
            .collect(),
    }
}

/// Sets one field of an object inside a plan. What is no object stays as it is: a plan that somebody else
/// wrote may hold anything.
pub(super) fn set(plan: &mut Value, place: &str, name: &str, value: Value) {
    if let Some(map) = plan.pointer_mut(place).and_then(Value::as_object_mut) {
        map.insert(name.to_owned(), value);
    }
}

impl Batch {
    /// Gives the only model another name.
    fn call(&mut self, name: &str) {
        self.models[0].name = name.to_owned();
        for attempt in &mut self.attempts {
            attempt.key.model = name.to_owned();
        }
    }
}
