//! A family of shapes: its tables, its advice, its pictures, and how it says that weights are random.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use ledger::record::ProblemRecord;
use report::publish::{Source, find};
use report::view::{Entry, Overview, Section};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::{Value, json};

const MIB: f64 = 1024.0 * 1024.0;

/// Name, whether long, whether trained, millions of weights, peak in MiB, tokens per second.
type Shape = (&'static str, bool, bool, u64, f64, f64);

const UNTRAINED: [Shape; 4] = [
    ("Tiny", false, false, 100, 300.0, 120.0),
    ("Small", false, false, 194, 700.0, 80.0),
    ("Medium", false, false, 304, 5000.0, 50.0),
    ("Tiny-LC", true, false, 100, 450.0, 90.0),
];

fn family(shapes: &[Shape]) -> Run {
    let names: Vec<String> = shapes
        .iter()
        .map(|shape| format!("model-{}", shape.0))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut run = Run::new(fixture::header(&names));
    let plan: Vec<Value> = shapes
        .iter()
        .map(|(name, long, trained, millions, ..)| {
            json!({
                "model": format!("model-{name}"), "shape": name, "title": format!("SmallCoder-{name}"),
                "precision": "q8_0", "parameters": millions * 1_000_000, "layers": 12,
                "context": if *long { 8192 } else { 2048 }, "long": long,
                "checkpoint": trained.then_some("x.pt"),
            })
        })
        .collect();
    run.header.plan = json!({"variants": {
        "shapes": plan, "prompt_tokens": 128, "generate_tokens": 150,
    }});
    for (model, shape) in run.header.models.iter_mut().zip(shapes) {
        if !shape.2 {
            model.facts.insert("untrained".into(), json!(true));
        }
    }
    for (name, long, _, _, peak, speed) in shapes {
        let model = format!("model-{name}");
        let depth = if *long { 7914 } else { 0 };
        let at = json!({"prompt_tokens": 128, "generate_tokens": 150, "depth": depth});
        let near = |value: f64| {
            (0..6)
                .map(|i| value * (1.0 + f64::from(i) / 1000.0))
                .collect()
        };
        for (metric, value) in [
            ("decode_tokens_per_s", *speed),
            ("prefill_tokens_per_s", speed * 8.0),
            ("end_to_end_ns", 150e9 / speed),
        ] {
            fixture::measure(
                &mut run,
                &model,
                ("variants", metric),
                at.clone(),
                near(value),
            );
        }
        let full = json!({"context_tokens": 2048, "sequences": 1, "cache": "f16"});
        let place = ("variants", "peak_resident_bytes");
        fixture::measure(&mut run, &model, place, full, vec![peak * MIB]);
        let place = ("variants", "weight_bytes");
        fixture::measure(&mut run, &model, place, json!({}), vec![peak / 2.0 * MIB]);
    }
    run
}

fn section(run: &Run) -> Section {
    let sections = Scorecard::of(run).sections.into_iter();
    sections
        .into_iter()
        .find(|s| s.benchmark == "variants")
        .unwrap()
}

/// The words of a line, numbers as `#` or `-`.
fn words(overview: &Overview) -> Vec<Vec<String>> {
    let word = |entry: &Entry| match entry {
        Entry::Words(words) => words.clone(),
        Entry::Number(cell) if cell.value.is_some() => "#".into(),
        Entry::Number(_) => "-".into(),
    };
    let lines = overview.lines.iter();
    lines.map(|line| line.iter().map(word).collect()).collect()
}

#[test]
fn plain_and_long_shapes_have_a_table_each_with_the_published_columns() {
    let section = section(&family(&UNTRAINED));
    assert_eq!(section.overviews.len(), 3);
    for (at, n) in [(0, 3), (1, 1)] {
        let overview = &section.overviews[at];
        let titles: Vec<&str> = overview.columns.iter().map(|c| c.title.as_str()).collect();
        for title in [
            "Variant", "Params", "Layers", "Speed", "Quality", "Memory", "Time", "Status",
        ] {
            assert!(titles.contains(&title), "{title}: {titles:?}");
        }
        assert_eq!(overview.lines.len(), n);
    }
}

#[test]
fn random_weights_have_no_quality_and_say_what_they_are_in_every_view() {
    let run = family(&UNTRAINED);
    let section = section(&run);
    for line in section.overviews[..2].iter().flat_map(words) {
        assert_eq!(line.last().unwrap(), "untrained");
        assert!(line.contains(&"-".to_owned()), "{line:?}");
    }
    for (name, bytes) in report::files(&run).unwrap() {
        let is_text = ["report.md", "report.html", "report.json", "variants.csv"];
        if is_text.contains(&name.as_str()) {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.matches("untrained").count() >= 4, "{name}");
        }
    }
    let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(text.contains("untrained, random weights"), "{text}");
    assert!(text.contains("untrained: the weights are random"), "{text}");
}

