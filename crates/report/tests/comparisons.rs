//! Two and three models held against each other.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Stage;
use measure::gate::Outcome;
use report::gates::{Judged, judge, regressions};
use report::view::{Comparison, Finding, Row};
use report::{Colour, Scorecard, scorecard_text};
use serde_json::json;

fn rows(run: &Run) -> Vec<Row> {
    Scorecard::of(run)
        .sections
        .into_iter()
        .flat_map(|section| section.rows)
        .collect()
}

fn row(run: &Run, metric: &str) -> Row {
    rows(run)
        .into_iter()
        .find(|row| row.metric == metric)
        .unwrap_or_else(|| panic!("no row {metric}"))
}

fn attempt(run: &mut Run, model: &str, problem: u32, attempt: u32, stage: Option<Stage>) {
    fixture::push(
        run,
        fixture::key(model, "cpp-demo", problem, attempt),
        stage,
        "x",
        BTreeMap::new(),
    );
}

/// A text without its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two models at n problems, tried so often each: so many right answers of the first, then of the later one.
fn tried(attempts: u32, problems: &[(u32, u32)]) -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (problem, (base, later)) in problems.iter().enumerate() {
        for (model, right) in [("a", base), ("b", later)] {
            for number in 0..attempts {
                let stage = if number < *right {
                    Stage::Right
                } else {
                    Stage::Runs
                };
                attempt(&mut run, model, problem as u32, number, Some(stage));
            }
        }
    }
    run
}

/// Of n problems tried once, so many are gained and so many are lost.
fn flips(n: usize, gained: usize, lost: usize) -> Run {
    let pair = |i: usize| match i {
        i if i < gained => (0, 1),
        i if i < gained + lost => (1, 0),
        i => (i as u32 % 2, i as u32 % 2),
    };
    tried(1, &(0..n).map(pair).collect::<Vec<_>>())
}

fn finding(run: &Run, metric: &str) -> Finding {
    let row = row(run, metric);
    row.comparisons[0].finding(row.better)
}

fn verdict(run: &Run) -> String {
    Scorecard::of(run).verdict.unwrap()
}

#[test]
fn four_flips_one_way_are_unclear_because_the_exact_test_finds_nothing() {
    for (n, gained, lost) in [(16, 4, 0), (164, 0, 4), (24, 5, 0)] {
        let run = flips(n, gained, lost);
        let found = row(&run, "pass_at_1").comparisons[0].clone();
        assert!(found.p.unwrap() > 0.05 && found.interval.unwrap().contains(0.0));
        assert_eq!(finding(&run, "pass_at_1"), Finding::Inconclusive);
        let looked = regressions(&Scorecard::of(&run), 0.0, &["pass_at_1".to_owned()]);
        assert_eq!((looked.judged.len(), looked.n_open), (0, 1), "{n}");
    }
    let lost = regressions(&Scorecard::of(&flips(164, 0, 6)), 0.0, &[]);
    assert_eq!(lost.judged[0].outcome, Outcome::Failed);
}

#[test]
fn an_interval_that_the_paired_test_does_not_bear_out_decides_nothing() {
    // Five differences of one sign: the bootstrap leaves 0 out, and the test cannot be below 2 / 2⁵.
    let fell = tried(4, &[(1, 0), (1, 0), (2, 0), (1, 0), (2, 0)]);
    let found = row(&fell, "pass_at_1").comparisons[0].clone();
    assert!(
        found.interval.unwrap().hi < 0.0 && found.p.unwrap() > 0.05,
        "{found:?}"
    );
    assert_eq!(finding(&fell, "pass_at_1"), Finding::Inconclusive);
    let only = ["pass_at_1".to_owned()];
    let looked = regressions(&Scorecard::of(&fell), 0.0, &only);
    assert_eq!(
        (looked.judged.len(), looked.n_open, looked.n_by_chance),
        (0, 1, 1)
    );
    let rose = tried(4, &[(0, 1), (0, 1), (0, 2), (0, 1), (0, 2)]);
    let looked = regressions(&Scorecard::of(&rose), 0.0, &only);
    assert_eq!((looked.n_met, looked.n_open), (0, 1), "nor is it met");
}

