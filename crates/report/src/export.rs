//! Files for programs: `report.json` and one CSV per benchmark that ran.
//!
//! CSV holds raw values in base units, one per line (the tidy long form), so that a reader can do the
//! statistics again; `scorecard.csv` holds the results, `latency.csv`, `memory.csv` and `perplexity.csv` those of speed,
//! memory and perplexity under the column names that others publish. Conditions become columns. Names come from outside:
//! every cell passes [`cell`]. JSON is the [`Scorecard`] itself: every number with n, interval, unit and raw values.

mod accuracy;
mod context;
mod divergence;
mod hardware;
mod memory;
mod perplexity;
mod speculation;
mod speed;
mod variants;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Run;
use ledger::record::{AttemptKey, Finish, Measurement, Setting, Verdict};
use serde_json::Value;

use crate::error::Error;
use crate::untrusted::cell;
use crate::view::{Counted, Scorecard, VARIANTS};

pub use speculation::speculation_suite;

/// `report.json`, indented, with a line break at its end.
///
/// # Errors
/// [`Error::Json`] if the scorecard cannot be written.
pub fn scorecard_json(card: &Scorecard) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(card)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A file's name, and its lines if what it shows was measured.
type Table = (&'static str, fn(&Run, &Scorecard) -> Option<Lines>);

/// Every CSV file.
const TABLES: [Table; 17] = [
    ("code.csv", |run, _| {
        some(!run.attempts.is_empty(), || attempts(run))
    }),
    ("causes.csv", |run, card| {
        some(!run.attempts.is_empty(), || causes(card))
    }),
    ("accuracy.csv", |run, card| {
        of(run, "accuracy").map(|_| accuracy::suites(card))
    }),
    ("accuracy_choices.csv", |run, _| {
        of(run, "accuracy").map(|_| accuracy::choices(run))
    }),
    ("latency.csv", |run, _| {
        of(run, "latency").map(|timed| speed::table(&timed))
    }),
    ("latency_values.csv", |run, _| {
        of(run, "latency").map(|all| measurements(&all))
    }),
    ("context.csv", |run, card| {
        of(run, "context").map(|_| context::lengths(card))
    }),
    ("context_values.csv", |run, _| {
        of(run, "context").map(|all| measurements(&all))
    }),
    ("memory.csv", |run, card| {
        of(run, "memory").map(|_| memory::table(run, card))
    }),
    ("memory_values.csv", |run, _| {
        of(run, "memory").map(|all| measurements(&all))
    }),
    ("variants.csv", |_, card| {
        let family = card
            .sections
            .iter()
            .find(|section| section.benchmark == VARIANTS);
        family.map(variants::table)
    }),
    ("variants_values.csv", |run, _| {
        of(run, VARIANTS).map(|all| measurements(&all))
    }),
    ("perplexity.csv", |run, card| {
        of(run, "perplexity").map(|_| perplexity::table(run, card))
    }),
    ("perplexity_values.csv", |run, _| {
        of(run, "perplexity").map(|all| measurements(&all))
    }),
    ("speculation.csv", |run, _| {
        of(run, "speculation").map(|all| measurements(&all))
    }),
    ("hardware.csv", |run, _| {
        some(!run.hardware.is_empty(), || hardware::lines(&run.hardware))
    }),
    ("divergence.csv", |run, _| {
        some(run.measurements.iter().any(divergence::is_one), || {
            divergence::tokens(run)
        })
    }),
];

/// The CSV files of the benchmarks that ran, by name.
///
/// # Errors
/// [`Error::Csv`] if a record cannot be written.
pub fn csv_files(run: &Run, card: &Scorecard) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let summary: Table = ("scorecard.csv", |_, card| {
        some(!card.sections.is_empty(), || scorecard(card))
    });
    let tables = TABLES.iter().chain([&summary]);
    let filled = tables.filter_map(|(file, lines)| Some((*file, lines(run, card)?)));
    filled
        .map(|(file, lines)| Ok((file.to_owned(), written(file, &lines)?)))
        .collect()
}

