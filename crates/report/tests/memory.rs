//! Memory: ratios and quality beside sizes, in every view.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use report::view::{Cell, Entry, Overview, Section};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

const MIB: f64 = 1024.0 * 1024.0;

/// Sizes of one combination; an f16 token takes 1 KiB.
fn fill(run: &mut Run, model: &str, (n_tokens, n_sequences): (u32, u32), cache: &str) {
    let share = match cache {
        "f16" => 1.0,
        "q8_0" => 34.0 / 64.0,
        _ => 18.0 / 64.0,
    };
    let at = json!({"context_tokens": n_tokens, "sequences": n_sequences, "cache": cache});
    let logical = f64::from(n_tokens * n_sequences) * 1024.0 * share;
    for (metric, value) in [
        ("kv_logical_bytes", logical),
        ("kv_allocated_bytes", logical + 4096.0 * share),
        ("resident_bytes", logical + 10.0 * MIB),
        ("peak_resident_bytes", logical + 120.0 * MIB),
    ] {
        fixture::measure(run, model, ("memory", metric), at.clone(), vec![value]);
    }
}

fn weigh(run: &mut Run, model: &str) {
    for (metric, value) in [
        ("weight_bytes", 98.0),
        ("weights_mapped_bytes", 100.0),
        ("weights_resident_bytes", 64.0),
    ] {
        fixture::measure(run, model, ("memory", metric), json!({}), vec![value * MIB]);
    }
}

/// What a cache costs in two chunks of four tokens; the f16 cache has a perplexity of e².
fn cost(run: &mut Run, model: &str, cache: &str, kl: f64) {
    for chunk in [0, 1] {
        let at = json!({
            "text": "code", "text_sha256": "ab", "reference": "f16 cache", "cache": cache,
            "context_tokens": 512, "chunk": chunk,
        });
        for (metric, values) in [
            ("token_kl_nats", vec![kl; 4]),
            ("token_delta_p", vec![0.0; 4]),
            ("token_same_top", vec![1.0; 4]),
            ("reference_nats", vec![8.0]),
            ("passage_nats", vec![8.0 + 4.0 * kl]),
        ] {
            fixture::measure(run, model, ("cache_quality", metric), at.clone(), values);
        }
    }
}

fn swept(models: &[&str]) -> Run {
    let mut run = Run::new(fixture::header(models));
    for model in models {
        for size in [(512, 1), (512, 4), (2048, 1), (2048, 4)] {
            for cache in ["f16", "q8_0", "q4_0"] {
                fill(&mut run, model, size, cache);
            }
        }
        weigh(&mut run, model);
        cost(&mut run, model, "q8_0", 0.001);
        cost(&mut run, model, "q4_0", 0.25);
    }
    run
}

fn section(run: &Run) -> Section {
    let card = Scorecard::of(run);
    let mut found = card
        .sections
        .into_iter()
        .filter(|s| s.benchmark == "memory");
    found.next().unwrap()
}

/// The cell in the line that begins with those words, under that heading.
fn cell(overview: &Overview, words: &[&str], title: &str) -> Cell {
    let at = overview
        .columns
        .iter()
        .position(|c| c.title == title)
        .unwrap();
    let is = |line: &&Vec<Entry>| {
        words
            .iter()
            .zip(line.iter())
            .all(|(word, entry)| *entry == Entry::Words((*word).to_owned()))
    };
    let line = overview.lines.iter().find(is).unwrap();
    match &line[at] {
        Entry::Number(cell) => (**cell).clone(),
        Entry::Words(words) => panic!("{title} is {words}"),
    }
}

#[test]
fn a_line_has_the_ratio_to_f16_of_its_own_size_and_the_quality_of_its_cache() {
    let overview = &section(&swept(&["m"])).overviews[0];
    assert_eq!(overview.lines.len(), 12);
    for size in [["512", "1"], ["512", "4"], ["2048", "4"]] {
        let value =
            |cache: &str, title: &str| cell(overview, &[size[0], size[1], cache], title).value;
        assert_eq!(value("q8_0", "of f16"), Some(34.0 / 64.0));
        assert_eq!(value("q4_0", "of f16"), Some(18.0 / 64.0));
        assert_eq!(value("f16", "of f16"), None);
        let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-9;
        assert!(near(value("f16", "PPL"), 2f64.exp()));
        assert!(near(value("q4_0", "PPL"), 2.25f64.exp()));
        assert!(near(value("q8_0", "KL"), 0.001));
        assert_eq!(value("f16", "KL"), None);
    }
}

