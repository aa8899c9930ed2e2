//! Multiple choice: which choice each model holds for the likeliest, from the log-probabilities of all.
//!
//! A problem is answered by the choice with the largest log-probability, or with the largest per byte or per
//! character of its text; of equals the first counts, as in the usual harness. One answer a problem, so the share
//! has Wilson's interval and two models are compared by McNemar's test. Beside every share stands what guessing
//! would give.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use measure::Unit;
use serde_json::{Value, json};

use super::pairing::{self, Clusters};
use super::{Row, Section, timing};
use crate::format;

/// What tells one quiz from another.
const QUIZ: [&str; 3] = ["suite", "suite_sha256", "shape"];

type Conditions = BTreeMap<String, Value>;

/// What a model said of each choice of one problem; lists of one length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// −nats of each choice.
    pub(crate) log_probs: Vec<f64>,
    /// Tokens scored.
    pub(crate) tokens: Vec<f64>,
    /// Bytes of its text.
    pub(crate) bytes: Vec<f64>,
    /// Characters of its text.
    pub(crate) characters: Vec<f64>,
    /// Which is right.
    pub(crate) right: usize,
}

/// By what a log-probability is divided.
type Length = fn(&Answer) -> Option<&[f64]>;

/// Rows in their order.
const RULES: [(&str, Length); 3] = [
    ("accuracy", |_| None),
    ("accuracy_by_bytes", |answer| Some(&answer.bytes)),
    ("accuracy_by_characters", |answer| Some(&answer.characters)),
];

impl Answer {
    fn is_whole(&self) -> bool {
        let n = self.log_probs.len();
        let lists = [&self.tokens, &self.bytes, &self.characters];
        lists.iter().all(|list| list.len() == n) && self.right < n
    }

    /// The choice that a rule takes.
    fn chosen(&self, length: Length) -> usize {
        let worth = |at: usize| match length(self) {
            Some(lengths) => self.log_probs[at] / lengths[at],
            None => self.log_probs[at],
        };
        (1..self.log_probs.len()).fold(0, |best, at| match worth(at) > worth(best) {
            true => at,
            false => best,
        })
    }
}

/// Answers of one model by problem.
pub(crate) type Answers = BTreeMap<String, Answer>;

/// One section for each quiz.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let quizzes = quizzes(run);
    quizzes.iter().map(|quiz| section(run, quiz)).collect()
}

/// The conditions of every quiz, each once.
pub(crate) fn quizzes(run: &Run) -> Vec<Conditions> {
    let mut quizzes: Vec<Conditions> = Vec::new();
    for measurement in records(run) {
        if !quizzes.iter().any(|quiz| is_of(measurement, quiz)) {
            let of =
                |name: &str| Some((name.to_owned(), measurement.conditions.get(name)?.clone()));
            quizzes.push(QUIZ.into_iter().filter_map(of).collect());
        }
    }
    quizzes
}

fn records(run: &Run) -> impl Iterator<Item = &Measurement> {
    let of_problems =
        |m: &&Measurement| m.benchmark == "accuracy" && m.conditions.contains_key("problem");
    run.measurements.iter().filter(of_problems)
}

fn is_of(measurement: &Measurement, quiz: &Conditions) -> bool {
    let same = |name: &str| measurement.conditions.get(name) == quiz.get(name);
    QUIZ.iter().all(|name| same(name))
}

/// A model's answers to a quiz. Of records with the same key the first one counts; a problem of which a part is
/// missing was interrupted and is left out.
pub(crate) fn answers(run: &Run, model: &str, quiz: &Conditions) -> Answers {
    let mut answers = Answers::new();
    for record in records(run).filter(|m| m.model == model && is_of(m, quiz)) {
        let problem = record.conditions.get("problem").and_then(Value::as_str);
        let answer = answers
            .entry(problem.unwrap_or_default().to_owned())
            .or_default();
        let right = record.conditions.get("right").and_then(Value::as_u64);
        answer.right = right
            .and_then(|right| usize::try_from(right).ok())
            .unwrap_or(usize::MAX);
        let list = match record.metric.as_str() {
            "choice_log_prob" => &mut answer.log_probs,
            "choice_tokens" => &mut answer.tokens,
            "choice_bytes" => &mut answer.bytes,
            "choice_characters" => &mut answer.characters,
            _ => continue,
        };
        if list.is_empty() {
            list.clone_from(&record.values);
        }
    }
    answers.retain(|_, answer| answer.is_whole());
    answers
}

