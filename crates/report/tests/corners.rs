//! Runs that have little, odd or too much to show.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Stage;
use report::view::{Cell, Row};
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

fn cell(run: &Run, metric: &str) -> Cell {
    row(run, metric).cells[0].clone()
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

/// Columns of the terminal, as far as the names in these tests need it.
fn columns(line: &str) -> usize {
    line.chars()
        .map(|c| {
            if ('\u{2e80}'..='\u{ffdc}').contains(&c) {
                2
            } else {
                1
            }
        })
        .sum()
}

fn assert_fits(run: &Run) {
    for width in [80, 100, 60, 59, 50, 40] {
        let text = scorecard_text(&Scorecard::of(run), width, Colour::Never);
        let widest = text.lines().max_by_key(|line| columns(line)).unwrap();
        assert!(
            columns(widest) <= usize::from(width),
            "{} columns: {widest}",
            columns(widest)
        );
    }
}

#[test]
fn an_empty_run_says_that_it_is_empty_and_has_no_csv_and_no_picture() {
    let run = Run::new(fixture::header(&["m"]));
    assert!(scorecard_text(&Scorecard::of(&run), 80, Colour::Never).contains("no results yet"));
    let names: Vec<String> = report::files(&run)
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["report.md", "report.json", "report.html"]);
}

#[test]
fn a_run_without_models_is_no_reason_to_fail() {
    let run = Run::new(fixture::header(&[]));
    assert!(report::files(&run).is_ok());
    assert_fits(&run);
}

#[test]
fn one_attempt_has_a_wide_interval_and_no_pass_at_k() {
    let mut run = Run::new(fixture::header(&["m"]));
    attempt(&mut run, "m", 0, 0, Some(Stage::Right));
    let found = cell(&run, "pass_at_1");
    assert_eq!((found.value, found.n), (Some(1.0), 1));
    // Wilson, one success of one: [1 / (1 + z²), 1].
    let interval = found.interval.unwrap();
    assert!(
        (interval.lo - 0.206_549_314_2).abs() < 1e-6 && interval.hi == 1.0,
        "{interval:?}"
    );
    assert!(
        rows(&run)
            .iter()
            .all(|row| !row.metric.starts_with("pass_at_") || row.metric == "pass_at_1")
    );
    assert!(Scorecard::of(&run).verdict.is_none());
}

#[test]
fn many_attempts_at_one_problem_give_no_interval_over_problems() {
    let mut run = Run::new(fixture::header(&["m"]));
    for index in 0..4 {
        attempt(
            &mut run,
            "m",
            0,
            index,
            Some(if index < 1 {
                Stage::Right
            } else {
                Stage::NoCode
            }),
        );
    }
    let found = cell(&run, "pass_at_1");
    assert_eq!(
        (found.value, found.n, found.interval),
        (Some(0.25), 1, None)
    );
    assert!(found.method.contains("no interval"));
    assert_eq!(cell(&run, "pass_at_4").value, Some(1.0));
}

#[test]
fn a_perfect_score_still_has_an_interval() {
    let mut run = Run::new(fixture::header(&["m"]));
    for problem in 0..10 {
        (0..3).for_each(|index| attempt(&mut run, "m", problem, index, Some(Stage::Right)));
    }
    let interval = cell(&run, "pass_at_1").interval.unwrap();
    assert!(
        interval.lo > 0.6 && interval.lo < 0.8 && interval.hi == 1.0,
        "{interval:?}"
    );
}

#[test]
fn a_harness_fault_leaves_the_rate_and_is_counted_in_a_note() {
    let mut run = Run::new(fixture::header(&["m"]));
    for problem in 0..4 {
        attempt(&mut run, "m", problem, 0, Some(Stage::Right));
    }
    attempt(&mut run, "m", 4, 0, None);
    run.verdicts.last_mut().unwrap().unscored = Some("the sandbox did not start".into());
    attempt(&mut run, "m", 5, 0, Some(Stage::Right));
    run.verdicts.pop();
    let found = cell(&run, "pass_at_1");
    assert_eq!((found.value, found.n), (Some(1.0), 4));
    let section = &Scorecard::of(&run).sections[0];
    assert!(
        section
            .notes
            .iter()
            .any(|note| note.contains("1 of 6 attempts could not be judged"))
    );
    assert!(
        section
            .notes
            .iter()
            .any(|note| note.contains("1 of 6 attempts have no verdict yet"))
    );
    assert!(
        section
            .notes
            .iter()
            .any(|note| note.contains("6 of the suite's 24 problems"))
    );
    assert_eq!(
        section
            .causes
            .iter()
            .flat_map(|cause| &cause.counts)
            .sum::<usize>(),
        6
    );
}

#[test]
fn attempts_that_nobody_judged_have_a_reason_and_no_score() {
    let mut run = Run::new(fixture::header(&["m"]));
    attempt(&mut run, "m", 0, 0, None);
    run.verdicts.clear();
    let found = cell(&run, "pass_at_1");
    assert_eq!(
        (found.value, found.reason.as_deref()),
        (None, Some("no attempt has been judged"))
    );
}

