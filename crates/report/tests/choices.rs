//! Multiple choice and growing context: rows, comparisons, tables and charts from raw records.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use report::view::{Row, Section};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

fn section(run: &Run, benchmark: &str) -> Section {
    let mut sections = Scorecard::of(run).sections.into_iter();
    sections
        .find(|section| section.benchmark == benchmark)
        .unwrap()
}

fn row(run: &Run, benchmark: &str, metric: &str) -> Row {
    let mut rows = section(run, benchmark).rows.into_iter();
    rows.find(|row| row.metric == metric)
        .unwrap_or_else(|| panic!("no row {metric}"))
}

/// One answered problem: log-probabilities and texts of the choices, and the right one.
fn problem(run: &mut Run, model: &str, id: &str, choices: &[(f64, &str)], right: usize) {
    let at = json!({
        "suite": "mine", "suite_sha256": "ab", "shape": "generic", "problem": id, "right": right,
    });
    type List = (&'static str, fn(&(f64, &str)) -> f64);
    let lists: [List; 4] = [
        ("choice_log_prob", |choice| choice.0),
        ("choice_tokens", |_| 1.0),
        ("choice_bytes", |choice| choice.1.len() as f64),
        ("choice_characters", |choice| {
            choice.1.chars().count() as f64
        }),
    ];
    for (metric, of) in lists {
        let values = choices.iter().map(of).collect();
        fixture::measure(run, model, ("accuracy", metric), at.clone(), values);
    }
}

/// Two problems: the first right by the sum alone, the second by the byte alone, and by the character not.
fn answered(model: &str, run: &mut Run) {
    problem(run, model, "one", &[(-2.0, "aa"), (-3.0, "bbbbbb")], 0);
    problem(run, model, "two", &[(-4.0, "äää"), (-3.0, "cccc")], 0);
}

fn file(run: &Run, name: &str) -> Option<String> {
    let files = report::files(run).unwrap().into_iter();
    let mut found = files.filter(|(file, _)| file == name);
    found
        .next()
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
}

#[test]
fn the_harness_is_told_how_many_questions_a_limit_left_out() {
    let mut run = Run::new(fixture::header(&["a"]));
    answered("a", &mut run);
    let sizes = |run: &Run| -> serde_json::Value {
        let source = report::publish::Source {
            dpi: report::chart::DPI,
            run,
            card: &Scorecard::of(run),
            model: "a",
            suite: "",
        };
        let form = report::publish::find("lm-eval").unwrap();
        let all = form.write(&source).unwrap();
        serde_json::from_slice::<serde_json::Value>(&all).unwrap()["n-samples"]["mine"].clone()
    };
    run.header.plan = json!({"accuracy": {"sha256": ["ab"]}});
    assert_eq!(sizes(&run), json!({"original": 2, "effective": 2}));
    run.header.plan = json!({"accuracy": {"sha256": ["cd", "ab"], "sizes": [7, 400]}});
    assert_eq!(sizes(&run), json!({"original": 400, "effective": 2}));
}

#[test]
fn each_rule_takes_its_own_choice() {
    let mut run = Run::new(fixture::header(&["a"]));
    answered("a", &mut run);
    let share = |metric| row(&run, "accuracy", metric).cells[0].value;
    assert_eq!(share("accuracy"), Some(0.5));
    assert_eq!(
        share("accuracy_by_bytes"),
        Some(0.5),
        "−1 against −0.5; −4/6 against −3/4"
    );
    assert_eq!(
        share("accuracy_by_characters"),
        Some(0.0),
        "−4/3 against −3/4"
    );
    let cell = &row(&run, "accuracy", "accuracy").cells[0];
    assert_eq!((cell.n, cell.interval.is_some()), (2, true));
    assert!(cell.method.contains("Wilson"), "{}", cell.method);
}

#[test]
fn rules_that_cannot_choose_otherwise_are_left_out() {
    let metrics = |choices: [(f64, &str); 2]| -> Vec<String> {
        let mut run = Run::new(fixture::header(&["a"]));
        problem(&mut run, "a", "one", &choices, 0);
        section(&run, "accuracy")
            .rows
            .into_iter()
            .map(|row| row.metric)
            .collect()
    };
    assert_eq!(metrics([(-1.0, "ab"), (-2.0, "cd")]), ["accuracy"]);
    assert_eq!(
        metrics([(-1.0, "ab"), (-2.0, "c")]),
        ["accuracy", "accuracy_by_bytes"]
    );
    let all = ["accuracy", "accuracy_by_bytes", "accuracy_by_characters"];
    assert_eq!(metrics([(-1.0, "ä"), (-2.0, "c")]), all);
}

#[test]
fn of_equals_the_first_counts() {
    let mut run = Run::new(fixture::header(&["a"]));
    problem(&mut run, "a", "first", &[(-1.0, "a"), (-1.0, "b")], 0);
    problem(&mut run, "a", "second", &[(-1.0, "a"), (-1.0, "b")], 1);
    assert_eq!(row(&run, "accuracy", "accuracy").cells[0].raw, [1.0, 0.0]);
}

#[test]
fn guessing_stands_beside_and_whoever_cannot_be_told_from_it_is_named() {
    let mut run = Run::new(fixture::header(&["good", "poor"]));
    for at in 0..40 {
        let four = [(-1.0, "a"), (-2.0, "b"), (-3.0, "c"), (-4.0, "d")];
        problem(&mut run, "good", &format!("p{at}"), &four, 0);
        problem(&mut run, "poor", &format!("p{at}"), &four, at % 4);
    }
    problem(&mut run, "good", "two", &[(-1.0, "a"), (-2.0, "b")], 0);
    let section = section(&run, "accuracy");
    assert_eq!(
        section.scope,
        "41 problems × 2 to 4 choices · guessing 25.61 %"
    );
    assert_eq!(section.shared["chance"], json!(0.2561));
    assert_eq!(section.title(), "accuracy · mine");
    let notes = section.notes.join("\n");
    assert!(
        notes.contains("poor: cannot be told from guessing"),
        "{notes}"
    );
    assert!(!notes.contains("good: cannot"), "{notes}");
    let comparison = &section.rows[0].comparisons[0];
    assert!(
        (comparison.value.unwrap() + 0.75).abs() < 1e-12,
        "{comparison:?}"
    );
    assert_eq!(comparison.n, 40, "only problems of both are pairs");
    assert!(comparison.p.unwrap() < 1e-6 && comparison.method.contains("McNemar"));
    let verdict = Scorecard::of(&run).verdict.unwrap();
    assert!(verdict.contains("worse accuracy on mine"), "{verdict}");
}

#[test]
fn a_problem_that_was_interrupted_counts_once_or_not_at_all() {
    let mut run = Run::new(fixture::header(&["a"]));
    answered("a", &mut run);
    let last = run.measurements.len() - 1;
    run.measurements.truncate(last);
    assert_eq!(
        row(&run, "accuracy", "accuracy").cells[0].n,
        1,
        "a part is missing"
    );
    // Resumed: its parts are written again, the first of each counts.
    problem(&mut run, "a", "two", &[(-9.0, "äää"), (-3.0, "cccc")], 0);
    let found = row(&run, "accuracy", "accuracy_by_bytes");
    assert_eq!((found.cells[0].n, found.cells[0].value), (2, Some(0.5)));
}

#[test]
fn two_files_of_one_name_are_two_sections() {
    let mut run = Run::new(fixture::header(&["a"]));
    answered("a", &mut run);
    let at = json!({"suite": "mine", "suite_sha256": "cd", "shape": "generic", "problem": "x", "right": 0});
    for metric in [
        "choice_log_prob",
        "choice_tokens",
        "choice_bytes",
        "choice_characters",
    ] {
        fixture::measure(
            &mut run,
            "a",
            ("accuracy", metric),
            at.clone(),
            vec![1.0, 2.0],
        );
    }
    let sections = Scorecard::of(&run).sections;
    assert_eq!(sections.len(), 2);
}

#[test]
fn tables_hold_a_line_a_suite_and_a_line_a_choice() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    answered("a", &mut run);
    answered("b", &mut run);
    let suites = file(&run, "accuracy.csv").unwrap();
    let lines: Vec<&str> = suites.lines().collect();
    assert_eq!(lines.len(), 3, "{suites}");
    assert!(lines[0].starts_with(
        "model,suite,suite_sha256,shape,n,chance,accuracy,accuracy_lo,accuracy_hi,accuracy_by_bytes"
    ));
    assert!(
        lines[1].starts_with("a,mine,ab,generic,2,0.5,0.5,"),
        "{suites}"
    );
    let choices = file(&run, "accuracy_choices.csv").unwrap();
    assert_eq!(choices.lines().count(), 1 + 2 * 2 * 2);
    assert!(
        choices.contains("a,mine,two,0,true,-4,1,6,3\n"),
        "{choices}"
    );
    assert!(file(&run, "context.csv").is_none());
    let names: Vec<String> = report::files(&run)
        .unwrap()
        .into_iter()
        .map(|f| f.0)
        .collect();
    assert!(names.contains(&"accuracy.png".to_owned()), "{names:?}");
    let svg = file(&run, "accuracy.svg").unwrap();
    assert!(svg.contains("guessing"), "{svg}");
}

