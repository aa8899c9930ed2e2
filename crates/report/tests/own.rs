//! Metrics that no list has: their good side, and pairs by the ids of their values.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use ledger::record::{Good, Own};
use measure::Better;
use measure::gate::{Gate, Outcome};
use report::view::{Counted, Kind, Row};
use report::{Scorecard, gates};
use serde_json::json;

/// Two models with a value at each of their items.
fn asked(better: Option<Good>, base: &[(&str, f64)], later: &[(&str, f64)]) -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, pairs) in [("a", base), ("b", later)] {
        let values = pairs.iter().map(|(_, value)| *value).collect();
        fixture::measure(&mut run, model, ("mine", "my_score"), json!({}), values);
        let items = pairs.iter().map(|(id, _)| (*id).to_owned());
        let items = items.filter(|id| !id.is_empty()).collect();
        run.measurements.last_mut().unwrap().own = Some(Own { better, items });
    }
    run
}

fn row(run: &Run) -> Row {
    Scorecard::of(run).sections[0].rows[0].clone()
}

/// Questions of very unlike difficulty, each a little worse the second time.
const BASE: [(&str, f64); 7] = [
    ("a", 1.0),
    ("b", 9.0),
    ("c", 4.0),
    ("d", 25.0),
    ("e", 2.0),
    ("f", 16.0),
    ("g", 7.0),
];
const LATER: [(&str, f64); 7] = [
    ("g", 6.6),
    ("f", 15.4),
    ("e", 1.5),
    ("d", 24.5),
    ("c", 3.6),
    ("b", 8.5),
    ("a", 0.4),
];

fn without_ids(pairs: [(&'static str, f64); 7]) -> [(&'static str, f64); 7] {
    pairs.map(|(_, value)| ("", value))
}

#[test]
fn values_with_ids_are_paired_by_them_in_whatever_order_they_come() {
    let row = row(&asked(Some(Good::Higher), &BASE, &LATER));
    assert_eq!(
        (row.better, row.cells[0].n_of),
        (Better::Higher, Counted::Items)
    );
    let found = &row.comparisons[0];
    assert_eq!((found.kind, found.n), (Kind::Difference, 7));
    let mean = |pairs: &[(&str, f64)]| pairs.iter().map(|(_, value)| value).sum::<f64>() / 7.0;
    assert!((found.value.unwrap() - (mean(&LATER) - mean(&BASE))).abs() < 1e-12);
    assert!(
        found.interval.unwrap().hi < 0.0 && found.p.unwrap() < 0.05,
        "{found:?}"
    );
}

#[test]
fn the_same_values_without_ids_show_nothing() {
    let run = asked(Some(Good::Higher), &without_ids(BASE), &without_ids(LATER));
    let found = &row(&run).comparisons[0];
    assert!(
        found.kind == Kind::Ratio && found.interval.unwrap().contains(1.0),
        "{found:?}"
    );
}

#[test]
fn a_metric_of_ones_own_regresses_and_is_claimed_like_any_other() {
    let card = Scorecard::of(&asked(Some(Good::Higher), &BASE, &LATER));
    let looked = gates::regressions(&card, 0.0, &["my_score".to_owned()]);
    assert_eq!(looked.judged[0].outcome, Outcome::Failed);
    let judge = |claim: &str| {
        let claims = [(claim.to_owned(), claim.parse::<Gate>().unwrap())];
        gates::judge(&card, &claims)
    };
    assert_eq!(
        judge("my_score.difference>-0.1").unwrap()[0].outcome,
        Outcome::Failed
    );
    assert_eq!(
        judge("my_score.difference>-2").unwrap()[0].outcome,
        Outcome::Met
    );
    let near = judge("my_scor>1").unwrap_err();
    assert!(near.contains("near it are my_score"), "{near}");
    assert!(gates::check_names(&card, &["my_score".to_owned()]).is_ok());
    let better = Scorecard::of(&asked(Some(Good::Lower), &BASE, &LATER));
    assert!(
        gates::regressions(&better, 0.0, &[]).judged.is_empty(),
        "less is better"
    );
    // Without a good side nothing can be said of a regression, also if it is named.
    let neither = Scorecard::of(&asked(None, &BASE, &LATER));
    let looked = gates::regressions(&neither, 0.0, &["my_score".to_owned()]);
    assert_eq!(looked.unjudged, ["my_score"]);
}

#[test]
fn items_that_only_one_model_has_are_left_out_of_the_difference() {
    let row = row(&asked(None, &BASE[..5], &LATER[..5]));
    assert_eq!((row.cells[0].n, row.comparisons[0].n), (5, 3));
    let apart = asked(None, &[("x", 1.0)], &[("y", 2.0)]);
    let apart = Scorecard::of(&apart).sections[0].rows[0].clone();
    let reason = apart.comparisons[0].reason.clone().unwrap();
    assert!(reason.contains("no item in common"), "{reason}");
}

#[test]
fn ids_that_are_not_one_for_each_value_pair_nothing() {
    for broken in [[("a", 1.0), ("a", 2.0)], [("a", 1.0), ("", 2.0)]] {
        let found = row(&asked(None, &broken, &[("a", 3.0), ("b", 4.0)]));
        assert_eq!(found.cells[0].n_of, Counted::Repetitions, "{broken:?}");
    }
}
