//! Perplexity by chunks and documents, and divergence: rows from records of one chunk each.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use ledger::Run;
use report::view::{Cell, Row, Section};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::{Value, json};

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

/// One chunk's sums.
fn chunk(run: &mut Run, model: &str, protocol: &str, index: usize, sums: [f64; 3]) {
    let at = json!({
        "text": "wiki", "text_sha256": "ab", "protocol": protocol, "context_tokens": 8, "chunk": index,
    });
    for (metric, sum) in ["passage_nats", "passage_tokens", "passage_bytes"]
        .into_iter()
        .zip(sums)
    {
        fixture::measure(run, model, ("perplexity", metric), at.clone(), vec![sum]);
    }
}

#[test]
fn chunks_add_up_to_one_row_in_whatever_order_they_were_written() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for index in [2, 0, 1] {
        chunk(
            &mut run,
            "a",
            "llama-cpp",
            index,
            [10.0 + index as f64, 5.0, 20.0],
        );
    }
    for index in [0, 1, 2] {
        chunk(
            &mut run,
            "b",
            "llama-cpp",
            index,
            [10.5 + index as f64, 5.0, 20.0],
        );
    }
    let found = row(&run, "perplexity", "perplexity");
    assert!((found.cells[0].value.unwrap() - (33.0f64 / 15.0).exp()).abs() < 1e-12);
    assert_eq!(found.cells[0].n, 3);
    let raw = [2.0f64, 2.2, 2.4].map(f64::exp);
    assert!(
        found.cells[0]
            .raw
            .iter()
            .zip(raw)
            .all(|(a, b)| (a - b).abs() < 1e-12)
    );
    // d ln PPL = sd / sqrt(n) / 5 with sd 1.
    let error = found.cells[0].standard_error.unwrap();
    let wanted = found.cells[0].value.unwrap() / 3f64.sqrt() / 5.0;
    assert!(
        (error - wanted).abs() < 1e-6 * wanted,
        "{error}, not {wanted}"
    );
    let ratio = &found.comparisons[0];
    assert!(
        (ratio.value.unwrap() - 0.1f64.exp()).abs() < 1e-12,
        "{ratio:?}"
    );
    let section = section(&run, "perplexity");
    assert_eq!(section.scope, "3 chunks of each text");
    let notes = section.notes.join("\n");
    assert!(
        notes.contains("SHA-256 ab") && notes.contains("15 tokens scored"),
        "{notes}"
    );
}

/// The published columns: model, perplexity, cross_entropy, num_batches and model, perplexity, loss, num_tokens.
#[test]
fn perplexity_is_a_table_under_the_published_names_and_every_chunk_stands_beside() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for index in 0..6 {
        let sums = [10.0 + index as f64, 5.0, 20.0];
        chunk(&mut run, "a", "llama-cpp", index, sums);
    }
    let at = json!({"text": "wiki", "text_sha256": "ab", "protocol": "llama-cpp", "context_tokens": 8, "chunk": 0});
    fixture::measure(&mut run, "b", ("perplexity", "passage_nats"), at, vec![]);
    let files = report::export::csv_files(&run, &Scorecard::of(&run)).unwrap();
    let file = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    let mut table = csv::Reader::from_reader(file("perplexity.csv").as_slice());
    let header = table.headers().unwrap().clone();
    let lines: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 2, "a line for each model and text");
    let cell = |line: usize, name: &str| {
        let place = header.iter().position(|column| column == name);
        lines[line][place.unwrap_or_else(|| panic!("no {name}"))].to_owned()
    };
    let number = |name: &str| cell(0, name).parse::<f64>().unwrap();
    // 75 nats over 30 tokens and 120 bytes.
    assert_eq!((number("cross_entropy"), number("loss")), (2.5, 2.5));
    assert!((number("perplexity") - 2.5f64.exp()).abs() < 1e-12);
    assert_eq!((number("num_batches"), number("num_tokens")), (6.0, 30.0));
    let bits = 75.0 / 120.0 / std::f64::consts::LN_2;
    assert!((number("bits_per_byte") - bits).abs() < 1e-12);
    assert!(
        number("perplexity_lo") < number("perplexity")
            && number("perplexity") < number("perplexity_hi")
    );
    for (name, wanted) in [
        ("model", "a"),
        ("text", "wiki"),
        ("protocol", "llama-cpp"),
        ("context_tokens", "8"),
        ("stride_tokens", ""),
        ("word_perplexity", ""),
        ("reason", ""),
    ] {
        assert_eq!(cell(0, name), wanted, "{name}");
    }
    for name in ["perplexity", "loss", "num_batches", "num_tokens"] {
        assert_eq!(cell(1, name), "", "{name} of what was not measured");
    }
    assert_eq!(cell(1, "reason"), "the kernel does not show it");
    let values = std::str::from_utf8(file("perplexity_values.csv")).unwrap();
    assert_eq!(
        values.lines().count(),
        1 + 6 * 3 + 1,
        "each sum of each chunk"
    );
}

