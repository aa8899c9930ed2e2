//! A family of shapes: two tables, and which of them fits into which machine.
//!
//! What the shapes are stands in the run's plan; what they cost, in the records. A shape whose weights are random
//! has speed and memory like any other and no quality: that is said in its line, not left to be guessed.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Measurement;
use measure::Unit;
use serde_json::Value;

use super::overview::{Column, Entry, Overview};
use super::{Cell, Counted, Row, Section, pairing, statistic, timing};
use crate::format;

/// The benchmark's name.
pub(crate) const NAME: &str = "variants";
/// What the suites of a family are scored by.
const QUALITY: &str = "keyword_share";
/// Memory of the machines that are advised, in GiB.
const MACHINES: [u64; 3] = [4, 6, 8];
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// What of a machine's memory is left to its system and to other programs.
const RESERVE: f64 = GIB;

/// One shape with what was measured of it.
#[derive(Debug, Clone, PartialEq)]
struct Variant {
    /// What it is called here, without the family's name.
    name: String,
    /// How its weights are stored.
    precision: String,
    /// Whether its weights were trained.
    trained: bool,
    long: bool,
    parameters: f64,
    layers: f64,
    context: u64,
    /// Decode speed.
    speed: Cell,
    prefill: Cell,
    /// Share of keywords.
    quality: Cell,
    /// Peak of the process with the whole context in use.
    memory: Cell,
    weights: Cell,
    time: Cell,
}

/// The section of a family, if one was measured. `sections` are those that its quality is read from.
pub(super) fn section(run: &Run, sections: &[Section]) -> Option<Section> {
    let all = variants(run, sections);
    if all.is_empty() {
        return None;
    }
    let overviews = [false, true]
        .into_iter()
        .filter_map(|long| table(&all, long));
    let mut overviews: Vec<Overview> = overviews.collect();
    overviews.push(advice(&all));
    let trained = all.iter().filter(|variant| variant.trained).count();
    Some(Section {
        benchmark: NAME.to_owned(),
        suite: None,
        shared: BTreeMap::new(),
        scope: match all.len() {
            1 if trained == 1 => "1 file, trained".to_owned(),
            1 => "1 file, not trained".to_owned(),
            n => format!("{n} files, {trained} of them trained"),
        },
        overviews,
        rows: Vec::new(),
        causes: Vec::new(),
        judging: Vec::new(),
        notes: notes(run, &all),
    })
}

/// Every shape of the plan, in its order.
fn variants(run: &Run, sections: &[Section]) -> Vec<Variant> {
    let shapes = run
        .header
        .plan
        .get(NAME)
        .and_then(|plan| plan.get("shapes"));
    let shapes = shapes.and_then(Value::as_array);
    let of = |shape: &Value| variant(run, sections, shape);
    shapes.into_iter().flatten().filter_map(of).collect()
}

fn variant(run: &Run, sections: &[Section], shape: &Value) -> Option<Variant> {
    let text = |name: &str| shape.get(name).and_then(Value::as_str);
    let number = |name: &str| shape.get(name).and_then(Value::as_u64);
    let model = text("model")?;
    let cell = |metric: &str| cell(run, model, metric);
    let title = text("title")?;
    Some(Variant {
        name: title
            .strip_prefix("SmallCoder-")
            .unwrap_or(title)
            .to_owned(),
        precision: text("precision")?.to_owned(),
        trained: text("checkpoint").is_some(),
        long: shape.get("long").and_then(Value::as_bool)?,
        parameters: number("parameters")? as f64,
        layers: number("layers")? as f64,
        context: number("context")?,
        speed: cell("decode_tokens_per_s"),
        prefill: cell("prefill_tokens_per_s"),
        quality: quality(sections, model, shape),
        memory: cell("peak_resident_bytes"),
        weights: cell("weight_bytes"),
        time: cell("end_to_end_ns"),
    })
}

/// The only cell of that metric: every shape is measured at one size.
fn cell(run: &Run, model: &str, metric: &str) -> Cell {
    let own = |m: &&Measurement| m.benchmark == NAME && m.model == model && m.metric == metric;
    let records: Vec<&Measurement> = run.measurements.iter().filter(own).collect();
    let Some(first) = records.first() else {
        return pairing::missing(model, Counted::Repetitions, "not measured".to_owned());
    };
    timing::cell(run, model, &records, (metric, &first.conditions))
}

fn quality(sections: &[Section], model: &str, shape: &Value) -> Cell {
    let missing = |reason: &str| pairing::missing(model, Counted::Problems, reason.to_owned());
    if shape.get("checkpoint").is_none_or(Value::is_null) {
        return missing("untrained: its weights are random");
    }
    if shape.get("tokenizer").and_then(Value::as_str) == Some("bytes") {
        return missing("its tokenizer is a placeholder");
    }
    let rows = sections.iter().flat_map(|section| &section.rows);
    let mut rows = rows.filter(|row: &&Row| row.metric == QUALITY);
    let cells = rows.next().into_iter().flat_map(|row| &row.cells);
    let mut own = cells.filter(|cell| cell.model == model);
    own.next()
        .cloned()
        .unwrap_or_else(|| missing("not measured"))
}