fn section(run: &Run, quiz: &Conditions) -> Section {
    let models = run.header.models.iter();
    let all: Vec<Answers> = models
        .map(|model| answers(run, &model.name, quiz))
        .collect();
    let chance = chance(&all);
    let mut conditions = quiz.clone();
    conditions.extend(chance.map(|chance| ("chance".to_owned(), json!(chance))));
    let rules = RULES.iter().filter(|(_, length)| tells_more(&all, *length));
    let row = |(metric, length): &(&str, Length)| Row {
        conditions: conditions.clone(),
        ..rate(run, metric, &all, *length)
    };
    let rows: Vec<Row> = rules.map(row).collect();
    let name = quiz.get("suite").and_then(Value::as_str);
    Section {
        benchmark: "accuracy".to_owned(),
        suite: name.map(str::to_owned),
        shared: timing::shared_conditions(&rows),
        scope: scope(&all, chance),
        notes: notes(run, quiz, chance, &rows),
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        overviews: Vec::new(),
    }
}

/// What guessing gives: the mean over problems of one in so many choices, to four digits.
fn chance(all: &[Answers]) -> Option<f64> {
    let answers = all.iter().max_by_key(|answers| answers.len())?;
    let each = answers
        .values()
        .map(|answer| 1.0 / answer.log_probs.len() as f64);
    let mean = each.sum::<f64>() / answers.len() as f64;
    mean.is_finite().then(|| (mean * 1e4).round() / 1e4)
}

/// Whether a rule can choose otherwise than the rules before it.
fn tells_more(all: &[Answers], length: Length) -> bool {
    let mut answers = all.iter().flat_map(BTreeMap::values);
    answers.any(|answer| match length(answer) {
        None => true,
        Some(lengths) if std::ptr::eq(lengths, answer.bytes.as_slice()) => {
            lengths.iter().any(|length| *length != lengths[0])
        }
        Some(lengths) => lengths != answer.bytes.as_slice(),
    })
}

fn rate(run: &Run, metric: &str, all: &[Answers], length: Length) -> Row {
    let of_model = |answers: &Answers| -> Clusters {
        let flag = |answer: &Answer| f64::from(u8::from(answer.chosen(length) == answer.right));
        let problem = |(name, answer): (&String, &Answer)| (name.clone(), vec![flag(answer)]);
        answers.iter().map(problem).collect()
    };
    let per_model: Vec<Clusters> = all.iter().map(of_model).collect();
    let reasons = vec!["no problem was put to it".to_owned(); all.len()];
    pairing::rate_row(run, metric, &per_model, &reasons)
}

fn scope(all: &[Answers], chance: Option<f64>) -> String {
    let n = all.iter().map(BTreeMap::len).max().unwrap_or(0);
    let answers = || all.iter().flat_map(BTreeMap::values);
    let counts = || answers().map(|answer| answer.log_probs.len());
    let choices = match (counts().min(), counts().max()) {
        (Some(least), Some(most)) if least == most => format!("{most} choices"),
        (Some(least), Some(most)) => format!("{least} to {most} choices"),
        _ => return "nothing could be measured".to_owned(),
    };
    let guessing = chance.map(|chance| format!(" · guessing {}", percent(chance)));
    let problems = if n == 1 { "problem" } else { "problems" };
    format!("{n} {problems} × {choices}{}", guessing.unwrap_or_default())
}

fn percent(share: f64) -> String {
    format::quantity(Unit::Ratio, share)
}

/// Which questions, who cannot be told from a guesser, and what stood in front of the contexts.
fn notes(run: &Run, quiz: &Conditions, chance: Option<f64>, rows: &[Row]) -> Vec<String> {
    let word = |name: &str| quiz.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut notes = vec![format!(
        "{}: SHA-256 {}",
        word("suite"),
        word("suite_sha256")
    )];
    let cells = rows.iter().take(1).flat_map(|row| &row.cells);
    for cell in cells {
        let within = |chance: &f64| {
            cell.interval
                .is_some_and(|interval| interval.contains(*chance))
        };
        notes.extend(chance.filter(within).map(|chance| {
            format!(
                "{}: cannot be told from guessing ({}) with so many problems",
                cell.model,
                percent(chance)
            )
        }));
    }
    let starts = |m: &&Measurement| {
        m.metric == "start_tokens" && m.benchmark == "accuracy" && is_of(m, quiz)
    };
    for record in run.measurements.iter().filter(starts) {
        let word = match record.values.first() {
            Some(0.0) => "no start token",
            _ => "a start token",
        };
        let note = format!("{}: {word} in front of each context", record.model);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}