/// `scorecard.csv`.
///
/// # Errors
/// [`Error::Csv`] if a record cannot be written.
pub fn scorecard_csv(card: &Scorecard) -> Result<Vec<u8>, Error> {
    written("scorecard.csv", &scorecard(card))
}

fn some(there: bool, lines: impl FnOnce() -> Lines) -> Option<Lines> {
    there.then(lines)
}

/// The records of a benchmark; `None` if it did not run.
fn of<'run>(run: &'run Run, benchmark: &str) -> Option<Vec<&'run Measurement>> {
    let records = run.measurements.iter().filter(|m| m.benchmark == benchmark);
    let records: Vec<&Measurement> = records.collect();
    (!records.is_empty()).then_some(records)
}

/// Lines of cells, the header first.
type Lines = Vec<Vec<String>>;

fn written(file: &'static str, lines: &Lines) -> Result<Vec<u8>, Error> {
    let fault = |source| Error::Csv { file, source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        let cells = line.iter().map(|text| cell(text));
        writer.write_record(cells).map_err(fault)?;
    }
    writer
        .into_inner()
        .map_err(|error| fault(csv::Error::from(error.into_error())))
}

/// The columns of `code.csv` before the scores.
const ATTEMPT: [&str; 26] = [
    "model",
    "suite",
    "problem",
    "attempt",
    "seed",
    "prompt_sha256",
    "n_prompt_tokens",
    "n_tokens",
    "finish",
    "decode_ns",
    "judge",
    "stage",
    "unscored",
    "cause",
    "cpu_ns",
    "wall_ns",
    "first_cause",
    "tier",
    "policy_sha256",
    "toolchain_sha256",
    "way",
    "integrity",
    "cached",
    "max_rss_bytes",
    "output_bytes",
    "output_truncated",
];

/// One line per attempt with its verdict. The texts stay in the run folder.
fn attempts(run: &Run) -> Lines {
    let verdicts: BTreeMap<&AttemptKey, &Verdict> =
        run.verdicts.iter().map(|v| (&v.key, v)).collect();
    let scores: BTreeSet<&String> = run
        .verdicts
        .iter()
        .flat_map(|verdict| verdict.scores.keys())
        .collect();
    let mut header: Vec<String> = ATTEMPT.map(String::from).to_vec();
    header.extend(scores.iter().map(|name| (*name).clone()));
    let mut lines = vec![header];
    for attempt in &run.attempts {
        let key = &attempt.key;
        let mut line = vec![
            key.model.clone(),
            key.suite.clone(),
            key.problem.clone(),
            key.attempt.to_string(),
        ];
        line.extend([attempt.seed.to_string(), attempt.prompt_sha256.clone()]);
        let counted = |count: String| match attempt.finish {
            Finish::Unknown => String::new(),
            _ => count,
        };
        line.extend([
            counted(attempt.n_prompt_tokens.to_string()),
            counted(attempt.n_tokens.to_string()),
            name_of(&attempt.finish),
            counted(attempt.decode_ns.to_string()),
        ]);
        let verdict = verdicts.get(key).copied();
        line.extend(verdict.map_or_else(|| vec![String::new(); 16], verdict_cells));
        let score = |name: &&String| {
            verdict
                .and_then(|verdict| verdict.scores.get(*name))
                .map(f64::to_string)
        };
        line.extend(scores.iter().map(|name| score(name).unwrap_or_default()));
        lines.push(line);
    }
    lines
}

fn verdict_cells(verdict: &Verdict) -> Vec<String> {
    let mut cells = vec![
        verdict.judge.clone(),
        verdict
            .stage
            .map(|stage| name_of(&stage))
            .unwrap_or_default(),
        verdict.unscored.clone().unwrap_or_default(),
        verdict.cause.clone(),
        verdict.cpu_ns.to_string(),
        verdict.wall_ns.to_string(),
        verdict.first_cause.clone().unwrap_or_default(),
    ];
    let setting = verdict.setting.as_ref();
    cells.extend(setting.map_or_else(|| vec![String::new(); 9], setting_cells));
    cells
}