#[test]
fn sizes_that_could_be_seen_are_possible_ones_and_where_there_are_none_it_is_said() {
    let said = |run: &Run| words(&scorecard_text(&Scorecard::of(run), 80, Colour::Never));
    // Two problems, and ten of which one flips: neither 140 points nor 28 would be found.
    let two = said(&tried(2, &[(0, 2), (2, 2)]));
    assert!(
        two.contains("no change of any size could be told from chance: pass@1")
            && !two.contains("one time in five"),
        "{two}"
    );
    let ten = said(&flips(10, 1, 0));
    assert!(
        ten.contains("one time in five, smaller ones more often: pass@1 78 pp"),
        "{ten}"
    );
    let lone = said(&flips(1, 1, 0));
    assert!(
        lone.contains("+100 pp unclear") && lone.contains("n 1"),
        "{lone}"
    );
    assert_eq!(finding(&flips(1, 1, 0), "pass_at_1"), Finding::Inconclusive);
}

#[test]
fn the_very_same_answers_are_no_regression_though_their_interval_is_wide() {
    let run = flips(16, 0, 0);
    let found = row(&run, "pass_at_1").comparisons[0].clone();
    assert!(found.interval.unwrap().half_width() > 0.2);
    let looked = regressions(&Scorecard::of(&run), 0.01, &["pass_at_1".to_owned()]);
    assert_eq!((looked.n_met, looked.judged.len()), (1, 0));
    let exchanged = regressions(
        &Scorecard::of(&flips(16, 2, 2)),
        0.01,
        &["pass_at_1".to_owned()],
    );
    assert_eq!(exchanged.judged[0].outcome, Outcome::Inconclusive);
}

#[test]
fn nothing_is_said_to_be_no_difference_where_nothing_could_be_told() {
    let all_rose = tried(2, &[(0, 1); 8]);
    assert_eq!(finding(&all_rose, "pass_at_1"), Finding::Unknown);
    let said = verdict(&all_rose);
    assert!(
        said.contains("a difference in pass@1 on cpp-demo cannot be told (+50 pp"),
        "{said}"
    );
    assert!(!said.contains("no difference"), "{said}");
    let once = verdict(&flips(8, 8, 0));
    assert!(
        once.contains("better pass@1 on cpp-demo (+100 pp ["),
        "{once}"
    );
}

#[test]
fn the_verdict_speaks_of_every_text_by_its_name() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, less) in [("a", 0.0), ("b", 8.0)] {
        for (text, less) in [("code", 0.0), ("prose", less)] {
            let nats = |i: u32| 100.0 + f64::from(i * 7 % 11) - less;
            let at = || json!({"text": text});
            let tell = |run: &mut Run, metric: &str, values: Vec<f64>| {
                fixture::measure(run, model, ("perplexity", metric), at(), values);
            };
            let wobble = |i: u32| {
                if model == "b" && u32::is_multiple_of(i, 2) {
                    0.5
                } else {
                    0.0
                }
            };
            tell(
                &mut run,
                "passage_nats",
                (0..12).map(|i| nats(i) + wobble(i)).collect(),
            );
            tell(&mut run, "passage_tokens", vec![50.0; 12]);
            tell(&mut run, "passage_bytes", vec![200.0; 12]);
        }
    }
    let said = verdict(&run);
    assert!(said.contains("better bits per byte (prose: "), "{said}");
    assert!(
        said.contains("(code: ") && !said.contains("better bits per byte (code"),
        "{said}"
    );
}