#[test]
fn an_unclear_perplexity_says_which_ratio_would_have_been_seen() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for index in 0..12 {
        let there_and_back = if index % 2 == 0 { 0.3 } else { -0.3 };
        chunk(&mut run, "a", "llama-cpp", index, [10.0, 5.0, 20.0]);
        let other = [10.0 + there_and_back, 5.0, 20.0];
        chunk(&mut run, "b", "llama-cpp", index, other);
    }
    let found = row(&run, "perplexity", "perplexity").comparisons[0].clone();
    // (1.96 + 0.84) sd / sqrt(n) nats a chunk, of five tokens each; as a ratio its exponential.
    let sd = 0.3 * (12.0f64 / 11.0).sqrt();
    let wanted = (2.801585 * sd / 12f64.sqrt() / 5.0).exp();
    let size = found.smallest_detectable.unwrap();
    assert!((size - wanted).abs() < 1e-5, "{size}, not {wanted}");
    let said = scorecard_text(&Scorecard::of(&run), 200, Colour::Never);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("perplexity wiki 1.05×"), "{said}");
}

#[test]
fn passages_say_which_text_they_are_of_and_how_much_of_it_was_scored() {
    let run = fixture::run();
    let notes = section(&run, "perplexity").notes;
    let sha256 = "ee".repeat(32);
    for text in ["code", "prose"] {
        assert!(
            notes.contains(&format!("{text}: SHA-256 {sha256}")),
            "{notes:?}"
        );
        for model in ["synthetic-0.5b", "synthetic-1.5b"] {
            let tokens = |m: &&ledger::record::Measurement| {
                m.model == model && m.metric == "passage_tokens" && m.conditions["text"] == text
            };
            let found = run.measurements.iter().find(tokens).unwrap();
            let n: f64 = found.values.iter().sum();
            let begins = format!("{model} on {text} (passages): {n} tokens scored, ");
            let note = notes.iter().find(|note| note.starts_with(&begins));
            let note = note.unwrap_or_else(|| panic!("{begins}: {notes:?}"));
            assert!(
                note.ends_with(", each after a start or end-of-text token"),
                "{note}"
            );
        }
    }
}

#[test]
fn chunks_of_other_tokenizers_are_not_paired_and_the_way_out_is_named() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for index in 0..3 {
        chunk(&mut run, "a", "gptq", index, [10.0, 5.0, 20.0]);
        chunk(&mut run, "b", "gptq", index, [10.0, 5.0, 21.0]);
    }
    let reason = row(&run, "perplexity", "bits_per_byte").comparisons[0]
        .reason
        .clone()
        .unwrap();
    assert!(reason.contains("lm-eval"), "{reason}");
}

#[test]
fn documents_have_a_perplexity_per_word() {
    let mut run = Run::new(fixture::header(&["a"]));
    for index in 0..3 {
        chunk(&mut run, "a", "lm-eval", index, [12.0, 6.0, 20.0]);
        let at = json!({
            "text": "wiki", "text_sha256": "ab", "protocol": "lm-eval", "context_tokens": 8, "chunk": index,
        });
        fixture::measure(
            &mut run,
            "a",
            ("perplexity", "passage_words"),
            at,
            vec![4.0],
        );
    }
    let found = row(&run, "perplexity", "word_perplexity");
    assert!((found.cells[0].value.unwrap() - 3f64.exp()).abs() < 1e-12);
    assert_eq!(
        section(&run, "perplexity").scope,
        "3 documents of each text"
    );
}

/// What a candidate says in one chunk: divergences, and sums of nats of both.
fn compared(run: &mut Run, model: &str, cache: &str, index: usize, kl: &[f64]) {
    let at = json!({
        "text": "wiki", "text_sha256": "ab", "reference": "a", "cache": cache, "context_tokens": 8,
        "chunk": index,
    });
    let delta: Vec<f64> = kl.iter().map(|kl| -kl / 2.0).collect();
    let top: Vec<f64> = kl.iter().map(|kl| f64::from(u8::from(*kl < 0.3))).collect();
    let n = kl.len() as f64;
    for (metric, values) in [
        ("token_kl_nats", kl.to_vec()),
        ("token_delta_p", delta),
        ("token_same_top", top),
        ("reference_nats", vec![2.0 * n + index as f64]),
        ("passage_nats", vec![2.1 * n + index as f64]),
    ] {
        fixture::measure(run, model, ("divergence", metric), at.clone(), values);
    }
}

