//! From a plan to the records of a run: the desk of `bench`, with nothing on it that a program has to know.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use bench::desk::Unwatched;
use bench::run::{self, Material};
use bench::{Desk, Plan, Subject, Text};
use ledger::record::{RunHeader, SCHEMA_VERSION, SuiteRecord};
use ledger::{Run, RunFolder};
use measure::SystemClock;
use serde_json::json;
use task::Suite;

use crate::benchmark::{self, Benchmark};
use crate::model::Loaded;
use crate::{Error, Model};

/// The seed of everything random.
const SEED: u64 = 42;

/// What is to be done.
pub(crate) struct Work {
    pub(crate) plan: Plan,
    pub(crate) texts: Vec<Text>,
    pub(crate) suites: Vec<Suite>,
    pub(crate) own: Vec<Box<dyn Benchmark>>,
}

impl Work {
    /// Nothing yet, on so many threads.
    pub(crate) fn on(threads: usize) -> Work {
        Work {
            plan: Plan {
                preset: "library".into(),
                code: None,
                perplexity: None,
                memory: None,
                latency: None,
                ..Plan::quick(SEED, threads)
            },
            texts: Vec::new(),
            suites: Vec::new(),
            own: Vec::new(),
        }
    }

    fn material(&self) -> Material<'_> {
        Material {
            texts: &self.texts,
            suites: &self.suites,
            ..Material::default()
        }
    }
}

/// Measures models in a new run folder and reads it back.
pub(crate) fn carry_out(folder: &Path, models: &[&Model], work: &Work) -> Result<Run, Error> {
    on_a_desk(folder, models, work, &mut |desk| {
        for model in models {
            alone(model, models, work, desk)?;
        }
        match run::is_shared(&work.plan) {
            true => together(models, work, desk),
            false => Ok(()),
        }
    })
}

/// Measures one model while the others are put aside, so that no figure of it has another one's weights in it.
fn alone(model: &Model, models: &[&Model], work: &Work, desk: &mut Desk<'_>) -> Result<(), Error> {
    let others = models.iter().filter(|other| !std::ptr::eq(**other, model));
    others.for_each(|other| other.put_aside());
    let loaded = model.loaded()?;
    let subject = model.subject(&loaded)?;
    run::check(&subject, &work.plan, work.material())?;
    run::alone(&subject, &work.plan, work.material(), desk)?;
    for own in &work.own {
        benchmark::record(own.as_ref(), model, desk)?;
    }
    Ok(())
}

/// What is measured in turns needs all of them.
fn together(models: &[&Model], work: &Work, desk: &mut Desk<'_>) -> Result<(), Error> {
    let loaded: Vec<Loaded> = models
        .iter()
        .map(|model| model.loaded())
        .collect::<Result<_, _>>()?;
    let subjects: Vec<Subject<'_>> = models
        .iter()
        .zip(&loaded)
        .map(|(model, loaded)| model.subject(loaded))
        .collect::<Result<_, _>>()?;
    run::together(&subjects, &work.plan, work.material(), desk)?;
    Ok(())
}

/// The same in a folder that is gone afterwards.
pub(crate) fn in_passing(model: &Model, work: &Work) -> Result<Run, Error> {
    let folder = passing_folder()?;
    carry_out(&folder.path().join("run"), &[model], work)
}

pub(crate) fn passing_folder() -> Result<tempfile::TempDir, Error> {
    tempfile::tempdir().map_err(|source| Error::File {
        path: std::env::temp_dir(),
        source,
    })
}

/// What is done at a desk.
type Doing<'d> = dyn FnMut(&mut Desk<'_>) -> Result<(), Error> + 'd;

/// Sets up a run folder with a desk, has something done there, and reads the records back.
pub(crate) fn on_a_desk(
    folder: &Path,
    models: &[&Model],
    work: &Work,
    doing: &mut Doing<'_>,
) -> Result<Run, Error> {
    let Some(first) = models.first() else {
        return Err(Error::Plan("there is no model to measure".to_owned()));
    };
    work.plan.check().map_err(Error::Plan)?;
    let header = header(folder, models, work)?;
    let root = folder.parent().unwrap_or(Path::new(""));
    let mut folder = RunFolder::create(root, &header)?;
    let earlier = Run::new(header);
    let clock = SystemClock::start();
    let mut desk = Desk {
        folder: &mut folder,
        earlier: &earlier,
        clock: &clock,
        sandbox: None,
        fast_ways: None,
        precedents: None,
        threads: first.threads(),
        stop: &AtomicBool::new(false),
        watcher: &mut Unwatched,
        meter: None,
    };
    doing(&mut desk)?;
    Ok(ledger::read(folder.path())?)
}

fn header(folder: &Path, models: &[&Model], work: &Work) -> Result<RunHeader, Error> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut engine = llama::facts();
    engine.insert("threads".to_owned(), json!(work.plan.threads));
    let suites = work.suites.iter().map(|suite| {
        let loaded = models[0].loaded()?;
        let subject = models[0].subject(&loaded)?;
        Ok(SuiteRecord {
            name: suite.name.clone(),
            sha256: suite.sha256.clone(),
            n_problems: suite.problems.len() as u32,
            first_prompt: bench::code::first_prompt(&subject, suite, None)?.text,
            toolchain: None,
            problems: suite.records(),
        })
    });
    Ok(RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: name.into_owned(),
        started_at: jiff::Zoned::now()
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string(),
        whet_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: Vec::new(),
        plan: serde_json::to_value(&work.plan).unwrap_or_default(),
        seed: work.plan.seed,
        machine: bench::machine(),
        engine,
        models: models
            .iter()
            .map(|model| model.record())
            .collect::<Result<_, _>>()?,
        sandbox: None,
        suites: suites.collect::<Result<_, Error>>()?,
    })
}
