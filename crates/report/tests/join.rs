//! Runs that were made apart, laid together.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use ledger::record::{HardwareSample, RunHeader, Stage};
use measure::gate::{Gate, Outcome};
use report::view::Scorecard;
use report::{Origin, gates, join};
use serde_json::json;

/// One model of a run of several.
fn only(run: &Run, model: &str) -> Run {
    let mut run = run.clone();
    run.header.run_id = format!("{model}_20260102_030405");
    run.header.models.retain(|m| m.name == model);
    run.attempts.retain(|attempt| attempt.key.model == model);
    run.verdicts.retain(|verdict| verdict.key.model == model);
    run.measurements.retain(|m| m.model == model);
    run.warnings.clear();
    run
}

fn halves() -> [Run; 2] {
    let whole = fixture::run();
    [
        only(&whole, "synthetic-0.5b"),
        only(&whole, "synthetic-1.5b"),
    ]
}

fn kinds(run: &Run) -> Vec<&str> {
    run.warnings
        .iter()
        .map(|warning| warning.kind.as_str())
        .collect()
}

#[test]
fn two_runs_of_one_model_say_what_one_run_of_both_says() {
    let together = Scorecard::of(&fixture::run());
    let mut joined = Scorecard::of(&join(&halves()).unwrap());
    let rows = joined
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.rows);
    let mut n_cautioned = 0;
    for comparison in rows.flat_map(|row| &mut row.comparisons) {
        // All but what a machine did in between; tests/apart.rs looks at that.
        n_cautioned += usize::from(comparison.caution.take().is_some());
    }
    assert!(n_cautioned > 0);
    for section in &mut joined.sections {
        section.notes.retain(|note| !note.contains("separate runs"));
    }
    assert_eq!(joined.sections, together.sections);
    let said = [joined.verdict.unwrap(), together.verdict.unwrap()];
    let of_code = |said: &str| said.split("; ").next().unwrap().to_owned();
    assert_eq!(of_code(&said[0]), of_code(&said[1]));
}

#[test]
fn that_speeds_were_taken_apart_stands_where_they_are_and_is_no_warning_besides() {
    let joined = join(&halves()).unwrap();
    assert!(joined.warnings.is_empty(), "{:?}", joined.warnings);
    let card = Scorecard::of(&joined);
    let latency = card.sections.iter().find(|one| one.benchmark == "latency");
    let notes = latency.unwrap().notes.join(" ");
    assert!(
        notes.contains("separate runs (1 and 1)") && notes.contains("measure both in one run"),
        "{notes}"
    );
}

#[test]
fn what_the_hardware_did_stays_with_its_run() {
    let [mut one, mut other] = halves();
    for (run, phase) in [(&mut one, "idle"), (&mut other, "decode")] {
        let model = run.header.models[0].name.clone();
        run.hardware = (0..3).map(|at| sample(at, phase, &model)).collect();
    }
    assert!(
        Scorecard::of(&one)
            .sections
            .iter()
            .any(|one| one.benchmark == "hardware")
    );
    let alone = join(std::slice::from_ref(&one)).unwrap();
    assert_eq!(alone.hardware.len(), 3);
    let joined = join(&[one, other]).unwrap();
    let sections = Scorecard::of(&joined).sections;
    assert!(sections.iter().all(|one| one.benchmark != "hardware"));
    assert!(kinds(&joined).contains(&"hardware_apart"));
}

fn sample(at: u64, phase: &str, model: &str) -> HardwareSample {
    HardwareSample {
        session: 0,
        sample: at,
        at_ns: at * 1_000_000_000,
        unix_ms: 0,
        phase: phase.to_owned(),
        model: (phase != "idle").then(|| model.to_owned()),
        conditions: Default::default(),
        tokens: 0,
        monitor_ns: Some(at),
        readings: [("cpu_joules".to_owned(), 2.0)].into(),
    }
}

