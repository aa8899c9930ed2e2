//! Numbers that were brought in as summaries.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Measurement, Told};
use report::Scorecard;
use report::view::{Cell, Finding, Row};

fn told(model: &str, metric: &str, value: f64, told: Told) -> Measurement {
    Measurement {
        model: model.into(),
        benchmark: "imported".into(),
        metric: metric.into(),
        conditions: BTreeMap::from([("suite".to_owned(), "task".into())]),
        values: vec![value],
        reason: None,
        told: Some(told),
        own: None,
    }
}

fn row(measurements: Vec<Measurement>) -> Row {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    run.measurements = measurements;
    let card = Scorecard::of(&run);
    assert_eq!(card.sections.len(), 1);
    assert_eq!(card.sections[0].title(), "imported · task");
    card.sections[0].rows[0].clone()
}

fn of(n: u64, error: f64) -> Told {
    Told {
        n: Some(n),
        standard_error: Some(error),
    }
}

fn cell(metric: &str, value: f64, words: Told) -> Cell {
    row(vec![told("a", metric, value, words)]).cells[0].clone()
}

#[test]
fn a_share_of_whole_answers_has_wilsons_interval_even_where_its_error_is_zero() {
    let none = cell("accuracy", 0.0, of(40, 0.0));
    let interval = none.interval.unwrap();
    assert!(
        interval.lo == 0.0 && interval.hi > 0.08 && interval.hi < 0.1,
        "{interval:?}"
    );
    assert!(none.method.contains("Wilson"), "{}", none.method);
}

#[test]
fn other_numbers_have_the_normal_interval_of_their_error_or_none() {
    let known = cell("word_perplexity", 12.0, of(62, 0.5));
    let interval = known.interval.unwrap();
    assert!((interval.half_width() - 0.98).abs() < 0.001, "{interval:?}");
    let bare = cell("word_perplexity", 12.0, Told::default());
    assert_eq!((bare.value, bare.interval, bare.n), (Some(12.0), None, 0));
}

#[test]
fn a_difference_needs_both_errors() {
    let pair = |error| {
        let row = row(vec![
            told("a", "accuracy", 0.5, of(100, 0.05)),
            told("b", "accuracy", 0.8, error),
        ]);
        (row.comparisons[0].clone(), row.better)
    };
    let (both, better) = pair(of(100, 0.04));
    assert_eq!(both.finding(better), Finding::Better);
    let (one, better) = pair(Told {
        n: Some(100),
        standard_error: None,
    });
    assert_eq!(one.finding(better), Finding::Unknown);
    assert!((one.value.unwrap() - 0.3).abs() < 1e-12);
    let alone = row(vec![told("a", "accuracy", 0.5, of(100, 0.05))]);
    assert!(alone.comparisons[0].value.is_none() && alone.cells[1].value.is_none());
}