#[test]
fn the_largest_shape_that_fits_is_advised_and_long_ones_only_for_long_contexts() {
    let section = section(&family(&UNTRAINED));
    let advice = words(&section.overviews[2]);
    assert!(advice[0][1].starts_with("Small q8_0 (700"), "{advice:?}");
    assert!(advice[1][1].starts_with("Medium q8_0 (4.88"), "{advice:?}");
    assert!(advice[0][2].starts_with("Tiny-LC q8_0 (450"), "{advice:?}");
    assert!(advice[2][1].contains("untrained"), "{advice:?}");
    let mut tight = UNTRAINED;
    // A peak as large as the whole machine leaves nothing for the system; one that leaves a GiB fits.
    (tight[1].4, tight[2].4) = (3.0 * 1024.0, 4.0 * 1024.0);
    let tight = words(&self::section(&family(&tight)).overviews[2]);
    assert!(tight[0][1].starts_with("Small q8_0 (3"), "{tight:?}");
    assert!(tight[1][1].starts_with("Medium q8_0 (4"), "{tight:?}");
    let mut huge = UNTRAINED;
    huge.iter_mut().for_each(|shape| shape.4 = 9.0 * 1024.0);
    let section = self::section(&family(&huge));
    assert_eq!(words(&section.overviews[2])[2][1], "none fits");
    let plain = self::section(&family(&UNTRAINED[..3]));
    assert_eq!(
        words(plain.overviews.last().unwrap())[0][2],
        "none was measured"
    );
}

#[test]
fn trained_shapes_bring_their_keywords_and_the_picture_of_them() {
    let mut shapes = UNTRAINED;
    shapes[0].2 = true;
    let mut run = family(&shapes);
    for problem in 0..4 {
        let key = fixture::key("model-Tiny", "python-core", problem, 0);
        let scores = [("keyword_share".to_owned(), 0.5)].into();
        fixture::push(&mut run, key, None, "scored", scores);
    }
    let section = section(&run);
    let at = section.overviews[0]
        .columns
        .iter()
        .position(|c| c.title == "Quality");
    let tiny = &section.overviews[0].lines[0];
    assert_eq!(tiny[at.unwrap()].value(), Some(0.5));
    assert_eq!(words(&section.overviews[0])[0].last().unwrap(), "trained");
    let stems = |run: &Run| -> Vec<String> {
        let planes = report::chart::planes(&Scorecard::of(run));
        planes.into_iter().map(|plane| plane.stem).collect()
    };
    assert_eq!(
        stems(&run),
        ["variants_speed_quality", "variants_memory_speed"]
    );
    assert_eq!(stems(&family(&UNTRAINED)), ["variants_memory_speed"]);
}

#[test]
fn the_published_form_has_category_and_keywords_of_each_answer_where_the_run_tells_them() {
    let mut shapes = UNTRAINED;
    shapes[0].2 = true;
    let mut run = family(&shapes);
    let key = fixture::key("model-Tiny", "python-core", 0, 0);
    let problem = key.problem.clone();
    let scores = [("keyword_share".to_owned(), 3.0 / 7.0)].into();
    fixture::push(&mut run, key, None, "scored", scores);
    let detailed = |run: &Run| -> Value {
        let source = Source {
            dpi: report::chart::DPI,
            run,
            card: &Scorecard::of(run),
            model: "model-Tiny",
            suite: "",
        };
        let bytes = find("smallcoder-variants").unwrap().write(&source).unwrap();
        let all: Value = serde_json::from_slice(&bytes).unwrap();
        let one = &all["SmallCoder-Tiny q8_0"]["detailed_results"][0];
        json!([
            one["category"],
            one["keywords_found"],
            one["keywords_total"]
        ])
    };
    assert_eq!(
        detailed(&run),
        json!([null, null, null]),
        "an old header tells nothing of its problems"
    );
    let suites = run.header.suites.iter_mut();
    for suite in suites.filter(|suite| suite.name == "python-core") {
        suite.problems = vec![ProblemRecord {
            id: problem.clone(),
            tags: vec!["algorithms".into(), "easy".into()],
            n_keywords: 7,
            prompt: None,
        }];
    }
    assert_eq!(detailed(&run), json!(["algorithms", 3, 7]));
}

#[test]
fn the_published_form_names_the_device_that_computed() {
    let mut run = family(&UNTRAINED);
    let device = |run: &Run| -> Value {
        let source = Source {
            dpi: report::chart::DPI,
            run,
            card: &Scorecard::of(run),
            model: "model-Tiny",
            suite: "",
        };
        let bytes = find("smallcoder-variants").unwrap().write(&source).unwrap();
        let all: Value = serde_json::from_slice(&bytes).unwrap();
        all["SmallCoder-Tiny q8_0"]["summary"]["memory_stats"]["device"].clone()
    };
    assert_eq!(device(&run), json!("cpu"));
    run.header.plan["device"] = json!("Vulkan0");
    assert_eq!(device(&run), json!("Vulkan0"));
}

#[test]
fn a_shape_that_was_not_measured_yet_says_so() {
    let mut run = family(&UNTRAINED);
    run.measurements.retain(|m| m.model != "model-Small");
    let section = section(&run);
    assert!(
        section
            .notes
            .iter()
            .any(|note| note == "Speed of Small q8_0: not measured")
    );
    assert!(!report::files(&run).unwrap().is_empty());
}

#[test]
fn the_family_fits_into_eighty_columns() {
    let text = scorecard_text(&Scorecard::of(&family(&UNTRAINED)), 80, Colour::Never);
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 80, "{widest}: {text}");
    insta::assert_snapshot!(text);
}
