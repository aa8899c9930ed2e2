//! Speed at many combinations: what suffices, what a terminal shows, and what is in the files.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

/// One model that decodes at these rates, by threads.
fn decoded(rates: &[(u64, f64)]) -> Run {
    let mut run = Run::new(fixture::header(&["m"]));
    for (threads, rate) in rates {
        let at = json!({"prompt_tokens": 128, "threads": threads, "use_cache": true});
        let around = (0..10).map(|k| rate + f64::from(k) * 0.01).collect();
        let metric = ("latency", "decode_tokens_per_s");
        fixture::measure(&mut run, "m", metric, at.clone(), around);
        let total = vec![5e9; 10];
        fixture::measure(&mut run, "m", ("latency", "end_to_end_ns"), at, total);
    }
    run
}

fn notes(run: &Run) -> Vec<String> {
    Scorecard::of(run).sections[0].notes.clone()
}

#[test]
fn the_fewest_threads_that_are_about_as_fast_as_the_best_are_named() {
    let notes_of = |rates: &[(u64, f64)]| notes(&decoded(rates)).join("");
    let said = notes_of(&[(1, 30.0), (2, 49.0), (4, 50.0), (8, 41.0)]);
    assert!(said.contains("m: 2 threads suffice"), "{said}");
    assert!(said.contains("98 % of the fastest, which has 4"), "{said}");
    let said = notes_of(&[(4, 30.0), (1, 31.0)]);
    assert!(said.contains("1 thread suffices"), "{said}");
    assert_eq!(
        notes_of(&[(4, 30.0)]),
        "",
        "one number of threads says nothing"
    );
}

#[test]
fn a_terminal_leaves_details_to_the_page() {
    let card = Scorecard::of(&decoded(&[(1, 30.0), (2, 49.0)]));
    assert!(card.sections[0].rows.iter().any(|row| row.is_detail()));
    let text = scorecard_text(&card, 80, Colour::Never);
    assert!(text.contains("2 rows more in the report"), "{text}");
    assert!(!text.contains("prompt to last token"), "{text}");
    let files = report::files(&decoded(&[(1, 30.0)])).unwrap();
    let page = files.iter().find(|(name, _)| name == "report.md").unwrap();
    let page = String::from_utf8(page.1.clone()).unwrap();
    assert!(page.contains("prompt to last token"), "{page}");
}

#[test]
fn speed_is_drawn_along_the_length_of_the_prompt_with_its_intervals() {
    let run = fixture::run();
    let planes = report::chart::planes(&Scorecard::of(&run));
    let speed = planes
        .iter()
        .find(|plane| plane.stem == "latency_vs_context");
    let panels = &speed.unwrap().panels;
    assert_eq!(panels.len(), 2, "reading and writing");
    for trace in panels.iter().flat_map(|panel| &panel.traces) {
        let lengths: Vec<f64> = trace.points.iter().map(|point| point.0).collect();
        assert_eq!(lengths, [128.0, 512.0, 2048.0], "{}", trace.name);
        for ((_, y), interval) in trace.points.iter().zip(&trace.intervals) {
            let (lo, hi) = interval.unwrap();
            assert!(lo <= *y && *y <= hi);
        }
    }
    let names: Vec<&str> = panels[0]
        .traces
        .iter()
        .map(|trace| trace.name.as_str())
        .collect();
    assert_eq!(names, ["synthetic-0.5b", "synthetic-1.5b"]);
    let one = Scorecard::of(&report_of_one_length(run));
    let planes = report::chart::planes(&one);
    assert!(
        planes
            .iter()
            .all(|plane| plane.stem != "latency_vs_context")
    );
}

/// The run without all prompts but the shortest.
fn report_of_one_length(mut run: ledger::Run) -> ledger::Run {
    run.measurements
        .retain(|m| m.conditions.get("prompt_tokens").is_none_or(|n| *n == 128));
    run
}
