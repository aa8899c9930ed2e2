//! `whet train raft`: a model is sampled, its right answers are kept, an adapter is trained on them, and all is
//! measured again.
//!
//! The loop is `improve::raft`; here it gets an engine, a sandbox and a trainer.

mod again;
mod drift;
mod estimate;
mod evaluations;
mod hardware;
mod order;
mod published;
mod reading;
mod sameness;
mod sampling;
mod table;
mod times;
mod training;
mod workshop;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use decoder::{Lora, Shape, Target};
use improve::raft::{End, Material, Names, Outcome, RaftFolder, RaftPlan};
use serde_json::{Value, json};
use task::Suite;

use super::Ended;
use crate::cli::{Full, ModelSizes, RaftFlags};
use crate::exit::{Exit, Usage};
use crate::subject::{Finder, Located};
use crate::terminal::Terminal;
use crate::words::as_written;
use crate::{containment, interrupt};
use order::Order;
use workshop::Shop;

/// What stands over the runs of all models.
const COMPARISON: &str = "comparison_summary.json";

pub(in crate::command) use evaluations::evaluations;
pub(in crate::command) use reading::{Holds, anew, holds};

/// Carries out a run, or goes on with one.
pub(super) fn run(flags: &RaftFlags, terminal: &Terminal, offline: bool) -> Result<Ended> {
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let (order, place) = match &flags.resume {
        Some(folder) => (
            Order::again(folder, &flags.memory)?,
            Place::There(folder.clone()),
        ),
        None => (Order::of(flags)?, Place::New(flags.output.clone())),
    };
    Ok(carry_out(order, place, &finder)?.0)
}

/// The resolved plan.
pub(super) fn plan(flags: &RaftFlags) -> Result<Value> {
    let order = match &flags.resume {
        Some(folder) => Order::again(folder, &flags.memory)?,
        None => Order::of(flags)?,
    };
    as_written(&order)
}

/// Whether a folder holds a run that can be gone on with.
pub(in crate::command) fn is_begun(folder: &Path) -> bool {
    folder.join(order::FILE).exists()
}

/// `whet benchmark full`: the demo's prompts, a folder for each model.
pub(crate) fn full(flags: &Full, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let models: Vec<String> = match (&flags.model, flags.suite) {
        (Some(model), _) => vec![model.clone()],
        (None, Some(ModelSizes::Small)) => vec!["qwen2.5-coder-0.5b".into()],
        (None, _) => ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
            .map(String::from)
            .into(),
    };
    if flags.suite == Some(ModelSizes::All) {
        terminal.note("The catalogue has no qwen2.5-coder-3b; give its file with --model");
    }
    if flags.dry_run {
        let orders = models.iter().map(|model| Order::of(&demo(flags, model)));
        let orders: Vec<Order> = orders.collect::<Result<_>>()?;
        terminal.result(&serde_json::to_string_pretty(&orders)?)?;
        return Ok(Exit::Done);
    }
    let runs = models.iter().map(|model| run_of(flags, model, &finder));
    let runs: Vec<(Order, Place)> = runs.collect::<Result<_>>()?;
    let mut folders = Vec::new();
    let mut worst = Exit::Done;
    for (order, place) in runs {
        let (Ended { exit, said, .. }, folder) = carry_out(order, place, &finder)?;
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
        terminal.result(&said)?;
        worst = if exit == Exit::Done { worst } else { exit };
        folders.push(folder);
    }
    reading::keep(&flags.output, &folders)?;
    compare(&flags.output, &folders)?;
    Ok(worst)
}

/// The run of a model: a new one, or the one that its folder holds if that is the same.
fn run_of(flags: &Full, model: &str, finder: &Finder<'_>) -> Result<(Order, Place)> {
    let asked = Order::of(&demo(flags, model))?;
    let name = match Path::new(model).file_stem() {
        Some(stem) if model.ends_with(".gguf") => stem.to_string_lossy().into_owned(),
        _ => model.to_owned(),
    };
    let folder = flags.output.join(name);
    if !folder.join(order::FILE).exists() {
        return Ok((asked, Place::New(Some(folder))));
    }
    let mut there = Order::read(&folder)?;
    there.is_asked(&asked, &folder)?;
    same_model(&mut there, &finder.base(model)?)?;
    Ok((there, Place::There(folder)))
}