#[test]
fn a_speed_in_the_verdict_names_the_prompts_between_which_it_lies() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (prompt, factor) in [(128, 2.0), (512, 1.5), (2048, 0.5)] {
        for (model, speed) in [("a", 10.0), ("b", 10.0 * factor)] {
            let values = (0..8).map(|step| speed + f64::from(step) * 0.01).collect();
            let at = json!({"prompt_tokens": prompt});
            fixture::measure(
                &mut run,
                model,
                ("latency", "decode_tokens_per_s"),
                at,
                values,
            );
        }
    }
    let said = verdict(&run);
    let (slow, fast) = (
        said.find("0.5").unwrap(),
        said.find("(prompt 128) the speed (decode)").unwrap(),
    );
    assert!(
        slow < said.find("(prompt 2048) to").unwrap() && slow < fast,
        "{said}"
    );
    assert!(!said.contains("prompt 512"), "{said}");
}

#[test]
fn speeds_of_few_or_scattered_values_are_no_difference_in_the_verdict() {
    let said = |speeds: &[(&str, i64, &[f64], &[f64])]| {
        let mut run = Run::new(fixture::header(&["a", "b"]));
        for (benchmark, tokens, base, later) in speeds {
            for (model, values) in [("a", base), ("b", later)] {
                let at = json!({"prompt_tokens": tokens});
                let metric = (*benchmark, "decode_tokens_per_s");
                fixture::measure(&mut run, model, metric, at, values.to_vec());
            }
        }
        verdict(&run)
    };
    let scattered: [&[f64]; 2] = [
        &[5.0, 60.0, 70.0, 72.0, 74.0, 79.0],
        &[20.0, 50.0, 85.0, 87.0, 87.5, 88.0],
    ];
    let few: [&[f64]; 2] = [&[6.0, 6.1], &[7.7, 7.8]];
    let both = said(&[
        ("latency", 96, scattered[0], scattered[1]),
        ("context", 512, few[0], few[1]),
    ]);
    assert!(both.contains("no difference in decode found"), "{both}");
    assert!(
        !both.contains("the speed"),
        "two values have no interval: {both}"
    );
    let alone = said(&[("context", 512, few[0], few[1])]);
    assert!(
        alone.contains("the speed (decode), of too few values for an interval"),
        "{alone}"
    );
}

#[test]
fn what_could_have_been_missed_is_said_of_each_model() {
    let mut run = Run::new(fixture::header(&["a", "b", "c"]));
    for problem in 0..20 {
        for (model, every) in [("a", 2), ("b", 3), ("c", 5)] {
            let stage = if problem % every == 0 {
                Stage::Right
            } else {
                Stage::Runs
            };
            attempt(&mut run, model, problem, 0, Some(stage));
        }
    }
    let text = words(&scorecard_text(&Scorecard::of(&run), 80, Colour::Never));
    let line = text.split("smaller ones more often: ").nth(1).unwrap();
    assert!(
        line.contains(" pp (b) and ") && line.contains(" pp (c)"),
        "{line}"
    );
}

#[test]
fn other_tokens_forbid_a_ratio_of_perplexities_but_not_bits_per_byte() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, tokens) in [("a", [50.0, 60.0]), ("b", [40.0, 45.0])] {
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_nats"),
            json!({}),
            vec![tokens[0] * 2.0, 90.0],
        );
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_tokens"),
            json!({}),
            tokens.to_vec(),
        );
        fixture::measure(
            &mut run,
            model,
            ("perplexity", "passage_bytes"),
            json!({}),
            vec![200.0, 240.0],
        );
    }
    let refused = &row(&run, "perplexity").comparisons[0];
    assert!(
        refused.value.is_none()
            && refused
                .reason
                .as_ref()
                .unwrap()
                .contains("different tokens")
    );
    assert!(row(&run, "bits_per_byte").comparisons[0].value.is_some());
}