#[test]
fn memory_that_was_used_again_is_not_taken_for_a_small_cache() {
    let mut run = swept(&["m"]);
    let said = |run: &Run| {
        let notes = section(run).notes;
        notes.into_iter().find(|note| note.contains("used again"))
    };
    assert_eq!(said(&run), None);
    for record in &mut run.measurements {
        if record.metric == "resident_bytes" && record.conditions["sequences"] == json!(4) {
            record.values = vec![4096.0];
        }
    }
    assert!(said(&run).unwrap().starts_with("6 combinations"));
}

#[test]
fn equal_sizes_of_different_combinations_stay_rows_of_their_own() {
    let run = swept(&["m"]);
    let section = section(&run);
    let of = |metric: &str| {
        section
            .rows
            .iter()
            .filter(|row| row.metric == metric)
            .count()
    };
    // One sequence of 2048 tokens takes what four of 512 take.
    assert_eq!(of("kv_allocated_bytes"), 12);
    assert_eq!(of("kv_ratio_to_f16"), 8);
}

#[test]
fn without_f16_there_is_no_ratio_but_a_reason() {
    let mut run = swept(&["m"]);
    run.measurements
        .retain(|m| m.conditions.get("cache") != Some(&json!("f16")));
    let overview = &section(&run).overviews[0];
    let found = cell(overview, &["512", "1", "q4_0"], "of f16");
    assert_eq!(found.value, None);
    assert!(found.reason.unwrap().contains("no f16 cache"));
}

#[test]
fn what_was_not_asked_for_is_said_once_and_not_for_every_size() {
    let mut run = swept(&["m"]);
    for measurement in &mut run.measurements {
        if measurement.metric == "peak_resident_bytes" {
            measurement.values.clear();
            measurement.reason = Some("not asked for".into());
        }
    }
    run.measurements.retain(|m| m.benchmark != "cache_quality");
    let text = scorecard_text(&Scorecard::of(&run), 100, Colour::Never);
    assert_eq!(text.matches("not asked for").count(), 1, "{text}");
}

#[test]
fn a_combination_that_did_not_fit_shows_its_reason_and_leaves_the_others_alone() {
    let mut run = swept(&["m"]);
    for measurement in &mut run.measurements {
        let conditions = &measurement.conditions;
        let large = conditions.get("context_tokens") == Some(&json!(2048))
            && conditions.get("cache") == Some(&json!("f16"));
        if large && measurement.metric != "kv_logical_bytes" {
            measurement.values.clear();
            measurement.reason = Some("not begun: it needs 9 GiB".into());
        }
    }
    let section = section(&run);
    let found = cell(&section.overviews[0], &["2048", "1", "q4_0"], "of f16");
    assert!(found.reason.unwrap().contains("the f16 cache: not begun"));
    let found = cell(&section.overviews[0], &["512", "1", "q4_0"], "of f16");
    assert!(found.value.is_some());
    let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(text.contains("not begun"), "{text}");
}

