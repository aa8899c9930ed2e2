//! A phase of sampling: the code benchmark, in a run folder of its own below the phase's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::plan::EnergyPlan;
use bench::run::{Ended, Material};
use bench::{Desk, Plan};
use improve::raft::{Effort, Prompt, RaftPlan, Sample, Sampled, Sampling};
use ledger::record::Done;
use ledger::{Run, RunFolder};
use measure::Clock;
use sandbox::Sandbox;
use serde_json::json;
use task::Suite;

use super::workshop::Shop;
use super::{drift, hardware};
use crate::command::bench::{Watched, write_report};
use crate::command::train::costs;
use crate::subject::Loaded;
use crate::watch::Progress;
use crate::{caches, containment, provenance};

/// The run folder's name.
const RUN: &str = "run";

/// The phase that rests, for all of them, and its run folder: the first one that a plan has.
pub(super) fn first(plan: &RaftPlan, folder: &Path) -> (&'static str, PathBuf) {
    let (name, place) = match plan.measure_prompts {
        Some(0) => ("baseline, held out", "baseline/held_out"),
        _ => ("baseline", "baseline/prompts"),
    };
    (name, folder.join(place).join(RUN))
}

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
    let laid = |path| shop.located.with(llama::Adapter { path, scale: 1.0 });
    let located = order
        .adapter
        .clone()
        .map_or_else(|| shop.located.clone(), laid);
    let loaded = Loaded::open(&located, shop.compute, &watched.clock)?;
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
        (shop, order),
        (&plan, &suites, &loaded),
        (&mut run_folder, &earlier),
        &watched,
    )?;
    if ended == Ended::Interrupted {
        return Ok(None);
    }
    shop.tried_batch = true;
    let run = ledger::read(&place)?;
    write_report(&place, &run, shop.terminal.readings())?;
    let now = (watched.clock.now_ns() - started) as f64 / 1e9;
    let seconds = hardware::lasted(&earlier) + now;
    let effort = effort(&run, seconds, went_on);
    Ok(Some(Sampled {
        samples: samples(&run, &order.prompts, shop.plan.filter.ladder),
        drift: drift::of(&run, order.seed),
        effort,
    }))
}

/// The code benchmark's plan for this phase, and nothing else in it.
fn plan(shop: &Shop<'_>, order: &Sampling<'_>, suites: &[Suite]) -> Plan {
    let mut plan = Plan::quick(order.seed, shop.compute.threads);
    plan.device = shop.compute.device.clone();
    plan.preset = "raft".into();
    (plan.perplexity, plan.memory, plan.latency) = (None, None, None);
    plan.energy = Some(match order.phase == shop.first.0 {
        true => EnergyPlan::SHORT,
        false => EnergyPlan::NONE,
    });
    if let Some(code) = &mut plan.code {
        code.suites = suites.iter().map(|suite| suite.name.clone()).collect();
        code.samples = order.asking.samples_per_prompt;
        code.temperature = order.asking.temperature;
        code.top_k = order.asking.top_k;
        code.top_p = order.asking.top_p;
        code.batch = shop.plan.batch;
        code.prompt = shop.prompt;
        code.whole_answers = !shop.plan.filter.only_code;
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
    if order.phase != shop.first.0 {
        header.machine.extend(hardware::rest(shop)?);
    }
    if let Some(adapter) = &order.adapter {
        header.engine.insert("adapter".into(), json!(adapter));
    }
    let unborn = folder.join(RUN);
    if unborn.exists() {
        // Its header is written last: killed before that, the folder holds nothing and would be in the way.
        std::fs::remove_dir_all(&unborn)
            .with_context(|| format!("cannot remove {}", unborn.display()))?;
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
    (shop, order): (&Shop<'_>, &Sampling<'_>),
    (plan, suites, loaded): (&Plan, &[Suite], &Loaded),
    (folder, earlier): (&mut RunFolder, &Run),
    watched: &Watched,
) -> Result<Ended> {
    let place = folder.path().to_owned();
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
        threads: shop.compute.threads,
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
    let mut ended = bench::run::alone(&subject, plan, material, &mut desk).context("sampling");
    if order.against_base && matches!(ended, Ok(Ended::Complete)) {
        let samples = samples(
            &ledger::read(&place)?,
            &order.prompts,
            shop.plan.filter.ladder,
        );
        ended = drift::measure(shop, &subject, &samples, &mut desk);
    }
    progress.clear();
    ended
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
        generate_seconds: hardware::spent(run, "generate"),
        judge_seconds: hardware::spent(run, "judge"),
        tokens_per_s: rate,
        costs: costs::of_phases(run),
        went_on,
        hardware: hardware::seen(run, seconds),
    }
}