#[test]
fn one_attempt_each_is_compared_by_mcnemar() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for problem in 0..12 {
        attempt(
            &mut run,
            "a",
            problem,
            0,
            Some(if problem < 4 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
        attempt(
            &mut run,
            "b",
            problem,
            0,
            Some(if problem < 10 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
    }
    let Comparison {
        value,
        p,
        method,
        n,
        ..
    } = row(&run, "pass_at_1").comparisons[0].clone();
    // Six flips one way, none the other: p = 2 / 2⁶.
    assert!((p.unwrap() - 0.03125).abs() < 1e-12 && (value.unwrap() - 0.5).abs() < 1e-12);
    assert!(n == 12 && method.contains("McNemar"));
    let sentence = Scorecard::of(&run).verdict.unwrap();
    assert!(
        sentence.starts_with("b against a: better pass@1 on cpp-demo (+50 pp"),
        "{sentence}"
    );
}

#[test]
fn models_that_tried_different_problems_are_compared_on_the_common_ones_only() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    (0..6).for_each(|problem| attempt(&mut run, "a", problem, 0, Some(Stage::Right)));
    (4..9).for_each(|problem| attempt(&mut run, "b", problem, 0, Some(Stage::Right)));
    assert_eq!(row(&run, "pass_at_1").comparisons[0].n, 2);
    let mut apart = Run::new(fixture::header(&["a", "b"]));
    attempt(&mut apart, "a", 0, 0, Some(Stage::Right));
    attempt(&mut apart, "b", 1, 0, Some(Stage::Right));
    assert!(row(&apart, "pass_at_1").comparisons[0].reason.is_some());
}

#[test]
fn an_unclear_comparison_says_what_it_could_have_seen() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for problem in 0..20 {
        attempt(
            &mut run,
            "a",
            problem,
            0,
            Some(if problem % 2 == 0 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
        attempt(
            &mut run,
            "b",
            problem,
            0,
            Some(if problem % 3 == 0 {
                Stage::Right
            } else {
                Stage::Runs
            }),
        );
    }
    let text = scorecard_text(&Scorecard::of(&run), 80, Colour::Never);
    assert!(
        text.contains("unclear")
            && words(&text).contains("missed one time in five, smaller ones more often: pass@1"),
        "{text}"
    );
    assert!(
        Scorecard::of(&run)
            .verdict
            .unwrap()
            .contains("no difference in pass@1 on cpp-demo found")
    );
}

#[test]
fn three_models_are_each_held_against_the_first() {
    let mut run = Run::new(fixture::header(&["a", "b", "c"]));
    for (model, speed) in [("a", 10.0), ("b", 20.0), ("c", 5.0)] {
        let values = (0..8).map(|step| speed + f64::from(step) * 0.01).collect();
        fixture::measure(
            &mut run,
            model,
            ("latency", "decode_tokens_per_s"),
            json!({"threads": 2}),
            values,
        );
    }
    let card = Scorecard::of(&run);
    let found = &card.sections[0].rows[0].comparisons;
    assert_eq!(
        found
            .iter()
            .map(|c| (c.model.as_str(), c.against.as_str()))
            .collect::<Vec<_>>(),
        [("b", "a"), ("c", "a")]
    );
    assert!(found[0].value.unwrap() > 1.9 && found[1].value.unwrap() < 0.6);
    assert!(card.verdict.is_none());
    let text = scorecard_text(&card, 80, Colour::Never);
    assert!(
        text.contains("against the first") && text.contains("better") && text.contains("worse"),
        "{text}"
    );
}

#[test]
fn a_ratio_of_too_few_repetitions_has_no_interval_and_no_finding() {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, centre) in [("a", 10.0), ("b", 30.0)] {
        let values = vec![centre, centre + 0.1, centre + 0.2];
        fixture::measure(
            &mut run,
            model,
            ("latency", "decode_tokens_per_s"),
            json!({}),
            values,
        );
    }
    let row = row(&run, "decode_tokens_per_s");
    let found = &row.comparisons[0];
    assert!(
        found.value.unwrap() > 2.9 && found.interval.is_none() && found.method.contains("too few")
    );
    assert_eq!(found.finding(row.better), Finding::Unknown);
}

/// The one gate of that text held against a run.
fn gate(run: &Run, claim: &str) -> Judged {
    let claims = [(claim.to_owned(), claim.parse().unwrap())];
    let mut judged = judge(&Scorecard::of(run), &claims).unwrap();
    assert_eq!(judged.len(), 1, "{judged:?}");
    judged.remove(0)
}

#[test]
fn no_difference_at_any_of_several_problems_leaves_room_for_as_much_as_so_few_problems_do() {
    let interval = |run: &Run| row(run, "pass_at_1").comparisons[0].interval.unwrap();
    let (once, often) = (flips(16, 0, 0), tried(4, &[(1, 1); 16]));
    assert_eq!(interval(&once), interval(&often), "a problem is one trial");
    assert!(interval(&often).hi > 0.2 && interval(&often).lo < -0.2);
    let often = gate(&often, "pass_at_1.difference>-2%");
    assert_eq!(often.outcome, Outcome::Inconclusive);
    assert!(often.shown.contains("0 pp [-28, +28]"), "{}", often.shown);
    let many = tried(2, &[(1, 1); 400]);
    let met = gate(&many, "pass_at_1.difference>-2%");
    assert_eq!(met.outcome, Outcome::Met, "{}", met.shown);
    // One problem, however often it was tried, tells nothing of another one.
    assert_eq!(
        row(&tried(4, &[(2, 2)]), "pass_at_1").comparisons[0].interval,
        None
    );
}

/// Two models that are equally surprised at so many passages, but for the last one.
fn surprised(n: usize, more: f64) -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (model, more) in [("a", 0.0), ("b", more)] {
        let mut nats: Vec<f64> = (0..n).map(|i| 100.0 + (i * 7 % 11) as f64).collect();
        nats[n - 1] += more;
        let values = [
            ("passage_nats", nats),
            ("passage_tokens", vec![50.0; n]),
            ("passage_bytes", vec![200.0; n]),
        ];
        for (metric, values) in values {
            let at = json!({"text": "code"});
            fixture::measure(&mut run, model, ("perplexity", metric), at, values);
        }
    }
    run
}

#[test]
fn a_perplexity_that_is_the_same_at_every_passage_is_the_same_and_keeps_what_it_is_held_to() {
    let run = surprised(12, 0.0);
    let found = row(&run, "perplexity");
    assert_eq!(found.comparisons[0].interval, None, "nothing varied");
    assert_eq!(found.comparisons[0].finding(found.better), Finding::Same);
    let met = gate(&run, "perplexity.ratio<1.05");
    assert_eq!(met.outcome, Outcome::Met);
    assert!(met.shown.contains("the same at all 12"), "{}", met.shown);
    let failed = gate(&run, "perplexity.ratio<0.95");
    assert_eq!(failed.outcome, Outcome::Failed);
    let said = verdict(&run);
    assert!(said.contains("the very same bits per byte"), "{said}");
    // One passage that differs in the last digit is a difference like any other.
    let near = surprised(12, 1e-9);
    assert_ne!(
        row(&near, "perplexity").comparisons[0].finding(found.better),
        Finding::Same
    );
    // A single passage that agrees is no pattern.
    let one = gate(&surprised(1, 0.0), "perplexity.ratio<1.05");
    assert_eq!(one.outcome, Outcome::Inconclusive);
}

#[test]
fn a_claim_that_has_no_interval_to_be_held_against_says_why() {
    let why = gate(&surprised(3, 1.0), "perplexity.ratio<1.05").why;
    let why = why.unwrap();
    assert!(why.contains("n = 3 is too small"), "{why}");
    let alike = gate(&tried(2, &[(0, 1); 8]), "pass_at_1.difference>10%").why;
    assert!(alike.unwrap().contains("all 8 values agree"));
}
