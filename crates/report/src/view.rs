//! The scorecard: everything a reader is told, as typed values and before any formatting.
//!
//! [`Scorecard::of`] is a pure function of the run's records. Every view (terminal, Markdown, HTML,
//! JSON, charts) is made from this one value, so no two of them can disagree. The statistics are
//! `measure`'s; this module decides only which of them answers which question, and what a problem,
//! a passage or a repetition is.
//!
//! What it deliberately does not do: any-of-n scores that look like a rate (the one exception, "any of
//! eight compiles", is there to be compared with upstream and says so); percentiles that the number of
//! samples cannot carry.

pub(crate) mod accuracy;
mod apart;
pub(crate) mod causes;
mod code;
mod comparison;
mod context;
mod counted;
mod divergence;
mod hardware;
mod judging;
mod knee;
mod memory;
mod overview;
mod own;
mod pairing;
mod passage;
mod provenance;
mod sentence;
mod speculation;
mod statistic;
mod timing;
mod told;
mod unfinished;
mod variants;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Warning;
use measure::{Better, Interval, LEVEL, Unit};
use serde::Serialize;
use serde_json::Value;

use crate::reading::{self, Readings};
pub(crate) use unfinished::incomplete;
use unfinished::torn;

pub(crate) use apart::{CHANGED, RUN, RUNS, UNLIKE, has_changed, is_of_the_machine, plan_of};
pub use causes::{Cause, Outcome};
pub(crate) use code::CUSTOM;
pub use comparison::{Caution, Comparison, Finding, Kind};
pub use counted::Counted;
pub use judging::{Flip, Judging};
pub use overview::{Column, Entry, Overview};
pub(crate) use passage::of_blocks;
pub(crate) use variants::NAME as VARIANTS;

pub use provenance::{Fact, ModelCard, Provenance, SuiteCard};

/// The version of the meaning of [`Scorecard`]'s JSON. Fields are only ever added to it.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run showed, ready to be rendered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scorecard {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// Confidence level of every interval.
    pub level: f64,
    /// What two models' comparison comes to, in one sentence; `None` unless two were measured.
    pub verdict: Option<String>,
    /// One section per suite and per benchmark that ran, in a fixed order.
    pub sections: Vec<Section>,
    /// The run's own doubts in the order raised, then those about its records.
    pub warnings: Vec<Warning>,
    /// Whether terminal and pages say how published guides read such numbers. Files for programs never do.
    #[serde(skip)]
    pub readings: Readings,
}

/// The rows of one suite or one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// `code`, `latency`, `memory`, `perplexity` …
    pub benchmark: String,
    /// The suite's name, for code and multiple choice.
    pub suite: Option<String>,
    /// Conditions that every row shares and that the rows therefore need not repeat.
    pub shared: BTreeMap<String, Value>,
    /// What was counted, in one line, for instance `24 problems × 4 attempts`.
    pub scope: String,
    /// Tables to decide by, where lines are choices and not metrics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overviews: Vec<Overview>,
    /// One row per metric and set of conditions.
    pub rows: Vec<Row>,
    /// How the attempts ended, by the kind of end; empty outside of code.
    pub causes: Vec<Cause>,
    /// Under which circumstances they were judged, per model; empty where nothing was executed.
    pub judging: Vec<Judging>,
    /// What a reader must know to read the rows rightly: unscored attempts, missing verdicts.
    pub notes: Vec<String>,
}

/// One metric under one set of conditions, for every model of the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// A name of `measure::metric::METRICS`, or `pass_at_<k>`, or `compile_at_<k>`.
    pub metric: String,
    /// How a person reads it.
    pub title: String,
    /// The unit of every number in the row.
    pub unit: Unit,
    /// Which way is good.
    pub better: Better,
    /// The conditions, all of them.
    pub conditions: BTreeMap<String, Value>,
    /// One cell per model, in the run's order.
    pub cells: Vec<Cell>,
    /// Every later model against the first; empty with one model.
    pub comparisons: Vec<Comparison>,
}

/// One number with its n and interval, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// The model.
    pub model: String,
    /// The estimate in the row's unit; `None` if it could not be measured.
    pub value: Option<f64>,
    /// Number of independent things behind it: problems, passages, repetitions.
    pub n: usize,
    /// What those things are.
    pub n_of: Counted,
    /// The interval; `None` if n or the method allow none.
    pub interval: Option<Interval>,
    /// The standard error of a ratio of sums, from the spread between passages, chunks or documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    /// How value and interval were made, or why there is no interval.
    pub method: String,
    /// Why there is no value.
    pub reason: Option<String>,
    /// The raw values: one per problem (its mean), passage or repetition.
    pub raw: Vec<f64>,
}

