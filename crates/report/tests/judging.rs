//! What a report says of how programs were judged.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Integrity, Stage, Way};
use report::view::{Outcome, Row, Section};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

/// One model, these numbers of attempts that compile and that are right at each problem, of `n`.
fn run(problems: &[(u32, u32)], n: u32) -> Run {
    let mut run = Run::new(fixture::header(&["m"]));
    for (problem, (compiling, right)) in problems.iter().enumerate() {
        for attempt in 0..n {
            let (stage, cause) = match attempt {
                _ if attempt < *right => (Stage::Right, "pass"),
                _ if attempt < *compiling => (Stage::Runs, "wrong_output"),
                _ => (Stage::Malformed, "compile_error"),
            };
            let key = fixture::key("m", "cpp-demo", problem as u32, attempt);
            fixture::push(&mut run, key, Some(stage), cause, BTreeMap::new());
        }
    }
    run
}

fn section(run: &Run) -> Section {
    let card = Scorecard::of(run);
    let found = card
        .sections
        .into_iter()
        .find(|section| section.suite.is_some());
    found.unwrap()
}

fn rows(run: &Run) -> BTreeMap<String, Row> {
    let rows = section(run).rows.into_iter();
    rows.map(|row| (row.metric.clone(), row)).collect()
}

fn value(run: &Run, metric: &str) -> Option<f64> {
    rows(run)[metric].cells[0].value
}

fn text(run: &Run) -> String {
    let text = scorecard_text(&Scorecard::of(run), 80, Colour::Never);
    text.lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .replace("  ", " ")
}

#[test]
fn the_k_asked_for_are_shown_and_no_others() {
    let mut run = run(&[(5, 2), (10, 0)], 10);
    run.header.plan = json!({"code": {"k": [5, 1]}});
    let names: Vec<String> = rows(&run).into_keys().collect();
    let at: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.contains("_at_"))
        .collect();
    assert_eq!(
        at,
        [
            "any_compiles_at_8",
            "compile_at_5",
            "pass_at_1",
            "pass_at_5"
        ]
    );
    // 1 − C(8, 5) / C(10, 5) = 1 − 56 / 252 at the first problem, 0 at the second.
    assert!((value(&run, "pass_at_5").unwrap() - (1.0 - 56.0 / 252.0) / 2.0).abs() < 1e-12);
    // 1 − C(5, 5) / C(10, 5) = 1 − 1 / 252 and 1.
    assert!((value(&run, "compile_at_5").unwrap() - (2.0 - 1.0 / 252.0) / 2.0).abs() < 1e-12);
}

#[test]
fn without_a_wish_the_largest_k_of_every_problem_is_shown() {
    let run = run(&[(3, 1), (0, 0)], 3);
    let rows = rows(&run);
    assert!(rows.contains_key("pass_at_3") && rows.contains_key("compile_at_3"));
    assert!(!rows.contains_key("pass_at_2") && !rows.contains_key("any_compiles_at_8"));
}

#[test]
fn a_k_larger_than_the_attempts_is_absent_with_a_reason_and_never_a_number() {
    let mut run = run(&[(4, 4), (4, 0)], 4);
    run.header.plan = json!({"code": {"k": [10]}});
    let cell = rows(&run)["pass_at_10"].cells[0].clone();
    assert_eq!(cell.value, None);
    assert!(cell.reason.unwrap().contains("one has 4"));
}

#[test]
fn any_of_eight_looks_at_the_first_eight_only() {
    let mut run = run(&[(0, 0), (1, 0), (9, 0)], 9);
    assert_eq!(value(&run, "any_compiles_at_8"), Some(2.0 / 3.0));
    // The ninth attempt at the first problem compiles; it comes too late.
    run.verdicts[8].stage = Some(Stage::Runs);
    assert_eq!(value(&run, "any_compiles_at_8"), Some(2.0 / 3.0));
    assert!(value(&run, "compile_at_9").unwrap() > 0.99);
    assert!(text(&run).contains("any of 8 compiles"));
}

