//! `summary.json` and `raft_statistics.json`.
//!
//! Both begin with the fields of halo-forge, under its names and with its rounding, so that its tools read them.
//! Its `pass_at_1` and `pass_at_k` are the shares of prompts of which any and of which all samples *compile*; they
//! stand there because the schema wants them. What is meant by pass@1 elsewhere is under `strict`, with intervals.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::costs::totals;
use super::{Broken, Change, Cycle, End, Looks, Measured, Measures, Outcome, RaftPlan, Sample};

/// Who was trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The model as it was asked for.
    pub model: String,
    /// A name for folders.
    pub short: String,
}

const LEGEND: &str = "pass_at_1 and pass_at_k of baseline, final and improvement are halo-forge's: the shares of prompts of which any and of which all samples compile. strict.pass_at_1 is the share of right samples. What was not measured is null, with its reason in prompts. Where best is null no adapter was better than the base: final is the baseline again, and there is no change. A phase that went_on was interrupted: its times are at least that long";
const CHOSEN: &str = "these prompts decided whether a cycle or the base is taken, so what they say of the choice is on the lucky side; p and interval do not allow for that";

/// `summary.json`.
pub(super) fn summary(outcome: &Outcome, plan: &RaftPlan, names: &Names) -> Value {
    let (first, last) = (&outcome.baseline, &outcome.last);
    let improvement = |of: fn(&Measures) -> f64| {
        outcome.best?;
        let measures = |looks: &'_ Looks| looks.prompts.as_ref()?.measures.as_ref().map(of);
        Some(rounded(measures(last)? - measures(first)?, 4))
    };
    json!({
        "model_name": names.model,
        "model_short": names.short,
        "n_cycles": outcome.cycles.len(),
        "total_time_sec": rounded(outcome.seconds(), 1),
        "baseline": look(first.prompts.as_ref()),
        "cycles": outcome.cycles.iter().map(cycle).collect::<Vec<_>>(),
        "final": look(last.prompts.as_ref()),
        "hardware_summary": hardware_summary(outcome),
        "improvement": {
            "compile_rate": improvement(compile_rate),
            "pass_at_1": improvement(|m| m.any_compiles),
        },
        "legend": LEGEND,
        "plan": plan,
        "end": outcome.end,
        "costs": totals(outcome),
        "training": outcome.cycles.iter().map(training).collect::<Vec<_>>(),
        "best": outcome.best,
        "prompts": { "all": outcome.prompts.all, "measured": outcome.prompts.measured, "reason": outcome.prompts.unmeasured() },
        "strict": {
            "baseline": strict(first),
            "cycles": outcome.cycles.iter().map(|cycle| &cycle.held_out).collect::<Vec<_>>(),
            "final": strict(last),
            "change": {
                "prompts": outcome.change(|looks| looks.prompts.as_ref()),
                "held_out": outcome.change(|looks| looks.held_out.as_ref()),
                "held_out_suites": changes(outcome),
            },
            "choice": choice(outcome),
        },
        "said": outcome.said,
    })
}

/// Suite by suite, because one may have chosen the cycle and another not.
fn changes(outcome: &Outcome) -> BTreeMap<&str, Option<Change>> {
    let measured = outcome.baseline.held_out.iter();
    let suites = measured.flat_map(|held_out| held_out.suites.keys());
    suites
        .map(|suite| (suite.as_str(), outcome.change_of(suite)))
        .collect()
}

/// How the best cycle was found; `suite` is null where all held-out prompts chose it. The base is a candidate beside the
/// cycles, so that a single one was chosen, too.
fn choice(outcome: &Outcome) -> Value {
    let candidates = outcome.candidates();
    json!({
        "suite": outcome.chooser,
        "candidates": candidates,
        "note": (candidates > 0).then_some(CHOSEN),
    })
}

fn strict(looks: &Looks) -> Value {
    json!({ "prompts": looks.prompts, "held_out": looks.held_out })
}

fn look(measured: Option<&Measured>) -> Value {
    let Some((effort, Some(measures))) = measured.map(|one| (&one.effort, &one.measures)) else {
        return Value::Null;
    };
    json!({
        "total_prompts": measures.prompts,
        "total_samples": measures.samples,
        "compiled": measures.compiled,
        "passed": measures.passed,
        "compile_rate": rounded(compile_rate(measures), 4),
        "pass_rate": rounded(measures.passed as f64 / measures.samples as f64, 4),
        "pass_at_1": rounded(measures.any_compiles, 4),
        "pass_at_k": rounded(measures.all_compile, 4),
        "avg_reward": rounded(measures.avg_reward, 4),
        "tokens_per_sec": effort.tokens_per_s.map(|rate| rounded(rate, 1)),
        "generation_time_sec": effort.generate_seconds.map(|time| rounded(time, 1)),
        "verification_time_sec": effort.judge_seconds.map(|time| rounded(time, 1)),
        "hardware": effort.hardware,
    })
}

/// Over samples, as halo-forge counts.
fn compile_rate(measures: &Measures) -> f64 {
    measures.compiled as f64 / measures.samples as f64
}

