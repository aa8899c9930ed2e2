//! The loop: it gets better, it guards, it stops, and it goes on from wherever it was killed.

use std::path::Path;

use improve::raft::{
    End, History, Look, Material, Names, Outcome, Prompt, RaftFolder, RaftPlan, run,
};
use serde_json::Value;
use task::Language;

use super::workshop::{Ended, Made};

fn prompts(suite: &str, n: usize) -> Vec<Prompt> {
    let prompt = |i| Prompt {
        suite: suite.into(),
        id: format!("p{i}"),
        text: format!("write program number {i} of {suite}"),
        expected_output: None,
        language: Language::Cpp,
        is_stub: false,
        repairs: None,
    };
    (0..n).map(prompt).collect()
}

pub(crate) fn material() -> Material {
    Material {
        names: Names {
            model: "toy".into(),
            short: "toy".into(),
        },
        prompts: prompts("asked", 8),
        held_out: prompts("held", 6),
        history: History::new(),
        said: Vec::new(),
    }
}

pub(crate) fn plan() -> RaftPlan {
    let mut plan = RaftPlan::preset("strict").unwrap();
    plan.sampling.samples_per_prompt = 8;
    plan.cycles = 3;
    // All of them, whatever they gain.
    plan.cycle_patience = 0;
    plan
}

pub(crate) fn go(
    plan: &RaftPlan,
    material: &Material,
    folder: &Path,
    made: &mut Made,
) -> Result<Option<Outcome>, Ended> {
    run(plan, material, &RaftFolder::open(folder).unwrap(), made)
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn cycles_learn_from_all_that_was_kept_and_the_best_is_measured_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made::new();
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::Complete, Some(3)));
    let rows: Vec<usize> = made.lessons.iter().map(|lesson| lesson.0).collect();
    assert!(rows.is_sorted() && rows[0] > 8, "{rows:?}");
    let strict = |looks: &improve::raft::Looks| {
        looks
            .held_out
            .as_ref()
            .unwrap()
            .measures
            .as_ref()
            .unwrap()
            .pass_at_1
            .value
    };
    assert!(strict(&outcome.last) > strict(&outcome.baseline) + 0.3);
    let change = outcome.change(|looks| looks.held_out.as_ref()).unwrap();
    assert!(
        change.difference.value > 0.3 && change.p < 0.1,
        "{change:?}"
    );
    let from: Vec<&str> = made
        .sampled_from
        .iter()
        .map(|from| from.as_deref().unwrap_or("base"))
        .collect();
    let wanted = [
        "base", "base", "base", "cycle_1", "cycle_1", "cycle_2", "cycle_2", "cycle_3", "cycle_3",
        "cycle_3",
    ];
    assert_eq!(from, wanted);
}

/// Fields of the published files, in their order.
const SUMMARY: [&str; 9] = [
    "model_name",
    "model_short",
    "n_cycles",
    "total_time_sec",
    "baseline",
    "cycles",
    "final",
    "hardware_summary",
    "improvement",
];
/// Fields of the published files, in their order.
const LOOK: [&str; 13] = [
    "total_prompts",
    "total_samples",
    "compiled",
    "passed",
    "compile_rate",
    "pass_rate",
    "pass_at_1",
    "pass_at_k",
    "avg_reward",
    "tokens_per_sec",
    "generation_time_sec",
    "verification_time_sec",
    "hardware",
];
/// Fields of the published files, in their order.
const CYCLE: [&str; 10] = [
    "cycle",
    "generated",
    "verified",
    "kept",
    "compile_rate",
    "avg_reward",
    "training_loss",
    "training_steps",
    "cycle_time_sec",
    "hardware",
];
/// Fields of the published files, in their order.
const STATISTICS: [&str; 11] = [
    "cycle",
    "elapsed_minutes",
    "total_samples",
    "above_threshold",
    "kept",
    "avg_reward",
    "avg_kept_reward",
    "success_rate",
    "reward_distribution",
    "threshold_adjusted",
    "effective_threshold",
];
/// Fields of the published files, in their order.
const ROW: [&str; 10] = [
    "prompt_id",
    "prompt",
    "expected_output",
    "code",
    "sample_idx",
    "compiles",
    "reward",
    "error",
    "passes",
    "actual_output",
];

