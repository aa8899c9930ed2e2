//! Two and three models held against each other.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Stage;
use report::view::{Comparison, Finding, Row};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

fn rows(run: &Run) -> Vec<Row> {
    Scorecard::of(run)
        .sections
        .into_iter()
        .flat_map(|section| section.rows)
        .collect()
}

fn row(run: &Run, metric: &str) -> Row {
    rows(run)
        .into_iter()
        .find(|row| row.metric == metric)
        .unwrap_or_else(|| panic!("no row {metric}"))
}

fn attempt(run: &mut Run, model: &str, problem: u32, attempt: u32, stage: Option<Stage>) {
    fixture::push(
        run,
        fixture::key(model, "cpp-demo", problem, attempt),
        stage,
        "x",
        BTreeMap::new(),
    );
}

#[test]
fn other_tokens_forbid_a_ratio_of_perplexities_but_not_bits_per_byte() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, tokens) in [("a", [50.0, 60.0]), ("b", [40.0, 45.0])] {
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_nats"),
            json!({}),
            vec![tokens[0] * 2.0, 90.0],
        );
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_tokens"),
            json!({}),
            tokens.to_vec(),
        );
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_bytes"),
            json!({}),
            vec![200.0, 240.0],
        );
    }
    let refused = &row(&run, "perplexity").comparisons[0];
    assert!(
        refused.value.is_none()
            && refused
                .reason
                .as_ref()
                .unwrap()
                .contains("different tokens")
    );
    assert!(row(&run, "bits_per_byte").comparisons[0].value.is_some());
}

#[test]
fn one_attempt_each_is_compared_by_mcnemar() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for problem in 0..12 {
        attempt(
            &mut run,
            "a",
            problem,
            0,
            Some(if problem < 4 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
        attempt(
            &mut run,
            "b",
            problem,
            0,
            Some(if problem < 10 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
    }
    let Comparison {
        value,
        p,
        method,
        n,
        ..
    } = row(&run, "pass_at_1").comparisons[0].clone();
    // Six flips one way, none the other: p = 2 / 2⁶.
    assert!((p.unwrap() - 0.03125).abs() < 1e-12 && (value.unwrap() - 0.5).abs() < 1e-12);
    assert!(n == 12 && method.contains("McNemar"));
    let sentence = Scorecard::of(&run).verdict.unwrap();
    assert!(
        sentence.starts_with("b against a: better pass@1 on cpp-demo (+50 pp"),
        "{sentence}"
    );
}

#[test]
fn models_that_tried_different_problems_are_compared_on_the_common_ones_only() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    (0..6).for_each(|problem| attempt(&mut run, "a", problem, 0, Some(Stage::Right)));
    (4..9).for_each(|problem| attempt(&mut run, "b", problem, 0, Some(Stage::Right)));
    assert_eq!(row(&run, "pass_at_1").comparisons[0].n, 2);
    let mut apart = Run::new(fixture::header(&["a", "b"]));
    attempt(&mut apart, "a", 0, 0, Some(Stage::Right));
    attempt(&mut apart, "b", 1, 0, Some(Stage::Right));
    assert!(row(&apart, "pass_at_1").comparisons[0].reason.is_some());
}

#[test]
fn an_unclear_comparison_says_what_it_could_have_seen() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for problem in 0..20 {
        attempt(
            &mut run,
            "a",
            problem,
            0,
            Some(if problem % 2 == 0 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
        attempt(
            &mut run,
            "b",
            problem,
            0,
            Some(if problem % 3 == 0 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
    }
    let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(
        text.contains("unclear") && text.contains("missed one time in five: pass@1"),
        "{text}"
    );
    assert!(
        Scorecard::of(&run)
            .verdict
            .unwrap()
            .contains("no difference in pass@1 on cpp-demo found")
    );
}

#[test]
fn three_models_are_each_held_against_the_first() {
    let mut run = Run::new(fixture::header(&["a", "b", "c"]));
    for (model, speed) in [("a", 10.0), ("b", 20.0), ("c", 5.0)] {
        let values = (0..8).map(|step| speed + f64::from(step) * 0.01).collect();
        fixture::measure(
            &mut run,
            model,
            ("latency", "decode_tokens_per_s"),
            json!({"threads": 2}),
            values,
        );
    }
    let card = Scorecard::of(&run);
    let found = &card.sections[0].rows[0].comparisons;
    assert_eq!(
        found
            .iter()
            .map(|c| (c.model.as_str(), c.against.as_str()))
            .collect::<Vec<_>>(),
        [("b", "a"), ("c", "a")]
    );
    assert!(found[0].value.unwrap() > 1.9 && found[1].value.unwrap() < 0.6);
    assert!(card.verdict.is_none());
    let text = scorecard_text(&card, 80, Colour::Never);
    assert!(
        text.contains("against the first") && text.contains("better") && text.contains("worse"),
        "{text}"
    );
}

#[test]
fn a_ratio_of_too_few_repetitions_has_no_interval_and_no_finding() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, centre) in [("a", 10.0), ("b", 30.0)] {
        let values = vec![centre, centre + 0.1, centre + 0.2];
        fixture::measure(
            &mut run,
            model,
            ("latency", "decode_tokens_per_s"),
            json!({}),
            values,
        );
    }
    let row = row(&run, "decode_tokens_per_s");
    let found = &row.comparisons[0];
    assert!(
        found.value.unwrap() > 2.9 && found.interval.is_none() && found.method.contains("too few")
    );
    assert_eq!(found.finding(row.better), Finding::Unknown);
}
