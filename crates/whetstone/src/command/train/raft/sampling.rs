//! A phase of sampling: the code benchmark, in a run folder of its own below the phase's.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use bench::plan::EnergyPlan;
use bench::run::{Ended, Material};
use bench::{Desk, Plan};
use improve::raft::{Effort, Prompt, Sample, Sampled, Sampling};
use ledger::record::Done;
use ledger::{Run, RunFolder};
use measure::Clock;
use sandbox::Sandbox;
use serde_json::{Value, json};
use task::Suite;

use super::workshop::Shop;
use crate::command::bench::{Watched, write_report};
use crate::subject::Loaded;
use crate::watch::Progress;
use crate::{caches, containment, provenance};

/// The run folder's name.
const RUN: &str = "run";

/// Samples and judges what is missing; `None` if the user asked to stop.
pub(super) fn sample(
    shop: &mut Shop<'_>,
    order: &Sampling<'_>,
    folder: &Path,
) -> Result<Option<Sampled>> {
    let watched = Watched::start();
    let suites = shop.asked(&order.prompts);
    let plan = plan(shop, order, &suites);
    let started = watched.clock.now_ns();
    let adapter = order
        .adapter
        .clone()
        .map(|path| llama::Adapter { path, scale: 1.0 });
    let loaded = Loaded::open(shop.located, shop.threads, adapter, &watched.clock)?;
    let place = folder.join(RUN);
    let went_on = place.join("run.json").is_file();
    let (mut run_folder, mut earlier) = match went_on {
        true => RunFolder::open(&place)?,
        false => begin(shop, (&plan, &suites, &loaded), (order, folder), &watched)?,
    };
    if shop.tried_batch {
        earlier.done.extend(suites.iter().map(|suite| Done {
            model: loaded.name.clone(),
            step: format!("determinism/{}", suite.name),
        }));
    }
    let ended = measure(
        shop,
        (&plan, &suites, &loaded),
        (&mut run_folder, &earlier),
        &watched,
    )?;
    if ended == Ended::Interrupted {
        return Ok(None);
    }
    shop.tried_batch = true;
    let run = ledger::read(&place)?;
    write_report(&place, &run)?;
    let seconds = (watched.clock.now_ns() - started) as f64 / 1e9;
    let effort = effort(&run, seconds, went_on);
    Ok(Some(Sampled {
        samples: samples(&run, &order.prompts, shop.plan.filter.ladder),
        effort,
    }))
}

/// The code benchmark's plan for this phase, and nothing else in it.
fn plan(shop: &Shop<'_>, order: &Sampling<'_>, suites: &[Suite]) -> Plan {
    let mut plan = Plan::quick(order.seed, shop.threads);
    plan.preset = "raft".into();
    (plan.perplexity, plan.memory, plan.latency) = (None, None, None);
    plan.energy = Some(EnergyPlan::NONE);
    if let Some(code) = &mut plan.code {
        code.suites = suites.iter().map(|suite| suite.name.clone()).collect();
        code.samples = order.asking.samples_per_prompt;
        code.temperature = order.asking.temperature;
        code.top_k = order.asking.top_k;
        code.top_p = order.asking.top_p;
        code.batch = shop.plan.batch;
        code.prompt = shop.prompt;
    }
    plan
}

