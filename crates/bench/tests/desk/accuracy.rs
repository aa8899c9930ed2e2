//! Multiple choice on the toy: log-probabilities by hand, order, interruptions, and what cannot be asked.

use bench::plan::AccuracyPlan;
use bench::{Error, Plan};
use engine::toy::{F16, Toy};
use engine::{Feed, Logits, Model, SessionShape, Token};
use ledger::Run;
use task::Quiz;

use super::{Tools, carry_out_with, complete_with, folder, machine, subject, values};

pub(crate) fn plan(edit: impl FnOnce(&mut AccuracyPlan)) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.memory) = (None, None);
    (plan.latency, plan.perplexity) = (None, None);
    let mut accuracy = AccuracyPlan::bundled();
    edit(&mut accuracy);
    plan.accuracy = Some(accuracy);
    plan
}

fn quiz(lines: &str) -> Quiz {
    Quiz::read("mine.jsonl", lines.as_bytes(), None).unwrap()
}

const TWO: &str = r#"{"id": "sum", "context": "1 + 1 =", "choices": ["1", "2", "much more"], "answer": 1}
{"id": "näh", "context": "", "choices": ["ä ", "b"], "answer": 0, "delimiter": ""}"#;

fn asked(model: &dyn Model, plan: &Plan, quiz: Quiz) -> Result<Run, Error> {
    let folder = folder();
    complete_with(folder.path(), &[subject("toy", model)], plan, &[quiz])
}

/// ln p of some bytes after others, one token at a time, by the softmax in f64.
fn log_prob(model: &dyn Model, before: &str, scored: &str) -> f64 {
    let shape = SessionShape {
        n_sequences: 1,
        capacity: 200,
        cache: F16,
    };
    let mut session = model.open(shape).unwrap();
    let mut sum = 0.0;
    let mut token: Token = 256;
    let n_before = before.len();
    for (at, next) in before.bytes().chain(scored.bytes()).enumerate() {
        let feed = Feed {
            sequence: 0,
            tokens: &[token],
            logits: Logits::Last,
        };
        token = Token::from(next);
        let mut add = |logits: &[f32]| {
            let total: f64 = logits.iter().map(|l| f64::from(*l).exp()).sum();
            sum += f64::from(logits[token as usize]) - total.ln();
        };
        session
            .feed(&[feed], &mut |row| {
                if at >= n_before {
                    add(row.logits);
                }
            })
            .unwrap();
    }
    sum
}

#[test]
fn each_choice_has_the_log_probability_that_a_hand_adds_up() {
    let toy = Toy::new(3);
    let run = asked(&toy, &plan(|_| ()), quiz(TWO)).unwrap();
    let records = values(&run, "choice_log_prob");
    assert_eq!(records.len(), 2);
    let wanted = [
        ["1", "2", "much more"]
            .map(|text| log_prob(&toy, "1 + 1 =", &format!(" {text}")))
            .to_vec(),
        ["ä ", "b"].map(|text| log_prob(&toy, "", text)).to_vec(),
    ];
    for (record, wanted) in records.iter().zip(&wanted) {
        assert_eq!(record.values.len(), wanted.len());
        for (found, wanted) in record.values.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 1e-5 && *found < 0.0,
                "{found}, not {wanted}"
            );
        }
    }
    let rights: Vec<_> = records
        .iter()
        .map(|m| m.conditions["right"].as_u64())
        .collect();
    assert_eq!(rights, [Some(1), Some(0)]);
    let lists = |metric| -> Vec<Vec<f64>> {
        values(&run, metric)
            .iter()
            .map(|m| m.values.clone())
            .collect()
    };
    assert_eq!(
        lists("choice_tokens"),
        [vec![2.0, 2.0, 10.0], vec![3.0, 1.0]]
    );
    assert_eq!(lists("choice_bytes"), [vec![1.0, 1.0, 9.0], vec![3.0, 1.0]]);
    assert_eq!(
        lists("choice_characters"),
        [vec![1.0, 1.0, 9.0], vec![2.0, 1.0]]
    );
    assert_eq!(lists("start_tokens"), [[1.0]]);
}

