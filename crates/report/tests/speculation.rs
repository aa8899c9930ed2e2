//! Speculative decoding as a reader is told of it: speed-ups, acceptance, the gate, the forecast.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Warning;
use report::view::{Cell, Row};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::{Value, json};

fn put(run: &mut Run, metric: &str, conditions: Value, values: &[f64]) {
    let metric = ("speculation", metric);
    fixture::measure(run, "m", metric, conditions, values.to_vec());
}

/// Two prompts of code and one of prose. The draft takes half the time on code and twice on prose.
fn run() -> Run {
    let mut run = Run::new(fixture::header(&["m"]));
    run.header.plan = json!({"speculation": {"max_tokens": 11, "iterations": 2, "adapter": null}});
    for (prompt, category, factor) in [("a", "code", 0.5), ("b", "code", 0.5), ("c", "prose", 2.0)]
    {
        for mode in ["target", "draft"] {
            let at = json!({"mode": mode, "category": category, "prompt": prompt});
            let ns = if mode == "draft" { factor * 1e9 } else { 1e9 };
            put(&mut run, "end_to_end_ns", at.clone(), &[ns, ns]);
            put(&mut run, "time_to_first_token_ns", at.clone(), &[1e8, 1e8]);
            put(&mut run, "answer_tokens", at.clone(), &[11.0, 11.0]);
            put(&mut run, "equal_to_target", at.clone(), &[1.0, 1.0]);
            if mode == "draft" {
                put(&mut run, "drafting_ns", at.clone(), &[2e8, 2e8]);
                put(&mut run, "first_drafting_ns", at.clone(), &[0.0, 0.0]);
                put(&mut run, "checking_ns", at.clone(), &[3e8, 3e8]);
                // Each answer: 1 + (1 + 4) + (1 + 2) + (1 + 0) + 1 tokens.
                put(
                    &mut run,
                    "pass_drafted",
                    at.clone(),
                    &[4.0, 4.0, 4.0, 0.0, 4.0, 4.0, 4.0, 0.0],
                );
                put(
                    &mut run,
                    "pass_accepted",
                    at,
                    &[4.0, 2.0, 0.0, 0.0, 4.0, 2.0, 0.0, 0.0],
                );
            }
        }
    }
    put(&mut run, "draft_length", json!({}), &[4.0]);
    put(
        &mut run,
        "predicted_speedup",
        json!({"draft_length": 4}),
        &[0.98],
    );
    put(&mut run, "break_even_acceptance", json!({}), &[0.8]);
    run
}

fn cell<'a>(card: &'a Scorecard, metric: &str, own: &[(&str, Value)]) -> &'a Cell {
    let conditions: BTreeMap<String, Value> = own
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let fits = |row: &&Row| row.metric == metric && row.conditions == conditions;
    let row = card.sections[0].rows.iter().find(fits);
    &row.unwrap_or_else(|| panic!("no row {metric} {own:?}"))
        .cells[0]
}

#[test]
fn speedups_are_ratios_of_sums_by_category_and_over_all() {
    let card = Scorecard::of(&run());
    let mode = ("mode", json!("draft"));
    let all = cell(&card, "speculative_speedup", std::slice::from_ref(&mode));
    assert!((all.value.unwrap() - 3.0 / (0.5 + 0.5 + 2.0)).abs() < 1e-12);
    assert_eq!(all.n, 3);
    let code = cell(
        &card,
        "speculative_speedup",
        &[mode.clone(), ("category", json!("code"))],
    );
    assert_eq!((code.value, code.n), (Some(2.0), 2));
    let prose = cell(
        &card,
        "speculative_speedup",
        &[mode, ("category", json!("prose"))],
    );
    assert_eq!(prose.value, Some(0.5));
}