#[test]
fn the_same_model_twice_gets_the_numbers_of_its_runs() {
    let [one, _] = halves();
    let joined = join(&[one.clone(), one]).unwrap();
    let names: Vec<&str> = joined
        .header
        .models
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(names, ["synthetic-0.5b#1", "synthetic-0.5b#2"]);
    let card = Scorecard::of(&joined);
    let rows = card.sections.iter().flat_map(|section| &section.rows);
    for row in rows.filter(|row| !row.comparisons.is_empty()) {
        assert_eq!(row.cells[0].value, row.cells[1].value, "{}", row.metric);
    }
    assert!(card.sections.iter().any(|section| !section.rows.is_empty()));
}

#[test]
fn problems_of_one_name_that_differ_are_not_compared() {
    let [one, mut other] = halves();
    let suite = other
        .header
        .suites
        .iter_mut()
        .find(|suite| suite.name == "cpp-demo")
        .unwrap();
    suite.sha256 = "77".repeat(32);
    let joined = join(&[one, other]).unwrap();
    assert!(kinds(&joined).contains(&"unlike_suites"));
    let card = Scorecard::of(&joined);
    let titles: Vec<String> = card
        .sections
        .iter()
        .map(|section| section.title())
        .collect();
    assert!(
        titles.contains(&"code · cpp-demo (77777777)".to_owned()),
        "{titles:?}"
    );
    for section in card
        .sections
        .iter()
        .filter(|section| section.title().contains("cpp-demo"))
    {
        let compared = section.rows.iter().flat_map(|row| &row.comparisons);
        assert!(compared.into_iter().all(|found| found.value.is_none()));
    }
}

/// The run as another program's file tells it: whether an answer passed, and a hash of another kind.
fn told_by_evalplus(mut run: Run) -> Run {
    run.header.plan = json!({"imported": {"program": "EvalPlus"}});
    run.header.suites[1].sha256 = "fe58508b".repeat(4);
    for verdict in &mut run.verdicts {
        let Some(stage) = verdict.stage.take() else {
            continue;
        };
        let passed = f64::from(stage == Stage::Right);
        verdict.scores = [("pass_at_1".to_owned(), passed)].into();
    }
    run
}

#[test]
fn what_another_program_says_of_the_same_answers_is_paired_with_what_we_say() {
    let [one, _] = halves();
    let joined = join(&[one.clone(), told_by_evalplus(one)]).unwrap();
    assert!(kinds(&joined).contains(&"unchecked_suites"));
    assert!(!kinds(&joined).contains(&"unlike_suites"));
    let card = Scorecard::of(&joined);
    let rows = card.sections.iter().flat_map(|section| &section.rows);
    let rows: Vec<_> = rows.filter(|row| row.metric == "pass_at_1").collect();
    let [row] = rows[..] else {
        panic!("{} rows", rows.len());
    };
    assert_eq!(
        (row.comparisons[0].value, row.comparisons[0].n),
        (Some(0.0), 24)
    );
    // How far a failed answer got, nobody told.
    let mut rows = card.sections.iter().flat_map(|section| &section.rows);
    let compiles = rows.find(|row| row.metric == "compile_rate").unwrap();
    assert!(compiles.cells[0].value.is_some() && compiles.cells[1].value.is_none());
}

#[test]
fn a_foreign_hash_between_two_of_ours_does_not_make_other_problems_the_same() {
    let [one, mut other] = halves();
    other.header.suites[1].sha256 = "77".repeat(32);
    let joined = join(&[told_by_evalplus(one.clone()), one, other]).unwrap();
    let names = joined.header.suites.iter().map(|suite| suite.name.as_str());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["python-core", "cpp-demo", "cpp-demo (77777777)"]
    );
}

