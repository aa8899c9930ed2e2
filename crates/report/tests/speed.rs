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

/// Two models at equal speed, at so many lengths of prompt.
fn alike(n_lengths: u64) -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for model in ["a", "b"] {
        for length in 1..=n_lengths {
            let at = json!({"prompt_tokens": 128 * length, "threads": 2});
            let spread = 0.1 * length as f64;
            let around = (0..10).map(|k| 50.0 + f64::from(k) * spread).collect();
            fixture::measure(
                &mut run,
                model,
                ("latency", "decode_tokens_per_s"),
                at,
                around,
            );
        }
    }
    run
}

#[test]
fn an_unclear_speed_says_which_ratio_would_have_been_seen() {
    let run = alike(2);
    let card = Scorecard::of(&run);
    for row in &card.sections[0].rows {
        let found = &row.comparisons[0];
        let interval = found.interval.unwrap();
        let half = (interval.hi / interval.lo).ln() / 2.0;
        let wanted = (half * (1.0 + 0.841621 / 1.959964)).exp();
        let size = found.smallest_detectable.unwrap();
        assert!((size - wanted).abs() < 1e-6, "{size}, not {wanted}");
        assert!(size > interval.hi, "more than the interval leaves open");
    }
    let said = notes_in(&run);
    assert!(
        said.contains("decode prompt 128 1.0") && said.contains("×, decode prompt 256 1.0"),
        "{said}"
    );
}

#[test]
fn many_speeds_are_told_by_the_smallest_size_and_the_largest() {
    let said = notes_in(&alike(5));
    let (_, sizes) = said.split_once("more often: decode ").unwrap();
    let sizes: Vec<&str> = sizes.split(' ').take(3).collect();
    let [least, "to", most] = sizes[..] else {
        panic!("two sizes, and not one for each length: {said}");
    };
    let number = |size: &str| size.strip_suffix('×').unwrap().parse::<f64>().unwrap();
    assert!(
        1.0 < number(least) && number(least) < number(most),
        "{said}"
    );
}

/// What stands below the table of speeds, in one line.
fn notes_in(run: &Run) -> String {
    let text = scorecard_text(&Scorecard::of(run), 200, Colour::Never);
    let (_, below) = text.split_once("power").unwrap();
    below.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_has_no_interval_could_show_no_size() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for model in ["a", "b"] {
        let at = json!({"prompt_tokens": 128});
        let values = vec![50.0, 51.0, 52.0];
        fixture::measure(
            &mut run,
            model,
            ("latency", "decode_tokens_per_s"),
            at,
            values,
        );
    }
    let card = Scorecard::of(&run);
    let found = &card.sections[0].rows[0].comparisons[0];
    assert_eq!((found.interval, found.smallest_detectable), (None, None));
}