#[test]
fn both_acceptance_rates_and_their_places_are_counted_from_passes() {
    let card = Scorecard::of(&run());
    let mode = ("mode", json!("draft"));
    let of = |metric: &str| {
        cell(&card, metric, std::slice::from_ref(&mode))
            .value
            .unwrap()
    };
    assert!((of("accepted_of_drafted") - 6.0 / 12.0).abs() < 1e-12);
    assert!((of("accepted_of_emitted") - 6.0 / 11.0).abs() < 1e-12);
    assert!((of("tokens_per_pass") - 10.0 / 4.0).abs() < 1e-12);
    let at = |guess: usize| {
        cell(
            &card,
            "accepted_at_guess",
            &[mode.clone(), ("guess", json!(guess))],
        )
        .value
        .unwrap()
    };
    let seen = [1, 2, 3, 4].map(at);
    for (seen, wanted) in seen.iter().zip([2.0 / 3.0, 1.0, 0.5, 1.0]) {
        assert!((seen - wanted).abs() < 1e-12, "{seen} {wanted}");
    }
    let length = |n: usize| {
        let own = [mode.clone(), ("accepted", json!(n))];
        cell(&card, "accepted_length_share", &own).value.unwrap()
    };
    let sum: f64 = (0..=4).map(length).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    assert_eq!((length(1), length(3)), (0.0, 0.0));
}

#[test]
fn the_forecast_is_held_against_what_was_measured_and_may_be_wrong() {
    let held = Scorecard::of(&run()).sections[0].notes.join("\n");
    // Without the prompts: 3 · 2 · 0.9 s against 2 · (0.4 + 0.4 + 1.9) s.
    assert!(
        held.contains("0.98× with 4 guesses a pass; measured 1.00×"),
        "{held}"
    );
    assert!(
        held.contains("the forecast held") && held.contains("once 80 %"),
        "{held}"
    );
    let mut wrong = run();
    let promised = wrong
        .measurements
        .iter_mut()
        .find(|m| m.metric == "predicted_speedup");
    promised.unwrap().values = vec![1.4];
    let said = Scorecard::of(&wrong).sections[0].notes.join("\n");
    assert!(said.contains("the forecast was wrong"), "{said}");
}

#[test]
fn what_decoding_alone_gained_stands_beside_and_the_forecast_is_judged_by_equal_answers() {
    let mut run = run();
    let mode = ("mode", json!("draft"));
    let card = Scorecard::of(&run);
    let code = [mode.clone(), ("category", json!("code"))];
    // 2 · 2 · 0.9 s against 2 · 2 · 0.4 s.
    let decode = cell(&card, "decode_speedup", &code);
    assert!((decode.value.unwrap() - 0.9 / 0.4).abs() < 1e-12);
    assert_eq!(
        (decode.n, cell(&card, "speculative_speedup", &code).n),
        (2, 2)
    );
    // An answer in prose that ended early, and is another one, says nothing about speed.
    for m in &mut run.measurements {
        if m.conditions.get("mode") == Some(&json!("draft")) && m.conditions["prompt"] == "c" {
            match m.metric.as_str() {
                "equal_to_target" => m.values = vec![0.0, 0.0],
                "end_to_end_ns" => m.values = vec![2e8, 2e8],
                _ => {}
            }
        }
    }
    let card = Scorecard::of(&run);
    let all = cell(&card, "decode_speedup", std::slice::from_ref(&mode));
    assert!((all.value.unwrap() - 0.9 / 0.4).abs() < 1e-12);
    let notes = card.sections[0].notes.join("\n");
    assert!(notes.contains("measured 2.25×"), "{notes}");
}

#[test]
fn of_costs_that_were_measured_again_after_an_interruption_the_later_lever_counts() {
    let mut run = run();
    for (with, speedup) in [
        ("half as many wrong guesses", 0.44),
        ("a draft that costs half", 1.2),
    ] {
        put(&mut run, "lever_speedup", json!({"with": with}), &[speedup]);
    }
    let said = Scorecard::of(&run).sections[0].notes.join("\n");
    let later = "what would help most: a draft that costs half; then 1.20×";
    assert!(said.contains(later), "{said}");
}