/// The flags of a demo run.
fn demo(flags: &Full, model: &str) -> RaftFlags {
    RaftFlags {
        model: Some(model.to_owned()),
        suite: vec!["cpp-demo".into()],
        held_out: Vec::new(),
        limit: flags.limit,
        held_out_limit: None,
        preset: "strict".into(),
        output: None,
        config: None,
        resume: None,
        dry_run: false,
        seed: flags.seed,
        threads: flags.threads,
        device: crate::cli::Device::Auto,
        sampling: crate::cli::SamplingFlags {
            cycles: Some(flags.cycles),
            ..Default::default()
        },
        filter: crate::cli::FilterFlags::default(),
        training: crate::cli::TrainingFlags::default(),
        memory: crate::cli::MemoryFlags::default(),
    }
}

/// Writes what stands over the runs of all models.
fn compare(output: &Path, folders: &[PathBuf]) -> Result<()> {
    ledger::write_derived(output, COMPARISON, &comparison(folders)?)?;
    Ok(())
}

/// halo-forge's `comparison_summary.json`, with the strict numbers beside.
fn comparison(folders: &[PathBuf]) -> Result<Vec<u8>> {
    let read = |folder: &PathBuf| -> Result<Value> {
        let path = folder.join("summary.json");
        let bytes = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
        Ok(serde_json::from_slice(&bytes)?)
    };
    let all = folders.iter().map(read).collect::<Result<Vec<Value>>>()?;
    let column = |of: &dyn Fn(&Value) -> Value| all.iter().map(of).collect::<Vec<Value>>();
    let at = |path: &'static str| move |one: &Value| one.pointer(path).cloned().unwrap_or_default();
    Ok(serde_json::to_vec_pretty(&json!({
        "models": column(&at("/model_name")),
        "comparison": {
            "baseline_compile_rates": column(&at("/baseline/compile_rate")),
            "final_compile_rates": column(&at("/final/compile_rate")),
            "improvements": column(&at("/improvement")),
        },
        "strict_pass_at_1": {
            "baseline": column(&at("/strict/baseline/prompts/measures/pass_at_1")),
            "final": column(&at("/strict/final/prompts/measures/pass_at_1")),
        },
    }))?)
}

/// Where a run lies.
enum Place {
    /// In a new folder, that one if it was named.
    New(Option<PathBuf>),
    /// In a folder that an earlier call made.
    There(PathBuf),
}

fn carry_out(mut order: Order, place: Place, finder: &Finder<'_>) -> Result<(Ended, PathBuf)> {
    let terminal = finder.terminal;
    let asked = Order::find(&mut order.suites, finder)?;
    let held_out = Order::find(&mut order.held_out, finder)?;
    let both: Vec<Suite> = asked.iter().chain(&held_out).cloned().collect();
    workshop::check(&both)?;
    let located = finder.base(&order.model.word)?;
    same_model(&mut order, &located)?;
    let located = Located {
        sha256: Some(order.model.sha256.clone()),
        ..located
    };
    let shape = Shape::of(&gguf::Gguf::open(&located.path)?)?;
    let lora = lora(&order.plan)?;
    lora.check(&shape)
        .map_err(|error| Usage(error.to_string()))?;
    // There is no way around it: without a sandbox nothing is sampled.
    let cell = containment::open(&both)?;
    let most = order.plan.max_new_tokens;
    let suites = workshop::prepared(both, most, order.prompt);
    let folder = match place {
        Place::There(folder) => {
            order.go_on(&folder)?;
            folder
        }
        Place::New(named) => {
            let (own, sizes) = (&suites[..asked.len()], (&shape, &lora));
            estimate::check(&order, own, &located, sizes)?;
            let folder = order::folder(named.as_ref(), &located.name);
            order.note_origin();
            order.write(&folder)?;
            folder
        }
    };
    terminal.note(&format!("Everything goes to {}.", folder.display()));
    let material = material(&order, &located.name, [&asked, &held_out]);
    let mut shop = Shop {
        plan: &order.plan,
        located: &located,
        folder: &folder,
        first: sampling::first(&order.plan, &folder),
        shape,
        lora,
        suites,
        prompt: order.prompt,
        now: order.now()?,
        compute: &order.compute,
        cell: cell.as_ref(),
        terminal,
        stop: finder.stop,
        tried_batch: false,
    };
    let raft = RaftFolder::open(&folder)?;
    let outcome = improve::raft::run(&order.plan, &material, &raft, &mut shop);
    let outcome = outcome.map_err(usage)?;
    let ended = ended(outcome.as_ref(), (&order, &raft), terminal)?;
    Ok((ended, folder))
}

