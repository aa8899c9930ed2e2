//! Which numbers of a scorecard become which bars.

mod speed;
mod texts;

use measure::Unit;
use serde_json::Value;

use super::{Bar, ChartSpec, Group, Panel, Series, Stacking};
use crate::format;
use crate::untrusted::one_line;
use crate::view::{CUSTOM, Cell, Row, Scorecard, Section};

/// Shares of a code suite that are drawn, in the order of the tables.
const SHARES: [&str; 4] = [
    "pass_at_1",
    "compile_rate",
    "keyword_share",
    "keyword_share_whole",
];
/// Shares of a benchmark of one's own that are drawn.
const BEHAVIOURS: [&str; 7] = [
    "behaviour_rate",
    "behaviour_stops_naturally",
    "behaviour_contains",
    "behaviour_matches",
    "behaviour_equals",
    "behaviour_refuses",
    "behaviour_max_repeats",
];
/// The palette's place for the KV cache; weights stand one before it. Models count from 0.
const KV_COLOUR: usize = 7;
/// Longest label that is drawn in full.
const LABEL_LIMIT: usize = 28;

/// The pictures that this scorecard can fill, `summary` first if there are at least two others.
pub fn charts(card: &Scorecard) -> Vec<ChartSpec> {
    let found: Vec<ChartSpec> = [
        shares(card, "code", "Code", &SHARES),
        shares(card, CUSTOM, "Behaviour", &BEHAVIOURS),
        accuracy(card),
        speed::latency(card),
        speed::speculation(card),
        speed::context(card),
        memory(card),
        texts::perplexity(card),
        texts::divergence(card),
    ]
    .into_iter()
    .flatten()
    .filter(|chart| !chart.panels.is_empty())
    .collect();
    let mut all = Vec::new();
    if found.len() > 1 {
        let panels = found
            .iter()
            .flat_map(|chart| chart.panels.iter().cloned())
            .collect();
        all.push(ChartSpec {
            stem: "summary".into(),
            title: "Summary".into(),
            panels,
        });
    }
    all.extend(found);
    all
}

/// One panel per suite.
fn shares(
    card: &Scorecard,
    benchmark: &'static str,
    title: &str,
    metrics: &[&str],
) -> Option<ChartSpec> {
    let panel = |section: &Section| {
        let chosen = metrics
            .iter()
            .filter_map(|name| section.rows.iter().find(|row| row.metric == *name));
        Panel {
            title: short(&section.title()),
            axis: "share (%)".into(),
            across: String::new(),
            stacking: Stacking::Beside,
            series: models(card),
            ceiling: Some(100.0),
            groups: chosen
                .filter_map(|row| group(row.title.clone(), row, 0.01))
                .collect(),
        }
    };
    chart(
        benchmark,
        title,
        sections(card, benchmark).map(panel).collect(),
    )
}

/// One panel per suite: its rules, and what guessing gives.
fn accuracy(card: &Scorecard) -> Option<ChartSpec> {
    let panel = |section: &Section| {
        let rows = section.rows.iter();
        let mut groups: Vec<Group> = rows
            .filter_map(|row| group(row.title.clone(), row, 0.01))
            .collect();
        let chance = section.shared.get("chance").and_then(Value::as_f64);
        groups.extend(chance.map(|chance| Group {
            label: "guessing".into(),
            bars: vec![
                Some(Bar {
                    value: chance * 100.0,
                    interval: None,
                });
                card.provenance.models.len()
            ],
        }));
        Panel {
            title: short(&section.title()),
            axis: "share right (%)".into(),
            across: String::new(),
            stacking: Stacking::Beside,
            series: models(card),
            ceiling: Some(100.0),
            groups,
        }
    };
    let panels = sections(card, "accuracy").map(panel);
    chart("accuracy", "Multiple choice", panels.collect())
}