#[test]
fn the_integrity_gap_is_what_sharing_a_process_adds() {
    let mut run = run(&[(1, 1), (1, 0), (1, 0), (1, 0)], 1);
    assert!(!rows(&run).contains_key("integrity_gap"));
    for (verdict, shared) in run.verdicts.iter_mut().zip([1.0, 1.0, 0.0, 0.0]) {
        verdict.scores.insert("pass_at_1_shared".into(), shared);
    }
    assert_eq!(value(&run, "pass_at_1"), Some(0.25));
    assert_eq!(value(&run, "pass_at_1_shared"), Some(0.5));
    let gap = rows(&run)["integrity_gap"].cells[0].clone();
    assert_eq!((gap.value, gap.n), (Some(0.25), 4));
    assert!(gap.interval.is_some());
}

#[test]
fn an_attempt_that_only_the_shared_process_refuses_lowers_the_gap() {
    let mut run = run(&[(1, 1), (1, 1)], 1);
    for (verdict, shared) in run.verdicts.iter_mut().zip([0.0, 1.0]) {
        verdict.scores.insert("pass_at_1_shared".into(), shared);
    }
    assert_eq!(value(&run, "integrity_gap"), Some(-0.5));
}

#[test]
fn a_gap_lies_in_its_own_interval_which_holds_both_signs() {
    // One problem fools the shared process every time, another is refused by it: the mean is 0.
    let mut several = [(0, 0); 10];
    several[1] = (2, 2);
    for (attempts, scores) in [(1, 10), (2, 20)] {
        let stages = several
            .iter()
            .map(|(a, b)| ((*a).min(attempts), (*b).min(attempts)));
        let mut run = run(&stages.collect::<Vec<_>>(), attempts);
        assert_eq!(run.verdicts.len(), scores);
        for verdict in &mut run.verdicts {
            let fooled = verdict.key.problem == run.attempts[0].key.problem;
            verdict
                .scores
                .insert("pass_at_1_shared".into(), f64::from(u8::from(fooled)));
        }
        let gap = rows(&run)["integrity_gap"].cells[0].clone();
        let interval = gap.interval.unwrap();
        assert_eq!(gap.value, Some(0.0));
        assert!(interval.lo < 0.0 && interval.hi > 0.0, "{gap:?}");
        assert!(
            !gap.method.contains("Wilson") && !gap.method.contains("alike"),
            "{gap:?}"
        );
    }
}

#[test]
fn limits_and_faults_are_lines_of_their_own_and_nothing_vanishes() {
    let mut run = run(&[(4, 1)], 6);
    run.verdicts[1].cause = "cpu_limit".into();
    run.verdicts[2].cause = "compile_timeout".into();
    run.verdicts[3].stage = None;
    run.verdicts[3].unscored = Some("the box was lost".into());
    run.verdicts[3].cause = "harness_error".into();
    run.verdicts.pop();
    let section = section(&run);
    let kinds: Vec<(&str, Outcome, usize)> = section
        .causes
        .iter()
        .map(|cause| (cause.cause.as_str(), cause.outcome, cause.counts[0]))
        .collect();
    assert_eq!(
        kinds,
        [
            ("pass", Outcome::Right, 1),
            ("compile_error", Outcome::Wrong, 1),
            ("compile_timeout", Outcome::Stopped, 1),
            ("cpu_limit", Outcome::Stopped, 1),
            ("harness_error", Outcome::NotJudged, 1),
            ("not judged", Outcome::NotJudged, 1),
        ]
    );
    let text = text(&run);
    assert!(
        text.contains("pass 1 · compile_error 1 · stopped: compile_timeout 1 · cpu_limit 1 · not judged: harness_error 1"),
        "{text}"
    );
}