#[test]
fn the_order_of_choices_does_not_change_what_each_is_worth() {
    let toy = Toy::new(3);
    let turned = TWO.replace(r#"["1", "2", "much more"]"#, r#"["much more", "2", "1"]"#);
    let of = |lines: &str| {
        let run = asked(&toy, &plan(|plan| plan.limit = Some(1)), quiz(lines)).unwrap();
        values(&run, "choice_log_prob")[0].values.clone()
    };
    let mut back = of(&turned);
    back.reverse();
    assert_eq!(of(TWO), back);
}

#[test]
fn more_choices_than_lanes_are_worth_the_same() {
    let toy = Toy::new(3);
    let all: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let row = |choices: &[String]| {
        let line = serde_json::json!({"context": "n is", "choices": choices, "answer": 0});
        let run = asked(&toy, &plan(|_| ()), quiz(&line.to_string())).unwrap();
        values(&run, "choice_log_prob")[0].values.clone()
    };
    let together = row(&all);
    for (pair, found) in all
        .chunks(2)
        .zip(together.chunks(2))
        .filter(|(pair, _)| pair.len() == 2)
    {
        assert_eq!(row(pair), found);
    }
}

#[test]
fn the_gap_of_winogrande_is_filled_and_the_rest_scored() {
    let toy = Toy::new(3);
    let row = r#"{"sentence": "Ann saw Bo and _ waved.", "option1": "Ann", "option2": "Bo", "answer": "2"}"#;
    let run = asked(&toy, &plan(|_| ()), quiz(row)).unwrap();
    let found = &values(&run, "choice_log_prob")[0].values;
    for (found, name) in found.iter().zip(["Ann", "Bo"]) {
        let wanted = log_prob(&toy, &format!("Ann saw Bo and {name}"), " waved.");
        assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
    }
}

#[test]
fn a_problem_that_is_too_long_is_refused_with_its_line_before_anything_is_read() {
    let toy = Toy::new(3);
    let long = TWO.replace("much more", &"much more ".repeat(500));
    let said = asked(&toy, &plan(|_| ()), quiz(&format!("\n{long}")))
        .unwrap_err()
        .to_string();
    for words in [
        "line 2 of mine",
        "problem sum",
        "choice 2",
        "trained for 4096",
        "--limit",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let subject = subject("toy", &toy);
    let plan = plan(|_| ());
    let material = bench::run::Material {
        quizzes: &[quiz(&long)],
        ..Default::default()
    };
    assert!(bench::run::check(&subject, &plan, material).is_err());
}

/// Stops after the second problem.
struct Impatient<'s>(&'s std::sync::atomic::AtomicBool);

impl bench::Watcher for Impatient<'_> {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, done: u64, note: &str) {
        assert!(note.ends_with("% right"), "{note}");
        self.0
            .store(done >= 2, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn a_run_stopped_between_problems_ends_like_one_that_was_not() {
    let toy = Toy::new(3);
    let plan = plan(|plan| plan.limit = Some(6));
    let quizzes = [Quiz::bundled("code-reading").unwrap()];
    let folder = folder();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let subjects = [subject("toy", &toy)];
    let mut tools = Tools {
        clock: &measure::FakeClock::stepping(1000),
        sandbox: &machine(),
        stop: &stop,
        watcher: &mut Impatient(&stop),
    };
    let ended = carry_out_with(
        folder.path(),
        &subjects,
        (&plan, None),
        &quizzes,
        &mut tools,
    )
    .unwrap();
    assert_eq!(ended, bench::run::Ended::Interrupted);
    let half = ledger::read(&folder.path().join("run")).unwrap();
    assert_eq!(values(&half, "choice_log_prob").len(), 2);
    let whole = complete_with(folder.path(), &subjects, &plan, &quizzes).unwrap();
    let fresh = asked(&toy, &plan, quizzes[0].clone()).unwrap();
    assert_eq!(whole.measurements, fresh.measurements);
    assert_eq!(values(&whole, "choice_log_prob").len(), 6);
}
