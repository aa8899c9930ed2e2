//! Every view of one synthetic run.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use report::{Colour, Scorecard, format, scorecard_text};
use serde_json::Value;

/// Made once: ten tests look at the same files.
static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    report::files(&fixture::run())
        .unwrap()
        .into_iter()
        .collect()
});

fn file(name: &str) -> Vec<u8> {
    FILES[name].clone()
}

fn text(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

#[test]
fn the_terminal_scorecard_reads_well_at_eighty_columns() {
    let text = scorecard_text(&Scorecard::of(&fixture::run()), 80, Colour::Never);
    insta::assert_snapshot!(text);
}

#[test]
fn the_markdown_report_reads_well() {
    insta::assert_snapshot!(text("report.md"));
}

#[test]
fn the_json_report_has_its_shape() {
    let report: Value = serde_json::from_slice(&file("report.json")).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["level"], 0.95);
    let mut row = report["sections"][1]["rows"][0].clone();
    row["cells"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(|cell| cell["raw"] = "per problem".into());
    insta::assert_json_snapshot!(row);
    insta::assert_json_snapshot!(report["provenance"]["machine"]);
}

#[test]
fn every_number_in_the_json_has_n_and_an_interval_or_says_why_not() {
    let report: Value = serde_json::from_slice(&file("report.json")).unwrap();
    let rows = report["sections"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|s| s["rows"].as_array().unwrap());
    let mut seen = 0;
    for cell in rows.flat_map(|row| row["cells"].as_array().unwrap()) {
        seen += 1;
        let n = cell["n"].as_u64().unwrap();
        match cell["value"].as_f64() {
            Some(_) => {
                assert_eq!(cell["raw"].as_array().unwrap().len() as u64, n);
                assert!(
                    cell["interval"].is_object()
                        || cell["method"].as_str().unwrap().contains("no interval"),
                    "{cell}"
                );
            }
            None => assert!(
                cell["value"].is_null() && n == 0 && !cell["reason"].as_str().unwrap().is_empty()
            ),
        }
    }
    assert!(seen > 50);
}

/// The JSON number, formatted, is the text in every other view: no view has digits of its own.
#[test]
fn all_views_show_the_same_numbers() {
    let card = Scorecard::of(&fixture::run());
    let terminal = scorecard_text(&card, 80, Colour::Never);
    let (markdown, html) = (
        text("report.md"),
        text("report.html").replace("&#x2f;", "/"),
    );
    let mut seen = 0;
    for row in card.sections.iter().flat_map(|section| &section.rows) {
        for cell in &row.cells {
            let words = format::cell(cell, row);
            for word in [Some(words.value), words.interval].into_iter().flatten() {
                seen += 1;
                assert!(
                    terminal.contains(&word),
                    "{word} is not in the terminal's view"
                );
                assert!(markdown.contains(&word), "{word} is not in the Markdown");
                assert!(html.contains(&word), "{word} is not in the page");
            }
        }
    }
    assert!(seen > 100);
}

#[test]
fn pass_at_1_is_the_mean_over_problems_of_the_share_that_passed() {
    let run = fixture::run();
    let card = Scorecard::of(&run);
    let row = card.sections[1]
        .rows
        .iter()
        .find(|row| row.metric == "pass_at_1")
        .unwrap();
    for cell in &row.cells {
        let mut problems: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for verdict in run
            .verdicts
            .iter()
            .filter(|v| v.key.model == cell.model && v.key.suite == "cpp-demo")
        {
            let entry = problems.entry(&verdict.key.problem).or_default();
            entry.0 += f64::from(verdict.cause == "pass");
            entry.1 += 1.0;
        }
        let expected = problems
            .values()
            .map(|(passed, tried)| passed / tried)
            .sum::<f64>()
            / problems.len() as f64;
        assert!((cell.value.unwrap() - expected).abs() < 1e-12);
        assert_eq!(cell.n, 24);
        let interval = cell.interval.unwrap();
        assert!(interval.lo < expected && expected < interval.hi);
    }
}

#[test]
fn perplexity_is_the_exponential_of_nats_over_tokens() {
    let run = fixture::run();
    let sum = |metric: &str| -> f64 {
        let mine = run
            .measurements
            .iter()
            .filter(|m| m.metric == metric && m.model == "synthetic-0.5b");
        mine.filter(|m| m.conditions["text"] == "prose")
            .flat_map(|m| &m.values)
            .sum()
    };
    let card = Scorecard::of(&run);
    let value = |metric: &str| {
        let rows = card.sections.iter().flat_map(|section| &section.rows);
        let row = rows
            .filter(|row| row.metric == metric)
            .find(|row| row.conditions["text"] == "prose");
        row.unwrap().cells[0].value.unwrap()
    };
    let nats = sum("passage_nats");
    assert!((value("perplexity") - (nats / sum("passage_tokens")).exp()).abs() < 1e-9);
    assert!((value("bits_per_byte") - nats / 2f64.ln() / sum("passage_bytes")).abs() < 1e-12);
}

#[test]
fn the_same_run_gives_the_same_bytes_and_the_order_of_records_does_not_matter() {
    let run = fixture::run();
    let mut shuffled = run.clone();
    shuffled.verdicts.reverse();
    shuffled.measurements.reverse();
    let numbers = |run| {
        Scorecard::of(run)
            .sections
            .into_iter()
            .flat_map(|section| section.rows)
            .collect::<Vec<_>>()
    };
    let sorted = |run| {
        let mut rows = numbers(run);
        rows.sort_by_key(|row| format!("{} {:?}", row.metric, row.conditions));
        rows
    };
    assert_eq!(report::files(&run).unwrap(), report::files(&run).unwrap());
    assert_eq!(sorted(&run), sorted(&shuffled));
}

#[test]
fn csv_files_exist_for_the_benchmarks_that_ran_and_hold_raw_base_units() {
    let files = &*FILES;
    let names: Vec<&str> = files
        .keys()
        .map(String::as_str)
        .filter(|name| name.ends_with(".csv"))
        .collect();
    assert_eq!(
        names,
        [
            "causes.csv",
            "code.csv",
            "latency.csv",
            "latency_values.csv",
            "memory.csv",
            "memory_values.csv",
            "perplexity.csv",
            "perplexity_values.csv",
            "scorecard.csv"
        ]
    );
    let mut code = csv::Reader::from_reader(files["code.csv"].as_slice());
    assert_eq!(code.headers().unwrap().len(), 28);
    assert_eq!(
        code.records().map(Result::unwrap).count(),
        2 * (24 + 12) * 4
    );
    let mut memory = csv::Reader::from_reader(files["memory_values.csv"].as_slice());
    let rows: Vec<_> = memory.records().map(Result::unwrap).collect();
    assert!(
        rows.iter()
            .any(|row| &row[1] == "weight_bytes" && &row[6] == "491400064")
    );
    assert!(
        rows.iter()
            .any(|row| row[6].is_empty() && &row[7] == "the kernel does not show it")
    );
}

#[test]
fn pictures_are_sharp_and_not_blank() {
    for stem in ["summary", "code", "latency", "memory", "perplexity"] {
        let png = file(&format!("{stem}.png"));
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let width = u32::from_be_bytes([png[16], png[17], png[18], png[19]]);
        assert!(
            width > 1200 && png.len() > 15_000,
            "{stem}: {width} px, {} bytes",
            png.len()
        );
    }
}