impl Variant {
    /// Its name with its precision.
    fn label(&self) -> String {
        format!("{} {}", self.name, self.precision)
    }

    /// What its numbers are worth.
    fn badge(&self) -> &'static str {
        match self.trained {
            true => "trained",
            false => "untrained",
        }
    }

    fn line(&self) -> Vec<Entry> {
        let exact = |value: f64| {
            let model = &self.speed.model;
            let fact = statistic::median_cell(model, vec![value]);
            Entry::from(Cell {
                method: "from the shape".to_owned(),
                ..fact
            })
        };
        vec![
            self.label().into(),
            exact(self.parameters),
            exact(self.layers),
            self.context.to_string().into(),
            self.prefill.clone().into(),
            self.speed.clone().into(),
            self.quality.clone().into(),
            self.memory.clone().into(),
            self.weights.clone().into(),
            self.time.clone().into(),
            self.badge().into(),
        ]
    }
}

/// The table of plain shapes, or that of long ones; `None` if there are none.
fn table(all: &[Variant], long: bool) -> Option<Overview> {
    let chosen = all.iter().filter(|variant| variant.long == long);
    let lines: Vec<Vec<Entry>> = chosen.map(Variant::line).collect();
    let title = match long {
        false => "Standard",
        true => "Long context: the same weights, measured at the end of a full context",
    };
    (!lines.is_empty()).then(|| Overview {
        title: title.to_owned(),
        columns: vec![
            Column::words("Variant"),
            Column::numbers("Params", Unit::Count),
            Column::numbers("Layers", Unit::Count),
            Column::words("Context").in_detail(),
            Column::numbers("Prefill", Unit::TokensPerSecond).in_detail(),
            Column::numbers("Speed", Unit::TokensPerSecond),
            Column::numbers("Quality", Unit::Ratio),
            Column::numbers("Memory", Unit::Bytes),
            Column::numbers("Weights", Unit::Bytes).in_detail(),
            Column::numbers("Time", Unit::Nanoseconds),
            Column::words("Status"),
        ],
        lines,
    })
}

/// For each machine the largest variant whose peak fits beside what is reserved.
fn advice(all: &[Variant]) -> Overview {
    let line = |machine: u64| {
        let mut line: Vec<Entry> = vec![format!("{machine} GiB").into()];
        line.extend([false, true].map(|long| Entry::from(largest(all, long, machine))));
        line
    };
    Overview {
        title: "The largest variant whose measured peak leaves 1 GiB to the system".to_owned(),
        columns: ["Memory", "Short prompts", "Long contexts"]
            .map(Column::words)
            .to_vec(),
        lines: MACHINES.map(line).to_vec(),
    }
}

/// Most weights first, then most bits for each.
fn largest(all: &[Variant], long: bool, machine: u64) -> String {
    let fits = |v: &&Variant| {
        v.memory
            .value
            .is_some_and(|peak| peak <= machine as f64 * GIB - RESERVE)
    };
    let mut kind = all.iter().filter(|v| v.long == long).peekable();
    if kind.peek().is_none() {
        return "none was measured".to_owned();
    }
    let best = kind.filter(fits).max_by(|a, b| {
        let size = |v: &Variant| (v.parameters, v.weights.value.unwrap_or(0.0));
        size(a)
            .partial_cmp(&size(b))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    best.map_or_else(
        || "none fits".to_owned(),
        |v| {
            let peak = format::quantity(Unit::Bytes, v.memory.value.unwrap_or(0.0));
            format!("{} ({peak} measured, {})", v.label(), v.badge())
        },
    )
}

/// What a reader must know, and why numbers are missing.
fn notes(run: &Run, all: &[Variant]) -> Vec<String> {
    let plan = |name: &str| {
        let value = run.header.plan.get(NAME).and_then(|plan| plan.get(name));
        value.and_then(Value::as_u64).unwrap_or(0)
    };
    let mut notes = vec![format!(
        "Speed: decoding, {} tokens after a prompt of {}; Time: both together; Memory: peak of the process with the whole context in use. The files were measured one after the other, so their repeats did not take turns",
        plan("generate_tokens"),
        plan("prompt_tokens")
    )];
    if all.iter().any(|variant| !variant.trained) {
        notes.push("untrained: the weights are random. Speed and memory are those of the shape; its answers mean nothing and were not asked for".to_owned());
    }
    let mut reasons: Vec<String> = Vec::new();
    for variant in all {
        for (what, cell) in [
            ("Speed", &variant.speed),
            ("Memory", &variant.memory),
            ("Quality", &variant.quality),
        ] {
            let reason = cell
                .reason
                .as_deref()
                .filter(|_| what != "Quality" || variant.trained);
            reasons.extend(reason.map(|why| format!("{what} of {}: {why}", variant.label())));
        }
    }
    notes.extend(reasons);
    notes
}