#[test]
fn what_is_written_has_the_published_fields_with_the_strict_ones_beside() {
    let folder = tempfile::tempdir().unwrap();
    go(&plan(), &material(), folder.path(), &mut Made::new()).unwrap();
    let summary = json(&folder.path().join("summary.json"));
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&summary)[..9], SUMMARY);
    assert_eq!(keys(&summary["final"]), LOOK);
    assert_eq!(summary["baseline"]["total_samples"], 64);
    assert_eq!(keys(&summary["cycles"][0]), CYCLE);
    // 10 phases of sampling of 2 s and 3 trainings of 3 s.
    assert_eq!(summary["total_time_sec"], 29.0);
    let strict = &summary["strict"]["final"]["prompts"]["measures"]["pass_at_1"];
    assert!(
        strict["interval"]["lo"].is_number() && strict["n"] == 8,
        "{strict}"
    );
    let statistics = json(&folder.path().join("raft_statistics.json"));
    assert_eq!(keys(&statistics[2])[..11], STATISTICS);
    let kept = std::fs::read_to_string(folder.path().join("cycle_1/kept.jsonl")).unwrap();
    let row: Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    assert_eq!(keys(&row)[..10], ROW);
    assert_eq!(
        (&row["passes"], &row["reward"]),
        (&true.into(), &1.0.into())
    );
}

#[test]
fn killed_before_any_step_it_ends_with_the_same_adapter() {
    let whole = tempfile::tempdir().unwrap();
    let mut made = Made::new();
    go(&plan(), &material(), whole.path(), &mut made).unwrap();
    let adapter =
        |folder: &Path| std::fs::read(folder.join("cycle_3/checkpoint/adapter.gguf")).unwrap();
    let samples =
        |folder: &Path| std::fs::read(folder.join("final/held_out/samples.jsonl")).unwrap();
    let n_steps = made.taken;
    assert!(n_steps > 100, "{n_steps}");
    for life in (0..n_steps).step_by(13) {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Made {
            left: life,
            ..Made::new()
        };
        let killed = go(&plan(), &material(), folder.path(), &mut first);
        assert!(matches!(killed, Err(Ended::Killed)), "{life}");
        assert!(!folder.path().join("summary.json").exists());
        let mut second = Made::new();
        go(&plan(), &material(), folder.path(), &mut second).unwrap();
        assert_eq!(adapter(folder.path()), adapter(whole.path()), "{life}");
        assert_eq!(samples(folder.path()), samples(whole.path()), "{life}");
        assert_eq!(
            first.taken + second.taken,
            n_steps,
            "no work was done twice"
        );
    }
}

