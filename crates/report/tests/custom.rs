//! Benchmarks of one's own: rates over answers that did what was expected, and marks beside them.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use report::Scorecard;
use report::view::{Outcome, Section};

/// Twelve answers, of which the first so many do all that is expected; every other one had to hold a word, too.
fn run(n_expected: u32) -> Run {
    let mut run = Run::new(fixture::header(&["a"]));
    for problem in 0..12 {
        let shown = f64::from(problem < n_expected);
        let mut scores = BTreeMap::from([
            ("behaviour_rate".to_owned(), shown),
            ("behaviour_stops_naturally".to_owned(), 1.0),
        ]);
        if problem % 2 == 0 {
            scores.insert("behaviour_contains".to_owned(), shown);
        }
        let cause = if shown == 1.0 { "pass" } else { "unexpected" };
        fixture::push(
            &mut run,
            fixture::key("a", "mine", problem, 0),
            None,
            cause,
            scores,
        );
    }
    run
}

fn section(run: &Run) -> Section {
    let card = Scorecard::of(run);
    assert_eq!(card.sections.len(), 1);
    card.sections.into_iter().next().unwrap()
}

#[test]
fn a_rate_of_behaviour_has_wilsons_interval_and_each_behaviour_the_n_of_those_who_expect_it() {
    let section = section(&run(9));
    assert_eq!(section.title(), "custom · mine");
    let row = |metric: &str| {
        section
            .rows
            .iter()
            .find(|row| row.metric == metric)
            .unwrap()
    };
    let whole = &row("behaviour_rate").cells[0];
    assert_eq!((whole.value, whole.n), (Some(0.75), 12));
    let interval = whole.interval.unwrap();
    // statsmodels 0.14, proportion_confint(9, 12, method="wilson")
    assert!(
        (interval.lo - 0.467_695).abs() < 1e-5 && (interval.hi - 0.911_058).abs() < 1e-5,
        "{interval:?}"
    );
    assert_eq!(row("behaviour_contains").cells[0].n, 6);
    assert!(
        section
            .rows
            .iter()
            .all(|row| row.metric != "pass_at_1" && row.metric != "compile_rate")
    );
}

#[test]
fn what_was_not_expected_is_wrong_and_not_merely_graded() {
    let section = section(&run(9));
    let counts: Vec<_> = section
        .causes
        .iter()
        .map(|one| (one.outcome, one.counts[0]))
        .collect();
    assert_eq!(counts, [(Outcome::Right, 9), (Outcome::Wrong, 3)]);
    let files = report::files(&run(9)).unwrap();
    let text = |name: &str| {
        let found = files.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8_lossy(&found.1).into_owned()
    };
    assert!(text("report.html").contains("unexpected"));
    assert!(text("code.csv").contains("behaviour_contains"));
    assert!(files.iter().any(|(file, _)| file == "custom.png"));
}

#[test]
fn the_page_has_a_column_of_conditions_where_somebody_has_one() {
    let page = |run: &Run| {
        let mut files = report::files(run).unwrap().into_iter();
        let (_, bytes) = files.find(|(file, _)| file == "report.html").unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let tables = |page: &str| page.matches("<table class=\"sortable\">").count();
    let columns = |page: &str| page.matches("<th>conditions</th>").count();
    let bare = page(&run(9));
    assert!(tables(&bare) > 0 && columns(&bare) == 0);
    let several = page(&fixture::run());
    assert!((1..=tables(&several)).contains(&columns(&several)));
}