fn cycle(cycle: &Cycle) -> Value {
    let measures = cycle.sampled.measures.as_ref();
    let trained = cycle.trained.as_ref();
    json!({
        "cycle": cycle.cycle,
        "generated": cycle.n_samples,
        "verified": measures.map_or(0, |measures| measures.samples),
        "kept": cycle.kept,
        "compile_rate": measures.map(|measures| rounded(compile_rate(measures), 4)),
        "avg_reward": measures.map(|measures| rounded(measures.avg_reward, 4)),
        "training_loss": trained.and_then(|trained| Some(rounded(trained.mean_loss?, 6))),
        "training_steps": trained.map_or(0, |trained| trained.steps),
        "cycle_time_sec": rounded(cycle.seconds(), 1),
        "hardware": cycle.sampled.effort.hardware,
    })
}

/// Why a cycle's training ended, and what it cost.
fn training(cycle: &Cycle) -> Value {
    if let Some(broken) = &cycle.broken {
        let Broken { why, effort } = broken;
        return json!({ "cycle": cycle.cycle, "end": End::NotFinite, "why": why, "effort": effort });
    }
    let Some(trained) = &cycle.trained else {
        return json!({ "cycle": cycle.cycle, "end": null, "why": "nothing was kept to train on" });
    };
    let mut all = json!(trained);
    all["cycle"] = json!(cycle.cycle);
    all["why"] = json!(trained.why());
    all
}

fn hardware_summary(outcome: &Outcome) -> Value {
    let mut phases = serde_json::Map::new();
    let mut look = |name: &str, looks: &Looks| {
        if let Some(own) = &looks.prompts {
            phases.insert(name.into(), own.effort.hardware.clone());
        }
    };
    look("baseline", &outcome.baseline);
    if outcome.best.is_some() {
        look("final", &outcome.last);
    }
    for cycle in &outcome.cycles {
        let name = format!("cycle_{}", cycle.cycle);
        phases.insert(name.clone(), cycle.sampled.effort.hardware.clone());
        if let Some(training) = cycle.training() {
            phases.insert(format!("{name}_training"), training.hardware.clone());
        }
    }
    let all = |path: &str| -> Vec<f64> {
        let found = phases
            .values()
            .filter_map(|phase| phase.pointer(path)?.as_f64());
        found.collect()
    };
    let most = |path: &str| all(path).into_iter().reduce(f64::max);
    let energy = all("/energy_wh");
    json!({
        "gpu_peak_utilization_pct": most("/gpu/utilization_peak_pct"),
        "gpu_peak_memory_gb": most("/gpu/memory_peak_gb"),
        "sys_peak_memory_gb": most("/system/memory_peak_gb"),
        "total_energy_wh": (!energy.is_empty()).then(|| energy.iter().sum::<f64>()),
        "reason": "samples of the prompts that are trained on, and training; what only measures is in no sum but in its own phase",
        "phases": phases,
    })
}

/// `raft_statistics.json`.
pub(super) fn statistics(cycles: &[Cycle]) -> Value {
    let mut elapsed = 0.0;
    let all = cycles.iter().map(|cycle| {
        elapsed += cycle.seconds() / 60.0;
        let measures = cycle.sampled.measures.as_ref();
        json!({
            "cycle": cycle.cycle,
            "elapsed_minutes": rounded(elapsed, 2),
            "total_samples": cycle.n_samples,
            "above_threshold": cycle.above_threshold,
            "kept": cycle.kept,
            "avg_reward": measures.map(|measures| measures.avg_reward),
            "avg_kept_reward": cycle.avg_kept_reward,
            "success_rate": measures.map(|measures| measures.passed as f64 / measures.samples as f64),
            "reward_distribution": cycle.distribution,
            "threshold_adjusted": cycle.bar.threshold < cycle.asked_threshold,
            "effective_threshold": cycle.bar.threshold,
            "strict_pass_at_1": measures.map(|measures| measures.pass_at_1),
            "any_compiles": measures.map(|measures| measures.any_compiles),
            "all_compile": measures.map(|measures| measures.all_compile),
            "repaired": cycle.repaired,
            "kept_repairs": cycle.kept_repairs,
            "duplicates": cycle.duplicates,
            "over_cap": cycle.over_cap,
            "rows": cycle.rows,
            "temperature": cycle.temperature,
            "learning_rate": cycle.learning_rate,
            "training": cycle.trained,
            "broken": cycle.broken,
            "look": cycle.look,
        })
    });
    Value::Array(all.collect())
}

/// Samples by their worth, in halo-forge's four classes; what lies between them is in none, as there.
pub(super) fn distribution(samples: &[Sample]) -> Value {
    let within = |from: f64, to: f64| {
        let worth = samples.iter().filter_map(|sample| sample.reward);
        worth.filter(|worth| (from..to).contains(worth)).count()
    };
    json!({
        "0.0": within(0.0, 0.2),
        "0.5": within(0.4, 0.6),
        "0.7": within(0.6, 0.9),
        "1.0": within(0.9, f64::INFINITY),
    })
}

fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}
