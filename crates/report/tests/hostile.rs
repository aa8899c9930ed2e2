//! What models, files and names may try to do to a reader.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::sync::LazyLock;

use ledger::record::HardwareSample;
use report::publish::Source;
use report::{Colour, Scorecard, scorecard_text};

/// Made once: five tests look at the same files.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(made);

fn files() -> &'static [(String, String)] {
    &FILES
}

fn made() -> Vec<(String, String)> {
    let mut run = fixture::run();
    // Names come from outside as well.
    let evil = "m|<svg onload=alert(3)>\u{1b}[31m\u{202e}";
    for key in run
        .attempts
        .iter_mut()
        .map(|a| &mut a.key)
        .chain(run.verdicts.iter_mut().map(|v| &mut v.key))
    {
        if key.model == "synthetic-1.5b" {
            key.model = evil.into();
        }
    }
    run.measurements
        .iter_mut()
        .filter(|m| m.model == "synthetic-1.5b")
        .for_each(|m| m.model = evil.into());
    run.header.models[1].name = evil.into();
    run.header.run_id = format!("run {evil}");
    run.warnings[0].message = fixture::HOSTILE.into();
    run.verdicts[3].cause = evil.into();
    let made = report::files(&run).unwrap();
    let mut texts: Vec<(String, String)> = made
        .into_iter()
        .filter(|(name, _)| {
            [".html", ".md", ".svg"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
        .collect();
    texts.push((
        "terminal".into(),
        scorecard_text(&Scorecard::of(&run), 80, Colour::Never),
    ));
    texts
}

#[test]
fn no_control_or_direction_character_reaches_any_view() {
    for (name, text) in files() {
        let bad = |c: &char| {
            c.is_control() && !"\n\t".contains(*c) || "\u{202e}\u{2066}\u{2069}".contains(*c)
        };
        assert_eq!(text.chars().find(bad), None, "{name}");
    }
}

#[test]
fn the_page_has_one_script_and_it_is_ours() {
    let all = files();
    let page = &all
        .iter()
        .find(|(name, _)| name == "report.html")
        .unwrap()
        .1;
    let lower = page.to_lowercase();
    assert_eq!(lower.matches("<script").count(), 1);
    assert_eq!(lower.matches("</script").count(), 1);
    for tag in [
        "<img",
        "<iframe",
        "<object",
        "<embed",
        "<link",
        "<base",
        "<svg onload",
        "style=\"",
    ] {
        assert!(!lower.contains(tag), "{tag}");
    }
    assert!(page.contains("{{ 7*7 }}"), "a completion is not a template");
    assert!(
        page.contains("&lt;&#x2f;script&gt;"),
        "the completion is shown, not dropped"
    );
}

#[test]
fn the_page_forbids_and_needs_no_outside_request() {
    let all = files();
    let page = &all
        .iter()
        .find(|(name, _)| name == "report.html")
        .unwrap()
        .1;
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    let outside = page
        .match_indices("://")
        .filter(|(at, _)| !page[..*at].ends_with("xmlns=\"http"));
    assert_eq!(
        outside.count(),
        0,
        "only the name of the SVG namespace looks like an address"
    );
    assert!(
        !page.contains("url(") || page.matches("url(").count() == page.matches("url(#").count()
    );
}

#[test]
fn hostile_names_cannot_leave_a_markdown_cell() {
    let all = files();
    let page = &all.iter().find(|(name, _)| name == "report.md").unwrap().1;
    assert!(!page.contains("<svg") && !page.contains("<script") && !page.contains("<img"));
    let widths: Vec<usize> = page
        .lines()
        .filter(|line| line.starts_with("| prefill"))
        .map(|line| line.replace("\\|", "").matches('|').count())
        .collect();
    assert_eq!(widths, [7, 7, 7]);
}

#[test]
fn pictures_hold_no_script_and_no_reference() {
    for (name, text) in files().iter().filter(|(name, _)| name.ends_with(".svg")) {
        for word in ["<script", "onload=", "href", "<foreignObject", "<image"] {
            assert!(
                !text.contains(word) || text.contains(&format!("&lt;svg {word}")),
                "{word} in {name}"
            );
        }
    }
}

/// What spreadsheets compute, and what steers a terminal.
const FORMULAS: [&str; 5] = [
    "=HYPERLINK(\"x\",\"y\")",
    "+cmd|' /C calc'!A0\u{1b}[31m",
    "-2+3\u{9b}A",
    "@SUM(1,1)\u{7}",
    "\t=1\r\n=2\u{202e}",
];

/// A run in which every name and every reason is one of [`FORMULAS`].
fn computed() -> ledger::Run {
    let mut run = fixture::run();
    let other = |name: &mut String, evil: usize| *name = FORMULAS[evil].to_owned();
    let model = |name: &mut String| {
        let evil = usize::from(name == "synthetic-1.5b");
        other(name, evil);
    };
    for key in run
        .attempts
        .iter_mut()
        .map(|attempt| &mut attempt.key)
        .chain(run.verdicts.iter_mut().map(|verdict| &mut verdict.key))
    {
        model(&mut key.model);
        if key.suite == "python-core" {
            other(&mut key.suite, 2);
        }
        if key.problem == "p01" {
            other(&mut key.problem, 3);
        }
    }
    run.verdicts
        .iter_mut()
        .step_by(7)
        .for_each(|verdict| other(&mut verdict.cause, 4));
    run.header
        .models
        .iter_mut()
        .for_each(|record| model(&mut record.name));
    other(&mut run.header.suites[0].name, 2);
    for record in &mut run.measurements {
        model(&mut record.model);
        if let Some(suite) = record.conditions.get_mut("suite")
            && *suite == "python-core"
        {
            *suite = FORMULAS[2].into();
        }
        record.reason = record.reason.as_ref().map(|_| FORMULAS[4].to_owned());
    }
    run.measurements[0]
        .conditions
        .insert(FORMULAS[0].into(), FORMULAS[3].into());
    run.measurements[0].values = vec![-1.5, 1e-7];
    run.hardware.push(HardwareSample {
        session: 0,
        sample: 0,
        at_ns: 1,
        unix_ms: 1,
        phase: FORMULAS[1].into(),
        model: Some(FORMULAS[0].into()),
        conditions: [("suite".to_owned(), FORMULAS[4].into())].into(),
        tokens: 0,
        monitor_ns: None,
        readings: [(FORMULAS[2].to_owned(), -3.25)].into(),
    });
    run
}

#[test]
fn no_cell_of_a_csv_is_computed_or_steers_and_numbers_stay_numbers() {
    let run = computed();
    let card = Scorecard::of(&run);
    let mut files = report::export::csv_files(&run, &card).unwrap();
    let source = Source {
        run: &run,
        card: &card,
        model: "",
        suite: "",
        dpi: 96,
    };
    let stdout = report::publish::find("csv")
        .unwrap()
        .write(&source)
        .unwrap();
    files.push(("csv=-".into(), stdout));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "scorecard.csv",
        "code.csv",
        "latency.csv",
        "memory.csv",
        "perplexity.csv",
        "hardware.csv",
        "causes.csv",
    ] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let (mut guarded, mut negative) = (0, 0);
    for (name, bytes) in &files {
        let text = std::str::from_utf8(bytes).unwrap();
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert_eq!(text.find(steers), None, "{name}");
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes.as_slice());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(
            text.lines().count(),
            records.len(),
            "{name}: a line is a record"
        );
        for cell in records.iter().flatten() {
            let is_number = cell.parse::<f64>().is_ok();
            assert!(
                is_number || !cell.starts_with(['=', '+', '-', '@']),
                "{name}: {cell}"
            );
            guarded += usize::from(cell.starts_with('\''));
            negative += usize::from(is_number && cell.starts_with('-'));
        }
    }
    assert!(guarded > 100, "{guarded} cells were guarded");
    assert!(negative >= 2, "-1.5 and -3.25 are numbers: {negative}");
}