fn begin(
    shop: &Shop<'_>,
    (plan, suites, loaded): (&Plan, &[Suite], &Loaded),
    (order, folder): (&Sampling<'_>, &Path),
    watched: &Watched,
) -> Result<(RunFolder, Run)> {
    let subject = loaded.subject(Some(shop.now))?;
    let mut header = provenance::header(provenance::Known {
        plan,
        models: vec![provenance::model(shop.located, loaded)?],
        suites: provenance::suites(suites, &subject, shop.prompt)?,
        sandbox: shop.cell.map(|cell| cell as &dyn Sandbox),
    })?;
    header.run_id = RUN.into();
    header.machine.extend(watched.facts());
    if let Some(adapter) = &order.adapter {
        header.engine.insert("adapter".into(), json!(adapter));
    }
    let mut run_folder = RunFolder::create(folder, &header)?;
    let weak = shop
        .cell
        .and_then(|cell| containment::warning(cell.badge()));
    if let Some(warning) = weak {
        run_folder.append_warning(&warning)?;
    }
    Ok((run_folder, Run::new(header)))
}

fn measure(
    shop: &Shop<'_>,
    (plan, suites, loaded): (&Plan, &[Suite], &Loaded),
    (folder, earlier): (&mut RunFolder, &Run),
    watched: &Watched,
) -> Result<Ended> {
    let mut progress = Progress::new(shop.terminal);
    let precedents = caches::precedents();
    let fast_ways = caches::fast_ways();
    let mut desk = Desk {
        folder,
        earlier,
        clock: &watched.clock,
        sandbox: shop.cell.map(|cell| cell as &dyn Sandbox),
        fast_ways: fast_ways.as_deref(),
        precedents: precedents.as_ref(),
        threads: shop.threads,
        stop: shop.stop,
        watcher: &mut progress,
        meter: watched.meter(earlier),
    };
    watched.begin(
        std::slice::from_ref(shop.located),
        plan,
        &mut desk,
        shop.terminal,
    )?;
    let material = Material {
        suites,
        ..Material::default()
    };
    let subject = loaded.subject(Some(shop.now))?;
    let ended = bench::run::alone(&subject, plan, material, &mut desk);
    progress.clear();
    Ok(ended.context("sampling")?)
}

/// The run's records in the order of the prompts.
fn samples(run: &Run, prompts: &[&Prompt], ladder: improve::raft::Ladder) -> Vec<Sample> {
    let index = run.index();
    let mut by_prompt: BTreeMap<(&str, &str), Vec<&ledger::record::Attempt>> = BTreeMap::new();
    for attempt in &run.attempts {
        let key = (attempt.key.suite.as_str(), attempt.key.problem.as_str());
        by_prompt.entry(key).or_default().push(attempt);
    }
    let of_prompt = |prompt: &&Prompt| {
        let key = (prompt.suite.as_str(), prompt.id.as_str());
        let mut attempts = by_prompt.get(&key).cloned().unwrap_or_default();
        // Completions are written as they end, which is not the order in which they were asked for.
        attempts.sort_by_key(|attempt| attempt.key.attempt);
        let sample = |attempt: &ledger::record::Attempt| {
            Sample::of(prompt, (attempt, index.verdict(&attempt.key)), ladder)
        };
        attempts.into_iter().map(sample).collect::<Vec<_>>()
    };
    prompts.iter().flat_map(of_prompt).collect()
}

fn effort(run: &Run, seconds: f64, went_on: bool) -> Effort {
    let rate = run
        .measurements
        .iter()
        .find(|one| one.metric == "generate_tokens_per_s")
        .and_then(|one| one.values.first().copied());
    Effort {
        seconds,
        generate_seconds: spent(run, "generate"),
        judge_seconds: spent(run, "judge"),
        tokens_per_s: rate,
        went_on,
        hardware: hardware(run, seconds),
    }
}

/// Time that the monitor saw in a phase; `None` without a monitor.
fn spent(run: &Run, phase: &str) -> Option<f64> {
    let pairs = run.hardware.windows(2);
    let closing = pairs.filter(|pair| pair[0].session == pair[1].session && pair[1].phase == phase);
    let ns: u64 = closing
        .map(|pair| pair[1].at_ns.saturating_sub(pair[0].at_ns))
        .sum();
    (!run.hardware.is_empty()).then_some(ns as f64 / 1e9)
}

/// halo-forge's summary of the monitor. What was not read is null, energy with its reason.
fn hardware(run: &Run, seconds: f64) -> Value {
    let read = |name: &str, scale: f64| -> Vec<f64> {
        let readings = run
            .hardware
            .iter()
            .filter_map(|sample| sample.readings.get(name));
        readings.map(|value| value * scale).collect()
    };
    let mean = |all: &[f64]| (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let most = |all: &[f64]| all.iter().copied().reduce(f64::max);
    let memory = read("system_used_bytes", 1e-9);
    let busy = read("cpu_busy_share", 100.0);
    let joules: Vec<f64> = ["cpu_joules", "gpu0_joules"]
        .iter()
        .flat_map(|name| read(name, 1.0))
        .collect();
    let energy = (!joules.is_empty()).then(|| joules.iter().sum::<f64>() / 3600.0);
    let is_energy = |one: &&ledger::record::Measurement| one.metric == "energy_run_joules";
    let reason = run
        .measurements
        .iter()
        .find(is_energy)
        .and_then(|one| one.reason.clone());
    json!({
        "duration_sec": (seconds * 10.0).round() / 10.0,
        "samples_count": run.hardware.len(),
        "gpu": {
            "utilization_avg_pct": mean(&read("gpu0_busy_share", 100.0)),
            "utilization_peak_pct": most(&read("gpu0_busy_share", 100.0)),
            "memory_avg_gb": mean(&read("gpu0_used_bytes", 1e-9)),
            "memory_peak_gb": most(&read("gpu0_used_bytes", 1e-9)),
            "power_avg_w": mean(&read("gpu0_watts", 1.0)),
            "power_peak_w": most(&read("gpu0_watts", 1.0)),
        },
        "system": {
            "memory_avg_gb": mean(&memory),
            "memory_peak_gb": most(&memory),
            "cpu_util_avg_pct": mean(&busy),
            "cpu_util_peak_pct": most(&busy),
        },
        "energy_wh": energy,
        "energy_reason": energy.map_or(reason, |_| None),
    })
}
