//! Speeds of separate runs, and what may be concluded from them.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use ledger::record::{Stage, Warning};
use measure::gate::{Gate, Outcome};
use report::gates::{self, Judged, Regressions};
use report::view::{Caution, Counted, Finding, Row};
use report::{Colour, Scorecard, join, pool, scorecard_text};
use serde_json::json;

const SPEED: &str = "decode_tokens_per_s";

/// A run of one model with six speeds around a centre, of a spread that a run has inside, and its memory.
fn timed(name: &str, model: &str, centre: f64) -> Run {
    let mut run = Run::new(fixture::header(&[model]));
    run.header.run_id = name.into();
    let values = (0..6).map(|step| centre * (1.0 + 0.001 * f64::from(step)));
    let at = json!({"prompt_tokens": 128});
    fixture::measure(&mut run, model, ("latency", SPEED), at, values.collect());
    let peak = vec![centre * 1e6];
    fixture::measure(
        &mut run,
        model,
        ("memory", "peak_resident_bytes"),
        json!({}),
        peak,
    );
    run
}

/// Runs of one model whose machine was now faster, now slower.
fn side(model: &str, centres: &[f64]) -> Vec<Run> {
    let named = centres.iter().enumerate();
    named
        .map(|(i, centre)| timed(&format!("{model}_{i}"), model, *centre))
        .collect()
}

fn sides(base: &[Run], later: &[Run]) -> Scorecard {
    let runs = [pool(base), pool(later)].concat();
    Scorecard::of(&join(&runs).unwrap())
}

fn row(card: &Scorecard, metric: &str) -> Row {
    let rows = card.sections.iter().flat_map(|section| &section.rows);
    rows.clone()
        .find(|row| row.metric == metric)
        .unwrap()
        .clone()
}

fn judge(card: &Scorecard, claim: &str) -> Judged {
    let claims = [(claim.to_owned(), claim.parse::<Gate>().unwrap())];
    gates::judge(card, &claims).unwrap().remove(0)
}

fn regressions(card: &Scorecard) -> Regressions {
    gates::regressions(card, 0.02, &[SPEED.to_owned()])
}

fn drifted(mut run: Run) -> Run {
    run.warnings.push(Warning {
        kind: "drift".into(),
        message: "it became slower".into(),
        advice: "measure again".into(),
    });
    run
}

#[test]
fn a_machine_that_changed_during_another_run_is_not_held_against_a_pair_of_one_run() {
    let mut pair = timed("one", "a", 50.0);
    let other = timed("one", "b", 40.0);
    pair.header.models.extend(other.header.models);
    pair.measurements.extend(other.measurements);
    let later = timed("two", "c", 50.0);
    let cautions = |runs: [Run; 2]| {
        let row = row(&Scorecard::of(&join(&runs).unwrap()), SPEED);
        let all = row.comparisons.into_iter().map(|found| found.caution);
        all.collect::<Vec<_>>()
    };
    let apart = Some(Caution::Apart { base: 1, later: 1 });
    let clean = cautions([pair.clone(), drifted(later.clone())]);
    assert_eq!(clean, [None, apart.clone()]);
    assert_eq!(
        cautions([drifted(pair), later]),
        [Some(Caution::Drift), apart]
    );
}

#[test]
fn speeds_of_two_separate_runs_neither_regress_nor_pass() {
    let runs = [timed("one", "a", 50.0), timed("two", "b", 40.0)];
    let card = Scorecard::of(&join(&runs).unwrap());
    let row = row(&card, SPEED);
    let found = &row.comparisons[0];
    assert!(
        found.interval.unwrap().hi < 0.9,
        "the interval alone is sure: {found:?}"
    );
    assert_eq!(found.caution, Some(Caution::Apart { base: 1, later: 1 }));
    assert_eq!(found.finding(row.better), Finding::Inconclusive);
    for claim in [
        "decode_tokens_per_s.ratio<0.9",
        "decode_tokens_per_s.ratio>0.9",
    ] {
        let judged = judge(&card, claim);
        assert_eq!(judged.outcome, Outcome::Inconclusive, "{claim}");
        let why = judged.why.unwrap();
        for word in [
            "separate runs (1 and 1)",
            "measure both in one run",
            "3 runs or more",
        ] {
            assert!(why.contains(word), "{why}");
        }
    }
    let looked = regressions(&card);
    assert_eq!(looked.judged[0].outcome, Outcome::Inconclusive);
    assert_eq!((looked.judged.len(), looked.cautions.len()), (1, 1));
    assert!(looked.is_inconclusive() && looked.unjudged.is_empty());
    let text = scorecard_text(&card, 80, Colour::Never);
    assert!(
        text.contains("unclear") && !text.contains("worse"),
        "{text}"
    );
    let said = card.verdict.unwrap();
    assert!(
        said.contains("of separate runs, from which nothing follows"),
        "{said}"
    );
}