#[test]
fn a_missing_measurement_shows_its_reason_in_every_view() {
    let mut run = Run::new(fixture::header(&["m"]));
    fixture::measure(
        &mut run,
        "m",
        ("memory", "peak_resident_bytes"),
        json!({}),
        vec![],
    );
    let card = Scorecard::of(&run);
    assert_eq!(card.sections[0].rows[0].cells[0].value, None);
    assert!(scorecard_text(&card, 80, Colour::Never).contains("the kernel does not show it"));
    for (name, bytes) in report::files(&run).unwrap() {
        let with_reasons = [
            "report.md",
            "report.json",
            "report.html",
            "memory_values.csv",
        ];
        if with_reasons.contains(&name.as_str()) {
            assert!(
                String::from_utf8(bytes)
                    .unwrap()
                    .contains("the kernel does not show it"),
                "{name}"
            );
        }
    }
}

#[test]
fn a_single_passage_has_a_value_and_no_interval() {
    let mut run = Run::new(fixture::header(&["m"]));
    for (metric, value) in [
        ("passage_nats", 100.0),
        ("passage_tokens", 50.0),
        ("passage_bytes", 200.0),
    ] {
        fixture::measure(
            &mut run,
            "m",
            ("perplexity", metric),
            json!({"text": "code"}),
            vec![value],
        );
    }
    let found = cell(&run, "perplexity");
    assert!((found.value.unwrap() - 2f64.exp()).abs() < 1e-12);
    assert_eq!((found.n, found.interval), (1, None));
    assert!(report::files(&run).is_ok());
}

#[test]
fn passages_that_do_not_match_are_refused_with_a_reason() {
    let mut run = Run::new(fixture::header(&["m"]));
    for (metric, values) in [
        ("passage_nats", vec![1.0, 2.0]),
        ("passage_tokens", vec![1.0]),
        ("passage_bytes", vec![4.0]),
    ] {
        fixture::measure(
            &mut run,
            "m",
            ("perplexity", metric),
            json!({"text": "code"}),
            values,
        );
    }
    assert!(
        cell(&run, "bits_per_byte")
            .reason
            .unwrap()
            .contains("disagree")
    );
}

#[test]
fn names_of_sixty_letters_and_wide_glyphs_fit() {
    let long = "a-model-name-that-is-exactly-sixty-letters-long-instruct-q4km";
    let wide = "通义千问代码模型指令版本第二代增强量化四比特完整中文名称示例文件";
    for models in [vec![long], vec![long, wide], vec![long, wide, "third"]] {
        let mut run = fixture::run();
        let old = ["synthetic-0.5b", "synthetic-1.5b"];
        run.header.models = fixture::header(&models).models;
        let rename = |name: &mut String| {
            if let Some((_, new)) = old.iter().zip(&models).find(|(old, _)| **old == *name) {
                *name = (*new).to_owned();
            }
        };
        run.attempts
            .iter_mut()
            .for_each(|attempt| rename(&mut attempt.key.model));
        run.verdicts
            .iter_mut()
            .for_each(|verdict| rename(&mut verdict.key.model));
        run.measurements
            .iter_mut()
            .for_each(|measurement| rename(&mut measurement.model));
        run.header.suites[1].toolchain = Some(long.repeat(3));
        run.warnings[0].message = wide.repeat(9);
        assert_fits(&run);
        assert!(report::files(&run).is_ok());
    }
}

#[test]
fn a_terminal_that_is_absurdly_narrow_is_no_reason_to_fail() {
    for width in [0, 1, 39] {
        assert!(!scorecard_text(&Scorecard::of(&fixture::run()), width, Colour::Always).is_empty());
    }
}

#[test]
fn values_that_are_no_numbers_never_reach_a_file() {
    let mut run = Run::new(fixture::header(&["m"]));
    let values = vec![f64::NAN, f64::INFINITY];
    fixture::measure(
        &mut run,
        "m",
        ("latency", "decode_tokens_per_s"),
        json!({}),
        values,
    );
    for metric in ["passage_nats", "passage_tokens", "passage_bytes"] {
        fixture::measure(
            &mut run,
            "m",
            ("perplexity", metric),
            json!({}),
            vec![f64::NAN],
        );
    }
    assert!(
        rows(&run)
            .iter()
            .all(|row| row.cells[0].value.is_none() && row.cells[0].reason.is_some())
    );
    for (name, bytes) in report::files(&run)
        .unwrap()
        .into_iter()
        .filter(|(name, _)| !name.ends_with(".png"))
    {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("NaN") && !text.contains("inf,"), "{name}");
    }
}

#[test]
fn a_torn_record_becomes_a_warning() {
    let mut run = Run::new(fixture::header(&["m"]));
    run.torn.push(ledger::TornTail {
        file: "attempts.jsonl".into(),
        bytes: 17,
    });
    let card = Scorecard::of(&run);
    assert_eq!(card.warnings[0].kind, "torn_record");
    assert!(scorecard_text(&card, 80, Colour::Never).contains("17 bytes"));
}
