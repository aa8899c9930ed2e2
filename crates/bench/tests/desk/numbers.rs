//! Numbers against what they must be by hand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bench::desk::Unwatched;
use bench::plan::{LatencyPlan, MemoryPlan, PerplexityPlan};
use bench::run::{Ended, Material};
use bench::{Plan, passages, trial};
use engine::toy::{Bytes, F16, Toy};
use engine::{Feed, Logits, Model, SessionShape, Tokenizer};
use ledger::Run;
use ledger::record::Measurement;
use measure::{Clock, FakeClock};
use serde_json::json;

use super::{Tools, carry_out, complete, folder, machine, subject, suites, texts, values};

fn only(edit: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.perplexity) = (None, None);
    (plan.memory, plan.latency) = (None, None);
    edit(&mut plan);
    plan
}

/// The only measurement of that metric under that condition.
fn one<'r>(run: &'r Run, metric: &str, condition: (&str, serde_json::Value)) -> &'r Measurement {
    let (name, value) = condition;
    let found: Vec<_> = values(run, metric)
        .into_iter()
        .filter(|m| m.conditions.get(name) == Some(&value))
        .collect();
    assert_eq!(found.len(), 1, "{metric} {name}={value}");
    found[0]
}

/// Surprise of a whole text after the start token, from one row of logits at a time, in f64.
fn surprise_of(model: &dyn Model, text: &str) -> f64 {
    let shape = SessionShape {
        n_sequences: 1,
        capacity: 4096,
        cache: F16,
    };
    let mut session = model.open(shape).unwrap();
    let mut before = Bytes.start().unwrap();
    let mut sum = 0.0;
    for byte in text.bytes() {
        let feed = Feed {
            sequence: 0,
            tokens: &[before],
            logits: Logits::Last,
        };
        session
            .feed(&[feed], &mut |row| {
                let total: f64 = row.logits.iter().map(|l| f64::from(*l).exp()).sum();
                sum += total.ln() - f64::from(row.logits[usize::from(byte)]);
            })
            .unwrap();
        before = byte.into();
    }
    sum
}

#[test]
fn the_surprise_of_every_passage_is_the_sum_computed_directly() {
    let (folder, model) = (folder(), Toy::new(3));
    let plan = only(|plan| {
        plan.perplexity = Some(PerplexityPlan::passages(&passages::TEXTS));
    });
    let run = complete(folder.path(), &[subject("one", &model)], &plan).unwrap();
    for text in passages::TEXTS {
        let of = |metric| &one(&run, metric, ("text", json!(text))).values;
        let passages = passages::find(text).unwrap();
        let bytes: Vec<f64> = passages.iter().map(|p| p.text.len() as f64).collect();
        assert_eq!(
            (of("passage_bytes"), of("passage_tokens")),
            (&bytes, &bytes)
        );
        for (passage, nats) in passages.iter().zip(of("passage_nats")) {
            let wanted = surprise_of(&model, &passage.text);
            assert!(
                (nats - wanted).abs() < 1e-6 * wanted,
                "{nats}, not {wanted}"
            );
        }
        let measured = one(&run, "passage_nats", ("text", json!(text)));
        assert!(
            !measured.conditions.contains_key("context"),
            "or models could not be paired"
        );
    }
}

/// Each reading comes 100 ns later after the one before than that came after its own.
#[derive(Default)]
struct Slowing(AtomicU64);

impl Clock for Slowing {
    fn now_ns(&self) -> u64 {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        50 * n * (n + 1)
    }
}

#[test]
fn latency_on_a_clock_moved_by_hand_is_what_the_hand_computes() {
    let (folder, models) = (folder(), [Toy::new(1), Toy::new(2)]);
    let subjects = [subject("one", &models[0]), subject("two", &models[1])];
    let (n_new, warmups, repeats) = (5, 2, 3);
    let plan = only(|plan| {
        plan.latency = Some(LatencyPlan {
            prompt_tokens: vec![16, 40],
            generate_tokens: vec![n_new],
            warmups,
            repeats,
            caches: vec!["q8_0".into()],
            ..LatencyPlan::quick()
        });
    });
    let mut tools = Tools {
        clock: &Slowing::default(),
        sandbox: &machine(),
        stop: &AtomicBool::new(false),
        watcher: &mut Unwatched,
    };
    let ended = carry_out(folder.path(), &subjects, &plan, &mut tools).unwrap();
    assert_eq!(ended, Ended::Complete);
    let run = ledger::read(&folder.path().join("run")).unwrap();
    for (cell, (n_prompt, name)) in [(16, "one"), (16, "two"), (40, "one"), (40, "two")]
        .into_iter()
        .enumerate()
    {
        // Six readings a run: before, after the prompt, and after each of four further tokens. Warm-ups come
        // first, cell by cell; then the cells take turns. From reading i to the next pass 100 (i + 1) ns.
        let reading = |repeat: usize| 6 * (warmups * 4 + repeat * 4 + cell);
        let step = |repeat: usize, k: usize| 100.0 * (reading(repeat) + k + 1) as f64;
        let sums = |from: usize, to: usize| {
            (0..repeats)
                .map(|r| (from..to).map(|k| step(r, k)).sum())
                .collect::<Vec<f64>>()
        };
        let (first, rest, total) = (sums(0, 1), sums(1, 5), sums(0, 5));
        let of = |metric: &str| {
            let found = values(&run, metric)
                .into_iter()
                .find(|m| m.model == name && m.conditions["prompt_tokens"] == json!(n_prompt));
            found.unwrap().values.clone()
        };
        let each =
            |of: &dyn Fn(f64) -> f64, ns: &[f64]| ns.iter().map(|ns| of(*ns)).collect::<Vec<f64>>();
        assert_eq!(of("time_to_first_token_ns"), first);
        let prefill = each(&|ns| f64::from(n_prompt) * 1e9 / ns, &first);
        assert_eq!(of("prefill_tokens_per_s"), prefill);
        let decode = each(&|ns| (n_new - 1) as f64 * 1e9 / ns, &rest);
        assert_eq!(of("decode_tokens_per_s"), decode);
        assert_eq!(of("end_to_end_ns"), total);
        let whole = each(&|ns| n_new as f64 * 1e9 / ns, &total);
        assert_eq!(of("end_to_end_tokens_per_s"), whole);
        // The median of four steps lies between the second and the third.
        let middle: Vec<f64> = (0..repeats)
            .map(|r| (step(r, 2) + step(r, 3)) / 2.0)
            .collect();
        assert_eq!(of("inter_token_ns"), middle);
        assert_eq!(of("inter_token_p99_ns"), [0.0; 0], "four steps carry none");
        // The toy has no weights; a token is 32 + 32 elements of 34/32 bytes; half of the five new ones
        // are held on average.
        let bytes: Vec<f64> = decode
            .iter()
            .map(|r| r * f64::from((n_prompt + 2) * 68))
            .collect();
        assert_eq!(of("decode_bytes_per_s"), bytes);
    }
}

