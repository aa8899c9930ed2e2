//! Bars of speed: by combination, by way of guessing, by length of the context.

use serde_json::Value;

use super::{
    ChartSpec, Group, KV_COLOUR, Panel, Series, Stacking, bar, chart, group, models, sections,
    short,
};
use crate::format;
use crate::view::{Row, Scorecard, Section};

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

pub(super) fn latency(card: &Scorecard) -> Option<ChartSpec> {
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

/// Groups of prompts, with a bar for each way of guessing.
pub(super) fn speculation(card: &Scorecard) -> Option<ChartSpec> {
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

/// Speed and recall against the length of the context.
pub(super) fn context(card: &Scorecard) -> Option<ChartSpec> {
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