#[test]
fn speeds_of_one_run_are_judged_and_those_that_drifted_are_not() {
    let mut run = timed("one", "a", 50.0);
    let other = timed("one", "b", 40.0);
    run.header.models = fixture::header(&["a", "b"]).models;
    run.measurements.extend(other.measurements);
    for runs in [run.clone(), join(std::slice::from_ref(&run)).unwrap()] {
        let card = Scorecard::of(&runs);
        assert_eq!(regressions(&card).judged[0].outcome, Outcome::Failed);
        assert_eq!(row(&card, SPEED).comparisons[0].caution, None);
    }
    run.warnings.push(Warning {
        kind: "drift".into(),
        message: "rows changed".into(),
        advice: "measure again".into(),
    });
    let card = Scorecard::of(&run);
    assert_eq!(
        row(&card, SPEED).comparisons[0].caution,
        Some(Caution::Drift)
    );
    let looked = regressions(&card);
    assert_eq!(looked.judged[0].outcome, Outcome::Inconclusive);
    assert!(
        looked.cautions[0].contains("steady temperature"),
        "{looked:?}"
    );
    // A machine that slows down does not take other memory.
    assert_eq!(
        row(&card, "peak_resident_bytes").comparisons[0].caution,
        None
    );
}

#[test]
fn rates_and_perplexities_of_separate_runs_are_judged_as_before() {
    let mut runs = [timed("one", "a", 50.0), timed("two", "b", 50.0)];
    for (run, (model, every)) in runs.iter_mut().zip([("a", 1), ("b", 5)]) {
        for problem in 0..20 {
            let stage = if problem % every == 0 {
                Stage::Right
            } else {
                Stage::Runs
            };
            let key = fixture::key(model, "cpp-demo", problem, 0);
            fixture::push(run, key, Some(stage), "x", Default::default());
        }
    }
    let card = Scorecard::of(&join(&runs).unwrap());
    let rate = row(&card, "pass_at_1");
    assert_eq!(rate.comparisons[0].finding(rate.better), Finding::Worse);
    assert_eq!(
        judge(&card, "pass_at_1.difference>-2%").outcome,
        Outcome::Failed
    );
}

#[test]
fn three_runs_a_side_are_judged_by_how_much_runs_differ() {
    // Runs of one thing that lie 2 % apart: inside of each the spread is a tenth of that.
    let (base, same) = ([50.0, 51.0, 49.5], [49.4, 50.6, 50.1]);
    let card = sides(&side("a", &base), &side("b", &same));
    let speed = row(&card, SPEED);
    assert_eq!(speed.cells[0].n_of, Counted::Runs);
    assert_eq!((speed.cells[0].n, speed.comparisons[0].n), (3, 3));
    assert_eq!(speed.comparisons[0].caution, None);
    assert!(speed.comparisons[0].interval.unwrap().contains(1.0));
    assert_eq!(regressions(&card).judged[0].outcome, Outcome::Inconclusive);
    let slower = same.map(|speed| speed * 0.8);
    let card = sides(&side("a", &base), &side("b", &slower));
    assert_eq!(regressions(&card).judged[0].outcome, Outcome::Failed);
    assert_eq!(
        judge(&card, "decode_tokens_per_s.ratio<0.9").outcome,
        Outcome::Met
    );
    let memory = row(&card, "peak_resident_bytes");
    assert!(
        memory.comparisons[0].interval.is_some(),
        "one reading of each run"
    );
    let text = scorecard_text(&card, 80, Colour::Never);
    assert!(text.contains("worse") && text.contains("3 runs"), "{text}");
    assert!(!text.contains("separate runs"), "{text}");
}

#[test]
fn two_runs_of_a_side_are_too_few() {
    let card = sides(&side("a", &[50.0, 51.0]), &side("b", &[40.0, 41.0, 40.5]));
    let found = &row(&card, SPEED).comparisons[0];
    assert_eq!(found.caution, Some(Caution::Apart { base: 2, later: 3 }));
    assert_eq!(
        judge(&card, "decode_tokens_per_s.ratio<0.9").outcome,
        Outcome::Inconclusive
    );
}

#[test]
fn runs_on_another_machine_decide_nothing_however_many_they_are() {
    let mut later = side("b", &[40.0, 41.0, 40.5]);
    later.iter_mut().for_each(|run| {
        run.header
            .machine
            .insert("cpu_model".into(), json!("Example CPU 1"));
    });
    let card = sides(&side("a", &[50.0, 51.0, 49.5]), &later);
    let judged = judge(&card, "decode_tokens_per_s.ratio<0.9");
    assert_eq!(judged.outcome, Outcome::Inconclusive);
    assert!(judged.why.unwrap().contains("another machine"));
    // Nor do runs of which one of a side was elsewhere.
    let mut mixed = side("a", &[50.0, 51.0, 49.5]);
    mixed[2].header.engine.insert("threads".into(), json!(2));
    let card = sides(&mixed, &side("b", &[40.0, 41.0, 40.5]));
    let judged = judge(&card, "decode_tokens_per_s.ratio<0.9");
    assert!(judged.why.unwrap().contains("another engine"));
}

#[test]
fn what_a_seed_decides_is_counted_once_however_many_runs_there_are() {
    let mut base = side("a", &[50.0, 51.0, 49.5]);
    for run in &mut base {
        for problem in 0..8 {
            let key = fixture::key("a", "cpp-demo", problem, 0);
            fixture::push(run, key, Some(Stage::Right), "x", Default::default());
        }
    }
    let taken = pool(&base);
    assert_eq!((taken.len(), taken[0].attempts.len()), (1, 8));
    assert!(
        taken[0]
            .warnings
            .iter()
            .any(|warning| warning.kind == "first_of_several")
    );
    // Runs of other files are no runs of the same thing.
    let mut other = timed("c", "a", 50.0);
    other.header.models[0].sha256 = "77".repeat(32);
    assert_eq!(pool(&[base[0].clone(), other]).len(), 2);
    assert_eq!(pool(&base[..1]), base[..1]);
}
