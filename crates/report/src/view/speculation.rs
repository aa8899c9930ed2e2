//! Speculative decoding: what each way of guessing gained, and what was promised.
//!
//! A prompt is the unit of observation: its answers by all modes were timed in turns, so the speed-up is a
//! ratio of sums over the same prompts with a bootstrap over them. Answers that are not the target's own are
//! left out of it. Rows without a category stand for all prompts.

mod answers;
mod notes;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use serde_json::Value;

use super::statistic::{self, Quotient};
use super::{Cell, Counted, Row, Section, pairing, timing};
use answers::{Answered, answered};

/// The name of the mode that everything is held against.
const TARGET: &str = "target";

type Conditions = BTreeMap<String, Value>;

/// The section, if the benchmark ran.
pub(super) fn sections(run: &Run) -> Vec<Section> {
    let records: Vec<&Measurement> = run
        .measurements
        .iter()
        .filter(|m| m.benchmark == "speculation")
        .collect();
    let Some(model) = records.first().map(|m| m.model.as_str()) else {
        return Vec::new();
    };
    let modes = answered(&records);
    let table = Table {
        run,
        model,
        modes: &modes,
    };
    let mut rows = table.rows_of_answers();
    rows.extend(table.places());
    rows.extend(table.readings(&records));
    let n = modes.first().map_or(0, |mode| mode.answers.len());
    vec![Section {
        benchmark: "speculation".to_owned(),
        suite: None,
        shared: timing::shared_conditions(&[]),
        scope: match n {
            1 => format!("one prompt, {} ways", modes.len()),
            n => format!("{n} prompts, {} ways", modes.len()),
        },
        rows,
        causes: Vec::new(),
        judging: Vec::new(),
        overviews: Vec::new(),
        notes: notes::notes(run, &modes, &records),
    }]
}

/// A quantity of a mode: a sum over a prompt's answers, divided by another.
type Part = fn(&Answered) -> f64;

/// Numerator and denominator of what is shown for each mode and category.
const RATIOS: [(&str, Part, Part); 7] = [
    (
        "end_to_end_tokens_per_s",
        |a| a.tokens * 1e9,
        |a| a.total_ns,
    ),
    ("end_to_end_ns", |a| a.total_ns, |a| a.n_answers),
    ("accepted_of_drafted", |a| a.n_accepted(), |a| a.n_drafted()),
    ("accepted_of_emitted", |a| a.n_accepted(), |a| a.tokens),
    (
        "tokens_per_pass",
        |a| a.n_accepted() + a.n_passes(),
        |a| a.n_passes(),
    ),
    ("drafting_ns", |a| a.drafting_ns, |a| a.n_answers),
    ("checking_ns", |a| a.checking_ns, |a| a.n_answers),
];

/// What is compared with the target alone, over all of an answer and without the reading of prompts.
const SPEEDUPS: [(&str, Part); 2] = [
    ("speculative_speedup", |a| a.total_ns),
    ("decode_speedup", Answered::decode_ns),
];

struct Table<'a> {
    run: &'a Run,
    model: &'a str,
    modes: &'a [answers::Mode],
}

