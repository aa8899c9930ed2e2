//! How a run ends whose training breaks off, and what of it is measured.

use improve::Error;
use improve::raft::{End, Material};

use super::loops::{go, json, material, plan};
use super::workshop::{Ended, Made};

#[test]
fn a_training_that_breaks_off_ends_the_run_with_the_best_adapter_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        breaks_in: Some("cycle 2"),
        ..Made::new()
    };
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::NotFinite, Some(1)));
    assert_eq!(outcome.cycles.len(), 2);
    let said = outcome.said.last().unwrap();
    assert!(
        said.contains("cycle 2: its training broke off") && said.contains("the loss is NaN"),
        "{said}"
    );
    let summary = json(&folder.path().join("summary.json"));
    assert_eq!(
        (&summary["end"], &summary["best"]),
        (&"not_finite".into(), &1.into())
    );
    assert_eq!(summary["training"][1]["end"], "not_finite");
    assert_eq!(summary["training"][1]["why"], "step 2: the loss is NaN");
    // 4 + 2 + 1 samplings of 2 s, a training of 3 s and the one that broke off after 1 s.
    let costs = summary["costs"].as_array().unwrap().iter();
    let seconds: f64 = costs.map(|one| one["seconds"].as_f64().unwrap()).sum();
    assert_eq!(seconds, 18.0);
    // It would break off again, so it is not trained again.
    let mut later = Made::new();
    let again = go(&plan(), &material(), folder.path(), &mut later)
        .unwrap()
        .unwrap();
    assert_eq!((again, later.lessons.len()), (outcome, 0));
}

#[test]
fn a_first_training_that_breaks_off_leaves_the_base_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = Made {
        breaks_in: Some("cycle 1"),
        ..Made::new()
    };
    let without = Material {
        held_out: Vec::new(),
        ..material()
    };
    let outcome = go(&plan(), &without, folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::NotFinite, None));
    assert_eq!(outcome.last, outcome.baseline);
    assert!(folder.path().join("summary.json").is_file());
}

#[test]
fn so_many_of_the_prompts_are_measured_and_the_same_ones_at_both_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan();
    plan.measure_prompts = Some(3);
    let outcome = go(&plan, &material(), folder.path(), &mut Made::new())
        .unwrap()
        .unwrap();
    let measured = |looks: &improve::raft::Looks| -> Vec<String> {
        let measures = looks.prompts.as_ref().unwrap().measures.as_ref().unwrap();
        measures.by_prompt.keys().cloned().collect()
    };
    let both = [&outcome.baseline, &outcome.last].map(measured);
    assert_eq!((both[0].len(), &both[0]), (3, &both[1]));
    // The seed chooses them, and not the order in which they stand in their file.
    plan.seed = 43;
    let other = tempfile::tempdir().unwrap();
    let of_another_seed = go(&plan, &material(), other.path(), &mut Made::new())
        .unwrap()
        .unwrap();
    assert_ne!(measured(&of_another_seed.baseline), both[0]);
    let summary = json(&folder.path().join("summary.json"));
    assert_eq!(summary["prompts"]["all"], 8);
    assert_eq!(summary["prompts"]["measured"], 3);
    let said = outcome.said[0].as_str();
    assert!(
        said.contains("of the 8 prompts that are trained on 3 are measured"),
        "{said}"
    );
    // All of them are sampled to train on.
    assert_eq!(outcome.cycles[0].n_samples, 64);
}

#[test]
fn prompts_that_are_not_measured_are_absent_with_the_reason_and_held_out_ones_choose() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan();
    plan.measure_prompts = Some(0);
    let mut made = Made::new();
    let outcome = go(&plan, &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    assert_eq!((outcome.end, outcome.best), (End::Complete, Some(3)));
    assert!(outcome.baseline.prompts.is_none() && outcome.last.prompts.is_none());
    assert_eq!(outcome.change(|looks| looks.prompts.as_ref()), None);
    assert!(!folder.path().join("baseline/prompts").exists());
    let summary = json(&folder.path().join("summary.json"));
    for absent in [
        "/baseline",
        "/final",
        "/strict/baseline/prompts",
        "/improvement/compile_rate",
    ] {
        assert!(summary.pointer(absent).unwrap().is_null(), "{absent}");
    }
    let reason = summary["prompts"]["reason"].as_str().unwrap();
    assert!(reason.contains("measure_prompts is 0"), "{reason}");
    assert!(summary["strict"]["change"]["held_out"]["p"].is_number());
}

#[test]
fn a_run_that_would_measure_nothing_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan();
    plan.measure_prompts = Some(0);
    let without = Material {
        held_out: Vec::new(),
        ..material()
    };
    let mut made = Made::new();
    let refused = go(&plan, &without, folder.path(), &mut made);
    let Err(Ended::Improve(Error::Recipe(said))) = refused else {
        panic!("{refused:?}");
    };
    assert!(said.contains("nothing would be measured"), "{said}");
    assert_eq!((made.taken, made.said.len()), (0, 0));
}

#[test]
fn how_far_each_adapter_is_from_the_base_is_kept_and_what_is_too_far_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let far = || Made {
        drift: Some([vec![0.3, 0.1], vec![0.1, 0.2], vec![0.5, 0.7]]),
        ..Made::new()
    };
    let mut made = far();
    let outcome = go(&plan(), &material(), folder.path(), &mut made)
        .unwrap()
        .unwrap();
    let asked = [
        "cycle 1, held out",
        "cycle 2, held out",
        "cycle 3, held out",
    ];
    assert_eq!(made.held_against_base, asked);
    let said = |text: &str| outcome.said.iter().any(|said| said.contains(text));
    assert!(
        said("cycle 2: its answers are 0.20 nats"),
        "{:?}",
        outcome.said
    );
    assert!(said("cycle 3: its entropy is 25 %"), "{:?}", outcome.said);
    let summary = json(&folder.path().join("summary.json"));
    let drift = &summary["strict"]["cycles"][1]["drift"];
    assert_eq!(
        (&drift["kl_nats"]["value"], &drift["kl_nats"]["n"]),
        (&0.2.into(), &2.into())
    );
    // Read again it says the same, and nobody is asked twice.
    let mut later = far();
    let again = go(&plan(), &material(), folder.path(), &mut later)
        .unwrap()
        .unwrap();
    assert_eq!((again, later.held_against_base.len()), (outcome, 0));
}

#[test]
fn a_run_of_a_program_that_knew_of_no_base_to_hold_against_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = go(&plan(), &material(), folder.path(), &mut Made::new());
    let outcome = outcome.unwrap().unwrap();
    let mark = json(&folder.path().join("cycle_1/held_out/phase.json"));
    assert!(mark.get("drift").is_none(), "{mark}");
    assert!(
        outcome
            .cycles
            .iter()
            .all(|cycle| cycle.held_out.as_ref().unwrap().drift.is_none())
    );
}