#[test]
fn builds_and_sessions_of_one_engine_that_differ_are_unlike_engines_and_older_records_are_not() {
    let [mut one, mut other] = halves();
    let facts = |script: &str, n_ubatch: u32| {
        [
            ("build_changes_sha256", json!(script)),
            ("session", json!({"n_ubatch": n_ubatch, "swa_full": true})),
        ]
    };
    let older = one.clone();
    for (run, facts) in [
        (&mut one, facts("aa", 512)),
        (&mut other, facts("none", 256)),
    ] {
        let facts = facts.map(|(name, fact)| (name.to_owned(), fact));
        run.header.engine.extend(facts);
    }
    let said = |runs: [Run; 2]| {
        let joined = join(&runs).unwrap();
        let found = joined.warnings.into_iter();
        let mut found = found.filter(|warning| warning.kind == "unlike_engines");
        found.next().map(|warning| warning.message)
    };
    let message = said([one, other.clone()]).unwrap();
    for words in ["build changes sha256 aa and none", "n ubatch 512 and 256"] {
        assert!(message.contains(words), "{message}");
    }
    assert!(!message.contains("swa"), "{message}");
    assert_eq!(said([older, other]), None);
}

#[test]
fn nothing_and_a_run_without_a_model_are_refused() {
    assert!(join(&[]).unwrap_err().contains("nothing to compare"));
    let empty = Run::new(fixture::header(&[]));
    assert!(join(&[empty]).unwrap_err().contains("has no model"));
}

fn judge(claims: &[&str]) -> Result<Vec<gates::Judged>, String> {
    let card = Scorecard::of(&fixture::run());
    let gate = |claim: &&str| ((*claim).to_owned(), claim.parse::<Gate>().unwrap());
    gates::judge(&card, &claims.iter().map(gate).collect::<Vec<_>>())
}

#[test]
fn a_claim_is_held_against_every_row_of_its_metric() {
    let judged = judge(&["decode_tokens_per_s.ratio<0.9", "pass_at_1.diff>0.5"]).unwrap();
    let outcomes: Vec<Outcome> = judged.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Met, Outcome::Met, Outcome::Met, Outcome::Failed]
    );
    assert_eq!(judged[0].place, "latency · decode · prompt 128");
    assert!(judged[3].shown.contains("pp ["), "{}", judged[3].shown);
    let unclear = judge(&["pass_at_1.diff>20%"]).unwrap();
    assert_eq!(unclear[0].outcome, Outcome::Inconclusive);
}

#[test]
fn a_perplexity_of_each_cache_is_no_hindrance_to_a_claim_about_models() {
    let claim = "perplexity.ratio<1.05";
    let claims = [(claim.to_owned(), claim.parse::<Gate>().unwrap())];
    let mut card = Scorecard::of(&fixture::run());
    let alone = gates::judge(&card, &claims).unwrap();
    let named = |section: &report::view::Section| section.benchmark == "perplexity";
    let mut apart = card.sections.iter().find(|one| named(one)).unwrap().clone();
    apart.benchmark = "divergence".into();
    apart
        .rows
        .iter_mut()
        .for_each(|row| row.comparisons.clear());
    card.sections.push(apart);
    let both = gates::judge(&card, &claims).unwrap();
    assert!(!alone.is_empty() && both.len() == alone.len());
    assert!(gates::checklist(&card).is_ok());
    card.sections.retain(|section| !named(section));
    let refused = gates::judge(&card, &claims).unwrap_err();
    assert!(
        refused.contains("none of these stands against"),
        "{refused}"
    );
}

#[test]
fn a_claim_about_nothing_or_in_the_wrong_way_is_a_mistake() {
    assert!(
        judge(&["kl_mean_nats<1"])
            .unwrap_err()
            .contains("nothing that was measured")
    );
    let unknown = judge(&["perplxity<1"]).unwrap_err();
    assert!(unknown.contains("near it are perplexity"), "{unknown}");
    let wrong = judge(&["pass_at_1.ratio>1"]).unwrap_err();
    assert!(wrong.contains("write pass_at_1.difference"), "{wrong}");
    let one = Scorecard::of(&halves()[0]);
    let gate = "decode_tokens_per_s.ratio>1";
    let alone = gates::judge(&one, &[(gate.into(), gate.parse().unwrap())]).unwrap_err();
    assert!(alone.contains("there is only one"), "{alone}");
}

