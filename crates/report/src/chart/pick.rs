//! Which numbers of a scorecard become which bars.

use measure::Unit;
use serde_json::Value;

use super::{Bar, ChartSpec, Group, Panel, Series, Stacking};
use crate::format;
use crate::untrusted::one_line;
use crate::view::{Cell, Row, Scorecard, Section};

/// Shares of a code suite that are drawn, in this order.
const SHARES: [&str; 4] = [
    "pass_at_1",
    "compile_rate",
    "keyword_share_whole",
    "keyword_share",
];
/// The palette's place for the KV cache; weights stand one before it. Models count from 0.
const KV_COLOUR: usize = 7;
/// Longest label that is drawn in full.
const LABEL_LIMIT: usize = 28;

/// The pictures that this scorecard can fill, `summary` first if there are at least two others.
pub fn charts(card: &Scorecard) -> Vec<ChartSpec> {
    let found: Vec<ChartSpec> = [
        code(card),
        accuracy(card),
        latency(card),
        speculation(card),
        context(card),
        memory(card),
        perplexity(card),
        divergence(card),
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
fn code(card: &Scorecard) -> Option<ChartSpec> {
    let panel = |section: &Section| {
        let chosen = SHARES
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
    chart("code", "Code", sections(card, "code").map(panel).collect())
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

/// Speed and recall against the length of the context.
fn context(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "context").next()?;
    let panels = [
        (
            "prefill_tokens_per_s",
            "Prefill by context",
            "tokens per second",
            None,
        ),
        (
            "decode_tokens_per_s",
            "Decode by context",
            "tokens per second",
            None,
        ),
        (
            "recall_share",
            "Recall by context",
            "values recalled (%)",
            Some(100.0),
        ),
    ];
    let panel = |(metric, title, axis, ceiling): (&str, &str, &str, Option<f64>)| {
        let rows = section.rows.iter().filter(|row| row.metric == metric);
        let label = |row: &Row| match format::conditions(row.own_conditions(section)) {
            own if own.is_empty() => row
                .conditions
                .get("context_tokens")
                .map_or(own, Value::to_string),
            own => own.replace("context ", ""),
        };
        Panel {
            title: title.into(),
            axis: axis.into(),
            across: "context (tokens)".into(),
            stacking: Stacking::Beside,
            series: models(card),
            ceiling,
            groups: rows.filter_map(|row| group(label(row), row, 1.0)).collect(),
        }
    };
    chart("context", "Growing context", panels.map(panel).to_vec())
}

/// What tells a row of a sweep from the others; the length of the prompt where nothing else does.
fn combination(section: &Section, row: &Row) -> String {
    if swept(section) {
        return format::conditions(row.own_conditions(section));
    }
    let prompt = row.conditions.get("prompt_tokens").map(Value::to_string);
    prompt.unwrap_or_else(|| format::conditions(row.own_conditions(section)))
}

/// Whether more than the length of the prompt was varied.
fn swept(section: &Section) -> bool {
    let rows = section
        .rows
        .iter()
        .filter(|row| row.metric == "decode_tokens_per_s");
    let mut names = rows.flat_map(|row| row.own_conditions(section).map(|(name, _)| name));
    names.any(|name| name != "prompt_tokens")
}

fn latency(card: &Scorecard) -> Option<ChartSpec> {
    let across = match sections(card, "latency").any(swept) {
        true => "combination",
        false => "prompt (tokens)",
    };
    let panels = [
        ("prefill_tokens_per_s", "Prefill"),
        ("decode_tokens_per_s", "Decode"),
    ]
    .map(|(metric, title)| {
        let rows = sections(card, "latency")
            .flat_map(|section| section.rows.iter().map(move |row| (section, row)));
        let groups = rows
            .filter(|(_, row)| row.metric == metric)
            .filter_map(|(section, row)| group(combination(section, row), row, 1.0));
        Panel {
            title: title.into(),
            axis: "tokens per second".into(),
            across: across.into(),
            stacking: Stacking::Beside,
            series: models(card),
            ceiling: None,
            groups: groups.collect(),
        }
    });
    chart("latency", "Speed", panels.into())
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

/// Groups of prompts, with a bar for each way of guessing.
fn speculation(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "speculation").next()?;
    let speedups = || {
        let rows = section.rows.iter();
        rows.filter(|row| row.metric == "speculative_speedup")
    };
    let word = |row: &Row, name: &str| match row.conditions.get(name) {
        Some(value) => value.as_str().unwrap_or_default().to_owned(),
        None => "all".to_owned(),
    };
    let (mut modes, mut categories): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for row in speedups() {
        for (list, name) in [(&mut modes, "mode"), (&mut categories, "category")] {
            let found = word(row, name);
            if !list.contains(&found) {
                list.push(found);
            }
        }
    }
    let group = |category: &String| {
        let of = |mode: &String| {
            let fits =
                |row: &&Row| word(row, "mode") == *mode && word(row, "category") == *category;
            speedups()
                .find(fits)
                .and_then(|row| bar(row.cells.first()?, 1.0))
        };
        Group {
            label: short(category),
            bars: modes.iter().map(of).collect(),
        }
    };
    let groups: Vec<Group> = categories.iter().map(group).collect();
    let series = modes.iter().enumerate().map(|(colour, name)| Series {
        name: short(name),
        colour: colour % (KV_COLOUR - 1),
    });
    let panel = Panel {
        title: "Speed-up by guessing".into(),
        axis: "times the target alone".into(),
        across: "kind of prompt".into(),
        stacking: Stacking::Beside,
        series: series.collect(),
        ceiling: None,
        groups: groups
            .into_iter()
            .filter(|group| group.bars.iter().any(Option::is_some))
            .collect(),
    };
    chart("speculation", "Speculative decoding", vec![panel])
}

fn perplexity(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "perplexity").next()?;
    let rows = section
        .rows
        .iter()
        .filter(|row| row.metric == "bits_per_byte");
    let panel = Panel {
        title: "Surprise by text".into(),
        axis: "bits per byte (less is better)".into(),
        across: "text".into(),
        stacking: Stacking::Beside,
        series: models(card),
        ceiling: None,
        groups: rows
            .filter_map(|row| group(format::conditions(row.own_conditions(section)), row, 1.0))
            .collect(),
    };
    chart("perplexity", "Perplexity", vec![panel])
}

/// Mean divergence of each candidate, by text and cache type.
fn divergence(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "divergence").next()?;
    let rows = section
        .rows
        .iter()
        .filter(|row| row.metric == "kl_mean_nats");
    let label = |row: &Row| match format::conditions(row.own_conditions(section)) {
        own if own.is_empty() => {
            format::conditions(row.conditions.iter().map(|(k, v)| (k.as_str(), v)))
        }
        own => own,
    };
    let panel = Panel {
        title: "Divergence from the reference".into(),
        axis: "nats per token (less is nearer)".into(),
        across: String::new(),
        stacking: Stacking::Beside,
        series: models(card),
        ceiling: None,
        groups: rows.filter_map(|row| group(label(row), row, 1.0)).collect(),
    };
    chart("divergence", "Divergence", vec![panel])
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