#[test]
fn the_logical_size_of_a_cache_is_the_formula() {
    let (folder, model) = (folder(), Toy::new(1));
    let plan = only(|plan| {
        plan.memory = Some(MemoryPlan::of(&[1, 300], &["f16", "q8_0", "q4_0"]));
    });
    let run = complete(folder.path(), &[subject("one", &model)], &plan).unwrap();
    // 64 elements a token: 16 bits, 8.5 bits, 4.5 bits.
    for (cache, per_token) in [("f16", 128.0), ("q8_0", 68.0), ("q4_0", 36.0)] {
        for n_tokens in [1, 300] {
            for metric in ["kv_logical_bytes", "kv_allocated_bytes"] {
                let found = values(&run, metric).into_iter().find(|m| {
                    m.conditions["cache"] == json!(cache)
                        && m.conditions["context_tokens"] == json!(n_tokens)
                });
                assert_eq!(found.unwrap().values, [f64::from(n_tokens) * per_token]);
            }
        }
    }
    assert_eq!(values(&run, "weight_bytes")[0].values, [0.0]);
}

fn guess(plan: &Plan, rates: trial::Rates) -> f64 {
    let (suites, [texts, compared, cached]) = (suites(plan), texts(plan));
    let material = Material {
        suites: &suites,
        texts: &texts,
        compared: &compared,
        cached: &cached,
        quizzes: &[],
    };
    trial::estimate_seconds(plan, material, rates)
}

#[test]
fn the_guess_of_a_plans_length_is_a_positive_number_on_every_clock() {
    let model = Toy::new(1);
    let subject = subject("one", &model);
    let clocks: [&dyn Clock; 3] = [
        &FakeClock::stepping(1_000_000),
        &FakeClock::new(),
        &FakeClock::stepping(u64::MAX / 4),
    ];
    for clock in clocks {
        for mut plan in [Plan::smoke(1, 1), Plan::quick(1, 4), only(|_| ())] {
            let rates = trial::run(&subject, &plan, clock).unwrap();
            let seconds = guess(&plan, rates);
            assert!(seconds.is_finite() && seconds > 0.0, "{seconds}");
            if let Some(code) = &mut plan.code {
                code.judge_workers = 0;
                let seconds = guess(&plan, rates);
                assert!(seconds.is_finite() && seconds > 0.0, "{seconds}");
            }
        }
    }
}

#[test]
fn a_plan_of_more_work_is_guessed_to_take_longer() {
    let model = Toy::new(1);
    let quick = Plan::quick(1, 1);
    let clock = FakeClock::stepping(1_000_000);
    let rates = trial::run(&subject("one", &model), &quick, &clock).unwrap();
    let of = |plan: &Plan| guess(plan, rates);
    assert!(of(&Plan::smoke(1, 1)) < of(&quick));
    assert!(of(&only(|_| ())) < of(&Plan::smoke(1, 1)));
}

#[test]
fn the_guess_counts_the_rows_of_the_check_of_batches_and_how_fast_rows_are_side_by_side() {
    let model = Toy::new(1);
    let only_code = |attempts| {
        only(|plan| {
            plan.code = Plan::quick(1, 1).code;
            if let Some(code) = &mut plan.code {
                code.samples = attempts;
                code.judge = false;
            }
        })
    };
    // A second passes between two looks: a step of eight rows takes as long as one of a single row.
    let clock = FakeClock::stepping(1_000_000_000);
    let rates = trial::run(&subject("one", &model), &only_code(1), &clock).unwrap();
    let [once, twice, three_times] = [1, 2, 3].map(|n| guess(&only_code(n), rates));
    let of_attempts = twice - once;
    assert!((three_times - twice - of_attempts).abs() < 1e-6 * once);
    // Twelve texts of 48 tokens: once in 16 rows, then in twice 8.
    let rows = 48.0 * (16.0 + 2.0 * 8.0);
    // Three steps of eight rows a second.
    let check = rows / 24.0;
    let reading_and_the_rest = once - of_attempts - check;
    assert!(reading_and_the_rest > 0.0, "{once} {of_attempts} {check}");
    assert!(reading_and_the_rest < check, "{once} {of_attempts} {check}");
}
