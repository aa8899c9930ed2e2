//! What published guides say of numbers: beside them, with whose it is, and gone where nobody wants it.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Stage;
use report::{Colour, Readings, Scorecard, scorecard_text};
use serde_json::json;

/// Twelve keyword scores and one perplexity, of one model.
fn run(share: f64) -> Run {
    let mut run = Run::new(fixture::header(&["a"]));
    for problem in 0..12 {
        let scores = BTreeMap::from([("keyword_share".to_owned(), share)]);
        let key = fixture::key("a", "python-core", problem, 0);
        fixture::push(&mut run, key, None, "graded", scores);
    }
    run
}

fn views(run: &Run, readings: Readings) -> [String; 3] {
    let card = Scorecard::of(run).with(readings);
    let files = report::files_of(run, &card).unwrap();
    let text = |name: &str| {
        let found = files.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8_lossy(&found.1).into_owned()
    };
    let terminal = scorecard_text(&card, 80, Colour::Never);
    assert!(terminal.lines().all(|line| line.chars().count() <= 80));
    [terminal, text("report.md"), text("report.html")]
}

/// A text in one line: a terminal breaks long ones, and pages escape.
fn joined(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("\\", "")
}

#[test]
fn a_reading_stands_beside_the_number_in_every_view_and_names_whose_it_is() {
    let run = run(0.5);
    for view in views(&run, Readings::Shown) {
        let view = joined(&view);
        assert!(
            view.contains("as the SmallCoder guide reads a keyword score"),
            "{view}"
        );
        assert!(view.contains("50 %"), "the number is still there: {view}");
        assert!(view.contains("n 12"), "{view}");
    }
}

#[test]
fn without_readings_nothing_of_them_is_left_and_no_number_is_missing() {
    let run = fixture::run();
    let (with, without) = (views(&run, Readings::Shown), views(&run, Readings::Hidden));
    for (with, without) in with.iter().zip(&without) {
        assert!(with.contains("guide"), "{with}");
        assert!(!without.contains("guide"), "{without}");
        let number = |line: &&str| line.contains('%') && !with_reading(line);
        assert!(with.lines().filter(number).count() >= without.lines().filter(number).count());
    }
}

fn with_reading(line: &str) -> bool {
    line.contains("guide")
}

#[test]
fn what_programs_read_holds_no_reading() {
    let run = fixture::run();
    for (name, bytes) in report::files(&run).unwrap() {
        if ["report.md", "report.html"].contains(&name.as_str()) || name.ends_with(".png") {
            continue;
        }
        assert!(
            !String::from_utf8_lossy(&bytes).contains("guide reads"),
            "{name}"
        );
    }
}

#[test]
fn where_nothing_compiles_the_guides_warning_stands_beside_the_nought() {
    let mut run = Run::new(fixture::header(&["a"]));
    for problem in 0..6 {
        let key = fixture::key("a", "cpp-demo", problem, 0);
        fixture::push(
            &mut run,
            key,
            Some(Stage::Malformed),
            "compile_error",
            BTreeMap::new(),
        );
    }
    let [terminal, ..] = views(&run, Readings::Shown);
    let terminal = joined(&terminal);
    assert!(
        terminal.contains("compile rate 0, n 6: a warning sign"),
        "{terminal}"
    );
}

#[test]
fn rows_that_are_read_alike_share_a_line_and_absent_ones_have_none() {
    let mut run = Run::new(fixture::header(&["a"]));
    for prompt in [128, 512, 1024, 2048] {
        let values = vec![53.0; 6];
        let at = json!({"prompt_tokens": prompt});
        fixture::measure(
            &mut run,
            "a",
            ("latency", "decode_tokens_per_s"),
            at,
            values,
        );
    }
    let [terminal, ..] = views(&run, Readings::Shown);
    let terminal = joined(&terminal);
    assert_eq!(
        terminal.matches("fast: it keeps up").count(),
        1,
        "{terminal}"
    );
    assert!(terminal.contains("and 1 more"), "{terminal}");
    let mut nothing = Run::new(fixture::header(&["a"]));
    let at = json!({"prompt_tokens": 128});
    fixture::measure(
        &mut nothing,
        "a",
        ("latency", "decode_tokens_per_s"),
        at,
        Vec::new(),
    );
    nothing.measurements[0].reason = Some("the clock stood still".into());
    let [terminal, ..] = views(&nothing, Readings::Shown);
    assert!(!terminal.contains("guide"), "{terminal}");
}
