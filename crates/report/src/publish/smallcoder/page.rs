//! The page of `benchmark.py`: a table of models, one of memory, and one for each problem.

use ledger::Run;

use super::{Answer, Entered, GIB, Source, peak, scored, timing};
use crate::error::Error;
use crate::table::{Entry, Side, Table, escape_markdown, markdown};
use crate::untrusted::one_line;
use crate::view::Scorecard;

/// `benchmark_comparison_<stamp>.md`.
pub(in crate::publish) fn page(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let all = scored(from, "smallcoder-md")?;
    let mut out = format!(
        "# Model benchmark comparison\n\nGenerated from run {} of {}.\n\n## Performance\n\n",
        text(&from.run.header.run_id),
        text(&from.run.header.started_at),
    );
    out.push_str(&markdown(&performance(&all)));
    out.push_str(&times(from.run, &all));
    out.push_str("\n## Memory\n\n");
    out.push_str(&markdown(&memory_table(from.card, &all)));
    for problem in problems(&all) {
        out.push_str(&format!("\n## {}\n\n", text(problem)));
        out.push_str(&markdown(&problem_table(&all, problem)));
    }
    out.push_str(&findings(&all));
    Ok(out.into_bytes())
}

fn text(raw: &str) -> String {
    escape_markdown(&one_line(raw))
}

fn table(columns: &[&str]) -> Table {
    let sides = columns.iter().enumerate().map(|(at, name)| match at {
        0 => (*name, Side::Left),
        _ => (*name, Side::Right),
    });
    Table::new(&sides.collect::<Vec<_>>())
}

fn row(table: &mut Table, cells: &[String]) {
    table.push(
        cells
            .iter()
            .map(|cell| Entry::from(one_line(cell)))
            .collect(),
    );
}

fn or_dash(value: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), shown)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn per_second(rate: f64) -> String {
    format!("{rate:.1} tok/s")
}

fn in_seconds(time: f64) -> String {
    format!("{time:.2} s")
}

fn performance(all: &[Entered<'_>]) -> Table {
    let columns = [
        "Model",
        "Success Rate",
        "Avg Keyword Score",
        "Avg Speed",
        "Avg Time",
    ];
    let mut out = table(&columns);
    for one in all {
        row(
            &mut out,
            &[
                one.model.to_owned(),
                format!("{}/{}", one.n_scored(), one.answers.len()),
                or_dash(one.mean(|answer| answer.score()), percent),
                or_dash(one.mean(|answer| answer.rate()), per_second),
                or_dash(one.mean(|answer| answer.seconds()), in_seconds),
            ],
        );
    }
    out
}

/// What the times of each model are, models of which the same is to be said together.
fn times(run: &Run, all: &[Entered<'_>]) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for one in all {
        let timing = timing(run, one.model);
        match said.iter_mut().find(|(words, _)| *words == timing) {
            Some((_, models)) => models.push(one.model),
            None => said.push((timing, vec![one.model])),
        }
    }
    let mut out = "\n".to_owned();
    for (timing, models) in said {
        out.push_str(&format!(
            "Times of {}: {timing}.\n",
            text(&models.join(", "))
        ));
    }
    out
}

fn memory_table(card: &Scorecard, all: &[Entered<'_>]) -> Table {
    let mut out = table(&["Model", "Allocated", "Reserved", "Peak"]);
    for one in all {
        let peak = peak(card, one.model).map(|bytes| format!("{:.2} GiB", bytes / GIB));
        let na = || "N/A".to_owned();
        row(
            &mut out,
            &[one.model.to_owned(), na(), na(), peak.unwrap_or_else(na)],
        );
    }
    out
}

/// Every problem, in the order of the answers.
fn problems<'a>(all: &[Entered<'a>]) -> Vec<&'a str> {
    let mut problems: Vec<&str> = Vec::new();
    for answer in all.iter().flat_map(|one| &one.answers) {
        let problem = answer.attempt.key.problem.as_str();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

fn problem_table(all: &[Entered<'_>], problem: &str) -> Table {
    let mut out = table(&["Model", "Keyword Score", "Time", "Speed"]);
    for one in all {
        let answers = one.answers.iter();
        for answer in answers.filter(|answer| answer.attempt.key.problem == problem) {
            let score = answer.score().map_or_else(|| "Failed".to_owned(), percent);
            row(
                &mut out,
                &[
                    one.model.to_owned(),
                    score,
                    or_dash(answer.seconds(), in_seconds),
                    or_dash(answer.rate(), per_second),
                ],
            );
        }
    }
    out
}

/// The best of each column; of one model there is none.
fn findings(all: &[Entered<'_>]) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let best = |of: fn(&Answer<'_>) -> Option<f64>| {
        let means = all
            .iter()
            .filter_map(|one| Some((one.model, one.mean(of)?)));
        means.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut out =
        "\n## Key findings\n\nMeans of few answers; the run's own report has their intervals.\n\n"
            .to_owned();
    if let Some((model, score)) = best(|answer| answer.score()) {
        out.push_str(&format!(
            "- Highest keyword score: {} ({})\n",
            text(model),
            percent(score)
        ));
    }
    if let Some((model, rate)) = best(|answer| answer.rate()) {
        out.push_str(&format!(
            "- Highest speed: {} ({})\n",
            text(model),
            per_second(rate)
        ));
    }
    out
}
