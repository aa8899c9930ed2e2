//! Every attempt with its code, verdict and evidence, ready for the page.

use std::collections::BTreeSet;

use ledger::Run;
use ledger::record::{Attempt, Finish, Setting, Verdict};
use measure::Unit;
use serde::Serialize;
use serde_json::{Value, json};

use crate::export::name_of;
use crate::format;
use crate::untrusted::{one_line, visible};
use crate::view::Outcome;

/// One attempt. All text is made visible; the template escapes it.
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    model: String,
    pub(super) suite: String,
    problem: String,
    attempt: u32,
    pub(super) cause: String,
    mark: &'static str,
    /// `None` if the text came from a file.
    n_tokens: Option<u32>,
    line: String,
    unscored: Option<String>,
    code: Option<String>,
    evidence: String,
    text: String,
}

impl Sample {
    /// What is seen of it before it is opened: model, suite, problem, number, cause, mark, tokens.
    pub(super) fn head(&self) -> Value {
        json!([
            self.model,
            self.suite,
            self.problem,
            self.attempt,
            self.cause,
            self.mark,
            self.n_tokens
        ])
    }

    /// What is seen then: the line, why it has no verdict, code, evidence, completion.
    pub(super) fn body(&self) -> Value {
        json!([
            self.line,
            self.unscored,
            self.code,
            self.evidence,
            self.text
        ])
    }
}

/// The attempts in the order of the ledger.
pub(super) fn of(run: &Run) -> Vec<Sample> {
    let index = run.index();
    run.attempts
        .iter()
        .map(|attempt| sample(attempt, index.verdict(&attempt.key)))
        .collect()
}

/// What was asked at each problem that has attempts, as suite, problem and text.
pub(super) fn tasks(run: &Run) -> Vec<[String; 3]> {
    let asked: BTreeSet<(&str, &str)> = run
        .attempts
        .iter()
        .map(|attempt| (attempt.key.suite.as_str(), attempt.key.problem.as_str()))
        .collect();
    let mut tasks = Vec::new();
    for suite in &run.header.suites {
        for problem in &suite.problems {
            let is_asked = asked.contains(&(suite.name.as_str(), problem.id.as_str()));
            if let Some(prompt) = problem.prompt.as_deref().filter(|_| is_asked) {
                tasks.push([
                    one_line(&suite.name),
                    one_line(&problem.id),
                    visible(prompt),
                ]);
            }
        }
    }
    tasks
}

/// The values that occur, each once, sorted.
pub(super) fn distinct(samples: &[Sample], field: impl Fn(&Sample) -> &String) -> Vec<String> {
    samples
        .iter()
        .map(field)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .cloned()
        .collect()
}

fn sample(attempt: &Attempt, verdict: Option<&Verdict>) -> Sample {
    let code = verdict
        .and_then(|verdict| verdict.code.as_deref())
        .map(visible);
    Sample {
        model: one_line(&attempt.key.model),
        suite: one_line(&attempt.key.suite),
        problem: one_line(&attempt.key.problem),
        attempt: attempt.key.attempt,
        cause: verdict.map_or_else(
            || "not judged".to_owned(),
            |verdict| one_line(&verdict.cause),
        ),
        mark: mark(verdict),
        n_tokens: (attempt.finish != Finish::Unknown).then_some(attempt.n_tokens),
        line: line(attempt, verdict),
        unscored: verdict
            .and_then(|verdict| verdict.unscored.as_deref())
            .map(one_line),
        code,
        evidence: verdict
            .map(|verdict| visible(&verdict.evidence))
            .unwrap_or_default(),
        text: visible(&attempt.text),
    }
}

fn mark(verdict: Option<&Verdict>) -> &'static str {
    match verdict.map(Outcome::of) {
        Some(Outcome::Right) => "right",
        Some(Outcome::Wrong | Outcome::Stopped) => "wrong",
        Some(Outcome::Graded | Outcome::NotJudged) | None => "open",
    }
}

/// Seed, counts, times and scores in one line.
fn line(attempt: &Attempt, verdict: Option<&Verdict>) -> String {
    let time = |ns: u64| format::quantity(Unit::Nanoseconds, ns as f64);
    let mut words = match attempt.finish {
        Finish::Unknown => vec!["the text came from a file".to_owned()],
        _ => vec![
            format!("seed {}", attempt.seed),
            format!("prompt {} tokens", attempt.n_prompt_tokens),
            format!("ended by {}", name_of(&attempt.finish).replace('_', " ")),
            format!("decoded in {}", time(attempt.decode_ns)),
        ],
    };
    if let Some(verdict) = verdict {
        words.extend(
            verdict
                .stage
                .map(|stage| format!("stage {}", name_of(&stage).replace('_', " "))),
        );
        words.extend(
            verdict
                .scores
                .iter()
                .map(|(name, score)| format!("{name} {score:.2}")),
        );
        words.push(format!(
            "judged by {} in {} of CPU time",
            verdict.judge,
            time(verdict.cpu_ns)
        ));
        words.extend(verdict.setting.as_ref().map(setting));
        words.extend(
            verdict
                .first_cause
                .as_ref()
                .map(|first| format!("re-judged alone, at first {first}")),
        );
    }
    one_line(&words.join(" · "))
}

/// The circumstances of a verdict.
fn setting(setting: &Setting) -> String {
    let cached = if setting.cached {
        ", from the verdict cache"
    } else {
        ""
    };
    format!(
        "{}, {} way, {}{cached}",
        setting.tier,
        name_of(&setting.way),
        name_of(&setting.integrity)
    )
}
