//! Bars of texts: how surprising they are, and how far models are from each other on them.

use super::{ChartSpec, Panel, Stacking, chart, group, models, sections};
use crate::format;
use crate::view::{Row, Scorecard};

pub(super) fn perplexity(card: &Scorecard) -> Option<ChartSpec> {
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
pub(super) fn divergence(card: &Scorecard) -> Option<ChartSpec> {
    let section = sections(card, "divergence").next()?;
    let rows = section
        .rows
        .iter()
        .filter(|row| row.metric == "kl_mean_nats");
    // A single group is told apart from nothing; its text and cache say what was looked at.
    let label = |row: &Row| match format::conditions(row.own_conditions(section)) {
        own if own.is_empty() => {
            let all = row.conditions.iter().map(|(k, v)| (k.as_str(), v));
            format::conditions(all.filter(|(key, _)| matches!(*key, "text" | "cache")))
        }
        own => own,
    };
    let mut panel = Panel {
        title: "Divergence from the reference".into(),
        axis: "nats per token (less is nearer)".into(),
        across: String::new(),
        stacking: Stacking::Beside,
        series: models(card),
        ceiling: None,
        groups: rows.filter_map(|row| group(label(row), row, 1.0)).collect(),
    };
    leave_out_empty(&mut panel);
    chart("divergence", "Divergence", vec![panel])
}

/// Drops series without any bar: the reference is not held against itself, so it needs neither a place nor a legend.
fn leave_out_empty(panel: &mut Panel) {
    let is_drawn = |at: usize| {
        let mut bars = panel.groups.iter().map(|group| group.bars.get(at));
        bars.any(|bar| bar.is_some_and(Option::is_some))
    };
    let kept: Vec<bool> = (0..panel.series.len()).map(is_drawn).collect();
    let mut keep = kept.iter();
    panel.series.retain(|_| keep.next() == Some(&true));
    for group in &mut panel.groups {
        let mut keep = kept.iter();
        group.bars.retain(|_| keep.next() == Some(&true));
    }
}