#[test]
fn what_became_worse_is_found_and_noise_is_not() {
    let card = Scorecard::of(&fixture::run());
    let worse = gates::regressions(&card, 0.0, &[]).judged;
    assert!(
        worse
            .iter()
            .any(|one| one.place.starts_with("latency · decode")),
        "slower"
    );
    assert!(
        worse.iter().all(|one| !one.place.contains("pass@1")),
        "better code"
    );
    let failed = |judged: &[gates::Judged]| {
        judged
            .iter()
            .filter(|one| one.outcome == Outcome::Failed)
            .count()
    };
    let allowed = gates::regressions(&card, 0.99, &[]);
    assert!(failed(&allowed.judged) < failed(&worse));
}

#[test]
fn what_an_interval_leaves_open_is_neither_worse_nor_met() {
    let card = Scorecard::of(&fixture::run());
    let none = gates::regressions(&card, 0.0, &[]);
    let some = gates::regressions(&card, 0.02, &[]);
    let is = |outcome: Outcome| move |one: &&gates::Judged| one.outcome == outcome;
    assert!(none.judged.iter().all(|one| one.outcome == Outcome::Failed));
    assert!(none.n_open > 0 && some.n_open == 0);
    let open = some.judged.iter().filter(is(Outcome::Inconclusive)).count();
    assert!(open > 0, "{some:?}");
    for one in some.judged.iter().filter(is(Outcome::Inconclusive)) {
        assert!(one.interval.is_some(), "{one:?}");
    }
    let total = |found: &gates::Regressions| {
        let counted = [found.n_met, found.n_open, found.n_unjudged, found.n_missing];
        found.judged.len() + counted.iter().sum::<usize>()
    };
    assert_eq!(total(&none), total(&some), "no row vanishes");
    let named = ["decode_tokens_per_s".to_owned()];
    let few = gates::regressions(&card, 0.0, &named);
    assert!(few.judged.iter().all(|one| one.place.contains("decode")));
    assert!(total(&few) > 0 && total(&few) < total(&none));
    assert!(few.unjudged.is_empty(), "{few:?}");
    // What nobody measured, and what has no better side, is not passed over because something else was judged.
    let named = ["decode_tokens_per_s", "recall_share", "power_idle_watts"];
    let some = gates::regressions(&card, 0.0, &named.map(str::to_owned));
    assert_eq!(some.unjudged, ["recall_share", "power_idle_watts"]);
}

#[test]
fn a_checklist_without_numbers_is_open_and_of_one_model_an_error() {
    let mut bare = fixture::run();
    bare.measurements.clear();
    let all = gates::checklist(&Scorecard::of(&bare)).unwrap();
    assert_eq!(all.len(), 4);
    assert!(
        all.iter()
            .all(|one| one.outcome == Outcome::NoNumber && one.shown.contains("not measured"))
    );
    let one = Scorecard::of(&halves()[0]);
    assert!(
        gates::checklist(&one)
            .unwrap_err()
            .contains("there is only one")
    );
}

#[test]
fn a_run_that_goes_on_elsewhere_says_where_it_began() {
    let [one, _] = halves();
    let began = one.header;
    let mut now = began.clone();
    now.machine.insert("load_1m".into(), json!(9));
    now.command = vec!["bench".into(), "--resume".into()];
    let moved = |now: &RunHeader| Origin::of(now).moved_from(Origin::of(&began));
    assert_eq!(moved(&now), None);
    now.whet_version = "9.9.9".into();
    now.engine.insert("threads".into(), json!(2));
    now.machine
        .insert("cpu_model".into(), json!("Example CPU 1"));
    let said = moved(&now).unwrap().message;
    for word in ["and 9.9.9", "threads 8 and 2", "and Example CPU 1"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let mut judged = began.clone();
    judged.sandbox.as_mut().unwrap().policy_sha256 = "another".into();
    let warning = moved(&judged).unwrap();
    assert!(
        warning.message.ends_with("limits or filters"),
        "{warning:?}"
    );
    assert!(warning.advice.contains("judge all anew"), "{warning:?}");
    // What only one of them knows, as in a file of an older program, is no difference.
    let mut older = began.clone();
    older.engine.clear();
    older.machine.clear();
    older.machine.insert("os".into(), serde_json::Value::Null);
    assert_eq!(Origin::of(&began).moved_from(Origin::of(&older)), None);
}