/// One panel per model: its weights, and on them the cache at each context and cache type.
fn memory(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "memory").next()?;
    let of = |metric: &'static str| section.rows.iter().filter(move |row| row.metric == metric);
    let kv = if of("kv_allocated_bytes").next().is_some() {
        "kv_allocated_bytes"
    } else {
        "kv_logical_bytes"
    };
    let mib = 1024.0 * 1024.0;
    let panel = |(index, series): (usize, Series)| {
        let stack = |row: &Row| {
            let weights = of("weight_bytes").find(|w| {
                w.conditions
                    .iter()
                    .all(|(k, v)| row.conditions.get(k) == Some(v))
            });
            let bars = vec![
                weights.and_then(|row| bar(&row.cells[index], mib)),
                bar(&row.cells[index], mib),
            ];
            let label = format::conditions(row.own_conditions(section)).replace("context ", "");
            Group { label, bars }
        };
        Panel {
            title: format!("Memory, {}", series.name),
            axis: "MiB".into(),
            across: "context (tokens) and cache type".into(),
            stacking: Stacking::Stacked,
            series: vec![
                Series {
                    name: "weights".into(),
                    colour: KV_COLOUR - 1,
                },
                Series {
                    name: "KV cache".into(),
                    colour: KV_COLOUR,
                },
            ],
            ceiling: highest(section, &["weight_bytes", kv]).map(|bytes| bytes / mib),
            groups: of(kv)
                .map(stack)
                .filter(|group| group.bars.iter().all(Option::is_some))
                .collect(),
        }
    };
    chart(
        "memory",
        "Memory",
        models(card).into_iter().enumerate().map(panel).collect(),
    )
}

/// The highest stack of any model, so that the models' panels share one axis.
fn highest(section: &Section, metrics: &[&str]) -> Option<f64> {
    let largest = |metric: &&str| {
        let cells = section
            .rows
            .iter()
            .filter(|row| row.metric == **metric)
            .flat_map(|row| &row.cells);
        cells.filter_map(|cell| cell.value).reduce(f64::max)
    };
    metrics.iter().map(largest).sum()
}

fn chart(stem: &str, title: &str, panels: Vec<Panel>) -> Option<ChartSpec> {
    let panels: Vec<Panel> = panels
        .into_iter()
        .filter(|panel| !panel.groups.is_empty())
        .collect();
    (!panels.is_empty()).then(|| ChartSpec {
        stem: stem.into(),
        title: title.into(),
        panels,
    })
}

fn sections<'a>(card: &'a Scorecard, benchmark: &'a str) -> impl Iterator<Item = &'a Section> {
    card.sections
        .iter()
        .filter(move |section| section.benchmark == benchmark)
}

fn models(card: &Scorecard) -> Vec<Series> {
    let names = card
        .provenance
        .models
        .iter()
        .map(|model| short(&model.name));
    names
        .enumerate()
        .map(|(colour, name)| Series {
            name,
            colour: colour % (KV_COLOUR - 1),
        })
        .collect()
}

/// A group of one bar per model; `None` if no model has a value.
fn group(label: String, row: &Row, factor: f64) -> Option<Group> {
    let factor = if row.unit == Unit::Ratio {
        0.01
    } else {
        factor
    };
    let bars: Vec<Option<Bar>> = row.cells.iter().map(|cell| bar(cell, factor)).collect();
    bars.iter().any(Option::is_some).then(|| Group {
        label: short(&label),
        bars,
    })
}

fn bar(cell: &Cell, factor: f64) -> Option<Bar> {
    let interval = cell
        .interval
        .map(|interval| (interval.lo / factor, interval.hi / factor));
    cell.value.map(|value| Bar {
        value: value / factor,
        interval,
    })
}

/// A label that fits under its bars: the middle of a long one is left out, because names differ at
/// their ends.
pub(super) fn short(label: &str) -> String {
    let chars: Vec<char> = one_line(label).chars().collect();
    if chars.len() <= LABEL_LIMIT {
        return chars.into_iter().collect();
    }
    let half = (LABEL_LIMIT - 1) / 2;
    chars[..half]
        .iter()
        .chain(['…'].iter())
        .chain(&chars[chars.len() - half..])
        .collect()
}
