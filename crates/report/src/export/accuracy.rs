//! `accuracy.csv`: a line for each model and suite; `accuracy_choices.csv`: one for each choice of each problem.

use ledger::Run;

use super::{Lines, bare, name_of};
use crate::view::accuracy::{answers, quizzes};
use crate::view::{Cell, Row, Scorecard, Section};

/// Metrics that become three columns each.
const RATES: [&str; 3] = ["accuracy", "accuracy_by_bytes", "accuracy_by_characters"];

/// Value, lower and upper end of the interval; nothing where there is none.
pub(super) fn numbers(cell: Option<&Cell>) -> [String; 3] {
    let written = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
    let interval = cell.and_then(|cell| cell.interval);
    [
        written(cell.and_then(|cell| cell.value)),
        written(interval.map(|interval| interval.lo)),
        written(interval.map(|interval| interval.hi)),
    ]
}

pub(super) fn suites(card: &Scorecard) -> Lines {
    let mut header: Vec<String> = ["model", "suite", "suite_sha256", "shape", "n", "chance"]
        .map(String::from)
        .to_vec();
    for rate in RATES {
        header.extend(["", "_lo", "_hi"].map(|end| format!("{rate}{end}")));
    }
    let mut lines = vec![header];
    let of = |section: &&Section| section.benchmark == "accuracy";
    for section in card.sections.iter().filter(of) {
        for (at, model) in card.provenance.models.iter().enumerate() {
            let row = |rate: &str| section.rows.iter().find(|row| row.metric == rate);
            let cell = |rate: &str| row(rate).and_then(|row: &Row| row.cells.get(at));
            let condition = |name: &str| {
                let row = section.rows.first();
                row.and_then(|row| row.conditions.get(name))
                    .map(bare)
                    .unwrap_or_default()
            };
            let n = cell(RATES[0]).map_or(0, |cell| cell.n).to_string();
            let mut line = vec![model.name.clone()];
            line.extend(["suite", "suite_sha256", "shape"].map(condition));
            line.extend([n, condition("chance")]);
            line.extend(RATES.into_iter().flat_map(|rate| numbers(cell(rate))));
            lines.push(line);
        }
    }
    lines
}

pub(super) fn choices(run: &Run) -> Lines {
    let header = [
        "model",
        "suite",
        "problem",
        "choice",
        "right",
        "log_prob",
        "tokens",
        "bytes",
        "characters",
    ];
    let mut lines = vec![header.map(String::from).to_vec()];
    for quiz in quizzes(run) {
        let suite = quiz.get("suite").map(bare).unwrap_or_default();
        for model in &run.header.models {
            for (problem, answer) in answers(run, &model.name, &quiz) {
                for (at, log_prob) in answer.log_probs.iter().enumerate() {
                    let mut line = vec![model.name.clone(), suite.clone(), problem.clone()];
                    line.extend([at.to_string(), name_of(&(at == answer.right))]);
                    let lists = [&answer.tokens, &answer.bytes, &answer.characters];
                    line.push(log_prob.to_string());
                    line.extend(lists.map(|list| list[at].to_string()));
                    lines.push(line);
                }
            }
        }
    }
    lines
}