fn divergent() -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for index in [1, 0] {
        let values: Vec<f64> = (0..20).map(|i| f64::from(i * 2 + index) / 100.0).collect();
        compared(&mut run, "b", "f16", index as usize, &values);
    }
    run
}

#[test]
fn divergence_is_summed_up_over_all_tokens() {
    let run = divergent();
    let cell = |metric: &str| -> Cell { row(&run, "divergence", metric).cells[1].clone() };
    let value = |metric: &str| cell(metric).value.unwrap();
    let near = |metric: &str, wanted: f64| {
        assert!(
            (value(metric) - wanted).abs() < 1e-12,
            "{metric}: {}, not {wanted}",
            value(metric)
        );
    };
    // 0, 0.01 … 0.39.
    near("kl_mean_nats", 0.195);
    near("kl_median_nats", 0.195);
    near("kl_p90_nats", 0.351);
    near("kl_max_nats", 0.39);
    near("same_top_share", 0.75);
    near("delta_p_mean", -0.0975);
    let squares: f64 = (0..40).map(|i| (f64::from(i) / 200.0).powi(2)).sum();
    near("delta_p_rms", (squares / 40.0).sqrt());
    near("perplexity_ratio", 0.1f64.exp());
    assert_eq!((cell("kl_mean_nats").n, cell("kl_median_nats").n), (2, 40));
    for metric in ["kl_p95_nats", "kl_p99_nats", "kl_p99_9_nats"] {
        let reason = cell(metric).reason.unwrap();
        assert!(reason.contains("there are 40"), "{metric}: {reason}");
    }
}

#[test]
fn a_share_of_tokens_counts_the_chunks_in_which_they_are_alike() {
    let with = |share_of: &dyn Fn(usize) -> usize| {
        let mut run = Run::new(fixture::header(&["a", "b"]));
        for chunk in 0..8 {
            compared(&mut run, "b", "f16", chunk, &[0.1; 50]);
            let top = run
                .measurements
                .iter_mut()
                .rev()
                .find(|m| m.metric == "token_same_top");
            let values = (0..50).map(|i| f64::from(u8::from(i < share_of(chunk))));
            top.unwrap().values = values.collect();
        }
        row(&run, "divergence", "same_top_share").cells[1].clone()
    };
    // Half of the chunks agree wholly, half of them in half: 400 tokens taken for trials would reach ± 4 points.
    let apart = with(&|chunk| if chunk % 2 == 0 { 50 } else { 25 });
    assert_eq!((apart.value, apart.n), (Some(0.75), 8));
    assert!(apart.interval.unwrap().half_width() > 0.12, "{apart:?}");
    assert!(apart.standard_error.unwrap() > 0.08, "{apart:?}");
    let alike = with(&|_| 50);
    let interval = alike.interval.unwrap();
    assert!(
        (0.6..0.75).contains(&interval.lo) && interval.hi == 1.0,
        "{alike:?}"
    );
}

#[test]
fn the_reference_has_no_number_and_nobody_complains() {
    let run = divergent();
    let text = scorecard_text(&Scorecard::of(&run), 100, Colour::Never);
    assert!(
        text.contains("same likeliest") && !text.contains("reference itself"),
        "{text}"
    );
    let absent: Vec<&str> = text.lines().filter(|line| line.contains("of a:")).collect();
    assert_eq!(absent, Vec::<&str>::new());
    assert_eq!(
        section(&run, "divergence").shared["text"],
        Value::from("wiki")
    );
    let files = report::files(&run).unwrap();
    let (_, csv) = files
        .iter()
        .find(|(name, _)| name == "divergence.csv")
        .unwrap();
    let csv = String::from_utf8(csv.clone()).unwrap();
    assert_eq!(csv.lines().count(), 41);
    assert!(csv.contains("b,a,f16,wiki,8,1,19,0.39,-0.195,0"), "{csv}");
}

#[test]
fn records_that_do_not_fit_each_other_give_no_number() {
    let mut run = divergent();
    run.measurements
        .retain(|m| m.metric != "token_same_top" || m.conditions["chunk"] != json!(0));
    let reason = row(&run, "divergence", "kl_mean_nats").cells[1]
        .reason
        .clone()
        .unwrap();
    assert!(reason.contains("disagree"), "{reason}");
}
