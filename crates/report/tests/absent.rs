//! What could not be measured, for one reason in many places, and tables in a narrow terminal.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

const REASON: &str = "the counters of the processor cannot be read";

/// A speed that nothing could be said of, at one length of the prompt.
fn unread(model: &str, prompt: u32, reason: &str) -> Measurement {
    Measurement {
        model: model.into(),
        benchmark: "latency".into(),
        metric: "decode_tokens_per_s".into(),
        conditions: BTreeMap::from([("prompt_tokens".to_owned(), json!(prompt))]),
        values: Vec::new(),
        reason: Some(reason.into()),
        told: None,
        own: None,
    }
}

fn run(lines: &[(&str, u32, &str)]) -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, prompt, reason) in lines {
        run.measurements.push(unread(model, *prompt, reason));
    }
    run
}

fn page(run: &Run) -> String {
    let files: BTreeMap<String, Vec<u8>> = report::files(run).unwrap().into_iter().collect();
    String::from_utf8(files["report.html"].clone()).unwrap()
}

#[test]
fn one_reason_is_one_sentence_that_names_everything_it_is_of() {
    let run = run(&[
        ("a", 128, REASON),
        ("a", 512, REASON),
        ("b", 128, REASON),
        ("b", 512, "it was too slow"),
    ]);
    let card = Scorecard::of(&run);
    let said = report::format::absences(&card.sections[0]);
    assert_eq!(
        said,
        [
            format!("decode of a; decode at prompt 128 of b: {REASON}"),
            "decode at prompt 512 of b: it was too slow".to_owned()
        ]
    );
}

#[test]
fn a_page_says_a_shared_reason_under_the_table_and_an_own_one_in_its_cell() {
    let run = run(&[
        ("a", 128, REASON),
        ("a", 512, REASON),
        ("b", 128, REASON),
        ("b", 512, "it was too slow"),
    ]);
    let page = page(&run);
    let in_cells = |what: &str| {
        page.matches(&format!("<span class=\"reason\">{what}</span>"))
            .count()
    };
    assert_eq!((in_cells("see below"), in_cells(REASON)), (3, 0), "{page}");
    assert_eq!(in_cells("it was too slow"), 1);
    assert!(page.contains(&format!(": {REASON}</li>")), "{page}");
}

#[test]
fn a_narrow_terminal_breaks_no_interval_and_leaves_no_number_out() {
    let card = Scorecard::of(&fixture::run());
    let wide = scorecard_text(&card, 110, Colour::Never);
    let narrow = scorecard_text(&card, 44, Colour::Never);
    let intervals = |text: &str| {
        let found = text
            .split('[')
            .skip(1)
            .filter_map(|rest| rest.split_once(']'));
        let found = found.map(|(interval, _)| interval.split_whitespace().collect::<Vec<_>>());
        let found = found.map(|words| words.join(" "));
        let mut found: Vec<String> = found.filter(|text| !text.contains("lo, hi")).collect();
        found.sort();
        found
    };
    assert!(intervals(&wide).len() > 30, "{wide}");
    assert_eq!(intervals(&wide), intervals(&narrow), "{narrow}");
    let counted = narrow.lines().filter(|line| line.starts_with("   n "));
    let broken = counted.filter(|line| line.contains('[') != line.contains(']'));
    assert_eq!(broken.count(), 0, "{narrow}");
    assert!(narrow.contains("against the first"), "{narrow}");
}