/// What the run is about.
fn material(order: &Order, short: &str, [asked, held_out]: [&[Suite]; 2]) -> Material {
    Material {
        names: Names {
            model: order.model.word.clone(),
            short: short.to_owned(),
        },
        prompts: workshop::prompts(asked),
        held_out: workshop::prompts(held_out),
        history: order.history.clone(),
        said: order.said.clone(),
    }
}

/// A plan that cannot be is the user's mistake; everything else stays what it is.
fn usage(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<improve::Error>() {
        Ok(improve::Error::Recipe(what)) => Usage(what).into(),
        Ok(improve::Error::Nothing(what)) => {
            Usage(format!("there is nothing to train on: {what}")).into()
        }
        Ok(other) => other.into(),
        Err(other) => other,
    }
}

/// Notes which file it is; a run that goes on must find that one again.
fn same_model(order: &mut Order, located: &Located) -> Result<()> {
    let sha256 = match &located.sha256 {
        Some(sha256) => sha256.clone(),
        None => hub::sha256_file(&located.path)?,
    };
    if order.model.sha256.is_empty() {
        order.model.sha256 = sha256;
        order.model.name.clone_from(&located.name);
        // A path may mean another file from another folder.
        if located.sha256.is_none() {
            order.model.word = located.path.display().to_string();
        }
    } else if order.model.sha256 != sha256 {
        return Err(Usage(format!(
            "{} is not the file that this run began with (SHA-256 {sha256}, then {}); start a new run",
            located.path.display(),
            order.model.sha256
        ))
        .into());
    }
    Ok(())
}

fn lora(plan: &RaftPlan) -> Result<Lora> {
    let named = plan.adapter.targets.iter().map(|name| Target::parse(name));
    let targets = named.collect::<Result<Vec<Target>, _>>();
    let targets = targets.map_err(|error| Usage(error.to_string()))?;
    Ok(Lora {
        rank: plan.adapter.rank,
        alpha: plan.adapter.alpha,
        targets: match targets.is_empty() {
            true => Target::ALL.to_vec(),
            false => targets,
        },
    })
}

fn ended(
    outcome: Option<&Outcome>,
    (order, folder): (&Order, &RaftFolder),
    terminal: &Terminal,
) -> Result<Ended> {
    let Some(outcome) = outcome.filter(|outcome| outcome.end != End::Stopped) else {
        terminal.note(&format!(
            "Interrupted; go on with: whet train raft --resume {}",
            folder.path().display()
        ));
        return Ok(Ended {
            exit: Exit::Interrupted,
            said: String::new(),
            result: None,
        });
    };
    hardware::write(folder, order.plan.cycles)?;
    published::write(folder, order.plan.cycles)?;
    published::adapters(folder, outcome)?;
    Ok(Ended {
        exit: match outcome.end {
            End::NothingKept | End::NotFinite if outcome.best.is_none() => Exit::Gate,
            _ => Exit::Done,
        },
        said: table::text(outcome, order, folder),
        result: outcome.best.map(|best| folder.adapter(best)),
    })
}