#[test]
fn the_gate_says_whether_answers_were_equal_and_unequal_ones_do_not_count_as_gains() {
    let notes = |run: &Run| Scorecard::of(run).sections[0].notes[0].clone();
    assert!(notes(&run()).contains("all 6 answers are the target's own"));
    let mut tied = run();
    let unequal = |m: &&mut ledger::record::Measurement| {
        m.metric == "equal_to_target"
            && m.conditions["mode"] == "draft"
            && m.conditions["prompt"] == "c"
    };
    tied.measurements.iter_mut().find(unequal).unwrap().values = vec![0.0, 0.0];
    assert!(
        notes(&tied).contains("2 of 6 answers part"),
        "{}",
        notes(&tied)
    );
    let card = Scorecard::of(&tied);
    let all = cell(&card, "speculative_speedup", &[("mode", json!("draft"))]);
    assert_eq!((all.value, all.n), (Some(2.0), 2));
    tied.warnings.push(Warning {
        kind: "unequal_answer".into(),
        message: String::new(),
        advice: String::new(),
    });
    assert!(notes(&tied).contains("EQUALITY FAILED"), "{}", notes(&tied));
}

#[test]
fn a_terminal_shows_speedups_and_leaves_the_rest_to_the_files() {
    let text = scorecard_text(&Scorecard::of(&run()), 100, Colour::Never);
    assert!(
        text.contains(" 2×  ") && text.contains("by category, by place of a guess"),
        "{text}"
    );
    let files: Vec<String> = report::files(&run())
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for name in ["speculation.csv", "speculation.svg", "speculation.png"] {
        assert!(files.iter().any(|file| file == name), "{name}: {files:?}");
    }
}

/// The tokens of each of the draft's answers to a prompt.
fn with_tokens(prompt: &str, tokens: f64) -> Run {
    let mut run = run();
    let is_it = |m: &&mut ledger::record::Measurement| {
        m.metric == "answer_tokens"
            && m.conditions["mode"] == "draft"
            && m.conditions["prompt"] == prompt
    };
    for measurement in run.measurements.iter_mut().filter(is_it) {
        measurement.values = vec![tokens, tokens];
    }
    run
}

#[test]
fn the_average_of_acceptance_is_that_of_the_prompts() {
    let run = with_tokens("c", 100.0);
    let suite = report::export::speculation_suite(&run, &BTreeMap::new()).unwrap();
    let average = suite["summary"]["spec_base"]["avg_acceptance_rate"].as_f64();
    let wanted = (6.0 / 11.0 + 6.0 / 11.0 + 6.0 / 100.0) / 3.0;
    assert!((average.unwrap() - wanted).abs() < 1e-12, "{average:?}");
}

#[test]
fn a_pass_that_ends_an_answer_counts_as_one_whatever_came_of_it() {
    // The last pass chose the end of the text, which is no token of the answer.
    let card = Scorecard::of(&with_tokens("c", 10.0));
    let prose = [("mode", json!("draft")), ("category", json!("prose"))];
    let found = cell(&card, "tokens_per_pass", &prose).value.unwrap();
    assert!((found - 10.0 / 4.0).abs() < 1e-12, "{found}");
}

#[test]
fn the_json_of_the_suite_has_its_shape() {
    let prompts = BTreeMap::from([("a".to_owned(), "x".repeat(80))]);
    let suite = report::export::speculation_suite(&run(), &prompts).unwrap();
    assert_eq!(suite["metadata"]["num_prompts"], 3);
    let draft = &suite["summary"]["spec_base"];
    assert_eq!(draft["num_prompts"], 6, "runs, as there");
    assert_eq!(draft["total_tokens"], 66.0);
    assert!((draft["avg_acceptance_rate"].as_f64().unwrap() - 6.0 / 11.0).abs() < 1e-12);
    let mean = (22.0 + 22.0 + 22.0 + 22.0 + 5.5 + 5.5) / 6.0;
    assert!((draft["avg_tokens_per_second"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert_eq!(draft["min_tokens_per_second"], 5.5);
    assert!(suite["summary"]["target_only"]["avg_acceptance_rate"].is_null());
    assert_eq!(suite["per_prompt"][0]["prompt"].as_str().unwrap().len(), 60);
    assert_eq!(
        suite["per_prompt"][0]["full_prompt"]
            .as_str()
            .unwrap()
            .len(),
        80
    );
    assert_eq!(suite["per_prompt"][1]["spec_base"]["total_tokens"], 22.0);
}