/// The reason of a cell that holds no number because everything else is held against its model.
pub(crate) const IS_REFERENCE: &str = "it is the reference";

impl Scorecard {
    /// Reads the records into a scorecard. Deterministic: bootstraps take the run's own seed.
    pub fn of(run: &Run) -> Scorecard {
        let mut sections = code::sections(run);
        sections.extend(timing::sections(run));
        memory::complete(run, &mut sections);
        sections.extend(passage::sections(run));
        sections.extend(divergence::sections(run));
        sections.extend(accuracy::sections(run));
        sections.extend(context::sections(run));
        sections.extend(variants::section(run, &sections));
        sections.extend(hardware::section(run));
        sections.extend(speculation::sections(run));
        sections.extend(told::sections(run));
        sections.sort_by_key(|section| place(&section.benchmark));
        apart::mark(run, &mut sections);
        Scorecard {
            schema_version: SCHEMA_VERSION,
            provenance: Provenance::of(&run.header),
            level: LEVEL,
            verdict: sentence::verdict(&sections, &run.header.models),
            sections,
            warnings: run
                .warnings
                .iter()
                .cloned()
                .chain(run.torn.iter().map(torn))
                .chain(incomplete(run))
                .collect(),
            readings: Readings::Shown,
        }
    }

    /// The same with readings, or without.
    pub fn with(self, readings: Readings) -> Scorecard {
        Scorecard { readings, ..self }
    }

    /// How published guides read a section's numbers; nothing if that is not wanted.
    pub(crate) fn readings_of(&self, section: &Section) -> Vec<String> {
        match self.readings {
            Readings::Shown => reading::lines(section, &self.provenance.models),
            Readings::Hidden => Vec::new(),
        }
    }
}

impl Section {
    /// The section's heading: the benchmark, and the suite if it has one.
    pub fn title(&self) -> String {
        match &self.suite {
            Some(suite) => format!("{} · {suite}", self.benchmark),
            None => self.benchmark.clone(),
        }
    }
}

/// Metrics that a page has room for and a terminal has not.
const DETAILS: [&str; 22] = [
    "prefill_operations_per_s",
    "arithmetic_operations_per_s",
    "inter_token_ns",
    "inter_token_p90_ns",
    "inter_token_p99_ns",
    "end_to_end_ns",
    "end_to_end_tokens_per_s",
    "cpu_lowest_hz",
    "cpu_highest_hz",
    "system_peak_bytes",
    "monitor_share",
    "phase_ns",
    "phase_cpu_ns",
    "accepted_at_guess",
    "accepted_length_share",
    "predicted_speedup",
    "lever_speedup",
    "trial_acceptance",
    "draft_length",
    "check_step_ns",
    "draft_step_ns",
    "draft_read_ns",
];

impl Row {
    /// Whether it adds to a row beside it what only some readers want to know.
    pub fn is_detail(&self) -> bool {
        let with_rest = self
            .conditions
            .get("idle")
            .is_some_and(|idle| idle == "included");
        let by_category = self.conditions.contains_key("category");
        let answered =
            self.conditions.contains_key("mode") && self.metric.starts_with("end_to_end");
        with_rest
            || DETAILS.contains(&self.metric.as_str()) && !answered
            || by_category && self.metric != "speculative_speedup"
    }

    /// The conditions that tell this row from its neighbours: those that the section does not share.
    pub fn own_conditions<'a>(
        &'a self,
        section: &'a Section,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.conditions
            .iter()
            .filter(|(key, _)| !section.shared.contains_key(*key))
            .filter(|(key, _)| section.suite.is_none() || *key != "suite")
            .map(|(key, value)| (key.as_str(), value))
    }
}

/// The fixed order of benchmarks; unknown ones come last.
fn place(benchmark: &str) -> usize {
    const ORDER: [&str; 12] = [
        VARIANTS,
        "code",
        CUSTOM,
        "accuracy",
        "latency",
        "speculation",
        "context",
        "memory",
        "perplexity",
        "divergence",
        "drift",
        "hardware",
    ];
    ORDER
        .iter()
        .position(|known| *known == benchmark)
        .unwrap_or(ORDER.len())
}
