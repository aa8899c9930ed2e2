//! Points and lines over two axes of numbers.

use std::sync::Arc;

use kuva::plot::legend::{LegendEntry, LegendShape};
use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;

use super::super::plane::{Plane, PlaneSpec, Trace};
use super::{PALETTE, PANEL_WIDTH, SINGLE_WIDTH, Sheet, dressed, hover, round_step, tick};
use crate::format;

/// Radius of a point.
const POINT: f64 = 5.0;
/// How far traces stand beside each other at one place of an axis that doubles, in doublings.
const APART: f64 = 0.03;

/// The drawing, one `<svg>` element that scales with its place.
pub(in super::super) fn svg(spec: &PlaneSpec) -> String {
    let width = match spec.panels.len() {
        1 => SINGLE_WIDTH,
        _ => PANEL_WIDTH,
    };
    Sheet {
        stem: &spec.stem,
        title: &spec.title,
        width,
        plots: spec.panels.iter().map(plots).collect(),
        layouts: spec.panels.iter().map(layout).collect(),
        legend: legend(spec),
        mark: "<circle ",
        words: spec.panels.iter().map(words).collect(),
    }
    .svg()
}

fn colour(trace: &Trace) -> &'static str {
    PALETTE[trace.colour % PALETTE.len()]
}

fn legend(spec: &PlaneSpec) -> Vec<LegendEntry> {
    let mut entries: Vec<LegendEntry> = Vec::new();
    for trace in spec.panels.iter().flat_map(|panel| &panel.traces) {
        if entries.iter().all(|known| known.label != trace.name) {
            entries.push(LegendEntry {
                label: trace.name.clone(),
                color: colour(trace).to_owned(),
                shape: LegendShape::Circle,
                dasharray: None,
            });
        }
    }
    entries
}

/// What the points of a panel say, trace by trace.
fn words(panel: &Plane) -> Vec<String> {
    let of_trace = |trace: &Trace| {
        let said = |(at, (x, y)): (usize, &(f64, f64))| {
            let place = format!("{} {}", panel.across, format::drawn(*x, None));
            let interval = trace.intervals.get(at).copied().flatten();
            hover::words(&trace.name, &place, &panel.up, (*y, interval))
        };
        trace
            .points
            .iter()
            .enumerate()
            .map(said)
            .collect::<Vec<_>>()
    };
    panel.traces.iter().flat_map(of_trace).collect()
}

fn plots(panel: &Plane) -> Vec<Plot> {
    let has_intervals = |trace: &Trace| trace.intervals.iter().any(Option::is_some);
    // Intervals of two traces at one place would cover each other.
    let apart = match panel.doubling && panel.traces.iter().any(has_intervals) {
        true => APART,
        false => 0.0,
    };
    let middle = (panel.traces.len().saturating_sub(1)) as f64 / 2.0;
    let mut plots = Vec::new();
    for (at, trace) in panel.traces.iter().enumerate() {
        let aside = apart * (at as f64 - middle);
        let place = |x: f64| if panel.doubling { x.log2() + aside } else { x };
        let points: Vec<(f64, f64)> = trace.points.iter().map(|(x, y)| (place(*x), *y)).collect();
        if trace.joined {
            let line = LinePlot::new().with_data(points.clone());
            plots.push(Plot::Line(line.with_color(colour(trace))));
        }
        let dots = ScatterPlot::new()
            .with_data(points)
            .with_color(colour(trace));
        let mut dots = dots.with_size(POINT);
        for (dot, interval) in dots.data.iter_mut().zip(&trace.intervals) {
            dot.y_err = interval.map(|(lo, hi)| (dot.y - lo, hi - dot.y));
        }
        plots.push(Plot::Scatter(match trace.labels.is_empty() {
            true => dots,
            false => dots.with_labels(trace.labels.clone()),
        }));
    }
    plots
}

fn layout(panel: &Plane) -> Layout {
    let all = || panel.traces.iter().flat_map(|trace| &trace.points);
    let most = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(0.0, f64::max);
    let ends = panel
        .traces
        .iter()
        .flat_map(|trace| &trace.intervals)
        .flatten();
    // No error bar is cut.
    let highest = ends
        .map(|(_, hi)| *hi)
        .fold(most(|point| point.1), f64::max);
    let y_step = round_step(highest / 5.0);
    let top = (highest * 1.05 / y_step).ceil() * y_step;
    let (from, to, x_step) = match panel.doubling {
        true => {
            let least = all().map(|point| point.0).fold(f64::INFINITY, f64::min);
            let (from, to) = (least.log2().floor(), most(|point| point.0).log2().ceil());
            (from - 0.25, to.max(from + 1.0) + 0.25, 1.0)
        }
        false => {
            let step = round_step(most(|point| point.0) / 5.0);
            (
                0.0,
                (most(|point| point.0) * 1.15 / step).ceil() * step,
                step,
            )
        }
    };
    let doubling = panel.doubling;
    let across = move |x: f64| match doubling {
        true if (x - x.round()).abs() < 1e-6 => format!("{:.0}", x.exp2()),
        true => String::new(),
        false => tick(x, x_step),
    };
    dressed(Layout::new((from, to), (0.0, top)))
        .with_title(panel.title.clone())
        .with_x_label(panel.across.clone())
        .with_y_label(panel.up.clone())
        .with_x_axis_min(from)
        .with_x_axis_max(to)
        .with_x_tick_step(x_step)
        .with_y_axis_min(0.0)
        .with_y_axis_max(top)
        .with_y_tick_step(y_step)
        .with_x_tick_format(TickFormat::Custom(Arc::new(across)))
        .with_y_tick_format(TickFormat::Custom(Arc::new(move |y| tick(y, y_step))))
}