#[test]
fn killed_again_and_again_it_still_arrives() {
    let whole = tempfile::tempdir().unwrap();
    go(&plan(), &material(), whole.path(), &mut Made::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut lives = 0;
    while go(
        &plan(),
        &material(),
        folder.path(),
        &mut Made {
            left: 3,
            ..Made::new()
        },
    )
    .is_err()
    {
        lives += 1;
        assert!(lives < 1000);
    }
    assert!(lives > 30);
    for name in ["summary.json", "raft_statistics.json", "cycle_2/kept.jsonl"] {
        let bytes = |of: &Path| std::fs::read(of.join(name)).unwrap();
        assert_eq!(bytes(folder.path()), bytes(whole.path()), "{name}");
    }
}

#[test]
fn a_mark_that_is_missing_means_that_the_phase_is_done_again() {
    let whole = tempfile::tempdir().unwrap();
    go(&plan(), &material(), whole.path(), &mut Made::new()).unwrap();
    let summary = std::fs::read(whole.path().join("summary.json")).unwrap();
    for phase in [
        "baseline/prompts",
        "cycle_1/samples",
        "cycle_2/training",
        "cycle_3/held_out",
    ] {
        std::fs::remove_file(whole.path().join(phase).join("phase.json")).unwrap();
        let mut made = Made::new();
        go(&plan(), &material(), whole.path(), &mut made).unwrap();
        assert_eq!(made.sampled_from.len() + made.lessons.len(), 1, "{phase}");
        assert_eq!(
            std::fs::read(whole.path().join("summary.json")).unwrap(),
            summary
        );
    }
    std::fs::write(
        whole.path().join("cycle_1/samples/samples.jsonl"),
        "{\"torn",
    )
    .unwrap();
    let torn = go(&plan(), &material(), whole.path(), &mut Made::new());
    let Err(Ended::Improve(error)) = torn else {
        panic!("{torn:?}")
    };
    assert!(
        error.to_string().contains("samples.jsonl")
            && error.to_string().contains("delete its folder"),
        "{error}"
    );
}

#[test]
fn a_cycle_that_gains_nothing_is_the_last_and_a_fall_is_forgiven_once() {
    let mut plan = plan();
    plan.cycle_patience = RaftPlan::preset("strict").unwrap().cycle_patience;
    let cycles = |made: &mut Made| {
        let folder = tempfile::tempdir().unwrap();
        let outcome = go(&plan, &material(), folder.path(), made)
            .unwrap()
            .unwrap();
        let again = go(&plan, &material(), folder.path(), &mut Made::new())
            .unwrap()
            .unwrap();
        assert_eq!(again, outcome);
        let summary = json(&folder.path().join("summary.json"));
        assert_eq!(summary["end"], "no_gain");
        let said = outcome.said.last().unwrap().clone();
        assert!(said.contains("--cycle-patience 0"), "{said}");
        outcome.cycles.len()
    };
    let mut equal = Made {
        unsolved: Some("held"),
        ..Made::new()
    };
    assert_eq!(cycles(&mut equal), 1);
    let mut falling = Made {
        gains: vec![-50, -50, -50],
        ..Made::new()
    };
    assert_eq!(cycles(&mut falling), 2);
}

#[test]
fn no_cycle_learns_a_problem_that_it_holds_back_and_the_summary_says_why_each_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made::new();
    let mut plan = plan();
    plan.recipe.held_out = 0.1;
    let outcome = go(&plan, &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    for [learnt, held_back] in &made.parted {
        assert_eq!(held_back.len(), 1);
        assert!(learnt.is_disjoint(held_back), "{learnt:?} {held_back:?}");
    }
    let summary = json(&folder.path().join("summary.json"));
    let first = &summary["training"][0];
    assert_eq!(first["end"], "no_gain");
    let why = first["why"].as_str().unwrap();
    assert!(why.contains("of 40 steps"), "{why}");
    assert_eq!(first["held_back"]["best_step"], 2);
    // 3 samplings, 3 trainings, and 7 phases that only measure.
    let costs = summary["costs"].as_array().unwrap();
    let seconds: Vec<f64> = costs
        .iter()
        .map(|one| one["seconds"].as_f64().unwrap())
        .collect();
    assert_eq!(seconds, [3.0, 1.5, 7.5, 10.5, 6.5]);
    assert_eq!(seconds.iter().sum::<f64>(), outcome.seconds());
    assert_eq!(costs[2]["cpu_seconds"], 15.0);
    assert!(costs[4]["cpu_seconds"].is_null());
}

#[test]
fn told_to_stop_it_stops_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        stop_at: Some(1),
        ..Made::new()
    };
    assert!(
        go(&plan(), &material(), folder.path(), &mut made)
            .unwrap()
            .is_none()
    );
    let mut made = Made {
        stop_at: Some(40),
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!(outcome.end, End::Stopped);
    assert!(!folder.path().join("summary.json").exists());
    let outcome = go(&plan(), &material(), folder.path(), &mut Made::new())
        .unwrap()
        .unwrap();
    assert_eq!(outcome.end, End::Complete);
}