/// Five questions at each of two places.
fn recalled(run: &mut Run, model: &str, sha: &str, length: usize, flags: [[f64; 5]; 2]) {
    for (place, flags) in [0, 100].into_iter().zip(flags) {
        let at = json!({
            "context_tokens": length, "cache": "f16", "place_percent": place, "prompt_sha256": sha,
            "questions": ["amber-otter ="], "rivals": 9,
        });
        fixture::measure(
            run,
            model,
            ("context", "recalled"),
            at.clone(),
            flags.to_vec(),
        );
        let ranks = flags.map(|flag| if flag == 1.0 { 1.0 } else { 4.0 });
        fixture::measure(run, model, ("context", "recall_rank"), at, ranks.to_vec());
    }
}

fn grown(run: &mut Run, model: &str, sha: &str) {
    for (length, rate) in [(2048_u32, 40.0), (4096, 30.0)] {
        let at = json!({"context_tokens": length, "cache": "f16", "piece_tokens": 512, "generate_tokens": 32});
        for metric in ["prefill_tokens_per_s", "decode_tokens_per_s"] {
            let values = (0..6).map(|i| rate + f64::from(i)).collect();
            fixture::measure(run, model, ("context", metric), at.clone(), values);
        }
        let at = json!({"context_tokens": length, "cache": "f16"});
        fixture::measure(
            run,
            model,
            ("context", "kv_allocated_bytes"),
            at,
            vec![1e3 * f64::from(length)],
        );
        recalled(
            run,
            model,
            sha,
            length as usize,
            [[1.0; 5], [1.0, 1.0, 0.0, 0.0, 0.0]],
        );
    }
}

