//! Pictures of points over two numbers: curves along a length, and choices between two prices.
//!
//! What is drawn is decided here; how, in `draw`. A point that was not measured is left out, and a curve needs
//! two.

mod length;

use std::collections::BTreeMap;

use serde_json::Value;

use super::short;
use crate::view::{Entry, Overview, Row, Scorecard, Section, VARIANTS};

/// One picture of one or more panels.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneSpec {
    /// File stem.
    pub stem: String,
    /// Heading, also the picture's text for who cannot see it.
    pub title: String,
    /// Panels, drawn side by side.
    pub panels: Vec<Plane>,
}

/// One pair of axes with numbers on both.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Heading.
    pub title: String,
    /// What stands on the horizontal axis, with its unit.
    pub across: String,
    /// Whether equal steps to the right are doublings.
    pub doubling: bool,
    /// What stands on the vertical axis, with its unit.
    pub up: String,
    /// What is drawn.
    pub traces: Vec<Trace>,
}

/// Points of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The name in the legend.
    pub name: String,
    /// Index into the palette.
    pub colour: usize,
    /// Whether a line joins them.
    pub joined: bool,
    /// Where they are, in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of the vertical interval of each, where it has one; empty for none at all.
    pub intervals: Vec<Option<(f64, f64)>>,
    /// A word beside each; empty for none.
    pub labels: Vec<String>,
}

impl Trace {
    /// A line without points yet.
    fn line(name: String) -> Trace {
        Trace {
            name,
            colour: 0,
            joined: true,
            points: Vec::new(),
            intervals: Vec::new(),
            labels: Vec::new(),
        }
    }
}

/// The pictures of this kind that the scorecard can fill.
pub fn planes(card: &Scorecard) -> Vec<PlaneSpec> {
    let along = [length::speed(card), scaling(card)];
    let mut found: Vec<PlaneSpec> = along.into_iter().flatten().collect();
    found.retain(|spec| !spec.panels.is_empty());
    found.extend(choices(card));
    found
}

/// What a variant gives for what it takes, read from the tables of the family.
pub(crate) fn choices(card: &Scorecard) -> Vec<PlaneSpec> {
    let Some(section) = card.sections.iter().find(|s| s.benchmark == VARIANTS) else {
        return Vec::new();
    };
    let spec = |stem: &str, title: &str, axes: [(&str, &str, f64); 2]| {
        let [(across, x_axis, x_unit), (up, y_axis, y_unit)] = axes;
        let mut traces = Vec::new();
        for overview in &section.overviews {
            traces.extend(spots(overview, (across, x_unit), (up, y_unit)));
        }
        for (colour, trace) in traces.iter_mut().enumerate() {
            trace.colour = colour;
        }
        (!traces.is_empty()).then(|| PlaneSpec {
            stem: stem.into(),
            title: title.into(),
            panels: vec![Plane {
                title: title.into(),
                across: x_axis.into(),
                doubling: false,
                up: y_axis.into(),
                traces,
            }],
        })
    };
    let speed = ("Speed", "decode (tokens per second)", 1.0);
    let quality = ("Quality", "keywords (%)", 0.01);
    let memory = ("Memory", "memory, peak (MiB)", MIB);
    let specs = [
        spec(
            "variants_speed_quality",
            "Speed and quality",
            [speed, quality],
        ),
        spec("variants_memory_speed", "Memory and speed", [memory, speed]),
    ];
    specs.into_iter().flatten().collect()
}

/// The lines of a table as labelled points, apart by what their numbers are worth; none where a line has not both
/// numbers.
fn spots(overview: &Overview, across: (&str, f64), up: (&str, f64)) -> Vec<Trace> {
    let at = |title: &str| overview.columns.iter().position(|c| c.title == title);
    let (Some(x), Some(y)) = (at(across.0), at(up.0)) else {
        return Vec::new();
    };
    let mut traces: Vec<Trace> = Vec::new();
    for line in &overview.lines {
        let number = |at: usize| line.get(at).and_then(Entry::value);
        let (Some(x_value), Some(y_value)) = (number(x), number(y)) else {
            continue;
        };
        let table = overview.title.split(':').next().unwrap_or_default();
        let name = short(&format!("{table}, {}", words(line.last())));
        let known = traces.iter().position(|trace| trace.name == name);
        let place = known.unwrap_or(traces.len());
        if known.is_none() {
            traces.push(Trace {
                joined: false,
                ..Trace::line(name)
            });
        }
        traces[place]
            .points
            .push((x_value / across.1, y_value / up.1));
        traces[place].labels.push(short(words(line.first())));
    }
    traces
}

fn words(entry: Option<&Entry>) -> &str {
    match entry {
        Some(Entry::Words(words)) => words,
        _ => "",
    }
}

const MIB: f64 = 1024.0 * 1024.0;

/// The allocated cache against the context: a panel for each model and number of sequences, a line for each
/// cache type.
fn scaling(card: &Scorecard) -> Option<PlaneSpec> {
    let section = card.sections.iter().find(|s| s.benchmark == "memory")?;
    let mut panels = Vec::new();
    for (at, model) in card.provenance.models.iter().enumerate() {
        for (n, curves) in curves(section, at) {
            let traces = curves.into_iter().enumerate();
            let traces: Vec<Trace> = traces.map(|(colour, curve)| curve.trace(colour)).collect();
            let side_by_side = match n {
                1 => String::new(),
                n => format!(", {n} sequences"),
            };
            panels.push(Plane {
                title: format!("{}{side_by_side}", short(&model.name)),
                across: "context (tokens)".into(),
                doubling: true,
                up: "KV cache, allocated (MiB)".into(),
                traces,
            });
        }
    }
    panels.retain(|panel| panel.traces.iter().any(|trace| trace.points.len() > 1));
    Some(PlaneSpec {
        stem: "memory_scaling".into(),
        title: "Memory by context".into(),
        panels,
    })
}

struct Curve {
    cache: String,
    points: Vec<(f64, f64)>,
}

impl Curve {
    fn highest(&self) -> f64 {
        self.points.iter().map(|point| point.1).fold(0.0, f64::max)
    }

    fn trace(mut self, colour: usize) -> Trace {
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Trace {
            colour,
            points: self.points,
            ..Trace::line(format!("{} cache", self.cache))
        }
    }
}

/// The curves of a model, by number of sequences, the largest cache first.
fn curves(section: &Section, at: usize) -> BTreeMap<u64, Vec<Curve>> {
    let mut found: BTreeMap<u64, Vec<Curve>> = BTreeMap::new();
    let allocated = |row: &&Row| row.metric == "kv_allocated_bytes";
    for row in section.rows.iter().filter(allocated) {
        let number = |name: &str| row.conditions.get(name).and_then(Value::as_u64);
        let cache = row.conditions.get("cache").and_then(Value::as_str);
        let value = row.cells.get(at).and_then(|cell| cell.value);
        let (Some(context), Some(n), Some(cache), Some(bytes)) =
            (number("context_tokens"), number("sequences"), cache, value)
        else {
            continue;
        };
        let point = (context as f64, bytes / MIB);
        let curves = found.entry(n).or_default();
        match curves.iter_mut().find(|curve| curve.cache == cache) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve {
                cache: cache.to_owned(),
                points: vec![point],
            }),
        }
    }
    for curves in found.values_mut() {
        curves.sort_by(|a, b| b.highest().total_cmp(&a.highest()));
    }
    found
}