#[test]
fn a_model_that_never_is_right_keeps_nothing_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        skill: 0,
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::NothingKept, None));
    assert_eq!((made.lessons.len(), outcome.cycles.len()), (0, 1));
    assert!(
        outcome
            .said
            .iter()
            .any(|said| said.contains("nothing was kept")),
        "{:?}",
        outcome.said
    );
    assert_eq!(outcome.last, outcome.baseline);
    assert_eq!(
        json(&folder.path().join("summary.json"))["end"],
        "nothing_kept"
    );
}

#[test]
fn a_cycle_that_falls_is_rolled_back_and_learns_at_half_the_rate() {
    let folder = tempfile::tempdir().unwrap();
    // The second cycle's adapter is worse than the base.
    let mut made = Made {
        gains: vec![10, -5, 10],
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    let looks: Vec<Option<Look>> = outcome.cycles.iter().map(|cycle| cycle.look).collect();
    assert_eq!(looks[..2], [Some(Look::Best), Some(Look::Fallen)]);
    let rates: Vec<f64> = made.lessons.iter().map(|lesson| lesson.1).collect();
    assert_eq!(rates, [2e-4, 2e-4, 1e-4]);
    assert_eq!(made.sampled_from[6].as_deref(), Some("cycle_1"));
    assert!(
        outcome
            .said
            .iter()
            .any(|said| said.contains("cycle 2: held-out prompts fell; samples come from cycle 1"))
    );
    // Went on, the guards come to the same conclusions.
    let again = go(&plan(), &material(), folder.path(), &mut Made::new())
        .unwrap()
        .unwrap();
    assert_eq!(again, outcome);
}

#[test]
fn repairs_reach_prompts_that_no_sample_solved_and_do_not_count_as_samples() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan();
    plan.repairs = Some(improve::raft::Repairs {
        samples: 4,
        per_prompt: 2,
        temperature: 0.8,
    });
    // Nobody is right at once; every other repair is.
    let mut made = Made {
        skill: 0,
        of_repairs: 500,
        ..Made::new()
    };
    let outcome = go(&plan, &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    let first = &outcome.cycles[0];
    assert!(first.repaired > 16 && first.kept > 8, "{first:?}");
    assert_eq!(first.sampled.measures.as_ref().unwrap().passed, 0);
    let kept = std::fs::read_to_string(folder.path().join("cycle_1/kept.jsonl")).unwrap();
    let rows = kept
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    for row in rows {
        assert_eq!((&row["repaired"], &row["times"]), (&true.into(), &2.into()));
        assert!(!row["prompt_id"].as_str().unwrap().contains('~'), "{row}");
        assert!(!row["prompt"].as_str().unwrap().contains("wrong"), "{row}");
    }
}

#[test]
fn no_cycle_that_is_better_means_no_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        gains: vec![-50, -50, -50],
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::Complete, None));
    assert_eq!(outcome.last, outcome.baseline);
}

#[test]
fn of_cycles_that_are_equally_good_the_last_is_taken_and_counts_as_no_gain() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        gains: vec![900; 5],
        ..Made::new()
    };
    let mut plan = plan();
    (plan.cycles, plan.cycle_patience) = (5, 2);
    let outcome = go(&plan, &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    let looks: Vec<Option<Look>> = outcome.cycles.iter().map(|cycle| cycle.look).collect();
    let level = Some(Look::Level);
    assert_eq!(looks, [Some(Look::Best), level, level]);
    assert_eq!(outcome.best, Some(3));
}

#[test]
fn an_adapter_that_is_as_good_as_the_base_is_not_recommended() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        unsolved: Some("held"),
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::Complete, None));
    assert!(outcome.cycles.iter().all(|cycle| cycle.trained.is_some()));
    assert_eq!(outcome.cycles[2].look, Some(Look::Equal));
    // The baseline is not held against itself.
    assert_eq!(outcome.change(|looks| looks.prompts.as_ref()), None);
    let summary = json(&folder.path().join("summary.json"));
    assert!(summary["strict"]["change"]["held_out"].is_null());
    assert!(summary["improvement"]["compile_rate"].is_null());
    assert!(summary["hardware_summary"]["phases"]["final"].is_null());
}