#[test]
fn lengths_whose_caches_are_equally_large_keep_a_line_each() {
    let mut run = Run::new(fixture::header(&["a"]));
    for length in [2000, 2048] {
        let at = json!({"context_tokens": length, "cache": "f16"});
        let metric = ("context", "kv_allocated_bytes");
        fixture::measure(&mut run, "a", metric, at, vec![25_165_824.0]);
    }
    let lengths: Vec<_> = section(&run, "context")
        .rows
        .iter()
        .map(|row| row.conditions["context_tokens"].as_u64())
        .collect();
    assert_eq!(lengths, [Some(2000), Some(2048)]);
    let table = file(&run, "context.csv").unwrap();
    let lines: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert!(
        lines.iter().all(|line| line.contains(",25165824,")),
        "{table}"
    );
}

#[test]
fn recall_is_a_share_of_questions_at_each_length_and_its_places_are_told() {
    let mut run = Run::new(fixture::header(&["a"]));
    grown(&mut run, "a", "s");
    let section = section(&run, "context");
    assert_eq!(
        section.scope,
        "6 timed runs and 10 questions at each length"
    );
    let recalled: Vec<&Row> = section
        .rows
        .iter()
        .filter(|row| row.metric == "recall_share")
        .collect();
    assert_eq!(recalled.len(), 2);
    assert_eq!(recalled[0].cells[0].value, Some(0.7));
    assert_eq!(recalled[0].cells[0].n, 10);
    assert_eq!(section.notes.len(), 2);
    let wanted = "a, context 2048 f16: recalled 5/5 at 0 %, 2/5 at 100 % of the text";
    assert_eq!(section.notes[0], wanted);
    let table = file(&run, "context.csv").unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[1].starts_with("a,f16,2048,42.5,40,45,"), "{table}");
    assert!(lines[1].ends_with(",10"), "{table}");
    assert!(
        file(&run, "context_values.csv")
            .unwrap()
            .contains("recall_rank")
    );
    let svg = file(&run, "context.svg").unwrap();
    for words in [
        "Prefill by context",
        "Decode by context",
        "Recall by context",
        "4096",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    let terminal = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(
        terminal.lines().all(|line| line.chars().count() <= 80),
        "{terminal}"
    );
}

#[test]
fn recall_is_paired_only_where_both_read_the_same_text() {
    let comparison = |other: &str| {
        let mut run = Run::new(fixture::header(&["a", "b"]));
        grown(&mut run, "a", "same");
        grown(&mut run, "b", other);
        row(&run, "context", "recall_share").comparisons[0].clone()
    };
    let same = comparison("same");
    assert_eq!((same.value, same.n), (Some(0.0), 10));
    let other = comparison("other");
    assert_eq!(other.value, None);
    assert!(other.reason.unwrap().contains("different texts"));
}