#[test]
fn the_table_to_decide_by_fits_into_eighty_columns() {
    for models in [&["m"][..], &["one", "two"], &["one", "two", "three"]] {
        let run = swept(models);
        let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{widest}: {text}");
        for word in ["PPL", "perplexity", "weights of", "rows more in the report"] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    insta::assert_snapshot!(scorecard_text(
        &Scorecard::of(&swept(&["m"])),
        80,
        Colour::Never
    ));
}

#[test]
fn the_table_has_a_line_for_every_combination_under_the_usual_names() {
    let files = report::files(&swept(&["one", "two"])).unwrap();
    let find = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    let mut table = csv::Reader::from_reader(find("memory.csv").as_slice());
    let header = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2 * 12);
    let of = |row: &csv::StringRecord, name: &str| {
        row[header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    let row = |cache: &str| {
        let is = |row: &&csv::StringRecord| {
            ["model", "seq_len", "batch_size", "quantization"].map(|name| of(row, name))
                == ["two", "2048", "4", cache]
        };
        rows.iter().find(is).unwrap()
    };
    for (name, wanted) in [
        ("kvcache_mb", 8.0),
        ("peak_mb", 128.0),
        ("model_mb", 98.0),
        ("weights_resident_mb", 64.0),
        ("kvcache_ratio_to_f16", 1.0),
    ] {
        assert_eq!(
            of(row("f16"), name).parse::<f64>().unwrap(),
            wanted,
            "{name}"
        );
    }
    let near = |found: String, wanted: f64| (found.parse::<f64>().unwrap() - wanted).abs() < 1e-9;
    assert!(near(of(row("q4_0"), "kvcache_ratio_to_f16"), 18.0 / 64.0));
    assert!(near(of(row("q4_0"), "kl_mean_nats"), 0.25));
    assert!(near(of(row("f16"), "perplexity"), 2f64.exp()));
    assert_eq!(of(row("f16"), "kl_mean_nats"), "");
    for cache in ["f16", "q4_0"] {
        // The line is one of 2,048 tokens; what its cache costs was measured at 512.
        assert_eq!(of(row(cache), "quality_context_tokens"), "512", "{cache}");
        assert_eq!(of(row(cache), "quality_text"), "code", "{cache}");
    }
}

#[test]
fn the_table_has_no_ratio_and_no_text_of_what_was_not_measured() {
    let mut run = Run::new(fixture::header(&["m"]));
    fill(&mut run, "m", (512, 1), "f16");
    let at = json!({"context_tokens": 1 << 30, "sequences": 1, "cache": "f16"});
    fixture::measure(&mut run, "m", ("memory", "kv_allocated_bytes"), at, vec![]);
    run.measurements.last_mut().unwrap().reason = Some("not begun".into());
    let files = report::files(&run).unwrap();
    let (_, table) = files.iter().find(|(name, _)| name == "memory.csv").unwrap();
    let mut table = csv::Reader::from_reader(table.as_slice());
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let ratios: Vec<&str> = rows
        .iter()
        .map(|row| &row[column("kvcache_ratio_to_f16")])
        .collect();
    assert_eq!(ratios, ["1", ""]);
    for name in ["quality_context_tokens", "quality_text"] {
        assert!(
            rows.iter().all(|row| row[column(name)].is_empty()),
            "{name}"
        );
    }
}

#[test]
fn a_line_for_each_cache_is_drawn_against_the_context() {
    let run = swept(&["one"]);
    let planes = report::chart::planes(&Scorecard::of(&run));
    assert_eq!(planes.len(), 1);
    assert_eq!(planes[0].stem, "memory_scaling");
    assert_eq!(
        planes[0].panels.len(),
        2,
        "one for each number of sequences"
    );
    let traces = &planes[0].panels[0].traces;
    let names: Vec<&str> = traces.iter().map(|trace| trace.name.as_str()).collect();
    assert_eq!(names, ["f16 cache", "q8_0 cache", "q4_0 cache"]);
    assert_eq!(traces[0].points.len(), 2);
    let files = report::files(&run).unwrap();
    for wanted in ["memory_scaling.svg", "memory_scaling.png"] {
        assert!(files.iter().any(|(name, _)| name == wanted), "{wanted}");
    }
    let page = |wanted: &str| {
        let (_, bytes) = files.iter().find(|(name, _)| name == wanted).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    assert!(page("report.md").contains("](memory_scaling.svg)"));
    assert!(page("report.html").contains("KV cache, allocated (MiB)"));
    assert!(page("report.html").contains("What a cache takes and what it costs"));
    // One length makes no line.
    let mut short = run;
    short
        .measurements
        .retain(|m| m.conditions.get("context_tokens") != Some(&json!(2048)));
    assert!(report::chart::planes(&Scorecard::of(&short)).is_empty());
}