#[test]
fn of_several_held_out_suites_the_first_chooses_and_the_others_report() {
    let material = |first, second| Material {
        held_out: [prompts(first, 6), prompts(second, 6)].concat(),
        ..material()
    };
    let unsolved = || Made {
        unsolved: Some("hard"),
        ..Made::new()
    };
    let folder = tempfile::tempdir().unwrap();
    let first_is_hard = material("hard", "easy");
    let outcome = go(&plan(), &first_is_hard, folder.path(), &mut unsolved())
        .unwrap()
        .unwrap();
    assert_eq!(
        outcome.best, None,
        "what the other suite gained chose a cycle"
    );
    let folder = tempfile::tempdir().unwrap();
    let first_is_easy = material("easy", "hard");
    let outcome = go(&plan(), &first_is_easy, folder.path(), &mut unsolved())
        .unwrap()
        .unwrap();
    assert_eq!(outcome.best, Some(3));
    assert_eq!(outcome.chooser.as_deref(), Some("easy"));
    let gain = |suite| outcome.change_of(suite).unwrap().difference.value;
    assert!(gain("easy") > 0.3 && gain("hard") == 0.0);
    let strict = &json(&folder.path().join("summary.json"))["strict"];
    assert_eq!(strict["choice"]["suite"], "easy");
    assert_eq!(strict["choice"]["candidates"], 3);
    assert!(strict["choice"]["note"].is_string());
    assert_eq!(strict["change"]["held_out_suites"]["hard"]["p"], 1.0);
}

#[test]
fn a_last_look_that_repeats_the_choice_is_said_and_so_is_what_was_known_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan();
    plan.cycles = 1;
    plan.measuring.temperature = 0.0;
    let material = Material {
        said: vec!["begun elsewhere".into()],
        ..material()
    };
    go(&plan, &material, folder.path(), &mut Made::new()).unwrap();
    let summary = json(&folder.path().join("summary.json"));
    assert_eq!(summary["said"][0], "begun elsewhere");
    let said = summary["said"][1].as_str().unwrap();
    assert!(said.contains("measuring temperature is 0"), "{said}");
    // The base is a candidate too, so that a single cycle was chosen as well.
    let choice = &summary["strict"]["choice"];
    assert_eq!(choice["candidates"], 1);
    let note = choice["note"].as_str().unwrap();
    assert!(note.contains("the base"), "{note}");
}

#[test]
fn a_held_out_prompt_is_never_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut material = material();
    material.held_out[2].text = material.prompts[5].text.to_uppercase();
    let mut made = Made::new();
    let outcome = go(&plan(), &material, folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert!(
        outcome.said[0].starts_with("asked/p5 is the held-out held/p2"),
        "{:?}",
        outcome.said
    );
    let kept = std::fs::read_to_string(folder.path().join("cycle_1/kept.jsonl")).unwrap();
    assert!(!kept.contains("\"p5\"") && kept.contains("\"p4\""));
    material.held_out = material.prompts.clone();
    let refused = go(&plan(), &material, folder.path(), &mut Made::new());
    let Err(Ended::Improve(error)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        error.to_string().contains("all 8 prompts are held out"),
        "{error}"
    );
}

#[test]
fn without_held_out_prompts_the_last_adapter_is_taken_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let material = Material {
        held_out: Vec::new(),
        ..material()
    };
    let outcome = go(&plan(), &material, folder.path(), &mut Made::new())
        .unwrap()
        .unwrap();
    assert_eq!(outcome.best, Some(3));
    assert!(outcome.said[0].contains("no prompts are held out"));
    let summary = json(&folder.path().join("summary.json"));
    assert!(
        summary["strict"]["choice"]["note"].is_null(),
        "nothing chose"
    );
}