#[test]
fn flips_ways_integrity_and_the_cache_are_counted_and_said() {
    let mut run = run(&[(2, 2), (2, 0)], 2);
    for (index, verdict) in run.verdicts.iter_mut().enumerate() {
        let way = if index == 0 { Way::Slow } else { Way::Fast };
        let mut setting = fixture::setting(way, index == 3);
        setting.integrity = if index < 3 {
            Integrity::Split
        } else {
            Integrity::Shared
        };
        verdict.setting = Some(setting);
    }
    run.verdicts[0].first_cause = Some("cpu_limit".into());
    run.verdicts[2].first_cause = Some("wrong_output".into());
    let section = section(&run);
    let judging = &section.judging[0];
    assert_eq!((judging.executed, judging.cached), (4, 1));
    assert_eq!((judging.rejudged, judging.flipped()), (2, 1));
    assert_eq!(judging.integrity[&Integrity::Split], 3);
    assert_eq!(judging.ways[&Way::Fast], 3);
    let said = report::format::judging(&section).remove(0);
    for words in [
        "tests in another box 3",
        "tests in the candidate's process 1",
        "slow way 1 · fast way 3",
        "from the verdict cache 1",
        "2 re-judged alone, 1 changed (cpu_limit → pass 1)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(section.notes.iter().all(|note| !note.contains("same")));
}

#[test]
fn verdicts_of_two_kinds_in_one_suite_are_pointed_out() {
    let mut run = run(&[(2, 2)], 2);
    for verdict in &mut run.verdicts {
        verdict.setting = Some(fixture::setting(Way::Slow, false));
    }
    run.verdicts[1].setting.as_mut().unwrap().tier = "T2".into();
    run.verdicts[1].setting.as_mut().unwrap().toolchain_sha256 = "71".repeat(32);
    let notes = section(&run).notes.join("\n");
    assert!(
        notes.contains("do not all have the same tier and toolchain"),
        "{notes}"
    );
}

#[test]
fn an_audit_without_a_disagreement_still_has_an_upper_bound() {
    let mut run = run(&[(1, 1)], 1);
    let place = ("code", "audit_disagreeing_share");
    fixture::measure(
        &mut run,
        "m",
        place,
        json!({"suite": "cpp-demo"}),
        vec![0.0; 50],
    );
    let cell = rows(&run)["audit_disagreeing_share"].cells[0].clone();
    let bound = cell.interval.unwrap();
    assert_eq!((cell.value, cell.n, bound.lo), (Some(0.0), 50, 0.0));
    assert!((0.05..0.09).contains(&bound.hi), "{bound:?}");
}

#[test]
fn every_file_tells_how_programs_were_judged() {
    let run = fixture::run();
    let files: BTreeMap<String, Vec<u8>> = report::files(&run).unwrap().into_iter().collect();
    let file = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let policy = "c0".repeat(32);
    assert!(file("report.md").contains(&format!("T3 · policy sha256 {policy}")));
    for name in ["report.md", "report.html"] {
        assert!(file(name).contains("re-judged alone"), "{name}");
        assert!(file(name).contains("stopped"), "{name}");
    }
    assert!(file("report.html").contains("T3, fast way, outside, from the verdict cache"));
    assert!(file("causes.csv").starts_with("suite,cause,kind,model,attempts\n"));
    assert!(file("causes.csv").contains("cpp-demo,cpu_limit,stopped,"));
    let head = file("code.csv").lines().next().unwrap().to_owned();
    let width = head.split(',').count();
    for column in [
        "first_cause",
        "tier",
        "way",
        "integrity",
        "cached",
        "max_rss_bytes",
    ] {
        assert!(
            head.split(',').any(|name| name == column),
            "{column}: {head}"
        );
    }
    let judged = file("code.csv")
        .lines()
        .find(|line| line.contains("outside"))
        .unwrap()
        .to_owned();
    assert!(
        judged.contains("T3,") && judged.split(',').count() == width,
        "{judged}"
    );
}

#[test]
fn a_model_that_attempted_nothing_yet_has_no_line_of_how_its_attempts_ended() {
    let mut run = run(&[(1, 1)], 1);
    run.header = fixture::header(&["m", "later"]);
    let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(text.contains("ended    m: pass 1"), "{text}");
    assert!(!text.lines().any(|line| line.trim() == "later:"), "{text}");
}