impl Table<'_> {
    fn rows_of_answers(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut categories: Vec<Option<&str>> = vec![None];
        for answer in self.modes.iter().flat_map(|mode| &mode.answers) {
            if !categories.contains(&Some(answer.category.as_str())) {
                categories.push(Some(&answer.category));
            }
        }
        if categories.len() == 2 {
            categories.pop();
        }
        for speedup in SPEEDUPS {
            for category in &categories {
                for mode in self.modes.iter().filter(|mode| mode.name != TARGET) {
                    rows.push(self.speedup(speedup, mode, *category));
                }
            }
        }
        for (metric, above, below) in RATIOS {
            for category in &categories {
                for mode in self.modes {
                    rows.extend(self.ratio(metric, (above, below), mode, *category));
                }
            }
        }
        for mode in self.modes.iter().filter(|mode| mode.name != TARGET) {
            let equal: Vec<Vec<f64>> = mode.answers.iter().map(|a| a.equal.clone()).collect();
            let cell = statistic::rate_cell(self.model, &equal, self.run.header.seed);
            let cell = Cell {
                n_of: Counted::Prompts,
                method: cell.method.replace("problems", "prompts"),
                ..cell
            };
            rows.push(self.row("equal_to_target", conditions(&mode.name, None), cell));
        }
        rows
    }

    fn row(&self, metric: &str, conditions: Conditions, cell: Cell) -> Row {
        pairing::row(metric, conditions, vec![cell], Vec::new())
    }

    /// Σ time of the target alone ÷ Σ time of the mode.
    fn speedup(
        &self,
        (metric, time): (&str, Part),
        mode: &answers::Mode,
        category: Option<&str>,
    ) -> Row {
        let (above, below) = mode.paired(&self.modes[0], category, time);
        self.row(
            metric,
            conditions(&mode.name, category),
            self.quotient(&above, &below, "no answer equals the target's own"),
        )
    }

    fn ratio(
        &self,
        metric: &str,
        (above, below): (Part, Part),
        mode: &answers::Mode,
        category: Option<&str>,
    ) -> Option<Row> {
        let timed = matches!(metric, "end_to_end_tokens_per_s" | "end_to_end_ns");
        if mode.name == TARGET && !timed {
            return None;
        }
        let used: Vec<&Answered> = mode
            .in_category(category)
            .filter(|answer| below(answer) > 0.0)
            .collect();
        let above: Vec<f64> = used.iter().map(|a| above(a)).collect();
        let below: Vec<f64> = used.iter().map(|a| below(a)).collect();
        let cell = self.quotient(&above, &below, "nothing was drafted");
        Some(self.row(metric, conditions(&mode.name, category), cell))
    }

    fn quotient(&self, above: &[f64], below: &[f64], empty: &str) -> Cell {
        if below.is_empty() {
            return pairing::missing(self.model, Counted::Prompts, empty.to_owned());
        }
        let quotient = Quotient {
            numerators: above,
            denominators: below,
            blocks: Counted::Prompts,
        };
        statistic::quotient_cell(self.model, quotient, |x| x, self.run.header.seed)
    }

    /// By the place of a guess: how often it came true if those before it did, and how many came true.
    fn places(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for mode in self.modes.iter().filter(|mode| mode.name != TARGET) {
            let passes: Vec<(f64, f64)> = mode.answers.iter().flat_map(Answered::passes).collect();
            let longest = passes.iter().fold(0.0, |most: f64, pass| most.max(pass.0)) as usize;
            for at in 0..longest {
                let at = at as f64;
                let tried = passes
                    .iter()
                    .filter(|(drafted, right)| *drafted > at && *right >= at);
                let right: Vec<f64> = tried.map(|(_, right)| f64::from(*right > at)).collect();
                let cell = self.share(&right);
                let mut conditions = conditions(&mode.name, None);
                conditions.insert("guess".into(), (at as usize + 1).into());
                rows.push(self.row("accepted_at_guess", conditions, cell));
            }
            for n in 0..=longest {
                let drafted = passes.iter().filter(|(drafted, _)| *drafted > 0.0);
                let so_many: Vec<f64> = drafted
                    .map(|(_, right)| f64::from(*right == n as f64))
                    .collect();
                if so_many.is_empty() {
                    continue;
                }
                let mut conditions = conditions(&mode.name, None);
                conditions.insert("accepted".into(), n.into());
                rows.push(self.row("accepted_length_share", conditions, self.share(&so_many)));
            }
        }
        rows
    }

    fn share(&self, flags: &[f64]) -> Cell {
        if flags.is_empty() {
            let reason = "no pass came so far".to_owned();
            return pairing::missing(self.model, Counted::Passes, reason);
        }
        statistic::passes_cell(self.model, flags)
    }

    /// Costs, forecasts and memory, as they were read.
    fn readings(&self, records: &[&Measurement]) -> Vec<Row> {
        const READ: [&str; 9] = [
            "predicted_speedup",
            "lever_speedup",
            "break_even_acceptance",
            "trial_acceptance",
            "draft_length",
            "check_step_ns",
            "draft_step_ns",
            "draft_read_ns",
            "added_bytes",
        ];
        let read = |metric: &&str| {
            let of_metric: Vec<_> = records.iter().filter(|m| m.metric == **metric).collect();
            let row = |m: &&&Measurement| {
                let cell = match (&m.reason, m.values.is_empty()) {
                    (Some(reason), _) => {
                        pairing::missing(self.model, Counted::Repetitions, reason.clone())
                    }
                    (None, true) => pairing::missing(
                        self.model,
                        Counted::Repetitions,
                        "not measured".to_owned(),
                    ),
                    (None, false) => statistic::median_cell(self.model, m.values.clone()),
                };
                self.row(&m.metric, m.conditions.clone(), cell)
            };
            of_metric.iter().map(row).collect::<Vec<Row>>()
        };
        READ.iter().flat_map(read).collect()
    }
}

fn conditions(mode: &str, category: Option<&str>) -> Conditions {
    let mut conditions = Conditions::from([("mode".to_owned(), mode.into())]);
    if let Some(category) = category {
        conditions.insert("category".to_owned(), category.into());
    }
    conditions
}