fn setting_cells(setting: &Setting) -> Vec<String> {
    let resident = setting.max_rss_bytes.map(|bytes| bytes.to_string());
    vec![
        setting.tier.clone(),
        setting.policy_sha256.clone(),
        setting.toolchain_sha256.clone(),
        name_of(&setting.way),
        name_of(&setting.integrity),
        setting.cached.to_string(),
        resident.unwrap_or_default(),
        setting.output_bytes.to_string(),
        setting.truncated.to_string(),
    ]
}

/// One line per suite, cause and model.
fn causes(card: &Scorecard) -> Lines {
    let header = ["suite", "cause", "kind", "model", "attempts"];
    let mut lines = vec![header.map(String::from).to_vec()];
    for section in &card.sections {
        for cause in &section.causes {
            for (model, count) in card.provenance.models.iter().zip(&cause.counts) {
                lines.push(vec![
                    section.suite.clone().unwrap_or_default(),
                    cause.cause.clone(),
                    name_of(&cause.outcome),
                    model.name.clone(),
                    count.to_string(),
                ]);
            }
        }
    }
    lines
}

/// The name under which a record stands in the ledger.
pub(crate) fn name_of(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word)
        .map(|value| bare(&value))
        .unwrap_or_default()
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// One line per raw value; one line with a reason where there is none.
fn measurements(records: &[&Measurement]) -> Lines {
    let conditions: BTreeSet<&String> = records
        .iter()
        .flat_map(|record| record.conditions.keys())
        .collect();
    let mut header = vec!["model".to_owned(), "metric".to_owned(), "unit".to_owned()];
    header.extend(conditions.iter().map(|name| (*name).clone()));
    header.extend(["index", "value", "reason"].map(String::from));
    let mut lines = vec![header];
    for record in records {
        let unit = measure::metric::find(&record.metric).map(|metric| name_of(&metric.unit));
        let mut start = vec![
            record.model.clone(),
            record.metric.clone(),
            unit.unwrap_or_default(),
        ];
        start.extend(
            conditions
                .iter()
                .map(|name| record.conditions.get(*name).map(bare).unwrap_or_default()),
        );
        for (index, value) in record.values.iter().enumerate() {
            let (value, reason) = match value.is_finite() {
                true => (value.to_string(), String::new()),
                false => (String::new(), "not a finite number".to_owned()),
            };
            lines.push([start.clone(), vec![index.to_string(), value, reason]].concat());
        }
        if record.values.is_empty() {
            let reason = record.reason.clone().unwrap_or_default();
            lines.push([start, vec![String::new(), String::new(), reason]].concat());
        }
    }
    lines
}

/// One line per cell of the scorecard.
fn scorecard(card: &Scorecard) -> Lines {
    let header = [
        "benchmark",
        "suite",
        "metric",
        "unit",
        "conditions",
        "model",
        "n",
        "n_of",
        "value",
        "lo",
        "hi",
        "level",
        "standard_error",
        "method",
        "reason",
    ];
    let mut lines = vec![header.map(String::from).to_vec()];
    for section in &card.sections {
        for row in &section.rows {
            let conditions = serde_json::to_string(&row.conditions).unwrap_or_default();
            let start = [
                section.benchmark.clone(),
                section.suite.clone().unwrap_or_default(),
                row.metric.clone(),
            ];
            for cell in &row.cells {
                let number = |number: Option<f64>| {
                    number.map(|number| number.to_string()).unwrap_or_default()
                };
                let n_of: Counted = cell.n_of;
                let mut line = start.to_vec();
                line.extend([name_of(&row.unit), conditions.clone(), cell.model.clone()]);
                line.extend([cell.n.to_string(), name_of(&n_of), number(cell.value)]);
                line.extend([
                    number(cell.interval.map(|i| i.lo)),
                    number(cell.interval.map(|i| i.hi)),
                ]);
                line.push(number(cell.interval.map(|i| i.level)));
                line.push(number(cell.standard_error));
                line.extend([cell.method.clone(), cell.reason.clone().unwrap_or_default()]);
                lines.push(line);
            }
        }
    }
    lines
}
